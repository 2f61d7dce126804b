"""Time zones from the pinned package, and which days are holidays."""

from __future__ import annotations

import importlib.metadata
from datetime import date

import pytest

from policies.calendars import NoSuchCalendar, is_holiday
from policies.zones import TZDATA_VERSION, NoSuchZone, zone


@pytest.mark.parametrize(
    "name", ["America/New_York", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kolkata"]
)
def test_a_zone_comes_from_the_pinned_package(name: str) -> None:
    """Whatever the system has: the `tzdata` package decides, and its version is known."""
    assert name == zone(name).key
    assert importlib.metadata.version("tzdata") == TZDATA_VERSION


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Nowhere",
        "America/Nowhere",
        "Nowhere/At_All",
        "../../etc/passwd",
        "/etc/passwd",
        ".",
        "America",
        "zone.tab",
        "__init__.py",
        "America//New_York",
        "a\0b",
        "America/../UTC",
        "x" * 300,
    ],
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    """No path leads out of the package, and no file of it that is no zone is one."""
    with pytest.raises(NoSuchZone):
        zone(name)


def test_holidays_are_those_of_the_calendar_that_is_named() -> None:
    """A region has its own beside the country's."""
    assert is_holiday("US", date(2026, 12, 25))
    assert not is_holiday("US", date(2026, 12, 24))
    assert is_holiday("CA-ON", date(2026, 2, 16))
    assert not is_holiday("CA", date(2026, 2, 16))


@pytest.mark.parametrize("name", ["XX", "US-XX", "", "nowhere"])
def test_an_unknown_calendar_is_refused(name: str) -> None:
    """Better no decision than one without holidays."""
    with pytest.raises(NoSuchCalendar):
        is_holiday(name, date(2026, 1, 1))
