"""What bars do at their edges: cease, opt-out, scope, what lifts them."""

from __future__ import annotations

from typing import Any

import pytest

from policies.verdict import Kind
from tests.policies.asking import AT, CEASE, DAY, HERE, HOUR, MINUTE, THERE, ask, event, said


def test_a_bar_stands_until_it_is_lifted() -> None:
    """From the event on; what lifts it must come after it and concern the same debt."""
    assert "suppress" == said(CEASE, event("cease"))
    assert "allow" == said(CEASE, event("cease", 2 * DAY), event("cease_withdrawn"))
    assert "suppress" == said(CEASE, event("cease"), event("cease_withdrawn", 2 * DAY))
    assert "suppress" == said(CEASE, event("cease", 2 * DAY), event("cease_withdrawn", debt_ids=("other",)))
    assert "allow" == said(CEASE, event("cease", debt_ids=("other",)))
    assert "allow" == said(CEASE, event("cease"), content_class="termination_notice")


def test_a_bar_to_come_ends_a_permission() -> None:
    """An event that is dated ahead: permitted until then, exactly."""
    verdict = ask(CEASE, event("cease", -DAY))
    assert (Kind.ALLOW, AT + DAY) == (verdict.kind, verdict.valid_until)


def test_a_bar_ends_where_something_to_come_lifts_it() -> None:
    """The message waits for the day of the withdrawal."""
    assert AT + DAY == ask(CEASE, event("cease"), event("cease_withdrawn", -DAY)).until


def test_a_bar_lets_its_categories_pass() -> None:
    """Whichever way a category is spelled."""
    rule = {"kind": "bar", "events": ["dispute"], "allowed_categories": ["required_notice"]}
    assert "suppress" == said(rule, event("dispute"), category="dunning")
    assert "allow" == said(rule, event("dispute"), category="required-notice")


OPT_OUT = {
    "kind": "bar",
    "events": ["opt_out"],
    "lifted_by": ["opt_in"],
    "scope": "channel",
    "allowed_content": ["optout_confirmation"],
    "confirmation_minutes": 5,
}


@pytest.mark.parametrize(
    ("expected", "fields", "proposed"),
    [
        ("suppress", {"channel": "sms"}, {"channel": "sms"}),
        ("suppress", {"channel": None}, {"channel": "sms"}),
        ("suppress", {"channel": "any"}, {"channel": "email"}),
        ("suppress", {"channel": "voice"}, {"channel": "ringless_vm"}),
        ("allow", {"channel": "voice"}, {"channel": "sms"}),
        ("allow", {"channel": "sms"}, {"channel": "email"}),
        ("suppress", {"channel": "sms", "address": HERE}, {"channel": "sms", "address": HERE}),
        ("allow", {"channel": "sms", "address": HERE}, {"channel": "sms", "address": THERE}),
        (
            "suppress",
            {"channel": "sms", "address": HERE, "scope": "medium"},
            {"channel": "sms", "address": THERE},
        ),
        ("suppress", {"channel": "sms", "address": HERE}, {"channel": "sms"}),
    ],
)
def test_an_opt_out_closes_its_channel_and_address(
    expected: str, fields: dict[str, Any], proposed: dict[str, Any]
) -> None:
    """Calls of all kinds are one medium; what is not known covers the message."""
    assert expected == said(OPT_OUT, event("opt_out", **fields), **proposed)


def test_an_opt_in_lifts_what_it_names() -> None:
    """The same medium, and the same address where both name one."""
    out = event("opt_out", 2 * DAY, channel="sms", address=HERE)
    proposed: dict[str, Any] = {"channel": "sms", "address": HERE}
    assert "allow" == said(OPT_OUT, out, event("opt_in", channel="sms", address=HERE), **proposed)
    assert "allow" == said(OPT_OUT, out, event("opt_in", channel="any"), **proposed)
    assert "suppress" == said(OPT_OUT, out, event("opt_in", channel="email", address=HERE), **proposed)
    assert "suppress" == said(OPT_OUT, out, event("opt_in", channel="sms", address=THERE), **proposed)


