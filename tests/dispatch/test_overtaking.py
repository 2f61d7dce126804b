"""What is told to the service while a message is being marked: whoever comes second waits for the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from service.dispatch.decide.next_step import RECEIPT_OVERDUE
from service.store import attempts, borrowers

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def waits(bench: Any, task: asyncio.Task[Any]) -> bool:
    """Whether `task` has come to wait for a lock, rather than to its end."""
    while not task.done():
        async with bench.api.runtime.database.connection() as connection:
            if await connection.fetchval(WAITING):
                return True
    return False


@asynccontextmanager
async def marking(bench: Any) -> AsyncIterator[set[Any]]:
    """A transaction that has written the marks of what is due and commits at the end."""
    round_ = await bench.decide()
    marks = [attempts.Mark(one.key, b"digest", one.suppressions) for one in round_.reserved]
    async with bench.api.runtime.database.transaction() as connection:
        yield await attempts.dial(
            connection, marks, at=bench.api.clock.now(), send_within=15.0, look_in=RECEIPT_OVERDUE
        )


async def cancel(bench: Any, id_: str) -> Any:
    return (await bench.api.client.post(f"/v1/notices/{id_}/cancel", json={})).json()


async def opt_out(bench: Any, _: str) -> Any:
    await bench.event("opt_out", channel="sms", scope="medium", via="phone")


async def move_house(bench: Any, _: str) -> Any:
    profile = {"time_zone": "Pacific/Auckland", "addresses": {"sms": "+12025550199"}}
    return (await bench.api.client.put("/v1/borrowers/B-1", json=profile)).json()


async def erase(bench: Any, _: str) -> Any:
    return (await bench.api.client.post("/v1/borrowers/B-1/erase")).json()


Told = Callable[[Any, str], Awaitable[Any]]
TOLD = pytest.mark.parametrize("told", [cancel, opt_out, move_house, erase], ids=lambda one: one.__name__)


@TOLD
async def test_nothing_is_answered_while_a_mark_is_under_way(bench, plain, told: Told):
    """The answer comes when it is clear whether the message goes: after it, no further byte leaves on the old
    facts."""
    id_ = await bench.accept(plain)
    async with marking(bench) as marked:
        assert 1 == len(marked)
        answering = asyncio.create_task(told(bench, id_))  # type: ignore[arg-type, var-annotated]
        assert await waits(bench, answering)
    await answering
    assert "sending" == (await bench.states(id_))["sms"]


async def test_a_cancellation_that_comes_too_late_does_not_say_cancelled(bench, plain):
    """What was marked leaves: the answer says `sending`, an erasure counts it as in flight."""
    id_ = await bench.accept(plain)
    async with marking(bench):
        cancelling = asyncio.create_task(cancel(bench, id_))
        assert await waits(bench, cancelling)
    assert ["sending"] == [one["state"] for one in (await cancelling)["deliveries"]]
    assert {"deliveries_cancelled": 0, "in_flight": 1}.items() <= (await erase(bench, id_)).items()


@pytest.mark.parametrize("ids", [1, 2])
async def test_a_mark_waits_for_what_is_being_learned(bench, plain, ids):
    """The other way round: facts first, and the mark is refused when they are there."""
    for number in range(ids):
        await bench.accept({**plain, "borrower": {**plain["borrower"], "id": f"B-{number}"}})
    round_ = await bench.decide()
    async with bench.api.runtime.database.transaction() as connection:
        await borrowers.bump(connection, {one.key.borrower_id: 0 for one in round_.reserved})
        dialing = asyncio.create_task(bench.dial(round_))
        assert await waits(bench, dialing)
    assert [] == await dialing
