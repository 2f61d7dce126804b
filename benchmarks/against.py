"""`python -m benchmarks against REV`: what work costs in this build, against another revision of it, side by
side on stores with a past.

Each build stands on a PostgreSQL of its own. They take turns within every round, so that what else the
machine does falls on both; a row shows the medians of what an item costs in processor time and write-ahead
log, and of the ratios of the rounds, with their spread. What goes over the wire is counted in a pass of its
own."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from benchmarks import past
from benchmarks.builds import Build, checked_out, standing
from benchmarks.cost import Cost, until_idle
from benchmarks.ground import ROOT
from benchmarks.peer import peer_cost
from benchmarks.wire import ROUND_TRIPS, STATEMENTS, Proxy

BATCH = 500
WARM = 300
"""Deliveries before those that are measured: the first ones open connections and compile templates."""
LONG = 10
"""Borrowers with ten thousand events."""
IDLE_SECONDS = 10

SINGLE, BATCHED = "intake, single POSTs", f"intake, batches of {BATCH}"
NONE, TEN, THIRTY = "delivery without history", "delivery, 10 contacts", "delivery, 30 contacts"
QUIET = "delivery, 10 contacts, statistics of a quiet time"
CONTACTS = {QUIET: 10, NONE: 0, TEN: 10, THIRTY: 30}
EVENTS, IDLE = "decision at 10,000 events", "a second of an idle worker"
TWO, FOUR = "delivery, two workers", "delivery, four workers"
WORKERS = {TWO: 2, FOUR: 4}
AGAIN = "warm again"
PEER = "a hand-made peer's delivery"
ROWS = (SINGLE, BATCHED, *CONTACTS, EVENTS, IDLE, *WORKERS)


class Wire(NamedTuple):
    """What an item sends to PostgreSQL."""

    statements: float
    round_trips: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int
    minutes: float
    """After which no further round begins."""
    past: int
    """Borrowers with a past."""
    deliveries: int
    singles: int
    rows: Sequence[str]


@dataclass(slots=True)
class Seen:
    """What was measured of one build."""

    costs: defaultdict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))
    wires: dict[str, Wire] = field(default_factory=dict)


def _instants() -> Iterator[datetime]:
    """Instants of the day after tomorrow, each of them once: what falls due then is one group."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    while True:
        at += timedelta(seconds=1)
        yield at


INSTANTS = _instants()
Groups = dict[str, datetime]
"""When each group of deliveries is due."""


def _intake(build: Build, seen: Seen, scale: Scale) -> Groups:
    """Hand in what the round delivers, and measure that; returns when each group is due."""
    sizes = {name: scale.deliveries for name in (*CONTACTS, *WORKERS) if name in scale.rows}
    sizes |= {EVENTS: LONG} if EVENTS in scale.rows else {}
    sizes |= dict.fromkeys((AGAIN, *map(_warm, (1, *WORKERS.values()))), WARM)
    due = {name: next(INSTANTS) for name in sizes}
    build.connection.execute("ANALYZE")  # nothing waits, and nothing is under way
    build.connection.execute("CHECKPOINT")
    with build.api() as (running, url):
        build.hand_in(url, build.notices(WARM, next(INSTANTS)), 50)
        until_idle(running.pid)  # an API goes on with its start beside the first requests
        if SINGLE in scale.rows:
            bodies = build.notices(scale.singles, next(INSTANTS))
            meter = build.meter(running)
            build.post(url, "/v1/notices", bodies, 32)
            seen.costs[SINGLE].append(meter.per(len(bodies)))
        bodies = [body for name, size in sizes.items() for body in build.notices(size, due[name])]
        meter = build.meter(running)
        build.hand_in(url, bodies, BATCH)
        seen.costs[BATCHED].append(meter.per(len(bodies)))
    for name in due.keys() & {name for name, each in CONTACTS.items() if each}:
        past.contacts(build.connection, due[name], CONTACTS[name])
    if EVENTS in due:
        build.with_events(due[EVENTS])
    return due


def _warm(workers: int) -> str:
    return f"warm {workers}"


def _deliver(
    build: Build, due_at: datetime, running: Sequence[subprocess.Popen[str]], *, all_sent: bool
) -> Cost:
    """Let a group fall due in front of workers; what each of it cost. Raises RuntimeError where not all were
    accepted."""
    time.sleep(1.0)  # until the log of what was before is sealed, and the workers wait again
    count = past.release(build.connection, due_at)
    meter = build.meter(*running)
    build.until_settled(running)
    cost = meter.per(count)
    accepted = past.accepted(build.connection, due_at)
    if all_sent and accepted != count:
        raise RuntimeError(f"{build.name}: {accepted} of {count} deliveries were accepted")
    return cost


