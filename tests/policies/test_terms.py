"""Waits in business days, silences for a term, what must come before, calls that nobody answers, and fatigue:
their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from policies.facts import Event
from policies.policy import PolicyInvalid
from tests.policies.asking import AT, CALLS, DAY, HERE, HOUR, THERE, ask, call, event, policy, said

SEOUL = ("Asia/Seoul",)
WAIT = {"kind": "business_wait", "event": "notice_sent", "days": 3, "calendar": "KR"}
PAUSE = {"kind": "term_bar", "events": ["contact_deferred"], "months": 3, "lifted_by": ["opt_in"]}
OFFER = {"kind": "required_before", "events": ["hardship_offered"]}
DIALS = {"kind": "dial_cap", "limit": 3, "window": {"calendar": "day"}}
TIRED = {
    "kind": "fatigue", "unanswered": 2, "within_dates": 30, "gap_dates": 2, "factor": 1.5, "longest_dates": 9,
    "answered_by": ["inbound"],
}  # fmt: skip


def in_seoul(day: str, hour: int = 10) -> datetime:
    """An hour of a day there."""
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00+09:00")


def waits(rule: dict[str, Any], *sent: str, asked: str, **given: Any) -> tuple[str, datetime | None]:
    """The verdict in Seoul after notices."""
    notices = (Event(type="notice_sent", at=in_seoul(one)) for one in sent)
    verdict = ask(rule, *notices, at=in_seoul(asked), zones=SEOUL, **given)
    return verdict.kind.value, verdict.until


@pytest.mark.parametrize(
    ("sent", "free"),
    [
        ("2026-09-03", "2026-09-08"),  # a Thursday: Friday, Monday, Tuesday
        ("2026-09-05", "2026-09-10"),  # a Saturday counts as Monday
        ("2026-09-21", "2026-09-28"),  # Chuseok, 24 and 25 September, lies between
        ("2026-12-31", "2027-01-06"),  # New Year's Day and a weekend
    ],
)
def test_a_wait_in_business_days_passes_over_weekends_and_holidays(sent: str, free: str) -> None:
    """Permitted from the first instant of the third business day after the notice, and not on the day
    before."""
    day_before = (date.fromisoformat(free) - DAY).isoformat()
    opens = in_seoul(free, hour=0).astimezone(UTC)
    assert ("defer", opens) == waits(WAIT, sent, asked=sent)
    assert ("defer", opens) == waits(WAIT, sent, asked=day_before)
    assert ("allow", None) == waits(WAIT, sent, asked=free)


def test_a_wait_counts_from_the_latest_event_or_the_first() -> None:
    """A second notice begins the wait anew unless the rule says otherwise."""
    two = ("2026-09-01", "2026-09-03")
    assert "defer" == waits(WAIT, *two, asked="2026-09-04")[0]
    assert "allow" == waits({**WAIT, "first": True}, *two, asked="2026-09-04")[0]


def test_a_wait_without_its_event_does_what_the_rule_says() -> None:
    """Stopped, held or permitted; and an event that is still to come is waited for."""
    assert ["suppress", "hold", "allow", "allow"] == [
        waits({**WAIT, "missing": one}, asked="2026-09-04")[0]
        for one in ("suppress", "hold", "permit", "warn")
    ]
    assert "defer" == waits(WAIT, "2026-09-07", asked="2026-09-04")[0]


def test_the_days_that_a_law_names_are_no_business_days() -> None:
    """Further holidays, another weekend, and the holidays of the case."""
    assert "allow" == waits(WAIT, "2026-09-03", asked="2026-09-08")[0]
    for further in ({"also_holidays": ["09-07"]}, {"weekend": ["sat", "sun", "mon"]}):
        assert "defer" == waits({**WAIT, **further}, "2026-09-03", asked="2026-09-08")[0]
    assert "defer" == waits(WAIT, "2026-09-03", asked="2026-09-08", holidays=frozenset({date(2026, 9, 7)}))[0]
    assert "allow" == waits({**WAIT, "weekend": []}, "2026-09-03", asked="2026-09-06")[0]


@pytest.mark.parametrize(
    "rule",
    [
        {**WAIT, "weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        {**WAIT, "calendar": "XX"},
        {**PAUSE, "days": 3},
        {**PAUSE, "months": None},
        {**OFFER, "dates": 9, "within_dates": 8},
        {**TIRED, "longest_dates": 1},
        {**DIALS, "window": {"ever": True}},
    ],
)
def test_what_no_rule_can_mean_is_refused(rule: dict[str, Any]) -> None:
    """A week without a business day, a calendar that is none, two terms or none, a span that ends before it
    begins."""
    with pytest.raises(PolicyInvalid):
        policy(rule)


@pytest.mark.parametrize(
    ("begun", "first_free"),
    [
        ("2026-04-14", "2026-07-14"),
        ("2026-04-15", "2026-07-15"),
        ("2026-04-30", "2026-07-30"),
        ("2025-11-30", "2026-02-28"),
    ],
)
def test_a_silence_of_months_ends_on_the_same_day_of_the_month(begun: str, first_free: str) -> None:
    """Or on the month's last, where it has no such day; the day before it is still silent."""
    deferred = Event(type="contact_deferred", at=in_seoul(begun))
    free = in_seoul(first_free, hour=0)
    verdict = ask(PAUSE, deferred, at=free - HOUR, zones=SEOUL)
    assert ("defer", free.astimezone(UTC)) == (verdict.kind.value, verdict.until)
    assert "allow" == said(PAUSE, deferred, at=free, zones=SEOUL)


