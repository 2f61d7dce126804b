"""What an operator asks of a deployment that grows: a cell that is to take borrowers, half of a cell's
buckets to another, some buckets; and that what was asked goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from service.dispatch.number_limits.directory import enter_stored
from service.dispatch.reconcile.left_numbers import CACHED_SECONDS, leave_directory
from service.dispatch.reconcile.moving import Mover, turn
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.dispatch.runtime.owed import copy_standing
from service.dispatch.webhooks.copies import copy_endpoints
from service.errors import Conflict, InvalidRequest
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import cell_moves, cell_rows, cells
from service.store.cell_moves import Move
from service.store.cells import BUCKETS
from service.store.database import processes_of

Said = Callable[[Move], None]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be moved."""

    source: int
    target: int
    buckets: Sequence[int]
    borrowers: int

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "from": self.source,
            "to": self.target,
            "buckets": len(self.buckets),
            "first": min(self.buckets),
            "last": max(self.buckets),
            "borrowers": self.borrowers,
        }


def _of_several(runtime: Runtime) -> None:
    if runtime.joined is None:
        raise Conflict("there is one cell: name the databases of all of them in FORBEAR_CELLS, home first")


def _known(runtime: Runtime, *numbers: int) -> None:
    count = len(runtime.cells.all)
    for number in numbers:
        if not 0 <= number < count:
            raise InvalidRequest(f"expected a cell from 0 to {count - 1}, got {number}")


async def add_cell(runtime: Runtime, number: int, actor: Actor, *, dry_run: bool) -> dict[str, Any]:
    """Bring a cell that FORBEAR_CELLS names newly to what every cell has, so that it may take borrowers, and
    enter the others' numbers into the directory, which a cell that was alone has not done. Repeatable. Raises
    Conflict, InvalidRequest, and Unavailable where any cell is away: what it has to tell would be missing."""
    _of_several(runtime)
    _known(runtime, number)
    new = runtime.cells.all[number]
    for known in await each(runtime, _identity):
        if known is None or known.cells != len(runtime.cells.all):
            raise Conflict("the cells do not know of each other yet; come back shortly")
    async with runtime.home.connection() as connection:
        has = sum(row.cell == number for row in await cells.bucket_map(connection))
    found: dict[str, Any] = {
        "cell": number,
        "buckets": has,
        "suppressions": 0,
        "numbers": 0,
        "dry_run": dry_run,
    }
    if dry_run:
        return found
    for one in runtime.cells.others(new):
        found["suppressions"] += await copy_standing(one, new)
        found["numbers"] += await enter_stored(one)
    await copy_endpoints(runtime)
    at = runtime.clock.now()
    async with runtime.home.transaction() as connection:
        await cell_moves.note_filled(connection, number, at)
        entry = Entry.of("cells.added", at, actor.name, public={"cell": number})
        await append(connection, [entry])
    return found


async def _identity(runtime: Runtime) -> cells.Identity | None:
    async with runtime.database.connection() as connection:
        return await cells.identity(connection)


async def plan_split(runtime: Runtime, source: int, target: int) -> Plan:
    """Half of a cell's buckets, every second one. Raises Conflict, InvalidRequest, Unavailable."""
    _of_several(runtime)
    _known(runtime, source, target)
    mine = await _buckets_of(runtime, source)
    if len(mine) < 2:  # noqa: PLR2004
        raise Conflict(f"cell {source} has {len(mine)} buckets: there is nothing to split")
    return await _plan(runtime, source, target, mine[1::2])


async def plan_move(runtime: Runtime, buckets: Sequence[int], target: int) -> list[Plan]:
    """Some buckets, by the cells that have them. Raises Conflict, InvalidRequest, Unavailable."""
    _of_several(runtime)
    _known(runtime, target)
    for one in buckets:
        if not 0 <= one < BUCKETS:
            raise InvalidRequest(f"expected buckets from 0 to {BUCKETS - 1}, got {one}")
    async with runtime.home.connection() as connection:
        of = {row.bucket: row.cell for row in await cells.bucket_map(connection)}
    sources = sorted({of[one] for one in buckets} - {target})
    if not sources:
        raise Conflict(f"cell {target} has them already")
    return [
        await _plan(runtime, source, target, sorted({one for one in buckets if of[one] == source}))
        for source in sources
    ]