def _deliveries(build: Build, due: Groups, seen: Seen, rows: Sequence[str]) -> None:
    """One worker for the rows without a number of them, then the others with theirs. But for the first row
    statistics are taken while everything else waits, and half of the warming is done with them."""
    with build.workers(1) as running:
        _deliver(build, due[_warm(1)], running, all_sent=True)
        for name in (*CONTACTS, EVENTS):
            if name != QUIET and AGAIN in due:
                build.connection.execute("ANALYZE")
                _deliver(build, due.pop(AGAIN), running, all_sent=True)
            if name in due:
                seen.costs[name].append(_deliver(build, due[name], running, all_sent=name != EVENTS))
        if IDLE in rows:
            time.sleep(1.0)
            meter = build.meter(*running)
            time.sleep(IDLE_SECONDS)
            seen.costs[IDLE].append(meter.per(IDLE_SECONDS))
    for name, workers in WORKERS.items():
        if name in due:
            with build.workers(workers) as running:
                _deliver(build, due[_warm(workers)], running, all_sent=True)
                seen.costs[name].append(_deliver(build, due[name], running, all_sent=True))


def _count(build: Build, seen: Seen, scale: Scale) -> None:
    """Count what goes over the wire for the deliveries of one worker, and for what an API takes in, through a
    proxy; nothing is timed."""
    some = replace(scale, rows=[one for one in scale.rows if one in CONTACTS and one != QUIET])
    due = _intake(build, Seen(), some)
    with Proxy(build.socket()) as proxy, build.workers(1, build.through(proxy.port)) as running:
        _deliver(build, due[_warm(1)], running, all_sent=True)
        for name in due.keys() & CONTACTS:
            before = proxy.seen.copy()
            _deliver(build, due[name], running, all_sent=True)
            seen.wires[name] = _wire(proxy.seen - before, scale.deliveries)
    with Proxy(build.socket()) as proxy, build.api(build.through(proxy.port)) as (_, url):
        build.hand_in(url, build.notices(WARM, next(INSTANTS)), 50)
        for name, count in ((SINGLE, WARM), (BATCHED, 2 * BATCH)):
            bodies, before = build.notices(count, next(INSTANTS)), proxy.seen.copy()
            if name == SINGLE:
                build.post(url, "/v1/notices", bodies, 32)
            else:
                build.hand_in(url, bodies, BATCH)
            seen.wires[name] = _wire(proxy.seen - before, count)


def _wire(counted: Counter[str], items: int) -> Wire:
    return Wire(*(sum(counted[one] for one in letters) / items for letters in (STATEMENTS, ROUND_TRIPS)))


def compare(revision: str, scale: Scale, *, peer: bool) -> Iterator[str]:
    """Measure both builds; yields the lines of a table."""
    with checked_out(revision) as (root, python), ExitStack() as stack:
        pair = [
            stack.enter_context(standing(name, *files, scale.past))
            for name, files in (("this build", (ROOT, sys.executable)), (revision, (root, python)))
        ]
        seen = {build.name: Seen() for build in pair}
        begun, longest = time.monotonic(), 0.0
        for number in range(scale.rounds):
            # the pass that counts takes as long as half a round
            if number and time.monotonic() - begun + 1.5 * longest > scale.minutes * 60:
                print(f"  {number} of {scale.rounds} rounds fit the time", file=sys.stderr, flush=True)
                break
            round_begun = time.monotonic()
            for build in pair if number % 2 else pair[::-1]:
                print(f"  round {number + 1} of {scale.rounds}: {build.name}", file=sys.stderr, flush=True)
                _deliveries(build, _intake(build, seen[build.name], scale), seen[build.name], scale.rows)
                print(_round(seen[build.name]), file=sys.stderr, flush=True)
            longest = max(longest, time.monotonic() - round_begun)
        ours, theirs = (seen[build.name] for build in pair)
        yield (
            "| what | this build: own + PostgreSQL, µs | "
            + revision
            + " | ratio of processor time (spread) | WAL, bytes | ratio (spread) |"
        )
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from (
            _line(name, ours.costs[name], theirs.costs[name]) for name in scale.rows if ours.costs[name]
        )
        if peer:
            yield _peer_line(ours.costs)
        yield from _derived(ours.costs, theirs.costs, revision)
        for build in pair:
            print(f"  counting: {build.name}", file=sys.stderr, flush=True)
            _count(build, seen[build.name], scale)
    yield ""
    yield "| what | statements for each | ratio | round trips for each | ratio |"
    yield "| --- | --- | --- | --- | --- |"
    yield from (_wire_line(name, ours.wires[name], theirs.wires[name]) for name in ROWS if name in ours.wires)


