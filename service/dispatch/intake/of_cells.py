"""Intake over several cells: each notice goes to its borrower's cell, which stores it as ever, and a dead
cell refuses its own alone.

An Idempotency-Key names no borrower, so that another body under it may belong to another cell. The key is
claimed in the cell of its digest first, in a transaction of its own; then the borrower's cell takes it once
more, in the transaction that stores the notice. That second row makes a repeat harmless, whatever died
between the two: the same body is the same borrower's, and meets it. The claim only finds out who uses a key
twice for different things. Where its cell is away nobody is kept waiting for that."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from service.dispatch.intake.accept import Intake, Keyed
from service.dispatch.intake.group import AcceptedNotice
from service.dispatch.runtime import Cells, Runtime
from service.errors import ForbearError, IdempotencyMismatch, TooManyRequests, Unavailable
from service.failpoints import reach
from service.ids import new_notice_number
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import idempotency
from service.store.idempotency import IdempotencyRow

log = structlog.get_logger("intake")
GROUP = 128
"""Claims that share one transaction at the most."""


class _Claim(NamedTuple):
    row: IdempotencyRow

    @property
    def key(self) -> tuple[str, bytes]:
        return self.row.key_id, self.row.digest


class Claims:
    """Collects concurrent claims in one cell into shared transactions."""

    def __init__(self, runtime: Runtime) -> None:
        """None waits yet."""
        self._runtime = runtime
        self._waiting: list[tuple[_Claim, asyncio.Future[bool]]] = []
        self._arrived = asyncio.Event()

    async def take(self, rows: Sequence[IdempotencyRow]) -> list[bool | Unavailable]:
        """For each, whether the key is free for this body. Waits for the commit."""
        loop, found = asyncio.get_running_loop(), list[asyncio.Future[bool]]()
        for row in rows:
            done: asyncio.Future[bool] = loop.create_future()
            self._waiting.append((_Claim(row), done))
            found.append(done)
        self._arrived.set()
        results = await asyncio.gather(*found, return_exceptions=True)
        for one in results:
            if isinstance(one, BaseException) and not isinstance(one, Unavailable):
                raise one
        return [one for one in results if isinstance(one, (bool, Unavailable))]

    async def run(self) -> None:
        """Claim what arrives, until cancelled."""
        while True:
            await self._arrived.wait()
            if self._waiting:
                await asyncio.shield(self._claim())

    async def _claim(self) -> None:
        group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        if not self._waiting:
            self._arrived.clear()
        try:
            results = await self._commit([one for one, _ in group])
        except Exception as error:  # noqa: BLE001 - it is whoever waits who meets it
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), free in zip(group, results, strict=True):
            if not done.done():
                done.set_result(free)

    async def _commit(self, claims: Sequence[_Claim]) -> list[bool]:
        async with self._runtime.database.transaction() as connection:
            await idempotency.claim(connection, [one.row for one in claims])
            stored = await idempotency.read(connection, list(dict.fromkeys(one.key for one in claims)))
            reach("claim.written")
        reach("claim.committed")
        return [stored[one.key].body_digest == one.row.body_digest for one in claims]

    async def give_back(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Free keys whose request was refused; where the cell is away they stay taken for their body."""
        try:
            async with self._runtime.database.transaction() as connection:
                await idempotency.give_back(connection, keys)
        except Unavailable as error:
            log.warning("intake", action="claim.kept", keys=len(keys), detail=error.detail)


