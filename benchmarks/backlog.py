"""A worker's memory while a million deferred deliveries wait, against its memory with none."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path

import asyncpg

from benchmarks.figure import Figure, below
from benchmarks.ground import database, environment, postgres, process

WAITING = 1_000_000
SETTLED_SECONDS = 15

DEFERRED = """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, due_at, first_due_at, priority, creditor,
    expires_at, updated_at)
SELECT md5('waiting' || n)::uuid, n, 'sms', 'deferred', t, now(), 2, 'first-inclusive-bank',
    t + interval '9 days', now()
FROM generate_series(1, $1) n, LATERAL (SELECT now() + interval '1 day' + interval '1 second' * (n % 3600)) i
    (t)
"""


async def _defer(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(DEFERRED, WAITING)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _memory(url: str) -> float:
    """MiB of a worker that has run for a while."""
    with process("-m", "benchmarks.instant", env=environment(url), stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(SETTLED_SECONDS)
        pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def measure() -> list[Figure]:
    """Resident memory of both."""
    with postgres() as url:
        empty_url, waiting_url = database(url, "empty"), database(url, "waiting")
        asyncio.run(_defer(waiting_url))
        empty, waiting = _memory(empty_url), _memory(waiting_url)
    return [
        below(
            f"memory of a worker, {WAITING:,} deferred deliveries",
            f"{waiting:.0f} MiB",
            f"none: {empty:.0f} MiB",
            waiting / empty,
            1.2,
        )
    ]
