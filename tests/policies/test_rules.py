"""What a rule does at its edges: the message itself, when a rule looks, when it stands back, and what must
not happen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from policies.decide import ask as ask_rule
from policies.decide import decide
from policies.facts import Event
from policies.rules.base import Permit, RuleSpec
from policies.verdict import Kind
from policies.view import View
from tests.policies.asking import (
    AT,
    DAY,
    HOUR,
    LOCAL_MIDNIGHT,
    MINUTE,
    NEVER,
    ask,
    event,
    facts,
    policy,
    said,
)

# --- the message itself
# ----------------------------------------------------------------------------------------------------------


def test_further_persons_may_be_addressed_with_some_content_after_an_event() -> None:
    """A contact person after the debtor was found unreachable, and not once the person refused."""
    rule = {
        "kind": "recipient", "allowed": ["consumer"], "also": ["contact_person"], "also_for": ["location"],
        "after": ["debtor_unreachable"], "not_after": ["contact_person_refused"],
    }  # fmt: skip
    given: dict[str, Any] = {"to": "contact_person", "content_class": "location"}
    assert "allow" == said(rule)
    assert "suppress" == said(rule, **given)
    assert "allow" == said(rule, event("debtor_unreachable"), **given)
    assert "suppress" == said(rule, event("debtor_unreachable"), to="contact_person")
    assert "suppress" == said(rule, event("debtor_unreachable"), **{**given, "to": "relative"})
    assert "suppress" == said(rule, event("debtor_unreachable"), event("contact_person_refused"), **given)


def test_content_that_is_required_or_forbidden() -> None:
    """What a message does not say it carries; what it says it lacks, it lacks."""
    rule = {
        "kind": "content",
        "required": ["optout_notice"],
        "forbidden": ["marketing"],
    }
    assert ["allow", "allow", "suppress"] == [said(rule, optout_notice=one) for one in (None, True, False)]
    assert "suppress" == said(rule, contains_marketing=True)


def test_a_tier_uses_its_channels_within_its_band() -> None:
    """Outside of the band, and where lateness is not known, it says nothing."""
    rule = {"kind": "tier", "name": "early", "band": {"min": 1, "max": 30}, "channels": ["email"]}
    assert ["allow", "suppress", "suppress", "allow", "allow"] == [
        said(rule, days_past_due=days) for days in (0, 1, 30, 31, None)
    ]
    assert "allow" == said(rule, days_past_due=5, channel="email")


# --- when a rule looks, and when it stands back
# ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "seen", "unseen"),
    [
        ({"channels": ["voice"]}, {}, {"channel": "sms"}),
        ({"to": ["consumer"]}, {}, {"to": "attorney"}),
        ({"not_to": ["attorney"]}, {}, {"to": "attorney"}),
        ({"sender_roles": ["third_party"]}, {}, {"sender_role": "original_creditor"}),
        ({"address_kinds": ["mobile"]}, {"address_kind": "mobile"}, {}),
        ({"not_address_kinds": ["mobile"]}, {}, {"address_kind": "mobile"}),
        ({"content_classes": ["reminder"]}, {"content_class": "reminder"}, {}),
        ({"not_content_classes": ["reminder"]}, {}, {"content_class": "reminder"}),
        ({"categories": ["over_due"]}, {"category": "over-due"}, {}),
        ({"not_categories": ["over_due"]}, {}, {"category": "over-due"}),
        ({"creditors": ["a"]}, {"creditor": "a"}, {"creditor": "b"}),
        ({"tiers": ["early"]}, {"tier": "early"}, {"tier": "late"}),
        ({"days_past_due": {"min": 5}}, {"days_past_due": 5}, {"days_past_due": 4}),
        ({"days_past_due": {"max": 5}}, {"days_past_due": None}, {"days_past_due": 6}),
    ],
)
def test_a_rule_looks_at_the_messages_that_it_matches(
    when: dict[str, Any], seen: dict[str, Any], unseen: dict[str, Any]
) -> None:
    """Each matcher by itself; an unknown number of days is within, the stricter reading."""
    assert ("suppress", "allow") == (
        said({**NEVER, "when": when}, **seen),
        said({**NEVER, "when": when}, **unseen),
    )


@pytest.mark.parametrize(
    ("unless", "events", "given"),
    [
        ({"reply": True}, (event("inbound", channel="voice", ref="r"),), {"in_response_to": "r"}),
        ({"requested_callback": True}, (), {"requested_callback": True}),
        ({"time_consent": True}, (), {"time_consent": True}),
        ({"required_by_law": True}, (), {"required_by_law": True}),
        ({"third_party_requested": True}, (), {"third_party_requested": True}),
        ({"consent": True}, (event("consent", channel="any"),), {}),
        ({"days_past_due_over": 60}, (), {"days_past_due": 61}),
        ({"content_classes": ["reminder"]}, (), {"content_class": "reminder"}),
        ({"events": ["dispute"]}, (event("dispute"),), {}),
    ],
)
def test_a_rule_stands_back_on_each_of_its_grounds(
    unless: dict[str, Any], events: tuple[Event, ...], given: dict[str, Any]
) -> None:
    """With the ground it permits; without it, it does not; and a ground that the rule does not name is
    none."""
    assert ["allow", "suppress", "suppress"] == [
        said({**NEVER, "unless": unless}, *events, **given),
        said({**NEVER, "unless": unless}),
        said(NEVER, *events, **given),
    ]


def test_a_reply_is_one_and_goes_the_way_that_the_question_came() -> None:
    """12 CFR 1006, cmt. 6(b)(1)-2."""
    rule = {**NEVER, "unless": {"reply": True}}
    asked = event("inbound", HOUR, channel="sms", ref="r")
    assert "suppress" == said(rule, asked, in_response_to="r")
    assert "suppress" == said(rule, asked, channel="sms", in_response_to="other")
    assert "allow" == said(rule, asked, channel="sms", in_response_to="r")
    assert "suppress" == said(
        rule,
        asked,
        event("contact", MINUTE, channel="sms", in_response_to="r"),
        channel="sms",
        in_response_to="r",
    )


def test_a_consent_that_was_taken_back_is_no_ground() -> None:
    """Nor one to another channel."""
    rule = {**NEVER, "unless": {"consent": True}}
    assert "suppress" == said(
        rule, event("consent", 2 * DAY, channel="voice"), event("opt_out", channel="voice")
    )
    assert "allow" == said(rule, event("consent", 2 * DAY, channel="voice"), event("opt_out", channel="sms"))
    assert "suppress" == said(rule, event("consent", channel="sms"))


def test_a_rule_holds_between_its_dates() -> None:
    """It begins in the first zone, and ends in the last; a wait under it ends with it."""
    begins = ask(
        {**NEVER, "effective": {"from": "2026-07-15"}}, zones=("America/New_York", "America/Los_Angeles")
    )
    assert (Kind.ALLOW, LOCAL_MIDNIGHT + DAY) == (begins.kind, begins.valid_until)
    assert "allow" == said({**NEVER, "effective": {"until": "2026-07-14"}})
    assert "allow" == said({**NEVER, "effective": {"until": "2026-07-14"}}, zones=())  # that day everywhere
    assert "suppress" == said({**NEVER, "effective": {"from": "2026-07-15"}}, zones=())  # in Kiribati
    assert "suppress" == said({**NEVER, "effective": {"until": "2026-07-15"}})
    closed = {"kind": "clock_window", "hours": {"fri": "08:00-21:00"}, "effective": {"until": "2026-07-16"}}
    assert LOCAL_MIDNIGHT + 2 * DAY == ask(closed).until


def test_a_policy_holds_between_its_dates() -> None:
    """The same for all of its rules; without a zone it holds always."""
    assert LOCAL_MIDNIGHT + DAY == ask(policy(NEVER, effective={"from": "2026-07-15"})).valid_until
    assert (Kind.ALLOW, None) == (
        (over := ask(policy(NEVER, effective={"until": "2026-07-14"}))).kind,
        over.valid_until,
    )
    past = ask(policy(NEVER, effective={"from": "2026-07-01", "until": "2026-07-14"}))
    assert (Kind.ALLOW, None) == (past.kind, past.valid_until)
    assert "suppress" == said(policy(NEVER, effective={"from": "2026-07-15"}), zones=())
    closed = policy(
        {"kind": "clock_window", "hours": {"fri": "08:00-21:00"}}, effective={"until": "2026-07-16"}
    )
    assert LOCAL_MIDNIGHT + 2 * DAY == ask(closed).until


def test_a_policy_that_does_not_bind_the_sender_says_nothing() -> None:
    """Role and days past due; the policies that bind are named in what was consulted."""
    collectors = policy(NEVER, binds={"sender_roles": ["third_party"]})
    assert ["suppress", "allow"] == [
        said(collectors, sender_role=role) for role in ("third_party", "debt_buyer")
    ]
    assert ("asked/rule-0",) == ask(NEVER).consulted


def test_zones_are_read_as_the_policy_says() -> None:
    """All, telephone or address first, the address unless the message goes to a landline, or one fixed
    zone."""
    noon = {"kind": "clock_window", "hours": {"daily": "11:00-12:00"}}
    places = {"phone": ("America/New_York",), "address": ("America/Los_Angeles",)}
    for basis, given, expected in (
        ("all", {}, "hold"),
        ("phone", {}, "allow"),
        ("address", {}, "defer"),
        ("landline", {"address_kind": "home_landline"}, "allow"),
        ("landline", {"address_kind": "mobile"}, "defer"),
        ("fixed:America/New_York", {}, "allow"),
    ):
        assert expected == said(policy(noon, zones=basis), by_source=places, **given)  # type: ignore[arg-type]
    assert "allow" == said(policy(noon, zones="phone"), by_source={**places, "stated": ("America/New_York",)})


# --- what must not happen
# --------------------------------------------------------------------------------------------------------


class Broken(RuleSpec):
    """A rule that fails."""

    kind: str = "broken"

    def judge(self, view: View, at: datetime, basis: str) -> Permit:
        """No answer."""
        raise LookupError(basis)

    def demands(self) -> Iterator[str]:
        """Nothing."""
        yield from ()


class Yesterday(RuleSpec):
    """A rule whose answer lies in the past."""

    kind: str = "yesterday"

    def judge(self, view: View, at: datetime, basis: str) -> Permit:
        """Open, until now."""
        return Permit(at)

    def demands(self) -> Iterator[str]:
        """Nothing."""
        yield from ()


@pytest.mark.parametrize("kind", [Broken, Yesterday])
def test_a_rule_that_fails_holds(kind: type[RuleSpec]) -> None:
    """A broken rule must not let a message through."""
    answer = ask_rule(policy(NEVER), kind(id="broken", citation="none"), View(facts()), AT)
    assert (Kind.HOLD, "rule.failed") == (getattr(answer, "kind", None), getattr(answer, "message", None))


def test_a_message_that_expires_before_it_may_go_is_too_late() -> None:
    """At the very instant at which it may go it would have expired; the rule that keeps it longest says so,
    with its own citation."""
    early = {"kind": "clock_window", "id": "early", "citation": "A", "hours": {"daily": "11:40-20:00"}}
    late = {"kind": "clock_window", "id": "late", "citation": "B", "hours": {"daily": "12:00-20:00"}}
    opens = AT + timedelta(minutes=30)
    verdict = decide([policy(early, late)], facts(), AT, expires_at=opens)
    assert (Kind.DEFER, True, opens) == (verdict.kind, verdict.too_late, verdict.until)
    last = verdict.findings[-1]
    assert (Kind.DEFER, "late", "B", "search.expires") == (last.kind, last.rule, last.citation, last.message)
    in_time = decide([policy(early, late)], facts(), AT, expires_at=opens + MINUTE)
    assert (Kind.DEFER, False, opens) == (in_time.kind, in_time.too_late, in_time.until)


def test_no_permitted_instant_before_the_horizon_is_held() -> None:
    """A person must decide rather than a message wait for years."""
    rule = policy({"kind": "bar", "events": ["dispute"], "days": 30})
    history = facts(event("dispute"))
    assert Kind.DEFER is decide([rule], history, AT, horizon=29 * DAY).kind
    assert Kind.HOLD is decide([rule], history, AT, horizon=29 * DAY - MINUTE).kind
