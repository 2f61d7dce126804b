"""Two weeks of a lender's life, planted through the real service by its own clock: borrowers in many zones,
deliveries, replies, holds, policies in every state, suppressions, webhooks. The pictures of the console, and
journeys through it, are made on it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import uvicorn

from service.api.app import create_app
from service.api.state import ApiState
from service.clock import MovableClock
from service.console.app import add_console
from service.settings import settings_type
from service.wiring import Service, open_service, running_worker
from service.worker.sandbox import list_sandbox_messages
from tests.console.people import PEOPLE, PLANS, Person

ADMIN = "bootstrap-key-of-the-planted-service-0123"
BEGINS = datetime(2026, 11, 10, 5, 0, tzinfo=UTC)
STEP, STEPS = timedelta(hours=3), 8 * 14
HIGHEST_WAIT = 120.0
"""Seconds of real time that the worker gets for what is due, at each step."""

EVENING = """\
name: evening-rest
version: "1"
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00, on Saturdays until noon, never on a Sunday"
    hours: {mon-fri: 09:00-19:00, sat: 09:00-12:00}
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""
LATER = EVENING.replace("09:00-19:00", "10:00-18:00").replace('version: "1"', 'version: "2"')
CAREFUL = """\
name: one-a-week
version: "1"
title: "One contact in seven days"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: one
    kind: cap
    citation: "house policy: 1 contact in 7 days"
    limit: 1
    window: {consecutive_dates: 7}
    count: {counts: ring, per: borrower}
cases:
  - id: the-first
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""


@dataclass(slots=True, kw_only=True)
class Planted:
    """The running service, and what leads into it."""

    address: str
    service: Service
    clock: MovableClock
    client: httpx.AsyncClient = field(repr=False)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """Texts of keys: `admin`, `ops`, `second` (another ops), `auditor`."""
    notices: list[str] = field(default_factory=list)
    tested: str | None = None
    """Where the result of a learning policy's test is, once it was run: a test is offered once."""

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str = "admin", text: str | None = None
    ) -> Any:
        """One request that has to succeed."""
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        if text is not None:
            headers["Content-Type"] = "application/yaml"
        answer = (
            await self.client.request(method, path, json=body, content=text, headers=headers)
            if text is None
            else await self.client.request(method, path, content=text, headers=headers)
        )
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def settled(self) -> None:
        """Wait until the worker has done what is due."""
        async with asyncio.timeout(HIGHEST_WAIT):
            while await self._is_busy():
                if self.service.pipeline is not None:
                    self.service.pipeline.wake()
                await asyncio.sleep(0.05)

    async def live(self, span: timedelta) -> None:
        """Live through a span: at each instant at which something is due, the clock stops until it is
        done."""
        ends = self.clock.now() + span
        while (due := await self._next_due()) is not None and due < ends:
            self.clock.move(max(due - self.clock.now(), timedelta()) + timedelta(seconds=1))
            await self.settled()
        self.clock.move(ends - self.clock.now())

    async def _next_due(self) -> datetime | None:
        async with self.service.runtime.database.connection() as connection:
            found: datetime | None = await connection.fetchval(
                "SELECT min(due_at) FROM deliveries WHERE state IN ('due', 'deferred') AND due_at > $1",
                self.clock.now(),
            )
        return found

    async def _is_busy(self) -> bool:
        async with self.service.runtime.database.connection() as connection:
            return bool(
                await connection.fetchval(
                    "SELECT EXISTS (SELECT 1 FROM deliveries WHERE state = 'sending' OR (state IN ('due', "
                    "'deferred') AND due_at <= $1))",
                    self.clock.now(),
                )
            )


