"""An adaptive notice: chosen at its first claim, decided by every rule when its time comes; without a reason
to choose, a cascade."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.dispatch.what_if.replay import replay
from service.log.sequence import sequence_once
from tests.api.as_twilio import send_due
from tests.learning.lender import BANK, NAME, accept_all, activate, adaptive, learned, snapshot

NEW_YORK = ZoneInfo("America/New_York")
NUMBER = 120
"""So many that each group and arm of a tenth comes about in every run: ids, and so draws, are new each
time."""


async def groups(api: Any) -> Counter[str]:
    """How many rounds of each group there are."""
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT arm_group, arm FROM choices")
    return Counter(row["arm_group"] for row in rows)


async def deliveries(api: Any) -> list[Any]:
    """Every delivery, as the store has it."""
    async with api.runtime.database.connection() as connection:
        found: list[Any] = await connection.fetch(
            "SELECT borrower_id, channel, state, due_at, reason, verdict FROM deliveries ORDER BY 1, 2"
        )
    return found


async def test_without_a_policy_it_is_a_cascade(api: Any, notice: Any) -> None:
    """Nothing is chosen, written down or put off."""
    ids = await accept_all(api, [adaptive(notice, number) for number in range(3)])
    assert 3 == len(await send_due(api))
    assert Counter() == await groups(api)
    answer = await api.client.get(f"/v1/notices/{ids[0]}/why")
    assert ("plain", None) == (answer.json()["group"], answer.json()["arm"])


async def test_a_learned_choice_moves_channel_and_hour(api: Any, notice: Any) -> None:
    """What is best in all draws is planned: on its channel, within its part of the day, as the rules leave it
    open."""
    await activate(api)
    digest = await learned(api, snapshot("email/14:00-17:00", floor=10))
    ids = await accept_all(api, [adaptive(notice, number) for number in range(NUMBER)])
    sent = await send_due(api)
    found = await groups(api)
    assert {"learned", "holdout"} == found.keys()
    assert len(sent) >= found["holdout"]
    deferred = [one for one in await deliveries(api) if one["state"] == "deferred"]
    planned = [one for one in deferred if (one["reason"] or "").startswith("planned for ")]
    assert len(planned) > found["learned"] * 0.8  # the floor leaves a draw in a hundred to each other arm
    for one in planned:
        band = one["reason"].removeprefix("planned for ").partition(" ")[0]
        assert one["due_at"] > api.clock.now()
        first, last = (int(hour[:2]) for hour in band.split("-"))
        assert first <= one["due_at"].astimezone(NEW_YORK).hour < last, one["reason"]
    best = [one for one in planned if one["channel"] == "email" and "14:00-17:00" in one["reason"]]
    assert len(best) > found["learned"] * 0.8
    api.clock.move(timedelta(hours=5))
    assert len(await send_due(api)) >= len([one for one in planned if one["due_at"] <= api.clock.now()])
    answer = (await api.client.get(f"/v1/notices/{ids[0]}")).json()
    assert {"adaptive"} == {answer["fan_out"]}
    why = (await api.client.get(f"/v1/notices/{ids[0]}/why")).json()
    assert {"en", "es", "zh-CN"} == why["sentences"].keys()
    assert why["snapshot"] in {digest, None}


async def test_restraint_ends_the_round(api: Any, notice: Any) -> None:
    """Nothing is sent on any channel; the finding says who decided it and why."""
    await activate(api)
    await learned(api, snapshot("none", floor=10))
    ids = await accept_all(api, [adaptive(notice, number) for number in range(NUMBER)])
    await send_due(api)
    api.clock.move(timedelta(days=3))
    await send_due(api)
    ended = [one for one in await deliveries(api) if one["state"] == "suppressed"]
    assert len(ended) > NUMBER / 2
    [finding] = ended[0]["verdict"]["findings"]
    assert (NAME, "restraint") == (finding["policy"], finding["rule"])
    assert finding["reason"].endswith("nothing is sent this time")
    done = [(await api.client.get(f"/v1/notices/{one}")).json() for one in ids]
    assert len([one for one in done if one["status"] == "done" and len(one["deliveries"]) == 1]) >= len(ended)


@pytest.mark.parametrize("stage", ["shadow", "chance", "live"])
async def test_every_choice_is_replayed_from_the_log(api: Any, notice: Any, stage: str) -> None:
    """The same arm, chance and draw; and after an erasure it is said that the facts are gone."""
    await activate(api, stage=stage)
    if stage != "chance":
        await learned(api, snapshot("sms/11:00-14:00"))
    await accept_all(api, [adaptive(notice, number) for number in range(12)])
    await send_due(api)
    async with api.runtime.database.transaction() as connection:
        await sequence_once(connection, api.runtime.vault)
    entries = (await api.client.get("/v1/log", params={"kind": "choice"})).json()["items"]
    assert 12 == len(entries)
    for entry in entries:
        result = await replay(
            api.runtime.database, api.runtime.vault, api.runtime.in_force.find_policy, entry["index"]
        )
        assert result.same, result
    if stage == "shadow":
        assert {"shadow", "holdout"} >= (await groups(api)).keys()
        assert {"sms"} == {one["channel"] for one in await deliveries(api)}
    await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    gone = [
        await replay(api.runtime.database, api.runtime.vault, api.runtime.in_force.find_policy, one["index"])
        for one in entries
    ]
    assert 11 == sum(one.same for one in gone)
    assert 11 == await api.count("choices")


@pytest.mark.parametrize(
    "why", ["missing", "expired", "broken", "stopped", "objection", "required", "other creditor", "holdout"]
)
async def test_where_nothing_may_be_chosen_the_deliveries_are_a_cascades(
    api: Any, notice: Any, why: str
) -> None:
    """Instant for instant, whatever the reason."""
    await accept_all(api, [adaptive(notice, number, fan_out="cascade") for number in range(8)])
    await send_due(api)
    api.clock.move(timedelta(hours=7))
    await send_due(api)
    expected = await shown(api)
    api.clock.move(-timedelta(hours=7))
    async with api.runtime.database.connection() as connection:
        for table in (
            "deliveries",
            "notices",
            "attempts",
            "events",
            "suppressions",
            "borrowers",
            "addresses",
        ):
            await connection.execute(f"DELETE FROM {table}")
    await prepare(api, why)
    bodies = [adaptive(notice, number) for number in range(8)]
    if why == "required":
        bodies = [
            {**one, "category": "payment_confirmation", "template": "payment-confirmation"} for one in bodies
        ]
    await accept_all(api, bodies)
    if why == "objection":
        for number in range(8):
            body = {
                "borrower_id": f"B-{number}",
                "type": "profiling_objection",
                "at": api.clock.now().isoformat(),
            }
            assert 202 == (await api.client.post("/v1/events", json=body)).status_code
    await send_due(api)
    api.clock.move(timedelta(hours=7))
    await send_due(api)
    found = await shown(api)
    if why == "holdout":
        async with api.runtime.database.connection() as connection:
            rows = await connection.fetch("SELECT borrower_id FROM choices WHERE arm_group = 'holdout'")
        kept = {row["borrower_id"] for row in rows}
        assert 0 < len(kept) < 8
        expected, found = ([one for one in some if one[0] in kept] for some in (expected, found))
    elif why != "required":
        assert {"plain", "holdout"} >= (await groups(api)).keys()
    if why != "required":
        assert expected == found
    else:
        assert Counter() == await groups(api)


async def shown(api: Any) -> list[tuple[Any, ...]]:
    """Whose delivery stands where, and when it is due."""
    return [
        (one["borrower_id"], one["channel"], one["state"], one["due_at"]) for one in await deliveries(api)
    ]


async def prepare(api: Any, why: str) -> None:
    """A reason why nothing may be chosen."""
    other = "other-bank" if why == "other creditor" else BANK
    holdout = 0.5 if why == "holdout" else 0.1
    await activate(api, creditor=other, experiment={"holdout": holdout, "salt": "x"})
    if why == "missing":
        return
    digest = await learned(api, snapshot("email/14:00-17:00", creditor=other), lives=timedelta(days=1))
    async with api.runtime.database.connection() as connection:
        if why == "broken":
            await connection.execute(
                "UPDATE learning_snapshots SET document = '{}' WHERE digest = $1", digest
            )
            api.runtime.in_force.learned = {}
        await api.runtime.in_force.refresh(connection, api.clock.now())
    if why == "expired":
        async with api.runtime.database.connection() as connection:
            await connection.execute("UPDATE learning_snapshots SET lives_until = $1", api.clock.now())
            api.runtime.in_force.learned = {}
            await api.runtime.in_force.refresh(connection, api.clock.now())
    if why == "stopped":
        answer = await api.client.post(f"/v1/learning/policies/{NAME}/stop", json={"reason": "a test"})
        assert 200 == answer.status_code, answer.text
    assert datetime(2026, 1, 1, tzinfo=UTC) < api.clock.now()
