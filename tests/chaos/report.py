"""The campaign's report: what was promised, what was tried, in which surroundings, what was found, and how to
do it again."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from service.failpoints import POINTS
from tests.chaos.points import kind_of

if TYPE_CHECKING:
    from tests.chaos.campaign import Outcome

ROOT = Path(__file__).parents[2]
PACKAGES = ("asyncpg", "fastapi", "uvicorn", "pydantic", "twilio", "aiosmtplib", "cryptography", "tzdata")
BEHAVIOURS = {
    "take": "took it and said so",
    "hang": "took it and never answered",
    "cut after": "took it and cut the connection",
    "cut before": "cut the connection without taking it",
    "oops after": "took it and answered 500",
    "busy": "did not take it and answered 429, or 451 for a mail",
    "refuse": "refused it for good",
}
PROMISES = (
    ("DOUBLE", "Nobody hears the same notice twice on a channel", "messages that the provider took"),
    ("CAP", "No cap is exceeded at any instant, in any window", "borrowers who were reached"),
    ("LOST", "Every 202 is in the store, with every channel", "notices with a 202"),
    ("LIMBO", "Every delivery rests in a known state, with a reason where one is owed", "notices with a 202"),
    (
        "UNKNOWN",
        "Every unknown outcome is settled, or held with a reason",
        "attempts whose outcome was unknown",
    ),
    ("UNCOUNTED", "Whatever the provider took counts", "messages that the provider took"),
    (
        "CHOICE",
        "Each adaptive notice is chosen for once, every choice is replayed equal, and nothing else is sent",
        "choices that were drawn again",
    ),
    ("LOG", "The log verifies, and agrees with the provider and the store", "log entries verified"),
    (
        "RETENTION",
        "What nothing keeps any more goes whole; everything else stays as it was",
        "notices that retention let go",
    ),
)
"""What each kind of finding would break, and what was looked at for it."""
ADAPTIVE = ", all of them adaptive under a learning policy that is live for each lender"


def surroundings(database: str) -> dict[str, str]:
    """What was tried, and on what: the commit, the machine, the versions."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT version(), current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    assert row is not None
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "Forbear": f"{version('forbear')}, commit {_commit()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Libraries": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "PostgreSQL": f"{row[0].partition(' on ')[0]}, fsync {row[1]}, synchronous_commit {row[2]}",
        "System": (
            f"{release.get('PRETTY_NAME', platform.system())}, Linux {platform.release()}, "
            f"{platform.machine()}"
        ),
        "Machine": (
            f"{len(os.sched_getaffinity(0))} processors, {memory:.0f} GB of memory, load "
            f"{os.getloadavg()[2]:.1f} in the last 15 minutes"
        ),
    }


