"""Waits after events, permitted hours, holidays, and inconvenient times."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from policies.decide import decide
from policies.facts import Event
from policies.policy import PolicyInvalid
from policies.verdict import Kind
from tests.policies.asking import AT, DAY, HOUR, LOCAL_MIDNIGHT, NEVER, ask, event, facts, policy, said

# --- what is waited for
# ----------------------------------------------------------------------------------------------------------


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
    assert ["suppress", "hold", "allow"] == [
        said({**rule, "missing": one}) for one in ("suppress", "hold", "permit")
    ]
    assert AT + DAY == ask(rule, event("notice_sent", -DAY)).until


def test_days_past_due_stand_for_the_day_on_which_the_debt_fell_overdue() -> None:
    """The wait ends on the local date on which the days will have passed, in every zone."""
    rule = {"kind": "wait_after", "event": "became_overdue", "dates": 10, "days_past_due": True}
    assert "allow" == said(rule, days_past_due=10)
    verdict = ask(rule, days_past_due=8)
    assert (Kind.DEFER, LOCAL_MIDNIGHT + 2 * DAY) == (verdict.kind, verdict.until)
    assert "the debt fell overdue on 2026-07-06" in verdict.findings[0].reason
    assert (
        LOCAL_MIDNIGHT + 2 * DAY + 3 * HOUR
        == ask(rule, days_past_due=8, zones=("America/Los_Angeles", "America/New_York")).until
    )
    assert "suppress" == said(rule)
    assert "defer" == said(rule, days_past_due=8, zones=())


# --- hours
# ------------------------------------------------------------------------------------------------------------


def test_agreed_hours_replace_the_rules() -> None:
    """From and to, or one of them, or as the words of the agreement say; only on days that are open,
    and not where they are none."""
    rule = {"kind": "clock_window", "hours": {"mon-fri": "08:00-20:00"}, "agreed_hours": True}
    evening = datetime(2026, 7, 14, 22, tzinfo=UTC)
    assert evening == ask(rule, event("agreed_hours", start=time(18), end=time(19))).until
    assert evening == ask(rule, event("agreed_hours", text="please call after 18:00")).until
    assert AT + HOUR == ask(rule, event("agreed_hours", end=time(12, 30))).valid_until
    assert "allow" == said(rule, event("agreed_hours", text="whenever"))
    assert "allow" == said(rule, event("agreed_hours", -DAY, start=time(18)))
    assert "allow" == said(rule, event("agreed_hours", start=time(19), end=time(18)))
    assert "allow" == said({**rule, "agreed_hours": False}, event("agreed_hours", start=time(18)))
    assert (
        datetime(2026, 7, 20, 22, tzinfo=UTC)
        == ask(rule, event("agreed_hours", start=time(18)), at=AT + 4 * DAY).until
    )


def test_a_holiday_of_the_calendar_is_a_holiday() -> None:
    """New Year's Day 2027 is a Friday: closed by the calendar, by the case's own list, and not where the
    rule has no row for it."""
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
    assert "allow" == said(
        {"kind": "clock_window", "hours": {"daily": "08:00-20:00"}, "calendar": "US"}, at=at
    )


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
        assert ["allow", "defer", "allow"] == [
            said(rule, at=noon + offset) for offset in (-DAY, 0 * DAY, DAY)
        ]
    if len(names[0]) == len("2026-07-14"):
        assert "allow" == said(rule, at=datetime(2027, 7, 14, 16, tzinfo=UTC))


def test_a_category_of_holidays_counts_beside_the_public_ones() -> None:
    """Victoria Day is no public holiday of all Canada, and one of its government."""
    rule = {"kind": "clock_window", "hours": {"daily": "08:00-20:00", "holiday": []}}
    for at, expected in (
        (datetime(2026, 5, 18, 15, tzinfo=UTC), "allow"),
        (datetime(2026, 7, 1, 15, tzinfo=UTC), "defer"),
    ):
        assert expected == said({**rule, "calendar": "CA"}, at=at)
        assert "defer" == said({**rule, "calendar": "CA:government"}, at=at)


@pytest.mark.parametrize(
    ("day", "moved", "fallen"),
    [
        (date(2029, 11, 11), "defer", "defer"),
        (date(2029, 11, 12), "defer", "allow"),
        (date(2028, 1, 3), "defer", "allow"),
        (date(2027, 7, 1), "defer", "defer"),
        (date(2027, 2, 15), "defer", "defer"),
    ],
)
def test_a_law_may_keep_holidays_only_on_the_days_on_which_they_fall(
    day: date, moved: str, fallen: str
) -> None:
    """Saskatchewan's Remembrance Day takes in no Monday, nor does a New Year's Day on a Saturday; Family
    Day is a Monday anyway."""
    rule = {"kind": "clock_window", "hours": {"daily": "00:00-24:00", "holiday": []}, "calendar": "CA-SK"}
    at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    assert (moved, fallen) == (said(rule, at=at), said({**rule, "moved_holidays": False}, at=at))


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
        assert (
            datetime(2026, 7, 15, 0, tzinfo=UTC)
            == ask(rule, named(start=time(8), end=time(17)), zones=zones).until
        )
