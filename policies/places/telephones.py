"""What a telephone number says about where somebody is: weak evidence (numbers move with people), and none of
toll-free numbers.

Zones are libphonenumber's, held against the country's own: what lies outside the country is struck out, and
where nothing is left, or no more than the calling code is known, the number may be anywhere in its country.
`FINER` mends what is wrong within a country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber
from phonenumbers.tzdata import TIMEZONE_DATA

from policies.places.areas import NO_PLACE, PART_OF_AREA, TOGETHER
from policies.places.clocks import within
from policies.places.codes import canonical, country_of
from policies.places.parts import own_zones, zones_of_country, zones_of_place

NORTH_AMERICA = 1
_BRAZIL, _INDONESIA = 55, 62
_NOWHERE = "001"
"""libphonenumber's region of numbers that belong to no country (satellites, freephone)."""
_LONGEST = max(map(len, TIMEZONE_DATA))

FINER: Mapping[str, tuple[str, ...]] = {
    "7401": ("Europe/Kaliningrad",),
    **{f"56{area}": ("America/Santiago",) for area in
       ["2", "33", "34", "35", "39", "41", "42", "43", "45", "51", "52", "53", "55", "57", "58", "63", "64",
       "65", "71", "72", "73", "75"]},
    "5632": ("America/Santiago", "Pacific/Easter"), "5661": ("America/Punta_Arenas",),
    "5667": ("America/Coyhaique",),
    "5935": ("America/Guayaquil", "Pacific/Galapagos"),
    "643305": ("Pacific/Auckland", "Pacific/Chatham"),
    "5581": ("America/Recife", "America/Noronha"),
    "61889": ("Australia/Darwin",),
}  # fmt: skip
"""Where libphonenumber 9.0.43 is wrong or silent within a country, by prefix: it gives Kaliningrad (+7 401)
Bucharest's time, all of Chile Santiago's (Easter Island, Magallanes and, since 2025, Aysén have their own;
area codes by Subtel's numbering plan), Galápagos and Chatham the mainland's, Fernando de Noronha Recife's,
and Darwin (+61 8 89) Adelaide's with its summer time."""


class Telephone(NamedTuple):
    """What one number says."""

    places: tuple[str, ...] = ()
    """The country, or the part of it that the area code belongs to; several where a calling code is shared
    and the number unassigned."""
    zones: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def read_phone(number: str) -> Telephone:
    """What a number in E.164 form says; nothing where it is none, or belongs to no place."""
    if (plain := _NORTH_AMERICAN.fullmatch(number)) is not None:
        return _of_area(plain[1])
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return Telephone()
    if parsed.country_code == NORTH_AMERICA:
        return _of_area(str(parsed.national_number)[:3])
    regions = _regions(parsed)
    if not regions:
        return Telephone()
    places = tuple(canonical(region) for region in regions)
    if parsed.country_code == _BRAZIL:
        places = (PART_OF_AREA.get(_digits(parsed)[:4], "BR"),)
    return Telephone(places=places, zones=_zones(parsed, regions, places))


