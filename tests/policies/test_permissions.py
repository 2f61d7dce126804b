"""What permits something, and for how long: what has ended opens nothing from then on, what was taken back
opens nothing while that stands, in every kind of rule that anything opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from policies.decide import decide
from policies.facts import Event, Inconvenient
from policies.order import LIFTING
from policies.verdict import Kind
from tests.policies.asking import AT, DAY, HERE, HOUR, LOCAL_MIDNIGHT, MINUTE, ask, event, facts, policy, said

SMS: dict[str, Any] = {"channel": "sms", "address": HERE}
ENDS = AT + DAY
OPT_OUT = {"kind": "bar", "events": ["opt_out"], "lifted_by": ["opt_in", "consent"], "scope": "channel"}
TAKEN = event("opt_out", 9 * DAY, channel="sms")
NINE_TO_TEN = (Inconvenient(),)
OPENED: dict[str, tuple[dict[str, Any], tuple[Event, ...], str]] = {
    "bar": (OPT_OUT, (TAKEN,), "consent"),
    "bar of days": ({**OPT_OUT, "days": 30}, (TAKEN,), "opt_in"),
    "bar until it happened": ({"kind": "bar", "events": ["consent"], "before": True}, (), "consent"),
    "term bar": (
        {"kind": "term_bar", "events": ["contact_deferred"], "lifted_by": ["opt_in"], "days": 90},
        (event("contact_deferred", 9 * DAY),),
        "opt_in",
    ),
    "consent": ({"kind": "consent"}, (), "consent"),
    "consent of another type": ({"kind": "consent", "accepts": ["opt_in"]}, (), "opt_in"),
    "fresh consent": ({"kind": "consent", "days": 60}, (), "consent"),
    "exempt by consent": ({"kind": "bar", "on": "always", "unless": {"consent": True}}, (), "consent"),
    "exempt by an event": ({"kind": "bar", "on": "always", "unless": {"events": ["opt_in"]}}, (), "opt_in"),
    "required before": ({"kind": "required_before", "events": ["consent"]}, (), "consent"),
    "wait": ({"kind": "wait_after", "event": "consent"}, (), "consent"),
    "wait from the first": ({"kind": "wait_after", "event": "consent", "first": True}, (), "consent"),
    "business wait": (
        {"kind": "business_wait", "event": "consent", "days": 1, "calendar": "US"}, (), "consent",
    ),
    "recipient": (
        {"kind": "recipient", "allowed": [], "also": ["consumer"], "also_for": ["location"],
         "after": ["consent"]},
        (),
        "consent",
    ),
    "one shot": (
        {"kind": "one_shot", "renewed_by": ["consent"]},
        (event("contact", 9 * DAY, channel="sms", outcome="delivered"),),
        "consent",
    ),
}  # fmt: skip
"""A rule that is shut, what shuts it, and the type of what opens it."""


@pytest.mark.parametrize("of", OPENED)
def test_what_has_ended_opens_nothing_from_then_on(of: str) -> None:
    """Until then it does, and the permission lasts until then."""
    rule, before, type_ = OPENED[of]
    given: dict[str, Any] = {**SMS, "content_class": "location"}
    opens = event(type_, 7 * DAY, channel="sms", expires_at=ENDS)
    for at in (AT, ENDS - MINUTE):
        verdict = ask(rule, *before, opens, at=at, **given)
        assert (Kind.ALLOW, ENDS) == (verdict.kind, verdict.valid_until)
    assert "allow" != said(rule, *before, opens, at=ENDS, **given)
    assert "allow" == said(rule, *before, opens, event(type_, 7 * DAY, channel="sms"), at=ENDS, **given)
    assert "allow" != said(rule, *before, **given)


@pytest.mark.parametrize("of", OPENED)
def test_what_was_taken_back_opens_nothing_while_that_stands(of: str) -> None:
    """A revocation or an opt-out takes it back, of the message's medium and address; an opt-in gives it back,
    while it holds itself."""
    rule, before, type_ = OPENED[of]
    given: dict[str, Any] = {**SMS, "content_class": "location"}
    opened = (*before, event(type_, 7 * DAY, channel="sms"))
    for taken in ("revoke_consent", "opt_out"):
        gone = event(taken, 5 * DAY, channel="sms")
        assert "allow" != said(rule, *opened, gone, **given)
        assert "allow" == said(rule, *opened, event(taken, 5 * DAY, channel="email"), **given)
        if type_ != "opt_in":
            back = event("opt_in", 4 * DAY, channel="sms", expires_at=ENDS)
            verdict = ask(rule, *opened, gone, back, **given)
            assert (Kind.ALLOW, ENDS) == (verdict.kind, verdict.valid_until)
            assert "allow" != said(rule, *opened, gone, back, at=ENDS, **given)


@pytest.mark.parametrize("lift", sorted(LIFTING))
@pytest.mark.parametrize("kind", ["bar", "term_bar"])
def test_whatever_lifts_may_have_an_end(kind: str, lift: str) -> None:
    """Of every type: a restriction stands again from the instant at which what lifted it ends."""
    rule = {"kind": kind, "events": ["cease"], "lifted_by": [lift], "days": 400}
    cease, ends = event("cease", 3 * DAY), event(lift, 2 * DAY, expires_at=ENDS)
    verdict = ask(rule, cease, ends, **SMS)
    assert (Kind.ALLOW, ENDS) == (verdict.kind, verdict.valid_until)
    assert "allow" != said(rule, cease, ends, at=ENDS, **SMS)


def test_a_restriction_does_not_end_by_an_instant_that_it_names() -> None:
    """Only what lifts it ends it; `until` is the last day of a term."""
    assert "suppress" == said(OPT_OUT, event("opt_out", channel="sms", expires_at=AT - HOUR), **SMS)


def test_a_restriction_of_two_debts_stands_again_once_what_freed_one_of_them_ends() -> None:
    rule = {"kind": "bar", "events": ["dispute"], "lifted_by": ["dispute_resolved"], "scope": "borrower"}
    said_ = event("dispute", 5 * DAY, debt_ids=("loan", "card"))
    freed = (
        event("dispute_resolved", 4 * DAY, debt_ids=("loan",)),
        event("dispute_resolved", 3 * DAY, debt_ids=("card",), expires_at=ENDS),
    )
    assert ENDS == ask(rule, said_, *freed, **SMS).valid_until
    assert "suppress" == said(rule, said_, *freed, at=ENDS, **SMS)


def test_a_withdrawal_of_named_times_may_end() -> None:
    """Then the times do not suit again."""
    named = event("designation", 5 * DAY, inconvenient=NINE_TO_TEN)
    withdrawn = event("designation_withdrawn", 2 * DAY, expires_at=ENDS)
    assert ENDS == ask({"kind": "designation"}, named, withdrawn, **SMS).valid_until
    assert "hold" == said({"kind": "designation"}, named, withdrawn, at=ENDS, **SMS)


def test_agreed_hours_end_and_those_before_them_hold_again() -> None:
    """The rule's own hours where there are none, from the very instant."""
    rule = {"kind": "clock_window", "hours": {"daily": "13:00-21:00"}, "agreed_hours": True}
    early = event("agreed_hours", 9 * DAY, text="from 10:00 to 12:00")
    ends = AT + 10 * MINUTE
    lately = event("agreed_hours", 2 * DAY, text="from 06:00 to 22:00", expires_at=ends)
    assert ends == ask(rule, lately, **SMS).valid_until
    assert "defer" == said(rule, lately, at=ends, **SMS)
    assert LOCAL_MIDNIGHT + 13 * HOUR == ask(rule, lately, at=ends, **SMS).until
    assert LOCAL_MIDNIGHT + 12 * HOUR == ask(rule, early, lately, **SMS).valid_until
    late = event("agreed_hours", DAY, text="from 18:00 to 20:00", expires_at=AT + 2 * HOUR)
    assert AT + 2 * HOUR == ask(rule, late, **SMS).until


