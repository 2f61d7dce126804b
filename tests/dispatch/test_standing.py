"""A borrower of whom much was told beside contacts: restrictions, what lifts them, and plain facts, about
many debts, from many addresses, of many creditors. What is set aside changes no verdict."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES, OUTCOMES, Borrower, Event, Facts, Proposal
from policies.lookups import Lookup
from policies.policy import Policy, parse_policy_document
from policies.strictness import STRICTNESS, Kind
from policies.verdict import Verdict
from service.dispatch.decide.facts import events_of
from service.dispatch.runtime.in_force import reach_of
from service.log.facts_codec import encode_facts
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


def policies() -> tuple[Policy, ...]:
    """A policy for each rule, so that each says something of its own."""
    head = {"version": "1", "title": "t", "citation": "c", "force": "house", "verified_on": "2026-01-01",
            "confidence": "high"}  # fmt: skip
    return tuple(
        parse_policy_document({"name": f"p{number}", **head, "rules": [{"id": "r", "citation": "c", **rule}]})
        for number, rule in enumerate(RULES)
    )


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
        "until": (AT + timedelta(days=dice.randint(-5, 5))).date().isoformat(),
    }
    document = {name: values[name] for name, share in shape.items() if dice.random() < share}
    if type_ == "designation":
        begins = dice.randrange(23)
        document["inconvenient"] = [{"from": f"{begins:02}:00", "to": f"{begins + 1:02}:00",
                                     "days": [dice.choice(("mon", "tue", "wed"))]}]  # fmt: skip
    elif type_ == "agreed_hours":
        document |= {"from": f"{dice.randrange(6, 12):02}:00", "to": f"{dice.randrange(13, 23):02}:00"}
    elif type_ == "rnd_check":
        document["result"] = dice.choice(("reassigned", "not_reassigned"))
    return document | {"ref": f"x{number}"}


def history(dice: Random, borrower: UUID, count: int, types: list[str]) -> list[EventRow]:
    """Events of these types in the order of their recording, which is not that of their dates."""
    wide = dice.choice((2, 5, 40))
    shape = {
        name: dice.choice((0, 0.05, 0.9))
        for name in ("debt_ids", "address", "creditor", "scope", "via", "topic", "account_id", "until")
    }
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


SHIPPED = standing.KEPT


class Count:
    """What comparisons found."""

    def __init__(self) -> None:
        self.passed_over = self.exact = self.stricter = 0


async def compare(api: Any, seed: int, count: int, found: Count) -> None:
    """Judge one random history by every rule, by what ships, and by all together: by all that there is, and
    by what a decision reads. The verdicts are the same unless an event stands for others; then no laxer.
    Where fewer are kept than ships, what lifts is passed over early, too."""
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
            assert standing.KEPT < SHIPPED or not ids.issuperset(one.event_id for one in few), told
            assert STRICTNESS[quick.kind] >= STRICTNESS[plain.kind], told
            if quick.kind is plain.kind is Kind.DEFER and plain.until is not None:
                assert quick.until is not None and quick.until >= plain.until, told


async def test_what_is_set_aside_changes_no_verdict(api):
    found = Count()
    for seed in range(6):
        await compare(api, seed, 200, found)
    assert found.passed_over > 10_000
    assert found.exact > 20 * found.stricter


async def test_where_too_much_would_have_to_stay_the_verdict_is_the_stricter(api, monkeypatch):
    monkeypatch.setattr(standing, "KEPT", 1)
    monkeypatch.setattr(standing, "TIMES", 1)
    found = Count()
    for seed in range(6):
        await compare(api, seed, 200, found)
    assert found.stricter > 0


@pytest.mark.slow
@pytest.mark.parametrize("kept", [1, 2, 8])
async def test_what_is_set_aside_loosens_no_verdict_in_many_worlds(api, monkeypatch, kept):
    monkeypatch.setattr(standing, "KEPT", kept)
    monkeypatch.setattr(standing, "TIMES", kept)
    for seed in range(100, 130):
        await compare(api, seed, 300, Count())


def event(borrower: UUID, number: int, type_: str, hours: float, **document: Any) -> EventRow:
    """An event so many hours before the decision."""
    return EventRow(
        borrower_id=borrower,
        event_id=f"e{number}",
        at=AT - timedelta(hours=hours),
        learned_at=AT,
        type=type_,
        channel=document.pop("channel", None),
        outcome=document.pop("outcome", None),
        document=document | {"ref": f"x{number}"},
        encrypted=None,
    )


async def verdict(api: Any, borrower: UUID, rule: dict[str, Any]) -> Kind:
    """What a rule says of a call about the debt d1 by what a decision reads."""
    head = {"name": "p", "version": "1", "title": "t", "citation": "c", "force": "house",
            "verified_on": "2026-01-01", "confidence": "high"}  # fmt: skip
    bound = (parse_policy_document({**head, "rules": [{"id": "r", "citation": "c", **rule}]}),)
    facts = asked(Random(1), await read(api, borrower, reach_of(bound, AT)))
    return decide(
        bound, replace(facts, proposal=replace(facts.proposal, channel="voice", to="consumer")), AT
    ).kind


async def insert(api: Any, *rows: EventRow) -> None:
    async with api.runtime.database.transaction() as connection:
        await events.insert_events(connection, rows)


async def compact(api: Any, borrower: UUID) -> None:
    async with api.runtime.database.transaction() as connection:
        await repeats.compact(connection, [borrower])


async def test_nothing_that_ships_needs_all_events_of_a_type(api):
    """A type that shuts one rule and opens another is read whole: beyond what ships, whoever writes such a
    policy gets the right verdict, and pays for it."""
    shipped = api.runtime.in_force.reach(AT).lookups
    assert shipped
    assert () == standing.read_whole(shipped)
    both = frozenset({Lookup("payment", "debt", "bars"), Lookup("payment", "debt", "lifts")})
    assert ("payment",) == standing.read_whole(shipped | both)


async def test_a_type_that_both_shuts_and_opens_is_read_whole(api):
    one = UUID(int=5)
    rule = {"kind": "bar", "events": ["person_release"], "scope": "creditor"}
    await insert(api, *(event(one, at, "person_release", 90 - at, creditor=f"c{at}") for at in range(40)))
    await compact(api, one)
    assert 37 == await api.count("events WHERE aside")
    assert Kind.SUPPRESS is await verdict(api, one, rule)


SILENCE = {"kind": "bar", "events": ["hardship_request"], "lifted_by": ["hardship_answered"]}


async def test_what_stands_for_others_falls_once_each_of_them_is_lifted(api):
    """Twenty debts, one silence for each; one answer for each, the last of them the one that opens."""
    one = UUID(int=5)
    await insert(api, *(event(one, at, "hardship_request", 90 - at, debt_ids=[f"d{at}"]) for at in range(20)))
    await compact(api, one)
    assert 17 == await api.count("events WHERE aside")
    for at in range(20):
        assert Kind.SUPPRESS is await verdict(api, one, SILENCE)
        await insert(api, event(one, 100 + at, "hardship_answered", 60 - at, debt_ids=[f"d{at}"]))
    assert Kind.ALLOW is await verdict(api, one, SILENCE)


async def test_a_restriction_that_was_lifted_in_the_wrong_order_stands(api):
    """Recorded before it, or dated before it: neither lifts."""
    one = UUID(int=5)
    rows = [event(one, at, "hardship_request", 50 - at, debt_ids=[f"d{at}"]) for at in range(20)]
    await insert(api, event(one, 90, "hardship_answered", 10), *rows[:19])
    await insert(api, rows[19], event(one, 91, "hardship_answered", 51))
    await compact(api, one)
    assert Kind.SUPPRESS is await verdict(api, one, SILENCE)
    await insert(api, event(one, 92, "hardship_answered", 1, debt_ids=[f"d{at}" for at in range(1, 20)]))
    assert Kind.SUPPRESS is await verdict(api, one, SILENCE)
    await insert(api, event(one, 93, "hardship_answered", 1, debt_ids=["d0"]))
    assert Kind.ALLOW is await verdict(api, one, SILENCE)


async def test_a_consent_that_is_learned_late_finds_what_ended_it(api):
    """A call on the day after a revocation counts, though later revocations had the earlier one set aside."""
    one, rule = UUID(int=5), {
        "kind": "cap", "limit": 1, "window": {"consecutive_dates": 9}, "count": {"not_consented": True}
    }  # fmt: skip
    await insert(
        api,
        *(event(one, at, "revoke_consent", 90 - at, channel="voice") for at in range(3)),
        event(one, 50, "contact", 80, channel="voice", outcome="rang_no_answer", debt_ids=["d1"]),
        *(event(one, at, "revoke_consent", 70 - at, channel="voice") for at in range(3, 40)),
    )
    await compact(api, one)
    await insert(api, event(one, 99, "consent_call", 88.5, given_to="collector"))
    assert Kind.DEFER is await verdict(api, one, rule)


async def test_of_what_is_alike_the_first_to_happen_stays_whenever_it_was_recorded(api):
    """A cap that begins with a cease begins with the first; one that was recorded later tells
    of an earlier."""
    one, rule = UUID(int=5), {
        "kind": "cap", "limit": 1, "window": {"consecutive_dates": 9}, "active_after": "cease"
    }  # fmt: skip
    await insert(api, event(one, 1, "cease", 50), event(one, 2, "cease", 90), event(one, 3, "cease", 10))
    await insert(api, event(one, 4, "contact", 70, channel="voice", outcome="rang_no_answer"))
    assert Kind.DEFER is await verdict(api, one, rule)
    await compact(api, one)
    assert Kind.DEFER is await verdict(api, one, rule)


async def test_a_call_to_a_stranger_counts_no_more_for_what_is_set_aside(api):
    """Of many numbers that were learned to be strangers', those are looked up that were called."""
    one, rule = UUID(int=5), {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 9}}
    await insert(
        api,
        event(one, 1, "contact", 90, channel="voice", outcome="rang_no_answer", address="a7"),
        *(event(one, 10 + at, "wrong_number", 80 - at, address=f"a{at}") for at in range(40)),
    )
    await compact(api, one)
    assert 37 == await api.count("events WHERE aside")
    assert Kind.ALLOW is await verdict(api, one, rule)
    await insert(api, event(one, 99, "contact", 5, channel="voice", outcome="rang_no_answer", address="a7"))
    assert Kind.DEFER is await verdict(api, one, rule)


