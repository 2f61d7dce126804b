"""A person who was erased and comes back under the same id: what protected them protects them still, and what
they were sent or told is counted still, without a word of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.receipt import Inbound
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.records.retention import run_retention
from service.model.actor import Actor

NUMBER = "+12025550101"
ALL_WEEK = [{"from": "00:00", "to": "23:59"}]
RESTRICTING: dict[str, dict[str, Any]] = {
    "an opt-out": {"type": "opt_out", "channel": "any"},
    "an opt-out of texts": {"type": "opt_out", "channel": "sms"},
    "a cease": {"type": "cease"},
    "a cease of one debt": {"type": "cease", "debt_ids": ["L-1"]},
    "a dispute": {"type": "dispute"},
    "a dispute of one debt": {"type": "dispute", "debt_ids": ["L-1"]},
    "an attorney": {"type": "attorney"},
    "a bankruptcy": {"type": "bankruptcy"},
    "a death": {"type": "deceased"},
    "a hardship": {"type": "hardship_request"},
    "a hold": {"type": "person_hold"},
    "unclear words": {"type": "unclear_words", "channel": "sms"},
    "a complaint": {"type": "complaint", "channel": "sms"},
    "a wrong number": {"type": "wrong_number", "channel": "sms"},
    "times that do not suit": {"type": "designation", "inconvenient": ALL_WEEK},
}


async def enrol(bench: Any, plain: dict[str, Any], **further: Any) -> None:
    """Store the borrower's profile."""
    body = {name: value for name, value in plain["borrower"].items() if name != "id"} | further
    answer = await bench.api.client.put("/v1/borrowers/B-1", json=body)
    assert answer.is_success, answer.text


async def erase_and_enrol(bench: Any, plain: dict[str, Any]) -> dict[str, Any]:
    """Forget the person, and store the same profile again; what the erasure answered."""
    answer = await bench.api.client.post("/v1/borrowers/B-1/erase")
    assert 200 == answer.status_code, answer.text
    await enrol(bench, plain)
    found: dict[str, Any] = answer.json()
    return found


async def judged(bench: Any, plain: dict[str, Any], channel: str = "sms", **further: Any) -> tuple[str, str]:
    """The verdict about a message to the borrower now, and the rule that gave it."""
    body = {**plain, "borrower": {"id": "B-1"}, "channels": [channel], **further}
    answer = await bench.api.client.post("/v1/notices/preview", json=body)
    assert 200 == answer.status_code, answer.text
    [found] = answer.json()["channels"]
    return found["verdict"], next((one["rule"] for one in found["findings"]), "")


async def say(bench: Any, words: str, ref: str = "SM1") -> str:
    """A text from the borrower's number; what it was taken for."""
    inbound = Inbound(provider="twilio", ref=ref, from_address=NUMBER, to_address="", words=words)
    return (await take_inbound(bench.api.runtime, inbound)).taken_for


@pytest.mark.parametrize("what", RESTRICTING)
async def test_what_restricts_survives_the_erasure_of_the_same_id(bench, plain, what):
    """Reported as an event that names no address."""
    await enrol(bench, plain)
    assert "allow" == (await judged(bench, plain))[0]
    await bench.event(**{"type_": RESTRICTING[what]["type"], **_further(what)})
    before = await judged(bench, plain)
    assert "allow" != before[0]
    await erase_and_enrol(bench, plain)
    assert before == await judged(bench, plain)


def _further(what: str) -> dict[str, Any]:
    return {name: value for name, value in RESTRICTING[what].items() if name != "type"}


