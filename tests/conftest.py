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
        yield server.start()
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


_count = 0


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """A fresh, migrated database; dropped at the end of the test."""
    global _count
    _count += 1
    name = f"forbear_{os.getpid()}_{_count}"
    asyncio.run(_run(server_url, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY"))
    try:
        yield _with_database(server_url, name)
    finally:
        asyncio.run(_run(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
