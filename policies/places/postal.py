"""Postal codes: the part of a country, and the zones, that one points to.

Countries stand here whose parts have law packs or zones of their own: the United States
(policies/places/zips.py), Canada, Australia, Brazil, Mexico, Indonesia, France, Spain, Portugal, Chile,
Ecuador and New Zealand, and Denmark and Britain for the lands far away that have codes of theirs. Elsewhere
a postal code says no more than its country."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from policies.places.parts import zones_of_place
from policies.places.zips import read_zip


class PostalArea(NamedTuple):
    """What a postal code says."""

    place: str
    """The part of the country, or the country where the code says no more."""
    zones: tuple[str, ...]
    """Empty for mail to somebody abroad: the code says nothing about the zone."""
    abroad: bool = False


_ZIP = re.compile(r"[0-9]{5}(-?[0-9]{4})?", re.ASCII)
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("US", re.compile(r"[0-9]{5}-[0-9]{4}", re.ASCII)),
    ("CA", re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][A-Z][ -]?[0-9][A-Z][0-9]", re.ASCII)),
    ("BR", re.compile(r"[0-9]{5}-[0-9]{3}", re.ASCII)),
    ("GB", re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[A-Z]{4} ?1ZZ", re.ASCII)),
    ("IE", re.compile(r"[A-Z]([0-9]{2}|6W) ?[A-Z0-9]{4}", re.ASCII)),
    ("NL", re.compile(r"[1-9][0-9]{3} ?[A-Z]{2}", re.ASCII)),
    ("JP", re.compile(r"[0-9]{3}-[0-9]{4}", re.ASCII)),
    ("PT", re.compile(r"[0-9]{4}-[0-9]{3}", re.ASCII)),
    ("PL", re.compile(r"[0-9]{2}-[0-9]{3}", re.ASCII)),
    ("AR", re.compile(r"[A-HJ-NP-Z][0-9]{4}[A-Z]{3}", re.ASCII)),
    ("MT", re.compile(r"[A-Z]{3} ?[0-9]{4}", re.ASCII)),
    ("KY", re.compile(r"KY[1-3]-[0-9]{4}", re.ASCII)),
    ("LV", re.compile(r"LV-[0-9]{4}", re.ASCII)),
    ("LT", re.compile(r"LT-[0-9]{5}", re.ASCII)),
)


def is_zip(postal_code: str) -> bool:
    """Whether a text is a ZIP code of the United States: five or nine digits."""
    return _ZIP.fullmatch(postal_code.strip()) is not None


def country_by_shape(postal_code: str) -> str | None:
    """The one country that writes its postal codes so; None where several do."""
    code = postal_code.strip().upper()
    return next((country for country, shape in _SHAPES if shape.fullmatch(code)), None)


@lru_cache(maxsize=8192)
def read_postal_code(country: str, postal_code: str) -> PostalArea | None:
    """What a postal code of a country says; None where it is none of that country's, or the tables have no
    part for it."""
    code = postal_code.strip().upper()
    if country == "US":
        area = read_zip(code[:5]) if is_zip(code) else None
        return None if area is None else PostalArea(*area)
    read = _READERS.get(country)
    return None if read is None or not code.isascii() else read(re.sub(r"[ -]", "", code))


def _of(place: str, zones: tuple[str, ...] = ()) -> PostalArea:
    return PostalArea(place, zones or zones_of_place(place))


_CANADA = {letter: f"CA-{part}" for letters, part in (
    ("A", "NL"), ("B", "NS"), ("C", "PE"), ("E", "NB"), ("GHJ", "QC"), ("KLMNP", "ON"), ("R", "MB"),
    ("S", "SK"), ("T", "AB"), ("V", "BC"), ("Y", "YT"),
) for letter in letters}  # fmt: skip
_NUNAVUT, _NORTHWEST = ("X0A", "X0B", "X0C"), ("X0E", "X0G", "X1A")


def _canada(code: str) -> PostalArea | None:
    if not code[1:2].isdigit():
        return None
    if code.startswith("X"):
        part = "CA-NU" if code[:3] in _NUNAVUT else "CA-NT" if code[:3] in _NORTHWEST else None
        return _of(part) if part else _of("CA", zones_of_place("CA-NU") + zones_of_place("CA-NT"))
    part = _CANADA.get(code[:1])
    return None if part is None else _of(part)


Ranges = tuple[tuple[int, int, str], ...]


def _ranged(
    length: int, digits: int, ranges: Ranges, exact: Mapping[str, PostalArea] | None = None
) -> Callable[[str], PostalArea | None]:
    """A reader of codes of `length` digits, whose first `digits` lie in one of the ranges."""

    def read(code: str) -> PostalArea | None:
        if len(code) != length or not code.isdigit():
            return None
        if exact and code in exact:
            return exact[code]
        head = int(code[:digits])
        part = next((part for first, last, part in ranges if first <= head <= last), None)
        return None if part is None else _of(part)

    return read


_SYDNEY = ("Australia/Sydney",)
_AUSTRALIA: Ranges = (
    (200, 299, "AU-ACT"), (800, 999, "AU-NT"), (1000, 2599, "AU-NSW"), (2600, 2618, "AU-ACT"),
    (2619, 2899, "AU-NSW"), (2900, 2920, "AU-ACT"),
    (2921, 2999, "AU-NSW"), (3000, 3999, "AU-VIC"), (4000, 4999, "AU-QLD"), (5000, 5999, "AU-SA"),
    (6000, 6797, "AU-WA"),
    (6800, 6999, "AU-WA"), (7000, 7999, "AU-TAS"), (8000, 8999, "AU-VIC"), (9000, 9999, "AU-QLD"),
)  # fmt: skip
_BEYOND_AUSTRALIA = {
    "2898": PostalArea("AU-NSW", ("Australia/Lord_Howe",)), "2899": PostalArea("AU", ("Pacific/Norfolk",)),
    "6798": PostalArea("AU", ("Indian/Christmas",)), "6799": PostalArea("AU", ("Indian/Cocos",)),
    "2880": PostalArea("AU-NSW", ("Australia/Broken_Hill", *_SYDNEY)),
    "6443": PostalArea("AU-WA", ("Australia/Eucla", "Australia/Perth")),
    "0872": PostalArea("AU", ("Australia/Darwin", "Australia/Adelaide", "Australia/Perth")),
}  # fmt: skip
"""Codes with a zone of their own; 0872 is shared by three states."""
_BRAZIL: Ranges = (
    (10, 199, "BR-SP"), (200, 289, "BR-RJ"), (290, 299, "BR-ES"), (300, 399, "BR-MG"), (400, 489, "BR-BA"),
    (490, 499, "BR-SE"), (500, 569, "BR-PE"),
    (570, 579, "BR-AL"), (580, 589, "BR-PB"), (590, 599, "BR-RN"), (600, 639, "BR-CE"), (640, 649, "BR-PI"),
    (650, 659, "BR-MA"), (660, 688, "BR-PA"),
    (689, 689, "BR-AP"), (690, 692, "BR-AM"), (693, 693, "BR-RR"), (694, 698, "BR-AM"), (699, 699, "BR-AC"),
    (700, 727, "BR-DF"), (728, 729, "BR-GO"),
    (730, 736, "BR-DF"), (737, 767, "BR-GO"), (768, 769, "BR-RO"), (770, 779, "BR-TO"), (780, 788, "BR-MT"),
    (790, 799, "BR-MS"), (800, 879, "BR-PR"),
    (880, 899, "BR-SC"), (900, 999, "BR-RS"),
)  # fmt: skip
_MEXICO: Ranges = (
    (1, 16, "MX-CMX"), (20, 20, "MX-AGU"), (21, 22, "MX-BCN"), (23, 23, "MX-BCS"), (24, 24, "MX-CAM"),
    (25, 27, "MX-COA"), (28, 28, "MX-COL"),
    (29, 30, "MX-CHP"), (31, 33, "MX-CHH"), (34, 35, "MX-DUR"), (36, 38, "MX-GUA"), (39, 41, "MX-GRO"),
    (42, 43, "MX-HID"), (44, 49, "MX-JAL"),
    (50, 57, "MX-MEX"), (58, 61, "MX-MIC"), (62, 62, "MX-MOR"), (63, 63, "MX-NAY"), (64, 67, "MX-NLE"),
    (68, 71, "MX-OAX"), (72, 75, "MX-PUE"),
    (76, 76, "MX-QUE"), (77, 77, "MX-ROO"), (78, 79, "MX-SLP"), (80, 82, "MX-SIN"), (83, 85, "MX-SON"),
    (86, 86, "MX-TAB"), (87, 89, "MX-TAM"),
    (90, 90, "MX-TLA"), (91, 96, "MX-VER"), (97, 97, "MX-YUC"), (98, 99, "MX-ZAC"),
)  # fmt: skip


def _zoned(country: str, length: int, digits: int, ranges: Ranges) -> Callable[[str], PostalArea | None]:
    """A reader of codes that say a zone and no part that anything is bound by."""

    def read(code: str) -> PostalArea | None:
        if len(code) != length or not code.isdigit():
            return None
        head = int(code[:digits])
        zones = tuple(name for first, last, name in ranges if first <= head <= last)
        return PostalArea(country, zones) if zones else None

    return read


_INDONESIA: Ranges = (
    (10, 69, "Asia/Jakarta"), (70, 72, "Asia/Makassar"), (73, 74, "Asia/Pontianak"),
    (75, 77, "Asia/Makassar"), (78, 79, "Asia/Pontianak"),
    (80, 96, "Asia/Makassar"), (96, 99, "Asia/Jayapura"),
)  # fmt: skip
"""96 is Gorontalo's, of the middle zone; the Moluccas begin with 97."""
_FRANCE: Ranges = (
    (1, 969, "FR"), (971, 971, "FR-971"), (972, 972, "FR-972"), (973, 973, "FR-973"), (974, 974, "FR-974"),
    (975, 975, "FR-PM"), (976, 976, "FR-976"),
    (977, 977, "FR-BL"), (978, 978, "FR-MF"), (984, 984, "FR-TF"), (986, 986, "FR-WF"), (987, 987, "FR-PF"),
    (988, 988, "FR-NC"),
)  # fmt: skip
_SPAIN: Ranges = (
    (1, 34, "Europe/Madrid"), (35, 35, "Atlantic/Canary"), (36, 37, "Europe/Madrid"),
    (38, 38, "Atlantic/Canary"), (39, 50, "Europe/Madrid"),
    (51, 52, "Africa/Ceuta"),
)  # fmt: skip
_PORTUGAL: Ranges = (
    (1000, 8999, "Europe/Lisbon"),
    (9000, 9499, "Atlantic/Madeira"),
    (9500, 9999, "Atlantic/Azores"),
)
_CHILE: Ranges = (
    (100, 276, "America/Santiago"), (277, 277, "Pacific/Easter"), (278, 599, "America/Santiago"),
    (600, 619, "America/Coyhaique"),
    (620, 649, "America/Punta_Arenas"), (700, 999, "America/Santiago"),
)  # fmt: skip
_ECUADOR: Ranges = (
    (1, 19, "America/Guayaquil"),
    (20, 20, "Pacific/Galapagos"),
    (21, 24, "America/Guayaquil"),
)
_NEW_ZEALAND: Ranges = (
    (100, 8015, "Pacific/Auckland"),
    (8016, 8016, "Pacific/Chatham"),
    (8017, 9999, "Pacific/Auckland"),
)
_METROPOLE = ("Europe/Paris",)


