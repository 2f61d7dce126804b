"""What the rules said of a message as its notice was planned is not asked again in the same claim, and holds
no longer than that: not once something of the borrower's was allowed, and not at the planned instant."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from service.dispatch.decide.chosen import Plans
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.judge import judge
from service.ids import NoticeId
from tests.learning.lender import accept_all, activate, adaptive, learned, snapshot

ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
BORROWERS, EACH = 6, 4


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
