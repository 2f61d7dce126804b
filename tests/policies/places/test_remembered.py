"""What evidence of place says is worked out once for all whom it says the same of, and says the same as when
it is worked out anew."""

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from policies.evidence import Evidence
from policies.places import telephones, whereabouts
from policies.places.telephones import read_phone


def test_a_plain_number_of_the_plus_one_is_read_by_the_area_that_the_library_parses() -> None:
    for area in range(200, 1000):
        number = f"+1{area}5550123"
        parsed = phonenumbers.parse(number, None)
        assert parsed.country_code == telephones.NORTH_AMERICA
        assert str(parsed.national_number)[:3] == str(area)
        assert read_phone(number) == telephones._of_area(str(area))


@given(st.text("+0123456789", max_size=14))
def test_whatever_is_written_is_read_as_the_library_parses_it(text: str) -> None:
    number = "+1" + text
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        assert read_phone(number) == telephones.Telephone()
        return
    if parsed.country_code == telephones.NORTH_AMERICA:
        assert read_phone(number) == telephones._of_area(str(parsed.national_number)[:3])


def test_borrowers_of_one_place_are_weighed_once() -> None:
    whereabouts._weighed.cache_clear()
    found = {
        whereabouts.whereabouts(
            Evidence(
                stated="US-MA",
                postal_code="02139",
                account="US-MA",
                time_zone="America/New_York",
                phones=(f"+1617555{number:04d}", f"+1617555{number + 1:04d}"),
            )
        ).pointers
        for number in range(100, 200)
    }
    assert len(found) == 1
    assert whereabouts._weighed.cache_info().misses == 1


def test_no_number_and_no_postal_code_is_kept_to_remember_a_place_by() -> None:
    assert {"phones", "postal_code"} & set(whereabouts.Known._fields) == {"phones"}
    assert telephones.Telephone._fields == ("places", "zones")
