"""Retention counts from an event: which one, for how long, and which of several demands binds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.policy import Policy, parse_policy
from policies.retention import Keep, Record, keeps, longest

DAY = timedelta(days=1)
ACTIVITY, CONTACT, CLOSED = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 2, 1))


def policy(name: str, *rules: tuple[str, int], **further: Any) -> Policy:
    """A policy with retention rules."""
    text = {
        "name": name, "title": "t", "citation": "c", "force": "house", "verified_on": "2026-11-01",
        "confidence": "high",
        "rules": [{"id": "times", "kind": "designation", "citation": "c"}],
        "records": [{"id": f"r{at}", "citation": f"c{at}", "since": since, "days": days} for at,
        (since, days) in enumerate(rules)],
        **further,
    }  # fmt: skip
    return parse_policy(json.dumps(text))


def demand(*policies: Policy, closed: datetime | None = CLOSED, role: str = "third_party") -> Keep | None:
    """The demand that binds."""
    record = Record(last_activity=CONTACT, debt_activity=ACTIVITY, closed_at=closed)
    return longest(keeps(policies, record, sender_role=role, days_past_due=10))


@pytest.mark.parametrize(
    ("since", "base"), [("last_contact", ACTIVITY), ("contact", CONTACT), ("closed", CLOSED)]
)
def test_each_rule_counts_from_its_event(since: str, base: datetime) -> None:
    found = demand(policy("one", (since, 10)))
    assert found is not None
    assert ("one", "1", "r0", "c0", base + 10 * DAY) == (
        found.policy,
        found.version,
        found.rule,
        found.citation,
        found.until,
    )


def test_the_demand_that_ends_last_binds_whatever_the_order() -> None:
    """Adding a rule never shortens what another demands."""
    short, long = policy("a", ("last_contact", 10)), policy("b", ("contact", 100), ("closed", 5))
    for order in ((short, long), (long, short)):
        found = demand(*order)
        assert found is not None
        assert ("b", CONTACT + 100 * DAY) == (found.policy, found.until)


def test_what_is_open_is_kept_without_an_end_where_a_rule_waits_for_its_end() -> None:
    found = demand(policy("a", ("last_contact", 30_000), ("closed", 1)), closed=None)
    assert found is not None
    assert found.until is None


def test_a_policy_that_does_not_bind_the_sender_demands_nothing() -> None:
    assert demand(policy("a", ("contact", 10), binds={"sender_roles": ["debt_buyer"]})) is None
    assert demand() is None
