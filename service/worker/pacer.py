"""Keeps the rate that a provider allows, all workers together: a batch waits until its slots in the shared
booking begin."""

from __future__ import annotations

import asyncio

from service.dispatch.runtime import Runtime
from service.store import throughput

SLICE = 0.25
"""Seconds of a rate that are booked at a time: a small burst, so that one worker cannot book far ahead of the
others."""


class Pacer:
    """The booking of one channel."""

    def __init__(self, runtime: Runtime, name: str, per_second: float | None) -> None:
        """`per_second`: hand-overs a second; None for no limit."""
        self._runtime = runtime
        self._name = name
        self.per_second = per_second

    @property
    def most(self) -> int | None:
        """How many hand-overs one batch may hold."""
        return None if self.per_second is None else max(1, int(self.per_second * SLICE))

    async def wait(self, count: int) -> None:
        """Book `count` hand-overs and wait for the first of them. Raises Unavailable."""
        if self.per_second is None:
            return
        async with self._runtime.database.connection() as connection:
            seconds = await throughput.book(connection, self._name, count=count, per_second=self.per_second)
        await asyncio.sleep(seconds)
