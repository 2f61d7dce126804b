"""Single notices share transactions: what arrives during one waits a moment for its end, and no longer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from service.api.schemas.notices import NoticeBody, notice_draft
from service.dispatch.intake import accept
from service.dispatch.intake.of_cells import intake_of
from service.model.actor import SYSTEM_ACTOR

LONG, SHORT = 600.0, 0.001


@asynccontextmanager
async def held_up(api: Any) -> AsyncIterator[asyncpg.Connection]:
    """No notice of the one borrower can be written for as long as the block lasts; gives the connection that
    stands in the way."""
    async with api.cell_of("B-1").database.transaction() as connection:
        await connection.execute("LOCK TABLE notices IN SHARE ROW EXCLUSIVE MODE")
        yield connection


async def begun(connection: asyncpg.Connection, count: int) -> None:
    """Until so many transactions wait for `held_up` to end."""
    async with asyncio.timeout(60):
        while count > await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)


async def arrived(api: Any, notice: dict[str, Any], count: int) -> list[asyncio.Task[httpx.Response]]:
    """Post so many notices, and wait until intake has them."""
    intake = api.app.state.forbear.intake
    wanted = intake.waiting + count
    posted = [asyncio.create_task(api.client.post("/v1/notices", json=notice)) for _ in range(count)]
    async with asyncio.timeout(60):
        while intake.waiting < wanted:
            await asyncio.sleep(0.01)
    return posted


async def first_under_way(
    api: Any, notice: dict[str, Any], connection: asyncpg.Connection
) -> asyncio.Task[httpx.Response]:
    """A notice whose transaction has begun, and cannot end."""
    posted = asyncio.create_task(api.client.post("/v1/notices", json=notice))
    await begun(connection, 1)
    return posted


async def transactions(api: Any) -> int:
    """In how many transactions the notices were stored."""
    found = await api.rows("SELECT count(DISTINCT xmin::text) FROM notices")
    return sum(row[0] for row in found)


async def check_accepted(posted: list[asyncio.Task[httpx.Response]]) -> None:
    """All were answered, and stored."""
    assert {202} == {one.status_code for one in await asyncio.gather(*posted)}


async def test_what_arrives_during_a_transaction_shares_the_next_one(api, notice, monkeypatch):
    """One stores the first, another the ten that came meanwhile, though a second connection was free."""
    monkeypatch.setattr(accept, "GATHER_SECONDS", LONG)
    async with held_up(api) as connection:
        first = await first_under_way(api, notice, connection)
        others = await arrived(api, notice, 10)
    await check_accepted([first, *others])
    assert 2 == await transactions(api)


async def check_begins_beside(api: Any, notice: Any) -> None:
    """A notice that comes during a transaction has one of its own, before the first one ends."""
    async with held_up(api) as connection:
        first = await first_under_way(api, notice, connection)
        second = asyncio.create_task(api.client.post("/v1/notices", json=notice))
        await begun(connection, 2)
    await check_accepted([first, second])
    assert 2 == await transactions(api)


async def test_a_transaction_that_waits_for_a_lock_holds_others_up_for_a_moment_only(
    api, notice, monkeypatch
):
    """After that the next one begins beside it."""
    monkeypatch.setattr(accept, "GATHER_SECONDS", SHORT)
    await check_begins_beside(api, notice)


async def test_as_many_as_share_a_transaction_at_the_most_wait_for_nobody(api, notice, monkeypatch):
    """A whole group begins at once where another connection is free."""
    monkeypatch.setattr(accept, "GATHER_SECONDS", LONG)
    monkeypatch.setattr(accept, "GROUP", 1)
    await check_begins_beside(api, notice)


async def test_what_waits_when_the_service_ends_is_stored_and_answered(api, notice, monkeypatch):
    """Neither the transaction that is under way nor what waits for it is given up."""
    monkeypatch.setattr(accept, "GATHER_SECONDS", LONG)
    intake = intake_of(api.runtime, backlog=100)
    running = asyncio.create_task(intake.run())
    draft = notice_draft(NoticeBody.model_validate_json(json.dumps(notice)))
    async with held_up(api) as connection:
        first = asyncio.create_task(intake.accept(draft, SYSTEM_ACTOR))
        await begun(connection, 1)
        others = [asyncio.create_task(intake.accept(draft, SYSTEM_ACTOR)) for _ in range(2)]
        async with asyncio.timeout(60):
            while intake.waiting < len(others):
                await asyncio.sleep(0.01)
        running.cancel()
    accepted = await asyncio.gather(first, *others)
    await asyncio.gather(running, return_exceptions=True)
    assert 3 == len({one.id for one in accepted}) == await api.count("notices")