def test_a_direct_consent_opens_for_seven_dates_or_until_somebody_spoke() -> None:
    """As it does where it takes calls out of a count (12 CFR 1006.14(b)(3)(i)); one for single dates opens
    nothing."""
    rule = {**OPT_OUT, "lifted_by": ["consent_call"]}
    direct = event("consent_call", 2 * DAY)
    verdict = ask(rule, TAKEN, direct, **SMS)
    assert (Kind.ALLOW, LOCAL_MIDNIGHT + 5 * DAY) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said(rule, TAKEN, direct, at=LOCAL_MIDNIGHT + 5 * DAY, **SMS)
    spoke = event("contact", DAY, channel="voice", outcome="conversation")
    assert "suppress" == said(rule, TAKEN, direct, spoke, **SMS)
    rang = event("contact", DAY, channel="voice", outcome="rang_no_answer")
    assert "allow" == said(rule, TAKEN, direct, rang, **SMS)
    single = event("consent_call", 2 * DAY, only_dates=(AT.date(),))
    assert "suppress" == said(rule, TAKEN, single, **SMS)


def test_what_only_waits_is_no_permission_that_ends() -> None:
    """Where a message goes without the event, the event is what it waits for."""
    ended = event("consent", HOUR, channel="sms", expires_at=AT - MINUTE)
    for rule in (
        {"kind": "wait_after", "event": "consent", "dates": 3, "missing": "permit"},
        {"kind": "business_wait", "event": "consent", "days": 1, "calendar": "US", "missing": "warn"},
    ):
        assert "defer" == said(rule, ended, **SMS)


