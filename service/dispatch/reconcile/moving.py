"""Moves buckets of borrowers from one cell to another, while everything else works on.

A move is a row at home, and its state says what holds. Until `stopped` the source works as ever, and what it
writes is noted and copied. Then that bucket alone stands still: its writes are answered 503, nothing of it is
claimed, nothing of it is in hand. Whoever wrote before is waited for, the rest is copied, and the digests of
both sides are compared. With `given` the map at home names the target: from here on the move only goes
forward. The target puts everything in its place in one transaction and opens; the source deletes. So at no
instant do two cells take writes of a bucket, or claim from it.

Every step is done again after a crash without harm; any worker carries on what stood still when the process
that moved it died (`carry_on`)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from service.dispatch.reconcile.copying import NEAR, Copying, Progress
from service.dispatch.reconcile.left_numbers import CACHED_SECONDS, leave_directory
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import settle
from service.errors import Conflict, Unavailable
from service.failpoints import reach
from service.log.append import Entry, append
from service.log.origin import names_of
from service.store import cell_arrivals, cell_moves, cell_rows, cells, server_clock
from service.store.cell_moves import ARRIVED, CATCHING, COPYING, DONE, GIVEN, PLANNED, STOPPED, Move
from service.store.cells import Bucket
from service.store.database import Connection
from service.store.wake import wake_workers

log = structlog.get_logger("cells")

LOOK_SECONDS = 0.02
STOP_SECONDS = 5.0
"""How long a bucket stands still for whoever writes it before it is the source's again and is tried anew."""
DRAIN_SECONDS = 120.0
JOURNAL_TRIES = 60
STOPS = 20


class NotStill(Unavailable):
    """The bucket could not be had still within its time."""


@asynccontextmanager
async def turn(runtime: Runtime) -> AsyncIterator[bool]:
    """Whether this process may move buckets; for as long as the block lasts."""
    async with runtime.home.connection() as connection:
        mine = await cell_moves.take_turn(connection)
        try:
            yield mine
        finally:
            if mine:
                await cell_moves.leave_turn(connection)


