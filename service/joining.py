"""Joins further databases to a deployment: each becomes a cell that has buckets of borrowers of its own.

Home is opened by the wiring and stands for itself where it is the only one. A cell that is away at the start
does not keep the others from theirs: it is refused until it can be asked, and joined then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from uuid import UUID, uuid4

import structlog

from service.dispatch.reconcile.acts_of_cells import ACTS
from service.dispatch.runtime import Cells, Overlaps, Runtime
from service.errors import SetupError, Unavailable
from service.store import cells
from service.store.cells import BUCKETS, Bucket
from service.store.database import Database, open_database
from service.store.migrate import migrate
from service.store.policies import keep_texts

log = structlog.get_logger("cells")

MOST = 16
"""Cells of a deployment: into so many parts the least bound on one number can be divided
(`number_limits/hourly.py`)."""
NAME_ALL = "name all of them in FORBEAR_CELLS"
NOT_JOINED = "cell {} cannot be reached yet"


@asynccontextmanager
async def joined(
    home: Runtime, urls: Sequence[str], texts: Sequence[tuple[str, str, str, str]]
) -> AsyncIterator[Runtime]:
    """Home among its cells; `urls` are those of the further ones, `texts` the policies whose words every cell
    keeps.

    Without any, home itself, and nothing is asked. Raises SetupError where a database is another deployment's
    or another cell."""
    if not urls:
        await check_alone(home.database)
        yield home
        return
    if len(urls) >= MOST:
        raise SetupError(f"FORBEAR_CELLS: expected at most {MOST} databases, got {len(urls) + 1}")
    every = Cells()
    every.all.append(replace(home, joined=every))
    every.acts = ACTS
    async with AsyncExitStack() as stack:
        for number, url in enumerate(urls, 1):
            database = await open_database(
                url, connections=home.database.size, at_once=False, cells=1 + len(urls)
            )
            stack.push_async_callback(database.close)
            database.barred = NOT_JOINED.format(number)
            every.all.append(
                replace(
                    home, database=database, cell=number, joined=every, overlaps=Overlaps(), entered=set()
                )
            )
        joining = Joining(every, urls, texts)
        every.reread = joining.reread
        for one in every.all:
            one.database.stray = joining.asked
        await joining.begin()
        watching = asyncio.create_task(joining.keep())
        try:
            yield every.home
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def check_alone(database: Database) -> None:
    """Raise SetupError where a database that is one of several is opened as if it were the only one: it would
    refuse other cells' borrowers, and make keys of its own."""
    async with database.connection() as connection:
        found = await cells.identity(connection)
    if found is not None and found.cell != 0:
        raise SetupError(
            f"FORBEAR_DATABASE_URL: this database is cell {found.cell} of {found.cells}; {NAME_ALL}"
        )
    if found is not None and found.cells > 1:
        raise SetupError(f"FORBEAR_DATABASE_URL: this database is home of {found.cells} cells; {NAME_ALL}")


