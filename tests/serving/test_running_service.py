"""The service as it runs: intake, worker, sandbox, receipts, sequencing, all at once on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.app import create_app
from service.api.state import ApiState
from service.settings import Settings, settings_type
from service.wiring import Service, open_service, running_worker
from service.worker.sandbox import list_sandbox_messages
from tests.somewhere import place_at

ADMIN = "bootstrap-key-for-tests-0123456789"


def settings(database_url: str, tmp_path: Path, **further: Any) -> Settings:
    """Settings of a service on the tests' database."""
    secret = base64.b64encode(b"k" * 32).decode()
    return settings_type()(
        database_url=database_url, data=tmp_path, bootstrap_key=ADMIN, secret_key=secret, **further
    )


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """A service with one worker, and a client."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_service(settings(database_url, tmp_path)))
        intake = asyncio.create_task(service.intake.run())
        await stack.enter_async_context(running_worker(service))
        yield service, await stack.enter_async_context(client_of(service))
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


def client_of(service: Service) -> httpx.AsyncClient:
    """An admin's client of a service's API."""
    runtime = service.runtime

    async def messages(**query: Any) -> list[dict[str, Any]]:
        return await list_sandbox_messages(runtime, **query)

    state = ApiState(
        runtime=runtime,
        intake=service.intake,
        registry=service.registry,
        bootstrap_key=ADMIN,
        sandbox_messages=messages,
        sandbox_texts=True,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(state)),
        base_url="http://forbear.example.com",
        headers={"Authorization": f"Bearer {ADMIN}"},
    )


def by_daylight(notice: dict[str, Any], **addresses: str) -> dict[str, Any]:
    """The notice for a borrower whose local time is noon, now."""
    body = {**notice, "channels": ["sms", "email", "voice"], "fan_out": "all"}
    borrower = {**notice["borrower"], **place_at()}
    borrower["addresses"] = {**borrower["addresses"], **addresses}
    for name in ("not_before", "wait", "expires_at"):
        del body[name]
    return {**body, "borrower": borrower, "debt": {**notice["debt"], "jurisdiction": None}}


async def until(client: httpx.AsyncClient, id_: str, wanted: dict[str, str]) -> dict[str, str]:
    """The states of a notice, once they are as wanted or 20 seconds have gone by."""
    states: dict[str, str] = {}
    for _ in range(200):
        answer = (await client.get(f"/v1/notices/{id_}")).json()
        states = {one["channel"]: one["state"] for one in answer["deliveries"]}
        if states == wanted:
            break
        await asyncio.sleep(0.1)
    return states


async def test_a_notice_is_delivered_on_three_channels_seen_in_the_sandbox_and_sequenced(running, notice):
    """The main job, with everything that belongs to it."""
    _, client = running
    answer = await client.post("/v1/notices", json=by_daylight(notice))
    assert 202 == answer.status_code, answer.text
    wanted = dict.fromkeys(("sms", "email", "voice"), "delivered")
    assert wanted == await until(client, answer.json()["id"], wanted)
    messages = (await client.get("/v1/sandbox/messages")).json()["items"]
    assert {"sms", "email", "voice"} == {one["channel"] for one in messages}
    log = (await client.get("/v1/log", params={"notice": answer.json()["id"]})).json()["items"]
    for _ in range(100):
        checkpoint = await client.get("/v1/log/checkpoint")
        if checkpoint.status_code == 200 and int(checkpoint.text.splitlines()[1]) >= len(log):
            break
        await asyncio.sleep(0.05)
    assert int(checkpoint.text.splitlines()[1]) >= len(log) >= 10
    export = (await client.get("/v1/log/export", params={"format": "jsonl"})).text.splitlines()
    assert len(export) >= len(log)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("addresses", "channel", "state"),
    [
        ({"sms": "+15005550006"}, "sms", "undelivered"),
        ({"sms": "+15005550007"}, "sms", "rejected"),
        ({"voice": "+15005550005"}, "voice", "delivered"),
        ({"voice": "+15005550003"}, "voice", "undelivered"),
        ({"voice": "+15005550004"}, "voice", "delivered"),
        ({"email": "bounce@sandbox.example"}, "email", "undelivered"),
        ({"email": "backwards@sandbox.example"}, "email", "delivered"),
        ({"sms": "+15005550011"}, "sms", "rejected"),
        ({"sms": "+15005550015"}, "sms", "held_by_provider"),
    ],
)
async def test_magic_addresses_end_as_the_document_says(running, notice, addresses, channel, state):
    """docs/sandbox.md."""
    _, client = running
    body = {**by_daylight(notice, **addresses), "channels": [channel]}
    answer = await client.post("/v1/notices", json=body)
    assert 202 == answer.status_code, answer.text
    assert {channel: state} == await until(client, answer.json()["id"], {channel: state})


async def test_a_reply_in_the_sandbox_acts_as_a_real_one(running, notice):
    """STOP closes text messages and nothing else, and is confirmed once; whoever is not known is told so."""
    _, client = running
    body = by_daylight(notice)
    first = (await client.post("/v1/notices", json={**body, "channels": ["sms"]})).json()["id"]
    assert {"sms": "delivered"} == await until(client, first, {"sms": "delivered"})
    reply = {"from": body["borrower"]["addresses"]["sms"], "words": "Stop"}
    answer = await client.post("/v1/sandbox/replies", json=reply)
    assert (200, {"borrowers": 1, "taken_for": "opt_out", "probably": None}) == (
        answer.status_code,
        answer.json(),
    )
    id_ = (await client.post("/v1/notices", json={**body, "channels": ["sms", "email"]})).json()["id"]
    wanted = {"sms": "suppressed", "email": "delivered"}
    assert wanted == await until(client, id_, wanted)
    for _ in range(100):
        texts = (await client.get("/v1/sandbox/messages", params={"channel": "sms"})).json()["items"]
        if len(texts) == 2:
            break
        await asyncio.sleep(0.1)
    assert 2 == len(texts)
    stranger = await client.post("/v1/sandbox/replies", json={**reply, "from": "+12025550188"})
    assert {"borrowers": 0, "taken_for": "opt_out", "probably": None} == stranger.json()
    wrong = await client.post("/v1/sandbox/replies", json={"from": "12025550101", "words": ""})
    assert (422, {"/from", "/words"}) == (
        wrong.status_code,
        {one["pointer"] for one in wrong.json()["errors"]},
    )


async def test_metrics_tell_what_waits_and_name_nobody(running, notice):
    """Verdicts, hand-overs, lateness; no label holds an address, a name or an id."""
    _, client = running
    id_ = (await client.post("/v1/notices", json=by_daylight(notice))).json()["id"]
    await until(client, id_, dict.fromkeys(("sms", "email", "voice"), "delivered"))
    text = (await client.get("/metrics")).text
    assert 'forbear_decisions_total{verdict="allow"} 3.0' in text
    assert 'forbear_handovers_total{channel="sms",outcome="accepted"} 1.0' in text
    for personal in ("Ana", "+1202", "example.com", id_, "B-1"):
        assert personal not in text


async def test_a_stopped_worker_takes_nothing_new_and_leaves_nothing_in_hand(database_url, tmp_path, notice):
    """Drained: what was handed over is settled, the rest is due."""
    async with open_service(settings(database_url, tmp_path)) as service:
        intake = asyncio.create_task(service.intake.run())
        async with client_of(service) as client:
            async with running_worker(service) as pipeline:
                ids = []
                for number in range(30):
                    body = by_daylight(notice)
                    body["borrower"] = {**body["borrower"], "id": f"B-{number}"}
                    ids.append((await client.post("/v1/notices", json=body)).json()["id"])
            assert 0 == pipeline.in_hand
            states = set()
            for id_ in ids:
                states |= {
                    one["state"] for one in (await client.get(f"/v1/notices/{id_}")).json()["deliveries"]
                }
            assert states <= {"due", "accepted", "delivered"}
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


@pytest.mark.slow
async def test_many_workers_never_exceed_a_cap(database_url, tmp_path, notice):
    """Four workers, 20 borrowers, 12 notices each, a cap of three: the provider's book has three for each
    borrower."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_service(settings(database_url, tmp_path)))
        others = [
            await stack.enter_async_context(open_service(settings(database_url, tmp_path))) for _ in range(3)
        ]
        intake = asyncio.create_task(service.intake.run())
        client = await stack.enter_async_context(client_of(service))
        batch = []
        for borrower in range(20):
            for number in range(12):
                body = {**by_daylight(notice), "channels": ["sms"], "reference": f"{borrower}-{number}"}
                body["borrower"] = {**body["borrower"], "id": f"B-{borrower}"}
                batch.append(body)
        answer = await client.post("/v1/notices/batch", json={"notices": batch})
        assert answer.is_success, answer.text
        for one in (service, *others):
            await stack.enter_async_context(running_worker(one))
        async with service.runtime.database.connection() as connection:
            for _ in range(300):
                if not await connection.fetchval(
                    "SELECT count(*) FROM deliveries WHERE state IN ('due', 'sending')"
                ):
                    break
                await asyncio.sleep(0.1)
            sent = await connection.fetch(
                "SELECT borrower_id, count(*) AS messages FROM sandbox_messages GROUP BY borrower_id"
            )
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)
    assert [3] * 20 == [one["messages"] for one in sent]