def _digits(parsed: PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _regions(parsed: PhoneNumber) -> tuple[str, ...]:
    """The countries that a number may be of: its own, or of an unassigned one all that share the calling
    code."""
    region = phonenumbers.region_code_for_number(parsed)
    found = (region,) if region else COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    return tuple(one for one in found if one != _NOWHERE)


def _zones(parsed: PhoneNumber, regions: Iterable[str], places: Iterable[str]) -> tuple[str, ...]:
    whole = tuple(name for region in regions for name in own_zones(region))
    digits = _digits(parsed)
    for length in range(len(digits), 0, -1):
        if (finer := FINER.get(digits[:length])) is not None:
            return finer
    if not _is_geographical(parsed):
        return whole
    for length in range(min(len(digits), _LONGEST), len(str(parsed.country_code)), -1):
        if (names := TIMEZONE_DATA.get(digits[:length])) is not None:
            return within(names, whole) or whole
    inner = tuple(name for place in places for name in zones_of_place(place))
    return inner or whole


def _is_geographical(parsed: PhoneNumber) -> bool:
    """Whether the number's first digits name an area. One that nobody was given has those of its prefix."""
    type_ = phonenumbers.number_type(parsed)
    if type_ == phonenumbers.PhoneNumberType.UNKNOWN:
        return False
    if parsed.country_code == _INDONESIA and type_ == phonenumbers.PhoneNumberType.MOBILE:
        return (
            False  # libphonenumber thinks of fixed wireless, and would place every mobile in Jakarta's zone
        )
    return phonenumbers.is_number_type_geographical(type_, parsed.country_code or 0)


_NORTH_AMERICAN = re.compile(r"\+1([2-9][0-9]{2})[0-9]{7}")
"""A whole number of the +1, whose area code stands where it is written; parsing such a
number took ten times as long as reading it."""


@lru_cache(maxsize=1024)
def _of_area(area: str) -> Telephone:
    """By area code alone: within one, and within those that lie over the same ground, numbers are carried
    from exchange to exchange (12 CFR 1006, cmt. 6(b)(1)(i)-2)."""
    if area in NO_PLACE:
        return Telephone()
    part = PART_OF_AREA.get(f"{NORTH_AMERICA}{area}")
    region = _region_of_area(area)
    place = part or (None if region is None else canonical(region))
    if place is None:
        return Telephone()
    names = {name for code in TOGETHER.get(area, (area,)) for name in _zones_of_area(code)}
    zones = within(sorted(names), zones_of_country(country_of(place)))
    return Telephone(places=(place,), zones=zones or zones_of_place(place))


@lru_cache(maxsize=1024)
def _region_of_area(area: str) -> str | None:
    """The country of an area code; a number that could be anybody's stands for the others."""
    for rest in ("2345678", "5550123"):
        region = phonenumbers.region_code_for_number(
            PhoneNumber(country_code=NORTH_AMERICA, national_number=int(area + rest))
        )
        if region:
            return region
    return None


def _zones_of_area(area: str) -> frozenset[str]:
    return _zones_of_areas().get(area, frozenset())


@cache
def _zones_of_areas() -> Mapping[str, frozenset[str]]:
    """By area code the zones of whatever begins with it; found at once for all of them, since looking through
    every prefix of the world for one takes two milliseconds."""
    found: dict[str, set[str]] = {}
    for prefix, names in TIMEZONE_DATA.items():
        if prefix[:1] == str(NORTH_AMERICA) and len(prefix) >= 4:  # noqa: PLR2004
            found.setdefault(prefix[1:4], set()).update(names)
    return {area: frozenset(names) for area, names in found.items()}


_RESPELT: Mapping[str, tuple[re.Pattern[str], str]] = {
    "52": (re.compile(r"\+521(\d{10})"), r"+52\1"),
    "54": (re.compile(r"\+54([1-8]\d{9})"), r"+549\1"),
    "55": (re.compile(r"\+55([1-9]\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    "22": (re.compile(r"\+229(\d{8})"), r"+22901\1"),
}
"""Telephones with two numbers, by the first two digits: the other one, and how its own begins today."""


def comparable(address: str) -> str:
    """An address as it is compared with others: a mailbox without case, a number in its one spelling."""
    return address.casefold() if "@" in address else one_spelling(address)


def one_spelling(number: str) -> str:
    """A number as it is written today, without ornaments and without the zero of calls at home. What comes of
    it is compared, and never dialled."""
    if not number[1:].isdecimal() or number[0] != "+":
        number = _without_ornaments(number)
    if number[1:2] == "1" and number[2:3] != "0":
        return number  # of the +1, which has neither
    if "0" in number[2:5]:
        number = _without_trunk_zero(number)
    return as_today(number)


def as_today(number: str) -> str:
    """A number in E.164 form as it is written today. Networks and WhatsApp write one telephone in two ways:
    Mexico's mobiles with the 1 after +52 that was given up in August 2019 (IFT, Plan Técnico Fundamental de
    Numeración); Argentina's without the 9 that they have from abroad alone (ENACOM, Plan Fundamental Nacional
    de Numeración: area and number are ten digits, and no telephone at home and mobile have the same);
    Brazil's without the ninth digit that they got by 2016 (Anatel, Resolução 553/2010); Benin's without the
    01 of November 2024 (ARCEP Bénin)."""
    found = _RESPELT.get(number[1:3])
    if found is None:
        return number
    old, today = found
    match = old.fullmatch(number)
    return number if match is None else match.expand(today)


def _without_trunk_zero(number: str) -> str:
    """A number without the zero that is dialled at home alone; in some countries, such as Italy, it is a part
    of the number."""
    for end in (2, 3, 4):
        if number[1:end].isdecimal() and int(number[1:end]) in COUNTRY_CODE_TO_REGION_CODE:
            if number[end : end + 1] != "0":
                return number
            try:
                parsed = phonenumbers.parse(number, None)
            except phonenumbers.NumberParseException:
                return number
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return number


_ORNAMENTS = re.compile(r"\(0\)|[\s().\-/\u00ad\u2010-\u2015]")
_INTERNATIONAL = re.compile(r"(?:\+|00|)([1-9][0-9]{10,14})|\+([1-9][0-9]{6,9})")


def _without_ornaments(number: str) -> str:
    """A number with its signs between the digits taken out, and the sign of the world in front; what is
    none stays as it is."""
    match = _INTERNATIONAL.fullmatch(_ORNAMENTS.sub("", number))
    return number if match is None else f"+{match[1] or match[2]}"