def test_the_events_own_last_day_takes_the_place_of_the_term() -> None:
    """Longer or shorter: what was agreed holds, the day itself included."""
    for days in (0, 5, 200):
        until = AT.date() + timedelta(days=days)
        verdict = ask(PAUSE, event("contact_deferred", until=until))
        assert "defer" == verdict.kind.value
        assert verdict.until is not None
        assert until + DAY == verdict.until.astimezone(UTC).date()
    assert "allow" == said(PAUSE, event("contact_deferred", until=AT.date() - DAY))


def test_a_silence_ends_with_what_lifts_it_and_lets_pass_what_the_rule_names() -> None:
    """A later word lifts; an earlier one does not; notices that the law requires pass."""
    deferred = event("contact_deferred")
    assert "allow" == said(PAUSE, deferred, event("opt_in", HOUR))
    assert "defer" == said(PAUSE, deferred, event("opt_in", 2 * DAY))
    passing = {**PAUSE, "allowed_content": ["required_notice"], "allowed_categories": ["hardship"]}
    assert "allow" == said(passing, deferred, content_class="required_notice")
    assert "allow" == said(passing, deferred, category="hardship")
    assert "defer" == said(passing, deferred, content_class="reminder")


def test_a_silence_closes_what_its_scope_says() -> None:
    """All, the debts that it names, or the creditor's; the longest of several holds."""
    other = event("contact_deferred", debt_ids=("other",), creditor="bank")
    assert "defer" == said(PAUSE, other)
    assert "allow" == said({**PAUSE, "scope": "debt"}, other)
    assert "defer" == said({**PAUSE, "scope": "debt"}, other, debt_ids=("loan", "other"))
    assert "allow" == said({**PAUSE, "scope": "creditor"}, other, creditor="shop")
    assert "defer" == said({**PAUSE, "scope": "creditor"}, other, creditor="bank")
    short, long_ = (
        event("contact_deferred", until=AT.date()),
        event("contact_deferred", until=date(2027, 1, 31)),
    )
    assert ask(PAUSE, short, long_).until == ask(PAUSE, long_).until


def test_a_silence_that_begins_later_ends_the_permission() -> None:
    """A permission is good until the event that ends it."""
    verdict = ask(PAUSE, event("contact_deferred", -HOUR))
    assert ("allow", AT + HOUR) == (verdict.kind.value, verdict.valid_until)


def test_enforcement_is_announced_only_after_an_offer() -> None:
    """Of any of the kinds, about this debt or about none in particular, not undone since."""
    assert "suppress" == said(OFFER)
    assert "hold" == said({**OFFER, "verdict": "hold"})
    assert "allow" == said(OFFER, event("hardship_offered"))
    assert "allow" == said({**OFFER, "events": ["payment", "hardship_offered"]}, event("payment"))
    assert "suppress" == said(OFFER, event("hardship_offered", debt_ids=("other",)))
    assert "allow" == said({**OFFER, "per_debt": False}, event("hardship_offered", debt_ids=("other",)))
    undone = {**OFFER, "undone_by": ["dispute"]}
    assert "suppress" == said(undone, event("hardship_offered"), event("dispute", HOUR))
    assert "allow" == said(undone, event("hardship_offered"), event("dispute", 2 * DAY))
    assert "defer" == said(OFFER, event("hardship_offered", -HOUR))


