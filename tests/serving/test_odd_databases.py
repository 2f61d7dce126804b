"""Databases as lenders have them: other defaults, another encoding, the oldest release. Each works like any
other, or is refused in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.errors import SetupError
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import read_checkpoint
from service.log.verify_store import verify_store
from service.store.database import open_database
from service.store.migrate import OLDEST, migrate
from tests.postgres_servers import server_of_programs

DEFAULTS = {
    "default_transaction_isolation": "'repeatable read'",
    "default_transaction_deferrable": "on",
    "standard_conforming_strings": "off",
    "synchronous_commit": "off",
    "transform_null_equals": "on",
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'Asia/Kathmandu'",
    "bytea_output": "'escape'",
    "extra_float_digits": "0",
}
AT_ONCE = 60


async def run(url: str, *statements: str) -> None:
    """Run statements, each alone."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def database_of(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    head, _, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{'?' if tail else ''}{tail}"


OLD = sorted(Path("/usr/lib/postgresql").glob(f"{OLDEST}/bin/initdb"))


@pytest.fixture(scope="module")
def old_server() -> Iterator[str]:
    """The URL of a server of Debian's own release, on a socket of its own."""
    if not OLD:
        pytest.skip(f"needs the Debian package postgresql-{OLDEST}")
    with server_of_programs(OLD[0].parent) as url:
        yield url


@pytest.fixture(params=["defaults", "oldest"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with every odd default at once, and one of the oldest release; the API of these tests runs
    on it."""
    server: str = request.getfixturevalue("server_url" if request.param == "defaults" else "old_server")
    name = f"forbear_odd_{request.param}"
    settings = [f"ALTER DATABASE {name} SET {key} = {value}" for key, value in DEFAULTS.items()]
    asyncio.run(run(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'", *settings))
    url = database_of(server, name)
    assert asyncio.run(migrate(url))
    yield url
    asyncio.run(run(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def test_it_accepts_sequences_and_verifies_like_any_other(api: Any, notice: dict[str, Any]) -> None:
    """Sixty at once about the same borrowers: none fails for the sake of another; every entry gets its index,
    and the log holds."""
    bodies = [
        {**notice, "reference": f"r-{number}", "borrower": {**notice["borrower"], "id": f"B-{number % 7}"}}
        for number in range(AT_ONCE)
    ]
    answers = await asyncio.gather(*(api.client.post("/v1/notices", json=one) for one in bodies))
    assert {202} == {one.status_code for one in answers}
    event = {"borrower_id": "B-1", "type": "opt_out", "channel": "sms", "at": api.clock.now().isoformat()}
    events = await asyncio.gather(
        *(api.client.post("/v1/events", json={**event, "borrower_id": f"B-{n % 7}"}) for n in range(30))
    )
    assert {202} == {one.status_code for one in events}
    async with api.runtime.database.connection() as connection:
        assert "on" == await connection.fetchval("SHOW synchronous_commit")
        await sequence_once(connection, api.runtime.vault)
    items = (await api.client.get("/v1/log", params={"limit": 1000})).json()["items"]
    assert len(items) > AT_ONCE
    assert None not in {one["index"] for one in items}
    database, vault = api.runtime.database, api.runtime.vault
    note, keys = await latest_checkpoint(database), await current_verifier_keys(database, vault)
    assert note is not None
    report = await verify_store(database, [read_checkpoint(note, keys[0])])
    assert (True, len(items)) == (report.holds, report.entries), report.findings


async def test_the_oldest_release_is_the_one_that_is_tested(old_server: str) -> None:
    """The server beside the wheel's is of the release that the pages name."""
    connection = await asyncpg.connect(old_server)
    assert OLDEST == connection.get_server_version().major
    await connection.close()


async def test_a_database_whose_triggers_do_not_fire_is_refused_in_one_line(server_url: str) -> None:
    """The trigger queues what the log has to sequence; without it entries were lost without a word.
    Connections of a process that runs already have it fire."""
    name = "forbear_replica"
    await run(server_url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    url = database_of(server_url, name)
    try:
        assert await migrate(url)
        await run(server_url, f"ALTER DATABASE {name} SET session_replication_role = replica")
        with pytest.raises(SetupError, match="session_replication_role") as refused:
            await migrate(url)
        assert "\n" not in refused.value.detail
        database = await open_database(url, connections=2)
        async with database.connection() as connection:
            assert "origin" == await connection.fetchval("SHOW session_replication_role")
        await database.close()
    finally:
        await run(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_in_another_encoding_is_refused_in_one_line(server_url: str, encoding: str) -> None:
    """Before anything is laid; the line says how one is made that fits."""
    name = f"forbear_{encoding.lower()}"
    asyncio.run(
        run(
            server_url,
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'",
        )
    )
    try:
        with pytest.raises(SetupError, match=f"encoding UTF8; this one has {encoding}") as refused:
            asyncio.run(migrate(database_of(server_url, name)))
        assert "\n" not in refused.value.detail
    finally:
        asyncio.run(run(server_url, f"DROP DATABASE {name} WITH (FORCE)"))
