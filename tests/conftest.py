"""One real PostgreSQL for the whole run, a clean database for each test that asks for one, and the whole HTTP
face on it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from prometheus_client import CollectorRegistry

from channels.content.shipped import shipped_templates
from channels.content.template import Template
from channels.twilio.receiver import TwilioReceiver
from policies.policy import Policy
from service.api.app import create_app
from service.api.state import ApiState
from service.clock import MovableClock
from service.console.app import add_console
from service.dispatch.intake.of_cells import intake_of
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.in_force import Contact, InForce
from service.errors import Unavailable
from service.joining import joined
from service.packs import shipped
from service.store import cells, log_sequence
from service.store.database import open_database
from service.store.embedded import EmbeddedServer
from service.store.keyring import open_vault
from service.store.migrate import migrate
from tests.contract import hold
from tests.emptying import Emptying
from tests.postgres_servers import server_of_programs

settings.register_profile(
    "quick", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("FORBEAR_HYPOTHESIS", "quick"))

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
        with server_of_programs(Path(programs)) as url:
            yield url
        return
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


ADMIN = "bootstrap-key-for-tests-0123456789"
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Noon in New York."""
PUBLIC = "https://forbear.example.com"
TWILIO_TOKEN, TWILIO_BACKUP_TOKEN = "twilio-token-for-tests", "token-of-the-other-account"


@pytest.fixture
def databases(database_url: str, further_urls: list[str]) -> dict[str, str]:
    """The setting by which a process of its own finds the same cells."""
    if further_urls:
        return {"FORBEAR_CELLS": json.dumps([database_url, *further_urls])}
    return {"FORBEAR_DATABASE_URL": database_url}


@dataclass(slots=True)
class Api:
    """The application, a client with the admin key, and what they work with."""

    app: FastAPI
    client: httpx.AsyncClient
    runtime: Runtime
    clock: MovableClock
    registry: CollectorRegistry
    pauses: list[float] = field(default_factory=list)
    """Seconds that failed authentications were made to wait."""
    log_is_damaged: bool = False
    """The test changes the log's own tables behind its back."""

    async def key(self, role: str, **further: Any) -> dict[str, str]:
        """Headers with a fresh key of this role."""
        answer = await self.client.post("/v1/keys", json={"name": role, "role": role, **further})
        assert 201 == answer.status_code, answer.text
        return {"Authorization": f"Bearer {answer.json()['key']}"}

    async def template(self, document: Mapping[str, Any]) -> int:
        """Store a template and let new notices use it: drafted, approved by a second key, active. Its
        version."""
        path = f"/v1/templates/{document['name']}"
        stored = await self.client.put(path, json=document)
        assert stored.is_success, stored.text
        version: int = stored.json()["version"]
        second = await self.key("ops")
        for step, body in (("approve", None), ("activate", {"reason": "a test"})):
            answer = await self.client.post(f"{path}/versions/{version}/{step}", json=body, headers=second)
            assert answer.is_success, answer.text
        return version

    def cell_of(self, borrower: str = "B-1") -> Runtime:
        """The cell of a borrower, by the upstream id."""
        found: Runtime = self.runtime.of(self.runtime.vault.borrower_key(borrower))
        return found

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """What a statement finds in every cell, home's first."""
        found: list[Any] = []
        for cell in self.runtime.cells.all:
            async with cell.database.connection() as connection:
                found += await connection.fetch(query, *values)
        return found

    async def count(self, table: str) -> int:
        """Rows of a table."""
        return sum([row[0] for row in await self.rows(f"SELECT count(*) FROM {table}")])


@pytest.fixture(scope="session")
def packs() -> Mapping[str, Policy]:
    """Every shipped pack, read once."""
    return shipped()


@pytest.fixture(scope="session")
def templates() -> Mapping[str, Template]:
    """Every shipped template, compiled once."""
    return shipped_templates()


@pytest.fixture
async def api(
    database_url: str,
    further_urls: list[str],
    packs: Mapping[str, Policy],
    templates: Mapping[str, Template],
) -> AsyncIterator[Api]:
    """A whole HTTP face; what it accepts is stored and never sent."""
    clock, registry, pauses = MovableClock(NOON), CollectorRegistry(), list[float]()
    database = await open_database(database_url, connections=5)
    in_force = InForce(
        shipped_policies=packs, shipped_templates=templates, names=None, contact=Contact(phone="+12025550100")
    )
    async with database.connection() as connection:
        vault = await open_vault(connection, b"k" * 32)
        await in_force.refresh(connection, clock.now())
    alone = Runtime(database=database, vault=vault, clock=clock, in_force=in_force, base_url=PUBLIC)
    joining = joined(alone, further_urls, [])
    runtime = await joining.__aenter__()
    await all_joined(runtime)
    intake = intake_of(runtime, backlog=100)
    running = asyncio.create_task(intake.run())

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    state = ApiState(
        runtime=runtime,
        intake=intake,
        registry=registry,
        bootstrap_key=ADMIN,
        receivers={
            "twilio": TwilioReceiver({"AC" + "0" * 32: TWILIO_TOKEN, "AC" + "1" * 32: TWILIO_BACKUP_TOKEN})
        },
        pause=pause,
    )
    app = create_app(state)
    add_console(app, runtime, app.state.authenticator)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport,
        base_url=PUBLIC,
        headers={"Authorization": f"Bearer {ADMIN}"},
        event_hooks={"response": [partial(hold, app)]},
    ) as client:
        api = Api(app=app, client=client, runtime=runtime, clock=clock, registry=registry, pauses=pauses)
        yield api
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    lost = 0
    for cell in runtime.cells.all:
        with suppress(Unavailable):  # of a store that the test itself took away
            async with cell.database.connection() as connection:
                lost += (await log_sequence.lost(connection)).entries
    await joining.__aexit__(None, None, None)
    await database.close()
    assert 0 == lost or api.log_is_damaged, "entries of the log have no index and wait for none"


async def all_joined(runtime: Runtime) -> None:
    """Until every cell beside home has been named. A process goes on without a cell whose guard would have
    to wait for others' locks (PostgreSQL's own vacuum of what was just emptied holds one), and joins it
    later."""
    for cell in runtime.cells.all[1:]:
        for _ in range(1000):
            with suppress(Unavailable):
                async with cell.database.connection() as connection:
                    if await cells.identity(connection) is not None:
                        break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError(f"cell {cell.cell} was not joined within 20 s")


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
