"""What each kind of rule does at its edges, asked one at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from policies.budget import budgets
from policies.decide import ask as ask_rule
from policies.decide import decide
from policies.facts import Event
from policies.policy import PolicyInvalid
from policies.rules.base import Open, RuleSpec
from policies.verdict import Kind
from policies.view import View
from tests.policies.asking import AT, DAY, HOUR, MINUTE, ask, call, event, facts, policy, said

CALLS = ["voice", "voice_prerecorded", "ringless_vm"]
LOCAL_MIDNIGHT = datetime(2026, 7, 14, 4, tzinfo=UTC)
"""The beginning of the Tuesday in New York."""

# --- bars ------------------------------------------------------------------------------------------------------------------------

CEASE = {"kind": "bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "debt", "allowed_content": ["termination_notice"]}


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
HERE, THERE = "+12025550101", "+12025550102"


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
        ("suppress", {"channel": "sms", "address": HERE, "scope": "medium"}, {"channel": "sms", "address": THERE}),
        ("suppress", {"channel": "sms", "address": HERE}, {"channel": "sms"}),
    ],
)
def test_an_opt_out_closes_its_channel_and_address(expected: str, fields: dict[str, Any], proposed: dict[str, Any]) -> None:
    """Calls of all kinds are one medium; what is not known covers the message."""
    assert expected == said(OPT_OUT, event("opt_out", **fields), **proposed)


def test_an_opt_in_lifts_what_it_names() -> None:
    """The same medium, and the same address where both name one."""
    out = event("opt_out", 2 * DAY, channel="sms", address=HERE)
    proposed = {"channel": "sms", "address": HERE}
    assert "allow" == said(OPT_OUT, out, event("opt_in", channel="sms", address=HERE), **proposed)
    assert "allow" == said(OPT_OUT, out, event("opt_in", channel="any"), **proposed)
    assert "suppress" == said(OPT_OUT, out, event("opt_in", channel="email", address=HERE), **proposed)
    assert "suppress" == said(OPT_OUT, out, event("opt_in", channel="sms", address=THERE), **proposed)


def test_an_opt_out_is_confirmed_once_within_minutes_and_with_nothing_else() -> None:
    """47 CFR 64.1200(a)(12): five minutes, no marketing, one."""
    given = {"channel": "sms", "content_class": "optout_confirmation"}
    out = event("opt_out", 4 * MINUTE, channel="sms")
    verdict = ask(OPT_OUT, out, **given)
    assert (Kind.ALLOW, AT + MINUTE) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said(OPT_OUT, out, **given, contains_marketing=True)
    assert "suppress" == said(OPT_OUT, event("opt_out", 5 * MINUTE, channel="sms"), **given)
    sent = event("contact", MINUTE, channel="sms", content_class="optout_confirmation")
    assert "suppress" == said(OPT_OUT, out, sent, **given)
    assert "allow" == said(OPT_OUT, out, event("contact", HOUR, channel="sms", content_class="optout_confirmation"), **given)


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
def test_a_bar_closes_no_more_than_its_scope(expected: str, rule: dict[str, Any], fields: dict[str, Any], proposed: dict[str, Any]) -> None:
    """The address, the creditor; an event that names an address, that one."""
    assert expected == said({"kind": "bar", "events": ["dispute"], **rule}, event("dispute", **fields), **proposed)


def test_a_bar_stands_back_where_the_borrower_wrote_from() -> None:
    """12 CFR 1006.6(d)(4)(i): who writes from work may be answered there."""
    rule = {"kind": "bar", "events": ["employer_prohibits"], "used_by_consumer": True}
    given = {"channel": "email", "address_kind": "work_email"}
    assert "suppress" == said(rule, event("employer_prohibits"), **given)
    assert "allow" == said(rule, event("employer_prohibits"), event("inbound", channel="email", address_kind="work_email"), **given)


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


# --- consent ---------------------------------------------------------------------------------------------------------------------

SMS = {"channel": "sms"}


def test_a_consent_is_needed_and_may_be_taken_back() -> None:
    """Of the channel or of any; the later word counts."""
    rule = {"kind": "consent"}
    assert "suppress" == said(rule, **SMS)
    assert "suppress" == said(rule, event("consent", channel="email"), **SMS)
    assert "allow" == said(rule, event("consent", channel="any"), **SMS)
    assert "suppress" == said({**rule, "any_channel": False}, event("consent", channel="any"), **SMS)
    assert "suppress" == said(rule, event("consent", 2 * DAY, channel="sms"), event("revoke_consent", channel="any"), **SMS)
    assert "allow" == said(rule, event("consent", 2 * DAY, channel="sms"), event("opt_out", channel="email"), **SMS)
    assert "allow" == said(rule, event("opt_out", 2 * DAY, channel="sms"), event("consent", channel="sms"), **SMS)


def test_a_consent_to_come_is_waited_for() -> None:
    """A dated consent defers the message to its day."""
    assert AT + DAY == ask({"kind": "consent"}, event("consent", -DAY, channel="sms"), **SMS).until


def test_a_number_that_was_given_is_a_consent_where_the_rule_accepts_it() -> None:
    """47 CFR 64.1200(f)(9): a number given for the account."""
    rule = {"kind": "consent", "accepts": ["consent", "number_given"]}
    for channel, expected in ((None, "allow"), ("sms", "allow"), ("any", "allow"), ("voice", "suppress")):
        assert expected == said(rule, event("number_given", channel=channel), **SMS)


def test_a_consent_may_be_one_debts_alone() -> None:
    """Where the rule says so."""
    rule = {"kind": "consent", "per_debt": True}
    assert "allow" == said(rule, event("consent", channel="sms", debt_ids=("loan",)), **SMS)
    assert "suppress" == said(rule, event("consent", channel="sms", debt_ids=("other",)), **SMS)


def test_a_reassigned_number_ends_the_consent_of_the_one_before() -> None:
    """The report must be later than the consent."""
    rule = {"kind": "consent", "reassigned_ends": True}
    given = event("consent", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, given, event("rnd_check", result="reassigned"), **SMS)
    assert "allow" == said(rule, given, event("rnd_check", result="not_reassigned"), **SMS)
    assert "allow" == said(rule, given, event("rnd_check", 3 * DAY, result="reassigned"), **SMS)


def test_a_topics_opt_out_is_that_topics_until_the_day_of_all() -> None:
    """47 CFR 64.1200(a)(10): from 31 January 2027 an opt-out covers all topics."""
    rule = {"kind": "consent", "topics": True}
    history = (event("consent", 2 * DAY, channel="sms"), event("opt_out", channel="sms", topic="billing"))
    assert "suppress" == said(rule, *history, **SMS, topic="billing")
    assert "suppress" == said(rule, *history, **SMS)
    assert "allow" == said(rule, *history, **SMS, topic="offers")
    dated = {**rule, "all_topics_from": "2026-07-20"}
    verdict = ask(dated, *history, **SMS, topic="offers")
    assert (Kind.ALLOW, LOCAL_MIDNIGHT + 6 * DAY) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said({**rule, "all_topics_from": "2026-07-01"}, *history, **SMS, topic="offers")
    assert "suppress" == said(dated, *history, **SMS, topic="offers", zones=())
    twice = (*history, event("opt_out", channel="sms", topic="other"))
    assert LOCAL_MIDNIGHT + 6 * DAY == ask(dated, *twice, **SMS, topic="offers").valid_until


def test_a_revocation_is_confirmed_once_within_minutes() -> None:
    """As an opt-out is."""
    rule = {"kind": "consent", "confirmation_minutes": 5}
    history = (event("consent", DAY, channel="sms"), event("opt_out", 2 * MINUTE, channel="sms"))
    given = {**SMS, "content_class": "optout_confirmation"}
    assert AT + 3 * MINUTE == ask(rule, *history, **given).valid_until
    assert AT + MINUTE == ask(rule, *history, event("opt_out", 4 * MINUTE, channel="sms"), **given).valid_until
    assert "suppress" == said(rule, *history, **given, contains_marketing=True)
    assert "suppress" == said(rule, *history, event("contact", MINUTE, channel="sms", content_class="optout_confirmation"), **given)
    assert "suppress" == said(rule, *history, at=AT + 3 * MINUTE, **given)
    assert "suppress" == said(rule, *history, **SMS)
    assert "suppress" == said({"kind": "consent"}, *history, **given)


def test_a_sign_of_the_borrower_keeps_a_number_fresh() -> None:
    """12 CFR 1006.6(d)(5): a direct consent or a message through the channel, and one of them or a clean check within sixty dates."""
    rule = {"kind": "consent", "days": 60, "direct": True, "only_if_asked": True}
    given = {**SMS, "check_text_safe_harbor": True}
    assert "allow" == said(rule, **SMS)
    assert "suppress" == said(rule, **given)
    wrote = event("inbound", 90 * DAY, channel="sms")
    for signs in (
        (event("consent", 60 * DAY, channel="sms"),),
        (event("inbound", 60 * DAY, channel="sms"),),
        (wrote, event("rnd_check", 60 * DAY, result="not_reassigned")),
    ):
        verdict = ask(rule, *signs, **given)
        assert (Kind.ALLOW, LOCAL_MIDNIGHT + DAY) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said(rule, event("consent", 61 * DAY, channel="sms"), **given)
    assert "suppress" == said(rule, event("consent", channel="sms", given_to="creditor"), **given)
    assert "suppress" == said(rule, event("rnd_check", result="not_reassigned"), **given)
    assert "suppress" == said(rule, wrote, event("rnd_check", result="reassigned"), **given)
    assert "suppress" == said(rule, event("inbound", channel="email"), event("rnd_check", result="not_reassigned"), **given)
    fresh = event("inbound", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, fresh, event("rnd_check", result="reassigned"), **given)
    assert "allow" == said(rule, fresh, event("rnd_check", 3 * DAY, result="reassigned"), **given)


def test_a_consent_ends_when_it_says() -> None:
    """Until then a permission lasts, from then on the consent before it counts, if there is one."""
    ends = event("consent", 2 * DAY, channel="sms", expires_at=AT + DAY)
    for rule in ({"kind": "consent"}, {"kind": "bar", "on": "always", "unless": {"consent": True}}):
        verdict = ask(rule, ends, **SMS)
        assert (Kind.ALLOW, AT + DAY) == (verdict.kind, verdict.valid_until)
        assert "allow" == said(rule, ends, at=AT + DAY - MINUTE, **SMS)
        assert "suppress" == said(rule, ends, at=AT + DAY, **SMS)
        assert "allow" == said(rule, event("consent", 3 * DAY, channel="sms"), ends, at=AT + DAY, **SMS)


def test_a_consent_is_for_the_address_that_it_names() -> None:
    """One that names none is for all; so is a revocation, and one that names another address leaves this one."""
    for rule in ({"kind": "consent"}, {"kind": "bar", "on": "always", "unless": {"consent": True}}):
        consent = event("consent", 2 * DAY, channel="sms")
        assert "allow" == said(rule, event("consent", address=HERE), address=HERE, **SMS)
        assert "suppress" == said(rule, event("consent", address=THERE), address=HERE, **SMS)
        assert "suppress" == said(rule, consent, event("opt_out", channel="sms", address=HERE), address=HERE, **SMS)
        assert "allow" == said(rule, consent, event("opt_out", channel="sms", address=THERE), address=HERE, **SMS)
        assert "suppress" == said(rule, consent, event("opt_out", channel="sms", address=THERE, scope="medium"), address=HERE, **SMS)


def test_an_opt_in_gives_a_consent_back() -> None:
    """START after STOP; it gives nothing that was never there, and nothing of another channel or address."""
    rule = {"kind": "consent"}
    taken = (event("consent", 3 * DAY, channel="any"), event("opt_out", 2 * DAY, channel="sms", address=HERE))
    assert "allow" == said(rule, *taken, event("opt_in", channel="sms"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", 3 * DAY, channel="sms"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", channel="email"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", channel="sms", address=THERE), **SMS)
    assert "suppress" == said(rule, event("opt_in", channel="sms"), **SMS)


def test_a_number_given_once_more_takes_no_revocation_back() -> None:
    """The number was there before; who said no must say yes."""
    rule = {"kind": "consent", "accepts": ["consent", "number_given"]}
    taken = event("opt_out", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, taken, event("number_given"), **SMS)
    assert "allow" == said(rule, taken, event("consent", channel="sms"), event("number_given", HOUR), **SMS)


def test_an_opt_out_of_calls_takes_back_the_consent_to_calls_of_every_kind() -> None:
    """A prerecorded call is a call."""
    rule = {"kind": "consent"}
    consent = event("consent", 2 * DAY, channel="voice_prerecorded")
    assert "suppress" == said(rule, consent, event("opt_out", channel="voice"), channel="voice_prerecorded")
    assert "allow" == said(rule, consent, event("opt_out", channel="sms"), channel="voice_prerecorded")


def test_a_revocation_may_reach_texts_and_automatic_calls_alike() -> None:
    """47 CFR 64.1200(a)(10): consent to texts and to automatic calls to a number is one; a live call needs none, and e-mail is another."""
    rule = {"kind": "consent", "texts_and_calls": True}
    consent = event("consent", 2 * DAY, channel="any")
    for taken, proposed, expected in (
        ("sms", "voice_prerecorded", "suppress"),
        ("ringless_vm", "sms", "suppress"),
        ("voice", "sms", "allow"),
        ("email", "sms", "allow"),
        ("sms", "email", "allow"),
    ):
        assert expected == said(rule, consent, event("opt_out", channel=taken), channel=proposed), (taken, proposed)


# --- what is waited for ----------------------------------------------------------------------------------------------------------


def test_a_wait_counts_from_the_latest_or_the_first_event() -> None:
    """In local dates; the day of the event is day nought."""
    rule = {"kind": "wait_after", "event": "notice_sent", "dates": 6}
    history = (event("notice_sent", 9 * DAY), event("notice_sent", 2 * DAY))
    assert LOCAL_MIDNIGHT + 4 * DAY == ask(rule, *history).until
    assert "allow" == said({**rule, "first": True}, *history)
    assert "suppress" == said(rule, event("notice_sent", 9 * DAY, debt_ids=("other",)))


def test_what_a_wait_says_where_its_event_is_missing() -> None:
    """Suppressed, held or permitted; an event to come is waited for."""
    rule = {"kind": "wait_after", "event": "notice_sent"}
    assert ["suppress", "hold", "allow"] == [said({**rule, "missing": one}) for one in ("suppress", "hold", "permit")]
    assert AT + DAY == ask(rule, event("notice_sent", -DAY)).until


def test_days_past_due_stand_for_the_day_on_which_the_debt_fell_overdue() -> None:
    """The wait ends on the local date on which the days will have passed, in every zone."""
    rule = {"kind": "wait_after", "event": "became_overdue", "dates": 10, "days_past_due": True}
    assert "allow" == said(rule, days_past_due=10)
    verdict = ask(rule, days_past_due=8)
    assert (Kind.DEFER, LOCAL_MIDNIGHT + 2 * DAY) == (verdict.kind, verdict.until)
    assert "the debt fell overdue on 2026-07-06" in verdict.findings[0].reason
    assert LOCAL_MIDNIGHT + 2 * DAY + 3 * HOUR == ask(rule, days_past_due=8, zones=("America/Los_Angeles", "America/New_York")).until
    assert "suppress" == said(rule)
    assert "allow" == said(rule, days_past_due=8, zones=())


# --- hours -----------------------------------------------------------------------------------------------------------------------


def test_agreed_hours_replace_the_rules() -> None:
    """From and to, or one of them, or as the words of the agreement say; only on days that are open, and not where they are none."""
    rule = {"kind": "clock_window", "hours": {"mon-fri": "08:00-20:00"}, "agreed_hours": True}
    evening = datetime(2026, 7, 14, 22, tzinfo=UTC)
    assert evening == ask(rule, event("agreed_hours", start=time(18), end=time(19))).until
    assert evening == ask(rule, event("agreed_hours", text="please call after 18:00")).until
    assert AT + HOUR == ask(rule, event("agreed_hours", end=time(12, 30))).valid_until
    assert "allow" == said(rule, event("agreed_hours", text="whenever"))
    assert "allow" == said(rule, event("agreed_hours", -DAY, start=time(18)))
    assert "allow" == said(rule, event("agreed_hours", start=time(19), end=time(18)))
    assert "allow" == said({**rule, "agreed_hours": False}, event("agreed_hours", start=time(18)))
    assert datetime(2026, 7, 20, 22, tzinfo=UTC) == ask(rule, event("agreed_hours", start=time(18)), at=AT + 4 * DAY).until


def test_a_holiday_of_the_calendar_is_a_holiday() -> None:
    """New Year's Day 2027 is a Friday: closed by the calendar, by the case's own list, and not where the rule has no row for it."""
    at = datetime(2027, 1, 1, 15, tzinfo=UTC)
    rule = {"kind": "clock_window", "hours": {"daily": "08:00-20:00", "holiday": []}}
    verdict = ask({**rule, "calendar": "US"}, at=at)
    assert (
        datetime(2027, 1, 2, 13, tzinfo=UTC),
        "2027-01-01 in America/New_York is a holiday, a day on which no contact is permitted",
    ) == (
        verdict.until,
        verdict.findings[0].reason,
    )
    assert "allow" == said(rule, at=at)
    assert "defer" == said(rule, at=at, holidays=frozenset({date(2027, 1, 1)}))
    assert "allow" == said({"kind": "clock_window", "hours": {"daily": "08:00-20:00"}, "calendar": "US"}, at=at)


@pytest.mark.parametrize(
    ("names", "closed"),
    [
        (["07-14"], (date(2026, 7, 14), date(2027, 7, 14))),
        (["2026-07-14"], (date(2026, 7, 14),)),
        (["easter+1"], (date(2026, 4, 6), date(2027, 3, 29))),
        (["easter-2"], (date(2026, 4, 3), date(2027, 3, 26))),
        (["easter"], (date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25), date(2285, 3, 22))),
    ],
)
def test_a_law_names_holidays_beside_its_calendar(names: list[str], closed: tuple[date, ...]) -> None:
    """Once, each year, or by their distance from Easter; the day before and the day after stay open."""
    rule = {"kind": "clock_window", "hours": {"daily": "00:00-24:00", "holiday": []}, "also_holidays": names}
    for day in closed:
        noon = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
        assert ["allow", "defer", "allow"] == [said(rule, at=noon + offset) for offset in (-DAY, 0 * DAY, DAY)]
    if len(names[0]) == len("2026-07-14"):
        assert "allow" == said(rule, at=datetime(2027, 7, 14, 16, tzinfo=UTC))


def test_a_category_of_holidays_counts_beside_the_public_ones() -> None:
    """Victoria Day is no public holiday of all Canada, and one of its government."""
    rule = {"kind": "clock_window", "hours": {"daily": "08:00-20:00", "holiday": []}}
    for at, expected in ((datetime(2026, 5, 18, 15, tzinfo=UTC), "allow"), (datetime(2026, 7, 1, 15, tzinfo=UTC), "defer")):
        assert expected == said({**rule, "calendar": "CA"}, at=at)
        assert "defer" == said({**rule, "calendar": "CA:government"}, at=at)


@pytest.mark.parametrize("calendar", ["XX", "NL-ZZ", "NL:secret", "nl", "NL:", ""])
def test_a_calendar_that_nobody_knows_is_refused(calendar: str) -> None:
    """When the document is read, not when a message waits."""
    with pytest.raises(PolicyInvalid, match="/rules/0/calendar: "):
        policy({"kind": "clock_window", "hours": {"daily": "08:00-20:00"}, "calendar": calendar})


@pytest.mark.parametrize("basis", ["fixed:Nowhere/At_All", "fixed:", "fixed:../../etc/passwd", "somewhere"])
def test_a_zone_that_nobody_knows_is_refused(basis: str) -> None:
    """For the policy and for one rule of it."""
    with pytest.raises(PolicyInvalid, match="/zones: "):
        policy(NEVER, zones=basis)
    with pytest.raises(PolicyInvalid, match="/rules/0/zones: "):
        policy({**NEVER, "zones": basis})


def test_hours_that_never_meet_are_held_for_a_person() -> None:
    """Two zones half a world apart have no hour in common: no instant satisfies both, and that is said."""
    rule = {"kind": "clock_window", "hours": {"daily": "09:00-11:00"}}
    verdict = ask(rule, zones=("America/New_York", "Asia/Shanghai"))
    assert (Kind.HOLD, "search.none") == (verdict.kind, verdict.findings[-1].message)
    years = decide([policy(rule)], facts(zones=("America/New_York", "Asia/Shanghai")), AT, horizon=3000 * DAY)
    assert (Kind.HOLD, "search.none") == (years.kind, years.findings[-1].message)
    only_holidays = {"kind": "clock_window", "hours": {"daily": "00:00-24:00", "holiday": []}}
    assert "hold" == said(only_holidays, holidays=frozenset(AT.date() + n * DAY for n in range(-1, 900)))


@pytest.mark.parametrize(("rows", "days"), [("sat-mon", 3), ("mon,wed", 2), ("daily", 7), ("sun", 1)])
def test_rows_name_days_in_every_way(rows: str, days: int) -> None:
    """Ranges may go over the end of the week."""
    rule = {"kind": "clock_window", "hours": {rows: "00:00-24:00"}}
    assert days == sum("allow" == said(rule, at=AT + day * DAY) for day in range(7))


def test_a_row_may_be_empty() -> None:
    """`sun:` with nothing behind it is a closed day."""
    assert "allow" == said({"kind": "clock_window", "hours": {"daily": "08:00-20:00", "holiday": None}})


def test_an_inconvenient_time_is_left_alone_until_it_ends() -> None:
    """Recurring, over midnight, until a date; a designation of every hour leaves none and is a person's."""
    rule = {"kind": "designation"}

    def named(ago: Any = DAY, until: date | None = None, **fields: Any) -> Event:
        from policies.facts import Inconvenient

        return event("designation", ago, inconvenient=(Inconvenient(**fields),), until=until)

    assert datetime(2026, 7, 14, 21, tzinfo=UTC) == ask(rule, named(start=time(9), end=time(17))).until
    assert datetime(2026, 7, 14, 21, tzinfo=UTC) == ask(rule, named(start=time(22), end=time(17))).until
    assert LOCAL_MIDNIGHT + DAY == ask(rule, named(days=("tue",))).until
    assert LOCAL_MIDNIGHT + DAY == ask(rule, named(until=date(2026, 7, 14))).until
    assert "hold" == said(rule, named())
    assert "allow" == said(rule, named(until=date(2026, 7, 13)))
    assert "allow" == said(rule, event("designation"))
    assert AT + DAY == ask(rule, named(-DAY)).valid_until
    assert "17:00" not in ask(rule, named(end=time(12))).findings[0].reason
    assert "daily 00:00-12:00" in ask(rule, named(end=time(12))).findings[0].reason
    assert "daily 09:00-24:00" in ask(rule, named(start=time(9))).findings[0].reason
    for zones in (("America/New_York", "America/Los_Angeles"), ("America/Los_Angeles", "America/New_York")):
        assert datetime(2026, 7, 15, 0, tzinfo=UTC) == ask(rule, named(start=time(8), end=time(17)), zones=zones).until


