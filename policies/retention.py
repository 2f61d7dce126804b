"""How long records must be kept: what the policies that bind demand under `records`, counted from an event
and not from a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from policies.policy import Policy
from policies.records import Retain


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a rule may count from: one notice and what came of it."""

    last_activity: datetime
    """The last contact, or attempt at one, of this notice."""
    debt_activity: datetime
    """The last collection activity on its debt (12 CFR 1006.100(a))."""
    closed_at: datetime | None
    """When nothing further was owed on the notice; None while something is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """One rule's demand."""

    policy: str
    version: str
    rule: str
    citation: str
    until: datetime | None
    """None for as long as the notice is open."""


def keeps(
    policies: Iterable[Policy], record: Record, *, sender_role: str, days_past_due: int | None
) -> tuple[Keep, ...]:
    """What the retention rules of these policies demand for a record, by policy and rule; empty where none
    speaks of it."""
    return tuple(
        Keep(
            policy=policy.name,
            version=policy.version,
            rule=rule.id,
            citation=rule.citation,
            until=_until(rule, record),
        )
        for policy in sorted(policies, key=lambda one: one.name)
        if policy.binds(sender_role=sender_role, days_past_due=days_past_due)
        for rule in policy.document.records
    )


def _until(rule: Retain, record: Record) -> datetime | None:
    match rule.since:
        case "last_contact":
            since: datetime | None = record.debt_activity
        case "contact":
            since = record.last_activity
        case "closed":
            since = record.closed_at
        case _:  # pragma: no cover
            assert_never(rule.since)
    return None if since is None else since + timedelta(days=rule.days)


def longest(demands: Iterable[Keep]) -> Keep | None:
    """The demand that ends last, which is the one that binds; None where there is none."""
    return max(demands, key=lambda one: (one.until is None, one.until or _EVER), default=None)


_EVER = datetime.max.replace(tzinfo=UTC)