def _france(code: str) -> PostalArea | None:
    found = _ranged(5, 3, _FRANCE)(code)
    if found is not None and found.place == "FR":
        return PostalArea("FR", _METROPOLE)
    return PostalArea("FR", ("Europe/Monaco",)) if found is None and code.startswith("980") else found


_portugal = _zoned("PT", 7, 4, _PORTUGAL)


def _portugal_short(code: str) -> PostalArea | None:
    """Portugal's codes have seven digits; four of them name the place."""
    return _portugal(f"{code}000" if len(code) == len("9000") else code)


_DENMARK: Ranges = ((1000, 3899, "DK"), (3900, 3999, "GL"), (4000, 9999, "DK"))


def _denmark(code: str) -> PostalArea | None:
    """Greenland has a range of Denmark's codes; the Faroes have three digits."""
    found = _ranged(4, 4, _DENMARK)(code) or _ranged(3, 3, ((100, 999, "FO"),))(code)
    return None if found is None else PostalArea("DK", found.zones)


_OVERSEAS = {
    "ASCN1ZZ": "SH", "BBND1ZZ": "IO", "BIQQ1ZZ": "AQ", "FIQQ1ZZ": "FK", "GX111AA": "GI", "PCRN1ZZ": "PN",
    "SIQQ1ZZ": "GS", "STHL1ZZ": "SH", "TDCU1ZZ": "SH", "TKCA1ZZ": "TC",
}  # fmt: skip
"""The one code of each British overseas territory that has one."""


def _britain(code: str) -> PostalArea | None:
    place = _OVERSEAS.get(code)
    return None if place is None else PostalArea("GB", zones_of_place(place))


_READERS: Mapping[str, Callable[[str], PostalArea | None]] = {
    "CA": _canada,
    "DK": _denmark,
    "GB": _britain,
    "AU": _ranged(4, 4, _AUSTRALIA, _BEYOND_AUSTRALIA),
    "BR": _ranged(8, 3, _BRAZIL),
    "MX": _ranged(5, 2, _MEXICO),
    "ID": _zoned("ID", 5, 2, _INDONESIA),
    "FR": _france,
    "ES": _zoned("ES", 5, 2, _SPAIN),
    "PT": _portugal_short,
    "CL": _zoned("CL", 7, 3, _CHILE),
    "EC": _zoned("EC", 6, 2, _ECUADOR),
    "NZ": _zoned("NZ", 4, 4, _NEW_ZEALAND),
}
