"""Dispatch with an adapter that answers at once, policies on, log on, against the empty jobs of two queues;
one worker each.

Ours: claim, history, decision under the house policy, reserved contact, log entry, mark, rendering,
hand-over, outcome, log entry, and the sequencing of the log beside it. Theirs: an empty job, whose result
nobody keeps."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from benchmarks.figure import Figure
from benchmarks.ground import (
    ROOT,
    database,
    encoded,
    environment,
    notice,
    postgres,
    process,
    settings,
)
from service.api.bodies import parse
from service.api.schemas.notices import NoticeBody, notice_draft
from service.dispatch.intake.accept import Keyed
from service.model.actor import Actor
from service.wiring import open_service
from tests.ports import free_port

JOBS = 20_000


async def fill(url: str, count: int, channels: list[str]) -> None:
    """Store notices that are due at once, each to a borrower of its own."""
    actor = Actor(name="benchmark")
    async with open_service(settings(url)) as service:
        for start in range(0, count, 500):
            drafts = [
                notice_draft(parse(NoticeBody, encoded(notice(number, borrowers=10**9, channels=channels))))
                for number in range(start, start + 500)
            ]
            await service.intake.accept_many([Keyed(one) for one in drafts], actor)


WAITS = (
    "SELECT EXISTS (SELECT FROM deliveries WHERE state IN ('due', 'deferred')) OR EXISTS (SELECT FROM "
    "deliveries WHERE state = 'sending')"
)
ACCEPTED = "SELECT count(*) FROM deliveries WHERE state = 'accepted'"


async def _until_settled(url: str, worker: subprocess.Popen[str], count: int) -> None:
    """Wait until nothing waits any more, by questions that cost next to nothing; all must have been accepted
    then."""
    connection = await asyncpg.connect(url)
    try:
        deadline = time.monotonic() + 120
        while await connection.fetchval(WAITS):
            if worker.poll() is not None:
                raise RuntimeError("the worker ended")
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"only {await connection.fetchval(ACCEPTED)} of {count} deliveries were settled within "
                    f"two minutes"
                )
            await asyncio.sleep(0.02)
        if (accepted := await connection.fetchval(ACCEPTED)) != count:
            raise RuntimeError(f"{accepted} of {count} deliveries were accepted")
    finally:
        await connection.close()


def ours(url: str, count: int = JOBS) -> float:
    """Deliveries settled in a second, from the worker's start of work to the last outcome in the store."""
    asyncio.run(fill(url, count // 2, ["sms", "email"]))
    env = environment(url, SMS__CONCURRENCY="500", EMAIL__CONCURRENCY="500", WORKER__BATCH="400")
    with process("-m", "benchmarks.instant", env=env, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        begins = time.perf_counter()
        asyncio.run(_until_settled(url, worker, count))
        return count / (time.perf_counter() - begins)


def procrastinate(url: str, count: int = JOBS) -> float:
    """Empty jobs in a second, 16 at once, in one worker process."""
    env = {**os.environ, "PROCRASTINATE_DSN": url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.empty_jobs", str(count)],
        env=env,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of its own, from the Debian package redis-server."""
    server = shutil.which("redis-server")
    if server is None:
        raise RuntimeError("Celery's figure needs Redis: install the Debian package redis-server")
    with TemporaryDirectory(prefix="forbear-redis-") as folder:
        port = free_port()
        running = subprocess.Popen(
            [
                server,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            time.sleep(0.5)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            running.terminate()
            running.wait()


def celery(count: int = JOBS) -> float:
    """Empty tasks in a second, one worker process, results ignored."""
    with redis() as url, TemporaryDirectory(prefix="forbear-celery-") as folder:
        ended = Path(folder) / "ended"
        env = {**os.environ, "CELERY_BROKER": url, "CELERY_ENDED": str(ended), "PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.empty_tasks", str(count)], env=env, cwd=ROOT, check=True
        )
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "benchmarks.empty_tasks",
            "worker",
            "--concurrency=1",
            "--loglevel=ERROR",
        ]
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"],
            env=env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 120
            while not ended.exists() or len(ended.read_text().split()) < 2:
                if time.monotonic() > deadline or worker.poll() is not None:
                    raise RuntimeError("Celery's worker did not come to the end")
                time.sleep(0.05)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait()
        first, last = (float(word) for word in ended.read_text().split())
        return count / (last - first)


def measure() -> list[Figure]:
    """Each in turn, in one run."""
    with postgres() as url:
        rate = ours(database(url, "ours"))
        jobs = procrastinate(database(url, "jobs", migrated=False))
        tasks = celery()
    name = "dispatch, adapter at once, policies and log on"
    return [
        Figure(
            name=name,
            ours=f"{rate:,.0f}/s",
            against=f"Procrastinate, empty jobs: {jobs:,.0f}/s",
            ratio=rate / jobs,
            bound=20,
        ),
        Figure(
            name=name,
            ours=f"{rate:,.0f}/s",
            against=f"Celery on Redis, empty tasks: {tasks:,.0f}/s",
            ratio=rate / tasks,
            bound=5,
        ),
    ]