# --- counts ----------------------------------------------------------------------------------------------------------------------


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
        made, spared = (event("contact", **{"channel": "voice", **one}) for one in (counted, left_out))
        assert ("defer", "allow") == (said({**cap, "count": count}, made), said({**cap, "count": count}, spared)), count


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
def test_a_cap_has_a_bucket_for_each_of_its_scope(per: str, made: dict[str, Any], proposed: dict[str, Any], counted: bool) -> None:
    """What is not known falls into every bucket."""
    rule = {"kind": "cap", "limit": 1, "window": {"hours": 48}, "count": {"per": per}}
    assert ("defer" if counted else "allow") == said(rule, call(**made), **proposed)


def test_a_cap_of_nought_is_a_bar_unless_a_consent_ends_it() -> None:
    """Nothing is permitted, however little was sent; consent to be called takes a call out of it, and a day to come is waited for."""
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
    assert ("asked", "within 7 consecutive days", "s. 0") == (found[0].policy, found[0].window, found[0].citation)


def test_how_far_back_a_policy_looks() -> None:
    """The longest of its rules."""
    rules: list[tuple[int, dict[str, Any]]] = [
        (8, {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7}}),
        (9, {"kind": "cap", "limit": 1, "window": {"hours": 168}}),
        (2, {"kind": "cap", "limit": 1, "window": {"calendar": "day"}}),
        (8, {"kind": "cap", "limit": 1, "window": {"calendar": "week"}}),
        (32, {"kind": "cap", "limit": 1, "window": {"calendar": "month"}}),
        (9, {"kind": "cool_off", "dates": 7}),
        (9, {"kind": "cool_off", "hours": 168}),
        (5, {"kind": "min_gap", "dates": 3}),
        (9, {"kind": "channel_exclusivity"}),
        (9, {"kind": "warn", "factor": "f", "at_least": 1, "dates": 7}),
        (1100, {"kind": "one_shot"}),
        (0, {"kind": "designation"}),
    ]
    assert [days for days, _ in rules] == [policy(rule).lookback.days for _, rule in rules]
    assert 1100 == policy(*(rule for _, rule in rules)).lookback.days


