"""The life of a learning policy and of what it learns: two keys, guards, stops, erasure, and creditors that
see their own alone."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from service.dispatch.learning.run import count_ripe, learn
from service.learning.arms import ARMS, Segment
from service.model.actor import SYSTEM_ACTOR
from tests.api.as_twilio import send_due
from tests.learning.lender import BANK, NAME, accept_all, activate, adaptive, document, learned, snapshot

DAY = timedelta(days=1)
PATH = f"/v1/learning/policies/{NAME}"


async def rounds(api: Any, number: int, *, creditor: str = BANK, policy: str = NAME, **outcome: bool) -> None:
    """Put rounds into the store as they would stand when nine days are over."""
    begun = api.clock.now() - 10 * DAY
    arms = list(ARMS)
    named = ", ".join(outcome) and ", " + ", ".join(outcome)
    values = "".join(f", {value}" for value in outcome.values())
    async with api.runtime.database.connection() as connection:
        offset = await connection.fetchval("SELECT count(*) FROM choices")
        await connection.executemany(
            "INSERT INTO choices (borrower_id, notice_no, creditor, policy, policy_digest, arm_group, "
            "segment, allowed, arm, weight, total,"
            f" decided_at, counts_until, matures_at, counted_at{named})"
            f" VALUES ($1, $2, $3, $4, '', 'chance', $5, $6, $7, 1, 13, $8, $9, $9, $10{values})",
            [
                (
                    UUID(int=offset + place + 1),
                    offset + place,
                    creditor,
                    policy,
                    Segment("early", place % 4, "none").text(),
                    arms,
                    arms[place % 13],
                    begun,
                    begun + 7 * DAY,
                    api.clock.now(),
                )
                for place in range(number)
            ],
        )
        await connection.execute(
            "INSERT INTO learning_cells SELECT creditor, policy, date_trunc('week', decided_at)::date, "
            "arm_group, segment, arm, count(*),"
            " count(*) FILTER (WHERE arm LIKE 'sms%'), 0, 0, count(*) FILTER (WHERE payment), 0, 0, "
            "count(*) FILTER (WHERE opt_out),"
            " count(*) FILTER (WHERE complaint), 0 FROM choices WHERE creditor = $1 GROUP BY 1, 2, 3, 4, 5, 6"
            " ON CONFLICT DO NOTHING",
            creditor,
        )


async def paid(api: Any, notice: Any) -> None:
    """Let the feed be alive: a payment of one of the creditor's borrowers came today."""
    await accept_all(api, [adaptive(notice, 900, fan_out="cascade")])
    body = {"borrower_id": "B-900", "type": "payment", "at": api.clock.now().isoformat()}
    assert 202 == (await api.client.post("/v1/events", json=body)).status_code


async def test_a_policy_needs_two_keys(api: Any) -> None:
    """The author's key does not approve, and neither does the one that replaced it."""
    author = await api.key("ops")
    stored = await api.client.put(PATH, json=document(), headers=author)
    assert (201, 1, "draft") == (stored.status_code, stored.json()["version"], stored.json()["state"])
    assert 200 == (await api.client.put(PATH, json=document(), headers=author)).status_code
    early = await api.client.post(f"{PATH}/versions/1/activate", headers=author)
    assert 409 == early.status_code
    told = (await api.client.post(f"{PATH}/versions/1/test", headers=author)).json()
    assert ("tested", None) == (told["version"]["state"], told["frontier"])
    assert "One complaint outweighs 3 payments" in told["sentences"][0]
    key_id = stored.json()["created_by"].removeprefix("key:")
    rotated = await api.client.post(f"/v1/keys/{key_id}/rotate", json={})
    assert rotated.is_success, rotated.text
    successor = {"Authorization": f"Bearer {rotated.json()['key']}"}
    for headers in (author, successor):
        assert 403 == (await api.client.post(f"{PATH}/versions/1/approve", headers=headers)).status_code
    second = await api.key("ops")
    assert 200 == (await api.client.post(f"{PATH}/versions/1/approve", headers=second)).status_code
    active = await api.client.post(f"{PATH}/versions/1/activate", headers=author)
    assert "active" == active.json()["state"]
    assert [NAME] == [one["name"] for one in (await api.client.get("/v1/learning/policies")).json()["items"]]


@pytest.mark.parametrize(
    ("part", "value", "pointer"),
    [
        ("value", {"opt_out": 0}, "/value/opt_out"),
        ("value", {"complaint": 1}, "/value/complaint"),
        ("value", {"amount": 1}, "/value/amount"),
        ("value", {"dispute": -1}, "/value/dispute"),
        ("features", ["tier", "age"], "/features"),
        ("learning", {"floor": 0.005}, "/learning/floor"),
        ("experiment", {"holdout": 0.04, "salt": "x"}, "/experiment/holdout"),
        ("bands", ["06:00-08:00"], "/bands"),
        ("categories", ["required_notice"], "/categories/0"),
        ("kind", "policy", "/kind"),
        ("name", "other", "/name"),
    ],
)
async def test_a_document_that_is_none_is_refused_with_its_path(
    api: Any, part: str, value: Any, pointer: str
) -> None:
    """Nothing is stored."""
    answer = await api.client.put(PATH, json=document(**{part: value}))
    assert 422 == answer.status_code
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert 404 == (await api.client.get(PATH)).status_code