@dataclass(slots=True)
class Mover:
    """Carries one move from wherever it is to its end."""

    runtime: Runtime
    move: Move
    progress: Progress = lambda _: None
    _copies: Copying | None = None

    @property
    def source(self) -> Runtime:
        """The cell that gives."""
        return self.runtime.cells.all[self.move.source]

    @property
    def target(self) -> Runtime:
        """The cell that takes."""
        return self.runtime.cells.all[self.move.target]

    async def run(self) -> None:
        """To the end. Raises Unavailable where a cell is away: the move stays where it is."""
        steps: dict[str, Callable[[], Awaitable[None]]] = {
            PLANNED: self._begin,
            COPYING: self._copy,
            CATCHING: self._stop,
            STOPPED: self._give,
            GIVEN: self._arrive,
            ARRIVED: self._depart,
        }
        for _ in range(STOPS * len(steps)):
            if self.move.state == DONE:
                return
            try:
                await steps[self.move.state]()
            except Unavailable as error:
                if self.move.state != STOPPED:
                    raise
                await self._reopen()
                if not isinstance(error, NotStill):
                    raise
                await asyncio.sleep(STOP_SECONDS)
        raise Unavailable("the buckets do not come to rest; go on later", retry_after=60)

    async def _advance(self, state: str) -> None:
        """On, if nobody else was faster. Raises Conflict."""
        async with self.runtime.home.transaction() as connection:
            if not await cell_moves.advance(connection, self.move, state, self.runtime.clock.now()):
                raise Conflict(f"move {self.move.move_no} is carried on by another process")
        self._at(state)

    def _at(self, state: str) -> None:
        self.move = replace_state(self.move, state)
        reach(f"move.{state}")

    def _copying(self) -> Copying:
        if self._copies is None:
            self._copies = Copying(self.source, self.target, self.move, self.progress)
        return self._copies

    # the source works

    async def _begin(self) -> None:
        """Note what is touched from now on."""
        for table in cell_rows.JOURNALED:
            await self._journal(table, wanted=True)
        async with self.source.database.transaction() as connection:
            await cell_moves.leave(connection, self.move.buckets, self.move.move_no)
        still = await self._writers()
        while await self._still_write(still):  # who did not see that these buckets leave
            await asyncio.sleep(LOOK_SECONDS)
        async with self.target.database.transaction() as connection:
            await cell_arrivals.drop_arrived(connection, self.move.move_no, self.move.buckets)
        async with self.source.database.connection() as connection:
            count = await cell_rows.count(connection, self.move.buckets)
        async with self.runtime.home.transaction() as connection:
            await cell_moves.note_count(connection, self.move.move_no, count)
        await self._advance(COPYING)

    async def _copy(self) -> None:
        await self._copying().copy_all()
        await self._advance(CATCHING)

    async def _stop(self) -> None:
        """Catch up, let nothing of the bucket be in hand, and stop it."""
        copying = self._copying()
        while await copying.catch_up() > NEAR:
            pass
        await copying.compare_ahead()
        await self._settle_debts()
        async with self.source.database.transaction() as connection:
            await cell_moves.drain(connection, self.move.buckets)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self._in_hand():
                    await asyncio.sleep(LOOK_SECONDS)
                    await copying.catch_up()
        except TimeoutError:
            await self._undrain()
            raise Unavailable("workers do not settle what they have in hand of it", retry_after=60) from None
        while await copying.catch_up() > NEAR:
            pass
        await self._advance(STOPPED)

    async def _in_hand(self) -> int:
        async with self.source.database.connection() as connection:
            return await cell_moves.in_hand(connection, self.move.buckets)

    async def _settle_debts(self) -> None:
        """What the others owe the source from before the target stood in the directory concerns those who
        move, and must be done first."""
        for other in self.runtime.cells.others(self.source):
            await settle(other, self.source)

    async def _writers(self) -> list[str]:
        async with self.source.database.connection() as connection:
            return await cell_moves.writers(connection)

    async def _still_write(self, transactions: Sequence[str]) -> int:
        async with self.source.database.connection() as connection:
            return await cell_moves.still_write(connection, transactions)

    # the bucket stands still

    async def _give(self) -> None:
        """Have it still, copy the rest, compare, and let the map name the target."""
        move = self.move
        async with self.source.database.transaction() as connection:
            await cell_rows.begin(connection)
            await cell_moves.drain(connection, move.buckets)
            await cell_moves.set_open(connection, move.buckets, move.source, wanted=False)
        reach("move.closed")
        try:
            async with asyncio.timeout(STOP_SECONDS):
                still = await self._writers()
                while await self._still_write(still):
                    await asyncio.sleep(LOOK_SECONDS)
                copying = self._copying()
                while await copying.catch_up():
                    pass
        except TimeoutError:
            raise NotStill("transactions last for longer than it may stand still", retry_after=1) from None
        await self._compare()
        reach("move.compared")
        async with self.runtime.home.transaction() as connection:
            if not await cell_moves.advance(connection, move, GIVEN, self.runtime.clock.now()):
                raise Conflict(f"move {move.move_no} is carried on by another process")
            if not await cell_moves.give(connection, move.buckets, move.source, move.target):
                raise Conflict(f"a bucket of move {move.move_no} is not cell {move.source}'s")
        self._at(GIVEN)
        await self.runtime.cells.reread()

    async def _compare(self) -> None:
        digests = await self._copying().source_digest()
        async with self.target.database.connection() as connection:
            found = await cell_arrivals.arrived(connection, self.move.buckets)
        ours = hashlib.sha256(digests).digest()
        if found.digest != ours:
            raise self._copying().differs(found.borrowers)
        async with self.runtime.home.transaction() as connection:
            await cell_moves.note_arrived(
                connection, self.move.move_no, found.borrowers, found.row_count, found.digest
            )

    async def _undrain(self) -> None:
        async with self.source.database.transaction() as connection:
            await cell_moves.undrain(connection, self.move.buckets)
            await wake_workers(connection)

    async def _reopen(self) -> None:
        """It was not given: the source's again. Raises Conflict where another process gave it meanwhile."""
        await self._advance(CATCHING)
        async with self.source.database.transaction() as connection:
            await cell_moves.set_open(connection, self.move.buckets, self.move.source, wanted=True)
            await cell_moves.undrain(connection, self.move.buckets)
            await wake_workers(connection)

    # it is the target's

    async def _arrive(self) -> None:
        """Everything in its place, in one transaction with the entry that says so; then the target is
        open."""
        statements = await self._copying().statements()
        async with self.source.database.connection() as connection:
            recorded = await cell_moves.recordings(connection)
        rows, origins, move = await self._map(), await self._origins(), await self._stored()
        async with self.target.database.transaction() as connection:
            await cell_rows.begin(connection)
            if not await self._is_open(connection, rows):
                await cell_moves.advance_recordings(connection, recorded)
                await cell_arrivals.place(connection, statements, move.move_no, move.buckets)
                await cells.put_map(connection, rows)
                await cell_moves.set_open(connection, move.buckets, move.target, wanted=True)
                await append(connection, [self._entry(move, rows, origins)])
                await wake_workers(connection)
                reach("move.placed")
        await self._advance(ARRIVED)

    async def _is_open(self, connection: Connection, rows: Sequence[Bucket]) -> bool:
        """Whether the target has taken these buckets already."""
        wanted = {row.bucket: row.epoch for row in rows}
        return all(
            row.is_open and row.cell == self.move.target and row.epoch >= wanted[row.bucket]
            for row in await cells.bucket_map(connection)
            if row.bucket in wanted
        )

    async def _depart(self) -> None:
        """Delete in the source, tell the others whose the bucket is."""
        rows, origins, move = await self._map(), await self._origins(), await self._stored()
        async with self.source.database.transaction() as connection:
            await cell_rows.begin(connection)
            if await cell_moves.leaves(connection, move.move_no):
                await cell_rows.delete(connection, move.buckets)
                await cells.put_map(connection, rows)
                at = await server_clock.now(connection)
                await cell_moves.note_given(connection, move.move_no, move.target, at)
                await append(connection, [self._entry(move, rows, origins)])
                await cell_moves.undrain(connection, move.buckets)
                await cell_moves.stay(connection, move.buckets)
                reach("move.deleted")
        for other in self.runtime.cells.all:
            if other.cell not in {move.source, move.target}:
                async with other.database.transaction() as connection:
                    await cells.put_map(connection, rows)
        await self._rest()
        await self._advance(DONE)

    async def _rest(self) -> None:
        """Where no bucket leaves any more nothing needs to be noted."""
        async with self.source.database.connection() as connection:
            if await cell_moves.any_leaves(connection):
                return
        for table in cell_rows.JOURNALED:
            await self._journal(table, wanted=False)
        async with self.source.database.transaction() as connection:
            await cell_moves.forget_touched(connection)

    async def _journal(self, table: str, *, wanted: bool) -> None:
        """It takes a lock that others hold while they write: again and again until it has it."""
        for _ in range(JOURNAL_TRIES):
            with suppress(Unavailable):
                return await cell_moves.journal(self.source.database, table, wanted=wanted)
            await asyncio.sleep(LOOK_SECONDS * 10)
        return await cell_moves.journal(self.source.database, table, wanted=wanted)

    async def _stored(self) -> Move:
        async with self.runtime.home.connection() as connection:
            return await cell_moves.one(connection, self.move.move_no) or self.move

    async def _map(self) -> list[Bucket]:
        """The moved buckets as home has them."""
        async with self.runtime.home.connection() as connection:
            return [row for row in await cells.bucket_map(connection) if row.bucket in set(self.move.buckets)]

    async def _origins(self) -> dict[int, str]:
        found = {}
        for one in (self.source, self.target):
            async with one.database.transaction() as connection:
                found[one.cell] = (await names_of(connection))[0].origin
        return found

    def _entry(self, move: Move, rows: Sequence[Bucket], origins: dict[int, str]) -> Entry:
        public: dict[str, Any] = {
            "move": move.move_no,
            "buckets": [{"bucket": row.bucket, "epoch": row.epoch} for row in rows],
            "from": {"cell": move.source, "origin": origins[move.source]},
            "to": {"cell": move.target, "origin": origins[move.target]},
            "borrowers": move.borrowers,
            "rows": move.row_count,
            "digest": None if move.digest is None else move.digest.hex(),
        }
        return Entry.of("cells.moved", self.runtime.clock.now(), move.asked_by, public=public)

    # given up

    async def give_up(self) -> None:
        """Forget a move whose bucket was not stopped. Raises Conflict for another."""
        async with self.runtime.home.transaction() as connection:
            if not await cell_moves.give_up(connection, self.move.move_no):
                raise Conflict(f"move {self.move.move_no} is too far to be given up: let it go on")
        async with self.target.database.transaction() as connection:
            await cell_arrivals.drop_arrived(connection, self.move.move_no, self.move.buckets)
        async with self.source.database.transaction() as connection:
            await cell_moves.undrain(connection, self.move.buckets)
            await cell_moves.stay(connection, self.move.buckets)
        await self._rest()


def replace_state(move: Move, state: str) -> Move:
    """The move in another state."""
    return move._replace(state=state)


async def carry_on(runtime: Runtime, *, pause: float = CACHED_SECONDS) -> bool:
    """Carry on a move whose bucket stands still because the process that moved it died, and tidy up after
    those that are done (`pause`: as of `leave_directory`); whether there was any. Copying is left to whoever
    asked for it."""
    if runtime.joined is None or not await _halted(runtime):
        return False
    async with turn(runtime) as mine:
        if not mine:
            return False
        found = await _halted(runtime)
        for one in found:
            try:
                if one.state == DONE:
                    await leave_directory(runtime, one, pause=pause)
                    continue
                log.warning("cells", action="move.carried_on", move=one.move_no, state=one.state)
                await Mover(runtime, one).run()
            except (Unavailable, Conflict) as error:
                log.warning("cells", action="move.waits", move=one.move_no, detail=error.detail)
    return bool(found)


async def _halted(runtime: Runtime) -> list[Move]:
    async with runtime.home.connection() as connection:
        found = [one for one in await cell_moves.unfinished(connection) if one.state in HALTED]
        return found + await cell_moves.untidied(connection)


HALTED = frozenset({STOPPED, GIVEN, ARRIVED})
