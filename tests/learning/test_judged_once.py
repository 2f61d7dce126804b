"""What the rules said of a message as its notice was planned is not asked again in the same claim, and holds
no longer than that: not once something of the borrower's was allowed, and not at the planned instant."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies import view
from policies.verdict import Kind
from service.dispatch.decide.chosen import Plans
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.judge import bind, judge, judge_each
from service.ids import NoticeId
from tests.learning.lender import accept_all, activate, adaptive, learned, snapshot
from tests.learning.test_choosing import BEGUN, case_of

ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
BORROWERS, EACH = 6, 4
HOURS = timedelta(hours=7)


def bodies(notice: Any, first: int, **further: Any) -> list[dict[str, Any]]:
    """Some notices about one debt of each borrower: more than may go in a week."""
    return [
        adaptive(notice, first + place // EACH, reference=f"r-{first}-{place}", **further)
        for place in range(BORROWERS * EACH)
    ]


async def decided(api: Any, some: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """The channels and states of these notices' deliveries after one claim of everything that is due."""
    numbers = [NoticeId.parse(one).number for one in await accept_all(api, some)]
    await claim_and_decide(api.runtime, ZoneCache(), limit=1000, adapters=ADAPTERS, lease_seconds=30.0)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT channel, state FROM deliveries WHERE notice_no = ANY($1::bigint[])", numbers
        )
    return Counter((row["channel"], row["state"]) for row in rows)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The cases that were judged to be decided, beside those of plans."""
    cases: list[object] = []

    def counted(case: Any, at: Any) -> Any:
        cases.append(case)
        return judge(case, at)

    monkeypatch.setattr("service.dispatch.decide.claim.judge", counted)
    return cases


async def test_many_notices_to_one_borrower_are_decided_as_if_every_one_were_judged_again(
    api: Any, notice: Any, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one claim, so that plans were made before the first was allowed: caps hold as in a cascade."""
    cascade = await decided(api, bodies(notice, 0, fan_out="cascade"))
    assert {"sending", "expired"} <= {state for _, state in cascade}
    await activate(api, stage="shadow", experiment={"holdout": 0.05, "salt": "x"})
    await learned(api, snapshot("email/14:00-17:00", floor=100))
    asked.clear()
    assert cascade == await decided(api, bodies(notice, 20))
    once = len(asked)
    asked.clear()
    monkeypatch.setattr(Plans, "judged", lambda *_: None)
    assert cascade == await decided(api, bodies(notice, 40))
    assert len(asked) > once


async def test_what_goes_as_planned_at_once_is_judged_once(
    api: Any, notice: Any, asked: list[object]
) -> None:
    """The first channel, in the part of the day that it is: only the hold-out is judged to be decided."""
    await activate(api)
    await learned(api, snapshot("sms/11:00-14:00", floor=10))
    states = await decided(api, [adaptive(notice, number) for number in range(60)])
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT arm_group, planned_at, arm FROM choices")
    now = sum(row["arm"] == "sms/11:00-14:00" for row in rows)
    assert now > 30
    assert len(asked) == sum(row["arm_group"] == "holdout" for row in rows)
    assert states["sms", "sending"] == now + len(asked)


@pytest.mark.parametrize("source", [None, "given_by_borrower"])
def test_channels_that_are_judged_together_get_the_verdicts_that_each_gets_alone(
    packs: Any, source: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happened to a borrower, and where a number that was given counts on its own channel alone;
    what happened is indexed once where it is the same on all."""
    indexed: list[object] = []

    def counted(events: Any) -> Any:
        indexed.append(events)
        return index(events)

    index = view._index
    monkeypatch.setattr(view, "_index", counted)
    kinds = set()
    for seed in range(100):
        cases = {
            channel: replace(one, address=replace(one.address, source=source))
            for channel in ("sms", "email", "voice")
            for one in (case_of(packs, random.Random(seed), BEGUN + seed * HOURS, channel),)
        }
        first, at = cases["sms"], BEGUN + seed * HOURS
        indexed.clear()
        together = judge_each(cases, at, bind(first.law, first.subject, at))
        assert len(indexed) == (1 if source is None else 3)
        assert {channel: judge(case, at) for channel, case in cases.items()} == together
        kinds |= {one.verdict.kind for one in together.values()}
    assert {Kind.ALLOW, Kind.DEFER} <= kinds
