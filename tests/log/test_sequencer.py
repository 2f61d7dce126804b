"""Sequencing survives kill -9 at every step, and has one leader: no gap, no fork, no index given twice."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.errors import Unavailable
from service.failpoints import POINTS
from service.log.append import append
from service.log.read import latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import read_checkpoint
from service.log.verify_store import verify_store
from service.store import log_tree
from tests.log.ledger import TOGETHER

SEQUENCER = """
import asyncio
from service.log.sequence import Sequencer
from service.settings import load
from service.wiring import open_service

async def main():
    async with open_service(load()) as service:
        print("ready", flush=True)
        await Sequencer(service.runtime.database, service.runtime.vault, interval=0.02).run()

asyncio.run(main())
"""


@contextmanager
def sequencer(url: str, failpoint: str = "") -> Iterator[subprocess.Popen[str]]:
    """A sequencer in a process of its own."""
    env = {
        **os.environ,
        "FORBEAR_DATABASE_URL": url,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "FORBEAR_LOG_LEVEL": "error",
        "FORBEAR_FAILPOINT": failpoint,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    running = subprocess.Popen([sys.executable, "-c", SEQUENCER], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert "ready\n" == running.stdout.readline()
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


async def sequenced(ledger: Any, count: int) -> str:
    """Wait until so many entries are sequenced; the checkpoint."""
    for _ in range(1000):
        note = await latest_checkpoint(ledger.api.runtime.database)
        if note is not None and int(note.split("\n")[1]) >= count:
            return note
        await asyncio.sleep(0.02)
    raise AssertionError(f"{count} entries were not sequenced")


async def check(ledger: Any, notes: list[str], count: int) -> None:
    """Every checkpoint that anybody ever saw still holds, indexes are without gap, and everything is
    sequenced once."""
    key = (await ledger.keys())[0]
    report = await verify_store(ledger.api.runtime.database, [read_checkpoint(note, key) for note in notes])
    assert report.holds, report.findings
    assert count == report.entries
    numbers = await ledger.sql(
        "SELECT count(*), count(DISTINCT entry_id), min(first), max(first + place - 1)"
        " FROM log_sequence, unnest(entries) WITH ORDINALITY n (entry_id, place)"
    )
    assert [(count, count, 0, count - 1)] == [tuple(one) for one in numbers]


SEQUENCING = sorted(one for one in POINTS if one.startswith("sequence."))


def test_every_step_has_a_point() -> None:
    assert ["sequence.committed", "sequence.grown", "sequence.taken", "sequence.written"] == SEQUENCING


@pytest.mark.parametrize("point", SEQUENCING)
@pytest.mark.parametrize("passes", [1, 2])
async def test_a_killed_sequencer_leaves_nothing_half_done(
    ledger: Any, database_url: str, point: str, passes: int
) -> None:
    notes = []
    with sequencer(database_url, f"{point}:{passes}") as doomed:
        await ledger.write(
            300 * passes
        )  # in many small transactions: the sequencer passes the point again and again meanwhile
        assert -signal.SIGKILL == await asyncio.to_thread(doomed.wait, 20)
    if (seen := await latest_checkpoint(ledger.api.runtime.database)) is not None:
        notes.append(seen)
    await ledger.write(50, first=300 * passes)
    with sequencer(database_url):
        notes.append(await sequenced(ledger, 300 * passes + 50))
    await check(ledger, notes, 300 * passes + 50)


async def test_of_two_sequencers_one_leads_and_the_other_takes_over(ledger: Any, database_url: str) -> None:
    """Both run while four writers append; the leader is killed in the middle."""
    notes = []
    with sequencer(database_url) as first, sequencer(database_url) as second:
        writers = [asyncio.create_task(ledger.write(210, first=1000 * writer)) for writer in range(4)]
        notes.append(await sequenced(ledger, 100))
        leaders = await ledger.sql(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = x'464F5243'::int"
        )
        assert 1 == len(leaders)
        first.kill()
        await asyncio.gather(*writers)
        notes.append(await sequenced(ledger, 840))
        assert second.poll() is None
    await check(ledger, notes, 840)


async def test_an_entry_that_commits_late_is_not_lost(ledger: Any) -> None:
    """Its transaction began first and ends last: what is visible is sequenced without it, and it follows as
    soon as it can be seen."""
    async with ledger.api.runtime.database.transaction() as slow:
        await append(slow, [ledger.entry(0)])
        await ledger.write(20, first=1)
        async with ledger.api.runtime.database.connection() as connection:
            assert 20 == await sequence_once(connection, ledger.api.runtime.vault)
    note = await ledger.sequence()
    await check(ledger, [note], 21)
    assert [(True,)] == [
        tuple(one)
        for one in await ledger.sql(
            "SELECT entries[1] = (SELECT min(entry_id) FROM log_entries) FROM log_sequence WHERE first = 20"
        )
    ]


async def test_a_round_takes_whole_statements_and_leaves_the_rest_for_the_next(ledger: Any) -> None:
    """A backlog is no single huge transaction, and the order is that of appending."""
    await ledger.write(70)
    async with ledger.api.runtime.database.connection() as connection:
        most = TOGETHER + 10
        rounds = [await sequence_once(connection, ledger.api.runtime.vault, most=most) for _ in range(3)]
    assert [2 * TOGETHER, 70 - 2 * TOGETHER, 0] == rounds
    note = await latest_checkpoint(ledger.api.runtime.database)
    await check(ledger, [note], 70)  # type: ignore[list-item]
    assert [list(range(1, 71))] == [
        list(row["order"])
        for row in await ledger.sql(
            "SELECT array_agg(e.entry_id ORDER BY s.first, n.place) AS order FROM log_sequence s"
            " CROSS JOIN LATERAL unnest(s.entries) WITH ORDINALITY n (entry_id, place) JOIN log_entries e "
            "ON e.entry_id = n.entry_id"
        )
    ]


async def test_an_entry_that_is_queued_twice_gets_one_index(ledger: Any) -> None:
    """As after a restore of data alone into a schema whose triggers were on."""
    await ledger.write(30)
    await ledger.sequence()
    await ledger.write(7, first=30)
    await ledger.sql("INSERT INTO log_pending (entries) SELECT array_agg(entry_id) FROM log_entries")
    await check(ledger, [await ledger.sequence()], 37)


async def test_a_transaction_that_rolled_back_leaves_no_gap(ledger: Any) -> None:
    """Its database ids are gone; the log's indexes are contiguous."""
    await ledger.write(10)
    with pytest.raises(ZeroDivisionError):
        async with ledger.api.runtime.database.transaction() as connection:
            await append(connection, [ledger.entry(99)])
            raise ZeroDivisionError
    await ledger.write(10, first=10)
    await check(ledger, [await ledger.sequence()], 20)