@pytest.mark.parametrize("fields", [{}, {"dates": 7, "hours": 7}])
def test_a_cool_off_has_one_length(fields: dict[str, int]) -> None:
    """Dates or hours."""
    with pytest.raises(PolicyInvalid, match="exactly one of dates and hours"):
        policy({"kind": "cool_off", **fields})


def test_a_cool_off_ends_in_the_last_zone() -> None:
    """The trigger's date is the first of its dates; by text messages it is not triggered unless it says so."""
    rule = {"kind": "cool_off", "dates": 7}
    zones = ("America/New_York", "Pacific/Honolulu")
    assert datetime(2026, 7, 20, 10, tzinfo=UTC) == ask(rule, call(DAY, "conversation"), zones=zones).until
    assert "allow" == said(rule, event("contact", channel="sms", outcome="conversation"))
    assert "defer" == said({**rule, "trigger_channels": None}, event("contact", channel="sms", outcome="conversation"))
    assert "allow" == said({**rule, "trigger": "reached"}, call())
    hours = ask({"kind": "cool_off", "hours": 168}, call(DAY, "conversation"), zones=())
    assert AT + 6 * DAY == hours.until


def test_a_consent_to_call_lifts_a_cool_off_on_its_dates_until_it_is_used() -> None:
    """12 CFR 1006.14(b)(3)(i): given to the collector, for seven dates at most, up to the next conversation."""
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
    assert Open(None) == warning.judge(view, AT, "all")
    assert () == bar.warns(view, AT, "all")


