"""What caps, cool-offs, one-shots and warnings count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from policies.budget import budgets
from policies.policy import PolicyInvalid
from policies.rules import direct_consent
from policies.rules.base import Permit
from policies.verdict import Kind
from policies.view import View
from tests.policies.asking import (
    AT,
    CEASE,
    DAY,
    HERE,
    HOUR,
    LOCAL_MIDNIGHT,
    MINUTE,
    THERE,
    ask,
    call,
    event,
    facts,
    policy,
    said,
)


def test_a_cap_counts_what_it_says() -> None:
    """Direction, kinds of address, content, requests and replies."""
    cap = {"kind": "cap", "limit": 1, "window": {"hours": 48}}
    for count, counted, left_out in (
        ({"direction": "in"}, {"direction": "in"}, {}),
        ({"direction": "any"}, {"direction": "in"}, {"content_class": "optout_confirmation"}),
        ({"address_kinds": ["mobile"]}, {"address_kind": "mobile"}, {"address_kind": "work_phone"}),
        ({"not_address_kinds": ["mobile"]}, {"address_kind": "work_phone"}, {"address_kind": "mobile"}),
        ({"content_classes": ["reminder"]}, {"content_class": "reminder"}, {"content_class": "location"}),
        ({"not_requested": True}, {}, {"requested_by_consumer": True}),
        ({"not_replies": True}, {}, {"in_response_to": "x"}),
        ({"channels": ["sms"]}, {"channel": "sms"}, {}),
    ):
        made, spared = (event("contact", **{"channel": "voice", **one}) for one in (counted, left_out))  # type: ignore[arg-type]
        assert ("defer", "allow") == (
            said({**cap, "count": count}, made),
            said({**cap, "count": count}, spared),
        ), count


@pytest.mark.parametrize(
    ("per", "made", "proposed", "counted"),
    [
        ("borrower", {"to": "spouse"}, {"to": "consumer"}, True),
        ("borrower", {"to": "relative"}, {"to": "consumer"}, False),
        ("person", {"to": "spouse"}, {"to": "consumer"}, False),
        ("person", {"to": "spouse"}, {"to": "spouse"}, True),
        ("debt", {"debt_ids": ("loan",)}, {}, True),
        ("debt", {"debt_ids": ("other",)}, {}, False),
        ("debt", {"to": "relative"}, {}, False),
        ("account", {"account_id": "a"}, {"account_id": "a"}, True),
        ("account", {"account_id": "a"}, {"account_id": "b"}, False),
        ("account", {"debt_ids": ("loan",)}, {"account_id": "b"}, True),
        ("account", {"debt_ids": ("other",)}, {"account_id": "b"}, False),
        ("creditor", {"creditor": "x"}, {"creditor": "y"}, False),
        ("creditor", {}, {"creditor": "y"}, True),
        ("number", {"address": HERE}, {"address": THERE}, False),
        ("number", {"address": HERE}, {}, True),
    ],
)
def test_a_cap_has_a_bucket_for_each_of_its_scope(
    per: str, made: dict[str, Any], proposed: dict[str, Any], counted: bool
) -> None:
    """What is not known falls into every bucket."""
    rule = {"kind": "cap", "limit": 1, "window": {"hours": 48}, "count": {"per": per}}
    assert ("defer" if counted else "allow") == said(rule, call(**made), **proposed)


def test_a_cap_of_nought_is_a_bar_unless_a_consent_ends_it() -> None:
    """Nothing is permitted, however little was sent; consent to be called takes a call out of it, and a day
    to come is waited for."""
    for window in ({"hours": 24}, {"calendar": "day"}, {"consecutive_dates": 3}):
        rule = {"kind": "cap", "limit": 0, "window": window}
        assert ["suppress"] * 2 == [said(rule), said(rule, call(HOUR))]
    rule = {"kind": "cap", "limit": 0, "window": {"calendar": "day"}, "count": {"not_consented": True}}
    assert "allow" == said(rule, event("consent_call"))
    tomorrow = event("consent_call", only_dates=(date(2026, 7, 15),))
    assert LOCAL_MIDNIGHT + DAY == ask(rule, tomorrow).until
    assert AT + DAY == ask(rule, event("consent_call", -DAY)).until


def test_a_cap_may_begin_with_an_event() -> None:
    """Before it nothing is counted, and nothing of before is."""
    rule = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7}, "active_after": "conversation"}
    assert "allow" == said(rule, call(2 * DAY), call(DAY))
    assert "defer" == said(rule, call(2 * DAY, "conversation"))
    ahead = ask({**rule, "active_after": "dispute"}, call(DAY), event("dispute", -DAY))
    assert (Kind.ALLOW, None) == (ahead.kind, ahead.valid_until)


def test_a_window_without_end_is_never_free_again() -> None:
    """La. R.S. 9:3562(3), four personal contacts in all: neither days nor years bring another; what is
    uncounted does."""
    rule = {"kind": "cap", "limit": 2, "window": {"ever": True}, "count": {"not_requested": True}}
    years = [call(900 * DAY), call(30 * DAY)]
    assert ["allow", "suppress"] == [said(rule, years[0]), said(rule, *years)]
    assert "allow" == said(rule, years[0], call(30 * DAY, requested_by_consumer=True))
    assert "allow" == said({**rule, "active_after": "cease"}, *years, event("cease", 31 * DAY))
    assert "allow" == said({**rule, "active_after": "cease"}, *years)
    assert "suppress" == said({**rule, "active_after": "cease"}, *years, event("cease", 901 * DAY))
    assert "suppress" == said({**rule, "limit": 0})
    assert (Kind.ALLOW, None) == (ask(rule, years[0]).kind, ask(rule, years[0]).valid_until)


def test_a_full_window_without_end_opens_for_a_consent_to_call() -> None:
    """A consent that begins later takes the next call out of the count."""
    rule = {"kind": "cap", "limit": 1, "window": {"ever": True}, "count": {"not_consented": True}}
    assert AT + HOUR == ask(rule, call(30 * DAY), event("consent_call", -HOUR)).until


def test_a_call_of_the_past_is_left_out_by_the_consent_that_held_then() -> None:
    """Not by one that came later, was over, or was revoked; and the latest alone are looked at."""
    rule = {"kind": "cap", "limit": 1, "window": {"ever": True}, "count": {"not_consented": True}}
    made = call(30 * DAY)
    for left_out, *consents in (
        (True, event("consent_call", 32 * DAY)),
        (True, event("consent_call", 32 * DAY), event("consent_call", 10 * DAY)),
        (False, event("consent_call", 10 * DAY)),
        (False, event("consent_call", 60 * DAY), event("consent_call", 10 * DAY)),
        (False, event("consent_call", 32 * DAY), event("revoke_consent", 31 * DAY)),
        (True, event("revoke_consent", 33 * DAY), event("consent_call", 32 * DAY)),
        (False, event("consent_call", 32 * DAY, expires_at=AT - 31 * DAY)),
        (False, event("consent_call", 32 * DAY, only_dates=(date(2026, 6, 13),))),
    ):
        assert ("allow" if left_out else "suppress") == said(rule, made, *consents), consents
    later = [event("consent_call", (29 - number / 2) * DAY) for number in range(direct_consent.MOST)]
    assert "allow" == said(rule, made, event("consent_call", 32 * DAY), *later[1:])
    assert "suppress" == said(rule, made, event("consent_call", 32 * DAY), *later)


def test_a_call_of_the_past_is_left_out_by_consent_for_the_number_that_was_called() -> None:
    """Consent for one number takes no call to another out of the count."""
    rule = {"kind": "cap", "limit": 1, "window": {"ever": True}, "count": {"not_consented": True}}
    for called, consented, left_out in (
        (HERE, HERE, True),
        (HERE, None, True),
        (THERE, HERE, False),
        (None, HERE, False),
    ):
        consent = event("consent_call", 32 * DAY, address=consented)
        found = said(rule, call(30 * DAY, address=called), consent, address=HERE)
        assert ("allow" if left_out else "suppress") == found, (called, consented)


def test_the_budget_of_a_window_without_end_has_no_next_slot() -> None:
    """It is used up, and no instant is named."""
    asked = policy({"kind": "cap", "limit": 1, "window": {"ever": True}})
    (full,) = budgets([asked], facts(call(900 * DAY)), AT)
    assert (1, 0, None, "in all") == (full.used, full.remaining, full.next_free, full.window)


@pytest.mark.parametrize(("about", "verdict"), [(None, "defer"), (("loan",), "defer"), (("other",), "allow")])
def test_a_cap_per_debt_begins_with_an_event_about_the_debt(
    about: tuple[str, ...] | None, verdict: str
) -> None:
    """A request about another debt begins nothing; one that names none is about all."""
    rule = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 30}, "active_after": "cease"}
    begun = event("cease", 2 * DAY, debt_ids=about)
    assert verdict == said({**rule, "count": {"per": "debt"}}, call(DAY), begun)
    assert "defer" == said({**rule, "count": {"per": "borrower"}}, call(DAY), begun)


def test_budgets_tell_what_each_cap_leaves() -> None:
    """Used, left and when the next is free; other rules and caps of other channels have none."""
    asked = policy(
        {"kind": "cap", "limit": 3, "window": {"consecutive_dates": 7}, "what": "calls"},
        {"kind": "cap", "limit": 1, "window": {"hours": 24}},
        {"kind": "cap", "limit": 1, "window": {"calendar": "month"}, "active_after": "dispute"},
        {"kind": "cap", "limit": 1, "window": {"calendar": "week"}, "when": {"channels": ["sms"]}},
        {"kind": "min_gap", "dates": 1},
    )
    found = budgets([asked], facts(call(HOUR), call(2 * DAY)), AT)
    assert [("rule-0", 3, 2, 1, None), ("rule-1", 1, 1, 0, AT + 23 * HOUR), ("rule-2", 1, 0, 1, None)] == [
        (one.rule, one.limit, one.used, one.remaining, one.next_free) for one in found
    ]
    assert ("asked", "within 7 consecutive days", "s. 0") == (
        found[0].policy,
        found[0].window,
        found[0].citation,
    )


def test_how_far_back_a_policy_looks() -> None:
    """The longest of its rules."""
    rules: list[tuple[int, dict[str, Any]]] = [
        (8, {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7}}),
        (9, {"kind": "cap", "limit": 1, "window": {"hours": 168}}),
        (2, {"kind": "cap", "limit": 1, "window": {"calendar": "day"}}),
        (8, {"kind": "cap", "limit": 1, "window": {"calendar": "week"}}),
        (32, {"kind": "cap", "limit": 1, "window": {"calendar": "month"}}),
        (36500, {"kind": "cap", "limit": 1, "window": {"ever": True}}),
        (9, {"kind": "cool_off", "dates": 7}),
        (9, {"kind": "cool_off", "hours": 168}),
        (5, {"kind": "min_gap", "dates": 3}),
        (9, {"kind": "channel_exclusivity"}),
        (9, {"kind": "warn", "factor": "f", "at_least": 1, "dates": 7}),
        (1100, {"kind": "one_shot"}),
        (0, {"kind": "designation"}),
    ]
    assert [days for days, _ in rules] == [policy(rule).lookback.days for _, rule in rules]
    assert 36500 == policy(*(rule for _, rule in rules)).lookback.days


@pytest.mark.parametrize("fields", [{}, {"dates": 7, "hours": 7}])
def test_a_cool_off_has_one_length(fields: dict[str, int]) -> None:
    """Dates or hours."""
    with pytest.raises(PolicyInvalid, match="exactly one of dates and hours"):
        policy({"kind": "cool_off", **fields})


def test_a_cool_off_ends_in_the_last_zone() -> None:
    """The trigger's date is the first of its dates; by text messages it is not triggered unless it says
    so."""
    rule = {"kind": "cool_off", "dates": 7}
    zones = ("America/New_York", "Pacific/Honolulu")
    assert datetime(2026, 7, 20, 10, tzinfo=UTC) == ask(rule, call(DAY, "conversation"), zones=zones).until
    assert "allow" == said(rule, event("contact", channel="sms", outcome="conversation"))
    assert "defer" == said(
        {**rule, "trigger_channels": None}, event("contact", channel="sms", outcome="conversation")
    )
    assert "allow" == said({**rule, "trigger": "reached"}, call())
    hours = ask({"kind": "cool_off", "hours": 168}, call(DAY, "conversation"), zones=())
    assert AT + 6 * DAY == hours.until


def test_a_consent_to_call_lifts_a_cool_off_on_its_dates_until_it_is_used() -> None:
    """12 CFR 1006.14(b)(3)(i): given to the collector, for seven dates at most, up to the next
    conversation."""
    rule = {"kind": "cool_off", "dates": 7, "lifted_by_consent": True}
    talk = call(2 * DAY, "conversation")
    assert "allow" == said(rule, talk, event("consent_call"))
    assert "defer" == said(rule, talk, event("consent_call", given_to="creditor"))
    assert "defer" == said(rule, talk, event("consent_call", 3 * DAY))
    assert "defer" == said(rule, talk, event("consent_call"), event("revoke_consent", HOUR))
    assert "defer" == said(rule, talk, event("consent_call", expires_at=AT))
    assert AT + HOUR == ask(rule, talk, event("consent_call", expires_at=AT + HOUR)).valid_until
    assert AT + HOUR == ask(rule, talk, event("consent_call", -HOUR)).until


def test_one_shot_is_one_until_it_is_renewed() -> None:
    """A second one only after the event that renews it."""
    rule = {"kind": "one_shot"}
    assert ["allow", "suppress"] == [said(rule), said(rule, call())]
    renewed = {**rule, "renewed_by": ["inbound"]}
    assert "allow" == said(renewed, call(2 * DAY), event("inbound"))
    assert "suppress" == said(renewed, call(), event("inbound", 2 * DAY))
    assert "suppress" == said(renewed, call())


def test_only_warnings_warn_and_they_say_nothing_else() -> None:
    """Asked like any other rule a warning permits without an end; any other rule has no factor to name."""
    view = View(facts(call(), call()))
    [warning] = policy({"kind": "warn", "factor": "rapid_succession", "at_least": 1, "minutes": 5}).rules
    [bar] = policy(CEASE).rules
    assert Permit(None) == warning.judge(view, AT, "all")
    assert () == bar.warns(view, AT, "all")


def test_a_warning_blocks_nothing() -> None:
    """Minutes, dates or the same date; only of the messages that the rule looks at."""
    rule = {"kind": "warn", "factor": "often", "at_least": 1}
    assert ("often: 1 earlier contact counts (s. 0)",) == ask(rule, call()).warnings
    numbers = (
        "often: 1 earlier contact counts within the 5 minutes before this message on its own date (s. 0)"
    )
    assert (numbers,) == ask({**rule, "minutes": 5, "same_date": True}, call(MINUTE)).warnings
    assert () == ask(rule).warnings
    assert () == ask({**rule, "when": {"channels": ["sms"]}}, call()).warnings
    assert [1, 0] == [
        len(ask({**rule, "minutes": 5}, call(ago)).warnings) for ago in (5 * MINUTE, 6 * MINUTE)
    ]
    assert [1, 0] == [
        len(ask({**rule, "same_date": True}, call(ago)).warnings) for ago in (11 * HOUR, 12 * HOUR)
    ]
    assert [1, 0] == [len(ask({**rule, "dates": 2}, call(ago)).warnings) for ago in (35 * HOUR, 36 * HOUR)]
