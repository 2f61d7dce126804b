"""Scenes of findings: for each kind of rule and each sentence a rule, what happened before, and the
message."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from policies.facts import Event, Inconvenient

AT = datetime(2026, 7, 14, 15, 30, tzinfo=UTC)
"""A Tuesday, 11:30 in New York."""
DAY = timedelta(days=1)
CALL = Event(
    type="contact",
    at=AT - 3 * DAY,
    channel="voice",
    outcome="conversation",
    debt_ids=("loan",),
    to="consumer",
)
SMS = {"channel": "sms"}


def event(type_: str, days: int = 3, **fields: Any) -> Event:
    """Something that happened some days before."""
    return Event(type=type_, at=AT - days * DAY, **fields)


Scene = tuple[dict[str, Any], tuple[Event, ...], dict[str, Any]]
SCENES: dict[str, Scene] = {
    "hours": (
        {"kind": "clock_window", "hours": {"mon-fri": "13:00-21:00", "sat": "09:00-12:00", "holiday": []}},
        (),
        {},
    ),
    "closed-day": ({"kind": "clock_window", "hours": {"wed": "08:00-21:00"}}, (), {}),
    "never-open": ({"kind": "clock_window", "hours": {"daily": []}}, (), {}),
    "no-zone": ({"kind": "clock_window", "hours": {"daily": "08:00-21:00"}}, (), {"zones": ()}),
    "cap-of-dates": (
        {
            "kind": "cap",
            "limit": 1,
            "window": {"consecutive_dates": 7},
            "what": "calls",
            "count": {"per": "debt"},
        },
        (CALL,),
        {},
    ),
    "cap-of-hours": (
        {"kind": "cap", "limit": 1, "window": {"hours": 168}, "what": "conversations"},
        (CALL,),
        {},
    ),
    "cap-of-a-month": (
        {"kind": "cap", "limit": 1, "window": {"calendar": "month"}, "count": {"per": "person"}},
        (CALL,),
        {},
    ),
    "cap-of-none": (
        {
            "kind": "cap",
            "limit": 0,
            "window": {"calendar": "day"},
            "what": "messages",
            "count": {"per": "number"},
        },
        (),
        SMS,
    ),
    "cool-off-of-dates": ({"kind": "cool_off", "dates": 7}, (CALL,), {}),
    "cool-off-of-hours": (
        {"kind": "cool_off", "hours": 168, "trigger": "sent", "what": "contact"},
        (CALL,),
        {},
    ),
    "gap": ({"kind": "min_gap", "dates": 5, "what": "calls"}, (CALL,), {}),
    "one-channel-a-week": (
        {"kind": "channel_exclusivity"},
        (event("contact", 1, channel="voice", outcome="conversation"),),
        SMS,
    ),
    "wait-running": (
        {"kind": "wait_after", "event": "became_overdue", "dates": 10},
        (event("became_overdue"),),
        {},
    ),
    "wait-missing": ({"kind": "wait_after", "event": "notice_sent", "dates": 6}, (), {}),
    "consent-missing": ({"kind": "consent"}, (), SMS),
    "consent-revoked": (
        {"kind": "consent"},
        (event("consent", 9, channel="sms"), event("opt_out", channel="sms")),
        SMS,
    ),
    "consent-expired": ({"kind": "consent", "days": 60}, (event("consent", 61, channel="sms"),), SMS),
    "consent-reassigned": (
        {"kind": "consent", "reassigned_ends": True},
        (event("consent", 9, channel="sms"), event("rnd_check", result="reassigned")),
        SMS,
    ),
    "bar-of-a-wish": ({"kind": "bar", "events": ["cease"]}, (event("cease"),), {}),
    "bar-for-some-days": ({"kind": "bar", "events": ["dispute"], "days": 30}, (event("dispute"),), {}),
    "bar-that-holds": (
        {"kind": "bar", "events": ["hardship_request"], "verdict": "hold"},
        (event("hardship_request"),),
        {},
    ),
    "bar-until": ({"kind": "bar", "events": ["debtor_unreachable", "inbound"], "before": True}, (), {}),
    "bar-of-an-occasion": ({"kind": "bar", "on": "occasion"}, (), {"occasion_bar": "bereavement"}),
    "designation": (
        {"kind": "designation"},
        (
            event(
                "designation",
                inconvenient=(Inconvenient(days=("tue", "thu"), start=time(9), end=time(17)), Inconvenient()),
            ),
        ),
        {},
    ),
    "one-shot": ({"kind": "one_shot", "what": "location call"}, (CALL,), {}),
    "one-shot-unknown": (
        {"kind": "one_shot", "what": "location call"},
        (event("contact", channel="voice", outcome="in_flight"),),
        {},
    ),
    "business-wait-warns": (
        {"kind": "business_wait", "event": "notice_sent", "days": 3, "calendar": "KR", "missing": "warn"},
        (),
        {},
    ),
    "agreed-hours": (
        {"kind": "clock_window", "hours": {"daily": "08:00-22:00"}, "agreed_hours": True},
        (event("agreed_hours", start=time(12), end=time(23)),),
        {},
    ),
    "recipient": ({"kind": "recipient", "allowed": ["consumer"]}, (), {"to": "contact_person"}),
    "content-missing": ({"kind": "content", "required": ["optout_notice"]}, (), {"optout_notice": False}),
    "content-forbidden": ({"kind": "content", "forbidden": ["public"]}, (), {"publicly_viewable": True}),
    "tier": (
        {"kind": "tier", "name": "early", "band": {"min": 1, "max": 30}, "channels": ["email"]},
        (),
        SMS,
    ),
    "bar-of-marketing": ({"kind": "bar", "on": "contains_marketing"}, (), {"contains_marketing": True}),
    "failed": (
        {"kind": "clock_window", "hours": {"daily": "08:00-21:00"}},
        (),
        {"zones": ("Nowhere/At_All",)},
    ),
    "search-none": ({"kind": "bar", "events": ["dispute"], "days": 500}, (event("dispute"),), {}),
    "search-expires": (
        {"kind": "bar", "events": ["dispute"], "days": 30},
        (event("dispute"),),
        {"expires_at": AT + 5 * DAY},
    ),
    "warn": ({"kind": "warn", "factor": "cumulative_contact", "at_least": 1, "dates": 7}, (CALL,), {}),
    "business-wait-running": (
        {"kind": "business_wait", "event": "notice_sent", "days": 3, "calendar": "US"},
        (event("notice_sent", 1),),
        {},
    ),
    "business-wait-missing": (
        {"kind": "business_wait", "event": "notice_sent", "days": 3, "calendar": "KR"},
        (),
        {},
    ),
    "term-bar-of-the-rule": (
        {"kind": "term_bar", "events": ["contact_deferred"], "months": 3},
        (event("contact_deferred"),),
        {},
    ),
    "term-bar-of-the-event": (
        {"kind": "term_bar", "events": ["deceased"], "days": 30},
        (event("deceased", until=date(2026, 7, 20)),),
        {},
    ),
    "required-before-missing": (
        {"kind": "required_before", "events": ["hardship_offered", "hardship_answered"]},
        (),
        {},
    ),
    "required-before-running": (
        {"kind": "required_before", "events": ["hardship_offered"], "dates": 14},
        (event("hardship_offered"),),
        {},
    ),
    "dial-cap": (
        {"kind": "dial_cap", "limit": 1, "window": {"consecutive_dates": 7}},
        (event("contact", channel="voice", outcome="busy"),),
        {},
    ),
    "fatigue": (
        {
            "kind": "fatigue",
            "unanswered": 1,
            "within_dates": 30,
            "gap_dates": 4,
            "factor": 2,
            "longest_dates": 30,
        },
        (
            event("contact", channel="sms", outcome="delivered"),
            event("contact", 1, channel="sms", outcome="delivered"),
        ),
        SMS,
    ),
    "tier-template": (
        {
            "kind": "tier",
            "name": "early",
            "band": {"max": 30},
            "channels": ["sms"],
            "templates": ["overdue-reminder"],
        },
        (),
        {**SMS, "template": "final-notice"},
    ),
    "place-military": ({"kind": "bar", "events": ["dispute"]}, (), {"held": "place.military"}),
    "place-no-zone-in-common": (
        {"kind": "bar", "events": ["dispute"]},
        (),
        {"held": "place.no_zone_in_common"},
    ),
}