@pytest.mark.parametrize(
    ("words", "taken_for"),
    [
        ("I dispute this debt", "dispute"),
        ("I have a lawyer, talk to him", "attorney"),
        ("I lost my job and cannot pay", "hardship"),
        ("I filed for bankruptcy", "bankruptcy"),
        ("my husband died last week", "deceased"),
        ("stop texting me", "opt_out"),
        ("asdf qwer zxcv", "unclear"),
    ],
)
async def test_what_was_said_in_a_reply_survives_it_too(bench, plain, words, taken_for):
    """Nothing leaves afterwards, whatever it was taken for."""
    await enrol(bench, plain)
    assert taken_for == await say(bench, words)
    before = await judged(bench, plain)
    assert before[0] in {"suppress", "hold"}
    await erase_and_enrol(bench, plain)
    assert before == await judged(bench, plain)
    id_ = await bench.accept({**plain, "borrower": {"id": "B-1"}})
    assert [] == [one for one in await bench.work() if one.attempt_id.startswith(id_)]
    assert (await bench.states(id_))["sms"] in {"suppressed", "held"}


async def test_what_a_person_ended_before_the_erasure_stays_ended(bench, plain):
    """Nobody has to look again at what was looked at; what was ended for one debt alone stands for all."""
    await enrol(bench, plain)
    for type_, end in (
        ("unclear_words", "person_release"),
        ("hardship_request", "hardship_answered"),
        ("dispute", "dispute_resolved"),
    ):
        await bench.event(type_)
        bench.api.clock.move(timedelta(minutes=1))
        await bench.event(end)
    assert "allow" == (await judged(bench, plain))[0]
    await erase_and_enrol(bench, plain)
    assert "allow" == (await judged(bench, plain))[0]
    await bench.event("dispute", debt_ids=["L-1"])
    bench.api.clock.move(timedelta(minutes=1))
    await bench.event("dispute_resolved", debt_ids=["L-1"])
    assert "allow" == (await judged(bench, plain))[0]
    await erase_and_enrol(bench, plain)
    assert "allow" != (await judged(bench, plain))[0]


async def test_reported_contacts_are_counted_after_it(bench, plain):
    """As ours are: under the house's caps, whatever they were about."""
    await enrol(bench, plain)
    for hours in range(3):
        at = (bench.api.clock.now() - timedelta(days=1, hours=hours)).isoformat()
        await bench.event(
            "contact", channel="sms", direction="out", outcome="delivered", at=at, debt_ids=["L-1"]
        )
    before = await judged(bench, plain)
    assert "defer" == before[0]
    await erase_and_enrol(bench, plain)
    assert before == await judged(bench, plain)


CALLED = """
INSERT INTO attempts (borrower_id, notice_no, channel, number, state, outcome, at, reserved_at, lease_token,
    decided_revision, address_digest, debt_id, creditor, category, medium)
SELECT borrower_id, notice_no, 'voice', n, 'undelivered', 'rang_no_answer',
    $1::timestamptz - n * interval '9 hours', $1, 0, 1, '', debt_id, creditor, 'collection',
    'voice_prerecorded'
FROM notices, generate_series(1, 7) n
"""


@pytest.mark.parametrize("ours", [True, False])
async def test_calls_are_counted_by_the_caps_of_debts_after_it(bench, notice, ours):
    """Regulation F counts for each debt; which debt it was nobody knows any more, so each is closed."""
    body = {name: value for name, value in notice.items() if name not in {"wait", "not_before"}}
    body |= {"sender_role": "third_party", "fan_out": "all", "channels": ["voice"]}
    consents = [{"channel": "voice_prerecorded", "at": "2026-01-05T10:00:00Z", "given_to": "collector"}]
    body["borrower"] = {**body["borrower"], "consents": consents}
    await bench.accept(body, "voice")
    assert ("allow", "") == await judged(bench, body, "voice")
    if ours:
        await bench.api.rows(CALLED, bench.api.clock.now())
    else:
        for number in range(1, 8):
            at = (bench.api.clock.now() - number * timedelta(hours=9)).isoformat()
            await bench.event("contact", channel="voice", outcome="rang_no_answer", at=at, debt_ids=["L-1"])
    assert CAPS == await counted(bench, body)
    answer = await erase_and_enrol(bench, body)
    assert ["us-reg-f"] == [one["policy"] for one in answer["kept"]]
    assert CAPS == await counted(bench, body)


