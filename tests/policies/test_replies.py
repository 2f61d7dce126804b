"""A reply is one answer to one message, soon after it, and only for what that message opened (12 CFR 1006,
cmt. 6(b)(1)-2)."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from policies.facts import Event, Inconvenient
from tests.policies.asking import DAY, HERE, THERE, ask, said

REPLY = {"unless": {"reply": True}}
HOURS = {"kind": "clock_window", "hours": {"daily": "08:00-21:00"}, **REPLY}
NAMED = {"kind": "designation", **REPLY}
CAP = {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7}, **REPLY}
STOP = {"kind": "bar", "events": ["opt_out"], "lifted_by": ["opt_in"], "scope": "channel", **REPLY}
ATTORNEY = {"kind": "bar", "events": ["attorney"], "scope": "debt", **REPLY}
CONSENT = {"kind": "consent", **REPLY}
PAUSE = {"kind": "term_bar", "events": ["contact_deferred"], "days": 30, **REPLY}


def here(text: str) -> datetime:
    """An instant of July 2026 in New York: `14T21:30`."""
    return datetime.fromisoformat(f"2026-07-{text}:00-04:00")


def wrote(at: str, **fields: Any) -> Event:
    """The borrower's text message."""
    return Event(type="inbound", at=here(at), channel="sms", ref="m", **fields)


def reply(rule: dict[str, Any], at: str, *events: Event, **given: Any) -> tuple[str, datetime | None]:
    """The verdict on the answer to it."""
    verdict = ask(rule, *events, at=here(at), **{"channel": "sms", "in_response_to": "m", **given})
    return verdict.kind.value, verdict.until


@pytest.mark.parametrize(
    ("came", "goes"),
    [("14T09:00", "14T22:04"), ("14T20:59", "14T21:00"), ("13T23:00", "14T23:00"), ("14T07:00", "14T21:00")],
)
def test_a_message_opens_no_other_night_than_its_own(came: str, goes: str) -> None:
    """By day it opens none, and in a night that night alone; the answer waits for the morning."""
    verdict, until = reply(HOURS, goes, wrote(came))
    assert ("defer", here(goes).replace(hour=8, minute=0) + DAY) == (verdict, until)


@pytest.mark.parametrize(
    ("came", "goes"), [("14T21:00", "14T21:01"), ("14T23:30", "15T07:59"), ("15T03:00", "15T03:00")]
)
def test_a_message_opens_the_rest_of_the_night_in_which_it_came(came: str, goes: str) -> None:
    """Until the morning; what the night then permits ends with it."""
    assert ("allow", None) == reply(HOURS, goes, wrote(came))
    assert "defer" == said(HOURS, wrote(came), at=here(goes), channel="sms")


def test_a_message_opens_nothing_where_no_zone_is_known_or_the_hours_never_come() -> None:
    """Whose night it is cannot be said."""
    assert "hold" == reply(HOURS, "14T23:00", wrote("14T22:00"), zones=())[0]
    never = {**HOURS, "hours": {"daily": []}}
    assert "allow" == reply(never, "14T23:00", wrote("14T22:00"))[0]


def inconvenient(at: str, *days: str, start: int = 15, end: int = 17) -> Event:
    """Times that the borrower names."""
    named = Inconvenient(days=days or ("mon", "tue", "wed", "thu", "fri"), start=time(start), end=time(end))
    return Event(type="designation", at=here(at), inconvenient=(named,))


def test_a_message_at_a_time_that_was_named_opens_that_time_on_that_day() -> None:
    """The official example: a message on Wednesday at 15:30 may be answered before 17:00 that day, and not
    the day after at 15:30."""
    named = inconvenient("01T09:00")
    assert ("allow", None) == reply(NAMED, "15T16:59", named, wrote("15T15:30"))
    assert ("defer", here("16T17:00")) == reply(NAMED, "16T15:30", named, wrote("15T15:30"))
    assert ("defer", here("15T17:00")) == reply(NAMED, "15T15:30", named, wrote("15T14:59"))


def test_a_time_named_after_the_message_is_not_opened_by_it() -> None:
    """Named with the message, or between it and the answer."""
    for later in ("15T15:30", "15T15:40"):
        assert ("defer", here("15T17:00")) == reply(NAMED, "15T15:45", inconvenient(later), wrote("15T15:30"))
    both = (inconvenient("01T09:00"), inconvenient("15T15:40", "wed"))
    assert ("defer", here("15T17:00")) == reply(NAMED, "15T15:45", *both, wrote("15T15:30"))