@pytest.mark.parametrize("point", SEQUENCING)
async def test_a_leader_that_slept_and_lost_its_lock_does_not_fork_the_log(
    ledger: Any, database_url: str, point: str
) -> None:
    """It is stopped in the middle of a round and its connection is cut; another leads meanwhile; then it
    wakes up."""
    with sequencer(database_url, f"{point}:2:stop") as sleeper:
        count, status = 0, (0, 0)
        while status == (0, 0):  # one round after the other, until it is stopped in its second
            await ledger.write(10, first=count)
            count += 10
            await asyncio.sleep(0.05)
            status = await asyncio.to_thread(os.waitpid, sleeper.pid, os.WUNTRACED | os.WNOHANG)
            assert count < 10_000, "it never came to its second round"
        assert os.WIFSTOPPED(status[1])
        cut = await ledger.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = "
            "x'464F5243'::int AND granted"
        )
        assert [True] == [one[0] for one in cut]
        notes = [note] if (note := await latest_checkpoint(ledger.api.runtime.database)) is not None else []
        await ledger.write(100, first=count)
        with sequencer(database_url) as heir:
            notes.append(await sequenced(ledger, count + 100))
            sleeper.send_signal(signal.SIGCONT)
            await ledger.write(100, first=count + 100)
            notes.append(await sequenced(ledger, count + 200))
            heir.kill()
            heir.wait()
            await ledger.write(100, first=count + 200)
            notes.append(
                await sequenced(ledger, count + 300)
            )  # the sleeper leads again, and goes on where the log is
            assert sleeper.poll() is None
    await check(ledger, notes, count + 300)


async def test_a_round_without_the_lock_sequences_nothing(ledger: Any) -> None:
    """Two that both believe to lead, as behind a pooler that gives each statement another session."""
    await ledger.write(50)
    database, vault = ledger.api.runtime.database, ledger.api.runtime.vault
    async with database.connection() as leader, database.connection() as other:
        assert await log_tree.lead(leader)
        with pytest.raises(Unavailable, match="another sequencer leads"):
            await sequence_once(other, vault)
        assert 50 == await sequence_once(leader, vault)
        await leader.execute("SELECT pg_advisory_unlock_all()")
    await check(ledger, [await sequenced(ledger, 50)], 50)


async def test_what_the_tables_allow_once_is_there_once(ledger: Any) -> None:
    """Should every lock fail: no index and no size of a checkpoint exists twice. A round that read an old
    checkpoint begins at its size, so it cannot give an entry a second index either."""
    await ledger.write(10)
    await ledger.sequence()
    for statement in (
        "INSERT INTO log_sequence SELECT first, ARRAY[99], span FROM log_sequence LIMIT 1",
        "INSERT INTO log_sequence SELECT first + 9, ARRAY[99], span FROM log_sequence LIMIT 1",
        "INSERT INTO log_checkpoints SELECT * FROM log_checkpoints LIMIT 1",
    ):
        with pytest.raises((asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError)):
            await ledger.sql(statement)


async def test_a_log_that_moved_to_another_server_goes_on_being_sequenced(ledger: Any) -> None:
    """Its old entries bear transaction ids that the new server reaches again: none is sequenced twice, and
    none of those that waited is lost."""
    await ledger.write(46)
    before = await ledger.sequence()
    await ledger.write(14, first=46)
    ahead = "(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000 + entry_id)::text::xid8"
    await ledger.sql(f"UPDATE log_entries SET transaction_id = {ahead}")
    await ledger.write(30, first=60)
    notes = [before, await ledger.sequence()]
    await ledger.write(210, first=90)
    notes.append(await ledger.sequence())
    await check(ledger, notes, 300)
