"""Codes of places: one spelling each, and ISO 3166-2 by its library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from policies.places.codes import _SPELLINGS, canonical, conflict, covers, is_subdivision, subdivisions


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("US-PR", "PR"), ("US-GU", "GU"), ("US-VI", "VI"), ("US-AS", "AS"), ("US-MP", "MP"), ("US-UM", "UM"),
        ("CA-QC", "CA-PQ"), ("CA-NL", "CA-NF"), ("MX-CMX", "MX-DIF"), ("IN-OD", "IN-OR"), ("ZA-GP", "ZA-GT"),
        ("FR-974", "FR-RE"),
        ("US-PR", "PR-001"), ("US-MA", "US-MA"), ("US-NY-NYC", "US-NY-NYC"), ("MA", "MA"), ("DE", "DE"),
    ],
)  # fmt: skip
def test_a_place_has_one_spelling(expected: str, given: str) -> None:
    """Territories stand under the country whose law holds there; what postal services write otherwise is the
    same place."""
    assert expected == canonical(given) == canonical(canonical(given))


def test_what_is_spelled_otherwise_is_a_place_and_its_other_spelling_none() -> None:
    """Held against the library: no alias hides a code that exists, none leads nowhere."""
    assert not [code for code in _SPELLINGS if code in subdivisions()]
    assert not [place for place in _SPELLINGS.values() if place not in subdivisions()]


@pytest.mark.parametrize(
    "code", ["US-MA", "US-PR", "CA-QC", "BR-SP", "FR-971", "GB-ENG", "US-NY-NYC", "CN-XJ", "IN-KA"]
)
def test_a_subdivision_that_exists_is_known(code: str) -> None:
    """By ISO 3166-2, and New York City, whose rules are its own."""
    assert is_subdivision(code)


@pytest.mark.parametrize(
    "code", ["US-ZZ", "US-M", "CA-PQ", "US-NY-LI", "US-NYC", "DE-XX", "XX-AA", "US", "US-", "us-ma", "BR-BR"]
)
def test_a_subdivision_that_does_not_exist_is_not(code: str) -> None:
    """Whatever it looks like."""
    assert not is_subdivision(code)


def test_a_country_covers_its_parts_and_neighbours_conflict() -> None:
    """`US` covers Massachusetts, Massachusetts not `US`, and no code by its first letters alone."""
    assert covers("US", "US-MA")
    assert covers("US-NY", "US-NY-NYC")
    assert not covers("US-MA", "US")
    assert not covers("US-N", "US-NY")
    assert conflict("US-MA", "US-NY")
    assert conflict("MA", "US-MA")
    assert not conflict("US", "US-NY-NYC")


def test_the_library_is_loaded_by_whoever_asks_first() -> None:
    """It takes some megabytes: nothing that does not state a subdivision pays for it."""
    asked = (
        "import sys, policies.places.whereabouts, policies.places.codes as codes; before = 'pycountry' in "
        "sys.modules;"
        "codes.is_subdivision('US-MA'); print(before, 'pycountry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert "False True" == done.stdout.strip()
