"""A borrower with thousands of events: decisions look at few of them, and say what they would say of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES, SPOKEN, Borrower, Event, Facts, Proposal
from policies.policy import Policy, parse_policy_document
from policies.rules import direct_consent
from policies.verdict import Verdict
from service.dispatch.decide.facts import events_of
from service.dispatch.runtime.in_force import reach_of
from service.store import events, ranks, repeats
from service.store.events import EventRow, Reach
from service.store.ranks import Matter
from tests.lines_run import lines_run

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
LINES = 100_000
"""Run for a decision."""
EVERYTHING = Reach(datetime(1990, 1, 1, tzinfo=UTC), 30_000)
CALLS = {"channels": ["voice"]}
RULES: list[dict[str, Any]] = [
    {
        "kind": "cap",
        "limit": 3,
        "window": {"consecutive_dates": 7},
        "count": {"per": "debt", "counts": "ring"},
    },
    {"kind": "cap", "limit": 2, "window": {"hours": 30}, "count": {"per": "number"}},
    {"kind": "cap", "limit": 5, "window": {"calendar": "month"}, "count": {"per": "creditor"}},
    {"kind": "cap", "limit": 6, "window": {"ever": True}, "count": {"per": "person", "counts": "reached"}},
    {"kind": "cap", "limit": 1, "window": {"calendar": "week"}, "active_after": "conversation"},
    {
        "kind": "cap",
        "limit": 4,
        "window": {"ever": True},
        "active_after": "dispute",
        "count": {"per": "debt"},
    },
    {
        "kind": "cap",
        "limit": 2,
        "window": {"consecutive_dates": 3},
        "count": {**CALLS, "not_consented": True},
    },
    {
        "kind": "cap",
        "limit": 2,
        "window": {"consecutive_dates": 9},
        "count": {"not_replies": True, "direction": "any"},
    },
    {"kind": "dial_cap", "limit": 3, "window": {"consecutive_dates": 5}, "cleared_by_answer": True},
    {"kind": "dial_cap", "limit": 5, "window": {"hours": 50}, "per": "borrower"},
    {"kind": "min_gap", "dates": 3, "count": {"per": "number"}},
    {"kind": "cool_off", "trigger": "conversation", "dates": 7, "per": "debt"},
    {"kind": "cool_off", "trigger": "reached", "hours": 40, "per": "creditor"},
    {
        "kind": "fatigue",
        "unanswered": 2,
        "within_dates": 9,
        "gap_dates": 2,
        "factor": 1.5,
        "longest_dates": 8,
    },
    {"kind": "one_shot", "count": {"per": "person"}, "renewed_by": ["inbound"]},
    {"kind": "one_shot", "count": {"channels": ["email"], "per": "debt"}},
    {"kind": "channel_exclusivity"},
    {"kind": "warn", "factor": "many", "at_least": 4, "dates": 6},
    {"kind": "cap", "limit": 3, "window": {"consecutive_dates": 40}, "count": {"per": "account"}},
    {"kind": "cool_off", "trigger": "sent", "trigger_channels": None, "dates": 5, "per": "account"},
    {"kind": "one_shot", "count": {"per": "number", "content_classes": ["reminder"]}},
    {
        "kind": "cap",
        "limit": 2,
        "window": {"consecutive_dates": 30},
        "count": {"per": "debt", "not_requested": True, "not_address_kinds": ["work_phone"]},
    },
    {"kind": "wait_after", "event": "contact", "dates": 3, "missing": "permit"},
    {"kind": "wait_after", "event": "contact", "dates": 3, "first": True, "missing": "permit"},
    {"kind": "bar", "events": ["contact"], "days": 2, "scope": "debt"},
]


def policies() -> tuple[Policy, ...]:
    """A policy for each rule, so that each says something of its own."""
    head = {
        "version": "1",
        "title": "t",
        "citation": "c",
        "force": "house",
        "verified_on": "2026-01-01",
        "confidence": "high",
    }
    return tuple(
        parse_policy_document({"name": f"p{number}", **head, "rules": [{"id": "r", "citation": "c", **rule}]})
        for number, rule in enumerate(RULES)
    )


MATTER = ("d", "acc", "c")
"""The debt, account and creditor that messages are about."""


def history(dice: Random, borrower: UUID, count: int) -> list[EventRow]:
    """Contacts of some kinds, over months or days, and the events that begin, renew and end what rules
    count."""
    minutes, odd = dice.choice((3, 60, 600)), dice.choice((0.0, 0.1))
    consents = dice.choice(((1, 1), (0, 0), (0, 0)))
    outcomes = dice.sample(
        ["rang_no_answer", "conversation", "delivered", "busy", "voicemail_left", "hung_up", "in_flight"], 3
    )
    rows = []
    for number in range(count):
        at = AT - timedelta(minutes=dice.randint(0, minutes * count))
        type_ = dice.choices(
            ["contact", "inbound", "wrong_number", "consent_call", "revoke_consent", "dispute"],
            [60, 8, 1, *consents, 1],
        )[0]
        document: dict[str, Any] = {}
        if type_ == "contact":
            document = {
                "debt_ids": [dice.choice("de")], "address": dice.choice(("aa", "bb")),
                "creditor": "other" if dice.random() < odd else "c",
                **({"direction": "in"} if dice.random() < odd else {}),
                **({"in_response_to": "m"} if dice.random() < odd else {}),
                **({"to": "spouse"} if dice.random() < odd else {}),
            }  # fmt: skip
        elif type_ in {"wrong_number", "inbound"}:
            document = {"address": "bb", "ref": f"r{number}"}
        rows.append(
            EventRow(
                borrower_id=borrower, event_id=f"e{number}", at=at, learned_at=at, type=type_,
                channel=dice.choice(("voice", "sms", "email")) if type_ in {"contact", "inbound"} else None,
                outcome=dice.choice(outcomes) if type_ == "contact" else None, document=document,
                encrypted=None,
            )
        )  # fmt: skip
    return rows


def asked(dice: Random, found: tuple[Event, ...]) -> Facts:
    """A message to this borrower."""
    channel = dice.choice(("voice", "sms", "email"))
    proposal = Proposal(
        channel=channel, address=dice.choice(("aa", "bb")), creditor="c", category="collection"
    )
    borrower = Borrower(
        zones_by_source={"stated": ("America/New_York",), "phone": ("Asia/Tokyo",)}, days_past_due=20
    )
    return Facts(borrower=borrower, debt_ids=("d",), events=found, proposal=proposal)


def gist(verdict: Verdict) -> tuple[object, ...]:
    """Everything but how many were counted beyond what fills a rule."""
    return (
        verdict.kind,
        verdict.until,
        verdict.valid_until,
        [(one.policy, one.kind, one.until) for one in verdict.findings],
        [one.partition(":")[0] for one in verdict.warnings],
    )


async def stored(api: Any, borrower: UUID, rows: list[EventRow]) -> None:
    """Put them into the store, some at a time, as they are recorded."""
    for first in range(0, len(rows), 500):
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, rows[first : first + 500])
            await repeats.compact(connection, [borrower])


async def read(api: Any, borrower: UUID, reach: Reach) -> tuple[Event, ...]:
    """What a decision would look at."""
    matters = [Matter(borrower, *MATTER, ("aa", "bb"))]
    async with api.runtime.database.connection() as connection:
        return tuple(events_of(*await events.facts(connection, [borrower], reach, matters), AT)[borrower])


@pytest.mark.slow
async def test_what_is_passed_over_changes_no_verdict(api, monkeypatch):
    """Random histories, each asked with all that there is and with what a decision loads; each rule by
    itself, and all together."""
    monkeypatch.setattr(repeats, "BEHIND", (2, 7, 1024))
    monkeypatch.setattr(ranks, "STEPS", (2, 7, 1024))
    some, passed_over = policies(), 0
    for seed in range(12):
        dice, borrower = Random(seed), UUID(int=seed + 1)
        rows = history(dice, borrower, 300)
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, rows)
        whole = await read(api, borrower, EVERYTHING)
        async with api.runtime.database.transaction() as connection:
            await repeats.compact(connection, [borrower])
        for bound in (*((one,) for one in some), some):
            few = await read(api, borrower, reach_of(bound, AT))
            passed_over += len(whole) - len(few)
            facts = asked(dice, whole)
            assert gist(decide(bound, facts, AT)) == gist(decide(bound, replace(facts, events=few), AT)), (
                seed,
                bound,
            )
    assert passed_over > 5_000


async def test_what_stands_in_anothers_place_brings_the_others_back(api, monkeypatch):
    """A contact was passed over for later ones; once one of those is corrected it counts again."""
    monkeypatch.setattr(repeats, "BEHIND", (2, 7, 1024))
    notice = {
        "borrower_id": "B-1",
        "type": "contact",
        "channel": "voice",
        "outcome": "rang_no_answer",
        "debt_ids": ["L-77"],
    }
    assert (
        201
        == (
            await api.client.put("/v1/borrowers/B-1", json={"addresses": {"sms": "+12025550101"}})
        ).status_code
    )
    now = api.clock.now()
    body = [
        {**notice, "event_id": f"c{number}", "at": (now - timedelta(hours=200 - number)).isoformat()}
        for number in range(100)
    ]
    assert 202 == (await api.client.post("/v1/events", json=body)).status_code
    assert 97 == await api.count("events WHERE behind > 0")
    third = "events WHERE event_id LIKE '%:c97' AND behind = 0"
    assert 0 == await api.count(third)
    correction = {**body[99], "event_id": "x", "corrects": "c99", "outcome": "busy"}
    assert 202 == (await api.client.post("/v1/events", json=correction)).status_code
    assert 1 == await api.count(third)
    assert 96 == await api.count("events WHERE behind > 0")


OFTEN = ("contact", "inbound", "opt_out", "payment", "consent_call")
"""What there is most of."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "type_",
    [
        *OFTEN,
        *(pytest.param(one, marks=pytest.mark.slow) for one in sorted({*EVENT_TYPES} - {*OFTEN})),
    ],
)
async def test_no_decision_takes_longer_for_ten_thousand_events_alike(api, type_):
    """Whatever they are: as many as a borrower may have, and the decision still takes milliseconds of a
    processor."""
    borrower, policies_ = UUID(int=7), tuple(api.runtime.in_force.policies(AT).values())
    spread = timedelta(seconds=30)
    rows = [
        EventRow(
            borrower_id=borrower, event_id=f"e{number}", at=AT - spread * (10_000 - number), learned_at=AT,
            type=type_,
            channel="voice" if type_ in {"contact", "inbound"} else None,
            outcome="rang_no_answer" if type_ == "contact" else None,
            document={"debt_ids": ["d"], "address": "aa", "ref": f"r{number}"}, encrypted=None,
        )
        for number in range(10_000)
    ]  # fmt: skip
    await stored(api, borrower, rows)
    bound = tuple(
        one for one in policies_ if one.name in {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    )
    assert 4 == len(bound)
    facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
    assert len(facts.events) <= (1100 if type_ == "inbound" else 200)
    assert lines_run(lambda: decide(bound, facts, AT)) < LINES


def test_the_store_passes_over_the_consents_that_no_rule_looks_at() -> None:
    """The same number, and the same time."""
    assert (direct_consent.MOST, direct_consent.LONGEST.days) == (repeats.CONSENTS, repeats.CONSENT_DAYS)


def test_the_first_conversation_stays() -> None:
    """What a rule begins with is told by the outcome that begins it."""
    assert "conversation" in SPOKEN