async def test_what_was_stopped_starts_again_only_as_a_new_approved_version(api: Any, notice: Any) -> None:
    """A stop needs one key and binds the next claim."""
    await activate(api)
    await learned(api, snapshot("email/14:00-17:00", floor=10))
    assert BANK in api.runtime.in_force.learned
    assert 422 == (await api.client.post(f"{PATH}/stop")).status_code
    answer = await api.client.post(f"{PATH}/stop", json={"reason": "complaints"})
    assert ("stopped", "complaints") == (answer.json()["state"], answer.json()["reason"])
    await accept_all(api, [adaptive(notice, number) for number in range(5)])
    assert 5 == len(await send_due(api))
    assert (0, {}) == (await api.count("choices"), dict(api.runtime.in_force.learned))
    for step in ("approve", "activate"):
        assert (
            409
            == (await api.client.post(f"{PATH}/versions/1/{step}", headers=await api.key("ops"))).status_code
        )
    assert 2 == (await activate(api))["version"]
    kinds = [one["kind"] for one in (await api.client.get("/v1/log")).json()["items"]]
    assert {"learning.stopped", "learning.activated", "learning.approved"} <= set(kinds)


async def test_a_week_is_learned_once(api: Any, notice: Any) -> None:
    """One snapshot, whoever asks and how often; and it is in force."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    assert ["too little: 0 of at least 500 decisions"] == [
        one.result for one in await learn(api.runtime, SYSTEM_ACTOR)
    ]
    await rounds(api, 1300, payment=True)
    dry = await learn(api.runtime, SYSTEM_ACTOR, dry=True)
    assert (True, 0) == (dry[0].result.startswith("too little"), await api.count("learning_snapshots"))
    found = await asyncio.gather(*(learn(api.runtime, SYSTEM_ACTOR) for _ in range(3)))
    digests = {one.snapshot for some in found for one in some}
    assert ({"learned"}, 1) == ({one.result for some in found for one in some}, len(digests))
    assert 1 == await api.count("learning_snapshots")
    [digest] = digests
    chooser = api.runtime.in_force.learned[BANK].chooser
    assert digest == chooser.digest
    shown = (await api.client.get(f"/v1/learning/snapshots/{digest}")).json()
    assert digest == shown["digest"]
    assert shown["named"].keys() == set(shown["document"]["features"])
    kinds = [
        one["kind"]
        for one in (await api.client.get("/v1/log", params={"kind": "learning.ran"})).json()["items"]
    ]
    assert 2 == len(kinds)


async def test_a_new_version_chooses_by_nothing_that_was_learned_by_another(api: Any, notice: Any) -> None:
    """Its weights were approved, not the old ones: until it has learned, in the same week, from the same
    counts, the plain order holds."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    await rounds(api, 1300, payment=True)
    [first] = await learn(api.runtime, SYSTEM_ACTOR)
    old = api.runtime.in_force.learned[BANK].chooser
    assert old is not None
    harsher = {"opt_out": -2, "complaint": -8}
    await activate(api, learning={"at_least_decisions": 500}, value=harsher, features=["channel", "band"])
    assert api.runtime.in_force.learned[BANK].chooser is None
    shown = (await learn(api.runtime, SYSTEM_ACTOR, dry=True))[0]
    [second] = await learn(api.runtime, SYSTEM_ACTOR)
    assert ("learned", shown.snapshot) == (second.result, second.snapshot)
    assert first.snapshot != second.snapshot
    new = api.runtime.in_force.learned[BANK].chooser
    assert (second.snapshot, False) == (
        new.digest,
        any("unanswered" in one for one in new.snapshot["features"]),
    )
    assert [second] == await learn(api.runtime, SYSTEM_ACTOR)
    assert 2 == await api.count("learning_snapshots")


async def test_a_feed_that_stands_still_pauses_learning(api: Any, notice: Any) -> None:
    """Without payments for two days contacts seem to have stopped working."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    await rounds(api, 600)
    api.clock.move(3 * DAY)
    [one] = await learn(api.runtime, SYSTEM_ACTOR)
    assert one.result.startswith("paused: no payment")
    await paid(api, notice)
    assert ["learned"] == [one.result for one in await learn(api.runtime, SYSTEM_ACTOR)]


async def test_a_guard_refuses_a_leap(api: Any, notice: Any) -> None:
    """What would suddenly send nothing to almost everybody is not used; the old one stays."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    old = await learned(api, snapshot("sms/08:00-11:00"))
    await rounds(api, 2600, complaint=True)
    async with api.runtime.database.connection() as connection:
        await connection.execute("UPDATE learning_cells SET complaint = 0 WHERE arm = 'none'")
    [one] = await learn(api.runtime, SYSTEM_ACTOR)
    assert one.result.startswith(("refused: nothing would be sent", "stopped: opt-outs"))
    assert old != one.snapshot