class Joining:
    """Joins cells as they can be reached, and keeps the map of buckets fresh."""

    FRESH_SECONDS = 2.0
    GUARD_TRIES = 10
    """A start waits so many seconds for others' locks on home's tables; another cell is joined later."""
    NOT_SOONER = 0.1
    """Seconds; where many writes are refused the map is read once for all of them."""

    def __init__(self, every: Cells, urls: Sequence[str], texts: Sequence[tuple[str, str, str, str]]) -> None:
        """`urls` of the cells beside home, in their order."""
        self._every = every
        self._urls = urls
        self._texts = texts
        self._deployment: UUID | None = None
        self.asked = asyncio.Event()
        """Somebody met a row of a borrower who has moved: the map is to be read at once."""
        self.reread = self._read_map

    async def begin(self) -> None:
        """Join what can be reached. Raises SetupError, and Unavailable where home is away."""
        for left in reversed(range(self.GUARD_TRIES)):
            try:
                await self._name_home()
                break
            except cells.GuardWaits:
                if not left:
                    raise
                await asyncio.sleep(1)
        for one in self._every.all[1:]:
            try:
                await self._join(one)
            except Unavailable as error:
                log.warning("cells", action="cell.unavailable", cell=one.cell, detail=error.detail)
        await self._read_map()

    async def keep(self) -> None:
        """Join who comes later, and read the map again, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.asked.wait(), self.FRESH_SECONDS)
            await asyncio.sleep(self.NOT_SOONER)
            self.asked.clear()
            for one in self._every.all[1:]:
                if one.database.barred is not None:
                    await self._try(one)
            try:
                await self._read_map()
            except Unavailable:
                continue  # what is known holds on; cells refuse what is not theirs
            except Exception:
                log.exception("cells", action="map.failed")

    async def _try(self, one: Runtime) -> None:
        try:
            await self._join(one)
            log.info("cells", action="cell.joined", cell=one.cell)
        except Unavailable:
            return
        except SetupError as error:
            log.warning("cells", action="cell.refused", cell=one.cell, detail=error.detail)
        except Exception:
            log.exception("cells", action="cell.failed", cell=one.cell)

    async def _name_home(self) -> None:
        home, count = self._every.home, len(self._every.all)
        async with home.database.transaction() as connection:
            found = await cells.identity(connection)
            if found is not None and found.cell != 0:
                raise SetupError(
                    f"FORBEAR_CELLS: URL 1: expected home, got cell {found.cell} of a deployment"
                )
            if found is not None and found.cells > count:
                raise SetupError(f"FORBEAR_CELLS: this deployment has {found.cells} cells, {count} are named")
            await cells.name(connection, uuid4() if found is None else found.deployment, 0, count)
            named = await cells.identity(connection)  # of two that start at once one names it
            assert named is not None  # noqa: S101 - named just now
            self._deployment = named.deployment
            if not await cells.bucket_map(connection):
                spread = 1 if await cells.has_borrowers(connection) else count
                await cells.put_map(connection, first_map(spread))
            await cells.guard(connection)

    async def _join(self, one: Runtime) -> None:
        """Bring a cell to the schema, name it, and give it the map. Raises SetupError for a database that is
        another's."""
        await migrate(self._urls[one.cell - 1])
        database, deployment = one.database, self._deployment
        assert deployment is not None  # noqa: S101 - home was named first
        async with self._every.home.database.connection() as connection:
            known = await cells.bucket_map(connection)
        database.barred = None
        try:
            async with database.transaction() as connection:
                found = await cells.identity(connection)
                if found is None and await cells.has_borrowers(connection):
                    raise SetupError(f"FORBEAR_CELLS: URL {one.cell + 1}: it holds borrowers of its own")
                if found is not None and (found.deployment, found.cell) != (deployment, one.cell):
                    raise SetupError(
                        f"FORBEAR_CELLS: URL {one.cell + 1}: expected cell {one.cell} of this deployment, got"
                        f" cell {found.cell} of {'it' if found.deployment == deployment else 'another one'}"
                    )
                await cells.name(connection, deployment, one.cell, len(self._every.all))
                await cells.put_map(connection, known)
                await keep_texts(connection, self._texts)
                await cells.guard(connection)
        except BaseException:
            database.barred = NOT_JOINED.format(one.cell)
            raise

    async def _read_map(self) -> bool:
        """Home's map, or where home is away the newest that the others have; whether it is news."""
        answers = await asyncio.gather(*map(self._epochs, self._every.all))
        known = self._every.epochs
        if answers[0] is not None and answers[0] == known:
            return False
        some = [one for one, found in enumerate(answers) if found is not None and found > known]
        if answers[0] is None and not some:
            if all(one is None for one in answers):
                raise Unavailable("no cell can be reached", retry_after=1)
            return False
        best = 0 if answers[0] is not None else max(some, key=lambda one: answers[one] or 0)
        async with self._every.all[best].database.connection() as connection:
            rows = await cells.bucket_map(connection)
        formerly = {row.bucket: [int(one) for one in row.formerly.split(",")] for row in rows if row.formerly}
        self._every.learn_map(
            bytes(row.cell for row in rows), formerly, epochs=sum(row.epoch for row in rows)
        )
        return True

    async def _epochs(self, one: Runtime) -> int | None:
        try:
            async with one.database.connection() as connection:
                return await cells.epochs(connection)
        except Unavailable:
            return None


def first_map(count: int) -> list[Bucket]:
    """Whose each bucket is at the beginning: equal ranges, in the order of the cells."""
    return [Bucket(bucket, bucket * count // BUCKETS, 1) for bucket in range(BUCKETS)]