@asynccontextmanager
async def serving(
    folder: Path, at: datetime, *, database_url: str | None = None, keys: Mapping[str, str] | None = None
) -> AsyncIterator[Planted]:
    """The whole service on a port of its own, by a clock that is moved, with a key of each role, or with
    those that a store which was planted before has."""
    settings = settings_type()(
        _env_file=None,
        data=folder,
        database_url=database_url,
        secret_key=None if database_url is None else "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        bootstrap_key=ADMIN,
        worker={"poll_seconds": 0.2},
        log_level="error",
    )
    clock = MovableClock(at)
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://localhost:{listening.getsockname()[1]}"
    async with open_service(settings, clock=clock) as service, running_worker(service):
        app = create_app(
            ApiState(
                runtime=service.runtime,
                intake=service.intake,
                registry=service.registry,
                bootstrap_key=ADMIN,
                sandbox_messages=partial(list_sandbox_messages, service.runtime),
                sandbox_texts=True,
            )
        )
        add_console(app, service.runtime, app.state.authenticator)
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", lifespan="off", server_header=False
        )
        server = uvicorn.Server(config)
        running = [
            asyncio.create_task(service.intake.run()),
            asyncio.create_task(server.serve(sockets=[listening])),
        ]
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            planted = Planted(
                address=address, service=service, clock=clock, client=client, keys={"admin": ADMIN}
            )
            planted.keys.update(keys or {})
            for name, role in () if keys else (("ops", "ops"), ("second", "ops"), ("auditor", "auditor")):
                body = {
                    "name": {"ops": "Dana (ops)", "second": "Ravi (ops)", "auditor": "Iris (audit)"}[name],
                    "role": role,
                }
                planted.keys[name] = (await planted.call("POST", "/v1/keys", body))["key"]
            try:
                yield planted
            finally:
                server.should_exit = True
                await running[1]
                running[0].cancel()
                await asyncio.gather(running[0], return_exceptions=True)
        listening.close()


async def plant(world: Planted, *, steps: int = STEPS, seed: int = 7) -> None:
    """Live through two weeks."""
    random = Random(seed)
    await _first_day(world)
    for step in range(steps):
        for person in PEOPLE:
            if random.random() < 0.075:
                await send(world, person, random, step)
        await _happens(world, step, random)
        await world.settled()
        await asyncio.sleep(0.15)
        await world.live(STEP)
    await _unfinished(world)
    await world.service.measuring.measure()
    await asyncio.sleep(1.2)


async def _first_day(world: Planted) -> None:
    """Creditors, policies and keys, as they were made on the first day."""
    for name, title, phone in (
        ("first-inclusive-bank", "First Inclusive Bank", "+12025550100"),
        ("harbour-credit", "Harbour Credit", "+12025550111"),
    ):
        profile = {
            "name": title,
            "phone": phone,
            "email": "care@example.com",
            "url": "https://example.com/help",
        }
        await world.call("PUT", f"/v1/creditors/{name}", profile, key="ops")
    await world.call(
        "POST", "/v1/keys", {"name": "core banking", "role": "producer", "rate_per_minute": 60000}
    )
    old = await world.call("POST", "/v1/keys", {"name": "dialer (old)", "role": "producer"})
    await world.call("POST", f"/v1/keys/{old['id']}/revoke")
    await world.call(
        "POST",
        "/v1/webhooks",
        {
            "url": "https://core.example.com/forbear",
            "types": ["delivery.*", "notice.*"],
            "description": "core banking",
        },
        key="ops",
    )
    await bind(world, "evening-rest", EVENING)


async def bind(world: Planted, name: str, text: str, *, version: int = 1) -> None:
    """Draft, test, approve and activate a policy."""
    path = f"/v1/policies/{name}"
    await world.call("PUT", path, key="ops", text=text)
    await world.call("POST", f"{path}/versions/{version}/test", key="ops")
    await world.call("POST", f"{path}/versions/{version}/approve", key="second")
    await world.call("POST", f"{path}/versions/{version}/activate", key="ops")


