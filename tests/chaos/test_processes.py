"""Real processes on a real PostgreSQL, and what a campaign's load does not come by: a stop while everything
is under way, clocks that are minutes wrong, a STOP or a cancellation that races its message, a backlog in
front of what is urgent."""

from __future__ import annotations

import json
import random
import statistics
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.chaos.campaign import Plan
from tests.chaos.checker import judge
from tests.chaos.cluster import KEY, Cluster
from tests.chaos.gather import OPEN, WORK, count, quiet, records_of
from tests.chaos.lay import lay
from tests.chaos.producer import Producer, amount, notice, zone_at_noon
from tests.chaos.provider import WELL, Book, Dice, Mail, Phones

SEND_SECONDS, DRAIN_SECONDS = 8.0, 12.0
SETTLE_SECONDS = 5.0
"""For so long after its drain a worker tries to write down what it handed over."""
BACKLOG, BATCH = 10_000, 500
SHARE = 0.05
"""Of the time that the backlog itself takes, what is urgent may wait so much."""
TRIES = 60
SLOW = 0.2
"""Seconds that a slow provider takes."""
PATIENCE = 90.0
LAST_RECEIPT = 3.5
"""Seconds after which the provider double has sent its receipts."""


PACE = {
    "FORBEAR_WORKER__SEND_TIMEOUT_SECONDS": str(SEND_SECONDS),
    "FORBEAR_WORKER__DRAIN_SECONDS": str(DRAIN_SECONDS),
}


