"""What a decision leaves out, or remembers from the one before, never changes an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random

from policies.decide import decide
from policies.policy import parse_policy_document
from policies.rules.base import Permit, Refuse
from policies.rules.clock_window import MOST_STRETCHES, ClockWindow
from policies.verdict import Kind
from policies.view import View
from service.packs import shipped
from tests.policies.asking import AT, DAY, event, facts, policy

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/Lisbon",
)
HOURS = {"mon-fri": "08:00-21:00", "sat": "10:00-14:00", "sun": "22:00-03:00", "holiday": []}
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def window() -> ClockWindow:
    """A rule that remembers nothing yet."""
    (rule,) = policy({"kind": "clock_window", "hours": HOURS, "calendar": "US"}).rules
    assert isinstance(rule, ClockWindow)
    return rule


def test_a_window_that_was_asked_before_answers_as_one_that_never_was() -> None:
    """A thousand instants of a year in any order, over every change of the clocks, in pairs of zones."""
    asked, chance = window(), Random(1)
    for _ in range(1000):
        at = YEAR + timedelta(minutes=chance.randrange(366 * 24 * 60), seconds=chance.random() * 60)
        view = View(facts(zones=tuple(chance.sample(ZONES, 2))))
        assert window().judge(view, at, "all") == asked.judge(view, at, "all")


def test_a_window_that_closes_is_shut_at_the_instant_that_it_names() -> None:
    """`then_shut` is no guess: nobody needs to ask again at that instant."""
    rule, chance = window(), Random(2)
    for _ in range(300):
        view, at = (
            View(facts(zones=tuple(chance.sample(ZONES, 2)))),
            YEAR + timedelta(minutes=chance.randrange(366 * 24 * 60)),
        )
        answer = rule.judge(view, at, "all")
        if isinstance(answer, Permit) and answer.until is not None:
            assert answer.then_refuses
            assert isinstance(rule.judge(view, answer.until, "all"), Refuse)


def test_what_a_window_remembers_is_nothing_of_one_borrower() -> None:
    """Holidays of the case and hours that were agreed are one borrower's own."""
    rule = policy(
        {"kind": "clock_window", "hours": {"daily": "08:00-21:00", "holiday": []}, "agreed_hours": True}
    )
    agreed = event("agreed_hours", DAY, text="from 12:00 to 14:00")
    assert Kind.ALLOW is decide([rule], facts(), AT).kind
    assert Kind.DEFER is decide([rule], facts(agreed), AT).kind
    assert Kind.DEFER is decide([rule], facts(holidays=frozenset({date(2026, 7, 14)})), AT).kind
    assert Kind.ALLOW is decide([rule], facts(), AT).kind


def test_what_a_window_remembers_is_bounded() -> None:
    """However many combinations of zones there are."""
    (rule,) = policy({"kind": "clock_window", "hours": {"daily": "00:00-23:00"}}).rules
    assert isinstance(rule, ClockWindow)
    for zones in (*permutations(ZONES, 4), *permutations(ZONES, 6)):
        rule.judge(View(facts(zones=zones)), datetime(2026, 7, 14, 2, tzinfo=UTC), "all")
    assert 0 < len(rule._stretches) <= MOST_STRETCHES


def test_an_exemption_that_begins_later_is_seen_although_the_window_is_sure_to_close() -> None:
    """A consent that is known to come keeps the message permitted past the closing of the window."""
    rule = policy(
        {"kind": "clock_window", "hours": {"daily": "08:00-21:00"}, "unless": {"events": ["consent_call"]}}
    )
    coming = event("consent_call", -timedelta(hours=2))
    assert datetime(2026, 7, 15, 1, tzinfo=UTC) == decide([rule], facts(), AT).valid_until
    assert decide([rule], facts(coming), AT).valid_until is None


def test_a_rule_that_speaks_of_events_permits_where_there_are_none() -> None:
    """Every shipped rule that a decision leaves out because none of its events is known would have
    permitted."""
    left_out = 0
    for pack in shipped().values():
        for rule in pack.rules:
            for channel in ("sms", "email", "voice"):
                for content_class in (None, "optout_confirmation", "required_notice"):
                    view = View(facts(channel=channel, content_class=content_class, category="collection"))
                    if rule.speaks_of() is not None:
                        assert isinstance(rule.judge(view, AT, pack.zones), Permit)
                        left_out += 1
    assert left_out > 500


def test_the_rules_that_are_left_out_are_consulted_all_the_same() -> None:
    """The record names every rule that binds: that there was nothing for it to look at was seen."""
    document = {
        "name": "asked", "title": "Asked", "citation": "Act", "force": "house", "verified_on": "2026-07-01",
        "confidence": "low",
        "rules": [{"id": "wish", "kind": "bar", "citation": "Act", "events": ["cease"]}],
    }  # fmt: skip
    assert ("asked/wish",) == decide([parse_policy_document(document)], facts(), AT).consulted
    assert Kind.SUPPRESS is decide([parse_policy_document(document)], facts(event("cease")), AT).kind