MANY, BOUND = 10_000, 0.010
"""Events of a borrower, and seconds of the worker's processor time: the quickest of some tries, since beside
other work it doubles."""


def differing_events(of: str, borrower: UUID, apart: timedelta, by: str) -> list[EventRow]:
    """As many as a borrower may have, no two of them alike: by their debts, or by everything else."""
    dice, rows = Random(1), []
    types = [*EVENT_TYPES] if of == "every type" else [of]
    for number in range(MANY):
        type_ = dice.choice(types)
        document: dict[str, Any] = {"ref": f"x{number}"}
        if by in {"debts", "everything"}:
            document["debt_ids"] = [f"d{number}"]
        if by in {"addresses", "everything"}:
            document |= {"address": f"a{number}", "scope": "address"}
        if by == "everything":
            document |= {"creditor": f"c{number}", "account_id": f"k{number}", "topic": f"t{number}"}
            document["until"] = (AT + timedelta(days=number)).date().isoformat()
        if type_ == "designation":
            document["inconvenient"] = [{"from": f"{number // 60 % 24:02}:{number % 60:02}", "to": "23:59"}]
        elif type_ == "rnd_check":
            document["result"] = dice.choice(("reassigned", "not_reassigned"))
        elif type_ == "agreed_hours":
            document |= {"from": f"{number // 60 % 12:02}:{number % 60:02}", "to": "23:59"}
        rows.append(
            EventRow(
                borrower_id=borrower,
                event_id=f"e{number}",
                at=AT - apart * (MANY - number) if by != "dates" else AT - apart * (number + 1),
                learned_at=AT,
                type=type_,
                channel=dice.choice(CHANNELS) if type_ in SPOKEN else None,
                outcome=dice.choice(OUTCOMES[:4]) if type_ == "contact" else None,
                document=document,
                encrypted=None,
            )
        )
    return rows


