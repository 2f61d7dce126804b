"""How long a cap looks back: consecutive local dates, elapsed hours, or the calendar's day, week or month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from policies.facts import Event
from policies.rules.counting import free_after, free_on_date
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
        given = (self.consecutive_dates, self.hours, self.calendar, self.ever)
        if sum(value is not None for value in given) != 1:
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

    def full(
        self, view: View, at: datetime, basis: str, counted: Sequence[Event], *, limit: int
    ) -> tuple[int, datetime | None]:
        """How many of the contacts lie in the window that ends at `at`, and the first instant at which fewer
        than `limit` do in every candidate zone; None where that is so already."""
        if self.hours is not None:
            return free_after(counted, at, span=timedelta(hours=self.hours), limit=limit)
        most, opens = 0, None
        for zone in view.zones(basis):
            used, day = self._full_dates(view, at, zone, counted, limit)
            most = max(most, used)
            if day is not None:
                free = start_of(day, zone, at)
                opens = free if opens is None else max(opens, free)
        return most, opens

    def _full_dates(
        self, view: View, at: datetime, zone: ZoneInfo, counted: Sequence[Event], limit: int
    ) -> tuple[int, int | None]:
        if self.consecutive_dates is not None:
            return free_on_date(view, counted, zone, at, dates=self.consecutive_dates, limit=limit)
        first, after = _calendar(self.calendar or "day", view.wall(at, zone).ordinal)
        used = sum(first <= ordinal(one.at, zone) < after for one in counted if one.at <= at)
        return used, after if used >= limit else None


def _calendar(unit: str, today: int) -> tuple[int, int]:
    """The first day of the unit that holds `today`, and the first day after it, as ordinals. Weeks begin on
    Monday."""
    day = date.fromordinal(today)
    if unit == "day":
        return today, today + 1
    if unit == "week":
        monday = today - day.weekday()
        return monday, monday + WEEK
    first = day.replace(day=1)
    after = (first + timedelta(days=LONGEST_MONTH)).replace(day=1)
    return first.toordinal(), after.toordinal()
