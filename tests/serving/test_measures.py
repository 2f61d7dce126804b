"""What waits, and for how long, is seen on every process's metrics: also where the API runs without a worker,
and while the store is slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client import CollectorRegistry

from service.api.app import create_app
from service.api.state import ApiState
from service.clock import MovableClock
from service.store import backlog
from service.wiring import Service, open_service, running_worker
from service.worker import measuring
from service.worker.gauges import Gauges
from service.worker.measuring import FRESH_SECONDS, Measuring
from tests.face import NOON
from tests.serving.test_running_service import ADMIN, settings

FRESH = timedelta(seconds=FRESH_SECONDS)


@pytest.fixture
async def alone(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """An API without a worker, and a client."""
    async with (
        open_service(settings(database_url, tmp_path), clock=MovableClock(NOON)) as service,
        client_of(service) as client,
    ):
        intake = asyncio.create_task(service.intake.run())
        yield service, client
        intake.cancel()
        await asyncio.gather(intake, return_exceptions=True)


def client_of(service: Service) -> httpx.AsyncClient:
    """As `forbear serve` wires it."""
    state = ApiState(
        runtime=service.runtime,
        intake=service.intake,
        registry=service.registry,
        measure=service.measuring.refresh,
        bootstrap_key=ADMIN,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(state)),
        base_url="http://forbear.example.com",
        headers={"Authorization": f"Bearer {ADMIN}"},
    )


async def metrics(client: httpx.AsyncClient) -> Mapping[str, float]:
    """Every series with its value; none is there twice."""
    answer = await client.get("/metrics")
    assert 200 == answer.status_code
    found = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line.startswith("forbear_"))
    assert len(found) == sum(line.startswith("forbear_") for line in answer.text.splitlines())
    return {name: float(value) for name, value in found.items()}


def at_once(notice: dict[str, Any], *borrowers: int) -> dict[str, Any]:
    """A batch that is due at once."""
    body = {name: value for name, value in {**notice, "channels": ["sms"]}.items() if name != "not_before"}
    return {"notices": [{**body, "borrower": {**notice["borrower"], "id": f"M-{one}"}} for one in borrowers]}


def clock_of(service: Service) -> MovableClock:
    clock = service.runtime.clock
    assert isinstance(clock, MovableClock)
    return clock


async def test_an_api_without_a_worker_shows_what_waits_and_for_how_long(alone, notice):
    """Every alarm about the store can be read where no worker is; nothing at all waits at first."""
    service, client = alone
    empty = await metrics(client)
    states = ("overdue", "held", "unknown", "accepted", "held_by_provider")
    assert {0.0} == {
        empty[f'forbear_{name}{{state="{state}"}}']
        for name in ("deliveries", "oldest_seconds")
        for state in states
    }
    assert 202 == (await client.post("/v1/notices/batch", json=at_once(notice, 1, 2, 3))).status_code
    later = {**notice, "borrower": {**notice["borrower"], "id": "M-9"}}
    assert 202 == (await client.post("/v1/notices", json=later)).status_code
    async with service.runtime.database.transaction() as connection:
        await connection.execute(
            "UPDATE deliveries SET state = 'held', updated_at = updated_at - interval '1 hour'"
            " WHERE notice_no = (SELECT max(notice_no) FROM notices"
            " WHERE notice_no < (SELECT max(notice_no) FROM notices))"
        )
        await connection.execute(
            "INSERT INTO punctuality (channel, hour, kept, missed) VALUES ('sms', $1, 3, 1)", NOON
        )
    clock_of(service).move(timedelta(seconds=90))
    seen = await metrics(client)
    assert (2.0, 90.0) == (
        seen['forbear_deliveries{state="overdue"}'],
        seen['forbear_oldest_seconds{state="overdue"}'],
    )
    assert (1.0, 3690.0) == (
        seen['forbear_deliveries{state="held"}'],
        seen['forbear_oldest_seconds{state="held"}'],
    )
    assert 0.75 == seen[f'forbear_promise_share{{channel="sms",hour="{NOON:%Y-%m-%dT%H}"}}']
    assert seen["forbear_log_unsequenced_entries"] > 0
    assert clock_of(service).now().timestamp() == seen["forbear_measured_timestamp_seconds"]


async def test_the_store_is_asked_once_in_five_seconds_however_many_look(alone, notice):
    """What was measured is shown again until then."""
    service, client = alone
    await metrics(client)
    await client.post("/v1/notices/batch", json=at_once(notice, 1))
    clock_of(service).move(FRESH - timedelta(seconds=0.1))
    assert {0.0} == {
        one['forbear_deliveries{state="overdue"}']
        for one in await asyncio.gather(*(metrics(client) for _ in range(5)))
    }
    clock_of(service).move(timedelta(seconds=0.1))
    assert 1.0 == (await metrics(client))['forbear_deliveries{state="overdue"}']


async def test_the_count_has_an_end_and_the_age_has_none(alone, notice, monkeypatch):
    """A backlog of millions costs a reader no more than its first hundred thousand."""
    service, client = alone
    monkeypatch.setattr(backlog, "MOST", 2)
    await client.post("/v1/notices/batch", json=at_once(notice, 1, 2, 3))
    clock_of(service).move(timedelta(minutes=1))
    seen = await metrics(client)
    assert (2.0, 60.0) == (
        seen['forbear_deliveries{state="overdue"}'],
        seen['forbear_oldest_seconds{state="overdue"}'],
    )


async def test_metrics_are_readable_while_the_store_does_not_answer_and_say_how_old_they_are(
    alone, database_url, notice, monkeypatch
):
    """A reader waits for a bounded time, and the next one not at all."""
    service, client = alone
    monkeypatch.setattr(measuring, "PATIENCE_SECONDS", 0.3)
    before = await metrics(client)
    clock_of(service).move(timedelta(minutes=5))
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(3):
                seen = await metrics(client)
            async with asyncio.timeout(0.2):
                await metrics(client)
    finally:
        await connection.close()
    assert before["forbear_measured_timestamp_seconds"] == seen["forbear_measured_timestamp_seconds"]
    clock_of(service).move(FRESH)
    assert (
        clock_of(service).now().timestamp() == (await metrics(client))["forbear_measured_timestamp_seconds"]
    )


async def test_a_worker_in_the_same_process_publishes_the_same_series_and_none_twice(alone, notice):
    """They are set and not added; the counts of hand-overs are the worker's alone."""
    service, client = alone
    await client.post("/v1/notices/batch", json=at_once(notice, 1, 2))
    async with running_worker(service):
        for _ in range(200):
            seen = await metrics(client)
            if seen.get('forbear_handovers_total{channel="sms",outcome="accepted"}') == 2:
                break
            await asyncio.sleep(0.05)
        assert 2.0 == seen['forbear_handovers_total{channel="sms",outcome="accepted"}']
        clock_of(service).move(FRESH)
        assert 0.0 == (await metrics(client))['forbear_deliveries{state="overdue"}']


async def test_hand_overs_that_could_not_be_counted_in_the_store_are_counted_the_next_time(api, monkeypatch):
    """The promise's share loses nothing to a store that is away."""
    gauges = Gauges(CollectorRegistry())
    gauges.handed_over("sms", [(NOON, NOON)])
    mine = Measuring(api.runtime, gauges)

    async def away(*_: Any) -> Any:
        gauges.handed_over("sms", [(NOON, NOON + timedelta(minutes=1))])
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(backlog, "summary", away)
        await mine.refresh()
    assert 0 == await api.count("punctuality")
    await mine.measure()
    async with api.runtime.database.connection() as connection:
        assert (1, 1) == tuple(await connection.fetchrow("SELECT kept, missed FROM punctuality"))
