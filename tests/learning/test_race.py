"""Four workers race for two thousand adaptive notices to two hundred borrowers, and some of their rounds
break: no cap is exceeded, nothing leaves outside the hours, every choice is replayed equal, and each notice
is chosen for once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import service.dispatch.decide.claim as claiming
from channels.outcome import Accepted
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.reconcile.unknown import sweep_lapsed
from service.dispatch.send.dial import dial
from service.dispatch.send.settle import Sent, settle
from service.dispatch.what_if.replay import replay
from service.log.sequence import sequence_once
from tests.learning.lender import accept_all, activate, adaptive, learned, snapshot

NOTICES, BORROWERS, WORKERS = 2000, 200, 4
ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
NEW_YORK = ZoneInfo("America/New_York")
MOST = 2
"""Contacts of `tiered-care` in seven dates in the first month, about one debt."""


class BrokenError(Exception):
    """A worker that died."""


async def work(api: Any, g: random.Random) -> int:
    """One worker: claims, decides, sends and settles until nothing is due; returns how often it broke."""
    zones, broken = ZoneCache(), 0
    while True:
        try:
            found = await claim_and_decide(api.runtime, zones, limit=25, adapters=ADAPTERS, lease_seconds=1.0)
        except BrokenError:
            broken += 1
            continue
        if not found.claimed:
            return broken
        dialed = await dial(api.runtime, found.reserved, send_within=0.5)
        sent = [
            Sent(key=one.reserved.key, outcome=Accepted(ref=f"{one.reserved.key}"), at=api.clock.now())
            for one in dialed
        ]
        if g.random() < 0.03:
            broken += 1  # it died with the answers in its hands: unknown, and counted as a contact
            continue
        await settle(api.runtime, sent)


@pytest.mark.slow
async def test_a_race_for_adaptive_notices_harms_nobody(
    api: Any, notice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the cascade's own campaign."""
    api.runtime.in_force.further = ("tiered-care",)
    await activate(api)
    await learned(api, snapshot("email/14:00-17:00", floor=400))
    bodies = [adaptive(notice, number % BORROWERS) for number in range(NOTICES)]
    await accept_all(api, [{**one, "wait": "PT3H", "expires_at": None} for one in bodies])
    g = random.Random(5)

    def reach(point: str) -> None:
        if g.random() < 0.05:
            raise BrokenError(point)

    monkeypatch.setattr(claiming, "reach", reach)
    broken = 0
    for _ in range(20):
        broken += sum(await asyncio.gather(*(work(api, g) for _ in range(WORKERS))))
        await asyncio.sleep(1.1)
        while await sweep_lapsed(api.runtime):
            pass
        api.clock.move(timedelta(hours=g.choice([1, 2, 3, 5, 8, 13])))
    assert broken > 10
    await check(api)


async def check(api: Any) -> None:
    """What the store and the log say of it."""
    async with api.runtime.database.connection() as connection:
        attempts = await connection.fetch(
            "SELECT borrower_id, debt_id, at, channel FROM attempts WHERE state NOT IN ('released', "
            "'refused') ORDER BY at"
        )
        chosen = await connection.fetchval("SELECT count(*) FROM choices")
        while await sequence_once(connection, api.runtime.vault):
            pass
        numbers = [
            row["index"]
            for row in await connection.fetch(
                "SELECT s.first + p.place - 1 AS index FROM log_sequence s CROSS JOIN LATERAL "
                "unnest(s.entries) WITH ORDINALITY AS"
                " p (entry_id, place) JOIN log_entries e ON e.entry_id = p.entry_id WHERE e.kind = 'choice'"
            )
        ]
    dates: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in attempts:
        local = row["at"].astimezone(NEW_YORK)
        assert 8 <= local.hour < 21, row
        dates[row["borrower_id"], row["debt_id"]].append(local.date())
    worst = max(
        sum(first <= day < first + timedelta(days=7) for day in days)
        for days in dates.values()
        for first in days
    )
    assert worst <= MOST
    assert len(attempts) >= BORROWERS
    assert (NOTICES, NOTICES) == (chosen, len(numbers))
    find = api.runtime.in_force.find_policy
    results = Counter(
        [(await replay(api.runtime.database, api.runtime.vault, find, index)).same for index in numbers]
    )
    told = (
        f"{len(attempts)} attempts, at most {worst} in seven dates, {chosen} choices replayed: "
        f"{dict(results)}"
    )
    print(told)  # noqa: T201
    assert {True: NOTICES} == results