def _round(seen: Seen) -> str:
    """What the last round brought of each row, for whoever waits."""
    last = ((name, costs[-1]) for name, costs in seen.costs.items())
    return "\n".join(
        f"    {name}: {one.ours:,.0f} + {one.postgres:,.0f} µs, {one.wal:,.0f} bytes" for name, one in last
    )


def _shown(costs: Sequence[Cost]) -> str:
    return (
        f"{statistics.median(c.ours for c in costs):,.0f} + "
        f"{statistics.median(c.postgres for c in costs):,.0f}"
    )


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the rounds' ratios, and the lowest and highest of them."""
    found = sorted(one / other for one, other in zip(ours, theirs, strict=True) if other > 0)
    return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})" if found else "none"


def _line(name: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> str:
    wal = [[one.wal for one in costs] for costs in (ours, theirs)]
    bytes_ = " against ".join(f"{statistics.median(one):,.0f}" for one in wal)
    processor = _ratio([one.processor for one in ours], [one.processor for one in theirs])
    return f"| {name} | {_shown(ours)} | {_shown(theirs)} | {processor} | {bytes_} | {_ratio(*wal)} |"


PROCESSOR, WAL = "processor", "wal"
DERIVED: tuple[tuple[str, str, str, str, float], ...] = (
    ("each contact more, µs of processor time", PROCESSOR, THIRTY, TEN, 20),
    ("each contact more, bytes of log", WAL, THIRTY, TEN, 20),
    ("30 contacts against none", PROCESSOR, THIRTY, NONE, 0),
    ("two workers against one", PROCESSOR, TWO, NONE, 0),
    ("four workers against one", PROCESSOR, FOUR, NONE, 0),
)
"""What follows from two rows of one round: their difference for each of so many, or, with 0, their ratio."""


def _derived(ours: dict[str, list[Cost]], theirs: dict[str, list[Cost]], revision: str) -> Iterator[str]:
    """What two rows of a build say together."""
    known = [one for one in DERIVED if ours.get(one[2]) and ours.get(one[3])]
    if not known:
        return
    yield ""
    yield f"| of the same rounds | this build (spread) | {revision} (spread) |"
    yield "| --- | --- | --- |"
    for name, field_, more, less, each in known:
        shown = []
        for costs in (ours, theirs):
            pairs = [
                (getattr(one, field_), getattr(other, field_))
                for one, other in zip(costs[more], costs[less], strict=True)
            ]
            found = sorted((one - other) / each if each else one / other for one, other in pairs)
            shown.append(f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})")
        yield f"| {name} | {shown[0]} | {shown[1]} |"


def _wire_line(name: str, ours: Wire, theirs: Wire) -> str:
    return (
        f"| {name} | {ours.statements:.3f} against {theirs.statements:.3f} | "
        f"{ours.statements / theirs.statements:.2f} "
        f"| {ours.round_trips:.3f} against {theirs.round_trips:.3f} | "
        f"{ours.round_trips / theirs.round_trips:.2f} |"
    )


def _peer_line(costs: dict[str, list[Cost]]) -> str:
    """The hand-made peer beside this build's delivery without history."""
    plain = costs.get(NONE, [])
    try:
        cost = peer_cost()
    except RuntimeError as error:
        return f"| {PEER} | not measured: {error} | | | | |"
    ratio = statistics.median(one.processor for one in plain) / cost.processor if plain else float("nan")
    return f"| {PEER} | | {cost.ours:,.0f} + {cost.postgres:,.0f} | 1/{1 / ratio:.1f} | {cost.wal:,.0f} | |"


def main(arguments: Sequence[str]) -> int:
    """Compare with the revision that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks against", description=__doc__)
    parser.add_argument(
        "revision", metavar="REV", help="what git calls the other build: a commit, a tag, a branch"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often both are measured in turns (3)")
    parser.add_argument(
        "--minutes", type=float, default=6, help="after so many minutes no further round begins (6)"
    )
    parser.add_argument(
        "--past", type=int, default=past.BORROWERS, help=f"borrowers with a past ({past.BORROWERS})"
    )
    parser.add_argument(
        "--deliveries", type=int, default=1_500, help="deliveries of each row and round (1500)"
    )
    parser.add_argument("--singles", type=int, default=1_000, help="single POSTs of each round (1000)")
    parser.add_argument("--row", action="append", choices=ROWS, help="only this row; may be given again")
    parser.add_argument("--no-peer", action="store_true", help="leave the hand-made peer out")
    given = parser.parse_args(arguments)
    scale = Scale(
        rounds=given.rounds,
        minutes=given.minutes,
        past=given.past,
        deliveries=given.deliveries,
        singles=given.singles,
        rows=given.row or ROWS,
    )
    try:
        for line in compare(given.revision, scale, peer=not given.no_peer):
            print(line, flush=True)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
