"""Holidays: the `holidays` package, and the days that a law names beside it.

A calendar is named `NL`, `CA-ON`, `BR-SP`; national calendars name what the law means by "national" holidays.
A category may follow (`CA:government`), whose days then count beside the public ones. What a law adds to its
calendar stands in its pack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated

import holidays
from pydantic import AfterValidator, StringConstraints

HolidayName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$|^easter([+-][0-9]{1,3})?$",
        max_length=12,
    ),
]


class NoSuchCalendar(ValueError):
    """The holidays package knows no such country, region or category."""


@lru_cache(maxsize=4096)
def _year(calendar: str, year: int, *, moved: bool) -> frozenset[date]:
    place, _, category = calendar.partition(":")
    country, _, region = place.partition("-")
    categories = ("public", category) if category else None
    try:
        found = holidays.country_holidays(
            country, subdiv=region or None, years=year, categories=categories, observed=moved
        )
    except (NotImplementedError, KeyError, ValueError) as error:
        raise NoSuchCalendar(calendar) from error
    return frozenset(found)


def is_holiday(calendar: str, day: date, *, moved: bool = True) -> bool:
    """Whether the calendar names the day a holiday; `moved`: also one that is kept for a holiday that falls
    on a weekend. Raises NoSuchCalendar."""
    return day in _year(calendar, day.year, moved=moved)


def falls_on(names: Iterable[str], day: date) -> bool:
    """Whether a day is one of those named: `2024-05-10` once, `05-05` each year, `easter-2` by its distance
    from Easter Sunday."""
    return any(_is_named(name, day) for name in names)


def _is_named(name: str, day: date) -> bool:
    if name.startswith("easter"):
        return day == easter(day.year) + timedelta(days=int(name.removeprefix("easter") or 0))
    return name in {day.isoformat(), f"{day:%m-%d}"}


def easter(year: int) -> date:
    """Western Easter Sunday of a Gregorian year (the anonymous algorithm of Nature, 20 April 1876)."""
    golden, century = year % 19, year // 100
    leaps = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = leaps - (leaps // 28) * (1 - (29 // (leaps + 1)) * ((21 - golden) // 11))
    sunday = moon - (year + year // 4 + moon + 2 - century + century // 4) % 7
    month = 3 + (sunday + 40) // 44
    return date(year, month, sunday + 28 - 31 * (month // 4))


def _known(calendar: str) -> str:
    try:
        is_holiday(calendar, date(2026, 1, 1))
    except NoSuchCalendar:
        raise ValueError(f"expected a calendar like NL, CA-QC or CA:government, got {calendar!r}") from None
    return calendar


CalendarName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?(:[a-z_]{1,20})?$"),
    AfterValidator(_known),
]
"""A calendar of the `holidays` package."""