def test_the_wait_after_the_latest_counts_from_one_that_has_ended() -> None:
    """An earlier one that holds permits no earlier message."""
    rule = {"kind": "wait_after", "event": "consent", "dates": 3}
    earlier, ended = event("consent", 9 * DAY), event("consent", DAY, expires_at=AT - HOUR)
    assert "allow" == said(rule, earlier, **SMS)
    assert "defer" == said(rule, earlier, ended, **SMS)
    first = {**rule, "first": True}
    assert "defer" == said(
        first, event("consent", 9 * DAY, expires_at=AT - HOUR), event("consent", DAY), **SMS
    )


def test_what_will_be_given_back_is_waited_for() -> None:
    """A consent that is taken back opens again with a later opt-in, at its instant, and no earlier."""
    rule = {**OPT_OUT, "lifted_by": ["consent"], "events": ["cease"], "scope": "borrower"}
    history = (
        event("cease", 9 * DAY),
        event("consent", 7 * DAY, channel="sms"),
        event("revoke_consent", 5 * DAY, channel="sms"),
        event("opt_in", -2 * DAY, channel="sms"),
    )
    verdict = ask(rule, *history, **SMS)
    assert (Kind.DEFER, AT + 2 * DAY) == (verdict.kind, verdict.until)
    assert "suppress" == said(rule, *history[:3], **SMS)
    never = event("consent", -2 * DAY, channel="sms", expires_at=AT + DAY)
    assert "suppress" == said(rule, history[0], never, **SMS)
    shortly = event("consent", -2 * DAY, channel="sms", expires_at=AT + 3 * DAY)
    assert AT + 2 * DAY == ask(rule, history[0], shortly, **SMS).until


def test_a_permission_ends_with_a_revocation_to_come() -> None:
    """A case may say what happens later: it lasts until then."""
    history = (TAKEN, event("consent", 7 * DAY, channel="sms"), event("revoke_consent", -DAY, channel="sms"))
    assert AT + DAY == ask(OPT_OUT, *history, **SMS).valid_until
    assert AT + DAY == ask({"kind": "consent"}, *history[1:], **SMS).valid_until


def test_a_message_to_a_number_is_no_sign_of_it_once_the_borrower_opted_out() -> None:
    """12 CFR 1006.6(d)(5): who wrote from it, or consented to it, has not opted out since."""
    rule = {"kind": "consent", "days": 60, "only_if_asked": True}
    given = {**SMS, "check_text_safe_harbor": True}
    wrote, stop = event("inbound", 9 * DAY, channel="sms"), event("opt_out", 5 * DAY, channel="sms")
    assert "allow" == said(rule, wrote, **given)
    assert "suppress" == said(rule, wrote, stop, **given)
    assert "allow" == said(rule, wrote, stop, event("inbound", DAY, channel="sms"), **given)
    clean = event("rnd_check", 2 * DAY, result="not_reassigned", expires_at=AT - HOUR)
    long_ago = event("inbound", 90 * DAY, channel="sms")
    assert "suppress" == said(rule, long_ago, clean, **given)


def test_a_suppression_stands_again_once_the_opt_in_has_ended() -> None:
    """Whichever policies bind; one that is taken back lifts nothing either, nor does one to come."""
    stood = event(
        "suppression", 9 * DAY, channel="sms", address=HERE, source="opt_out", scope="own", recorded=1
    )
    bound = policy({"kind": "designation"})

    def kind(*events: Event, at: timedelta = timedelta()) -> str:
        return str(decide([bound], facts(stood, *events, **SMS), AT + at).kind)

    back = event("opt_in", 2 * DAY, channel="sms", address=HERE, recorded=2, expires_at=ENDS)
    assert ["allow", "suppress"] == [kind(back), kind(back, at=DAY)]
    assert "suppress" == kind(event("opt_in", -HOUR, channel="sms", address=HERE, recorded=2))
    assert "suppress" == kind(back, event("revoke_consent", DAY, channel="sms", recorded=3))