async def _plan(runtime: Runtime, source: int, target: int, buckets: Sequence[int]) -> Plan:
    if source == target:
        raise InvalidRequest(f"expected another cell than {source} to move to")
    async with runtime.home.connection() as connection:
        owners = {row.cell for row in await cells.bucket_map(connection)}
        if target not in owners | await cell_moves.filled(connection):
            raise Conflict(f"cell {target} is not ready for borrowers: run forbear cells add {target} first")
        if await cell_moves.unfinished(connection):
            raise Conflict("other buckets move still: let them go on, or give them up (--resume, --cancel)")
    async with runtime.cells.all[source].database.connection() as connection:
        borrowers = await cell_rows.count(connection, buckets)
    return Plan(source=source, target=target, buckets=buckets, borrowers=borrowers)


async def _buckets_of(runtime: Runtime, cell: int) -> list[int]:
    async with runtime.home.connection() as connection:
        return [row.bucket for row in await cells.bucket_map(connection) if row.cell == cell]


async def check_processes(runtime: Runtime) -> None:
    """Raise Conflict where a process is connected to a cell that does not know all of them: it would look for
    borrowers where they are not."""
    wanted = processes_of(len(runtime.cells.all))

    async def others(one: Runtime) -> int:
        async with one.database.connection() as connection:
            return await cells.count_other_processes(connection, wanted)

    found = sum(await each(runtime, others))
    if found:
        raise Conflict(
            f"{found} connections are of processes that do not know {len(runtime.cells.all)} cells: start all"
            " of them anew with this FORBEAR_CELLS, then move borrowers"
        )


async def ask(runtime: Runtime, plans: Sequence[Plan], actor: Actor, *, together: int) -> None:
    """Note what is to be moved, so many buckets at a time."""
    async with runtime.home.transaction() as connection:
        for plan in plans:
            groups = [
                plan.buckets[start : start + together] for start in range(0, len(plan.buckets), together)
            ]
            await cell_moves.ask(
                connection, groups, plan.source, plan.target, runtime.clock.now(), actor.name
            )


async def run(
    runtime: Runtime,
    *,
    progress: Advance = lambda _: None,
    said: Said = lambda _: None,
    pause: float = CACHED_SECONDS,
) -> int:
    """Carry every move that was asked for to its end; how many there were. `pause`: seconds after which no
    process knows an old map. Raises Conflict while another
    process does, and Unavailable where a cell is away: everything stays resumable."""
    _of_several(runtime)
    async with turn(runtime) as mine:
        if not mine:
            raise Conflict("another process moves buckets now; forbear cells status tells how far it is")
        done = 0
        while True:
            async with runtime.home.connection() as connection:
                left = await cell_moves.unfinished(connection)
            if not left:
                break
            mover = Mover(runtime, left[0], progress)
            await mover.run()
            async with runtime.home.connection() as connection:
                ended = await cell_moves.one(connection, mover.move.move_no)
            if ended is not None:
                said(ended)
            done += 1
        async with runtime.home.connection() as connection:
            left = await cell_moves.untidied(connection)
        await asyncio.gather(*(leave_directory(runtime, one, pause=pause) for one in left))
    return done


async def cancel(runtime: Runtime) -> tuple[int, int]:
    """Give up what has not been given; how many moves that were, and how many are too far for it."""
    _of_several(runtime)
    async with turn(runtime) as mine:
        if not mine:
            raise Conflict("another process moves buckets now; end it first")
        async with runtime.home.connection() as connection:
            left = await cell_moves.unfinished(connection)
        given_up = 0
        for one in reversed(left):
            with suppress(Conflict):
                await Mover(runtime, one).give_up()
                given_up += 1
        return given_up, len(left) - given_up


def total(plans: Sequence[Plan]) -> Mapping[str, int]:
    """What some plans come to."""
    return {
        "buckets": sum(len(one.buckets) for one in plans),
        "borrowers": sum(one.borrowers for one in plans),
    }
