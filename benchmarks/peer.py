"""Measures the hand-made peer (`benchmarks/handmade.py`) on the same PostgreSQL, with a Redis of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from benchmarks.cost import Cost, Meter, tree_of
from benchmarks.dispatch import redis
from benchmarks.ground import ROOT, database, notice, postgres
from benchmarks.handmade import TABLES
from benchmarks.load import post
from tests.ports import free_port

COUNT = 2_000
PATIENCE = 180.0


@contextmanager
def _running(*arguments: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=env, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(20)
        running.kill()
        running.wait()


def _wait(what: str, holds: object) -> None:
    """Until `holds()`; raises RuntimeError with what did not come."""
    deadline = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise RuntimeError(f"the hand-made peer: {what}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/openapi.json", timeout=1):
        return True
    return False


def peer_cost(count: int = COUNT) -> Cost:
    """What one of its deliveries costs, Redis among the servers; one worker process. Raises RuntimeError
    without redis-server."""
    with redis() as broker, postgres() as server_url:
        url = database(server_url, "peer", migrated=False)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PEER_DATABASE": url, "PEER_BROKER": broker}
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES)
            _fill(env, count)
            data = Path(parse_qs(urlsplit(url).query)["host"][0])
            server = int((data / "postmaster.pid").read_text().split()[0])
            command = (
                "celery",
                "-A",
                "benchmarks.handmade:queue",
                "worker",
                "--concurrency=1",
                "--loglevel=ERROR",
            )
            quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
            with _running(*command, *quiet, env=env) as worker:
                _wait("its worker did not begin", lambda: _sent(connection) > 0)
                done = _sent(connection)
                meter = Meter(connection, server, tree_of(worker.pid))
                _wait("not everything was sent", lambda: _sent(connection) >= count)
                return meter.per(count - done)


def _fill(env: dict[str, str], count: int) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    bodies = [json.dumps(notice(number, borrowers=10**9)).encode() for number in range(count)]
    with _running("benchmarks.handmade", "serve", str(port), env=env):
        _wait("its API did not start", lambda: _answers(url))
        asyncio.run(post(url, "/notices", bodies, 16))


def _sent(connection: psycopg.Connection) -> int:
    """How many are sent; one statement, ten times a second."""
    row = connection.execute("SELECT count(*) FROM audit WHERE what = 'sent'").fetchone()
    return 0 if row is None else int(row[0])
