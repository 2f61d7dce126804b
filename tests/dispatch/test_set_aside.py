"""What is set aside of a borrower's events, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from policies.decide import decide
from policies.lookups import Lookup
from policies.policy import parse_policy_document
from policies.strictness import Kind
from service.dispatch.runtime.in_force import reach_of
from service.store import events, repeats, standing
from service.store.events import EventRow
from tests.dispatch.test_crowded_histories import AT
from tests.dispatch.test_standing import asked, read


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
