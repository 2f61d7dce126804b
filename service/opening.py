"""Opens the database of the settings: their own, or the embedded server's, which is started and watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from service.errors import SetupError
from service.log.origin import name_log
from service.settings import Settings
from service.store.database import Database, open_database
from service.store.embedded import EmbeddedServer
from service.store.migrate import migrate

log = structlog.get_logger("wiring")

Say = Callable[[str], None]


@asynccontextmanager
async def database_url_of(settings: Settings) -> AsyncIterator[str]:
    """The URL of the settings, or of the embedded server, which is started and left again."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"FORBEAR_DATA: cannot be used as a folder: {settings.data}: {error.strerror}"
        ) from None
    server = EmbeddedServer(settings.data)
    url = await asyncio.to_thread(server.start)
    over = asyncio.Event()
    watching = asyncio.create_task(_keep_up(server, over))
    try:
        yield url
    finally:
        over.set()
        await watching
        await asyncio.to_thread(server.stop)


async def _keep_up(server: EmbeddedServer, over: asyncio.Event) -> None:
    """Start the embedded server again should it die (killed, out of memory or of disk), until `over`; nobody
    else would."""
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1.0)
        if over.is_set() or server.is_running:
            continue
        try:
            await asyncio.to_thread(server.ensure_running)
        except SetupError as error:
            log.warning("database", action="database.down", detail=error.detail)
        else:
            log.warning("database", action="database.restarted")


@asynccontextmanager
async def database_of(settings: Settings, say: Say = lambda _: None) -> AsyncIterator[Database]:
    """The database of the settings, migrated: their own, or the embedded server's. `say` is told what takes
    its time."""
    if settings.database_url is None:
        say(f"Starting PostgreSQL in {settings.data} …")
    async with database_url_of(settings) as url:
        if await migrate(url):
            say("The schema was brought up to date.")
        database = await open_database(
            url, connections=settings.database_connections, cells=1 + len(settings.further_cells)
        )
        try:
            async with database.connection() as connection:
                await name_log(connection, settings.log_origin)
            yield database
        finally:
            await database.close()
