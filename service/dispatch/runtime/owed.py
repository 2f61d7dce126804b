"""Sends on what one cell owes the others: copies of suppressions, and whatever else must happen in every cell
that has an address.

The debt is written in the transaction that it follows from, by the database itself for suppressions
(service/store/migrations): no way to record one can forget it. Whoever commits sends it on before answering;
what could not be sent, because a cell was away or a process died, waits and is sent by every worker that is
awake. Each act is harmless when repeated, so that two may send the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from service.dispatch.runtime import Cells, Runtime
from service.errors import Unavailable
from service.failpoints import reach
from service.log.append import Entry, append
from service.store import borrowers, cell_moves, cells, suppressions
from service.store.cells import Owed
from service.store.database import Connection
from service.store.suppressions import Draft, Suppression
from service.store.wake import wake_workers

log = structlog.get_logger("cells")

AT_A_TIME = 100
"""Debts that are settled between two looks."""
Act = Callable[[Runtime, Runtime, Owed], Awaitable[None]]
"""Does in the second cell what the first one owes it."""


class Debt(NamedTuple):
    """What other cells are to do, to be written in the transaction that it follows from."""

    cells: Sequence[int]
    kind: str
    digest: bytes
    encrypted: bytes

    async def note(self, connection: Connection) -> None:
        """Write it down."""
        await cells.owe(connection, self.cells, self.kind, self.digest, encrypted=self.encrypted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One cell's part in what every cell takes that it concerns. A deployment of one cell takes the whole."""

    debt: Debt | None = None
    """What this cell is to tell the others."""
    elsewhere: frozenset[bytes] = frozenset()
    """Addresses that borrowers of other cells have: they are no strangers'."""
    told: bool = False
    """Whether another cell has taken it already: here it matters for the borrowers whom it concerns alone."""
    said_at: datetime | None = None
    """When it came, where that was not now."""


WHOLE = Part()


async def send_on(runtime: Runtime) -> None:
    """Settle what this cell owes the others; what cannot be settled now stays owed. Never raises."""
    if runtime.joined is None:
        return
    reach("copies.begin")
    for other in runtime.joined.others(runtime):
        try:
            await settle(runtime, other)
        except Unavailable as error:
            log.warning(
                "cells", action="copies.wait", cell=runtime.cell, other=other.cell, detail=error.detail
            )
        except Exception:
            log.exception("cells", action="copies.failed", cell=runtime.cell, other=other.cell)


async def settle(source: Runtime, other: Runtime) -> int:
    """Do in another cell everything that this one owes it; returns how much that was. Raises Unavailable
    where one of them is away."""
    count = 0
    while True:
        async with source.database.connection() as connection:
            found = await cells.owed(connection, other.cell, AT_A_TIME)
        if not found:
            return count
        for one in found:
            await _act_of(source.cells, one)(source, other, one)
            await _hand_on(other, one)
        async with source.database.transaction() as connection:
            await cells.done(connection, [one.message_no for one in found])
        count += len(found)


async def _hand_on(other: Runtime, one: Owed) -> None:
    """What concerned borrowers who moved meanwhile is done where they are now, too."""
    if one.handed_on or one.kind in {SUPPRESSION, ERASED}:
        return  # who is to do those is told anyway
    async with other.database.transaction() as connection:
        if await cell_moves.given_since(connection, one.created_at - CLOCKS):
            every = [cell.cell for cell in other.cells.others(other)]
            await cells.hand_on(connection, every, one)


CLOCKS = timedelta(minutes=5)
"""By how much the clocks of two database servers may differ."""


def _act_of(every: Cells, one: Owed) -> Act:
    return copy_suppression if one.kind == SUPPRESSION else every.acts[one.kind]


SUPPRESSION, ERASED = "suppression", "erased"


async def copy_suppression(source: Runtime, other: Runtime, one: Owed) -> None:
    """Take over a suppression as it stands in the cell that recorded it, and void what was decided for those
    who have the address."""
    async with source.database.connection() as connection:
        row = await suppressions.one(connection, int(one.about or 0))
    if row is None:
        return
    at = other.clock.now()
    async with other.database.transaction() as connection:
        await cells.do_not_send_on(connection)
        if row.lifted_at is None:
            added = await suppressions.add(connection, [_draft(row)], at)
            new = sum(taken.new for taken in added)
            entries = [_entry("suppression.copied", row, source.cell, other) for _ in range(new)]
        else:
            lifted = await suppressions.lift_copy(connection, row)
            entries = [_entry("suppression.lift-copied", row, source.cell, other) for _ in range(lifted)]
        await append(connection, entries)
    if row.lifted_at is None:
        await void_decided(other, row.digest)


async def copy_standing(source: Runtime, other: Runtime) -> int:
    """Copy every suppression that stands in a cell to one that is new; how many were news to it."""
    new, after = 0, 0
    while True:
        async with source.database.connection() as connection:
            rows = await suppressions.standing_after(connection, after, AT_A_TIME)
        if not rows:
            return new
        async with other.database.transaction() as connection:
            await cells.do_not_send_on(connection)
            added = await suppressions.add(connection, [_draft(row) for row in rows], other.clock.now())
            fresh = {(one.digest, one.channel, one.reason) for one in added if one.new}
            entries = [
                _entry("suppression.copied", row, source.cell, other)
                for row in rows
                if (row.digest, row.channel, row.reason) in fresh
            ]
            await append(connection, entries)
        new, after = new + len(fresh), rows[-1].suppression_id


def _draft(row: Suppression) -> Draft:
    return Draft(
        digest=row.digest,
        channel=row.channel,
        reason=row.reason,
        at=row.at,
        actor=row.actor,
        via=row.via,
        said_by=tuple(row.said_by),
        note=row.note,
    )


def _entry(kind: str, row: Suppression, source: int, other: Runtime) -> Entry:
    public = {
        "suppression": row.suppression_id,
        "reason": row.reason,
        "covers": row.channel,
        "from_cell": source,
    }
    return Entry.of(kind, other.clock.now(), row.actor, public=public)


async def void_decided(runtime: Runtime, digest: bytes) -> None:
    """Void what was decided in a cell for borrowers who have an address."""
    async with runtime.database.connection() as connection:
        having = await borrowers.with_addresses(connection, [digest], None)
    found = {borrower for ids in having.values() for borrower in ids}
    if found:
        async with runtime.database.transaction() as connection:
            await borrowers.lock(connection, found)
            await borrowers.bump(connection, dict.fromkeys(found, 0))
            await wake_workers(connection)
