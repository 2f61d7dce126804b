"""What workers of one store share, by counted work: one, two, four and sixteen of them deliver as many
deliveries that fall due at once.

Processor time says how busy the machine is besides; what is counted (claims, rows, commits, bytes of log,
waits for locks) says the same on any number of cores, but for the order in which workers happen to come."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks import past
from benchmarks.builds import Build, standing
from benchmarks.counting import Claims
from benchmarks.figure import Figure, below
from benchmarks.ground import ROOT

WORKERS = (1, 2, 4, 16)
DELIVERIES, BORROWERS = 4_000, 2_000
WARM = 200
"""Deliveries for each worker before those that are counted."""
AT_A_TIME, MOST = 125, 1_000
"""Hand-overs at a time for each worker, where the provider's 500 would be less; and as many as a provider may
be said to take."""
FLUSHED = 11.0
"""Seconds after which a connection that does nothing has told what it counted."""
CONNECTIONS = "4"
"""Of each worker: sixteen of them fit the embedded server."""
WAITED_MS = 5
"""Milliseconds from which a wait for a lock is counted."""
OWN = ("attempts", "borrowers", "deliveries", "events", "notices")
"""Tables with rows that belong to one delivery or borrower; other rows that change are everybody's."""
WAITS = re.compile(r"still waiting for (\w+) on (advisory|\w+)")


class Counts(NamedTuple):
    """What the store counted."""

    looked_at: int
    """Rows of the deliveries that were read along an index."""
    tried: int
    """Deliveries that were looked up by their key: to lock them, and to write them."""
    commits: int
    shared: int
    """Changes of rows that belong to no delivery."""


class Counted(NamedTuple):
    """What one number of workers took for the deliveries."""

    workers: int
    counts: Counts
    claims: Claims
    waits: Counter[str]
    """Waits for locks, by what was waited for."""
    wal: float
    processor: float
    """Microseconds a delivery, of workers and PostgreSQL."""


COUNTED = """
SELECT (SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'deliveries'),
    (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'deliveries_pkey'),
    (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
    (SELECT sum(n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE relname <> ALL(%s))
"""


def _counts(connection: psycopg.Connection) -> Counts:
    row = connection.execute(COUNTED, (list(OWN),)).fetchone()
    assert row is not None
    return Counts(*map(int, row))


def _log_of(build: Build) -> Path:
    row = build.connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0]) / "log"


def _waits(log: Path, beginning: int) -> Counter[str]:
    """What was waited for since that byte of the server's log."""
    text = log.read_bytes()[beginning:].decode(errors="replace")
    return Counter(kind for _, kind in WAITS.findall(text))


def _last(running: Sequence[subprocess.Popen[str]]) -> Claims:
    """What workers that have ended said of their claims."""
    told = [one.stdout.read().strip().splitlines()[-1] for one in running if one.stdout is not None]
    return Claims(*map(sum, zip(*map(json.loads, told), strict=True)))


def _until_settled(build: Build) -> None:
    """Asked along the partial indexes, so that it counts for next to nothing."""
    waits = """SELECT EXISTS (SELECT FROM deliveries d
            WHERE (d.state || '') IN ('due', 'deferred') AND creditor > '' AND due_at <= now() LIMIT 1)
        OR EXISTS (SELECT FROM deliveries d WHERE d.lease_until IS NOT NULL LIMIT 1)"""
    deadline = time.monotonic() + 120
    while build.connection.execute(waits).fetchone() == (True,):
        if time.monotonic() > deadline:
            raise RuntimeError("the deliveries were not settled within two minutes")
        time.sleep(0.2)


def _of(build: Build, workers: int, warm: datetime, due_at: datetime) -> Counted:
    log = _log_of(build)
    settings = {
        "module": "benchmarks.counting",
        "DATABASE_CONNECTIONS": CONNECTIONS,
        "SMS__CONCURRENCY": str(min(MOST, max(500, AT_A_TIME * workers))),
    }
    with build.workers(workers, **settings) as running:
        past.release(build.connection, warm)
        _until_settled(build)
        time.sleep(FLUSHED)
        beginning = log.stat().st_size
        meter = build.meter(*running)
        past.release(build.connection, due_at)
        build.connection.execute("SELECT pg_stat_force_next_flush()")
        before = _counts(build.connection)
        _until_settled(build)
        cost = meter.per(DELIVERIES)
        waits = _waits(log, beginning)
    time.sleep(1.0)  # who leaves tells what it counted
    after = _counts(build.connection)
    counts = Counts(*(now - then for now, then in zip(after, before, strict=True)))
    return Counted(workers, counts, _last(running), waits, cost.wal, cost.processor)


def table(found: Sequence[Counted]) -> str:
    """What each number of workers took, for one delivery."""
    heads = (
        "workers",
        "claims (found nothing)",
        "rows looked at",
        "looked up by key",
        "commits",
        "changes of shared rows",
        "waits for locks",
        "log, bytes",
        "processor, µs",
    )
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*lines, *map(_row, found)])


def _row(one: Counted) -> str:
    looked_at, tried, commits, shared = (f"{each / DELIVERIES:.2f}" for each in one.counts)
    waits = ", ".join(f"{count} {kind}" for kind, count in sorted(one.waits.items())) or "none"
    return (
        f"| {one.workers} | {one.claims.asked} ({one.claims.empty}) | {looked_at} | {tried} "
        f"| {commits} | {shared} | {waits} | {one.wal:,.0f} | {one.processor:,.0f} |"
    )


def measure() -> list[Figure]:
    """Print the table, and judge how much more of the deliveries four workers read than one."""
    with standing("this build", ROOT, sys.executable, BORROWERS) as build:
        for setting in ("log_lock_waits = on", f"deadlock_timeout = '{WAITED_MS}ms'"):
            build.connection.execute(f"ALTER SYSTEM SET {setting}")
        build.connection.execute("SELECT pg_reload_conf()")
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
        groups = [
            (at + timedelta(seconds=2 * place), at + timedelta(seconds=2 * place + 1))
            for place in range(len(WORKERS))
        ]
        with build.api() as (_, url):
            for workers, (warm, due_at) in zip(WORKERS, groups, strict=True):
                for size, when in ((WARM * workers, warm), (DELIVERIES, due_at)):
                    build.hand_in(url, build.notices(size, when), 500)
        build.connection.execute("ANALYZE")
        build.connection.execute("CHECKPOINT")
        found = []
        for workers, (warm, due_at) in zip(WORKERS, groups, strict=True):
            found.append(_of(build, workers, warm, due_at))
            print(f"  {_row(found[-1])}", file=sys.stderr, flush=True)
    print(table(found))
    one, four = (next(each for each in found if each.workers == number) for number in (1, 4))
    return [
        below(
            "rows of deliveries looked at, four workers",
            f"{four.counts.looked_at / DELIVERIES:.1f}",
            f"one: {one.counts.looked_at / DELIVERIES:.1f}",
            four.counts.looked_at / one.counts.looked_at,
            2,
        )
    ]