def test_a_warning_blocks_nothing() -> None:
    """Minutes, dates or the same date; only of the messages that the rule looks at."""
    rule = {"kind": "warn", "factor": "often", "at_least": 1}
    assert ("often: 1 earlier contact counts (s. 0)",) == ask(rule, call()).warnings
    numbers = "often: 1 earlier contact counts within the 5 minutes before this message on its own date (s. 0)"
    assert (numbers,) == ask({**rule, "minutes": 5, "same_date": True}, call(MINUTE)).warnings
    assert () == ask(rule).warnings
    assert () == ask({**rule, "when": {"channels": ["sms"]}}, call()).warnings
    assert [1, 0] == [len(ask({**rule, "minutes": 5}, call(ago)).warnings) for ago in (5 * MINUTE, 6 * MINUTE)]
    assert [1, 0] == [len(ask({**rule, "same_date": True}, call(ago)).warnings) for ago in (11 * HOUR, 12 * HOUR)]
    assert [1, 0] == [len(ask({**rule, "dates": 2}, call(ago)).warnings) for ago in (35 * HOUR, 36 * HOUR)]


# --- the message itself ----------------------------------------------------------------------------------------------------------


def test_further_persons_may_be_addressed_with_some_content_after_an_event() -> None:
    """A contact person after the debtor was found unreachable, and not once the person refused."""
    rule = {
        "kind": "recipient", "allowed": ["consumer"], "also": ["contact_person"], "also_for": ["location"],
        "after": ["debtor_unreachable"], "not_after": ["contact_person_refused"],
    }  # fmt: skip
    given = {"to": "contact_person", "content_class": "location"}
    assert "allow" == said(rule)
    assert "suppress" == said(rule, **given)
    assert "allow" == said(rule, event("debtor_unreachable"), **given)
    assert "suppress" == said(rule, event("debtor_unreachable"), to="contact_person")
    assert "suppress" == said(rule, event("debtor_unreachable"), **{**given, "to": "relative"})
    assert "suppress" == said(rule, event("debtor_unreachable"), event("contact_person_refused"), **given)


