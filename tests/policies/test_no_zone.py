"""A borrower of whom no time zone is known may be anywhere: what counts dates holds by every clock of the
world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.decide import decide
from policies.facts import Borrower, Event, Facts, Proposal
from policies.verdict import Kind
from tests.policies.asking import policy

AT = datetime(2026, 6, 10, 12, tzinfo=UTC)

CAP: Mapping[str, Any] = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 3}}
RULES: tuple[tuple[Mapping[str, Any], timedelta, str], ...] = (
    (CAP, timedelta(days=2), "sms"),
    ({"kind": "cap", "limit": 1, "window": {"calendar": "day"}}, timedelta(hours=20), "sms"),
    ({"kind": "cap", "limit": 1, "window": {"calendar": "week"}}, timedelta(days=2), "sms"),
    ({"kind": "cap", "limit": 1, "window": {"calendar": "month"}}, timedelta(days=8), "sms"),
    ({"kind": "min_gap", "dates": 2}, timedelta(days=1), "sms"),
    (
        {"kind": "cool_off", "dates": 7, "trigger": "reached", "trigger_channels": None},
        timedelta(days=5),
        "sms",
    ),
    ({"kind": "channel_exclusivity"}, timedelta(hours=10), "voice"),
    ({"kind": "wait_after", "event": "became_overdue", "dates": 3}, timedelta(days=1), "sms"),
)


def asked(
    rule: Mapping[str, Any], before: timedelta, channel: str, zones: Mapping[str, tuple[str, ...]]
) -> Any:
    """The verdict of one rule, so long after one contact."""
    then = AT - before
    events = (
        Event(
            type="contact",
            at=then,
            channel=channel,
            outcome="delivered" if channel == "sms" else "conversation",
        ),
        Event(type="became_overdue", at=then),
    )
    facts = Facts(
        borrower=Borrower(zones_by_source=zones),
        debt_ids=("d",),
        events=events,
        proposal=Proposal(channel="sms"),
    )
    return decide([policy({**rule})], facts, AT)


@pytest.mark.parametrize(("rule", "before", "channel"), RULES)
def test_what_counts_dates_does_not_fall_open(
    rule: Mapping[str, Any], before: timedelta, channel: str
) -> None:
    """Caps by date, week and month, gaps, cool-offs, one channel a week, waits: deferred, to an instant that
    is free everywhere."""
    verdict = asked(rule, before, channel, {})
    assert Kind.DEFER is verdict.kind
    for name in ("Pacific/Kiritimati", "UTC", "America/Adak", "Asia/Kathmandu", "Pacific/Pago_Pago"):
        known = asked(rule, before, channel, {"address": (name,)})
        assert known.kind is Kind.ALLOW or known.until <= verdict.until


def test_one_clock_on_which_it_is_the_same_day_is_enough() -> None:
    """13 and a half hours apart: two dates in Niue and in Kiribati, one in Accra."""
    rule = {"kind": "cap", "limit": 1, "window": {"calendar": "day"}}
    early = AT.replace(hour=9, minute=30)

    def at(zones: Mapping[str, tuple[str, ...]]) -> Kind:
        facts = Facts(
            borrower=Borrower(zones_by_source=zones),
            debt_ids=("d",),
            events=(Event(type="contact", at=early, channel="sms", outcome="delivered"),),
            proposal=Proposal(channel="sms"),
        )
        return decide([policy(rule)], facts, early + timedelta(hours=13, minutes=30)).kind

    assert [Kind.ALLOW, Kind.ALLOW, Kind.DEFER, Kind.DEFER] == [
        at({"address": ("Pacific/Niue",)}), at({"address": ("Pacific/Kiritimati",)}),
        at({"address": ("Africa/Accra",)}), at({}),
    ]  # fmt: skip


def test_a_consent_to_be_called_ends_where_it_first_ends() -> None:
    """12 CFR 1006.14(b)(3)(i): seven dates; where no zone is known they are over as soon as they are
    anywhere."""
    rule = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 30}, "count": {"not_consented": True}}

    def at(hours: int, zones: Mapping[str, tuple[str, ...]]) -> Kind:
        events = (
            Event(type="contact", at=AT - timedelta(days=20), channel="voice", outcome="rang_no_answer"),
            Event(type="consent_call", at=AT - timedelta(days=6, hours=hours)),
        )
        facts = Facts(
            borrower=Borrower(zones_by_source=zones),
            debt_ids=("d",),
            events=events,
            proposal=Proposal(channel="voice"),
        )
        return decide([policy(rule)], facts, AT).kind

    assert [Kind.ALLOW, Kind.DEFER] == [at(3, {"address": ("Europe/London",)}), at(3, {})]


def test_hours_cannot_be_judged() -> None:
    """A clock window holds for a person."""
    verdict = asked(
        {"kind": "clock_window", "hours": {"daily": "00:00-24:00"}}, timedelta(days=30), "sms", {}
    )
    assert Kind.HOLD is verdict.kind
    assert "no time zone is known" in verdict.findings[0].reason


def test_what_begins_on_a_date_has_begun_as_soon_as_it_has_anywhere() -> None:
    """And ends with the last place where it does."""
    rule = {**CAP, "effective": {"from": "2026-06-11", "until": "2026-06-12"}}
    assert Kind.DEFER is asked(rule, timedelta(days=1), "sms", {}).kind
    assert Kind.ALLOW is asked(rule, timedelta(days=1), "sms", {"address": ("America/New_York",)}).kind


@pytest.mark.parametrize("rule", [{"kind": "min_gap", "dates": 3}, CAP])
def test_nothing_to_count_is_permitted(rule: Mapping[str, Any]) -> None:
    """Ignorance of the zone is no contact."""
    assert Kind.ALLOW is asked(rule, timedelta(days=300), "sms", {}).kind
