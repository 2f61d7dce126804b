"""Upgrades: from every earlier schema with records in it, and what a step asks of processes of the release
before."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from channels.receipt import Progress
from service.errors import SetupError
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import read_checkpoint
from service.log.verify_store import verify_store
from service.store.migrate import FOLDER, head, migrate
from tests.store.catalog import catalog, change_to, objections

REVISIONS = sorted(
    path.name[:4] for path in (FOLDER / "versions").glob("*.py") if re.match(r"\d{4}_", path.name)
)
SAYS_SINCE = "0031"
"""Since then a schema names the oldest revision whose processes can work on it."""


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without a schema."""
    connection = await asyncpg.connect(server_url)
    await connection.execute("DROP DATABASE IF EXISTS forbear_upgrades WITH (FORCE)")
    await connection.execute("CREATE DATABASE forbear_upgrades")
    yield urlunsplit(urlsplit(server_url)._replace(path="/forbear_upgrades"))
    await connection.execute("DROP DATABASE forbear_upgrades WITH (FORCE)")
    await connection.close()


async def oldest(url: str) -> str | None:
    """Whose processes can work on it, as the database says."""
    connection = await asyncpg.connect(url)
    found: str | None = await connection.fetchval("SELECT oldest FROM alembic_version")
    await connection.close()
    return found


INDEX = "CREATE UNIQUE INDEX ON public.attempts USING btree (borrower_id, notice_no, channel) WHERE is_open"
SAME_GUARD = {"0036": [f"attempts: {INDEX}"]}
"""What a step asks for in other words: `is_open` is made of the state, and true in the states that the guard
before it named."""


@pytest.mark.slow
async def test_each_step_lets_the_release_before_go_on_or_says_that_it_does_not(empty_url: str) -> None:
    """A rolling upgrade migrates first and replaces processes after: until then those of the release before
    read and write the new schema. A step that takes something away, or asks for more, names itself as the
    oldest."""
    steps: dict[str, list[str]] = {}
    said: dict[str, str | None] = {}
    await change_to(empty_url, REVISIONS[0])
    before = await catalog(empty_url)
    for revision in REVISIONS[1:]:
        await change_to(empty_url, revision)
        after = await catalog(empty_url)
        steps[revision], before = objections(before, after), after
        if revision >= SAYS_SINCE:
            said[revision] = await oldest(empty_url)
    wrong = {
        revision: found
        for revision, found in steps.items()
        if found
        and found != SAME_GUARD.get(revision)
        and revision > SAYS_SINCE
        and said[revision] != revision
    }
    assert {} == wrong
    assert sorted(said.values(), key=str) == list(said.values()), "whom it shuts out it does not let in again"
    # the rule bites: what is known of steps that were taken
    assert [] == steps["0027"] == steps["0028"]
    assert any("is gone" in one for one in steps["0023"])
    assert steps["0022"] == [] or all("is gone" not in one for one in steps["0022"])


@pytest.mark.parametrize(
    ("newer", "floor", "fits"),
    [("9999", SAYS_SINCE, True), ("9999", "9998", False), ("9999", None, False)],
)
async def test_a_newer_schema_is_worked_on_where_it_says_so(
    api: Any, database_url: str, newer: str, floor: str | None, fits: bool
) -> None:
    """A process of an older release stays ready behind a migration that only adds, and may be started again:
    that is how an upgrade is rolled, and how it is taken back. Else it says in one line why not."""
    connection = await asyncpg.connect(database_url)
    before = await connection.fetchrow("SELECT version_num, oldest FROM alembic_version")
    assert before is not None
    try:
        await connection.execute("UPDATE alembic_version SET version_num = $1, oldest = $2", newer, floor)
        ready = await api.client.get("/readyz")
        if fits:
            assert (200, {"status": "ready", "schema": newer}) == (ready.status_code, ready.json())
            assert not await migrate(database_url)
        else:
            assert 503 == ready.status_code
            assert "a newer release laid it" in ready.json()["detail"]
            with pytest.raises(SetupError, match=r"^the database does not fit: [^\n]+$"):
                await migrate(database_url)
    finally:
        await connection.execute("UPDATE alembic_version SET version_num = $1, oldest = $2", *before)
        await connection.close()


COUNTED = (
    "borrowers",
    "notices",
    "deliveries",
    "attempts",
    "events",
    "receipts",
    "log_entries",
    "suppressions",
    "api_keys",
)


@pytest.mark.slow
async def test_records_of_every_earlier_schema_are_carried_over(
    bench: Any, plain: dict[str, Any], database_url: str
) -> None:
    """Down to each earlier schema and up again, with what a lender has: delivered, deferred, held and refused
    notices, events, suppressions, keys, a sequenced log. Nothing is lost, the log verifies, and what waited
    is sent after it."""
    api = bench.api
    for number in range(12):
        borrower = {**plain["borrower"], "id": f"B-{number}"}
        await bench.accept({**plain, "borrower": borrower, "reference": f"r-{number}"}, "sms", "email")
    for message in await bench.work():
        await bench.receipt(message, Progress.DELIVERED, "delivered")
    waiting = await bench.accept(
        {**plain, "reference": "later"}, "sms", not_before=(api.clock.now() + timedelta(hours=1)).isoformat()
    )
    await bench.event("opt_out", borrower="B-3", channel="email")
    await api.client.post("/v1/keys", json={"name": "core", "role": "producer"})
    async with api.runtime.database.connection() as connection:
        await sequence_once(connection, api.runtime.vault)
    note = await latest_checkpoint(api.runtime.database)
    (key,) = await current_verifier_keys(api.runtime.database, api.runtime.vault)
    assert note is not None
    before = {table: await api.count(table) for table in COUNTED}
    for revision in reversed(REVISIONS[1:-1]):  # the first one knows no sequenced log
        await change_to(database_url, revision, back=True)
        assert await migrate(database_url), revision
        assert before == {table: await api.count(table) for table in COUNTED}, revision
        report = await verify_store(api.runtime.database, [read_checkpoint(note, key)])
        assert report.holds, (revision, report.findings)
    assert head() == (await api.client.get("/readyz")).json()["schema"]
    api.clock.move(timedelta(hours=2))
    (message,) = [one for one in await bench.work() if waiting in one.attempt_id]
    await bench.receipt(message, Progress.DELIVERED, "delivered")
    assert {"sms": "delivered"} == await bench.states(waiting)