SPOKEN = frozenset({"contact", "opt_out", "opt_in", "consent", "revoke_consent", "inbound"})
KINDS = [*EVENT_TYPES, "every type"]
HARDEST = [("opt_out", "addresses"), ("revoke_consent", "everything"), ("bankruptcy", "debts")]


@pytest.mark.parametrize(
    ("of", "by"),
    [
        *HARDEST,
        *(
            pytest.param(of, by, marks=pytest.mark.slow)
            for of in KINDS
            for by in ("debts", "addresses", "dates", "everything")
            if (of, by) not in HARDEST
        ),
    ],
)
async def test_no_decision_takes_longer_for_ten_thousand_of_any_type(api, of, by):
    """Reading, deciding and writing down what it was decided on, in processor time of the worker; `dates`:
    the last to be recorded was the first to happen."""
    borrower = UUID(int=7)
    async with api.runtime.database.transaction() as connection:
        await events.insert_events(connection, differing_events(of, borrower, timedelta(minutes=50), by))
        await repeats.compact(connection, [borrower])
    every = tuple(api.runtime.in_force.policies(AT).values())
    names = {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    bound = tuple(one for one in every if one.name in names)
    took: list[float] = []
    while len(took) < 50 and min(took, default=1.0) >= BOUND:
        begun = time.process_time()
        facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
        decide(bound, facts, AT)
        encode_facts(facts)
        took.append(time.process_time() - begun)
    assert len(facts.events) < 450
    assert min(took) < BOUND
