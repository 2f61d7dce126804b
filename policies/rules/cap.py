"""Caps: at most so many contacts in a window. The proposed one counts too, so a cap of 7 is full when 7 were made.

Windows are consecutive local dates, elapsed hours, or the calendar's day, week and month; dates must hold in every candidate zone.
A window may also be without end: then what it permits is all that there will ever be (La. R.S. 9:3562(3))."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from policies.facts import Event
from policies.rules.base import OPEN, Answer, EventName, Open, RuleSpec, Shut, earliest
from policies.rules.counting import Counting, consent_window, free_after, free_on_date
from policies.verdict import Kind
from policies.view import View
from policies.windows import ordinal, start_of

WEEK = 7
LONGEST_MONTH = 31
EVER = 36500
"""Days of history of a window without end: a hundred years."""


class Window(BaseModel):
    """How long a cap looks back; exactly one of the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    consecutive_dates: int | None = Field(default=None, ge=1, le=366)
    """So many local dates, the message's own included."""
    hours: int | None = Field(default=None, ge=1, le=9000)
    """So many elapsed hours before the message."""
    calendar: Literal["day", "week", "month"] | None = None
    """The calendar's day, week (from Monday) or month of the message."""

    ever: Literal[True] | None = None
    """All of them, without end: once the cap is full, no time opens it."""

    @model_validator(mode="after")
    def _one(self) -> Window:
        if (
            sum(value is not None for value in (self.consecutive_dates, self.hours, self.calendar, self.ever))
            != 1
        ):
            raise ValueError("expected exactly one of consecutive_dates, hours, calendar and ever")
        return self

    def words(self) -> str:
        """The window as a reader says it."""
        if self.consecutive_dates is not None:
            return f"within {self.consecutive_dates} consecutive days"
        if self.hours is not None:
            return f"within {self.hours} hours"
        if self.ever:
            return "in all"
        return f"in one calendar {self.calendar}"

    def days(self) -> int:
        """The days of history that the window needs."""
        if self.consecutive_dates is not None:
            return self.consecutive_dates + 1
        if self.hours is not None:
            return self.hours // 24 + 2
        if self.ever:
            return EVER
        return {"day": 2, "week": WEEK + 1, "month": LONGEST_MONTH + 1}[self.calendar or "day"]


class Cap(RuleSpec):
    """At most `limit` counted contacts in the window."""

    kind: Literal["cap"]
    limit: int = Field(ge=0, le=1000)
    """How many are permitted; 0 permits none."""
    window: Window
    """The time over which they are counted."""
    count: Counting = Counting()
    """Which contacts count."""
    active_after: EventName | Literal["conversation"] | None = None
    """The cap begins with the first event of this type (`conversation` for a contact with that outcome); counted per debt, with the
    first that is about the message's debt."""
    what: str = "contacts"
    """What is counted, as the finding says it."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while the window is full and the proposed contact would count."""
        begins = self._begins(view)
        if self.active_after is not None and (begins is None or begins > at):
            return Open(begins)
        if self.count.not_consented:
            consented, change = consent_window(view, at)
            if consented:
                return Open(change)
        else:
            change = None
        counted = self._counted(view, at, begins)
        if len(counted) < self.limit:
            return OPEN  # fewer than would fill it, wherever in the window they lie
        if self.window.ever and self.limit:
            return self._full_for_good(counted, at, change)
        used, opens = self._full(view, at, basis, counted)
        if opens is None:
            return Open(None)
        if self.limit == 0:
            return Shut(change, "cap.none", self._values(used), Kind.DEFER if change else Kind.SUPPRESS)
        return Shut(earliest(opens, change), "cap.full", self._values(used))

    def _full_for_good(self, counted: list[Event], at: datetime, change: datetime | None) -> Answer:
        used = sum(one.at <= at for one in counted)
        if used < self.limit:
            return Open(None)
        return Shut(change, "cap.full", self._values(used), Kind.DEFER if change else Kind.SUPPRESS)

    def speaks_of(self) -> frozenset[str] | None:
        """Contacts fill a cap; one of none is full without any."""
        return frozenset({"contact"}) if self.limit else None

    def _counted(self, view: View, at: datetime, begins: datetime | None) -> list[Event]:
        """What counts and may lie in the window; a day more than it is long, whatever the zone."""
        since = at - timedelta(days=self.window.days())
        return self.count.select(view, since if begins is None else max(since, begins))

    def _begins(self, view: View) -> datetime | None:
        if self.active_after is None:
            return None
        if self.active_after == "conversation":
            return min((one.at for one in view.contacts if one.outcome == "conversation"), default=None)
        per_debt = self.count.per == "debt"
        events = view.of(self.active_after)
        return min(
            (one.at for one in events if not per_debt or view.about(one.debt_ids)),
            default=None,
        )

    def _values(self, used: int) -> dict[str, object]:
        scope = {"borrower": "per borrower", "number": "per number", "person": "per person called"}
        return {
            "used": used,
            "limit": self.limit,
            "what": self.what,
            "window": self.window.words(),
            "scope": scope.get(self.count.per, f"per {self.count.per}"),
        }

    def _full(
        self, view: View, at: datetime, basis: str, counted: list[Event]
    ) -> tuple[int, datetime | None]:
        """How many are in the window, and the first instant at which it has room; None where it has, or never will."""
        limit = max(1, self.limit)
        if self.window.ever and self.limit:
            return sum(one.at <= at for one in counted), None
        if self.window.hours is not None:
            used, free = free_after(counted, at, span=timedelta(hours=self.window.hours), limit=limit)
            return used, (free or at) if self.limit == 0 else free
        most, opens = 0, None
        for zone in view.zones(basis):
            used, day = self._full_dates(view, at, zone, counted, limit)
            most = max(most, used)
            if day is not None:
                free = start_of(day, zone, at)
                opens = free if opens is None else max(opens, free)
        return most, (opens or at) if self.limit == 0 else opens

    def _full_dates(
        self, view: View, at: datetime, zone: ZoneInfo, counted: list[Event], limit: int
    ) -> tuple[int, int | None]:
        if self.window.consecutive_dates is not None:
            return free_on_date(view, counted, zone, at, dates=self.window.consecutive_dates, limit=limit)
        first, after = _calendar(self.window.calendar or "day", view.wall(at, zone).ordinal)
        used = sum(first <= ordinal(one.at, zone) < after for one in counted if one.at <= at)
        return used, after if used >= limit else None

    def used(self, view: View, at: datetime, basis: str) -> tuple[int, datetime | None]:
        """For budgets: how many are used, and when the next slot is free (None: now)."""
        begins = self._begins(view)
        counted = self._counted(view, at, begins)
        if self.active_after is not None and (begins is None or begins > at):
            return 0, None
        return self._full(view, at, basis, counted)

    def lookback_days(self) -> int:
        """The window's days."""
        return self.window.days()


def _calendar(unit: str, today: int) -> tuple[int, int]:
    """The first day of the unit that holds `today`, and the first day after it, as ordinals. Weeks begin on Monday."""
    day = date.fromordinal(today)
    if unit == "day":
        return today, today + 1
    if unit == "week":
        monday = today - day.weekday()
        return monday, monday + WEEK
    first = day.replace(day=1)
    after = (first + timedelta(days=LONGEST_MONTH)).replace(day=1)
    return first.toordinal(), after.toordinal()
