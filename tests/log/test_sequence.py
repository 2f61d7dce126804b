"""The log's order is kept by the row of up to 256 entries: whatever the rounds were, each entry has its
index, and each index its entry."""

from __future__ import annotations

from typing import Any

import asyncpg
import orjson
import pytest
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.log.append import append
from service.log.origin import SHARED
from service.log.read import read_entries
from service.log.verify import read_by_any
from service.log.verify_store import verify_store
from service.store import backlog
from service.store.log_entries import EntryFilter
from service.store.migrate import config_on, migrate


async def shown(ledger: Any) -> dict[str, int | None]:
    """The index that a reader is told, by leaf."""
    page = await read_entries(ledger.api.runtime.database, ledger.api.runtime.vault, EntryFilter(), 5_000)
    return {one["leaf"]: one["index"] for one in page.items}


async def exported(ledger: Any) -> dict[str, int]:
    """The index that an export gives, by leaf."""
    return {one["leaf"]: one["index"] for one in map(orjson.loads, await ledger.lines())}


@pytest.mark.parametrize("rounds", [(1, 1, 1), (255, 1, 1), (256, 256), (700,), (3, 600, 256)])
async def test_rows_end_where_their_tile_ends(ledger: Any, rounds: tuple[int, ...]) -> None:
    for number, count in enumerate(rounds):
        await ledger.write(count, first=1_000 * number)
        await ledger.sequence()
    rows = await ledger.sql("SELECT first, cardinality(entries) AS length FROM log_sequence ORDER BY first")
    ends = [row["first"] + row["length"] for row in rows]
    assert [row["first"] for row in rows] == [0, *ends[:-1]]
    assert all((end - 1) // 256 == row["first"] // 256 for row, end in zip(rows, ends, strict=True))
    assert sum(rounds) == ends[-1]
    assert await shown(ledger) == await exported(ledger)
    assert set(range(sum(rounds))) == set((await exported(ledger)).values())


async def test_an_entry_is_told_its_index_also_where_numbers_and_order_differ(ledger: Any) -> None:
    """A long transaction has low and high numbers among those of shorter ones, and its own place in the
    order."""
    database = ledger.api.runtime.database
    async with database.transaction() as slow:
        await append(slow, [ledger.entry(9_000)])
        await ledger.write(300)
        await append(slow, [ledger.entry(9_001)])
    await ledger.write(20, first=300)
    assert {None} == set((await shown(ledger)).values())
    async with database.connection() as connection:
        assert 322 == await backlog.unsequenced(connection)
    await ledger.sequence()
    assert await shown(ledger) == await exported(ledger)
    async with database.connection() as connection:
        assert 0 == await backlog.unsequenced(connection)
    await ledger.write(5, first=400)
    async with database.connection() as connection:
        assert 5 == await backlog.unsequenced(connection)


async def back_to_one_row_an_entry(url: str) -> None:
    """The schema before, and that of everything that came after it."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(lambda one: command.downgrade(config_on(one), "0009"))
    await engine.dispose()


async def test_a_log_of_one_row_an_entry_is_carried_over(ledger: Any, database_url: str) -> None:
    """There and back: every entry keeps its index, and the log goes on where it was."""
    await ledger.write(300)
    notes = [await ledger.sequence()]
    await ledger.write(307, first=300)
    notes.append(await ledger.sequence())
    before, kept_keys = await exported(ledger), await ledger.keys()
    await back_to_one_row_an_entry(database_url)
    rows = await ledger.sql(
        "SELECT s.index FROM log_sequence s JOIN log_entries e USING (borrower_id, entry_id) ORDER BY s.index"
    )
    assert [row["index"] for row in rows] == list(range(607))
    assert await migrate(database_url)
    assert before == await exported(ledger) == await shown(ledger)
    await ledger.write(50, first=700)
    notes.append(await ledger.sequence())
    keys = [*kept_keys, *await ledger.keys()]
    assert keys[1].startswith(f"{SHARED}+"), "an old log keeps the name that all had"
    report = await verify_store(ledger.api.runtime.database, [read_by_any(note, keys) for note in notes])
    assert report.holds, report.findings
    assert 657 == report.entries


@pytest.mark.slow
@pytest.mark.parametrize("gone", [0, 77, 255, 256, 606])
async def test_what_was_missing_before_is_missing_after(ledger: Any, database_url: str, gone: int) -> None:
    """The change does not close a gap that somebody made: verification names the same entry."""
    await ledger.write(607)
    note, keys = await ledger.sequence(), await ledger.keys()
    await back_to_one_row_an_entry(database_url)
    await ledger.sql("DELETE FROM log_sequence WHERE index = $1", gone)
    assert await migrate(database_url)
    report = await verify_store(ledger.api.runtime.database, [read_by_any(note, keys)])
    assert [gone] == [finding.index for finding in report.findings]
