"""A draft names places that exist, and can hold for somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.draft import parse_draft
from policies.policy import PolicyInvalid


def draft(*jurisdictions: str) -> str:
    """A policy of these places."""
    document: dict[str, Any] = {
        "name": "drafted", "title": "Drafted", "citation": "Act", "force": "house",
        "verified_on": "2026-07-01", "confidence": "low",
        "match": {"jurisdictions": list(jurisdictions)}, "rules": [{"id": "public", "citation": "s. 1",
        "kind": "bar", "on": "publicly_viewable"}],
    }  # fmt: skip
    return json.dumps(document, indent=1)


@pytest.mark.parametrize("code", ["US", "US-MA", "US-NY-NYC", "PR", "CA-PQ", "XK", "IN-OR", "GB"])
def test_a_place_that_exists_is_taken(code: str) -> None:
    """In every spelling that a notice may use."""
    assert (code,) == parse_draft(draft(code)).document.match.jurisdictions


@pytest.mark.parametrize("code", ["US-ZZ", "USA", "us-ma", "UK", "EU", "Massachusetts", "", "US-NY-LI"])
def test_what_is_no_place_is_refused(code: str) -> None:
    """It would be in force and bind nobody; the error names its path and line."""
    with pytest.raises(PolicyInvalid) as refused:
        parse_draft(draft("US", code))
    (error,) = refused.value.errors
    assert ("/match/jurisdictions/1", code) == (error.path, error.got)
    assert error.line


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"match": {"jurisdictions": []}}, "/match/jurisdictions"),
        ({"binds": {"sender_roles": []}}, "/binds/sender_roles"),
        ({"effective": {"from": "2027-01-01", "until": "2026-01-01"}}, "/effective/until"),
        ({"effective": {"from": "2027-01-01", "until": "2027-01-01"}}, "/effective/until"),
        ({"when": {"channels": []}}, "/rules/0/when/channels"),
        ({"when": {"days_past_due": {"min": 9, "max": 3}}}, "/rules/0/when/days_past_due"),
        (
            {"effective": {"from": "2027-01-02", "until": "2027-01-01"}, "rule": True},
            "/rules/0/effective/until",
        ),
    ],
    ids=str,
)
def test_what_can_hold_for_nobody_is_refused(change: dict[str, Any], path: str) -> None:
    """It would be in force and bind nobody; an empty list is no way to say everybody."""
    document, change = json.loads(draft("US")), dict(change)
    of_rule = change.pop("rule", False) or "when" in change
    (document["rules"][0] if of_rule else document).update(change)
    with pytest.raises(PolicyInvalid) as refused:
        parse_draft(json.dumps(document, indent=1))
    assert [path] == [one.path for one in refused.value.errors]


@pytest.mark.parametrize(
    "change", [{"match": {}}, {"effective": {"from": "2027-01-01", "until": "2027-01-02"}}]
)
def test_what_holds_for_a_day_or_for_everybody_is_taken(change: dict[str, Any]) -> None:
    document = {**json.loads(draft("US")), **change}
    document["rules"][0]["when"] = {"not_to": [], "days_past_due": {"min": 3, "max": 3}}
    assert parse_draft(json.dumps(document)).rules


def test_a_case_that_cannot_be_read_is_refused_with_its_place() -> None:
    """A field that there is none of, and an instant beyond the years that have one."""
    document = json.loads(draft("US"))
    proposed = {"at": "2026-11-24T17:00:00Z", "channel": "sms"}
    case = {
        "id": "one",
        "borrower": {"jurisdiction": "US"},
        "proposed": proposed,
        "expected": {"verdict": "allow"},
    }
    document["cases"] = [case, {**case, "borrower": {"planet": "Mars"}}]
    with pytest.raises(PolicyInvalid) as refused:
        parse_draft(json.dumps(document))
    assert {"/cases/1/borrower/planet"} == {one.path for one in refused.value.errors}
