"""Brings a database to the schema of this release: Alembic, plain SQL inside, one process at a time.

On a database that is current it is one quick query, and Alembic is not even imported.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from service.database_urls import schema_named
from service.errors import SetupError, Unavailable
from service.store.database import GONE, OURS
from service.store.failover import Hosts, why_away
from service.store.schema_version import Schema, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x464F5242
"""Advisory lock: several processes may start at once."""
MIGRATING = "forbear migrates"
"""The name of a connection that brings a schema to this release, as any process does that starts: it counts
as none of an older one."""
LOCK_TIMEOUT = "60s"
DEADLOCK_DETECTED = asyncpg.DeadlockDetectedError.sqlstate
TRIES = 3
"""Of a step that PostgreSQL ends to break a deadlock with sessions that work meanwhile."""
CREATE_SCHEMA = """
DO $$ BEGIN
    IF to_regnamespace('{0}') IS NULL THEN
        CREATE SCHEMA {0};
    END IF;
END $$
"""
"""A role that may make none may still use one that is there."""
FIND_SCHEMA = "SET LOCAL search_path = {}"
"""A coordinator hands what a transaction sets on to the servers behind it, and not what a session has."""
BIND_FUNCTIONS = """
DO $$ DECLARE one regprocedure; BEGIN
    FOR one IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        AND (prosecdef OR prorettype = 'trigger'::regtype)
        AND NOT COALESCE(array_to_string(proconfig, ',') LIKE '%search_path=%', false)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I', one, current_schema());
    END LOOP;
END $$
"""
"""What a function names lies in the function's own schema, whichever one a connection has set: that of the
server behind a coordinator has none. Run in the transaction of each migration."""


def head() -> str:
    """The newest revision that this release ships: the highest number among the versions' file names."""
    return max(_shipped())


def _shipped() -> set[str]:
    names = (path.name for path in (FOLDER / "versions").glob("*.py"))
    return {match[1] for name in names if (match := re.match(r"(\d{4})_", name))}


def misfit(schema: Schema) -> str | None:
    """Why this release cannot work on a schema, and what helps, in one clause; None where it can: it is its
    own, or a newer one that leaves it all that it knows."""
    revision = schema.revision
    if revision == head():
        return None
    if revision is None or revision < head():
        return f"the schema is {revision or 'missing'}, this release needs {head()}: run forbear migrate"
    if schema.oldest is not None and schema.oldest <= head():
        return None
    return (
        f"the schema is {revision}, which this release does not know, it needs {head()}: a newer release laid"
        " it, and is to be run"
    )


async def current(url: str) -> Schema:
    """The schema of a database. Raises Unavailable, and SetupError for an address or a login that
    cannot be right."""
    try:
        connection = await Hosts(url).connect(timeout=10)
    except GONE as error:
        raise Unavailable(
            f"FORBEAR_DATABASE_URL: the database cannot be reached: {why_away(error)}"
        ) from error
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise SetupError(
            "FORBEAR_DATABASE_URL: the server refuses the login or has no such database: "
            f"{type(error).__name__}"
        ) from None
    except (ValueError, asyncpg.InterfaceError):
        raise SetupError("FORBEAR_DATABASE_URL: expected postgresql://user:pass@host/db") from None
    try:
        await _check_server(connection)
        return await schema_of(connection)
    finally:
        await connection.close()


OLDEST = 15
"""The oldest release of PostgreSQL that the tests run on."""


async def _check_server(connection: asyncpg.Connection) -> None:
    """Raise SetupError for a server or a database on which the schema cannot be what it must."""
    version = connection.get_server_version()
    if version.major < OLDEST:
        raise SetupError(
            f"FORBEAR_DATABASE_URL: expected PostgreSQL {OLDEST} or newer; the server is {version.major}"
        )
    if await connection.fetchval("SHOW session_replication_role") == "replica":
        raise SetupError(
            "FORBEAR_DATABASE_URL: expected triggers to fire, and session_replication_role is replica by a "
            "default of the role or the database: the log would lose entries. ALTER … RESET "
            "session_replication_role"
        )
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise SetupError(
            f"FORBEAR_DATABASE_URL: expected a database with the encoding UTF8; this one has {encoding}:"
            " the log's hashes are made of UTF-8. CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 "
            "makes one"
        )


async def migrate(url: str) -> bool:
    """Apply what is missing; False when nothing was, also on a newer schema that this release can work on.
    Raises Unavailable, and SetupError for any other schema of a newer release."""
    found = await current(url)
    why = misfit(found)
    if why is None:
        return False
    if found.revision is not None and found.revision not in _shipped():
        raise SetupError(f"the database does not fit: {why}")
    await asyncio.to_thread(_upgrade_in_thread, url)
    return True


def _upgrade_in_thread(url: str) -> None:
    asyncio.run(_upgrade(url))


async def _upgrade(url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    async def connect() -> asyncpg.Connection:
        return await Hosts(url).connect(timeout=10, server_settings={**OURS, "application_name": MIGRATING})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            await connection.commit()
            schema = schema_named(url)
            if schema is not None:
                await connection.execute(text(CREATE_SCHEMA.format(schema)))
                await connection.commit()
            await connection.run_sync(_run, schema)
            await connection.commit()
    finally:
        await engine.dispose()


def _run(connection: Connection, schema: str | None) -> None:
    from alembic import command

    config = config_on(connection)
    if schema is not None:
        config.attributes |= {"before_each": FIND_SCHEMA.format(schema), "after_each": BIND_FUNCTIONS}
    in_steps(connection, lambda: command.upgrade(config, "head"))


def in_steps(connection: Connection, move: Callable[[], None]) -> None:
    """Run one of Alembic's moves, and again where PostgreSQL ended one of its steps to break a deadlock with
    another session. Each step is a transaction of its own, so that the next try goes on with that step."""
    from sqlalchemy.exc import DBAPIError
    from tenacity import Retrying, retry_if_exception, stop_after_attempt

    def deadlocked(error: BaseException) -> bool:
        return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == DEADLOCK_DETECTED

    Retrying(
        retry=retry_if_exception(deadlocked),
        stop=stop_after_attempt(TRIES),
        before=lambda _: connection.rollback(),
        reraise=True,
    )(move)


def config_on(connection: Connection) -> Config:
    """What Alembic's commands need to work on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
