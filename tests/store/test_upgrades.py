"""Upgrades: from every earlier schema with records in it, and what a step asks of processes of the release
before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from channels.receipt import Progress
from service.errors import SetupError
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import read_checkpoint
from service.log.verify_store import verify_store
from service.store.migrate import FOLDER, head, migrate
from tests.conftest import run_on, with_database
from tests.store.catalog import catalog, change_to, objections

REVISIONS = sorted(
    path.name[:4] for path in (FOLDER / "versions").glob("*.py") if re.match(r"\d{4}_", path.name)
)
SAYS_SINCE = "0031"
"""Since then a schema names the oldest revision whose processes can work on it."""


@pytest.fixture(scope="module")
def shared_database(server_url: str, template_database: str) -> Iterator[str]:
    """Of this module alone, so that a step that fails half-way leaves no other test half a schema."""
    name = "forbear_carried"
    asyncio.run(run_on(server_url, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    yield with_database(server_url, name)
    asyncio.run(run_on(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


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


WAITING = """SELECT EXISTS (SELECT FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE $1)"""


async def until_it_waits(url: str, query: str) -> None:
    """Come back when a session's statement waits for a lock."""
    connection = await asyncpg.connect(url)
    async with asyncio.timeout(60):
        while not await connection.fetchval(WAITING, f"{query}%"):
            await asyncio.sleep(0.01)
    await connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(("revision", "table"), [("0017", "attempts"), ("0022", "deliveries")])
async def test_an_index_is_made_anew_beside_a_vacuum(empty_url: str, revision: str, table: str) -> None:
    """A vacuum waits for the catalogue's row of an index that an open transaction has renamed, and holds the
    table meanwhile. The step has the table before, so that neither has what the other waits for."""
    await change_to(empty_url, f"{int(revision) - 1:04}")
    renamed: list[Future[None]] = []

    def vacuum_now(*given: Any) -> None:
        if "RENAME TO" in given[2] and not renamed:
            renamed.append(threads.submit(asyncio.run, run_on(empty_url, f"VACUUM {table}")))
            threads.submit(asyncio.run, until_it_waits(empty_url, "VACUUM")).result()

    with ThreadPoolExecutor() as threads:
        event.listen(Engine, "after_cursor_execute", vacuum_now)
        try:
            await change_to(empty_url, revision)
        finally:
            event.remove(Engine, "after_cursor_execute", vacuum_now)
        (vacuum,) = renamed
        assert vacuum.result() is None


@pytest.mark.slow
async def test_a_step_that_is_ended_to_break_a_deadlock_is_taken_again(empty_url: str) -> None:
    """A session that works meanwhile has one table and waits for the one that the step has changed; the step
    waits for the first. PostgreSQL ends who looks first, which is the step here."""
    await change_to(empty_url, "0035")
    name = urlsplit(empty_url).path[1:]
    await run_on(empty_url, f"ALTER DATABASE {name} SET deadlock_timeout = '2s'")
    working = await asyncpg.connect(empty_url)
    await working.execute("SET deadlock_timeout = '10min'; BEGIN; LOCK TABLE log_entries IN SHARE MODE")
    step = asyncio.create_task(change_to(empty_url, "0036"))
    await until_it_waits(empty_url, "ALTER TABLE log_entries")
    await working.execute("SELECT count(*) FROM attempts; COMMIT")
    await step
    await working.close()
    assert ("attempts", "is_open") in (await catalog(empty_url)).columns


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