def test_content_that_is_required_or_forbidden() -> None:
    """What a message does not say it carries; what it says it lacks, it lacks."""
    rule = {"kind": "content", "required": ["optout_notice"], "forbidden": ["marketing"], "discloses": ["identity"]}
    assert ["allow", "allow", "suppress"] == [said(rule, optout_notice=one) for one in (None, True, False)]
    assert "suppress" == said(rule, contains_marketing=True)


def test_a_tier_uses_its_channels_within_its_band() -> None:
    """Outside of the band, and where lateness is not known, it says nothing."""
    rule = {"kind": "tier", "name": "early", "band": {"min": 1, "max": 30}, "channels": ["email"]}
    assert ["allow", "suppress", "suppress", "allow", "allow"] == [said(rule, days_past_due=days) for days in (0, 1, 30, 31, None)]
    assert "allow" == said(rule, days_past_due=5, channel="email")


# --- when a rule looks, and when it stands back ----------------------------------------------------------------------------------

NEVER = {"kind": "bar", "on": "always"}


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
def test_a_rule_looks_at_the_messages_that_it_matches(when: dict[str, Any], seen: dict[str, Any], unseen: dict[str, Any]) -> None:
    """Each matcher by itself; an unknown number of days is within, the stricter reading."""
    assert ("suppress", "allow") == (said({**NEVER, "when": when}, **seen), said({**NEVER, "when": when}, **unseen))


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
def test_a_rule_stands_back_on_each_of_its_grounds(unless: dict[str, Any], events: tuple[Event, ...], given: dict[str, Any]) -> None:
    """With the ground it permits; without it, it does not; and a ground that the rule does not name is none."""
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
    assert "suppress" == said(rule, asked, event("contact", MINUTE, channel="sms", in_response_to="r"), channel="sms", in_response_to="r")


