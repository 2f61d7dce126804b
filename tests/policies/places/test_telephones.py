"""Telephone numbers as evidence of place: libphonenumber's zones held against the countries' own."""

from __future__ import annotations

from importlib.metadata import version

import phonenumbers
import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from policies.places.areas import _OVERLAYS, NO_PLACE, PART_OF_AREA, TOGETHER
from policies.places.clocks import alike, signature
from policies.places.codes import canonical, is_subdivision
from policies.places.parts import own_zones, zones_of_country
from policies.places.telephones import FINER, read_phone
from policies.zones import zone

WITHOUT_ZONES = {"AC", "TA", "XK"}
"""Regions of libphonenumber that tzdata has no row for."""
DIGITS = "0123456789"


def number(prefix: str, length: int) -> str:
    """A number with that prefix and so many digits, counted up: nobody's."""
    return "+" + (prefix + DIGITS[1:] + DIGITS)[:length]


def area(code: str) -> str:
    """A number of a North American area that is kept for fiction."""
    return f"+1{code}5550123"


def clocks(names: tuple[str, ...]) -> set[object]:
    """What clocks these zones tell."""
    return {signature(name) for name in names}


@pytest.mark.parametrize(
    ("overlay", "older"),
    [
        ("448", "850"), ("364", "270"), ("930", "812"), ("458", "541"), ("257", "250"), ("236", "250"),
        ("672", "250"), ("778", "250"), ("729", "423"),
        ("581", "418"), ("367", "418"), ("531", "402"), ("628", "415"), ("474", "306"), ("825", "403"),
    ],
)  # fmt: skip
def test_an_overlay_has_the_zones_of_the_ground_that_it_covers(overlay: str, older: str) -> None:
    """A new area code is given to everybody in the area; libphonenumber knows of its first exchanges
    alone."""
    assert clocks(read_phone(area(older)).zones) <= clocks(read_phone(area(overlay)).zones)


def test_every_area_code_of_an_overlay_has_one_set_of_zones() -> None:
    """Two codes over the same ground never say different times, unless one of them reaches further."""
    for group in _OVERLAYS:
        for code in group.split():
            found = read_phone(area(code))
            assert found.places, code
            for other in TOGETHER[code]:
                assert clocks(read_phone(area(other)).zones) <= clocks(found.zones), (code, other)


def test_the_tables_are_those_of_the_release_that_is_pinned() -> None:
    """A newer libphonenumber is looked at before it is believed."""
    assert version("phonenumbers").startswith("9.")
    known = {code[1:] for code in PART_OF_AREA if code.startswith("1")}
    assert not known & NO_PLACE
    for head in range(200, 1000):
        parsed = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{head}2345678"))
        if phonenumbers.region_code_for_number(parsed) in {"US", "CA"}:
            assert str(head) in known | NO_PLACE | {"782", "867", "902"}, head


def test_every_area_belongs_to_a_part_that_exists() -> None:
    """By ISO 3166-2, or New York City."""
    assert not [part for part in PART_OF_AREA.values() if not is_subdivision(part)]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_no_number_points_outside_its_country(region: str) -> None:
    """Fixed, mobile and other numbers of every country: every zone is one of the country's, and none is left
    without any.

    libphonenumber 9.0.43 gives Dublin London's, Kaliningrad and Palestine Bucharest's, Algeria Paris's,
    Morocco the Canaries', and the mobiles of 18 territories of the +1 every zone of North America."""
    if region in WITHOUT_ZONES:
        return
    own = {
        signature(name)
        for name in zones_of_country(region if region not in {"PR", "GU", "VI", "AS", "MP"} else "US")
    }
    for type_ in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(region, type_)
        if example is None or phonenumbers.region_code_for_number(example) != region:
            continue  # islands whose numbers libphonenumber cannot tell from the mainland's
        found = read_phone(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
        assert found.zones, example
        assert clocks(found.zones) <= own, (found.zones, example)
        assert canonical(region) in {place[:5] for place in found.places} | {
            place[:2] for place in found.places
        }


def test_a_number_that_names_no_area_may_be_anywhere_in_its_country() -> None:
    """Mobiles of Russia, Chile, Australia, Indonesia, New Zealand, Ecuador: every clock of the country."""
    for prefix, length, country in (
        ("7916", 11, "RU"), ("569", 11, "CL"), ("614", 11, "AU"), ("62812", 13, "ID"), ("6421", 10, "NZ"),
        ("59398", 12, "EC"),
    ):  # fmt: skip
        assert clocks(own_zones(country)) == clocks(read_phone(number(prefix, length)).zones), country


@pytest.mark.parametrize(
    ("expected", "prefix", "length"),
    [
        ("Europe/Kaliningrad", "7401", 11), ("America/Punta_Arenas", "5661", 11),
        ("America/Coyhaique", "5667", 11), ("Pacific/Easter", "5632", 11),
        ("Australia/Darwin", "61889", 11), ("America/Santiago", "562", 11), ("Pacific/Galapagos", "5935", 11),
        ("Pacific/Chatham", "643305", 10),
        ("America/Noronha", "5581", 13),
    ],
)  # fmt: skip
def test_what_libphonenumber_has_wrong_within_a_country_is_mended(
    expected: str, prefix: str, length: int
) -> None:
    """Each by its prefix, with the release in which it was seen."""
    found = read_phone(number(prefix, length)).zones
    assert expected in found
    without = TIMEZONE_DATA.get(prefix, ())
    assert expected == "America/Santiago" or not any(alike(expected, name) for name in without)
    assert all(zone(name).key for name in FINER[prefix])


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        ("US-MA", "617"), ("US-NY-NYC", "212"), ("US-NY-NYC", "929"), ("US-NY", "716"), ("US-FL", "850"),
        ("US-DC", "202"), ("US-PR", "787"),
        ("US-GU", "671"), ("US-VI", "340"), ("US-AS", "684"), ("US-MP", "670"), ("CA-QC", "514"),
        ("CA-ON", "416"), ("CA", "902"), ("CA", "867"),
        ("BS", "242"), ("JM", "658"), ("DO", "849"),
    ],
)  # fmt: skip
def test_an_area_code_says_the_part(expected: str, code: str) -> None:
    """What two parts share says the country."""
    assert (expected,) == read_phone(area(code)).places


@pytest.mark.parametrize(
    ("expected", "code"), [("BR-SP", "11"), ("BR-RJ", "21"), ("BR-AM", "92"), ("BR", "61"), ("BR-AL", "82")]
)
def test_brazils_areas_say_the_state(expected: str, code: str) -> None:
    """By Anatel's plan; 61 is shared by two."""
    assert (expected,) == read_phone(number(f"55{code}9", 13)).places


@pytest.mark.parametrize(
    "text",
    ["+18005550101", "+15005550006", "+19005550101", "+15555550101", "no number", "", "2125550101", "+999"],
)
def test_what_belongs_to_no_place_says_nothing(text: str) -> None:
    """Toll-free, personal, premium numbers, and what is none."""
    assert ((), ()) == read_phone(text)
