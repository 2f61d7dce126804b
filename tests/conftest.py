"""One real PostgreSQL for the whole run, a clean database for each test that asks for one, and the whole HTTP
face on it.

The process that only hands tests out to others reads this too: what it need not import, fixtures import."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings

from service.cli.logs import trace_without_words
from tests.emptying import Emptying

if TYPE_CHECKING:
    from channels.content.template import Template
    from policies.policy import Policy
    from tests.face import Api
    from tests.kept_pools import KeptPools

settings.register_profile(
    "quick", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("FORBEAR_HYPOTHESIS", "quick"))

# As a service writes an error: where it broke. Every local variable of every frame, as without this, takes
# longer than most tests.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        trace_without_words,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)

SLOW = (
    "tests/chaos/test_campaign.py",
    "tests/chaos/test_full_disk.py",
    "tests/chaos/test_network.py",
    "tests/chaos/test_points.py",
    "tests/chaos/test_processes.py",
    "tests/log/test_sequencer.py",
    "tests/serving/test_failover.py",
    "tests/serving/test_forgetting.py",
    "tests/serving/test_odd_databases.py",
    "tests/serving/test_openapi_document.py",
    "tests/serving/test_shared_concurrency.py",
)
"""Modules that start and kill processes of their own for minutes, in the second tier beside what is marked
one by one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whole modules into the second tier, `make slow`, and leave properties out of what coverage counts:
    they run the same lines thousands of times, twice as slowly while they are watched, and which branches a
    random world enters is no ground for a floor. What is covered, named examples cover."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.no_cover)


def pytest_collection_finish() -> None:
    """What collecting has brought stays until the end: the collector of garbage need not go through it, nor
    look so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    gc.enable()


gc.disable()


GARBAGE = 5000
"""Objects more than there were, and the youngest are looked at."""


for name in [
    name
    for name in os.environ
    if name.startswith("FORBEAR_") and name not in {"FORBEAR_HYPOTHESIS", "FORBEAR_TEST_CELLS"}
]:
    del os.environ[name]


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A real PostgreSQL from the wheel, as root and as a plain user, or with the programs in the folder that
    TESTS_POSTGRES names; ended with the run."""
    if programs := os.environ.get("TESTS_POSTGRES"):
        from tests.postgres_servers import server_of_programs

        with server_of_programs(Path(programs)) as url:
            yield url
        return
    from service.store.embedded import EmbeddedServer

    folder = Path(tempfile.mkdtemp(prefix="forbear-tests-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    try:
        url = server.start()
        # What these tests lose in a power cut they do not need; those about durability start servers of their
        # own.
        asyncio.run(
            run_on(
                url,
                *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes")),
                "SELECT pg_reload_conf()",
            )
        )
        yield url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def run_on(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template_database(server_url: str) -> str:
    """A migrated database that the tests' own are copied from."""
    from service.store.migrate import migrate

    asyncio.run(run_on(server_url, "CREATE DATABASE forbear_template"))
    asyncio.run(migrate(with_database(server_url, "forbear_template")))
    return "forbear_template"


@pytest.fixture(scope="session")
def shared_database(server_url: str, template_database: str) -> str:
    """The one database that tests take turns in."""
    asyncio.run(run_on(server_url, f"CREATE DATABASE forbear_shared TEMPLATE {template_database}"))
    return with_database(server_url, "forbear_shared")


@pytest.fixture(scope="session")
def emptying(server_url: str) -> Iterator[Emptying]:
    """What empties the databases of this run's server; closed before it."""
    emptying = Emptying()
    yield emptying
    emptying.close()


CELLS = int(os.environ.get("FORBEAR_TEST_CELLS", "1"))
"""In how many cells the HTTP face of the `api` fixture keeps its borrowers."""


@pytest.fixture(scope="session")
def further_databases(server_url: str, template_database: str) -> list[str]:
    """The databases of the cells beside home."""
    names = [f"forbear_cell{number}" for number in range(1, CELLS)]
    for name in names:
        asyncio.run(run_on(server_url, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    return [with_database(server_url, name) for name in names]


@pytest.fixture
def further_urls(further_databases: list[str], emptying: Emptying) -> list[str]:
    """The same, with nothing in them; none where there is one cell."""
    for url in further_databases:
        emptying.empty(url)
    return further_databases


@pytest.fixture
def database_url(shared_database: str, emptying: Emptying) -> str:
    """A migrated database with nothing in it and nobody else connected."""
    emptying.empty(shared_database)
    return shared_database


@pytest.fixture
def databases(database_url: str, further_urls: list[str]) -> dict[str, str]:
    """The setting by which a process of its own finds the same cells."""
    if further_urls:
        return {"FORBEAR_CELLS": json.dumps([database_url, *further_urls])}
    return {"FORBEAR_DATABASE_URL": database_url}


@pytest.fixture(scope="session")
def packs() -> Mapping[str, Policy]:
    """Every shipped pack, read once."""
    from service.packs import shipped

    return shipped()


@pytest.fixture(scope="session")
def templates() -> Mapping[str, Template]:
    """Every shipped template, compiled once."""
    from channels.content.shipped import shipped_templates

    return shipped_templates()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept_pools(emptying: Emptying) -> AsyncIterator[KeptPools]:
    """Pools that the tests of a module take turns in."""
    from tests.kept_pools import KeptPools

    pools = KeptPools(emptying)
    yield pools
    await pools.close()


@pytest.fixture
async def api(
    database_url: str,
    further_urls: list[str],
    packs: Mapping[str, Policy],
    templates: Mapping[str, Template],
    kept_pools: KeptPools,
) -> AsyncIterator[Api]:
    """A whole HTTP face; what it accepts is stored and never sent. Tasks that the test began end with it."""
    from tests.face import face

    before = asyncio.all_tasks()
    async with kept_pools.lend(database_url) as database:
        async with face(database, further_urls, packs, templates) as api:
            yield api
        await _cancel(asyncio.all_tasks() - before)


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    left = tasks - {asyncio.current_task()}
    for one in left:
        one.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
def notice() -> dict[str, Any]:
    """A notice that is accepted as it is."""
    return {
        "borrower": {
            "id": "B-1",
            "name": "Ana Ruiz",
            "language": "en-US",
            "jurisdiction": "US-MA",
            "time_zone": "America/New_York",
            "postal_code": "02108",
            "country": "US",
            "addresses": {"sms": "+12025550101", "voice": "+12025550101", "email": "ana@example.com"},
            "consents": [
                {"channel": "sms", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"},
                {"channel": "voice_prerecorded", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"},
            ],
        },
        "debt": {
            "id": "L-1",
            "account_id": "A-1",
            "creditor": "first-inclusive-bank",
            "currency": "USD",
            "principal": "12000.00",
            "due_on": "2026-11-01",
            "days_past_due": 22,
            "amount_due": "431.25",
            "late_fees": "15.00",
            "jurisdiction": "US-MA",
        },
        "sender_role": "original_creditor",
        "category": "collection",
        "template": "overdue-reminder",
        "channels": ["sms", "email"],
        "fan_out": "cascade",
        "wait": "PT6H",
        "not_before": "2026-11-24T18:00:00Z",
        "expires_at": "2026-12-01T00:00:00Z",
        "reference": "core-4711",
    }
