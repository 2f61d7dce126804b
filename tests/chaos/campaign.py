"""One campaign: load, faults, rest, judgement, report."""

from __future__ import annotations

import json
import random
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from service.faults import POINTS
from tests.chaos.checker import Findings, Records, judge
from tests.chaos.cluster import API_POINTS, DRAIN_POINTS, KEY, WORKER_POINTS, Cluster, lay
from tests.chaos.producer import Producer, notice, zone_at_noon
from tests.chaos.provider import ILL, WELL, Book, Dice, Mail, Phones

CAP = 3
"""house-strict: contacts in seven dates, over all channels."""
CHANNELS = (("sms",), ("email",), ("voice",), ("sms", "email"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a campaign tries. The same plan and seed try the same again, as far as the machine's own timing allows."""

    seed: int
    kills: int = 300
    seconds: float = 0.0
    """Keep on at least so long."""
    borrowers: int = 150
    notices: int = 900
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
    lost_commits: float = 0.005
    """The share of commits whose reply is lost with the connection."""
    points: Sequence[str] | None = None
    """The points at which processes end; every one without it."""
    hours: Sequence[float] = (0.05, 0.2, 0.8, 3, 10, 23, 40, 60)
    """By how much the clock is moved on in the end, until every question is answered."""
    rest: float = 180.0
    """Seconds that what is under way may take to end, once nothing is hurt any more."""
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 12.0
    """Seconds after which an armed process that has not reached its point is killed wherever it is."""
    module: str = "service"
    channels: Sequence[tuple[str, ...]] = CHANNELS


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    plan: Plan
    findings: Findings
    kills: dict[str, int]
    stalled: dict[str, int]
    thawed: dict[str, int]
    cuts: dict[str, int]
    database_kills: int
    began: datetime
    receipts: dict[str, int]
    provider: dict[str, int]
    accepted: int
    repeated: int
    took: float
    folder: Path
    unreached: list[str] = field(default_factory=list)


def run(plan: Plan, *, tell: Callable[[str], None] = lambda _: None, keep: bool = False) -> Outcome:
    """Run a campaign and judge it."""
    began, at = time.monotonic(), datetime.now(UTC)
    shares = ILL if plan.ill else WELL
    cluster: Cluster | None = None
    book = Book(Path("/nonexistent"))
    phones = Phones(book, Dice(plan.seed, shares), "http://forbear.example", lambda: cluster.doors() if cluster else [])
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
        dice, zone = random.Random(plan.seed), zone_at_noon()
        notices = [notice(number, number % plan.borrowers, dice.choice(list(plan.channels)), zone) for number in range(plan.notices)]
        producer = Producer(doors=cluster.doors, path=cluster.folder / "accepted.jsonl", notices=notices)
        _hurt(plan, cluster, producer, tell)
        _rest(plan, cluster, producer, phones, mail, tell)
        records = _records(cluster, notices)
        tell("judging")
        findings = judge(records)
        points = {*API_POINTS, *WORKER_POINTS, *DRAIN_POINTS} if plan.points is None else set(plan.points)
        return Outcome(
            plan=plan,
            findings=findings,
            kills=dict(cluster.kills),
            stalled=dict(cluster.stalled),
            thawed=dict(cluster.thawed),
            cuts=dict(cluster.wire.cut) if cluster.wire else {},
            began=at,
            database_kills=cluster.database_kills,
            receipts=dict(phones.receipts),
            provider=_tally(book),
            accepted=producer.accepted,
            repeated=producer.repeated,
            took=time.monotonic() - began,
            folder=cluster.folder,
            unreached=sorted(points - cluster.kills.keys()),
        )
    finally:
        phones.close()
        mail.close()
        if cluster is not None:
            cluster.close(keep=keep)


def _tally(book: Book) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in book.lines:
        found[line["did"]] = found.get(line["did"], 0) + 1
    return found


def _hurt(plan: Plan, cluster: Cluster, producer: Producer, tell: Callable[[str], None]) -> None:
    """Load and kills at once, until there were enough of both."""
    for seat in cluster.seats:
        cluster.start(seat, armed=plan.points is not None)
    cluster.await_ready()
    producer.start(6, per_second=plan.per_second)
    began, done, told = time.monotonic(), 0, 0.0
    turns = [(plan.kills * (number + 1) // (plan.database_kills + 1), "database") for number in range(plan.database_kills)]
    turns += [(plan.kills * (2 * number + 1) // (2 * plan.cuts + 1), "network") for number in range(plan.cuts)]
    turns.sort()
    assert cluster.wire is not None
    cluster.wire.lost_commits = plan.lost_commits
    for seat in cluster.seats if plan.points is None else ():
        seat.point = "anywhere"
        seat.since = time.monotonic() - plan.patience + cluster.dice.uniform(0.5, 2.0)  # the first ones end early, one after another
    while done < plan.kills or time.monotonic() - began < plan.seconds:
        if time.monotonic() - began > plan.seconds + 120 + 20 * plan.kills:
            raise RuntimeError(f"only {done} of {plan.kills} processes ended as they should; see {cluster.folder}")
        done += cluster.bury(patience=plan.patience, left=None if plan.points is None else plan.kills - done)
        if turns and done >= turns[0][0]:
            _, what = turns.pop(0)
            if what == "database":
                cluster.kill_database()
            else:
                cluster.wire.cut_all()
        if time.monotonic() - told > 5:
            told = time.monotonic()
            tell(f"{done} of {plan.kills} kills, {cluster.database_kills} of the database, {producer.accepted} notices accepted")
        time.sleep(0.05)


def _rest(plan: Plan, cluster: Cluster, producer: Producer, phones: Phones, mail: Mail, tell: Callable[[str], None]) -> None:
    """Let everything come to its end: no faults any more, and a clock that is moved on until every question was asked."""
    tell("the faults end; what is under way comes to its end")
    phones.dice.shares = mail.dice.shares = WELL
    assert cluster.wire is not None
    cluster.wire.lost_commits = 0.0
    cluster.disarm()
    cluster.await_ready()
    producer.stop()
    if not producer.wait(60):
        raise RuntimeError("posts did not come to their end")
    _quiet(cluster.database, "d.state IN ('due', 'sending')", plan.rest)
    # Later hours: unknown attempts and receipts that never came are asked about, retries that were put off fall due.
    for hours in plan.hours:
        for seat in [one for one in cluster.seats if one.kind == "worker"][:2]:
            if seat.running is not None:
                seat.running.terminate()
                seat.running.wait(30)
            cluster.start(seat, armed=False, clock=hours * 3600)
        _quiet(cluster.database, WORK.format(hours=hours), 120)
        if not _count(cluster.database, OPEN):
            break


OPEN = "d.state IN ('due', 'sending', 'unknown') OR (d.state = 'accepted' AND d.channel <> 'email')"
WORK = """
    d.state = 'sending' OR (d.state IN ('due', 'deferred') AND d.due_at <= now() + interval '{hours} hours')
    OR EXISTS (SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no AND a.channel = d.channel
               AND a.look_up_at <= now() + interval '{hours} hours' + interval '2 minutes')
"""
"""What workers have to do whose clocks are so many hours ahead. A question that was taken up shows for the two minutes of its turn."""


def _count(url: str, where: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM deliveries d WHERE {where}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def _quiet(url: str, where: str, seconds: float) -> None:
    """Wait until no delivery is like that, or until the time is over: the checker says what is left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _count(url, where):
        time.sleep(0.25)


def _records(cluster: Cluster, notices: Sequence[dict[str, Any]]) -> Records:
    """What the checker reads: the export as an auditor gets it, over HTTP."""
    door = cluster.doors()[0]

    def get(path: str) -> bytes:
        request = urllib.request.Request(door + path, headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            body: bytes = answer.read()
        return body

    export, checkpoint = cluster.folder / "export.jsonl", cluster.folder / "checkpoint.txt"
    _quiet_log(cluster.database)
    export.write_bytes(get("/v1/log/export"))
    size = export.read_bytes().count(b"\n")
    checkpoint.write_bytes(get(f"/v1/log/checkpoint?size={size}"))
    key = get("/v1/log/key").decode().split("\n")[0]
    debts = {one["debt"]["amount_due"]: one["borrower"]["id"] for one in notices}
    return Records(
        provider=cluster.folder / "provider.jsonl",
        accepted=cluster.folder / "accepted.jsonl",
        export=export,
        checkpoint=checkpoint,
        verifier_key=key,
        database=cluster.database,
        cap=CAP,
        window=timedelta(days=6),
        debts=debts,
    )


def _quiet_log(url: str) -> None:
    """Wait until everything is sealed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM log_entries) - (SELECT COALESCE(max(size), 0) FROM log_checkpoints)"
            ).fetchone()
        if row is not None and row[0] == 0:
            return
        time.sleep(0.2)


def report(outcome: Outcome) -> str:
    """The campaign in words and numbers, to be filed."""
    plan, findings = outcome.plan, outcome.findings
    verdict = "No fault was found." if findings.green else f"**{len(findings.wrong)} faults were found.**"
    points = {*API_POINTS, *WORKER_POINTS, *DRAIN_POINTS} if plan.points is None else set(plan.points)
    parts = [
        f"# Fault campaign, seed {plan.seed}, {outcome.began:%Y-%m-%d %H:%M} UTC",
        (
            f"{verdict} {plan.apis} API and {plan.workers} worker processes on one PostgreSQL were hurt for as long as it took to end"
            f" {sum(outcome.kills.values())} of them; with the rest at the end the campaign took {outcome.took:.0f} s."
        ),
        "## What was promised, and what was found",
        _promises(outcome),
        "\n".join(f"- {one}" for one in findings.wrong),
        "## What was done",
        (
            f"An upstream system posted {outcome.accepted} notices and repeated a post {outcome.repeated} times because no answer came."
            f" {sum(outcome.kills.values())} processes ended as kill -9 ends them, PostgreSQL's own {outcome.database_kills} times."
            " Clocks of restarted processes were wrong by up to 45 seconds either way, then moved on by up to 60 hours in the end."
        ),
        _table({f"`{point}`: {POINTS[point]}": outcome.kills.get(point, 0) for point in sorted(points)}, "processes ended at"),
        (
            f"At a moment of nobody's choosing: {outcome.kills.get('anywhere', 0)}, since the process did not pass its point in"
            f" {plan.patience:g} s. Points at which none ended: {', '.join(outcome.unreached) or 'none'}."
        ),
        _table(
            {f"`{point}`": count for point, count in sorted(outcome.thawed.items())}, "processes frozen until others took them for dead"
        ),
        _table(dict(sorted(outcome.cuts.items())), "network to PostgreSQL cut"),
        _table({f"{what}": count for what, count in sorted(outcome.provider.items())}, "the providers' answers"),
        _table(dict(sorted(outcome.receipts.items())), "receipts"),
        "## What was looked at",
        _table(dict(sorted(findings.looked_at.items())), "records"),
        "## What this does not show",
        (
            "The providers are doubles: this shows what our side does, not what a real one would. The seed fixes what is drawn, not the machine's"
            " timing, so that a replay tries the same and need not meet the same instant."
        ),
        "## Replay",
        f"    make chaos SEED={plan.seed} KILLS={plan.kills} SECONDS={plan.seconds:g}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


PROMISES = (
    ("DOUBLE", "Nobody hears the same notice twice on a channel", "messages that the provider took"),
    ("CAP", "No cap is exceeded in any window", "borrowers who were reached"),
    ("LOST", "Every 202 is in the store, with every channel", "notices with a 202"),
    ("LIMBO", "Every delivery rests in a known state", "notices with a 202"),
    ("UNKNOWN", "Every unknown outcome is settled, or held with a reason", "attempts whose outcome was unknown"),
    ("UNCOUNTED", "Whatever the provider took counts", "messages that the provider took"),
    ("LOG", "The log verifies, and agrees with the provider", "log entries verified"),
)
"""What each kind of finding would break, and what was looked at for it."""


def _promises(outcome: Outcome) -> str:
    kinds = {kind for kind, _, _ in PROMISES}
    found = Counter(one.partition(":")[0] for one in outcome.findings.wrong)
    others = sum(count for kind, count in found.items() if kind not in kinds)
    lines = ["| promise | looked at | broken |", "| --- | --- | --- |"]
    lines += [f"| {promise} | {outcome.findings.looked_at[where]} {where} | {found[kind]} |" for kind, promise, where in PROMISES]
    return "\n".join([*lines, f"| Nothing else is wrong | all records | {others} |"])


def _table(rows: dict[str, int], what: str) -> str:
    if not rows:
        return ""
    return f"| {what} | times |\n| --- | --- |\n" + "\n".join(f"| {what} | {count} |" for what, count in rows.items())


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.chaos.campaign SEED KILLS SECONDS REPORT`."""
    seed, kills, seconds, path = int(arguments[0]), int(arguments[1]), float(arguments[2]), Path(arguments[3])
    notices = max(900, 10 * kills)  # enough that the load lasts as long as the kills do: an idle process reaches no point
    plan = Plan(
        seed=seed,
        kills=kills,
        seconds=seconds,
        borrowers=notices // 4,
        notices=notices,
        database_kills=2 + kills // 100,
        cuts=2 + kills // 50,
    )
    outcome = run(plan, tell=lambda text: print(text, file=sys.stderr, flush=True), keep=True)
    text = report(outcome)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(text)
    print(f"The report is {path}; the records stay in {outcome.folder}.", file=sys.stderr)
    print(json.dumps({"green": outcome.findings.green, "kills": sum(outcome.kills.values())}), file=sys.stderr)
    return 0 if outcome.findings.green else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
