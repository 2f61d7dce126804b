"""The weekly run on a real store: what it loses where its connection is lost between any two statements, what
the command answers, and what a snapshot is worth after PostgreSQL had it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from service.cli import app as command_line
from service.clock import SystemClock
from service.dispatch.learning import run as running
from service.dispatch.learning.run import learn
from service.errors import Unavailable
from service.failpoints import CLOCK_VARIABLE
from service.learning.choose import Chooser
from service.learning.fit import digest_of, fit
from service.log.sequence import sequence_once
from service.model.actor import SYSTEM_ACTOR
from service.store import choices, learning
from tests.api.as_twilio import send_due
from tests.learning.lender import accept_all, activate, adaptive, learned
from tests.learning.test_choosing import cells, choices_digest
from tests.learning.test_life import DAY

LEAST = {"at_least_decisions": 100}
NUMBER, BATCH = 130, 40


async def lived(api: Any, notice: Any) -> None:
    """Rounds by chance whose time is over and that nobody has counted, with payments and opt-outs."""
    stop = {"at_most_per_1000_rounds": 200}
    await activate(api, stage="chance", learning=LEAST, stop=stop)
    await accept_all(api, [adaptive(notice, number) for number in range(NUMBER)])
    await send_due(api)
    for number in range(0, NUMBER, 3):
        what = {"type": "opt_out", "channel": "sms"} if number % 15 == 0 else {"type": "payment"}
        body = {"borrower_id": f"B-{number}", "at": api.clock.now().isoformat(), **what}
        assert 202 == (await api.client.post("/v1/events", json=body)).status_code
    api.clock.move(10 * DAY)
    late = {"borrower_id": "B-1", "type": "payment", "at": api.clock.now().isoformat()}
    assert 202 == (await api.client.post("/v1/events", json=late)).status_code  # the feed is alive


async def stored(connection: Any) -> list[tuple[Any, ...]]:
    """The counts."""
    rows = await connection.fetch("SELECT * FROM learning_cells ORDER BY week, arm_group, segment, arm")
    return [tuple(row) for row in rows]


async def expected_cells(api: Any) -> list[tuple[Any, ...]]:
    """The counts of a run that nothing disturbs, which is taken back."""
    async with api.runtime.database.connection() as connection:
        undone = connection.transaction()
        await undone.start()
        await choices.count_ripe(connection, api.clock.now(), 10_000)
        found = await stored(connection)
        await undone.rollback()
    return found


@asynccontextmanager
async def lost_before(url: str, statement: int) -> AsyncIterator[list[int]]:
    """The server ends the connection before the statement of this number; yields how many were begun."""
    begun, killer = [0], await asyncpg.connect(url)
    driver: Any = asyncpg.Connection
    whole, simple = driver._execute, driver.execute

    async def count(connection: Any) -> None:
        begun[0] += 1
        if begun[0] == statement:
            await whole(killer, "SELECT pg_terminate_backend($1)", (connection.get_server_pid(),), 0, None)

    async def _execute(self: Any, *arguments: Any, **options: Any) -> Any:
        await count(self)
        return await whole(self, *arguments, **options)

    async def execute(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if not arguments:  # with arguments it comes by the other
            await count(self)
        return await simple(self, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "_execute", _execute)
        patch.setattr(driver, "execute", execute)
        yield begun
    await killer.close()


ANEW = (
    "UPDATE choices SET counted_at = NULL",
    "TRUNCATE learning_cells, learning_snapshots, learning_runs",
)


@pytest.mark.slow
async def test_a_run_that_is_cut_off_between_any_two_statements_counts_each_round_once(
    api: Any, notice: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off before the first statement, the second, and so on, each time from the beginning: the repeat
    finds what was done, and has the counts of a run that nothing disturbed, and its snapshot."""
    monkeypatch.setattr(running, "BATCH", BATCH)
    await lived(api, notice)
    expected = await expected_cells(api)
    assert NUMBER == sum(row[6] for row in expected)
    digests, statement, begun = set[str | None](), 0, [1]
    while begun[0] >= statement:
        statement += 1
        async with api.runtime.database.connection() as connection:
            for one in ANEW:
                await connection.execute(one)
        async with lost_before(database_url, statement) as begun:
            with suppress(Unavailable):
                await learn(api.runtime, SYSTEM_ACTOR)
        [ran] = await learn(api.runtime, SYSTEM_ACTOR)
        digests.add(ran.snapshot)
        async with api.runtime.database.connection() as connection:
            assert expected == await stored(connection), statement
        assert ("learned", 1) == (ran.result, await api.count("learning_snapshots")), statement
    assert statement > 20
    assert 1 == len(digests)


@pytest.fixture
def forbear(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the store of `api`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_DATABASE_URL", database_url)
    monkeypatch.setenv("FORBEAR_SECRET_KEY", base64.b64encode(b"k" * 32).decode())

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, command_line.app, list(arguments))

    return run


async def test_the_command_learns_a_week_once_and_the_log_holds_after_erasures(
    api: Any, notice: Any, forbear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 0 both times, one snapshot; then a borrower of a counted round is erased, and the counts stay."""
    await lived(api, notice)
    ahead = (api.clock.now() - SystemClock().now()).total_seconds()
    monkeypatch.setenv(CLOCK_VARIABLE, str(ahead))  # the command's clock is that of the tests
    assert 1 == (await forbear("learn", "run", "--dry-run")).exit_code  # nobody has counted yet
    assert (0, 0) == (await api.count("learning_cells"), await api.count("learning_runs"))
    once, twice = [await forbear("learn", "run", "--json") for _ in range(2)]
    assert (0, 0) == (once.exit_code, twice.exit_code), once.output
    assert json.loads(once.stdout) == json.loads(twice.stdout)
    [ran] = json.loads(once.stdout)
    assert ("learned", 1) == (ran["result"], await api.count("learning_snapshots"))
    shown = await forbear("learn", "show", ran["snapshot"])
    assert (0, True) == (shown.exit_code, "contact" in shown.output)
    async with api.runtime.database.connection() as connection:
        before = await stored(connection)
    await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    async with api.runtime.database.connection() as connection:
        assert before == await stored(connection)
        while await sequence_once(connection, api.runtime.vault):
            pass
    verified = await forbear("log", "verify")
    assert 0 == verified.exit_code, verified.output


@pytest.mark.slow
async def test_fifty_thousand_choices_come_out_the_same_after_postgresql(api: Any) -> None:
    """What another process reads from the store chooses as what was kept."""
    await activate(api)
    head = {"floor": 30, "creditor": "first-inclusive-bank"}
    kept = fit(cells(1), variance=0.06, head=head)
    digest = await learned(api, kept)
    async with api.runtime.database.connection() as connection:
        text = await learning.snapshot_text(connection, digest)
    read = json.loads(text or "")
    assert digest == digest_of(read)
    assert choices_digest(Chooser(kept, digest)) == choices_digest(Chooser(read, digest))