def test_a_consent_that_was_taken_back_is_no_ground() -> None:
    """Nor one to another channel."""
    rule = {**NEVER, "unless": {"consent": True}}
    assert "suppress" == said(rule, event("consent", 2 * DAY, channel="voice"), event("opt_out", channel="voice"))
    assert "allow" == said(rule, event("consent", 2 * DAY, channel="voice"), event("opt_out", channel="sms"))
    assert "suppress" == said(rule, event("consent", channel="sms"))


def test_a_rule_holds_between_its_dates() -> None:
    """It begins in the first zone, and ends in the last; a wait under it ends with it."""
    begins = ask({**NEVER, "effective": {"from": "2026-07-15"}}, zones=("America/New_York", "America/Los_Angeles"))
    assert (Kind.ALLOW, LOCAL_MIDNIGHT + DAY) == (begins.kind, begins.valid_until)
    assert "allow" == said({**NEVER, "effective": {"until": "2026-07-14"}})
    assert "suppress" == said({**NEVER, "effective": {"until": "2026-07-14"}}, zones=())
    assert "suppress" == said({**NEVER, "effective": {"until": "2026-07-15"}})
    closed = {"kind": "clock_window", "hours": {"fri": "08:00-21:00"}, "effective": {"until": "2026-07-16"}}
    assert LOCAL_MIDNIGHT + 2 * DAY == ask(closed).until


