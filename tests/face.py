"""The whole HTTP face on a store of the tests, as their `api` fixture hands it out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

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
from service.store import cells, log_sequence
from service.store.database import Database
from service.store.keyring import open_vault
from tests.contract import hold

ADMIN = "bootstrap-key-for-tests-0123456789"
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Noon in New York."""
PUBLIC = "https://forbear.example.com"
TWILIO_TOKEN, TWILIO_BACKUP_TOKEN = "twilio-token-for-tests", "token-of-the-other-account"


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


@asynccontextmanager
async def face(
    database: Database,
    further_urls: list[str],
    packs: Mapping[str, Policy],
    templates: Mapping[str, Template],
) -> AsyncIterator[Api]:
    """The face over this database and the further cells; what it accepts is stored and never sent."""
    clock, registry, pauses = MovableClock(NOON), CollectorRegistry(), list[float]()
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