@dataclass(slots=True)
class Deployed:
    """Processes that run, and the provider's side of them."""

    cluster: Cluster
    phones: Phones
    mail: Mail

    def post(self, path: str, body: Any) -> Any:
        """An answer of the API."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.cluster.doors()[0]}{path}", json.dumps(body).encode(), headers
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def count(self, query: str, *values: object) -> int:
        """A number from the store."""
        with psycopg.connect(self.cluster.database) as connection:
            row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])

    def heard(self, number: str, words: str = "") -> float | None:
        """When a message with these words went to this number, in POSIX seconds."""
        return next(
            (
                line["at"]
                for line in list(self.phones.book.lines)
                if line["to"] == number and words in line["text"]
            ),
            None,
        )

    def await_heard(self, number: str, words: str = "") -> float:
        """When it went, once it has."""
        deadline = time.monotonic() + PATIENCE
        while (at := self.heard(number, words)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return at


@contextmanager
def deployed(clocks: Sequence[float]) -> Iterator[Deployed]:
    """One API, and a worker for each clock, which is so many seconds ahead."""
    book = Book(Path("/nonexistent"))
    running: list[Cluster] = []
    phones = Phones(
        book, Dice(5, WELL), "http://forbear.example", lambda: running[0].doors() if running else []
    )
    phones.lost, phones.repeats = 0.0, True
    mail = Mail(book, Dice(6, WELL))
    try:
        cluster = lay(
            apis=1, workers=len(clocks), seed=5, phones=phones.url, mail_port=mail.port, further=PACE
        )
        running.append(cluster)
        book.path = cluster.folder / "provider.jsonl"
        for seat, clock in zip(cluster.seats, (0.0, *clocks), strict=True):
            cluster.start(seat, armed=False, clock=clock)
        cluster.await_ready()
        yield Deployed(cluster, phones, mail)
    finally:
        phones.close()
        mail.close()
        for one in running:
            one.close()


@pytest.fixture(scope="module")
def pair() -> Iterator[Deployed]:
    """Two workers."""
    with deployed((0.0, 0.0)) as one:
        yield one


def load(one: Deployed, notices: int, borrowers: int) -> Producer:
    """An upstream system that posts until all are accepted."""
    dice, zone = random.Random(5), zone_at_noon()

    def make(number: int) -> dict[str, Any]:
        return notice(number, number % borrowers, dice.choice((("sms",), ("email",), ("sms", "email"))), zone)

    producer = Producer(
        doors=one.cluster.doors, path=one.cluster.folder / "accepted.jsonl", make=make, most=notices
    )
    producer.start(6, per_second=60.0)
    return producer


def judged(one: Deployed, producer: Producer) -> Mapping[str, int]:
    """What the checker looked at, once everything rests; it finds nothing."""
    one.phones.pause = one.mail.pause = 0.0
    assert producer.wait(PATIENCE)
    quiet(one.cluster.database, WORK.format(hours=0), PATIENCE)
    time.sleep(LAST_RECEIPT)
    for hours in Plan(
        seed=0
    ).hours:  # on a machine that stood still a hand-over may be unknown: it is asked about
        if not count(one.cluster.database, OPEN.format(hours=0)):
            break
        one.cluster.stop([one.cluster.seats[-1]])
        one.cluster.start(one.cluster.seats[-1], armed=False, clock=hours * 3600)
        quiet(one.cluster.database, WORK.format(hours=hours), PATIENCE)
    findings = judge(records_of(one.cluster, producer.notices))
    assert [] == findings.wrong, findings.wrong
    assert producer.most == findings.looked_at["notices with a 202"]
    return findings.looked_at


def await_messages(one: Deployed, further: int) -> None:
    """Until the provider took so many more."""
    enough, deadline = len(one.phones.book.lines) + further, time.monotonic() + PATIENCE
    while len(one.phones.book.lines) < enough:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop_workers(one: Deployed) -> float:
    """SIGTERM to all of them at once; how many seconds they took to end by themselves."""
    workers = [
        seat.running for seat in one.cluster.seats if seat.kind == "worker" and seat.running is not None
    ]
    began = time.monotonic()
    for worker in workers:
        worker.terminate()
    assert [0] * len(workers) == [worker.wait(PATIENCE) for worker in workers]
    return time.monotonic() - began


def test_a_stop_in_the_middle_of_load_loses_and_doubles_nothing() -> None:
    """Workers are told to stop while hand-overs are under way, then the API: each ends by itself within its
    bound, nothing is left in hand, no hand-over was cut. Started again they bring everything to its end: the
    checker finds nothing."""
    with deployed((0.0, 0.0)) as one:
        one.phones.pause = one.mail.pause = 0.5
        producer = load(one, notices=240, borrowers=60)
        for _ in range(2):
            await_messages(one, 12)
            assert stop_workers(one) < DRAIN_SECONDS + SETTLE_SECONDS
            assert 0 == one.count("SELECT count(*) FROM attempts WHERE state IN ('reserved', 'dialing')")
            assert 0 == one.count("SELECT count(*) FROM attempts WHERE code = 'cancelled'")
            for seat in one.cluster.seats:
                if seat.kind == "api" and seat.running is not None:
                    seat.running.terminate()
                    assert 0 == seat.running.wait(PATIENCE)
                one.cluster.start(seat, armed=False)
            one.cluster.await_ready()
        assert judged(one, producer)["messages that the provider took"] > 2 * 12


def test_clocks_that_are_minutes_wrong_harm_nobody() -> None:
    """One worker is ten minutes ahead, one ten minutes behind: leases go by the database's clock, a cap
    holds, everything comes to rest."""
    with deployed((600.0, -600.0)) as one:
        producer = load(one, notices=120, borrowers=30)
        assert 30 == judged(one, producer)["borrowers who were reached"]


def number_of(borrower: int) -> str:
    number: str = notice(0, borrower, ("sms",), "UTC")["borrower"]["addresses"]["sms"]
    return number


def words_of(number: int) -> str:
    """What only this notice's message says."""
    return f"{float(amount(number)):,.2f}"


def go(one: Deployed, number: int) -> float:
    """Post a notice, and wait for its message; how many seconds that took."""
    began = time.time()
    one.post("/v1/notices", notice(number, number, ("sms",), zone_at_noon()))
    return one.await_heard(number_of(number)) - began


