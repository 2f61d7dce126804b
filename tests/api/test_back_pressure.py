"""Back-pressure at intake: what waits is counted in notices, and events and receipts go on while intake
waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

BACKLOG = 100
"""Of the tests' intake."""


@pytest.fixture
def stores(database_url: str, further_urls: list[str]) -> list[str]:
    """The database of every cell."""
    return [database_url, *further_urls]


@asynccontextmanager
async def slow_stores(stores: list[str]) -> AsyncIterator[asyncpg.Connection]:
    """Nothing can be written about notices for as long as the block lasts, as where disks do not keep up;
    gives a connection that stands in the way."""
    async with AsyncExitStack() as stack:
        for url in stores:
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            await stack.enter_async_context(connection.transaction())
            await connection.execute("LOCK TABLE notices IN SHARE ROW EXCLUSIVE MODE")
        yield connection


async def stopped(store: asyncpg.Connection, count: int) -> None:
    """Until so many transactions wait for `slow_stores` to end."""
    async with asyncio.timeout(20):
        while count > await store.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)


def batch(notice: dict[str, Any], first: int, count: int) -> dict[str, Any]:
    """A batch of notices, each to a borrower of its own."""
    return {
        "notices": [
            {**notice, "borrower": {**notice["borrower"], "id": f"P-{first + one}"}} for one in range(count)
        ]
    }


async def post(api: Any, path: str, body: Any) -> asyncio.Task[httpx.Response]:
    """Post, and wait until the service has begun with it."""
    sent = asyncio.create_task(api.client.post(path, json=body))
    before = api.app.state.forbear.intake.waiting
    for _ in range(200):
        await asyncio.sleep(0.01)
        if sent.done() or api.app.state.forbear.intake.waiting != before:
            break
    return sent


def check_refused(answer: httpx.Response) -> None:
    """It says that it is full, and when to come back."""
    assert 429 == answer.status_code
    assert 1 <= int(answer.headers["Retry-After"])
    assert answer.json()["type"].endswith("/too-many-requests")


@pytest.mark.slow
async def test_batches_fill_intake_by_their_notices_and_are_refused_like_single_ones_until_they_are_stored(
    api, stores, notice
):
    """Two batches are two requests and 120 notices; whatever comes then is told when to come back, and
    nothing of it is stored."""
    async with slow_stores(stores):
        let_in = [await post(api, "/v1/notices/batch", batch(notice, first, 60)) for first in (0, 60)]
        assert 120 == api.app.state.forbear.intake.waiting
        check_refused(await api.client.post("/v1/notices/batch", json=batch(notice, 500, 1)))
        check_refused(await api.client.post("/v1/notices", json=notice))
    answers = await asyncio.gather(*let_in)
    assert [202, 202] == [one.status_code for one in answers]
    assert 120 == sum("id" in one for answer in answers for one in answer.json()["results"])
    assert 0 == api.app.state.forbear.intake.waiting
    assert 120 == await api.count("notices")
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code


@pytest.mark.slow
async def test_single_notices_and_batches_fill_one_and_the_same_backlog(api, stores, notice):
    """A batch of as many as may wait leaves no room for one more."""
    async with slow_stores(stores) as store:
        whole = await post(api, "/v1/notices/batch", batch(notice, 0, BACKLOG - 1))
        assert BACKLOG - 1 == api.app.state.forbear.intake.waiting
        last = asyncio.create_task(
            api.client.post("/v1/notices", json={**notice, "borrower": {**notice["borrower"], "id": "P-900"}})
        )
        await stopped(store, 1 + len(stores))
        assert not last.done()
    assert [202, 202] == [one.status_code for one in await asyncio.gather(whole, last)]


@pytest.mark.parametrize("batches", [0, 6])
async def test_events_and_reads_go_on_while_intake_waits_for_the_store(api, stores, notice, batches):
    """Intake, full of single notices and of batches, leaves connections to what must not wait: an opt-out
    above all."""
    profile = {name: value for name, value in notice["borrower"].items() if name != "id"}
    assert (await api.client.put("/v1/borrowers/B-1", json=profile)).is_success
    async with slow_stores(stores) as store:
        waiting = [
            await post(api, "/v1/notices/batch", batch(notice, 10 * one, 10)) for one in range(batches)
        ]
        waiting += [
            asyncio.create_task(
                api.client.post(
                    "/v1/notices", json={**notice, "borrower": {**notice["borrower"], "id": f"S-{one}"}}
                )
            )
            for one in range(30)
        ]
        await stopped(store, 1)
        event = {"borrower_id": "B-1", "type": "opt_out", "at": api.clock.now().isoformat(), "channel": "sms"}
        async with asyncio.timeout(2):
            answers = [
                await api.client.post("/v1/events", json={**event, "event_id": f"e-{one}"})
                for one in range(10)
            ]
            answers.append(await api.client.get("/v1/borrowers/B-1"))
        assert all(one.is_success for one in answers), [one.text for one in answers]
        assert not any(one.done() for one in waiting)
    assert {202} == {one.status_code for one in await asyncio.gather(*waiting)}
