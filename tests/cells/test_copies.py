"""What home brings to every cell, and what is done in all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from service.dispatch.access.secrets import rotate_secrets
from service.dispatch.records.cells import cells_status
from service.dispatch.records.retention import run_retention
from service.dispatch.webhooks.copies import copy_endpoints
from service.model.actor import Actor
from service.store import webhooks
from service.store.keyring import open_vault
from service.store.webhooks import Attempt, Endpoint
from tests.cells.conftest import TwoCells

OPERATOR = Actor(name="operator:test")


def endpoint(two: TwoCells) -> Endpoint:
    """An endpoint for everything."""
    at = two.bench.api.clock.now()
    return Endpoint(
        endpoint_id="whk_1",
        url=b"url",
        types=["delivery.*"],
        creditor=None,
        description="",
        secret=b"secret",
        previous_secret=None,
        previous_until=None,
        enabled=True,
        disabled_reason=None,
        failures=0,
        failing_since=None,
        created_at=at,
        created_by="key:k",
        updated_at=at,
    )


async def at_other(two: TwoCells) -> Endpoint | None:
    """The endpoint as the other cell has it."""
    async with two.other.database.connection() as connection:
        return await webhooks.one(connection, "whk_1")


async def test_an_endpoint_is_in_every_cell_and_its_events_are_written_there(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Made, changed, deleted at home; how it fares stays the cell's."""
    row = endpoint(two)
    async with two.home.database.transaction() as connection:
        await webhooks.insert(connection, row)
        await webhooks.write_events(connection)
    with two.away(two.other):
        await copy_endpoints(two.home)
    assert await at_other(two) is None
    await copy_endpoints(two.home)
    assert row == await at_other(two)
    await two.bench.accept(two.notice_in(two.other, plain))
    await two.bench.work()
    async with two.other.database.transaction() as connection:
        assert await connection.fetchval(
            "SELECT count(*) FROM webhook_events WHERE type = 'delivery.accepted'"
        )
        await webhooks.update(connection, row._replace(failures=3))
    async with two.home.database.transaction() as connection:
        await webhooks.update(connection, row._replace(secret=b"another"))
    await copy_endpoints(two.home)
    found = await at_other(two)
    assert found is not None
    assert (b"another", 3) == (found.secret, found.failures)
    async with two.home.database.transaction() as connection:
        await webhooks.delete(connection, "whk_1")
    await copy_endpoints(two.home)
    assert await at_other(two) is None


async def test_a_receiver_that_is_gone_is_gone_for_every_cell(two: TwoCells) -> None:
    """410 in one cell disables at home, and enabling it there again reaches the cell."""
    row = endpoint(two)
    async with two.home.database.transaction() as connection:
        await webhooks.insert(connection, row)
    await copy_endpoints(two.home)
    later = row.updated_at + timedelta(seconds=1)
    async with two.other.database.transaction() as connection:
        gone = row._replace(enabled=False, disabled_reason="the receiver answered 410 Gone", updated_at=later)
        await webhooks.update(connection, gone)
    await copy_endpoints(two.home)
    async with two.home.database.connection() as connection:
        told = await webhooks.one(connection, "whk_1")
    assert told is not None
    assert (False, gone.disabled_reason) == (told.enabled, told.disabled_reason)
    async with two.home.database.transaction() as connection:
        again = told._replace(enabled=True, disabled_reason=None, updated_at=later + timedelta(seconds=1))
        await webhooks.update(connection, again)
    await copy_endpoints(two.home)
    found = await at_other(two)
    assert found is not None
    assert found.enabled


async def test_a_new_secret_key_wraps_the_borrowers_of_every_cell(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Afterwards the old one opens nothing more, and is needed for nothing."""
    for cell in (two.home, two.other):
        await two.bench.accept(two.notice_in(cell, plain))
    async with two.home.database.connection() as connection:
        fresh = await open_vault(connection, b"n" * 32, [b"k" * 32])
    runtime = replace(two.home, vault=fresh)
    two.home.cells.all[:] = [replace(one, vault=fresh) for one in two.home.cells.all]
    assert 2 == (await rotate_secrets(runtime, OPERATOR)).borrowers
    async with two.home.database.connection() as connection:
        alone = await open_vault(connection, b"n" * 32)
    for cell in two.home.cells.all:
        async with cell.database.connection() as connection:
            alone.unwrap(await connection.fetchval("SELECT data_key FROM borrowers"))


async def test_retention_looks_at_every_cell(two: TwoCells, plain: dict[str, Any]) -> None:
    """And says of both together what it found."""
    for cell in (two.home, two.other):
        await two.bench.accept(two.notice_in(cell, plain))
    assert 2 == (await run_retention(two.home, OPERATOR, apply=False)).borrowers


async def test_the_status_says_who_is_away_and_what_is_owed(two: TwoCells, plain: dict[str, Any]) -> None:
    """Home first; of a cell that cannot be asked, why."""
    await two.bench.accept(two.notice_in(two.other, plain))
    home, other = await cells_status(two.home)
    assert (2048, 2048, 0, 1) == (home["buckets"], other["buckets"], home["borrowers"], other["borrowers"])
    with two.away(two.other):
        await two.stop("+12025550199")
        _, other = await cells_status(two.home)
    assert (False, "the database cannot be reached") == (other["reachable"], other["detail"])
    home, _ = await cells_status(two.home)
    assert 1 in {one["cell"] for one in home["owes"]}


async def test_requests_of_every_cell_are_listed_and_none_is_passed_over(two: TwoCells) -> None:
    """The newest first, two at a time, each once; refused where a cell is away."""
    row = endpoint(two)
    at = two.bench.api.clock.now()
    async with two.home.database.transaction() as connection:
        await webhooks.insert(connection, row)
    await copy_endpoints(two.home)
    for cell, minutes in ((two.home, (0, 3, 4)), (two.other, (1, 2, 5, 6))):
        async with cell.database.transaction() as connection:
            rows = [
                Attempt(0, uuid4(), "notice.accepted", one, at + timedelta(minutes=one), 200, None, 7, None)
                for one in minutes
            ]
            await webhooks.keep_attempts(connection, "whk_1", rows)
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = await two.bench.api.client.get("/v1/webhooks/whk_1/attempts", params=query)
        assert 200 == answer.status_code, answer.text
        seen += [one["number"] for one in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        query["cursor"] = answer.json()["next_cursor"]
    assert [6, 5, 4, 3, 2, 1, 0] == seen
    with two.away(two.other):
        assert 503 == (await two.bench.api.client.get("/v1/webhooks/whk_1/attempts")).status_code
