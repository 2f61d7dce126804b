"""Short ways to ask one rule: a policy of one rule, a borrower in New York, some events, one message."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from policies.decide import decide
from policies.facts import Borrower, Event, Facts, Proposal
from policies.policy import Policy, parse_policy_document
from policies.verdict import Verdict

AT = datetime(2026, 7, 14, 15, 30, tzinfo=UTC)
"""A Tuesday, 11:30 in New York."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOCAL_MIDNIGHT = datetime(2026, 7, 14, 4, tzinfo=UTC)
"""The beginning of the Tuesday in New York."""
HERE, THERE = "+12025550101", "+12025550102"
CALLS = ["voice", "voice_prerecorded", "ringless_vm"]
CEASE = {
    "kind": "bar",
    "events": ["cease"],
    "lifted_by": ["cease_withdrawn"],
    "scope": "debt",
    "allowed_content": ["termination_notice"],
}
NEVER = {"kind": "bar", "on": "always"}


def policy(*rules: dict[str, Any], **header: Any) -> Policy:
    """A policy of these rules."""
    return parse_policy_document(
        {
            "name": "asked",
            "title": "Asked",
            "citation": "Act",
            "force": "house",
            "verified_on": "2026-07-01",
            "confidence": "low",
            "rules": [
                {"id": f"rule-{place}", "citation": f"s. {place}", **rule} for place, rule in enumerate(rules)
            ],
            **header,
        }
    )


def event(type_: str, ago: timedelta = DAY, **fields: Any) -> Event:
    """Something that happened so long before."""
    return Event(type=type_, at=AT - ago, **fields)


def call(ago: timedelta = DAY, outcome: str = "rang_no_answer", **fields: Any) -> Event:
    """A call that was made so long before."""
    return event("contact", ago, channel="voice", outcome=outcome, **fields)


def facts(
    *events: Event,
    zones: tuple[str, ...] = ("America/New_York",),
    by_source: dict[str, tuple[str, ...]] | None = None,
    days_past_due: int | None = None,
    holidays: frozenset[date] = frozenset(),
    debt_ids: tuple[str, ...] = ("loan",),
    **proposed: Any,
) -> Facts:
    """A borrower, what happened, and a message."""
    return Facts(
        borrower=Borrower(
            zones_by_source=by_source if by_source is not None else {"stated": zones},
            days_past_due=days_past_due,
        ),
        debt_ids=debt_ids,
        events=events,
        proposal=Proposal(**{"channel": "voice", **proposed}),
        holidays=holidays,
    )


def ask(rule: dict[str, Any] | Policy, *events: Event, at: datetime = AT, **given: Any) -> Verdict:
    """The verdict of one rule."""
    return decide([rule if isinstance(rule, Policy) else policy(rule)], facts(*events, **given), at)


def said(rule: dict[str, Any] | Policy, *events: Event, at: datetime = AT, **given: Any) -> str:
    """The verdict of one rule as one word."""
    return ask(rule, *events, at=at, **given).kind.value