async def send(world: Planted, person: Person, random: Random, step: int) -> str:
    """Send a notice to somebody; its id."""
    template, category, channels, fan_out = random.choice(PLANS)
    if person.phone is None:
        channels = [one for one in channels if one == "email"]
    now = world.clock.now()
    days = person.days + (now - BEGINS).days
    overdue = f"{random.randrange(80, 900)}.{random.randrange(100):02d}"
    body = {
        "borrower": person.document(),
        "debt": {
            "id": f"L-{person.id[2:]}",
            "account_id": f"A-{person.id[2:]}",
            "creditor": person.creditor,
            "currency": person.currency,
            "principal": "12000.00",
            "due_on": f"{(now - timedelta(days=days)).date()}",
            "days_past_due": days,
            "amount_due": overdue,
            "late_fees": "15.00",
        },
        "sender_role": person.role,
        "category": category,
        "template": template,
        "channels": channels,
        "fan_out": fan_out,
        **({"wait": "PT12H"} if fan_out == "cascade" else {}),
        "expires_at": f"{now + timedelta(days=4):%Y-%m-%dT%H:%M:%SZ}",
        "reference": f"core-{step:03d}-{person.id[2:]}",
    }
    world.notices.append((await world.call("POST", "/v1/notices", body))["id"])
    return world.notices[-1]


async def _event(world: Planted, borrower: str, type_: str, **further: Any) -> None:
    body = {
        "borrower_id": borrower,
        "type": type_,
        "at": f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        **further,
    }
    answer = await world.client.post("/v1/events", json=body, headers={"Authorization": f"Bearer {ADMIN}"})
    assert answer.status_code in {200, 201, 202, 404, 422}, answer.text


async def reply(world: Planted, phone: str, words: str) -> None:
    """Somebody writes from a number."""
    await world.call("POST", "/v1/sandbox/replies", {"from": phone, "words": words})


async def _happens(world: Planted, step: int, random: Random) -> None:
    """What comes from outside, on its day."""
    if step > 20 and random.random() < 0.12:
        await _event(world, random.choice(PEOPLE).id, "payment")
    match step:
        case 30:
            await reply(world, "+14155550134", "STOP")
        case 44:
            await reply(world, "+16175550123", "I can pay the half on Friday, is that ok?")
        case 60:
            await _event(world, "B-1004", "attorney")
        case 70:
            await reply(world, "+13035550161", "wrong person, stop calling me about him")
        case 84:
            await reply(world, "+12025550199", "who is this? take me off your list")
            await reply(world, "+12025550187", "ok")
        case 90:
            await reply(world, "+18085550117", "not sure that this is mine")
        case 96:
            await _event(world, "B-1006", "promise_to_pay")
        case _:
            return


async def _unfinished(world: Planted) -> None:
    """What is under way today: versions that wait for somebody, a hold, suppressions, a template's draft."""
    await world.call("PUT", "/v1/policies/evening-rest", key="ops", text=LATER)
    await world.call("POST", "/v1/policies/evening-rest/versions/2/test", key="ops")
    await world.call("PUT", "/v1/policies/one-a-week", key="second", text=CAREFUL)
    await world.call("POST", "/v1/policies/one-a-week/versions/1/test", key="second")
    await world.call("POST", "/v1/policies/one-a-week/versions/1/approve", key="ops")
    await world.call(
        "PUT", "/v1/borrowers/B-1004/legal-hold", {"because": "file 2026/117, counsel's letter"}, key="ops"
    )
    for address, channel, reason in (
        ("+12025550123", "any", "wrong_number"),
        ("+12025550145", "sms", "opt_out"),
        ("old@example.com", "email", "dead_address"),
    ):
        await world.call(
            "POST",
            "/v1/suppressions",
            {"address": address, "channel": channel, "reason": reason, "note": "from the old dialer"},
            key="ops",
        )
    found = await world.call("GET", "/v1/templates/overdue-reminder")
    text = found["versions"][0]["document"].replace(
        "We would rather find a way with you", "Let us find a way together"
    )
    await world.call("PUT", "/v1/templates/overdue-reminder", key="ops", text=text)
