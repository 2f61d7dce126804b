"""Numbers that several borrowers have, such as a couple's, or one that stands in thousands of profiles for
want of a better one.

The phone networks' bounds (`hourly.py`) hold for the number, so whoever shares one is flagged, and a text to
whoever is flagged is counted with the texts to all others of the number. Who has a number alone is found to
be so by the claim, and costs no query. Every text that was marked as dialing counts for its hour, refused
ones too: there are few, and a text more that waits harms nobody. Those from before the number was shared, and
those of a borrower who was erased, count as identical to every other.

Who stores a number looks in the same transaction for others who have it, before or after. Two transactions
that overlap do not see each other's rows: in one process both look again after their commit, before they
answer; what two processes store within the same instant, a pass over all numbers finds, which every worker
makes every ten minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from service.dispatch.number_limits.directory import parts
from service.dispatch.number_limits.hourly import HOUR
from service.dispatch.runtime import Runtime, Storing
from service.store import shared_numbers
from service.store.database import Connection

log = structlog.get_logger("sharing")

PAGE = 10_000
"""Addresses that a pass looks at in one query."""
FLAGS_AT_A_TIME = 1_000
"""Borrowers whom a pass flags in one transaction."""
KEPT = HOUR + timedelta(minutes=5)
"""How long texts are counted, and a little: the clocks of two workers differ by less."""


@asynccontextmanager
async def storing_numbers(runtime: Runtime) -> AsyncIterator[Storing]:
    """Goes around a transaction that stores profiles, and looks again after its commit where another stored
    one of the numbers too."""
    storing = Storing()
    try:
        yield storing
        again = [holder for holder in storing.holders if holder[1] in storing.again]
        if again:
            await _look_again(runtime, again)
    finally:
        runtime.overlaps.leave(storing)


async def _look_again(runtime: Runtime, holders: Sequence[tuple[UUID, bytes]]) -> None:
    """What is committed stays so, and is answered, whatever becomes of the look: the next pass makes it
    too."""
    try:
        async with runtime.database.transaction() as connection:
            await flag_sharers(connection, holders, runtime.clock.now())
    except Exception:
        log.exception("sharing", action="shared_numbers.failed", numbers=len(holders))


async def are_unshared(
    runtime: Runtime, connection: Connection, storing: Storing, holders: Sequence[tuple[UUID, bytes]]
) -> bool:
    """Whether nobody has a number that this transaction is going to store, and it stores each once: then
    there is nothing to flag. Otherwise `store_numbers` is due once they are stored."""
    runtime.overlaps.enter(storing, holders)
    counts = dict.fromkeys((digest for _, digest in holders), 0)
    return not (
        len(counts) < len(holders)
        or await parts(runtime, connection, counts)
        or await shared_numbers.others(connection, counts)
    )


async def store_numbers(
    runtime: Runtime, connection: Connection, storing: Storing, holders: Sequence[tuple[UUID, bytes]]
) -> None:
    """Look who else has the numbers that this transaction has just stored. It locks nothing of another
    borrower after that."""
    if not storing.holders:
        runtime.overlaps.enter(storing, holders)
    elsewhere = frozenset(await parts(runtime, connection, (digest for _, digest in holders)))
    flagged = await flag_sharers(connection, holders, runtime.clock.now(), elsewhere)
    storing.again -= flagged


async def flag_sharers(
    connection: Connection,
    stored: Sequence[tuple[UUID, bytes]],
    at: datetime,
    elsewhere: frozenset[bytes] = frozenset(),
) -> set[bytes]:
    """Flag those of `stored` who share a number; returns the numbers. Where it was shared before, the others
    are flagged already. `elsewhere`: numbers that borrowers of other cells have."""
    counts = Counter[bytes]()
    counts.update(digest for _, digest in stored)
    others = await shared_numbers.others(connection, counts)
    shared = others.keys() | {digest for digest, count in counts.items() if count > 1} | elsewhere
    if shared:
        sharers = [holder for holder in stored if holder[1] in shared]
        fresh = [digest for digest, flagged in others.items() if not flagged]
        if fresh:
            sharers += await shared_numbers.unflagged(connection, fresh)
        await shared_numbers.flag(connection, sharers, since=at - HOUR)
    return shared


async def flag_missed(runtime: Runtime) -> None:
    """Pass over all numbers, and flag who shares one and is not flagged. Repeatable, and safe to be run twice
    at once."""
    start = b""
    while True:
        async with runtime.database.connection() as connection:
            shared, last = await shared_numbers.page(connection, start, PAGE)
            missed = await shared_numbers.unflagged(connection, shared) if shared else []
        for first in range(0, len(missed), FLAGS_AT_A_TIME):
            async with runtime.database.transaction() as connection:
                await shared_numbers.flag(
                    connection, missed[first : first + FLAGS_AT_A_TIME], since=runtime.clock.now() - HOUR
                )
        if last is None:
            break
        start = last if last != start else last + b"\0"
    async with runtime.database.transaction() as connection:
        await shared_numbers.drop_flags(connection)