def _commit() -> str:
    """The commit, and whether anything was changed since."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (
            " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown: no repository"


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each record that was judged, by the name of its file."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((*folder.glob("*.jsonl"), *folder.glob("*.txt")))
    }


def report(outcome: Outcome) -> str:
    """The campaign in words and numbers, to be filed."""
    plan, findings = outcome.plan, outcome.findings
    parts = [
        f"# Fault campaign, seed {plan.seed}, {outcome.began:%Y-%m-%d %H:%M} UTC",
        _verdict(outcome),
        "## Surroundings",
        _table(outcome.surroundings, ("of", "what ran")),
        _deployment(outcome),
        "## What was promised, and what was found",
        _promises(outcome),
        "\n".join(f"- {one}" for one in findings.wrong),
        "## What was tried",
        *_tried(outcome),
        "## What was judged",
        (
            "`tests/chaos/checker.py` judged, which shares no code with the dispatcher: by the provider's "
            "own record, written before each of its"
            " answers; the upstream system's record of its 202s; the exported log, verified with "
            "`docs/verify_log.py`; the store, by SQL of its own."
        ),
        _table(dict(sorted(findings.looked_at.items())), ("records", "how many")),
        "The files that were judged, all in one folder, by their SHA-256:",
        _table({f"`{name}`": f"`{digest}`" for name, digest in outcome.records.items()}, ("file", "digest")),
        "## What this does not show",
        (
            "The providers are doubles: this shows what our side does, not what a real one would. All "
            "processes ran on one machine. The seed fixes"
            " what is drawn, not the machine's timing, so that a replay tries the same and need not meet "
            "the same instant."
        ),
        "## Replay",
        f"    make chaos SEED={plan.seed} KILLS={plan.kills} SECONDS={plan.seconds:g}"
        + (" ADAPTIVE=1" if plan.adaptive else ""),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(outcome: Outcome) -> str:
    plan, killed = outcome.plan, sum(outcome.kills.values())
    ended = outcome.began + timedelta(seconds=outcome.took)
    found = (
        "No fault was found."
        if outcome.findings.green
        else f"**{len(outcome.findings.wrong)} faults were found.**"
    )
    whole = f"**Not complete: no process ended at {', '.join(outcome.missing)}.**" if outcome.missing else ""
    text = (
        f"{plan.apis} API and {plan.workers} worker processes on one PostgreSQL were hurt until at least "
        f"{plan.kills} processes had ended as"
        f" kill -9 ends them and {plan.seconds:g} s were over; {killed} ended so, at "
        f"{len(outcome.kills.keys() & set(POINTS))} of the"
        f" {len(POINTS)} points that `service/failpoints.py` names. Then the faults ended, everything came "
        "to rest, and the records were judged."
        f" It took {outcome.took:.0f} s, until {ended:%Y-%m-%d %H:%M} UTC."
    )
    return " ".join(one for one in (found, whole, text) if one)


def _deployment(outcome: Outcome) -> str:
    plan = outcome.plan
    return (
        f"An upstream system posted {outcome.accepted} notices, about {plan.per_second:g} a second, "
        f"{plan.each} to each borrower over three"
        f" channels{ADAPTIVE if plan.adaptive else ''}, each with an Idempotency-Key; it repeated a post"
        f" {outcome.repeated} times because no answer came. `house-strict` allows"
        " 3 contacts in 7 dates. PostgreSQL, processes, provider doubles and the network between them are "
        "real and on one machine."
    )


def _tried(outcome: Outcome) -> list[str]:
    plan = outcome.plan
    points = POINTS if plan.points is None else plan.points
    rows = {
        f"`{point}`: {POINTS[point]} | {kind_of(point)}": (
            f"{outcome.kills.get(point, 0)} | {outcome.thawed.get(point, 0)}"
        )
        for point in points
    }
    at_points = sum(outcome.kills.get(point, 0) for point in points)
    anywhere = sum(outcome.kills.values()) - at_points
    return [
        f"**Processes ended as kill -9 ends them**, {at_points} at a named point:",
        _table(rows, ("point", "process | killed | frozen, taken for dead, gone on")).replace(
            "| --- | --- |", "| --- | --- | --- | --- |"
        ),
        (
            f"At a moment of nobody's choosing {anywhere}: those with which the campaign began, those that "
            "were frozen before, and those that did"
            " not pass their point in time. Points at which none ended: "
            f"{', '.join(outcome.unreached) or 'none'}."
        ),
        f"**PostgreSQL's own process** was killed and started again {outcome.database_kills} times.",
        _table(dict(sorted(outcome.cuts.items())), ("network to PostgreSQL cut", "times")),
        _clocks(outcome),
        _table(dict(sorted(outcome.commands.items())), ("commands beside the service", "times")),
        _table(
            {BEHAVIOURS.get(what, what): number for what, number in sorted(outcome.provider.items())},
            ("the provider", "messages"),
        ),
        _table(dict(sorted(outcome.receipts.items())), ("receipts", "how many")),
        _table(
            dict(sorted(outcome.exits.items())),
            ("processes that ended by themselves: 0 after SIGTERM, else PostgreSQL was away", "times"),
        ),
    ]


def _clocks(outcome: Outcome) -> str:
    text = (
        "**Clocks**: two of five restarted processes were 45 seconds ahead or behind; one that was to "
        "ask about unknown outcomes was 2 to 10 minutes ahead"
    )
    hours = max(outcome.plan.hours, default=0)
    return (
        f"{text}; in the end the workers' clocks were moved on by up to {hours:g} hours."
        if hours
        else f"{text}."
    )


def _promises(outcome: Outcome) -> str:
    kinds = {kind for kind, _, _ in PROMISES}
    found = Counter(one.partition(":")[0] for one in outcome.findings.wrong)
    others = sum(count for kind, count in found.items() if kind not in kinds)
    lines = ["| promise | looked at | broken |", "| --- | --- | --- |"]
    lines += [
        f"| {promise} | {outcome.findings.looked_at[where]} {where} | {found[kind]} |"
        for kind, promise, where in PROMISES
    ]
    return "\n".join([*lines, f"| Nothing else is wrong | all records | {others} |"])


def _table(rows: Mapping[str, object], heads: tuple[str, str]) -> str:
    if not rows:
        return ""
    return f"| {heads[0]} | {heads[1]} |\n| --- | --- |\n" + "\n".join(
        f"| {what} | {number} |" for what, number in rows.items()
    )