def test_an_offer_is_waited_for_and_goes_stale() -> None:
    """Three days must lie between, and no more than nine."""
    rule = {**OFFER, "dates": 3, "within_dates": 9}
    found = [ask(rule, event("hardship_offered", days * DAY)) for days in (0, 2, 3, 9, 10)]
    assert ["defer", "defer", "allow", "allow", "suppress"] == [one.kind.value for one in found]
    midnight = datetime(2026, 7, 15, 4, tzinfo=UTC)
    assert (midnight + 2 * DAY, midnight) == (found[0].until, found[1].until)
    assert (midnight + 6 * DAY, midnight) == (found[2].valid_until, found[3].valid_until)
    both = ask(rule, event("hardship_offered", 9 * DAY), event("hardship_offered", 4 * DAY))
    assert midnight + 5 * DAY == both.valid_until
    assert "suppress" == said(rule, zones=())


def test_a_number_that_nobody_answers_is_left_alone_for_the_day() -> None:
    """The third vain call of the day fills it, whatever came of it; an answered one does not count, and
    yesterday's do not."""
    vain = [
        call(one * HOUR, outcome, address=HERE)
        for one, outcome in enumerate(("busy", "voicemail_left", "unknown"), 1)
    ]
    assert "allow" == said(DIALS, *vain[:2], address=HERE)
    verdict = ask(DIALS, *vain, address=HERE)
    assert ("defer", datetime(2026, 7, 15, 4, tzinfo=UTC)) == (verdict.kind.value, verdict.until)
    for answered in ("conversation", "answered_dropped", "delivered"):
        assert "allow" == said(DIALS, *vain[:2], call(HOUR, answered, address=HERE), address=HERE)
    assert "allow" == said(
        DIALS, *(call(DAY + one.at - AT + 4 * HOUR, address=HERE) for one in vain), address=HERE
    )
    assert "allow" == said(DIALS, *vain, address=THERE)
    assert "defer" == said({**DIALS, "per": "borrower"}, *vain, address=THERE)
    assert ["defer", "defer", "defer", "allow"] == [
        said(DIALS, *vain, channel=one, address=HERE) for one in (*CALLS, "sms")
    ]


def test_an_answered_call_clears_the_count_where_the_rule_says_so() -> None:
    """Only what was dialled in vain since counts."""
    vain = [call(one * HOUR, address=HERE) for one in (1, 3, 4)]
    answered = call(2 * HOUR, "conversation", address=HERE)
    assert "defer" == said(DIALS, *vain, answered, address=HERE)
    assert "allow" == said({**DIALS, "cleared_by_answer": True}, *vain, answered, address=HERE)
    perhaps = call(2 * HOUR, "unknown", address=HERE)
    assert "defer" == said({**DIALS, "cleared_by_answer": True}, *vain, perhaps, address=HERE)
    inbound = call(2 * HOUR, "conversation", address=HERE, direction="in")
    assert "defer" == said({**DIALS, "cleared_by_answer": True}, *vain, inbound, address=HERE)


def test_unanswered_contacts_make_the_gap_grow_up_to_a_silence() -> None:
    """Two days after two, three after three, five after four (four and a half), seven after five, nine at the
    most."""
    texts = [event("contact", one * DAY, channel="sms", outcome="delivered") for one in range(8)]
    gaps = []
    for count in range(1, 9):
        until = ask(TIRED, *texts[:count], at=AT + HOUR).until
        gaps.append(
            None if until is None else (until.astimezone(UTC) - timedelta(hours=4)).date() - AT.date()
        )
    assert [None, *(timedelta(days=one) for one in (2, 3, 5, 7, 9, 9, 9))] == gaps


def test_an_answer_begins_it_anew() -> None:
    """A conversation, a call from the borrower, a message: only what came after it tires."""
    texts = [event("contact", one * DAY, channel="sms", outcome="delivered") for one in (1, 2, 3)]
    assert "defer" == said(TIRED, *texts)
    for answer in (
        event("inbound", 30 * HOUR, channel="sms"),
        call(30 * HOUR, "conversation"),
        call(30 * HOUR, "rang_no_answer", direction="in"),
    ):
        assert "allow" == said(TIRED, *texts, answer), answer
    assert "defer" == said(TIRED, *texts, call(30 * HOUR, "unknown"))
    assert "defer" == said(TIRED, *texts, event("payment", 30 * HOUR))
    assert "allow" == said({**TIRED, "answered_by": ["payment"]}, *texts, event("payment", 30 * HOUR))


def test_what_lies_too_far_back_tires_nobody() -> None:
    """Only contacts in the days that end with the last one's count."""
    assert "defer" == said(TIRED, *(event("contact", days * DAY, channel="sms") for days in (1, 30)))
    assert "allow" == said(TIRED, *(event("contact", days * DAY, channel="sms") for days in (1, 31)))


