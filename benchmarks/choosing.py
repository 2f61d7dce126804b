"""A learned choice against one decision, and adaptive notices against a cascade's.

A notice is a mail and a text to a borrower of its own. It is posted at eight in the morning where the
borrower is, when every part of the day is still to come, and followed until both channels had their turn.
Measured is claiming, planning, deciding, handing over and settling, each as often as it takes, in processor
time of this process and of PostgreSQL. Every kind sends the same two messages, but for the last, which leaves
some out. The clock moves by three hours, so that what is planned for a part of the day is claimed together,
as a cascade's notices are; every second notice names the mail first, so that a cascade's claims hold mails
and texts as those of chosen channels do."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.cost import parent_of, tree_of
from benchmarks.decision import AT, _facts, _median, _policies
from benchmarks.figure import Figure, below
from benchmarks.ground import database, encoded, notice, postgres, settings
from channels.outcome import Accepted
from channels.receipt import Progress, Receipt
from policies.decide import decide
from service.api.bodies import parse
from service.api.routers.notices import notice_draft
from service.api.schemas.notices import NoticeBody
from service.clock import MovableClock
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.reserved import Reserved
from service.dispatch.intake.accept import Keyed
from service.dispatch.learning import governance
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.send.dial import dial
from service.dispatch.send.settle import Sent, settle
from service.ids import AttemptId, DeliveryId, NoticeId
from service.learning.arms import ARMS, NONE, SEGMENTS, Segment, ordered
from service.learning.choose import Chooser
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import learning
from service.store.attempts import AttemptKey
from service.store.learning import SnapshotRow
from service.wiring import Service, open_service

NOTICES, WARMING, ROUNDS, BATCH = 500, 100, 4, 50
"""So few are claimed at a time that claims are full whoever chose: a part of the day holds a fifth of
all."""
TOGETHER = 10
"""Notices that are posted at one instant: claims are in the order of the instants, and would else take all
texts before the first mail."""
LEFT_OUT = 0.26
"""Of the rounds: so much the invented worlds of `python -m benchmarks worlds` leave out."""
HOURS = (3, 3, 3, 3, 12, 3, 3, 3, 3, 12, 5 * 24)
"""By how much the clock moves: from one part of the day to the next, and over two nights; nothing waits then,
and further notices are posted a week after the last."""
MORNING = datetime(2027, 1, 5, 13, 0, tzinfo=UTC)
"""A Tuesday, 08:00 in Nassau; the next notices are posted a week later."""
NASSAU = {"jurisdiction": "BS", "country": "BS", "postal_code": None, "time_zone": "America/New_York"}
"""The Bahamas keep New York's time and have no law pack: the house's rules hold alone."""
WRITTEN = ordered([*(arm for arm in ARMS if not arm.startswith("voice")), NONE])
"""What is open to every notice."""
ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
CREDITOR = "first-inclusive-bank"
"""Of every notice of the measurements."""
POSTS = Actor(name="benchmark")
WAITS = "SELECT count(*) FROM deliveries WHERE state IN ('due', 'deferred', 'sending')"


def snapshot(rest: float = 0.0) -> dict[str, object]:
    """Something learned, with a preference that depends on the segment. `rest`: what five hundred rounds in
    which nothing is sent were worth."""
    cells = {
        (segment, arm): Cell(500.0, rest if arm == NONE else 5.0 + 3.0 * (hash_of(segment.text() + arm) % 10))
        for segment in SEGMENTS
        for arm in ARMS
    }
    return fit(cells, variance=0.06, head={"floor": 30})


def sparing(share: float) -> dict[str, object]:
    """The same, where nothing is best in so many of the draws for whoever was not written to yet."""
    low, high = 0.0, 100.0
    while high - low > 0.05:
        rest = (low + high) / 2
        found = snapshot(rest)
        weights = Chooser(found, digest_of(found)).weights(Segment("early", 0, "none"), WRITTEN)
        low, high = (rest, high) if weights.each[-1] < share * weights.summed[-1] else (low, rest)
    return snapshot((low + high) / 2)


def hash_of(text: str) -> int:
    """A number that a text stands for, the same everywhere."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(text))


def choice_figures() -> list[Figure]:
    """How long a choice takes, beside a decision of the same run."""
    found = snapshot()
    chooser, allowed = Chooser(found, digest_of(found)), ordered(ARMS)
    segments = sorted(SEGMENTS)
    chooser.warm((segment, allowed) for segment in segments)
    ids = [f"ntc_{number:048x}".encode() for number in range(200)]
    each = _median(lambda: [chooser.choose(segments[7], allowed, one) for one in ids], 200) / len(ids)
    policies, facts = _policies(), _facts()
    decision = _median(lambda: decide(policies, facts, AT), 2000)
    fresh = Chooser(found, digest_of(found))
    first = statistics.median(_taken(fresh, segment, allowed) for segment in segments)
    against = f"a decision: {decision * 1e6:.0f} µs"
    return [
        below("a learned choice", f"{each * 1e6:.1f} µs", against, each / decision, 0.2),
        below("a learned choice", f"{each * 1e6:.1f} µs", "20 µs", each / 20e-6, 1),
        below("the first choice of a segment", f"{first * 1e3:.2f} ms", "5 ms", first / 5e-3, 1),
    ]


