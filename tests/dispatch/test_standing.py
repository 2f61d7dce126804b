"""A borrower of whom much was told beside contacts: restrictions, what lifts them, and plain facts, about
many debts, from many addresses, of many creditors. What is set aside changes no verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES, Borrower, Event, Facts, Proposal
from policies.policy import Policy, parse_policy_document
from policies.strictness import STRICTNESS, Kind
from policies.verdict import Verdict
from service.dispatch.decide.facts import events_of
from service.dispatch.runtime.in_force import reach_of
from service.store import events, repeats, standing
from service.store.events import EventRow, Reach
from service.store.ranks import Matter
from tests.dispatch.test_crowded_histories import AT, EVERYTHING
from tests.dispatch.test_ranks import CHANNELS

CLOSED = [
    ("bankruptcy", "bankruptcy_dismissed"),
    ("hardship_request", "hardship_answered"),
    ("person_hold", "person_release"),
    ("unclear_words", "person_release"),
    ("cease", "cease_withdrawn"),
    ("dispute", "dispute_resolved"),
    ("attorney", "attorney_withdrawn"),
    ("opt_out", "opt_in"),
    ("revoke_consent", "consent"),
    ("wrong_number", "address_confirmed"),
    ("address_dead", "address_confirmed"),
    ("contact_deferred", "person_release"),
    ("employer_prohibits", "person_release"),
]
SCOPES = ("borrower", "debt", "channel", "address", "creditor")
RULES: list[dict[str, Any]] = [
    *(
        {"kind": "bar", "events": [shut], "lifted_by": [lift], "scope": scope}
        for shut, lift in CLOSED
        for scope in SCOPES
    ),
    *(
        {"kind": "bar", "events": [shut], "days": 9, "scope": scope}
        for shut, _ in CLOSED[::3]
        for scope in SCOPES
    ),
    *(
        {"kind": "term_bar", "events": [shut], "lifted_by": [lift], "days": 20, "scope": scope}
        for shut, lift in CLOSED[::4]
        for scope in ("borrower", "debt", "creditor")
    ),
    {"kind": "bar", "events": ["home_inconvenient", "employer_prohibits"], "scope": "borrower"},
    {"kind": "bar", "events": ["address_confirmed"], "before": True, "lifted_by": ["wrong_number"]},
    {"kind": "consent", "accepts": ["consent", "number_given"], "reassigned_ends": True,
     "texts_and_calls": True},
    {"kind": "consent", "accepts": ["consent"], "days": 60},
    {"kind": "consent", "accepts": ["opt_in", "consent_call"]},
    {"kind": "bar", "events": ["opt_out"], "lifted_by": ["consent", "opt_in"], "scope": "channel"},
    {"kind": "bar", "events": ["cease"], "lifted_by": ["consent", "consent_call"], "scope": "borrower"},
    {"kind": "bar", "events": ["consent"], "before": True},
    {"kind": "required_before", "events": ["consent"]},
    {"kind": "wait_after", "event": "consent", "dates": 3},
    {"kind": "clock_window", "hours": {"daily": "12:00-12:01"}, "unless": {"events": ["consent", "opt_in"]}},
    {"kind": "clock_window", "hours": {"daily": "12:00-12:01"}, "unless": {"reply": True}},
    {"kind": "required_before", "events": ["hardship_offered"], "undone_by": ["hardship_request"]},
    {"kind": "required_before", "events": ["notice_sent"], "undone_by": ["dispute"], "per_debt": False},
    {"kind": "wait_after", "event": "notice_sent", "dates": 30, "missing": "suppress"},
    {"kind": "wait_after", "event": "notice_sent", "dates": 30, "first": True, "missing": "suppress"},
    {"kind": "wait_after", "event": "became_overdue", "dates": 5, "missing": "hold", "first": True},
    {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 40}, "active_after": "dispute",
     "count": {"per": "debt"}},
    {"kind": "cap", "limit": 2, "window": {"consecutive_dates": 40}, "active_after": "cease"},
    {"kind": "cap", "limit": 3, "window": {"consecutive_dates": 9}, "count": {"not_consented": True}},
    {"kind": "fatigue", "unanswered": 2, "within_dates": 20, "gap_dates": 9, "longest_dates": 30},
    {"kind": "one_shot", "count": {"per": "person"}, "renewed_by": ["payment", "complaint"]},
    {"kind": "recipient", "allowed": ["consumer"], "also": ["relative"], "also_for": ["location"],
     "after": ["debtor_unreachable"], "not_after": ["contact_person_refused"]},
    {"kind": "designation"},
    {"kind": "clock_window", "hours": {"daily": "08:00-20:00"}, "agreed_hours": True},
    {"kind": "clock_window", "hours": {"daily": "12:00-12:01"}, "unless": {"events": ["help"]}},
    {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 40}, "unless": {"consent": True}},
]  # fmt: skip


def policy_of(number: int, rule: dict[str, Any]) -> Policy:
    """A policy of one rule."""
    head = {"version": "1", "title": "t", "citation": "c", "force": "house", "verified_on": "2026-01-01",
            "confidence": "high"}  # fmt: skip
    return parse_policy_document(
        {"name": f"p{number}", **head, "rules": [{"id": "r", "citation": "c", **rule}]}
    )


def policies() -> tuple[Policy, ...]:
    """A policy for each rule, so that each says something of its own."""
    return tuple(policy_of(number, rule) for number, rule in enumerate(RULES))


def told(dice: Random, type_: str, number: int, wide: int, shape: dict[str, float]) -> dict[str, Any]:
    """What an event says: of `wide` debts, addresses and creditors."""
    values: dict[str, Any] = {
        "debt_ids": list(dict.fromkeys(f"d{dice.randrange(wide)}" for _ in range(dice.randint(1, 2)))),
        "address": f"a{dice.randrange(wide)}",
        "creditor": f"c{dice.randrange(wide)}",
        "scope": dice.choice(("medium", "address")),
        "via": dice.choice(("letter", "provider")),
        "topic": f"t{dice.randrange(wide)}",
        "address_kind": dice.choice(("mobile", "work_phone")),
        "account_id": f"k{dice.randrange(wide)}",
        "in_response_to": f"x{dice.randrange(number + 1)}",
        "until": (AT + timedelta(days=dice.randint(-5, 5))).date().isoformat(),
    }
    document = {name: values[name] for name in values if dice.random() < shape.get(name, 0)}
    if type_ == "designation":
        begins = dice.randrange(23)
        document["inconvenient"] = [{"from": f"{begins:02}:00", "to": f"{begins + 1:02}:00",
                                     "days": [dice.choice(("mon", "tue", "wed"))]}]  # fmt: skip
    elif type_ == "agreed_hours":
        document |= {"from": f"{dice.randrange(6, 12):02}:00", "to": f"{dice.randrange(13, 23):02}:00"}
    elif type_ == "rnd_check":
        document["result"] = dice.choice(("reassigned", "not_reassigned"))
    if dice.random() < shape["expires_at"]:
        document["expires_at"] = (AT + timedelta(hours=dice.choice((-90, -1, 1, 40)))).isoformat()
    return document | {"ref": f"x{number}"}


def history(dice: Random, borrower: UUID, count: int, types: list[str]) -> list[EventRow]:
    """Events of these types in the order of their recording, which is not that of their dates."""
    wide = dice.choice((2, 5, 40))
    shape = {
        name: dice.choice((0, 0.05, 0.9))
        for name in (
            "debt_ids",
            "address",
            "creditor",
            "scope",
            "via",
            "topic",
            "account_id",
            "until",
            "in_response_to",
        )
    }
    shape["expires_at"] = dice.choice((0, 0, 0.3))
    late, rows = dice.choice((0.0, 0.02)), []
    for number in range(count):
        at = AT - timedelta(hours=(count - number) * 3, minutes=dice.randint(0, 200))
        if dice.random() < late:
            at = AT - timedelta(minutes=10 * dice.randint(0, 300))
        type_ = dice.choice(types)
        spoken = type_ in {"contact", "opt_out", "opt_in", "consent", "revoke_consent", "inbound"}
        rows.append(
            EventRow(
                borrower_id=borrower,
                event_id=f"e{number}",
                at=at.replace(second=0),
                learned_at=AT,
                type=type_,
                channel=dice.choice(CHANNELS) if spoken or dice.random() < 0.02 else None,
                outcome=dice.choice(("conversation", "rang_no_answer", "delivered"))
                if type_ == "contact"
                else None,
                document=told(dice, type_, number, wide, shape),
                encrypted=None,
            )
        )
    return rows


def gist(verdict: Verdict) -> tuple[object, ...]:
    """Everything but which of several events a finding names, and until when that one lasts."""
    return (
        verdict.kind,
        verdict.until,
        verdict.valid_until,
        [(one.policy, one.rule, one.kind, one.message) for one in verdict.findings],
        verdict.warnings,
    )


def differing(one: Verdict, other: Verdict) -> list[object]:
    """What two verdicts do not agree on."""
    return [(a, b) for a, b in zip(gist(one), gist(other), strict=True) if a != b]


MATTER = ("d1", "k1", "c1", ("a1",))


def asked(dice: Random, found: tuple[Event, ...]) -> Facts:
    """A message to this borrower."""
    proposal = Proposal(
        channel=dice.choice(CHANNELS), address="a1", account_id=dice.choice((None, "k1")), creditor="c1",
        category="collection", content_class=dice.choice((None, None, "location")),
        to=dice.choice(("consumer", "consumer", "relative")),
        in_response_to=dice.choice((None, dice.choice([*filter(None, (one.ref for one in found)), None]))),
    )  # fmt: skip
    zones = {"stated": ("America/New_York",), "phone": ("Asia/Tokyo",)}
    return Facts(
        borrower=Borrower(zones_by_source=zones, days_past_due=20),
        debt_ids=("d1",),
        events=found,
        proposal=proposal,
    )


async def read(api: Any, borrower: UUID, reach: Reach, *, plainly: bool = False) -> tuple[Event, ...]:
    """What a decision would look at; `plainly`: everything."""
    matters = None if plainly else [Matter(borrower, *MATTER)]
    async with api.runtime.database.connection() as connection:
        return tuple(events_of(*await events.facts(connection, [borrower], reach, matters), AT)[borrower])


async def record(api: Any, borrower: UUID, rows: list[EventRow]) -> None:
    """Store them, some at a time; what is alike stays, so that all of it can be read."""
    for first in range(0, len(rows), 60):
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, rows[first : first + 60])
            await repeats.sort(connection, [borrower])


def kinds(dice: Random) -> list[str]:
    """Few types, or all of them."""
    if dice.random() < 0.2:
        return [*EVENT_TYPES]
    shut, lift = dice.choice(CLOSED)
    return [
        shut,
        shut,
        lift,
        *dice.sample(EVENT_TYPES, 3),
        *dice.choice(((), ("contact",), ("contact", "consent_call"))),
    ]


SHIPPED = standing.KEPT, standing.MANY_EVENTS


class Count:
    """What comparisons found."""

    def __init__(self) -> None:
        self.passed_over = self.exact = self.stricter = 0


async def compare(api: Any, seed: int, count: int, found: Count) -> None:
    """Judge one random history by every rule, by what ships, and by all together: by all that there is, and
    by what a decision reads. The verdicts are the same unless an event stands for others; then no laxer.
    Where fewer are kept than ships, or of many events, what lifts is passed over early, too."""
    dice, borrower = Random(seed), UUID(int=seed + 1)
    await record(api, borrower, history(dice, borrower, count, kinds(dice)))
    shipped, own = tuple(api.runtime.in_force.policies(AT).values()), policies()
    whole = await read(api, borrower, EVERYTHING, plainly=True)
    assert count == len(whole)
    ids = {one.event_id for one in whole}
    some = [*dice.sample(own, 30), *dice.sample(shipped, 6)]
    for bound in (*((one,) for one in some), own, shipped):
        few = await read(api, borrower, reach_of(bound, AT))
        found.passed_over += len(whole) - len(few)
        for _ in range(2):
            facts = asked(dice, whole)
            plain, quick = decide(bound, facts, AT), decide(bound, replace(facts, events=few), AT)
            told = (seed, bound[0].rules, differing(plain, quick), facts.proposal)
            if gist(plain) == gist(quick):
                found.exact += 1
                continue
            found.stricter += 1
            assert (standing.KEPT, standing.MANY_EVENTS) != SHIPPED or not ids.issuperset(
                one.event_id for one in few
            ), told
            assert STRICTNESS[quick.kind] >= STRICTNESS[plain.kind], told
            if quick.kind is plain.kind is Kind.DEFER and plain.until is not None:
                assert quick.until is not None and quick.until >= plain.until, told


@pytest.mark.slow
async def test_what_is_set_aside_changes_no_verdict(api):
    found = Count()
    for seed in range(6):
        await compare(api, seed, 200, found)
    assert found.passed_over > 10_000
    assert found.exact > 5 * found.stricter


@pytest.mark.slow
async def test_where_too_much_would_have_to_stay_the_verdict_is_the_stricter(api, monkeypatch):
    monkeypatch.setattr(standing, "KEPT", 1)
    monkeypatch.setattr(standing, "TIMES", 1)
    found = Count()
    for seed in (7, 14, 21, 28):
        await compare(api, seed, 200, found)
    assert found.passed_over > 5_000


@pytest.mark.slow
async def test_of_a_borrower_with_thousands_of_events_fewer_stay_and_the_verdict_is_no_laxer(
    api, monkeypatch
):
    monkeypatch.setattr(standing, "MANY_EVENTS", 20)
    monkeypatch.setattr(standing, "FEW_MESSAGES", 2)
    found = Count()
    for seed in (8, 15, 22, 29):
        await compare(api, seed, 200, found)
    assert found.passed_over > 5_000


async def test_what_answers_a_notice_is_read_whatever_was_written_since(api):
    """A message about its debt, of its creditor, from its address, or to which it is the answer."""
    borrower = UUID(int=1)
    others = [{"debt_ids": [f"x{number}"]} for number in range(60)]
    told: list[dict[str, Any]] = [{"debt_ids": ["d1"]}, {"creditor": "c1"}, {"address": "a1"}, *others]
    rows = [
        EventRow(
            borrower_id=borrower, event_id=f"e{number}", at=AT - timedelta(minutes=90 - number),
            learned_at=AT, type="inbound", channel="sms", outcome=None, document=document, encrypted=None,
        )
        for number, document in enumerate(told)
    ]  # fmt: skip
    await record(api, borrower, rows)
    found = {one.event_id for one in await read(api, borrower, api.runtime.in_force.reach(AT))}
    assert {"e0", "e1", "e2"} < found
    assert len(found) == standing.MESSAGES + 3


def told_row(borrower: UUID, number: int, type_: str, hours: float, **document: Any) -> EventRow:
    """Something that was recorded as the `number`th, so many hours ago."""
    at = AT - timedelta(hours=hours)
    outcome = "delivered" if type_ == "contact" else None
    return EventRow(
        borrower_id=borrower, event_id=f"e{number}", at=at, learned_at=at, type=type_, channel="sms",
        outcome=outcome, document=document, encrypted=None,
    )  # fmt: skip


async def verdicts(api: Any, rule: dict[str, Any], rows: list[EventRow], **asks: Any) -> list[Kind]:
    """By all that there is, and by what a decision reads."""
    bound, borrower = (policy_of(0, rule),), rows[0].borrower_id
    await record(api, borrower, rows)
    whole = await read(api, borrower, EVERYTHING, plainly=True)
    few = await read(api, borrower, reach_of(bound, AT))
    assert len(few) < len(whole)
    facts = replace(
        asked(Random(1), whole), proposal=Proposal(channel="sms", address="a1", creditor="c1", **asks)
    )
    return [decide(bound, replace(facts, events=some), AT).kind for some in (whole, few)]


async def test_what_was_lifted_for_a_while_is_read_when_that_has_ended(api):
    """Between others that were lifted for good: it bars again."""
    one, ended = UUID(int=3), (AT - timedelta(hours=1)).isoformat()
    said: list[tuple[str, dict[str, Any]]] = [
        *(("bankruptcy", {"debt_ids": [f"x{number}"]}) for number in range(12)),
        ("bankruptcy_dismissed", {}),
        ("bankruptcy", {"debt_ids": ["d9"]}),
        ("bankruptcy_dismissed", {"expires_at": ended}),
        *(
            (type_, {"debt_ids": [f"y{number}"]})
            for number in range(3)
            for type_ in ("bankruptcy", "bankruptcy_dismissed")
        ),
    ]
    rows = [told_row(one, number, type_, 90 - number, **told) for number, (type_, told) in enumerate(said)]
    rows = [replace(row, channel=None) for row in rows]
    assert [Kind.SUPPRESS, Kind.SUPPRESS] == await verdicts(api, RULES[0], rows)


async def test_a_message_that_was_answered_opens_nothing_though_the_answer_is_passed_over(api):
    """What answers a message is found by it, also where both are among many."""
    one = UUID(int=4)
    rows = [told_row(one, 0, "contact", 41, in_response_to="before")]
    rows += [told_row(one, 1, "inbound", 40, ref="r0", address="a1")]
    rows += [told_row(one, 2, "contact", 39, in_response_to="r0")]
    rows += [told_row(one, 3 + n, "inbound", 38 - n / 10, ref=f"r{n + 1}", address="a1") for n in range(15)]
    rows += [told_row(one, 20 + n, "contact", 30 - n / 10, in_response_to=f"q{n}") for n in range(80)]
    rule = {"kind": "bar", "on": "always", "unless": {"reply": True}}
    assert [Kind.SUPPRESS] * 2 == await verdicts(api, rule, rows, in_response_to="r0")
    assert [Kind.ALLOW] * 2 == await verdicts(api, rule, rows, in_response_to="r1")


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "many"), [(1, 1000), (2, 1000), (8, 1000), (8, 20)])
async def test_what_is_set_aside_loosens_no_verdict_in_many_worlds(api, monkeypatch, kept, many):
    monkeypatch.setattr(standing, "KEPT", kept)
    monkeypatch.setattr(standing, "TIMES", min(kept, 8))
    monkeypatch.setattr(standing, "MANY_EVENTS", many)
    for seed in range(100, 130):
        await compare(api, seed, 300, Count())
