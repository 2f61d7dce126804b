"""Settles what hand-overs brought: outcomes gather for some milliseconds and share a transaction; none is
given up while the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from service.dispatch.runtime import Runtime
from service.dispatch.send.settle import Sent, settle
from service.errors import ForbearError
from service.store.tallies import Tally

log = structlog.get_logger("worker")

BATCH = 500
GATHER = 0.005
"""Seconds in which outcomes gather, so that they share a transaction; nobody waits for them."""
LONGEST_PAUSE = 5.0


class Settling:
    """The outcomes that this process has yet to write."""

    def __init__(
        self, runtime: Runtime, settled: Callable[[Sequence[Sent], Mapping[Tally, int]], None]
    ) -> None:
        """`settled` hears what was settled, and what of it was new to the log."""
        self._runtime = runtime
        self._settled = settled
        self._sent: asyncio.Queue[Sent] = asyncio.Queue()
        self._gathering = asyncio.Lock()
        """Two that gather at once would each get half of a batch, or one of them a single outcome."""
        self.left = 0
        """Hand-overs whose outcome is to come, or to be written."""

    def expect(self, count: int) -> None:
        """So many hand-overs begin; their outcomes will be put."""
        self.left += count

    def put(self, sent: Sent) -> None:
        """An outcome."""
        self._sent.put_nowait(sent)

    async def run(self) -> None:
        """Write outcomes until cancelled."""
        while True:
            async with self._gathering:
                batch = [await self._sent.get()]
                await asyncio.sleep(GATHER)
                while len(batch) < BATCH and not self._sent.empty():
                    batch.append(self._sent.get_nowait())
            await self._settle(batch)
            self.left -= len(batch)

    async def _settle(self, batch: list[Sent]) -> None:
        """Write outcomes, again and again until the store takes them; the lease turns what is never written
        to unknown."""
        pause = 0.1
        while True:
            try:
                counted = await settle(self._runtime, batch)
            except ForbearError as error:
                log.warning("settle", action="settle.unavailable", detail=error.detail, outcomes=len(batch))
            except Exception:
                log.exception("settle", action="settle.failed", outcomes=len(batch))
                if len(batch) > 1:
                    for one in batch:
                        await self._settle([one])
                    return
                if pause > LONGEST_PAUSE:
                    return
            else:
                self._settled(batch, counted)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2 * LONGEST_PAUSE)
