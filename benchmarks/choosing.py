"""A learned choice against one decision, and adaptive notices against a cascade's, each on the whole way of a
notice (`benchmarks/lender.py`). Every kind sends the same two messages, but for the last, which leaves some
out."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from benchmarks.cost import parent_of
from benchmarks.decision import AT, _facts, _median, _policies
from benchmarks.figure import Figure, below
from benchmarks.ground import database, postgres, settings
from benchmarks.lender import MORNING, Kind, Lender, Spent, Stage, adapters_at
from benchmarks.providers import Ports, providing
from policies.decide import decide
from service.clock import MovableClock
from service.dispatch.learning import governance
from service.dispatch.runtime import Runtime
from service.learning.arms import ARMS, NONE, SEGMENTS, Segment, ordered
from service.learning.choose import Chooser
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit
from service.model.actor import Actor
from service.store import learning
from service.store.learning import SnapshotRow
from service.wiring import open_service

NOTICES, WARMING, ROUNDS = 500, 100, 4
LEFT_OUT = 0.26
"""Of the rounds: so much the invented worlds of `python -m benchmarks worlds` leave out."""
WRITTEN = ordered([*(arm for arm in ARMS if not arm.startswith("voice")), NONE])
"""What is open to every notice."""
CREDITOR = "first-inclusive-bank"
"""Of every notice of the measurements."""
CASCADE = Kind("a cascade, nothing is learned", "cascade", policy=False)
BESIDE = Kind("a cascade, a policy in force", "cascade", policy=True)
ADAPTIVE = Kind("adaptive, every message sent", "adaptive", policy=True)
SPARING = Kind("adaptive, a quarter left out", "adaptive", policy=True, told=False)
KINDS = (CASCADE, BESIDE, ADAPTIVE, SPARING)


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


async def costs(urls: Sequence[str], ports: Ports) -> dict[Kind, list[Spent]]:
    """What notices of each kind cost, in turns; a store and a clock for each kind."""
    async with AsyncExitStack() as stack:
        lenders = [await _lender(stack, kind, url, ports) for kind, url in zip(KINDS, urls, strict=True)]
        for lender in lenders:  # what is read, compiled and prepared once
            await lender.spend(WARMING)
        found = dict[Kind, list[Spent]]({kind: [] for kind in KINDS})
        for turn in range(ROUNDS):
            for lender in lenders if turn % 2 else reversed(lenders):
                found[lender.kind].append(await lender.spend(NOTICES))
        return found


async def _lender(stack: AsyncExitStack, kind: Kind, url: str, ports: Ports) -> Lender:
    clock, adapters = MovableClock(MORNING), adapters_at(ports)
    service = await stack.enter_async_context(open_service(settings(url), clock=clock))
    for adapter in adapters.values():
        stack.push_async_callback(adapter.close)
    async with service.runtime.database.connection() as connection:
        server = parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
        store = await connection.fetchval("SELECT current_database()")
    if kind.policy:
        learned = snapshot() if kind.told else sparing(LEFT_OUT)
        await learn(service.runtime, learned, ["overdue-reminder"] if kind.told else [])
    return Lender(kind, service, clock, server, store, adapters)


def cost_figures(found: Mapping[Kind, Sequence[Spent]]) -> list[Figure]:
    """Each kind beside a cascade, by the least that each took in any turn: what else the machine does only
    adds to that. First on the whole way of a notice, then what of it is decided and settled."""

    def figure(what: str, of: Callable[[Spent], float], kind: Kind, beside: Kind, bound: float) -> Figure:
        mine, other = (min(found[each], key=of) for each in (kind, beside))
        return below(
            f"{what}: {kind.name}",
            f"{of(mine) * 1e3:.2f} ms of processor time for {mine.messages:.2f} messages",
            f"{beside.name}: {of(other) * 1e3:.2f} ms for {other.messages:.0f}",
            of(mine) / of(other),
            bound,
        )

    whole = "a notice's whole way", _whole
    decided = "of it decided and settled", _decided
    return [
        figure(*whole, BESIDE, CASCADE, 1.1),
        figure(*whole, SPARING, BESIDE, 1.15),
        figure(*whole, ADAPTIVE, BESIDE, 1.15),
        figure(*decided, BESIDE, CASCADE, 1.15),
        figure(*decided, SPARING, BESIDE, 1.25),
        figure(*decided, ADAPTIVE, BESIDE, 1.45),
    ]


def _whole(spent: Spent) -> float:
    return spent.whole


def _decided(spent: Spent) -> float:
    return spent.decided


def stages(found: Mapping[Kind, Sequence[Spent]]) -> str:
    """Microseconds of processor time that a notice takes at each stage, the least of any turn."""
    rows = [
        f"{kind.name:30}"
        + "".join(f"{min(one.seconds[stage] for one in some) * 1e6:10.0f}" for stage in Stage)
        for kind, some in found.items()
    ]
    return "\n".join([f"{'µs a notice: ' + ', '.join(Stage)}", *rows])


def measure() -> list[Figure]:
    """The choice, and the kinds of notices in turns, each on a store of its own."""
    figures = choice_figures()
    with postgres() as url, providing() as ports:
        urls = [database(url, f"kind_{place}") for place in range(len(KINDS))]
        found = asyncio.run(costs(urls, ports))
    print(stages(found), file=sys.stderr, flush=True)
    return figures + cost_figures(found)