def test_a_policy_holds_between_its_dates() -> None:
    """The same for all of its rules; without a zone it holds always."""
    assert LOCAL_MIDNIGHT + DAY == ask(policy(NEVER, effective={"from": "2026-07-15"})).valid_until
    assert (Kind.ALLOW, None) == ((over := ask(policy(NEVER, effective={"until": "2026-07-14"}))).kind, over.valid_until)
    past = ask(policy(NEVER, effective={"from": "2026-07-01", "until": "2026-07-14"}))
    assert (Kind.ALLOW, None) == (past.kind, past.valid_until)
    assert "suppress" == said(policy(NEVER, effective={"from": "2026-07-15"}), zones=())
    closed = policy({"kind": "clock_window", "hours": {"fri": "08:00-21:00"}}, effective={"until": "2026-07-16"})
    assert LOCAL_MIDNIGHT + 2 * DAY == ask(closed).until


def test_a_policy_that_does_not_bind_the_sender_says_nothing() -> None:
    """Role and days past due; the policies that bind are named in what was consulted."""
    collectors = policy(NEVER, binds={"sender_roles": ["third_party"]})
    assert ["suppress", "allow"] == [said(collectors, sender_role=role) for role in ("third_party", "debt_buyer")]
    assert ("asked/rule-0",) == ask(NEVER).consulted


