"""Holidays: the `holidays` package, with the law's own differences written here beside their reason.

A calendar is named `NL`, `CA-ON`, `BR-SP`; national calendars name what the law means by "national" holidays.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays


class NoSuchCalendar(ValueError):
    """The holidays package knows no such country or region."""


@lru_cache(maxsize=4096)
def _year(calendar: str, year: int) -> frozenset[date]:
    country, _, region = calendar.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=year)
    except (NotImplementedError, KeyError) as error:
        raise NoSuchCalendar(calendar) from error
    return frozenset(found)


def is_holiday(calendar: str, day: date) -> bool:
    """Whether the calendar names the day a holiday. Raises NoSuchCalendar."""
    return day in _year(calendar, day.year)
