"""One campaign: load, faults, rest, judgement, report."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.failpoints import POINTS
from tests.chaos.checker import judge, judge_log_again, judge_retention
from tests.chaos.cluster import AHEAD_SECONDS, Cluster
from tests.chaos.commands import Commands
from tests.chaos.facts import Facts
from tests.chaos.gather import ASKED, OPEN, WORK, count, keep_metrics, keep_people, quiet, records_of
from tests.chaos.lay import lay
from tests.chaos.learned import CHANNELS as ADAPTIVE_CHANNELS
from tests.chaos.learned import take_again, teach
from tests.chaos.producer import Producer, notice, zone_at_noon
from tests.chaos.provider import ILL, WELL, Book, Dice, Mail, Phones
from tests.chaos.records import Findings, Records, lines
from tests.chaos.report import digests, surroundings
from tests.chaos.rests import rows_of

CHANNELS = (("sms",), ("email",), ("voice",), ("sms", "email"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a campaign tries. The same plan and seed try the same again, as far as the machine's own timing
    allows."""

    seed: int
    kills: int = 300
    seconds: float = 0.0
    """Keep on at least so long."""
    borrowers: int = 60
    """Who are written to at a time."""
    each: int = 4
    """Notices to one borrower, one more than the cap; then others have their turn."""
    notices: int | None = None
    """How many are posted; without it, as long as anything is hurt: a process with nothing to do comes by no
    point."""
    per_second: float = 8.0
    apis: int = 2
    workers: int = 3
    ill: bool = True
    """Whether the providers fail too."""
    lost_receipts: float = 0.1
    """The share of messages and calls of which no receipt comes."""
    database_kills: int = 2
    cuts: int = 2
    """How often the network to PostgreSQL is cut everywhere at once."""
    commands: bool = False
    """Whether the secret key rotates meanwhile and records are let go in the end, by commands that are killed
    too."""
    lost_commits: float = 0.005
    """The share of commits whose reply is lost with the connection."""
    points: Sequence[str] | None = None
    """The points at which processes end; every one without it."""
    hours: Sequence[float] = (0.05, 0.2, 0.8, 3, 10, 23, 40, 60, 80, 100, 120)
    """By how much the clock is moved on in the end, until every question is answered; and on from the
    last, as long as one is not that was raised there."""
    rest: float = 180.0
    """Seconds that what is under way may take to end, once nothing is hurt any more."""
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 12.0
    """Seconds after which an armed process that has not reached its point is killed wherever it is."""
    module: str = "service"
    channels: Sequence[tuple[str, ...]] = CHANNELS
    facts_every: float = 0.0
    """Seconds between two things that are said about borrowers in the middle (`facts.py`), who live in many
    places then; never without it."""
    adaptive: bool = False
    """Whether a learning policy of each lender is live, and every notice is adaptive."""

    @property
    def expected(self) -> tuple[str, ...]:
        """The points at which something must have ended: in a campaign of ten kills and more for each, all
        that there are."""
        return tuple(POINTS) if self.points is None and self.kills >= ENOUGH * len(POINTS) else ()


