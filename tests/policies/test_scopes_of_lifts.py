"""No lifting event opens what it does not name: whatever happened before, one that names another debt,
creditor, account, topic, address or channel leaves the verdict as it was, or makes it stricter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES, Borrower, Event, Facts, Inconvenient, Proposal
from policies.policy import Policy, parse_policy, parse_policy_document
from policies.strictness import STRICTNESS, Kind

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
CHANNELS = ("sms", "email", "voice", "voice_prerecorded")
LIFTS = (
    "opt_in", "consent", "consent_call", "cease_withdrawn", "attorney_unresponsive", "attorney_consents",
    "attorney_withdrawn", "dispute_resolved", "bankruptcy_dismissed", "hardship_answered", "number_given",
    "agreed_hours", "person_release", "designation_withdrawn",
)  # fmt: skip
"""Those that may name a debt, a creditor, an address or a channel."""
OWN: tuple[dict[str, Any], ...] = (
    {"kind": "consent"},
    {"kind": "consent", "accepts": ["consent", "opt_in", "number_given"], "texts_and_calls": True},
    {"kind": "bar", "events": ["opt_out", "revoke_consent"], "lifted_by": ["opt_in", "consent"],
     "scope": "channel"},
    {"kind": "bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "address"},
    {"kind": "bar", "events": ["dispute"], "lifted_by": ["dispute_resolved"], "scope": "creditor"},
    {"kind": "bar", "events": ["attorney"], "lifted_by": ["attorney_consents"], "scope": "borrower"},
    {"kind": "term_bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "days": 90},
    {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 9}, "count": {"not_consented": True}},
    {"kind": "cap", "limit": 0, "window": {"consecutive_dates": 9}, "unless": {"consent": True}},
    {"kind": "clock_window", "hours": {"daily": "03:00-04:00"}, "unless": {"consent": True}},
    {"kind": "clock_window", "hours": {"daily": "03:00-04:00"}, "unless": {"events": ["agreed_hours"]}},
    {"kind": "clock_window", "hours": {"daily": "03:00-04:00"}, "agreed_hours": True},
    {"kind": "bar", "events": ["hardship_request"], "lifted_by": ["hardship_answered", "person_release"],
     "scope": "debt"},
    {"kind": "bar", "events": ["opt_out"], "lifted_by": ["opt_in", "number_given"], "scope": "borrower"},
    {"kind": "designation"},
)  # fmt: skip


@cache
def policies() -> tuple[Policy, ...]:
    """What ships, and a policy for each kind of rule that something lifts."""
    packs = Path(__file__).parents[2] / "policies" / "packs"
    head = {"version": "1", "title": "t", "citation": "c", "force": "house", "verified_on": "2026-01-01",
            "confidence": "high"}  # fmt: skip
    own = (
        parse_policy_document({"name": f"p{number}", **head, "rules": [{"id": "r", "citation": "c", **rule}]})
        for number, rule in enumerate(OWN)
    )
    return (*(parse_policy(one.read_text()) for one in sorted(packs.glob("*.yaml"))), *own)


def happened(dice: Random, number: int, types: tuple[str, ...]) -> Event:
    """Something within the last fortnight, that names more or less."""
    type_ = dice.choice(types)
    return Event(
        type=type_,
        at=AT - timedelta(hours=dice.randint(1, 300)),
        channel=dice.choice((None, "any", *CHANNELS)),
        outcome=dice.choice(("conversation", "rang_no_answer", "delivered")) if type_ == "contact" else None,
        debt_ids=dice.choice((None, None, ("d1",), ("d2",), ("d1", "d2"))),
        creditor=dice.choice((None, None, "c1", "c2")),
        account_id=dice.choice((None, None, "k1", "k2")),
        topic=dice.choice((None, None, None, "t1")),
        address=dice.choice((None, None, "a1", "a2")),
        inconvenient=(Inconvenient(),) if type_ == "designation" else (),
        source=dice.choice(("opt_out", "cease")) if type_ == "suppression" else None,
        scope="own" if type_ == "suppression" else None,
        recorded=number,
        event_id=f"e{number}",
    )


def elsewhere(dice: Random, channel: str) -> dict[str, Any]:
    """What of a message of d1, c1 and a1 a lifting event does not name."""
    others = [one for one in CHANNELS if one != channel and not (one == "voice" and "voice" in channel)]
    return dice.choice(
        (
            {"debt_ids": ("d8",)},
            {"debt_ids": ("d8", "d9")},
            {"creditor": "c2"},
            {"account_id": "k8"},
            {"topic": "t8"},
            {"address": "a2"},
            {"channel": dice.choice(others)},
        )
    )


def differing(seed: int) -> list[tuple[str, str]]:
    """The policies that one more lifting event, of something else, made laxer in a random world."""
    dice, found = Random(seed), []
    types = (
        *dice.sample(EVENT_TYPES, 6),
        *dice.choices(LIFTS, k=2),
        "suppression",
        "contact",
        "opt_out",
        "consent",
    )
    history = tuple(happened(dice, number, types) for number in range(dice.randint(2, 9)))
    channel = dice.choice(CHANNELS)
    facts = Facts(
        borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}, days_past_due=40),
        debt_ids=("d1",),
        events=history,
        proposal=Proposal(
            channel=channel,
            address="a1",
            creditor="c1",
            account_id=dice.choice((None, "k1")),
            topic=dice.choice((None, "t1")),
            category="collection",
            sender_role=dice.choice(("third_party", "original_creditor")),
        ),
    )
    last = Event(
        type=dice.choice(LIFTS),
        at=AT - timedelta(minutes=dice.randint(1, 900)),
        recorded=99,
        event_id="last",
        start=time(0),
        end=time(23, 59),
        **{"channel": dice.choice((None, "any", channel)), **elsewhere(dice, channel)},
    )
    more = replace(facts, events=(*history, last))
    for one in policies():
        before, after = decide((one,), facts, AT), decide((one,), more, AT)
        laxer = STRICTNESS[after.kind] < STRICTNESS[before.kind]
        if laxer or (
            after.kind is before.kind and before.until and after.until and after.until < before.until
        ):
            found.append((one.name, f"{last} in {history}"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(1, 4))])
def test_no_lifting_event_opens_what_it_does_not_name(part: int) -> None:
    for seed in range(part * 150, part * 150 + 150):
        assert [] == differing(seed)


RESTRICTED = tuple(
    (taken, lift, {"kind": "bar", "events": [taken], "lifted_by": [lift], "scope": scope})
    for taken, lift, scope in (
        ("opt_out", "opt_in", "channel"),
        ("opt_out", "consent", "channel"),
        ("cease", "cease_withdrawn", "borrower"),
        ("dispute", "dispute_resolved", "debt"),
        ("attorney", "attorney_withdrawn", "borrower"),
        ("attorney", "attorney_consents", "borrower"),
        ("attorney", "attorney_unresponsive", "borrower"),
        ("bankruptcy", "bankruptcy_dismissed", "borrower"),
        ("hardship_request", "hardship_answered", "borrower"),
        ("person_hold", "person_release", "borrower"),
        ("wrong_number", "address_confirmed", "address"),
    )
)


@pytest.mark.parametrize(("taken", "lift", "rule"), RESTRICTED)
def test_a_lift_acts_as_far_as_the_account_and_the_topic_that_it_names(
    taken: str, lift: str, rule: dict[str, Any]
) -> None:
    """It lifts what names the same, and the restriction of everything for a message of that account and
    topic; a message that does not say its topic has none of it."""

    def opens(restricted: dict[str, Any], lifted: dict[str, Any], **message: Any) -> bool:
        bar = Event(type=taken, at=AT - timedelta(hours=3), channel="sms", **restricted)
        then = Event(type=lift, at=AT - timedelta(hours=1), channel="sms", **lifted)
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}),
            debt_ids=("d1",),
            events=(bar, then),
            proposal=Proposal(channel="sms", address="a1", creditor="c1", **message),
        )
        return decide((one_rule(rule),), facts, AT).kind is Kind.ALLOW

    for name, mine, other in (("account_id", "k1", "k2"), ("topic", "t1", "t2")):
        assert opens({}, {}, **{name: mine})
        assert opens({name: mine}, {}, **{name: mine})
        assert opens({}, {name: mine}, **{name: mine})
        assert opens({name: other}, {name: other})
        assert not opens({}, {name: other}, **{name: mine})
        assert not opens({}, {name: mine})
        assert not opens({name: other}, {name: mine}, **{name: mine})
    assert opens({"account_id": "k1"}, {"account_id": "k1"}, topic="t1")
    assert not opens({}, {"account_id": "k1", "topic": "t2"}, account_id="k1", topic="t1")
    assert not opens({}, {"only_dates": (AT.date() - timedelta(days=9),)})


@pytest.mark.parametrize("permit", ["consent", "opt_in", "consent_call", "number_given"])
def test_what_permits_one_account_topic_or_single_days_permits_nothing_else(permit: str) -> None:
    """A message that does not say its account or its topic has no such permission."""

    def opens(given: dict[str, Any], **message: Any) -> bool:
        one = Event(type=permit, at=AT - timedelta(hours=1), channel="sms", **given)
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}),
            debt_ids=("d1",),
            events=(one,),
            proposal=Proposal(channel="sms", address="a1", creditor="c1", **message),
        )
        return decide((one_rule({"kind": "consent", "accepts": [permit]}),), facts, AT).kind is Kind.ALLOW

    for name, mine, other in (("account_id", "k1", "k2"), ("topic", "t1", "t2")):
        assert opens({name: mine}, **{name: mine})
        assert not opens({name: other}, **{name: mine})
        assert not opens({name: mine})
    assert not opens({"only_dates": (AT.date() - timedelta(days=9),)})


def one_rule(rule: dict[str, Any]) -> Policy:
    """A policy of one rule."""
    head = {"version": "1", "title": "t", "citation": "c", "force": "house", "verified_on": "2026-01-01",
            "confidence": "high"}  # fmt: skip
    return parse_policy_document({"name": "own", **head, "rules": [{"id": "r", "citation": "c", **rule}]})


BEFORE: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("notice_sent", {"kind": "wait_after", "dates": 1, "event": "notice_sent"}, {}),
    (
        "notice_sent",
        {"kind": "wait_after", "dates": 1, "event": "notice_sent", "first": True, "missing": "hold"},
        {},
    ),
    ("notice_sent", {"kind": "business_wait", "days": 1, "calendar": "US", "event": "notice_sent"}, {}),
    ("hardship_offered", {"kind": "required_before", "events": ["hardship_offered"]}, {}),
    ("inbound", {"kind": "bar", "events": ["inbound"], "before": True}, {}),
    (
        "debtor_unreachable",
        {
            "kind": "recipient",
            "allowed": ["consumer"],
            "also": ["relative"],
            "also_for": ["location"],
            "after": ["debtor_unreachable"],
        },
        {"to": "relative", "content_class": "location"},
    ),
    (
        "debtor_unreachable",
        {"kind": "bar", "on": "always", "unless": {"events": ["debtor_unreachable"]}},
        {},
    ),
)


@pytest.mark.parametrize(("before", "rule", "asks"), BEFORE)
def test_what_must_come_before_came_for_the_message(
    before: str, rule: dict[str, Any], asks: dict[str, Any]
) -> None:
    """A notice that another creditor sent, or one about another account or debt, is none for this message.
    Through which channel and to which address it went says nothing about whose it is."""

    def opens(*said: dict[str, Any], account_id: str | None = "k1") -> bool:
        events = tuple(
            Event(type=before, at=AT - timedelta(days=20 - number), **one) for number, one in enumerate(said)
        )
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}),
            debt_ids=("d1",),
            events=events,
            proposal=Proposal(channel="sms", address="a1", creditor="c1", account_id=account_id, **asks),
        )
        return decide((one_rule(rule),), facts, AT).kind is Kind.ALLOW

    others: tuple[dict[str, Any], ...] = ({"creditor": "c2"}, {"account_id": "k2"}, {"debt_ids": ("d2",)})
    mine = {"creditor": "c1", "account_id": "k1", "debt_ids": ("d1",), "channel": "letter", "address": "a9"}
    assert opens({}) and opens(mine)
    for other in others:
        assert not opens(other)
        assert opens(other, mine) and opens(mine, other)
    assert not opens({"account_id": "k1"}, account_id=None)


def test_one_more_is_permitted_by_what_is_about_the_message() -> None:
    """Another creditor's event renews nothing."""
    rule = {"kind": "one_shot", "count": {"per": "person"}, "renewed_by": ["payment"]}

    def opens(**paid: Any) -> bool:
        sent = Event(type="contact", at=AT - timedelta(days=2), channel="sms", outcome="delivered")
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}),
            debt_ids=("d1",),
            events=(sent, Event(type="payment", at=AT - timedelta(days=1), **paid)),
            proposal=Proposal(channel="sms", address="a1", creditor="c1", account_id="k1"),
        )
        return decide((one_rule(rule),), facts, AT).kind is Kind.ALLOW

    assert opens() and opens(creditor="c1", account_id="k1")
    assert not opens(creditor="c2") and not opens(account_id="k2") and not opens(debt_ids=("d2",))