def taken_back(type_: str, at: str, **fields: Any) -> Event:
    """What the borrower said."""
    return Event(type=type_, at=here(at), **fields)


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        (STOP, ("opt_out", {"channel": "sms"})), (STOP, ("opt_out", {"channel": "any"})),
        (ATTORNEY, ("attorney", {"debt_ids": ("loan",)})), (PAUSE, ("contact_deferred", {})),
        (CONSENT, ("opt_out", {"channel": "sms"})), (CONSENT, ("revoke_consent", {})),
    ],
)  # fmt: skip
def test_what_came_after_the_message_closes_again(
    rule: dict[str, Any], event: tuple[str, dict[str, Any]]
) -> None:
    """Before the message it is opened for one answer; with it or after it, it stands."""
    type_, fields = event
    for at, expected in (("14T08:00", "allow"), ("14T09:00", "no"), ("14T10:00", "no")):
        verdict, _ = reply(rule, "14T11:00", wrote("14T09:00"), taken_back(type_, at, **fields))
        assert expected == ("allow" if verdict == "allow" else "no"), at


def test_what_came_after_about_something_else_closes_nothing() -> None:
    """Another medium, another debt; and what was lifted since, or has ended."""
    assert (
        "allow"
        == reply(STOP, "14T11:00", wrote("14T09:00"), taken_back("opt_out", "14T10:00", channel="email"))[0]
    )
    other = taken_back("attorney", "14T10:00", debt_ids=("other",))
    assert "allow" == reply(ATTORNEY, "14T11:00", wrote("14T09:00"), other)[0]
    lifted = (
        taken_back("opt_out", "14T10:00", channel="sms"),
        taken_back("opt_in", "14T10:30", channel="sms"),
    )
    assert "allow" == reply(STOP, "14T11:00", wrote("14T09:00"), *lifted)[0]
    short = {**STOP, "days": 1, "unless": {"reply": True, "reply_hours": 72}}
    stopped = taken_back("opt_out", "14T10:00", channel="sms")
    assert ["suppress", "allow"] == [
        "allow" if reply(short, at, wrote("14T09:00"), stopped)[0] == "allow" else "suppress"
        for at in ("14T11:00", "15T10:00")
    ]


def test_an_answer_comes_soon() -> None:
    """Within three days, or within the hours that the rule names; the permission ends with them."""
    contact = Event(type="contact", at=here("13T12:00"), channel="sms", outcome="delivered")
    verdict = ask(CAP, contact, wrote("14T09:00"), at=here("14T10:00"), channel="sms", in_response_to="m")
    assert ("allow", here("17T09:00")) == (verdict.kind.value, verdict.valid_until)
    assert ["allow", "defer"] == [
        reply(CAP, at, contact, wrote("14T09:00"))[0] for at in ("17T08:59", "17T09:00")
    ]
    short = {**CAP, "unless": {"reply": True, "reply_hours": 12}}
    assert ["allow", "defer"] == [
        reply(short, at, contact, wrote("14T09:00"))[0] for at in ("14T20:59", "14T21:00")
    ]


def test_an_answer_is_one_through_the_same_medium_to_the_same_address_about_the_same_debts() -> None:
    """A second one, another medium, another address, another debt or a message that was never written is no
    answer."""
    contact = Event(type="contact", at=here("13T12:00"), channel="sms", outcome="delivered")
    asked = wrote("14T09:00", address=HERE, debt_ids=("loan",))
    assert "allow" == reply(CAP, "14T10:00", contact, asked, address=HERE)[0]
    assert "allow" == reply(CAP, "14T10:00", contact, wrote("14T09:00"), address=HERE)[0]
    for given in (
        {"address": THERE},
        {"channel": "email"},
        {"debt_ids": ("other",)},
        {"in_response_to": "n"},
    ):
        assert "defer" == reply(CAP, "14T10:00", contact, asked, **{"address": HERE, **given})[0], given
    assert "defer" == reply(CAP, "14T08:59", contact, asked, address=HERE)[0]
    answer = Event(
        type="contact", at=here("14T09:30"), channel="sms", outcome="delivered", in_response_to="m"
    )
    assert "defer" == reply(CAP, "14T10:00", contact, asked, answer, address=HERE)[0]


def test_a_talk_since_answers_a_call() -> None:
    """Whoever was called back needs no second call back; a text is not answered by a talk."""
    call = Event(type="inbound", at=here("14T09:00"), channel="voice", ref="m")
    talk = Event(type="contact", at=here("14T09:30"), channel="voice", outcome="conversation")
    assert (
        "allow" == reply({**HOURS, "hours": {"daily": "11:00-12:00"}}, "14T10:00", call, channel="voice")[0]
    )
    assert (
        "defer"
        == reply({**HOURS, "hours": {"daily": "11:00-12:00"}}, "14T10:00", call, talk, channel="voice")[0]
    )
    assert "allow" == reply(CAP, "14T10:00", wrote("14T09:00"), talk)[0]


def test_an_unknown_night_is_not_opened_for_ever() -> None:
    """Three months later no message opens anything."""
    early = Event(type="inbound", at=datetime(2026, 4, 14, 7, tzinfo=UTC), channel="sms", ref="m")
    assert "defer" == reply(HOURS, "14T03:00", early)[0]
