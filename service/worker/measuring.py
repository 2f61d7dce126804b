"""Publishes what waits and for how long: a worker every few seconds, and any process when somebody reads its
metrics."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import backlog, log_sequence, tallies, throughput, unmatched
from service.worker.gauges import Gauges

log = structlog.get_logger("measuring")

FRESH_SECONDS = 5.0
"""A reader sees nothing older, and never makes the store be asked more often."""
PATIENCE_SECONDS = 3.0
"""How long a reader waits for the store; then it sees what was measured before, and when."""
LOST_LOOK_SECONDS, LOST_LOOK_ENTRIES = 60.0, 100_000
"""How often, and among how many of the newest entries, one is looked for that has no index and waits for
none. Nothing but damage makes one, and `forbear log verify` looks at all of them."""
PROMISE_SHOWN = timedelta(hours=24)


class Measuring:
    """The measures of one process that come from the store."""

    def __init__(self, runtime: Runtime, gauges: Gauges) -> None:
        """Nothing is measured yet."""
        self._runtime = runtime
        self._gauges = gauges
        self._turn = asyncio.Lock()
        self._fresh_until = float("-inf")
        self._look_for_lost_at = float("-inf")

    async def measure(self) -> None:
        """Ask the store, and publish. Raises Unavailable."""
        async with self._turn:
            await self._measure()

    async def refresh(self) -> None:
        """For a reader: measure where the last time is too long ago. Never raises: metrics must be readable
        while the store is away."""
        async with self._turn:
            if self._runtime.clock.monotonic() < self._fresh_until:
                return
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._measure()
            except (Unavailable, TimeoutError) as error:
                self._fresh_until = self._runtime.clock.monotonic() + FRESH_SECONDS
                log.warning("measure", action="measure.unavailable", error=type(error).__name__)

    async def _measure(self) -> None:
        at = self._runtime.clock.now()
        counted, tallied = self._gauges.take_punctuality(), self._gauges.take_tallies()
        try:
            async with self._runtime.database.transaction() as connection:
                if counted:
                    await throughput.count_punctual(connection, counted)
                await tallies.add(connection, tallied)
                await tallies.see(connection, self._gauges.health(at))
                rows = await backlog.summary(connection, at)
                shares = await throughput.punctuality(connection, at - PROMISE_SHOWN)
                unsequenced = await backlog.unsequenced(connection)
                unheard = await unmatched.count_since(connection, at - PROMISE_SHOWN)
        except BaseException:
            self._gauges.put_back(counted)
            self._gauges.put_tallies_back(tallied)
            raise
        for row in rows:
            self._gauges.deliveries.labels(row.state).set(row.number)
            self._gauges.oldest.labels(row.state).set(row.oldest_seconds or 0)
        self._gauges.publish_promise([(row.channel, row.hour, row.kept, row.missed) for row in shares])
        self._gauges.unsequenced.set(unsequenced)
        await self._look_for_lost()
        self._gauges.unmatched.set(unheard)
        self._gauges.measured.set(at.timestamp())
        self._fresh_until = self._runtime.clock.monotonic() + FRESH_SECONDS

    async def _look_for_lost(self) -> None:
        """Cry where an entry of the log was left without an index."""
        if self._runtime.clock.monotonic() < self._look_for_lost_at:
            return
        self._look_for_lost_at = self._runtime.clock.monotonic() + LOST_LOOK_SECONDS
        async with self._runtime.database.connection() as connection:
            count, first = await log_sequence.lost_among_newest(connection, LOST_LOOK_ENTRIES)
        self._gauges.lost.set(count)
        if count:
            log.error("measure", action="log.lost-entries", entries=count, first_row=first)