def test_an_opt_out_is_confirmed_once_within_minutes_and_with_nothing_else() -> None:
    """47 CFR 64.1200(a)(12): five minutes, no marketing, one."""
    given: dict[str, Any] = {"channel": "sms", "content_class": "optout_confirmation"}
    out = event("opt_out", 4 * MINUTE, channel="sms")
    verdict = ask(OPT_OUT, out, **given)
    assert (Kind.ALLOW, AT + MINUTE) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said(OPT_OUT, out, **given, contains_marketing=True)
    assert "suppress" == said(OPT_OUT, event("opt_out", 5 * MINUTE, channel="sms"), **given)
    sent = event("contact", MINUTE, channel="sms", content_class="optout_confirmation")
    assert "suppress" == said(OPT_OUT, out, sent, **given)
    assert "allow" == said(
        OPT_OUT, out, event("contact", HOUR, channel="sms", content_class="optout_confirmation"), **given
    )


@pytest.mark.parametrize(
    ("expected", "rule", "fields", "proposed"),
    [
        ("suppress", {"scope": "address"}, {"address": HERE}, {"address": HERE}),
        ("suppress", {"scope": "address"}, {}, {"address": HERE}),
        ("allow", {"scope": "address"}, {"address": HERE}, {"address": THERE}),
        ("suppress", {"scope": "creditor"}, {"creditor": "a"}, {"creditor": "a"}),
        ("suppress", {"scope": "creditor"}, {"creditor": "a"}, {}),
        ("allow", {"scope": "creditor"}, {"creditor": "a"}, {"creditor": "b"}),
    ],
)
def test_a_bar_closes_no_more_than_its_scope(
    expected: str, rule: dict[str, Any], fields: dict[str, Any], proposed: dict[str, Any]
) -> None:
    """The address, the creditor; an event that names an address, that one."""
    assert expected == said(
        {"kind": "bar", "events": ["dispute"], **rule}, event("dispute", **fields), **proposed
    )


def test_a_bar_stands_back_where_the_borrower_wrote_from() -> None:
    """12 CFR 1006.6(d)(4)(i): who writes from work may be answered there."""
    rule = {"kind": "bar", "events": ["employer_prohibits"], "used_by_consumer": True}
    given: dict[str, Any] = {"channel": "email", "address_kind": "work_email"}
    assert "suppress" == said(rule, event("employer_prohibits"), **given)
    assert "allow" == said(
        rule,
        event("employer_prohibits"),
        event("inbound", channel="email", address_kind="work_email"),
        **given,
    )


def test_a_bar_may_stand_until_something_happened() -> None:
    """Shut before the event, open after it, shut again once it is lifted."""
    rule = {"kind": "bar", "events": ["debtor_unreachable"], "lifted_by": ["number_given"], "before": True}
    assert "suppress" == said(rule)
    assert "allow" == said(rule, event("debtor_unreachable"))
    assert "suppress" == said(rule, event("debtor_unreachable", 2 * DAY), event("number_given"))
    assert "allow" == said(rule, event("debtor_unreachable"), event("number_given", 2 * DAY))
    used = {"kind": "bar", "events": ["inbound"], "before": True, "used_by_consumer": True}
    assert "allow" == said(used, event("inbound", address_kind="work_email"), address_kind="work_email")
    assert "suppress" == said(used, event("inbound", address_kind="personal"), address_kind="work_email")


@pytest.mark.parametrize(
    ("on", "proposed"),
    [
        ("publicly_viewable", {"publicly_viewable": True}),
        ("contains_marketing", {"contains_marketing": True}),
        ("no_optout_notice", {"optout_notice": False}),
        ("occasion", {"occasion_bar": "bereavement"}),
        ("always", {}),
    ],
)
def test_a_property_of_the_message_may_bar_it(on: str, proposed: dict[str, Any]) -> None:
    """Suppressed or held, as the rule says; without the property it passes."""
    assert "suppress" == said({"kind": "bar", "on": on}, **proposed)
    assert "hold" == said({"kind": "bar", "on": on, "verdict": "hold"}, **proposed)
    assert ("suppress" if on == "always" else "allow") == said({"kind": "bar", "on": on}, optout_notice=None)
