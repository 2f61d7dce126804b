"""What the fields of a place say together, and no single one can: misspellings that mean another place."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from policies.places.codes import COUNTRY_LETTERS, canonical, country_of, is_subdivision
from policies.places.postal import is_zip
from service.errors import FieldError


class Place(Protocol):
    """The fields of a profile that say where the borrower is."""

    @property
    def jurisdiction(self) -> str | None: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def postal_code(self) -> str | None: ...  # noqa: D102


def place_errors(place: Place, prefix: str = "") -> list[FieldError]:
    """Faults of the place in a profile; `prefix` points to the profile."""
    return list(place_errors_of(place.jurisdiction, place.country, place.postal_code, prefix))


@lru_cache(maxsize=16_384)
def place_errors_of(
    jurisdiction: str | None, given: str | None, postal_code: str | None, prefix: str = ""
) -> tuple[FieldError, ...]:
    """The same of the fields alone; the places of a campaign recur."""
    country = None if given is None else country_of(canonical(given))
    return (*_letters(jurisdiction, country, prefix), *_zip(jurisdiction, postal_code, country, prefix))


def _letters(jurisdiction: str | None, country: str | None, prefix: str) -> list[FieldError]:
    """Two letters are a country; beside another country of which they are a part, somebody meant the part
    (`MA` with `US`)."""
    if (
        jurisdiction is None
        or country is None
        or len(jurisdiction) > COUNTRY_LETTERS
        or jurisdiction == country
    ):
        return []
    part = canonical(f"{country}-{jurisdiction}")
    if not is_subdivision(part):
        return []
    detail = (
        f"{part}? {jurisdiction} alone is a country of its own and the country given is {country};"
        f" expected {part}, or another country"
    )
    return [FieldError(pointer=f"{prefix}/jurisdiction", detail=detail, code="country-or-part")]


def _zip(
    jurisdiction: str | None, postal_code: str | None, country: str | None, prefix: str
) -> list[FieldError]:
    """A ZIP code that lost a zero is another state's."""
    if country is None and jurisdiction is not None:
        country = country_of(canonical(jurisdiction))
    if postal_code is None or country != "US" or is_zip(postal_code):
        return []
    detail = (
        "expected a ZIP code of 5 or 9 digits, such as 02108 or 02108-1234, with its leading zeros;"
        f" got {len(postal_code)} characters"
    )
    return [FieldError(pointer=f"{prefix}/postal_code", detail=detail, code="zip-code")]