def test_a_wait_whose_event_is_not_known_warns_where_the_rule_says_so() -> None:
    """Once the event is known there is nothing to warn of; without the word nothing ever is."""
    warning = {**WAIT, "missing": "warn"}
    assert ("notice_sent_unknown: no such event is known before this message (s. 0)",) == ask(
        warning
    ).warnings
    assert () == ask(warning, event("notice_sent", 30 * DAY)).warnings
    assert 1 == len(ask(warning, event("notice_sent", 30 * DAY, debt_ids=("other",))).warnings)
    assert () == ask({**WAIT, "missing": "permit"}).warnings


def test_what_became_of_the_one_that_is_permitted_must_be_known() -> None:
    """Until it is, a person decides; a known one stands for good."""
    once = {"kind": "one_shot"}
    assert ["hold", "hold", "hold", "suppress"] == [
        said(once, call(outcome=one))  # type: ignore[arg-type]
        for one in (None, "in_flight", "unknown", "busy")  # type: ignore[arg-type]
    ]
    assert "suppress" == said(once, call(outcome="in_flight"), call(2 * DAY, "busy"))


def test_a_number_serves_where_it_was_given_for_the_debt() -> None:
    """By the borrower, about this debt and its account; a number of unknown source was given."""
    rule = {"kind": "consent", "accepts": ["number_given"]}
    given: dict[str, Any] = {"channel": "voice", "address": HERE}
    for fields, expected in (
        ({}, "allow"), ({"source": "given_by_borrower"}, "allow"), ({"source": "given_to_creditor"}, "allow"),
        ({"source": "skip_trace"}, "suppress"), ({"source": "unknown"}, "suppress"),
        ({"debt_ids": ("loan",)}, "allow"),
        ({"debt_ids": ("other",)}, "suppress"), ({"account_id": "a"}, "allow"),
        ({"account_id": "b"}, "suppress"),
    ):  # fmt: skip
        assert expected == said(
            rule, event("number_given", **given, **fields), address=HERE, account_id="a"
        ), fields
    assert "suppress" == said(rule, event("number_given", **given, account_id="b"), address=HERE)


def test_whoever_chose_channels_is_written_to_through_these() -> None:
    """Nobody's silence is a choice; a choice of another channel, or one that was taken back, is none of this
    one."""
    rule = {"kind": "consent", "accepts": ["consent", "opt_in"], "only_if_chosen": True}
    assert "allow" == said(rule)
    assert "suppress" == said(rule, event("opt_in", channel="sms"))
    assert "allow" == said(rule, event("opt_in", channel="voice"))
    assert "suppress" == said(
        rule, event("consent", 2 * DAY, channel="voice"), event("opt_out", channel="voice")
    )


def test_content_may_be_left_out_of_a_count() -> None:
    """Statutory notices are no contacts where the law says so."""
    rule = {
        "kind": "cap",
        "limit": 1,
        "window": {"hours": 99},
        "count": {"not_content_classes": ["required_notice"]},
    }
    assert "allow" == said(rule, call(content_class="required_notice"))
    assert "defer" == said(rule, call())


def test_a_cap_without_end_counts_what_has_happened_alone() -> None:
    """A contact that another clock dates ahead fills it when its time comes."""
    rule = {"kind": "cap", "limit": 2, "window": {"ever": True}}
    assert "allow" == said(rule, call(), call(-HOUR))
    assert "suppress" == said(rule, call(), call(HOUR))


def test_a_reply_within_the_second_of_its_message_goes() -> None:
    """The night in which it came has not ended by then."""
    rule = {"kind": "clock_window", "hours": {"daily": "12:00-13:00"}, "unless": {"reply": True}}
    asked = event("inbound", timedelta(milliseconds=300), channel="sms", ref="m")
    assert "allow" == said(rule, asked, channel="sms", in_response_to="m")


def test_who_hung_up_was_reached() -> None:
    """A hang-up closes what a conversation closes, and is no answer: nobody is called sooner for it."""
    seven_days: dict[str, Any] = {
        "kind": "cool_off",
        "trigger": "conversation",
        "dates": 7,
        "per": "borrower",
        "when": {"channels": ["voice"]},
    }
    assert ["defer", "defer", "allow"] == [
        said(seven_days, call(DAY, outcome)) for outcome in ("conversation", "hung_up", "rang_no_answer")
    ]
    for counts in ("attempt", "ring", "messageable", "reached", "conversation", "delivered"):
        once = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7}, "count": {"counts": counts}}
        assert "defer" == said(once, call(DAY, "hung_up"))
    vain = [
        call(one * HOUR, outcome, address=HERE) for one, outcome in enumerate(("busy", "busy", "hung_up"), 1)
    ]
    assert "defer" == said(DIALS, *vain, address=HERE)