ENOUGH = 10
LONGEST_OVERTIME = 600.0
"""Seconds that a campaign goes on for points at which nothing has ended yet."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    plan: Plan
    findings: Findings
    began: datetime
    took: float
    folder: Path
    surroundings: dict[str, str]
    records: dict[str, str]
    """Digests of what was judged."""
    kills: dict[str, int]
    stalled: dict[str, int]
    thawed: dict[str, int]
    exits: dict[str, int]
    cuts: dict[str, int]
    commands: dict[str, int]
    database_kills: int
    receipts: dict[str, int]
    provider: dict[str, int]
    accepted: int
    repeated: int

    @property
    def unreached(self) -> list[str]:
        """The points at which none ended, of all that there are or that were asked for."""
        return sorted({*(POINTS if self.plan.points is None else self.plan.points)} - self.kills.keys())

    @property
    def missing(self) -> list[str]:
        """The points at which something must have ended, and nothing did: then the campaign shows less than
        it says."""
        return sorted(set(self.plan.expected) - self.kills.keys())

    @property
    def good(self) -> bool:
        """Whether nothing is wrong, and everything was tried."""
        return self.findings.green and not self.missing


def run(plan: Plan, *, tell: Callable[[str], None] = lambda _: None, keep: bool = False) -> Outcome:
    """Run a campaign and judge it."""
    began, at = time.monotonic(), datetime.now(UTC)
    shares = ILL if plan.ill else WELL
    cluster: Cluster | None = None
    book = Book(Path("/nonexistent"))
    phones = Phones(
        book, Dice(plan.seed, shares), "http://forbear.example", lambda: cluster.doors() if cluster else []
    )
    phones.lost = plan.lost_receipts
    mail = Mail(book, Dice(plan.seed + 1, shares))
    try:
        cluster = lay(
            apis=plan.apis,
            workers=plan.workers,
            seed=plan.seed,
            phones=phones.url,
            mail_port=mail.port,
            module=plan.module,
            points=plan.points,
            further=plan.environment,
        )
        book.path = cluster.folder / "provider.jsonl"
        campaign = Campaign(plan, cluster, phones, mail, tell)
        findings = campaign.run()
        return campaign.outcome(findings, began=at, took=time.monotonic() - began)
    finally:
        phones.close()
        mail.close()
        if cluster is not None:
            cluster.close(keep=keep)


class Campaign:
    """Everything of one campaign."""

    def __init__(
        self, plan: Plan, cluster: Cluster, phones: Phones, mail: Mail, tell: Callable[[str], None]
    ) -> None:
        """`tell` gets a line about how far it is, now and then."""
        self._plan, self._cluster, self._phones, self._mail, self._tell = plan, cluster, phones, mail, tell
        dice, zone = random.Random(plan.seed), zone_at_noon()

        def make(number: int) -> dict[str, Any]:
            borrower = number // (plan.borrowers * plan.each) * plan.borrowers + number % plan.borrowers
            person = self._facts.person(borrower) if plan.facts_every else None
            channels = ADAPTIVE_CHANNELS if plan.adaptive else plan.channels
            made = notice(number, borrower, dice.choice(list(channels)), zone, person=person)
            return {**made, "fan_out": "adaptive"} if plan.adaptive else made

        self._producer = Producer(
            doors=cluster.doors, path=cluster.folder / "accepted.jsonl", make=make, most=plan.notices
        )
        self._facts = Facts(
            doors=cluster.doors,
            phones=phones,
            producer=self._producer,
            path=cluster.folder / "facts.jsonl",
            seed=plan.seed,
            every=plan.facts_every,
        )
        self._clocks = cluster.folder / "clocks.jsonl"
        self._show(*WRONG_SECONDS)
        self._commands = Commands(cluster, every=COMMAND_SECONDS)
        self._enough = 0.0
        """When there were enough kills."""

    def run(self) -> Findings:
        """Hurt, let rest, judge."""
        self._hurt()
        wrong = self._rest()
        self._tell("judging")
        keep_people(self._cluster, self._facts)
        records = records_of(self._cluster, self._producer.notices)
        findings = judge(records)
        wrong += self._facts.wrong
        for one in wrong:
            findings.add(one)
        if self._plan.adaptive:
            self._take_again(findings, records)
        if self._plan.commands:
            self._let_go(findings, records)
        return findings

    def _take_again(self, findings: Findings, records: Records) -> None:
        """The service's own replay of each choice, from its entry of the log alone."""
        chosen = [line["index"] for line in lines(records.export) if line["kind"] == "choice"]
        counts, wrong = take_again(self._cluster.environment, chosen)
        findings.looked_at.update(counts)
        for one in wrong:
            findings.add(one)

    def outcome(self, findings: Findings, *, began: datetime, took: float) -> Outcome:
        """What came of it."""
        cluster = self._cluster
        return Outcome(
            plan=self._plan,
            findings=findings,
            began=began,
            took=took,
            folder=cluster.folder,
            surroundings=surroundings(cluster.database),
            records=digests(cluster.folder),
            kills=dict(cluster.kills),
            stalled=dict(cluster.stalled),
            thawed=dict(cluster.thawed),
            exits=dict(cluster.exits),
            cuts=dict(cluster.all_cuts()),
            commands=dict(self._commands.ended),
            database_kills=cluster.database_kills,
            receipts=dict(self._phones.receipts),
            provider=dict(Counter(line["did"] for line in self._phones.book.lines)),
            accepted=self._producer.accepted,
            repeated=self._producer.repeated,
        )

    def _hurt(self) -> None:
        """Load and kills at once, until there were enough of both."""
        plan, cluster = self._plan, self._cluster
        if plan.adaptive:
            teach(cluster.environment)
        for seat in cluster.seats:
            cluster.start(seat, armed=plan.points is not None)
        cluster.await_ready()
        self._producer.start(6, per_second=plan.per_second)
        if plan.facts_every:
            self._facts.start()
        began, told = time.monotonic(), 0.0
        turns = _turns(plan)
        cluster.lose_commits(plan.lost_commits)
        for seat in cluster.seats if plan.points is None else ():
            seat.point = "anywhere"
            seat.since = (
                time.monotonic() - plan.patience + cluster.dice.uniform(0.5, 2.0)
            )  # the first ones end early, one after another
        while (gone := self._gone(began)) < 1 or self._goes_on():
            if time.monotonic() - began > plan.seconds + 120 + 20 * plan.kills:
                raise RuntimeError(
                    f"only {self._killed} of {plan.kills} processes ended as they should; see "
                    f"{cluster.folder}"
                )
            cluster.bury(
                patience=plan.patience, left=None if plan.points is None else plan.kills - self._killed
            )
            if plan.commands:
                self._commands.tick()
            self._phones.pause = self._mail.pause = SLOW_SECONDS if cluster.draining else 0.0
            if turns and gone >= turns[0][0]:
                turns.pop(0)[1](cluster)
            if time.monotonic() - told > 5:
                told = time.monotonic()
                self._tell(
                    f"{self._killed} of {plan.kills} kills, {cluster.database_kills} of the database, "
                    f"{self._producer.accepted} notices accepted"
                )
            time.sleep(0.05)

    def _goes_on(self) -> bool:
        """Whether there were enough kills, and yet a point is missing that luck may still bring: its turn
        comes again and again."""
        self._enough = self._enough or time.monotonic()
        missing = {*self._plan.expected} - self._cluster.kills.keys()
        return bool(missing) and time.monotonic() - self._enough < LONGEST_OVERTIME

    @property
    def _killed(self) -> int:
        return sum(self._cluster.kills.values())

    def _gone(self, began: float) -> float:
        """Which share of the kills, of the time and of the notices is over, whichever is least."""
        kills = self._killed / self._plan.kills if self._plan.kills else 1.0
        seconds = (time.monotonic() - began) / self._plan.seconds if self._plan.seconds else 1.0
        posted = self._producer.accepted / self._plan.notices if self._plan.notices else 1.0
        return min(kills, seconds, posted)

    def _rest(self) -> list[str]:
        """Let everything come to its end: no faults any more, and a clock that is moved on until every
        question was asked. Returns what is wrong with the commands."""
        plan, cluster = self._plan, self._cluster
        self._tell("the faults end; what is under way comes to its end")
        self._phones.dice.shares = self._mail.dice.shares = WELL
        self._phones.pause = self._mail.pause = 0.0
        cluster.lose_commits(0.0)
        cluster.disarm()
        cluster.await_ready()
        self._producer.stop()
        if not self._producer.wait(60) or not self._facts.stop(120):
            raise RuntimeError("posts did not come to their end")
        keep_metrics(cluster)
        quiet(cluster.database, WORK.format(hours=0), plan.rest)
        wrong = self._commands.finish_rotation() if plan.commands else []
        if plan.commands:  # from here on every process knows the new secret key alone
            cluster.stop()
            for seat in cluster.seats:
                cluster.start(seat, armed=False)
            cluster.await_ready()
        # Later hours: unknown attempts and receipts that never came are asked about, retries that were
        # put off fall due.
        last = max(plan.hours, default=0.0)
        further = (
            [last + number * FURTHER_HOURS for number in range(1, MOST_FURTHER + 1)] if plan.hours else []
        )
        for hours in (*plan.hours, *further):
            if hours > last and not count(cluster.database, ASKED):
                break
            cluster.stop()
            self._show(hours * 3600, hours * 3600)
            for seat in cluster.seats:
                cluster.start(seat, armed=False, clock=hours * 3600)
            cluster.await_ready()
            quiet(cluster.database, WORK.format(hours=hours), plan.rest)
            keep_metrics(cluster)
            if not count(cluster.database, OPEN.format(hours=last)):
                break
        return wrong

    def _show(self, least: float, most: float) -> None:
        """From now on the workers' clocks are ahead by so many seconds."""
        with self._clocks.open("a") as file:
            file.write(json.dumps({"at": time.time(), "least": least, "most": most}) + "\n")

    def _let_go(self, findings: Findings, records: Records) -> None:
        """In the end years have gone by, and records go that nothing keeps any more."""
        self._tell("years go by; records are let go")
        before = rows_of(self._cluster.database)
        for one in self._commands.let_go(lambda: rows_of(self._cluster.database)):
            findings.add(one)
        judge_retention(findings, before, rows_of(self._cluster.database))
        later = records_of(self._cluster, self._producer.notices, "-after-retention")
        judge_log_again(findings, records.verifier_key, later.export, [records.checkpoint, later.checkpoint])


def _turns(plan: Plan) -> list[tuple[float, Callable[[Cluster], None]]]:
    """When PostgreSQL is killed and when the network is cut: at which share of the campaign."""
    kills = [
        ((number + 1) / (plan.database_kills + 1), Cluster.kill_database)
        for number in range(plan.database_kills)
    ]
    cuts = [((2 * number + 1) / (2 * plan.cuts + 1), Cluster.cut_all) for number in range(plan.cuts)]
    return sorted((*kills, *cuts), key=lambda turn: turn[0])


FURTHER_HOURS, MOST_FURTHER = 2.0, 10
"""Moves of the clock beyond the last of the plan, for what left at the last: a window of six days is not
over then."""
COMMAND_SECONDS = 20.0
SLOW_SECONDS = 1.2
"""How long the providers take to answer while a worker is to end with something in its lanes."""
WRONG_SECONDS = (-45.0, AHEAD_SECONDS[1])
"""By how much a worker's clock is wrong while the faults last, at least and at most."""
