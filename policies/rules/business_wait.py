"""Waits in business days: something must have happened, and so many business days of a calendar must have
passed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from policies.calendars import CalendarName, HolidayName, falls_on, is_holiday
from policies.facts import DAYS, Event
from policies.lookups import Lookup, happened, taking_back
from policies.permissions import changes, concerns, in_force
from policies.phrases import TREATED, listed, number, plain
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences
from policies.rules.matching import EventName
from policies.strictness import Kind
from policies.view import View
from policies.windows import start_of

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class BusinessWait(RuleSpec):
    """Permitted from the `days`-th business day after the date of the latest event of this type; `missing`
    says what holds where there is none. An event on a day that is no business day counts as one of the next
    business day."""

    SENTENCES: ClassVar[Sentences] = {
        "business_wait.running": {
            "en": "{trigger} on {date}; this message is permitted {days} business days after that date",
            "es": "{trigger} el {date}; este mensaje se permite {days} días hábiles después de esa fecha",
            "zh-CN": "{date} {trigger}；须在该日之后第 {days} 个工作日起方可发送",
        },
        "business_wait.missing": {
            "en": "what must come {days} business days before this message has not happened: {trigger}",
            "es": "no ha ocurrido lo que debe preceder a este mensaje en {days} días hábiles: {trigger}",
            "zh-CN": "发送本消息前 {days} 个工作日必须发生的事项尚未发生：{trigger}",
        },
    }
    EXAMPLE: ClassVar[str] = "event: notice_sent\ndays: 3\ncalendar: KR\nmissing: suppress"

    kind: Literal["business_wait"]
    event: EventName
    """The event that must have happened, not about another debt, creditor or account; where a message needs
    it, it must not have ended."""
    days: int = Field(ge=1, le=366)
    """How many business days later the message is permitted."""
    calendar: CalendarName
    """The calendar of the `holidays` package whose holidays are no business days; the case's own never
    are."""
    also_holidays: tuple[HolidayName, ...] = ()
    """Days that the law names beside the calendar's."""
    weekend: tuple[Day, ...] = ("sat", "sun")
    """Days of the week that are no business days."""
    missing: Literal["suppress", "hold", "warn", "permit"] = "suppress"
    """What follows where it has not happened: stopped, held for a person, permitted with a warning, or
    permitted."""
    first: bool = False
    """Count from the first such event instead of the latest."""

    @field_validator("weekend")
    @classmethod
    def _some_business_day(cls, value: tuple[Day, ...]) -> tuple[Day, ...]:
        if set(value) >= set(DAYS):
            raise ValueError("expected at least one day of the week that is a business day")
        return value

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while the event is missing or the wait runs in some candidate zone."""
        events = [one for one in view.of(self.event) if view.about(one.debt_ids)]
        past = [one for one in events if one.at <= at]
        needed = self.missing not in {"warn", "permit"}
        mine = [one for one in past if concerns(view, one)]
        holding = [one for one in mine if in_force(view, one, at)] if needed else mine or past
        if not holding:
            return self._without([one for one in events if concerns(view, one)], at)
        since = holding[0] if self.first else past[-1]
        opens = at
        for zone in view.zones(basis):
            day = self._first_day(view, view.wall(since.at, zone).ordinal)
            if view.wall(at, zone).ordinal < day:
                opens = max(opens, start_of(day, zone, at))
        if opens <= at:
            return Permit(changes(view, holding, at))
        values = {
            "trigger": plain(self.event),
            "date": view.local_date(since.at).isoformat(),
            "days": self.days,
        }
        return Refuse(opens, "business_wait.running", values)

    def _without(self, events: list[Event], at: datetime) -> Answer:
        if self.missing in {"warn", "permit"}:
            return PERMIT
        kind = Kind.SUPPRESS if self.missing == "suppress" else Kind.HOLD
        later = min((one.at for one in events if one.at > at), default=None)
        values = {"trigger": plain(self.event), "days": self.days}
        return Refuse(later, "business_wait.missing", values, kind)

    def warns(self, view: View, at: datetime, basis: str) -> tuple[str, ...]:
        """That nothing is known of what must come before."""
        del basis
        known = any(one.at <= at and concerns(view, one) for one in view.of(self.event))
        if self.missing != "warn" or known:
            return ()
        return (f"{self.event}_unknown: no such event is known before this message ({self.citation})",)

    def _first_day(self, view: View, day: int) -> int:
        """The ordinal of the first permitted date after an event on a date."""
        while not self._is_business_day(view, day):
            day += 1
        left = self.days
        while left:
            day += 1
            left -= self._is_business_day(view, day)
        return day

    def _is_business_day(self, view: View, ordinal: int) -> bool:
        day = date.fromordinal(ordinal)
        if DAYS[day.weekday()] in self._weekend or view.is_holiday(day):
            return False
        return not (is_holiday(self.calendar, day) or falls_on(self.also_holidays, day))

    @cached_property
    def _weekend(self) -> frozenset[str]:
        return frozenset(self.weekend)

    def whole_types(self) -> frozenset[str]:
        """None: what is about other debts is left out."""
        return frozenset()

    def lookups(self) -> Iterator[Lookup]:
        """The first or the latest about the debt."""
        yield from happened((self.event,))
        yield from taking_back((self.event,))

    def demands(self) -> Iterator[str]:
        """The event, the business days, and what holds without it."""
        which = "the first" if self.first else "the latest"
        wait = number(self.days, "business day")
        yield f"A message is permitted {wait} after the date of {which} event “{plain(self.event)}”."
        rest = f"{listed(self.weekend, 'and')} and " if self.weekend else ""
        yield f"No business days are {rest}the holidays of the calendar {self.calendar}."
        if self.also_holidays:
            yield f"Holidays are also {listed(map(str, self.also_holidays), 'and')}."
        yield f"Where there is none it is {TREATED[self.missing]}."