def _taken(chooser: Chooser, segment: object, allowed: tuple[str, ...]) -> float:
    begins = time.perf_counter()
    chooser.weights(segment, allowed)  # type: ignore[arg-type]
    return time.perf_counter() - begins


async def learn(runtime: Runtime, learned: dict[str, object], always_told: Sequence[str]) -> None:
    """A policy in force for the creditor of the notices, and what was learned. `always_told`: templates that
    are never left out."""
    found = {**learned, "creditor": CREDITOR}
    document = {
        "name": "timing",
        "kind": "learning",
        "creditor": CREDITOR,
        "stage": "live",
        "experiment": {"salt": "bench"},
        "silence": {"always_told": list(always_told)},
    }
    policy = parse_learning_policy(json.dumps(document))
    await governance.put_policy(runtime, policy.name, json.dumps(document), Actor(name="one"))
    await governance.test_policy(runtime, policy.name, 1, Actor(name="one"))
    await governance.approve_policy(runtime, policy.name, 1, Actor(name="other"))
    row = SnapshotRow(
        digest=digest_of(found),
        creditor=CREDITOR,
        policy=policy.name,
        policy_digest=policy.digest,
        week=AT.date(),
        made_at=runtime.clock.now(),
        lives_until=datetime(2100, 1, 1, tzinfo=UTC),
    )
    async with runtime.database.connection() as connection:
        await learning.keep(connection, row, canonical(found))
    await governance.activate_policy(runtime, policy.name, 1, Actor(name="one"))


class Kind(NamedTuple):
    """Notices of a kind, and whether anything is learned about their creditor."""

    name: str
    fan_out: str
    policy: bool
    told: bool = True
    """Whether nothing may be left out."""


CASCADE = Kind("a cascade, nothing is learned", "cascade", policy=False)
BESIDE = Kind("a cascade, a policy in force", "cascade", policy=True)
ADAPTIVE = Kind("adaptive, every message sent", "adaptive", policy=True)
SPARING = Kind("adaptive, a quarter left out", "adaptive", policy=True, told=False)
KINDS = (CASCADE, BESIDE, ADAPTIVE, SPARING)


class Spent(NamedTuple):
    """What some notices came to."""

    seconds: float
    """Of processor time a notice."""
    messages: float
    """A notice."""


