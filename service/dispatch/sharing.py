"""Numbers that several borrowers have, such as a couple's, or one that stands in thousands of profiles for want of a better one.

The phone networks' bounds (`crowding.py`) hold for the number, so whoever shares one is marked, and a text to whoever is marked is
counted with the texts to all others of the number. Who has a number alone is found to be so by the claim, and costs no query.
Every text that was marked as dialing counts for its hour, refused ones too: there are few, and a text more that waits harms nobody. Those
from before the number was shared, and those of a borrower who was erased, count as identical to every other.

Who stores a number looks in the same transaction for others who have it. Two transactions that overlap do not see each other's rows:
in one process both look again after their commit, before they answer; what two processes store within the same instant, a pass over all
numbers finds, which every worker makes every ten minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from service.dispatch.crowding import HOUR
from service.dispatch.desk import Desk
from service.dispatch.overlaps import Storing
from service.store import sharing
from service.store.database import Connection
from service.store.sharing import Holding

log = structlog.get_logger("sharing")

PAGE = 10_000
"""Addresses that a pass looks at in one query."""
MARKS = 1_000
"""Borrowers whom a pass marks in one transaction."""
KEPT = HOUR + timedelta(minutes=5)
"""How long texts are counted, and a little: the clocks of two workers differ by less."""


@asynccontextmanager
async def storing_numbers(desk: Desk) -> AsyncIterator[Storing]:
    """Goes around a transaction that stores profiles, and looks again after its commit where another stored one of the numbers too."""
    storing = Storing()
    try:
        yield storing
        again = [holder for holder in storing.holders if holder[1] in storing.again]
        if again:
            await _look_again(desk, again)
    finally:
        desk.overlaps.leave(storing)


async def _look_again(desk: Desk, holders: Sequence[Holding]) -> None:
    """What is committed stays so, and is answered, whatever becomes of the look: the next pass makes it too."""
    try:
        async with desk.database.transaction() as connection:
            await mark_sharers(connection, holders, desk.clock.now())
    except Exception:
        log.exception("sharing", action="sharing.failed", numbers=len(holders))


async def store_numbers(
    desk: Desk, connection: Connection, storing: Storing, holders: Sequence[Holding]
) -> None:
    """Look who else has the numbers that this transaction has just stored. It locks nothing of another borrower after that."""
    desk.overlaps.enter(storing, holders)
    marked = await mark_sharers(connection, holders, desk.clock.now())
    storing.again -= marked


async def mark_sharers(connection: Connection, stored: Sequence[Holding], at: datetime) -> set[bytes]:
    """Mark those of `stored` who share a number; returns the numbers. Where it was shared before, the others are marked already."""
    counts = Counter[bytes]()
    counts.update(digest for _, digest in stored)
    others = await sharing.others(connection, counts)
    shared = others.keys() | {digest for digest, count in counts.items() if count > 1}
    if shared:
        sharers = [holder for holder in stored if holder[1] in shared]
        fresh = [digest for digest, marked in others.items() if not marked]
        if fresh:
            sharers += await sharing.unmarked(connection, fresh)
        await sharing.mark(connection, sharers, since=at - HOUR)
    return shared


async def mark_missed(desk: Desk) -> None:
    """Pass over all numbers, and mark who shares one and is not marked. Repeatable, and safe to be run twice at once."""
    start = b""
    while True:
        async with desk.database.connection() as connection:
            shared, last = await sharing.page(connection, start, PAGE)
            missed = await sharing.unmarked(connection, shared) if shared else []
        for first in range(0, len(missed), MARKS):
            async with desk.database.transaction() as connection:
                await sharing.mark(connection, missed[first : first + MARKS], since=desk.clock.now() - HOUR)
        if last is None:
            break
        start = last if last != start else last + b"\0"
    async with desk.database.transaction() as connection:
        await sharing.drop_marks(connection)
