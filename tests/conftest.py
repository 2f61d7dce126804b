"""One real PostgreSQL for the whole run, a fresh database for each test that asks for one."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from service.store.embedded import EmbeddedServer
from service.store.migrate import migrate

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("FORBEAR_HYPOTHESIS", "quick"))

for name in [name for name in os.environ if name.startswith("FORBEAR_") and name != "FORBEAR_HYPOTHESIS"]:
    del os.environ[name]


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A real PostgreSQL from the wheel, as root and as a plain user; ended with the run."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-tests-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    try:
        url = server.start()
        # What these tests lose in a power cut they do not need; those about durability start servers of their own.
        asyncio.run(_run(url, *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes")), "SELECT pg_reload_conf()"))
        yield url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template_database(server_url: str) -> str:
    """A migrated database that the tests' own are copied from."""
    asyncio.run(_run(server_url, "CREATE DATABASE forbear_template"))
    asyncio.run(migrate(_with_database(server_url, "forbear_template")))
    return "forbear_template"


@pytest.fixture(scope="session")
def shared_database(server_url: str, template_database: str) -> str:
    """The one database that tests take turns in."""
    asyncio.run(_run(server_url, f"CREATE DATABASE forbear_shared TEMPLATE {template_database}"))
    return _with_database(server_url, "forbear_shared")


EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$;
ALTER TABLE log_entries ALTER COLUMN entry_id RESTART;
"""
"""Deleting from small tables costs a hundredth of what copying or truncating them does."""


@pytest.fixture
def database_url(shared_database: str) -> str:
    """A migrated database with nothing in it and nobody connected."""
    asyncio.run(_run(shared_database, EMPTY))
    return shared_database