class IntakeOfCells(Intake):
    """The intakes of every cell behind one face."""

    def __init__(self, cells: Cells, *, backlog: int) -> None:
        """`backlog`: as of `Intake`, for all cells together."""
        super().__init__(cells.home, backlog=backlog)
        self._cells = cells
        self._intakes = [Intake(one, backlog=backlog) for one in cells.all]
        self._claims = [Claims(one) for one in cells.all]
        self._most = backlog

    @property
    def waiting(self) -> int:
        """Notices that wait for a transaction in any cell."""
        return sum(one.waiting for one in self._intakes)

    def refuse_when_full(self) -> None:
        """Raise TooManyRequests while as many notices wait as may, all cells together."""
        if self.waiting >= self._most:
            raise TooManyRequests("intake is waiting for the database; come back shortly", retry_after=1)

    async def accept(
        self,
        draft: NoticeDraft,
        actor: Actor,
        *,
        idempotency_key: str | None = None,
        body_digest: bytes = b"",
    ) -> AcceptedNotice:
        """Store one notice in its borrower's cell."""
        one = Keyed(draft, idempotency_key, body_digest)
        if not self._is_claimed_elsewhere(one):
            return await self._intake_of(one).accept(
                draft, actor, idempotency_key=idempotency_key, body_digest=body_digest
            )
        refused = (await self._claim([one], actor))[0]
        if refused is not None:
            raise refused
        try:
            return await self._intake_of(one).accept(
                draft, actor, idempotency_key=idempotency_key, body_digest=body_digest
            )
        except ForbearError as error:
            await self._give_back([one], [error], actor)
            raise

    async def accept_many(self, items: Sequence[Keyed], actor: Actor) -> list[AcceptedNotice | ForbearError]:
        """Store many, cell by cell; one result for each, in order. What a dead cell should have stored is its
        own error."""
        self.refuse_when_full()
        results: dict[int, AcceptedNotice | ForbearError] = {}
        for turn in self._in_turns(items):
            by_cell: defaultdict[int, list[int]] = defaultdict(list)
            for place in turn:
                by_cell[self._cell_of(items[place]).cell].append(place)
            stored = await asyncio.gather(
                *(
                    self._store_in(cell, [items[place] for place in places], actor)
                    for cell, places in by_cell.items()
                )
            )
            for places, found in zip(by_cell.values(), stored, strict=True):
                results.update(zip(places, found, strict=True))
        return [results[place] for place in range(len(items))]

    async def run(self) -> None:
        """Store what arrives anywhere, until cancelled; what still waits is then stored."""
        async with asyncio.TaskGroup() as group:
            for intake in self._intakes:
                group.create_task(intake.run())
            for claims in self._claims:
                group.create_task(claims.run())

    def _in_turns(self, items: Sequence[Keyed]) -> list[list[int]]:
        """The places of a batch in turns: of two cells' items under one key the later waits for the earlier,
        as within one cell."""
        turns: list[list[int]] = [[]]
        cells_of: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(items):
            turn = 0
            if one.key is not None:
                cell, known = self._cell_of(one).cell, cells_of[one.key]
                if cell not in known:
                    known.append(cell)
                turn = known.index(cell)
            if turn == len(turns):
                turns.append([])
            turns[turn].append(place)
        return turns

    async def _store_in(
        self, cell: int, items: Sequence[Keyed], actor: Actor
    ) -> list[AcceptedNotice | ForbearError]:
        claimed = [place for place, one in enumerate(items) if self._is_claimed_elsewhere(one)]
        refused = dict(zip(claimed, await self._claim([items[one] for one in claimed], actor), strict=True))
        wanted = [place for place in range(len(items)) if refused.get(place) is None]
        try:
            stored = iter(await self._intakes[cell].accept_many([items[one] for one in wanted], actor))
        except ForbearError as error:
            stored = iter([error] * len(wanted))
        results = [refused.get(place) or next(stored) for place in range(len(items))]
        await self._give_back(
            [items[one] for one in claimed if refused[one] is None],
            [results[one] for one in claimed if refused[one] is None],
            actor,
        )
        return results

    def _cell_of(self, one: Keyed) -> Runtime:
        return self._cells.of(self._cells.home.vault.borrower_key(one.draft.borrower.id))

    def _intake_of(self, one: Keyed) -> Intake:
        return self._intakes[self._cell_of(one).cell]

    def _is_claimed_elsewhere(self, one: Keyed) -> bool:
        return one.key is not None and self._cells.of_digest(self._digest(one.key)) is not self._cell_of(one)

    def _digest(self, key: str) -> bytes:
        return self._cells.home.vault.text_digest("idempotency", key)

    async def _claim(self, items: Sequence[Keyed], actor: Actor) -> list[IdempotencyMismatch | None]:
        """For each, the refusal of a key that was first used with another body."""
        by_cell: defaultdict[int, list[int]] = defaultdict(list)
        rows = [self._row(one, actor) for one in items]
        for place, row in enumerate(rows):
            by_cell[self._cells.of_digest(row.digest).cell].append(place)
        found: list[IdempotencyMismatch | None] = [None] * len(items)
        for cell, places in by_cell.items():
            for place, free in zip(
                places, await self._claims[cell].take([rows[one] for one in places]), strict=True
            ):
                if isinstance(free, Unavailable):
                    log.warning("intake", action="claim.unavailable", cell=cell)
                elif not free:
                    found[place] = IdempotencyMismatch(
                        "this Idempotency-Key was first used with another body"
                    )
        return found

    def _row(self, one: Keyed, actor: Actor) -> IdempotencyRow:
        home, at = self._cells.home, self._cells.home.clock.now()
        return IdempotencyRow(
            key_id=actor.name,
            digest=self._digest(one.key or ""),
            body_digest=home.vault.text_digest("body", one.body_digest.hex()),
            borrower_id=home.vault.borrower_key(one.draft.borrower.id),
            notice_no=new_notice_number(at),
            created_at=at,
            expires_at=at + max(one.keep, timedelta()),
        )

    async def _give_back(
        self, items: Sequence[Keyed], results: Sequence[AcceptedNotice | ForbearError], actor: Actor
    ) -> None:
        """Free the keys of what was refused for good: a corrected body may use them again."""
        by_cell: defaultdict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for one, result in zip(items, results, strict=True):
            for_good = isinstance(result, ForbearError) and not isinstance(
                result, (Unavailable, TooManyRequests, IdempotencyMismatch)
            )
            if for_good and one.key is not None:
                digest = self._digest(one.key)
                by_cell[self._cells.of_digest(digest).cell].append((actor.name, digest))
        for cell, keys in by_cell.items():
            await self._claims[cell].give_back(keys)


def intake_of(runtime: Runtime, *, backlog: int) -> Intake:
    """The intake of a deployment, of one cell or of several."""
    if runtime.joined is None:
        return Intake(runtime, backlog=backlog)
    return IntakeOfCells(runtime.joined, backlog=backlog)
