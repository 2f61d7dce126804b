"""A deployment of one database becomes one of two while it works: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.store.embedded import EmbeddedServer
from tests.chaos.caps import post
from tests.chaos.cluster import Cluster, answers
from tests.chaos.lay import lay
from tests.chaos.producer import Producer, notice, zone_at_noon
from tests.chaos.provider import WELL, Book, Dice, Phones
from tests.fork_server import Child

pytestmark = pytest.mark.slow

PEOPLE, CAP = 60, 3
LONGEST_STOP = 60.0
"""Seconds; of buckets whose mover was killed it is the time until a worker carries them on."""
CONFIRMED = "your request is confirmed"
"""In the one text that an opt-out is answered by."""
KILLS = ("move.page:2", "move.stopped:1", "move.closed:1", "move.given:1", "move.placed:1", "move.deleted:2")
WIDE = {
    **{f"FORBEAR_{channel}__CONCURRENCY": "16" for channel in ("SMS", "EMAIL", "VOICE")},
    "FORBEAR_WORKER__BATCH": "20",
}


@dataclass(slots=True)
class Grown:
    """A cluster of two databases."""

    cluster: Cluster
    book: Book
    phones: Phones
    folder: Path
    environment: dict[str, str]
    running: list[Child] = field(default_factory=list)

    def now(self) -> float:
        """By the clock of the provider's book."""
        return float(self.book.lines[self.book.write(channel="", to=None, text="a mark")]["at"])

    def start(self, *arguments: str, **further: str) -> Child:
        """A process of the service that knows both cells."""
        log = self.folder / f"{'-'.join(arguments)[:40].replace('/', '_')}.log"
        child = self.cluster.fork_server.start("service", arguments, {**self.environment, **further}, log)
        self.running.append(child)
        return child

    def command(self, *arguments: str, **further: str) -> int:
        """Run one to its end; its exit code."""
        return self.start(*arguments, **further).wait(240)

    def said(self, *arguments: str) -> str:
        """What commands wrote so far."""
        return (self.folder / f"{'-'.join(arguments)[:40]}.log").read_text()

    def document(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        env = {**self.environment}
        found = subprocess.run(
            [sys.executable, "-m", "service", *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return json.loads(found.stdout)


@contextmanager
def grown() -> Iterator[Grown]:
    """One database with borrowers, then a second one beside it, one API and two workers."""
    book = Book(Path("/nonexistent"))
    doors: list[str] = []
    phones = Phones(book, Dice(1, WELL), "http://forbear.example", lambda: doors)
    phones.repeats = True
    cluster = lay(apis=1, workers=1, seed=1, phones=phones.url, mail_port=None, further=WIDE)
    folder = Path(tempfile.mkdtemp(prefix="forbear-second-"))
    folder.chmod(0o755)
    server, found = EmbeddedServer(folder), None
    try:
        book.path = cluster.folder / "provider.jsonl"
        doors.append(cluster.seats[0].url)
        for seat in cluster.seats:
            cluster.start(seat, armed=False)
        cluster.await_ready()
        post(cluster, [(number, number) for number in range(PEOPLE)])
        quiet(book, PEOPLE)
        cluster.stop()
        environment = {
            name: value for name, value in cluster.environment.items() if name != "FORBEAR_DATABASE_URL"
        }
        environment["FORBEAR_CELLS"] = f"{cluster.database} {server.start()}"
        environment["FORBEAR_PORT"] = str(cluster.seats[0].port)
        found = Grown(cluster, book, phones, cluster.folder, environment)
        yield found
    finally:
        for child in found.running if found is not None else ():
            child.kill()
        phones.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        cluster.close()


def quiet(book: Book, least: int, *, seconds: float = 4.0, most: float = 120.0) -> None:
    """Until at least so many messages came and none has come for a while."""
    seen, since, deadline = len(book.lines), time.monotonic(), time.monotonic() + most
    while time.monotonic() < deadline and (len(book.lines) < least or time.monotonic() - since < seconds):
        time.sleep(0.1)
        if len(book.lines) != seen:
            seen, since = len(book.lines), time.monotonic()


def number_of(borrower: int) -> str:
    """Whose telephone that is."""
    return str(notice(0, borrower, ("sms",), zone_at_noon())["borrower"]["addresses"]["sms"])


def test_a_store_is_split_under_load_and_each_notice_is_sent_once() -> None:
    """The move is killed at six points and a worker once; some say STOP meanwhile. By the provider's own
    book nobody gets a notice twice or more than the cap, those who said STOP nothing more, and everybody
    else all that the cap lets through; both logs verify."""
    with grown() as it:
        api, workers = it.start("serve", "--no-worker"), [it.start("worker") for _ in range(2)]
        deadline = time.monotonic() + 240
        while not answers(it.cluster.seats[0]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert it.command("cells", "add", "1") == 0, it.said("cells", "add", "1")
        zone = zone_at_noon()
        producer = Producer(
            doors=it.cluster.doors,
            path=it.folder / "accepted.jsonl",
            make=lambda number: notice(PEOPLE + number, number % PEOPLE, ("sms",), zone),
            most=PEOPLE * 4,
        )
        producer.start(4, per_second=8.0)
        stopped: dict[str, float] = {}

        def say() -> None:
            for borrower in (1, 2, 3, 4, 5):
                if it.phones.say_until_taken(number_of(borrower), "STOP") is not None:
                    stopped[number_of(borrower)] = it.now()
                time.sleep(2.0)

        saying = threading.Thread(target=say)
        first = ("cells", "split", "0", "--to", "1", "--together", "256")
        for turn, point in enumerate(KILLS):
            arguments = first if turn == 0 else ("cells", "move", "--resume")
            code = it.command(*arguments, FORBEAR_FAILPOINT=point)
            # what was killed in `stopped`, or later, a worker may carry on first
            assert code == -signal.SIGKILL or turn > 1, (point, it.said(*arguments))
            if turn == 1:
                saying.start()
                workers[0].kill()
                workers[0] = it.start("worker")
        again = time.monotonic() + 60
        while (code := it.command("cells", "move", "--resume", "--json")) != 0:
            assert time.monotonic() < again, it.said("cells", "move", "--resume", "--json")
            time.sleep(1.0)
        saying.join(120)
        assert producer.wait(180), "not every notice was accepted"
        quiet(it.book, 0, seconds=8.0)
        assert api.poll() is None
        status = it.document("cells", "status", "--json")
        judge(it, producer, stopped, status)
        assert it.command("log", "verify") == 0, it.said("log", "verify")


def unknown(it: Grown) -> int:
    """Attempts that were marked, and that nobody knows the outcome of: they count as contacts for good."""
    found = 0
    for url in it.environment["FORBEAR_CELLS"].split():
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM attempts WHERE state = 'unknown'").fetchone()
            found += 0 if row is None else row[0]
    return found


def judge(it: Grown, producer: Producer, stopped: dict[str, float], status: dict[str, Any]) -> None:
    """Hold the provider's book against what was promised."""
    lines = [line for line in it.book.lines if line["to"] is not None]
    confirmations = [line for line in lines if CONFIRMED in line["text"]]
    notices = [line for line in lines if CONFIRMED not in line["text"]]
    texts = Counter((line["to"], line["text"]) for line in lines)
    assert [] == [key for key, times in texts.items() if times > 1], "sent twice"
    counts = Counter(line["to"] for line in notices)
    others = {number_of(borrower) for borrower in range(PEOPLE)} - stopped.keys()
    assert CAP == max(counts[to] for to in others), counts
    lacking = sum(CAP - counts[to] for to in others)
    assert lacking <= unknown(it), "a notice was sent by nobody"  # of the worker that was killed
    assert 5 == len(stopped)
    late = [line for line in notices if line["to"] in stopped and line["at"] > stopped[line["to"]] + 2.0]
    assert [] == late, "sent after a STOP was taken"
    assert {line["to"] for line in confirmations} <= stopped.keys()
    assert PEOPLE * 4 == producer.accepted
    assert [2048, 2048] == [one["buckets"] for one in status["cells"]]
    assert PEOPLE == sum(one["borrowers"] for one in status["cells"])
    assert all(one["borrowers"] > PEOPLE // 5 for one in status["cells"]), status["cells"]
    assert {"done"} == {one["state"] for one in status["moves"]}
    assert max(one["stood_still_seconds"] for one in status["moves"]) < LONGEST_STOP, status["moves"]
