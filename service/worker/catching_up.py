"""Keeps a worker from sending in a cell that may not know yet what somebody asked for while it was away.

What another cell could not tell this one, it owes it (service/dispatch/runtime/owed.py). After the connection
to its own database was lost, and at its start, a worker sends nothing before every other cell was asked and
settled. One that is away itself keeps it waiting, unless it had settled everything since this database's
server started: then there was no time at which it could not tell."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import send_on, settle
from service.errors import Unavailable
from service.store import cells
from service.store.database import GONE

log = structlog.get_logger("cells")

LOOK_SECONDS = 0.5
"""Between two questions to each other cell."""
NOTE_SECONDS = 5.0
"""Between two notes of what was settled."""


class CatchingUp:
    """Whether a cell knows what every other cell has to tell it."""

    def __init__(self, runtime: Runtime) -> None:
        """It knows nothing yet, unless it is the only one."""
        self._runtime = runtime
        self._others = [] if runtime.joined is None else runtime.joined.others(runtime)
        self._settled: set[int] = set()
        self._connected = False
        self._noted_at = float("-inf")

    def check(self) -> None:
        """Raise Unavailable while nothing may be sent in this cell."""
        if self._others and not (self._connected and len(self._settled) == len(self._others)):
            raise Unavailable("this cell does not know yet what the others have to tell it", retry_after=1)

    async def run(self) -> None:
        """Ask the other cells again and again, until cancelled; without any there is nothing to do."""
        while self._others:
            connection = None
            try:
                connection = await self._runtime.database.listen()
                lost = asyncio.Event()
                connection.add_termination_listener(lambda *_, lost=lost: self._lose(lost))
                self._settled = await self._settled_before()
                self._connected = True
                while not lost.is_set():
                    await self._look()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), LOOK_SECONDS)
            except (*GONE, Unavailable, RuntimeError) as error:
                log.warning("cells", action="cell.lost", cell=self._runtime.cell, error=type(error).__name__)
            except Exception:
                log.exception("cells", action="catching_up.failed", cell=self._runtime.cell)
            finally:
                self._connected = False
                self._settled = set()
                if connection is not None:
                    with suppress(Exception):
                        await connection.close(timeout=1)
            await asyncio.sleep(LOOK_SECONDS)

    def _lose(self, lost: asyncio.Event) -> None:
        self._connected = False
        lost.set()

    async def _settled_before(self) -> set[int]:
        """The cells that had told everything since this one's server started."""
        async with self._runtime.database.connection() as connection:
            return await cells.settled_before(connection)

    async def _look(self) -> None:
        for other in self._others:
            try:
                await settle(other, self._runtime)
            except Unavailable:
                continue
            self._settled.add(other.cell)
        await send_on(self._runtime)
        now = self._runtime.clock.monotonic()
        if now - self._noted_at >= NOTE_SECONDS:
            self._noted_at = now
            async with self._runtime.database.transaction() as connection:
                await cells.note_settled(connection, sorted(self._settled))
