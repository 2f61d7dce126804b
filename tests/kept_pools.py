"""A pool of connections to each database, handed from one test of a module to the next.

A new connection costs both sides more than most tests do with it: the server reads its catalogue anew, and
every statement is parsed and planned again. A pool belongs to its event loop, and each module has one."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from service.store.database import Database, open_database
from tests.emptying import Emptying

CONNECTIONS = 5


@dataclass(slots=True)
class KeptPools:
    """What is open and in nobody's hands, by the URL of the database."""

    emptying: Emptying
    open: dict[str, Database] = field(default_factory=dict)

    @asynccontextmanager
    async def lend(self, url: str) -> AsyncIterator[Database]:
        """A database as if it had been opened now. Its pool is kept unless the test closed it, or still has a
        connection of it."""
        self.emptying.spared.pop(url, None)
        kept = self.open.pop(url, None) or await open_database(url, connections=CONNECTIONS)
        try:
            yield copy.copy(kept)  # a test may bar it, or put something of its own in the place of a method
            idle = await _idle(kept)
        except BaseException:
            await kept.close()
            raise
        if idle is None:
            await kept.close()
        else:
            self.open[url], self.emptying.spared[url] = kept, idle

    async def close(self) -> None:
        """End every pool."""
        for url, database in self.open.items():
            self.emptying.spared.pop(url, None)
            await database.close()


async def _idle(database: Database) -> set[int] | None:
    """The server's processes behind a pool that is open and in nobody's hands; None for another one."""
    pool = database.pool
    if pool.is_closing() or pool.get_idle_size() != pool.get_size():
        return None
    async with AsyncExitStack() as held:
        taken = [await held.enter_async_context(pool.acquire()) for _ in range(pool.get_size())]
        return {one.get_server_pid() for one in taken}
