"""The mutation run itself: each value is changed, a case that notices kills, what survives is named; and the
small packs have no survivor."""

from __future__ import annotations

from typing import Any

from policies.policy import parse_policy_document
from tests.policies.mutants import GONE, Mutant, explained, mutants_of, mutated, report, try_policy, words_of

DOCUMENT: dict[str, Any] = {
    "name": "tried",
    "title": "Tried",
    "citation": "Act",
    "force": "house",
    "verified_on": "2026-07-01",
    "confidence": "low",
    "binds": {"sender_roles": ["third_party"]},
    "effective": {"from": "2026-01-01"},
    "rules": [
        {
            "id": "hours",
            "kind": "clock_window",
            "citation": "s. 1",
            "hours": {"mon-tue": ["09:00-19:00"], "sun": []},
        },
        {
            "id": "cap",
            "kind": "cap",
            "citation": "s. 2",
            "limit": 2,
            "window": {"hours": 24},
            "count": {"counts": "ring", "channels": ["voice"]},
        },
    ],
}


def case(at: str, verdict: str, *calls: str) -> dict[str, Any]:
    """A call in Rome, after calls at these times."""
    return {
        "id": f"{at}-{verdict}",
        "borrower": {"zones_by_source": {"address": ["Europe/Rome"]}},
        "debt_ids": ["d"],
        "history": [
            {"type": "contact", "at": one, "channel": "voice", "outcome": "delivered"} for one in calls
        ],
        "proposed": {"at": at, "channel": "voice", "sender_role": "third_party"},
        "expected": {"verdict": verdict},
    }


def test_each_value_has_its_mutants() -> None:
    """Numbers by one, edges by a minute, dates by a day, weekdays and lists by one, choices by each other;
    words for people by nothing."""
    words = {one.words for one in mutants_of(DOCUMENT)}
    for expected in (
        "rules.1.limit: 2 -> 1", "rules.1.limit: 2 -> 3", "rules.1.window.hours: 24 -> 23",
        "rules.1.count.counts: 'ring' -> 'attempt'",
        "rules.0.hours.mon-tue.0: '09:00-19:00' -> '08:59-19:00'",
        "rules.0.hours.mon-tue.0: '09:00-19:00' -> '09:00-19:01'",
        "rules.0.hours: 'mon-tue' -> {'sun': [], 'tue': ['09:00-19:00']}",
        "effective.from: '2026-01-01' -> '2025-12-31'",
        "binds.sender_roles: 'third_party' -> []", "rules.1: 'cap' -> nothing",
        "rules.1.count.channels: ['voice'] -> ['voice', 'voice_prerecorded']",
    ):  # fmt: skip
        assert expected in words
    assert not [one for one in words if "citation" in one or "title" in one or "kind" in one]


def test_a_mutant_changes_one_value_and_leaves_the_document_alone() -> None:
    """Deep inside, and a whole rule."""
    changed = mutated(DOCUMENT, Mutant(("rules", 1, "window", "hours"), 24, 25))
    assert (25, 24) == (changed["rules"][1]["window"]["hours"], DOCUMENT["rules"][1]["window"]["hours"])
    assert ["hours"] == [rule["id"] for rule in mutated(DOCUMENT, Mutant(("rules", 1), "cap", GONE))["rules"]]


def test_a_case_at_the_edge_kills_and_what_nobody_tries_survives() -> None:
    """One minute too many is noticed by the case that ends there."""
    at_close, before_close = (
        case("2026-07-14T19:00:00+02:00", "defer"),
        case("2026-07-14T18:59:00+02:00", "allow"),
    )
    bare = parse_policy_document(DOCUMENT)
    assert try_policy(bare, {}).mutants - try_policy(bare, {}).refused == len(try_policy(bare, {}).survivors)
    tried = parse_policy_document({**DOCUMENT, "cases": [at_close, before_close]})
    left = {words_of(tried, one) for one in try_policy(tried, {}).survivors}
    assert not [one for one in left if "19:01" in one or "18:59" in one or one.startswith("hours: ")]
    assert "hours.hours.mon-tue.0: '09:00-19:00' -> '08:59-19:00'" in left
    assert "cap.limit: 2 -> 3" in left
    full = case(
        "2026-07-14T12:00:00+02:00", "defer", "2026-07-14T10:00:00+02:00", "2026-07-14T11:00:00+02:00"
    )
    counted = parse_policy_document({**DOCUMENT, "cases": [full]})
    assert "cap.limit: 2 -> 3" not in {words_of(counted, one) for one in try_policy(counted, {}).survivors}
    assert not [one for one in left if one.startswith("keep")]


def test_what_survives_without_a_reason_is_a_line() -> None:
    """Named by its policy, rule and field."""
    bare = parse_policy_document(DOCUMENT)
    lines, unused = report([try_policy(bare, {})], {"tried": bare})
    assert "  tried: cap.limit: 2 -> 3" in lines
    assert [] == unused


def test_every_explanation_has_a_reason() -> None:
    """Not a mere list."""
    assert all(isinstance(reason, str) and reason.strip() for reason in explained().values())