def test_zones_are_read_as_the_policy_says() -> None:
    """All, telephone or address first, the address unless the message goes to a landline, or one fixed zone."""
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
        assert expected == said(policy(noon, zones=basis), by_source=places, **given)
    assert "allow" == said(policy(noon, zones="phone"), by_source={**places, "stated": ("America/New_York",)})


# --- what must not happen --------------------------------------------------------------------------------------------------------


class Broken(RuleSpec):
    """A rule that fails."""

    kind: str = "broken"

    def judge(self, view: View, at: datetime, basis: str) -> Open:
        """No answer."""
        raise LookupError(basis)


class Yesterday(RuleSpec):
    """A rule whose answer lies in the past."""

    kind: str = "yesterday"

    def judge(self, view: View, at: datetime, basis: str) -> Open:
        """Open, until now."""
        return Open(at)


@pytest.mark.parametrize("kind", [Broken, Yesterday])
def test_a_rule_that_fails_holds(kind: type[RuleSpec]) -> None:
    """A broken rule must not let a message through."""
    answer = ask_rule(policy(NEVER), kind(id="broken", citation="none"), View(facts()), AT)
    assert (Kind.HOLD, "rule.failed") == (getattr(answer, "kind", None), getattr(answer, "message", None))


def test_a_message_that_expires_before_it_may_go_is_held() -> None:
    """At the very instant at which it may go it would have expired."""
    rule = policy({"kind": "clock_window", "hours": {"daily": "12:00-20:00"}})
    opens = AT + timedelta(minutes=30)
    assert Kind.HOLD is decide([rule], facts(), AT, expires_at=opens).kind
    assert Kind.DEFER is decide([rule], facts(), AT, expires_at=opens + MINUTE).kind


def test_no_permitted_instant_before_the_horizon_is_held() -> None:
    """A person must decide rather than a message wait for years."""
    rule = policy({"kind": "bar", "events": ["dispute"], "days": 30})
    history = facts(event("dispute"))
    assert Kind.DEFER is decide([rule], history, AT, horizon=29 * DAY).kind
    assert Kind.HOLD is decide([rule], history, AT, horizon=29 * DAY - MINUTE).kind