@dataclass(slots=True)
class Lender:
    """A lender with a store of its own, whose notices are all of a kind."""

    kind: Kind
    service: Service
    clock: MovableClock
    server: int
    """The postmaster's process."""
    store: str
    """The database's name."""
    posted: int = 0
    zones: ZoneCache = field(default_factory=ZoneCache)

    async def spend(self, number: int) -> Spent:
        """Post so many notices to borrowers of their own at eight in the morning of a working day, and work
        until every one has come to its end, two days later. Raises RuntimeError where one has not."""
        for first in range(0, number, TOGETHER):
            drafts = [Keyed(self._draft(first + one)) for one in range(TOGETHER)]
            await self.service.intake.accept_many(drafts, POSTS)
            self.clock.move(timedelta(milliseconds=1))
        self.posted += number
        seconds, messages = 0.0, 0
        for hours in HOURS:
            gc.collect()
            gc.disable()  # whose turn it is to look through everything is chance
            served, mine = self._served(), time.process_time()
            keys = await self._drain()
            seconds += time.process_time() - mine + self._served() - served
            gc.enable()
            messages += len(keys)
            await self._tell(keys)
            self.clock.move(timedelta(hours=hours))
        await self._check(messages, number)
        return Spent(seconds / number, messages / number)

    def _draft(self, number: int) -> NoticeDraft:
        body = notice(self.posted + number, borrowers=10**9, fan_out=self.kind.fan_out)
        due_on = self.clock.now().date() - timedelta(days=body["debt"]["days_past_due"])
        body["borrower"] |= NASSAU
        if number % 2:
            body["channels"].reverse()  # claims of every kind hold mails and texts, whoever ordered them
        body["debt"] |= {"due_on": due_on.isoformat(), "jurisdiction": None}
        return notice_draft(parse(NoticeBody, encoded(body)))

    def _served(self) -> float:
        """Seconds of processor time so far of PostgreSQL's backends for it. Looking through the processes
        takes some of this one's own, which is not counted."""
        return sum(_ran(one) for one in tree_of(self.server) if self._serves(one))

    def _serves(self, pid: int) -> bool:
        """Whether a process of PostgreSQL works for this lender's store alone."""
        try:
            return f" {self.store} ".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    async def _drain(self) -> list[AttemptKey]:
        """Everything that is due: decided, handed over, settled, each by fifty. What claims bring is gathered
        for the hand-over, as a worker's lanes and settlers do."""
        runtime, found, waiting = self.service.runtime, list[AttemptKey](), list[Reserved]()
        while True:
            round_ = await claim_and_decide(
                runtime, self.zones, limit=BATCH, adapters=ADAPTERS, lease_seconds=60
            )
            waiting += round_.reserved
            while len(waiting) >= (BATCH if round_.claimed else 1):
                found += await self._hand_over(waiting[:BATCH])
                del waiting[:BATCH]
            if not round_.claimed:
                return found

    async def _hand_over(self, batch: Sequence[Reserved]) -> list[AttemptKey]:
        """Mark, let the provider take all, and write that it did."""
        runtime = self.service.runtime
        keys = [one.reserved.key for one in await dial(runtime, batch, send_within=30.0)]
        await settle(
            runtime, [Sent(key=one, outcome=Accepted(ref=str(one)), at=self.clock.now()) for one in keys]
        )
        return keys

    async def _tell(self, keys: Sequence[AttemptKey]) -> None:
        """Receipts of the texts, so that the mail follows them, as it does the other way round. Not measured:
        they are as many whoever chose."""
        for key in keys:
            if key.channel == "sms":
                receipt = Receipt(
                    provider="sandbox",
                    ref=str(key),
                    progress=Progress.DELIVERED,
                    outcome="delivered",
                    code=None,
                    reason="",
                    digest=str(key),
                )
                attempt = AttemptId(
                    DeliveryId(NoticeId(key.borrower_id, key.notice_no), key.channel), key.number
                )
                await take_receipt(self.service.runtime, attempt, receipt, source="provider:sandbox")

    async def _check(self, messages: int, number: int) -> None:
        """That the work was what it is said to be."""
        async with self.service.runtime.database.connection() as connection:
            waits = await connection.fetchval(WAITS)
            chosen = await connection.fetchval("SELECT count(*) FROM choices")
        wanted = self.posted if self.kind.fan_out == "adaptive" else 0
        if waits or chosen != wanted or (self.kind.told and messages != 2 * number):
            raise RuntimeError(
                f"{self.kind.name}: {messages} messages of {number} notices, {chosen} of {wanted} choices, "
                f"{waits} deliveries wait"
            )


def _ran(pid: int) -> float:
    """Seconds that a process has been on a processor, to the nanosecond; its ticks are hundredths of a
    second."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


async def costs(urls: Sequence[str]) -> dict[Kind, list[Spent]]:
    """What notices of each kind cost, in turns; a store and a clock for each kind."""
    async with AsyncExitStack() as stack:
        lenders = []
        for kind, url in zip(KINDS, urls, strict=True):
            clock = MovableClock(MORNING)
            service = await stack.enter_async_context(open_service(settings(url), clock=clock))
            async with service.runtime.database.connection() as connection:
                server = parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
                store = await connection.fetchval("SELECT current_database()")
            if kind.policy:
                learned = snapshot() if kind.told else sparing(LEFT_OUT)
                await learn(service.runtime, learned, ["overdue-reminder"] if kind.told else [])
            lenders.append(Lender(kind, service, clock, server, store))
        for lender in lenders:  # what is read, compiled and prepared once
            await lender.spend(WARMING)
        found = dict[Kind, list[Spent]]({kind: [] for kind in KINDS})
        for turn in range(ROUNDS):
            for lender in lenders if turn % 2 else reversed(lenders):
                found[lender.kind].append(await lender.spend(NOTICES))
        return found


def _seconds(spent: Spent) -> float:
    return spent.seconds


def cost_figures(found: Mapping[Kind, Sequence[Spent]]) -> list[Figure]:
    """Each kind beside a cascade, by the least that each took in any turn: what else the machine does only
    adds to that."""

    def figure(kind: Kind, beside: Kind, bound: float) -> Figure:
        mine, other = (min(found[each], key=_seconds) for each in (kind, beside))
        return below(
            f"a notice: {kind.name}",
            f"{mine.seconds * 1e3:.2f} ms of processor time for {mine.messages:.2f} messages",
            f"{beside.name}: {other.seconds * 1e3:.2f} ms for {other.messages:.0f}",
            mine.seconds / other.seconds,
            bound,
        )

    return [
        figure(BESIDE, CASCADE, 1.15),
        figure(SPARING, BESIDE, 1.25),
        figure(ADAPTIVE, BESIDE, 1.45),
    ]


def measure() -> list[Figure]:
    """The choice, and the kinds of notices in turns, each on a store of its own."""
    figures = choice_figures()
    with postgres() as url:
        urls = [database(url, f"kind_{place}") for place in range(len(KINDS))]
        return figures + cost_figures(asyncio.run(costs(urls)))
