"""A learned choice against one decision, and adaptive notices against a cascade's: claimed, planned, claimed
again when their time comes, decided, handed over and settled, until nothing waits. Processor time a notice,
of this process and of PostgreSQL, for the same borrowers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.cost import parent_of, seconds_of, tree_of
from benchmarks.decision import AT, _facts, _median, _policies
from benchmarks.figure import Figure, below
from benchmarks.ground import database, encoded, notice, postgres, settings
from channels.outcome import Accepted
from policies.decide import decide
from service.api.bodies import parse
from service.api.routers.notices import notice_draft
from service.api.schemas.notices import NoticeBody
from service.clock import MovableClock
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.intake.accept import Keyed
from service.dispatch.learning import governance
from service.dispatch.runtime import Runtime
from service.dispatch.send.dial import dial
from service.dispatch.send.settle import Sent, settle
from service.learning.arms import ARMS, SEGMENTS, ordered
from service.learning.choose import Chooser
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit
from service.model.actor import Actor
from service.store import learning
from service.store.learning import SnapshotRow
from service.wiring import open_service

NOTICES, ROUNDS, HOURS = 250, 3, 72
"""Both channels of a notice have had their turn after so many hours, a day after another."""
RESTRAINED, ALL_TOLD = "adaptive", "adaptive, nothing left out"
ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
CREDITORS = ("lender-0", "lender-1", "lender-2")


def snapshot() -> dict[str, object]:
    """Something learned, with a preference that depends on the segment."""
    cells = {
        (segment, arm): Cell(500.0, 5.0 + 3.0 * (hash_of(segment.text() + arm) % 10))
        for segment in SEGMENTS
        for arm in ARMS
    }
    return fit(cells, variance=0.06, head={"floor": 30})


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


async def learn(runtime: Runtime, always_told: Sequence[str]) -> None:
    """A policy in force for each creditor, with something learned. `always_told`: templates that are never
    left out."""
    found = snapshot()
    for creditor in CREDITORS:
        name = f"timing-{creditor}"
        document = {
            "name": name,
            "kind": "learning",
            "creditor": creditor,
            "stage": "live",
            "experiment": {"salt": "bench"},
            "silence": {"always_told": list(always_told)},
        }
        policy = parse_learning_policy(json.dumps(document))
        await governance.put_policy(runtime, name, json.dumps(document), Actor(name="one"))
        await governance.test_policy(runtime, name, 1, Actor(name="one"))
        await governance.approve_policy(runtime, name, 1, Actor(name="other"))
        row = SnapshotRow(
            digest=digest_of({**found, "creditor": creditor}),
            creditor=creditor,
            policy=name,
            policy_digest=policy.digest,
            week=AT.date(),
            made_at=runtime.clock.now(),
            lives_until=datetime(2100, 1, 1, tzinfo=UTC),
        )
        async with runtime.database.connection() as connection:
            await learning.keep(connection, row, canonical({**found, "creditor": creditor}))
        await governance.activate_policy(runtime, name, 1, Actor(name="one"))


async def cost(url: str, kind: str) -> float:
    """Seconds of processor time a notice, from the first claim until nothing waits."""
    clock = MovableClock(datetime.now(UTC))
    fan_out = kind.partition(",")[0]
    async with open_service(settings(url), clock=clock) as service:
        if fan_out == "adaptive":
            await learn(service.runtime, ["overdue-reminder"] if kind == ALL_TOLD else [])
        drafts = [
            notice_draft(
                parse(
                    NoticeBody,
                    encoded(
                        {**notice(number, borrowers=10**9, channels=["sms", "email"]), "fan_out": fan_out}
                    ),
                )
            )
            for number in range(NOTICES)
        ]
        await service.intake.accept_many([Keyed(one) for one in drafts], Actor(name="benchmark"))
        server = await postmaster(service.runtime)
        begins = time.process_time() + seconds_of(tree_of(server))
        for _ in range(HOURS):
            await drain(service.runtime)
            clock.move(timedelta(hours=1))
        return (time.process_time() + seconds_of(tree_of(server)) - begins) / NOTICES


async def postmaster(runtime: Runtime) -> int:
    """The process whose children serve the store."""
    async with runtime.database.connection() as connection:
        backend: int = await connection.fetchval("SELECT pg_backend_pid()")
    return parent_of(backend)


async def drain(runtime: Runtime) -> None:
    """Everything that is due: decided, handed over, settled."""
    zones = ZoneCache()
    while (
        found := await claim_and_decide(runtime, zones, limit=100, adapters=ADAPTERS, lease_seconds=60)
    ).claimed:
        marked = await dial(runtime, found.reserved, send_within=30.0)
        sent = [
            Sent(key=one.reserved.key, outcome=Accepted(ref=str(one.reserved.key)), at=runtime.clock.now())
            for one in marked
        ]
        await settle(runtime, sent)


def measure() -> list[Figure]:
    """The choice, and the kinds of notices in turns, each on a database of its own."""
    figures = choice_figures()
    taken: dict[str, list[float]] = {"cascade": [], RESTRAINED: [], ALL_TOLD: []}
    with postgres() as url:
        asyncio.run(cost(database(url, "warming"), ALL_TOLD))
        for turn in range(ROUNDS):
            for place, (kind, found) in enumerate(taken.items()):
                found.append(asyncio.run(cost(database(url, f"kind_{place}_{turn}"), kind)))
    plain = statistics.median(taken.pop("cascade"))
    return figures + [
        below(
            f"a notice, {kind}, until nothing waits",
            f"{statistics.median(found) * 1e3:.2f} ms of processor time",
            f"a cascade's: {plain * 1e3:.2f} ms",
            statistics.median(found) / plain,
            1.15,
        )
        for kind, found in taken.items()
    ]
