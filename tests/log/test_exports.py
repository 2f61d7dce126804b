"""Exports of millions of rows: in constant memory, and without a snapshot that would keep the database from
tidying up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.log.export import export
from service.store.log_entries import CONDITIONS, LIST

MEASURE = """
import asyncio, resource, sys
from datetime import UTC, datetime
from uuid import UUID
from service.log import export
from service.store import log_sequence, log_tree

AT, LEAF = datetime(2026, 11, 24, tzinfo=UTC), "x" * 300

async def page(connection, first, last):
    return [
        log_sequence.ExportedEntry(
            log_index=n,
            at=AT,
            kind="decision",
            actor="system",
            borrower_id=UUID(int=n + 1),
            notice_no=n,
            channel="sms",
            verdict="allow",
            policies=["house-strict@1"],
            leaf=LEAF + str(n),
        )
        for n in range(first, last)
    ]

async def tiles(connection, wanted):
    return {key: bytes(8192) for key in wanted}

class Database:
    def connection(self):
        return self
    async def __aenter__(self):
        return None
    async def __aexit__(self, *_):
        return None

async def main(form, count):
    log_sequence.export_page, log_tree.read_tiles = page, tiles
    size = 0
    async for chunk in export.export(Database(), form, last=count):
        size += len(chunk)
    print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def measured(form: str, count: int) -> tuple[int, int]:
    """Bytes of an export of so many entries, and the peak of memory in kilobytes, in a process of its own."""
    root = str(Path(__file__).parents[2])
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, form, str(count)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": root, "PATH": "/usr/bin"},
    )
    size, peak = answer.stdout.split()
    return int(size), int(peak)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "few"),
    [
        ("jsonl", 15_000),
        *(pytest.param(form, 30_000, marks=pytest.mark.slow) for form in ("jsonl", "csv", "parquet")),
    ],
)
def test_memory_does_not_grow_with_the_log(form: str, few: int) -> None:
    """Ten times as many entries need no more than a tenth more of memory."""
    (small, low), (large, high) = measured(form, few), measured(form, 10 * few)
    assert large > 9 * small
    assert high < 1.1 * low + 8_000, f"{low} kB for {few} entries, {high} kB for ten times as many"


async def test_an_export_pins_no_snapshot(ledger: Any) -> None:
    """While the reader takes its time nothing is held: no connection, no transaction, no horizon."""
    await ledger.write(5_000)
    await ledger.sequence()
    chunks = export(ledger.api.runtime.database, "jsonl")
    await anext(chunks)
    held = await ledger.sql(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_xmin IS NOT "
        "NULL AND datname = current_database()"
    )
    assert 0 == held[0]["n"]
    assert ledger.api.runtime.database.pool.get_idle_size() == ledger.api.runtime.database.pool.get_size()
    assert 2 <= len([one async for one in chunks])


async def test_one_borrower_is_found_along_an_index_however_long_the_log_is(ledger: Any) -> None:
    """Newest first along the entries' numbers, or along the borrower's: never by reading and sorting all."""
    await ledger.write(5_000)
    await ledger.sql("ANALYZE log_entries")
    for where, value in (
        ("", ()),
        (f"WHERE {CONDITIONS['borrower'].format('$2')}", ("00000000-0000-0000-0000-000000000001",)),
    ):
        async with ledger.api.runtime.database.connection() as connection:
            plan = await connection.fetch(
                "EXPLAIN "
                + LIST.format(source="log_entries", where=where)
                .replace("$1", "10")
                .replace("$2", f"'{value[0] if value else ''}'")
            )
        text = "\n".join(row[0] for row in plan)
        assert "Sort" not in text, text
        assert "log_entries_by_number" in text or "log_entries_pkey" in text, text
