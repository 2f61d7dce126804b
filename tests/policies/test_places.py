"""Where a borrower may be, and which days are holidays there."""

from __future__ import annotations

import importlib.metadata
from datetime import date
from string import ascii_uppercase

import pytest

from policies.calendars import NoSuchCalendar, is_holiday
from policies.regions import narrowed, zones_of_country, zones_of_postal_code, zones_of_state
from policies.zones import TZDATA_VERSION, NoSuchZone, candidate_zones, zone, zones_of_phone


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


def candidates(
    stated: str | None = None,
    country: str | None = None,
    zip_: str | None = None,
    place: str | None = None,
    *phones: str,
) -> dict[str, tuple[str, ...]]:
    """Candidate zones by source."""
    return dict(
        candidate_zones(stated=stated, country=country, postal_code=zip_, jurisdiction=place, phones=phones)
    )


def test_a_stated_zone_is_the_only_candidate() -> None:
    """What the borrower says stands against address and telephone."""
    assert {"stated": ("Asia/Kolkata",)} == candidates("Asia/Kolkata", "US", "10001", "US-NY", "+12125550101")


@pytest.mark.parametrize(
    ("expected", "country", "zip_", "place"),
    [
        (("America/New_York",), "US", "10001", None),
        (("America/New_York", "America/Chicago"), "US", " 32501-1234", "US-NY"),
        (("America/Los_Angeles",), "US", "0000", "US-CA"),
        (("America/Los_Angeles",), "US", "abc", "US-CA"),
        (("America/Los_Angeles",), "US", "٩٠٠٠١", "US-CA"),
        (("America/Los_Angeles",), None, "90001", "US"),
        (("America/New_York",), None, None, "US-NY-NYC"),
        (("Europe/Berlin", "Europe/Busingen"), "DE", "10115", None),
        (("America/St_Johns", "America/Goose_Bay"), "CA", "a1c 5s7", None),
        (("America/Edmonton",), None, "T5J 0A1", "CA"),
        (("America/Toronto", "America/Blanc-Sablon", "America/Halifax"), "CA", "X0X 0X0", "CA-QC"),
        (("America/Toronto", "America/Blanc-Sablon", "America/Halifax"), "CA", "ABC", "CA-QC"),
        (("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"), "AU", "2898", None),
        (("Australia/Brisbane",), "AU", "4217", "AU-NSW"),
        (("Australia/Sydney",), "AU", "2600", None),
        (("America/Sao_Paulo",), "BR", "01310-100", None),
        (("America/Manaus", "America/Eirunepe"), "BR", "69005-040", None),
        (("Asia/Shanghai",), "CN", None, "CN-XJ"),
        (("Asia/Kolkata",), None, None, "IN-KA"),
        ((), "XX", None, None),
        ((), None, "10001", None),
        ((), None, None, None),
    ],
)
def test_an_address_points_to_every_zone_that_it_may_lie_in(
    expected: tuple[str, ...], country: str | None, zip_: str | None, place: str | None
) -> None:
    """ZIP code before state before country; a region that spans several zones gives all of them."""
    assert ({"address": expected} if expected else {}) == candidates(None, country, zip_, place)


@pytest.mark.parametrize(
    ("expected", "number"),
    [
        (("America/New_York",), "+12125550101"),
        (("America/Chicago", "America/New_York"), "+18505550101"),
        ((), "+16005550101"),
        (("Europe/London",), "+442079460101"),
        ((), "+18005550101"),
        ((), "+15005550006"),
        ((), "+15555550101"),
        ((), "no number"),
        ((), ""),
        ((), "2125550101"),
    ],
)
def test_a_telephone_points_to_the_zones_of_its_prefix(expected: tuple[str, ...], number: str) -> None:
    """Weak evidence, and none for toll-free numbers and those without a place."""
    assert expected == zones_of_phone(number)
    assert ({"phone": expected} if expected else {}) == candidates(None, None, None, None, number)


def test_several_telephones_give_their_zones_once() -> None:
    """All of them are candidates, beside the address."""
    found = candidates(None, None, None, "US-CA", "+12125550101", "+12125550102", "+14155550101")
    assert {
        "address": ("America/Los_Angeles",),
        "phone": ("America/New_York", "America/Los_Angeles"),
    } == found


def test_every_zone_of_the_tables_is_one() -> None:
    """Every state, every ZIP code, every country: each name is a zone of the pinned package."""
    names = {name for head in range(1000) for name in zones_of_postal_code("US", f"{head:03d}01")}
    names |= {name for code in range(10_000) for name in zones_of_postal_code("AU", f"{code:04d}")}
    names |= {name for head in range(1000) for name in zones_of_postal_code("BR", f"{head:03d}10-100")}
    names |= {name for letter in ascii_uppercase for name in zones_of_postal_code("CA", f"{letter}1A 1A1")}
    names |= {
        name
        for country in ("US", "CA", "AU", "BR", "MX", "ID", "CN", "RU")
        for name in zones_of_country(country)
    }
    names |= set(zones_of_state("US-IN") + zones_of_state("CA-ON") + zones_of_state("XX-YY"))
    assert names == {zone(name).key for name in names}


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


@pytest.mark.parametrize(
    ("expected", "stated", "zip_"),
    [
        ("US-NY-NYC", "US-NY", "11201"),
        ("US-NY-NYC", "US-NY", "10001-0001"),
        ("US-NY-NYC", "US", " 10451"),
        ("US-NY-NYC", "US-NY", "11004"),
        ("US-NY", "US-NY", "11003"),
        ("US-NY", "US-NY", "12207"),
        ("US-NY-NYC", "US-NY-NYC", "12207"),
        ("US-MA", "US", "02108"),
        ("US-MA", "US-MA", "10001"),
        ("US", "US", "00000"),
        ("US", "US", "K1A 0B1"),
        ("US-NY", "US-NY", None),
        ("CA", "CA", "11201"),
        (None, None, "11201"),
        ("CA-ON", "CA", "M5H 2N2"),
        ("CA-QC", "CA", "h2y1c6"),
        ("CA", "CA", "X0A 0H0"),
        ("CA-BC", "CA-BC", "T5J 0A1"),
        ("AU-QLD", "AU", "4217"),
        ("BR-SP", "BR", "01310-100"),
        ("BR-RJ", "BR", "20040-002"),
        ("BR", "BR", "70040-010"),
        ("DE", "DE", "10115"),
    ],
)
def test_a_postal_code_narrows_a_jurisdiction_that_it_lies_within(
    expected: str | None, stated: str | None, zip_: str | None
) -> None:
    """New York City has rules of its own; a code that lies elsewhere, or abroad, changes nothing."""
    assert expected == narrowed(stated, zip_)