CAPS = {
    ("house-strict", "three-in-seven"): "7 of 3",
    ("us-ma-940cmr7", "two-in-seven"): "7 of 2",
    ("us-reg-f", "seven-in-seven"): "7 of 7",
}


async def counted(bench: Any, body: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What the caps that are full have counted, by policy and rule."""
    answer = await bench.api.client.post("/v1/notices/preview", json={**body, "borrower": {"id": "B-1"}})
    [found] = answer.json()["channels"]
    return {
        (one["policy"], one["rule"]): one["reason"][:6]
        for one in found["findings"]
        if one["verdict"] == "defer"
    }


async def test_what_is_kept_says_nothing_of_the_person(bench, plain):
    """Types, instants, keyed digests, hours: no words, debts, accounts or references."""
    await enrol(bench, plain)
    await bench.event(
        "contact", channel="voice", outcome="conversation", debt_ids=["L-secret"], account_id="A-secret",
        words="he said secret", text="secret", ref="secret", address=NUMBER, in_response_to="secret",
        discussed=["L-secret"],
    )  # fmt: skip
    await bench.event("dispute", debt_ids=["L-secret"], words="secret", source="secret", ref="secret")
    await bench.event("payment", debt_ids=["L-secret"])
    await bench.event("inbound", channel="sms", words="secret")
    await bench.event("consent", channel="sms", given_to="creditor")
    answer = await bench.api.client.post("/v1/borrowers/B-1/erase")
    assert answer.is_success, answer.text
    rows = await bench.api.rows("SELECT type, document::text AS said, sealed FROM events")
    assert {"contact", "dispute", "unclear_words"} >= {row["type"] for row in rows} >= {"contact", "dispute"}
    assert all(row["sealed"] is None and "secret" not in row["said"] for row in rows)


async def test_of_a_corrected_contact_only_the_correction_counts(bench, plain):
    """What was wrong goes with the erasure."""
    await enrol(bench, plain)
    at = (bench.api.clock.now() - timedelta(hours=2)).isoformat()
    await bench.event("contact", channel="sms", outcome="delivered", at=at, event_id="one")
    await bench.event(
        "contact", channel="sms", outcome="delivered", at=at, event_id="two", corrects="one", wrong_party=True
    )
    await bench.api.client.post("/v1/borrowers/B-1/erase")
    rows = await bench.api.rows("SELECT document FROM events WHERE type = 'contact'")
    assert [True] == [row["document"].get("wrong_party") for row in rows]


async def test_bare_contacts_go_once_no_policy_counts_them(bench, plain):
    """A run of retention says so first; it lets none go that a cap may count, nor of who came back."""
    await enrol(bench, plain)
    await bench.event("contact", channel="sms", outcome="delivered")
    await bench.api.client.post("/v1/borrowers/B-1/erase")
    operator = Actor(name="operator:test")
    assert 0 == (await run_retention(bench.api.runtime, operator, apply=True)).contacts
    policies = bench.api.runtime.in_force.policies(bench.api.clock.now()).values()
    bench.api.clock.move(max(one.lookback for one in policies) + timedelta(seconds=1))
    assert 1 == (await run_retention(bench.api.runtime, operator, apply=False)).contacts
    assert 1 == await bench.api.count("events WHERE type = 'contact'")
    assert 1 == (await run_retention(bench.api.runtime, operator, apply=True)).document()["bare_contacts"]
    assert 0 == await bench.api.count("events WHERE type = 'contact'")


async def test_a_crowded_history_is_sorted_anew(bench, plain):
    """Of a hundred disputes of other debts none is set aside by a debt that nobody knows any more."""
    await enrol(bench, plain)
    for number in range(110):
        await bench.event("dispute", debt_ids=[f"X-{number}"])
    assert "allow" == (await judged(bench, plain))[0]
    await erase_and_enrol(bench, plain)
    assert "allow" != (await judged(bench, plain))[0]
    assert 0 == await bench.api.count("events WHERE type = 'dispute' AND document ? 'debt_ids'")
