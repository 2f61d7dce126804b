"""Codes of places: ISO 3166-1 and 3166-2, and the one city that has rules of its own, each in one
spelling."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

TERRITORIES = ("AS", "GU", "MP", "PR", "UM", "VI")
"""Parts of the United States that ISO 3166-1 lists as countries too: federal law holds there."""
CITIES = frozenset({"US-NY-NYC"})
"""Places below a subdivision that have rules of their own; ISO 3166 has no code for them."""
COUNTRY_LETTERS = 2

_SPELLINGS: Mapping[str, str] = {
    **{code: f"US-{code}" for code in TERRITORIES},
    "CA-PQ": "CA-QC", "CA-NF": "CA-NL", "CA-LB": "CA-NL", "CA-YK": "CA-YT",
    "IN-CT": "IN-CG", "IN-OR": "IN-OD", "IN-TG": "IN-TS", "IN-UT": "IN-UK", "IN-UA": "IN-UK",
    "MX-DIF": "MX-CMX", "ZA-GT": "ZA-GP", "ZA-NL": "ZA-KZN", "ES-AND": "ES-AN",
    "FR-GP": "FR-971", "FR-MQ": "FR-972", "FR-GF": "FR-973", "FR-RE": "FR-974", "FR-YT": "FR-976",
}  # fmt: skip
"""Codes that postal services or earlier editions of ISO 3166-2 wrote otherwise, and territories under the
country they belong to."""


def canonical(code: str) -> str:
    """A code in the one spelling that policies are bound by. A place below a renamed part keeps its own part
    of the code."""
    found = _SPELLINGS.get(code)
    if found is not None:
        return found
    head, dash, rest = code.partition("-")
    if (
        dash and head in TERRITORIES
    ):  # US-PR has municipalities in ISO 3166-2:PR; the law is that of the territory
        return f"US-{head}"
    return f"{head}{dash}{rest}"


def is_subdivision(code: str) -> bool:
    """Whether a code, in its one spelling, is a subdivision of ISO 3166-2 or a city that has rules of its
    own."""
    return code in CITIES or code in subdivisions()


@lru_cache(maxsize=1)
def subdivisions() -> frozenset[str]:
    """Every code of ISO 3166-2. The library is loaded when somebody first asks: it takes some megabytes and
    tenths of a second."""
    import pycountry

    return frozenset(one.code for one in pycountry.subdivisions)


def is_place(code: str) -> bool:
    """Whether a code, in its one spelling, is a country of ISO 3166-1, a subdivision, or a city that has
    rules of its own."""
    return code in _countries() or is_subdivision(code)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    import pycountry

    return frozenset(one.alpha_2 for one in pycountry.countries) | {"XK"}


def country_of(place: str) -> str:
    """The country of a place."""
    return place[:COUNTRY_LETTERS]


def covers(outer: str, place: str) -> bool:
    """Whether `outer` is the place or holds it: `US` covers `US-NY-NYC`."""
    return place == outer or place.startswith(f"{outer}-")


def conflict(one: str, other: str) -> bool:
    """Whether somebody cannot be at both: neither covers the other."""
    return not covers(one, other) and not covers(other, one)
