"""Divides what a provider takes at a time among the workers that live, so that all of them together never
exceed it.

Each worker beats once a second: in one short transaction it says how much it holds of each lane, reads what
the others hold, and takes its part. Nobody takes what another one still holds, and nobody says that it holds
less than it has under way: so the sum stays within the limit while parts move. A worker that has not beaten
for `GOOD` seconds begins nothing; after `LAPSE` its part goes to the others, but only those divide it who
have beaten all that time themselves, so that after an outage of the database nobody passes for dead. No
hand-over asks the store anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from service.clock import Clock
from service.dispatch.runtime import Runtime
from service.store import quota
from service.store.database import Connection
from service.store.quota import WorkerQuota

log = structlog.get_logger("quota")

BEAT, SHORT_BEAT = 1.0, 0.25
"""Seconds between beats; the short one while a worker has less than its part."""
GOOD = 4.0
"""Seconds for which a beat lets a worker begin hand-overs."""
LAPSE = timedelta(seconds=5)
"""Without a beat for so long, a worker's part goes to the others; longer than `GOOD`."""


class LaneQuota:
    """One worker's part of what one lane's provider takes at a time."""

    def __init__(self, clock: Clock, name: str, limit: int) -> None:
        """`name`: channel and adapter, the same in every worker; `limit`: hand-overs at a time, all workers
        together."""
        self._clock = clock
        self.name = name
        self.limit = limit
        self.sending = 0
        """Attempts that are being marked or handed over."""
        self.granted: int | None = None
        """What the last beat gave; None before the first."""
        self._until = 0.0

    @property
    def size(self) -> int:
        """How many hand-overs may be under way now."""
        return self.granted or 0 if self._clock.monotonic() < self._until else 0

    @property
    def is_none(self) -> bool:
        """Whether others have all of it: there are more workers than hand-overs at a time."""
        return self.granted == 0

    @property
    def in_use(self) -> int:
        """What this worker must be known to hold: what it may begin, and what it has under way."""
        return max(self.size, self.sending)

    def grant(self, size: int, until: float) -> None:
        """Take a new part, good until an instant of the monotonic clock."""
        self.granted, self._until = size, until


def part(limit: int, workers: int, rank: int) -> int:
    """The fair part of one of so many workers; those that joined first get what does not divide."""
    return limit // workers + (rank < limit % workers)


class Quotas:
    """Keeps the quotas of one worker's lanes."""

    def __init__(self, runtime: Runtime, some: Iterable[LaneQuota], changed: Callable[[], None]) -> None:
        """`changed` is called whenever a quota is another one than before."""
        self.worker = uuid4()
        self._runtime = runtime
        self._quotas = {lane.name: lane for lane in some}
        self._changed = changed

    async def keep(self) -> None:
        """Beat until cancelled."""
        while True:
            settled = False
            try:
                settled = await self.beat()
            except Exception as error:  # noqa: BLE001 - the next beat tries again, and until then nothing begins
                log.warning("quota", action="quota.failed", error=type(error).__name__)
            await asyncio.sleep(BEAT if settled else SHORT_BEAT)

    async def beat(self) -> bool:
        """Say that this worker lives, and take its part of each lane; whether it has all of it. Raises
        Unavailable."""
        began = self._runtime.clock.monotonic()
        in_use = {name: lane.in_use for name, lane in self._quotas.items()}
        async with self._runtime.database.transaction() as connection:
            await quota.lock(connection)
            rows = await self._living(connection)
            parts = {name: self._part(lane.limit, rows[name]) for name, lane in self._quotas.items()}
            granted = {
                name: self._grant(lane.limit, parts[name], rows[name]) for name, lane in self._quotas.items()
            }
            await quota.beat(
                connection, self.worker, {name: max(granted[name], in_use[name]) for name in granted}, LAPSE
            )
        moved = False
        for name, lane in self._quotas.items():
            moved |= lane.granted != granted[name] or lane.size == 0
            lane.grant(granted[name], began + GOOD)
        if moved:
            self._changed()
        return granted == parts

    async def leave(self) -> None:
        """Give everything back; what cannot be given back lapses."""
        with suppress(Exception):
            async with self._runtime.database.transaction() as connection:
                await quota.leave(connection, self.worker)

    async def _living(self, connection: Connection) -> dict[str, list[WorkerQuota]]:
        """What is held of each lane, without those who are silent, where this worker may tell."""
        rows: dict[str, list[WorkerQuota]] = {name: [] for name in self._quotas}
        gone: list[tuple[str, UUID]] = []
        found = await quota.read(connection, list(self._quotas), LAPSE)
        sure = {row.lane for row in found if row.worker == self.worker and row.steady and not row.silent}
        for row in found:
            if row.silent and row.worker != self.worker and row.lane in sure:
                gone.append((row.lane, row.worker))
            else:
                rows[row.lane].append(row)
        if gone:
            await quota.drop(connection, gone)
        return rows

    def _part(self, limit: int, rows: Sequence[WorkerQuota]) -> int:
        workers = [row.worker for row in rows]
        if self.worker not in workers:
            workers.append(self.worker)
        return part(limit, len(workers), workers.index(self.worker))

    def _grant(self, limit: int, fair: int, rows: Sequence[WorkerQuota]) -> int:
        """The fair part, as far as the others have left it."""
        taken: int = sum(row.held for row in rows if row.worker != self.worker)
        return max(0, min(fair, limit - taken))