async def test_harm_stops_it_by_itself(api: Any, notice: Any) -> None:
    """Far more complaints than the bound: stopped, with an entry of the log, and nothing more is chosen."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    await rounds(api, 600, complaint=True)
    async with api.runtime.database.connection() as connection:
        await connection.execute("UPDATE learning_policies SET active_from = $1", api.clock.now() - 20 * DAY)
        await api.runtime.in_force.refresh(connection, api.clock.now())
    [one] = await learn(api.runtime, SYSTEM_ACTOR)
    assert one.stopped is not None
    assert {} == api.runtime.in_force.learned
    found = (await api.client.get(f"/v1/learning/experiments/{NAME}")).json()
    assert ("stopped", True) == (found["state"], found["evidence"]["bound"] >= found["evidence"]["limit"])
    assert [] == await learn(api.runtime, SYSTEM_ACTOR)


async def test_an_erasure_takes_an_open_round_whole_and_leaves_counts(api: Any, notice: Any) -> None:
    """Matured: the cells are unchanged. Not matured: the round is gone with what came of it."""
    await activate(api, stage="chance")
    await accept_all(api, [adaptive(notice, number) for number in range(6)])
    await send_due(api)
    for number in range(6):
        body = {"borrower_id": f"B-{number}", "type": "payment", "at": api.clock.now().isoformat()}
        await api.client.post("/v1/events", json=body)
    await api.client.post("/v1/borrowers/B-0/erase", json={"reason": "asked"})
    assert 5 == await api.count("choices")
    api.clock.move(10 * DAY)
    assert 5 == await count_ripe(api.runtime)
    before = await cells(api)
    assert (5, 5) == (sum(one["rounds"] for one in before), sum(one["payment"] for one in before))
    await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
    assert (4, before) == (await api.count("choices"), await cells(api))
    assert 0 == await count_ripe(api.runtime)


async def test_what_came_after_a_choice_is_what_was_recorded_after_it(api: Any, notice: Any) -> None:
    """By whatever clock it is dated, but for what was said long before and is told late."""
    await activate(api, stage="chance")
    ids = await accept_all(api, [adaptive(notice, number) for number in range(4)])
    minute = timedelta(minutes=1)

    async def told(number: int, ago: timedelta) -> None:
        at = (api.clock.now() - ago).isoformat()
        body = {"borrower_id": f"B-{number}", "type": "plan_request", "at": at}
        assert 202 == (await api.client.post("/v1/events", json=body)).status_code

    await told(0, -4 * minute)  # before the choice, by a clock that is ahead
    await send_due(api)
    for number, ago in ((1, 4 * minute), (2, 2 * DAY), (3, 0 * minute)):
        await told(number, ago)
    api.clock.move(10 * DAY)
    assert 4 == await count_ripe(api.runtime)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT borrower_id, plan_request FROM choices")
    found = {row["borrower_id"].hex: row["plan_request"] for row in rows}
    assert [False, True, False, True] == [found[one[4:36]] for one in ids]


async def cells(api: Any) -> list[dict[str, Any]]:
    """The counts, in order."""
    async with api.runtime.database.connection() as connection:
        return [
            dict(row)
            for row in await connection.fetch("SELECT * FROM learning_cells ORDER BY segment, arm, arm_group")
        ]


async def test_a_creditor_learns_from_its_own_and_sees_its_own(api: Any, notice: Any) -> None:
    """Another one's rounds change nothing, and a limited key finds nothing of others."""
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    await rounds(api, 600, payment=True)
    [alone] = await learn(api.runtime, SYSTEM_ACTOR, dry=True)
    assert ("learned", 64) == (alone.result, len(alone.snapshot or ""))
    await rounds(api, 900, creditor="other-bank", policy="other", complaint=True)
    await rounds(api, 700, creditor="other-bank", policy=NAME, opt_out=True)
    [beside] = await learn(api.runtime, SYSTEM_ACTOR)
    assert (alone.result, alone.snapshot) == (beside.result, beside.snapshot)
    other = await api.key("ops", creditors=["other-bank"])
    paths = (PATH, f"/v1/learning/snapshots/{beside.snapshot}", f"/v1/learning/experiments/{NAME}")
    for path in paths:
        assert 404 == (await api.client.get(path, headers=other)).status_code
        assert 200 == (await api.client.get(path)).status_code
    for path in ("/v1/learning/policies", "/v1/learning/snapshots"):
        assert [] == (await api.client.get(path, headers=other)).json()["items"]
    assert 404 == (await api.client.put(PATH, json=document(), headers=other)).status_code
    assert json.dumps(alone.week.isoformat())