@dataclass(frozen=True, slots=True)
class Race:
    """Somebody was told that it is stopped; and whether its message had been marked by then."""

    words: str
    number: str
    marked: bool
    says_cancelled: bool


def race(one: Deployed, number: int, pause: float, *, by_stop: bool) -> Race:
    """A notice, and a moment later what stops it. At the instant of the answer the store says whether the
    mark is there."""
    id_ = one.post("/v1/notices", notice(number, number, ("sms",), zone_at_noon()))["id"]
    time.sleep(pause)
    says = False
    if by_stop:
        assert "<Response/>" in (one.phones.say(number_of(number), "STOP") or "")
    else:
        says = ["cancelled"] == [
            each["state"] for each in one.post(f"/v1/notices/{id_}/cancel", {})["deliveries"]
        ]
    marked = one.count(
        "SELECT count(*) FROM attempts WHERE borrower_id = %s AND notice_no = %s AND dialed_at IS NOT NULL",
        id_[4:36],
        int(id_[36:], 16),
    )
    return Race(words_of(number), number_of(number), marked > 0, says)


@pytest.mark.parametrize("by_stop", [True, False], ids=["STOP", "cancel"])
def test_nothing_is_marked_any_more_once_a_stop_is_acknowledged(pair: Deployed, *, by_stop: bool) -> None:
    """Whatever the provider took had its mark before the answer to STOP, or to the cancellation, was given;
    what `cancelled` was said of never goes. Both come about: some were stopped in time, and some were not."""
    first = 1000 if by_stop else 2000
    pair.phones.pause = SLOW  # more is posted than can be handed over, so that marks come at any moment
    pair.phones.patience = 15.0  # a process that was just started reads its words first
    usual = statistics.median(go(pair, first + number) for number in range(5))
    dice = random.Random(first)
    with ThreadPoolExecutor(12) as threads:
        tries = [
            threads.submit(
                race, pair, first + 10 + number, dice.uniform(0.0, usual + 2 * SLOW), by_stop=by_stop
            )
            for number in range(TRIES)
        ]
        races = [each.result() for each in tries]
    quiet(pair.cluster.database, "d.state IN ('due', 'sending')", PATIENCE)
    sent = [each for each in races if pair.heard(each.number, each.words)]
    assert [] == [each for each in sent if not each.marked]
    assert [] == [each for each in sent if each.says_cancelled]
    assert 0 < len(sent) < TRIES


def test_a_backlog_of_one_creditor_delays_nobody_elses_confirmation(pair: Deployed) -> None:
    """Ten thousand reminders wait for a slow provider. Another creditor's payment confirmation goes within a
    small part of the time that they take."""
    zone = zone_at_noon()
    reminders = [notice(10_000 + number, 10_000 + number, ("sms",), zone) for number in range(BACKLOG)]
    for one in reminders:
        one["debt"]["creditor"] = "lender-of-many"
    pair.phones.pause = SLOW
    for start in range(0, BACKLOG, BATCH):
        results = pair.post("/v1/notices/batch", {"notices": reminders[start : start + BATCH]})["results"]
        assert all("id" in each for each in results)
    handed, began = len(pair.phones.book.lines), time.time()
    urgent = notice(3000, 3000, ("sms",), zone) | {
        "category": "payment_confirmation",
        "template": "payment-confirmation",
    }
    urgent["debt"]["creditor"] = "lender-of-few"
    pair.post("/v1/notices", urgent)
    waited = pair.await_heard(number_of(3000)) - began
    await_messages(pair, 20)
    each = (time.time() - began) / max(1, len(pair.phones.book.lines) - handed)
    waiting = pair.count("SELECT count(*) FROM deliveries WHERE state IN ('due', 'sending')")
    assert waiting > BACKLOG // 2
    assert waited < SHARE * each * waiting
