"""One decision about a borrower with ten thousand events, no two of them alike, of each type and of all of
them: reading, judging by four packs and writing down what was looked at, beside a borrower without any.
Processor time of the process; PostgreSQL's share stands in `python -m benchmarks against`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from benchmarks.figure import Figure, below
from benchmarks.ground import database, postgres, settings
from policies.decide import decide
from policies.facts import EVENT_TYPES, Borrower, Facts, Proposal
from policies.policy import Policy
from service.dispatch.decide.facts import events_of
from service.log.facts_codec import encode_facts
from service.packs import shipped
from service.store import events, repeats
from service.store.ranks import Matter
from service.wiring import Service, open_service
from tests.dispatch.differing import ALL, AT, WAYS, differing_events

PACKS = ("house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7")
ROUNDS = 15
WANTED = 0.010
"""Seconds."""


async def _took(service: Service, borrower: UUID, packs: Sequence[Policy]) -> float:
    """Seconds of processor time; the quickest of some tries."""
    runtime, times = service.runtime, list[float]()
    matters = [Matter(borrower, "d1", "k1", "c1", ("a1",))]
    for _ in range(ROUNDS):
        begun = time.process_time()
        async with runtime.database.connection() as connection:
            found = await events.facts(connection, [borrower], runtime.in_force.reach(AT), matters)
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}, days_past_due=20),
            debt_ids=("d1",),
            events=tuple(events_of(*found, AT).get(borrower, ())),
            proposal=Proposal(channel="sms", address="a1", creditor="c1", category="collection"),
        )
        decide(packs, facts, AT)
        encode_facts(facts)
        times.append(time.process_time() - begun)
    return min(times)


async def _measured(url: str) -> list[Figure]:
    packs = [shipped()[name] for name in PACKS]
    figures = list[Figure]()
    async with open_service(settings(url)) as service:
        plain = await _took(service, UUID(int=1), packs)
        number = 1
        for of in (ALL, *EVENT_TYPES):
            slowest = 0.0
            for by in WAYS:
                borrower = UUID(int=(number := number + 1))
                rows = differing_events(of, borrower, timedelta(minutes=50), by)
                async with service.runtime.database.transaction() as connection:
                    await events.insert_events(connection, rows)
                    await repeats.compact(connection, [borrower])
                slowest = max(slowest, await _took(service, borrower, packs))
            figures.append(
                below(
                    f"a decision beside 10,000 of {of}",
                    f"{slowest * 1e3:.1f} ms",
                    f"beside none: {plain * 1e3:.2f} ms",
                    slowest / plain,
                    round(WANTED / plain),
                )
            )
    return figures


def measure() -> list[Figure]:
    """Of each type the slowest of the ways in which they differ; the bound stands for 10 ms."""
    with postgres() as server_url:
        return asyncio.run(_measured(database(server_url, "crowded")))
