"""Which time zones a country, a state or a postal code may lie in. A region that spans several zones gives all of them.

Countries come from tzdata's own `zone.tab`; states and provinces from the tables below (where a border of zones crosses one, both
stand there: the stricter reading).
"""

from __future__ import annotations

import importlib.resources
from functools import lru_cache

E, C, M, P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_AZ = "America/Phoenix"

_STATES: dict[str, tuple[str, ...]] = {
    "US-AL": (C,), "US-AK": ("America/Anchorage", "America/Adak"), "US-AZ": (_AZ, M), "US-AR": (C,), "US-CA": (P,), "US-CO": (M,),
    "US-CT": (E,), "US-DE": (E,), "US-DC": (E,), "US-FL": (E, C), "US-GA": (E,), "US-HI": ("Pacific/Honolulu",), "US-ID": ("America/Boise", P),
    "US-IL": (C,), "US-IN": ("America/Indiana/Indianapolis", C), "US-IA": (C,), "US-KS": (C, M), "US-KY": ("America/Kentucky/Louisville", E, C),
    "US-LA": (C,), "US-ME": (E,), "US-MD": (E,), "US-MA": (E,), "US-MI": ("America/Detroit", "America/Menominee"), "US-MN": (C,), "US-MS": (C,),
    "US-MO": (C,), "US-MT": (M,), "US-NE": (C, M), "US-NV": (P, M), "US-NH": (E,), "US-NJ": (E,), "US-NM": (M,), "US-NY": (E,), "US-NC": (E,),
    "US-ND": (C, M, "America/North_Dakota/Center"), "US-OH": (E,), "US-OK": (C,), "US-OR": (P, "America/Boise"), "US-PA": (E,), "US-RI": (E,),
    "US-SC": (E,), "US-SD": (C, M), "US-TN": (E, C), "US-TX": (C, M), "US-UT": (M,), "US-VT": (E,), "US-VA": (E,), "US-WA": (P,), "US-WV": (E,),
    "US-WI": (C,), "US-WY": (M,), "US-PR": ("America/Puerto_Rico",), "US-VI": ("America/St_Thomas",), "US-GU": ("Pacific/Guam",),
    "US-AS": ("Pacific/Pago_Pago",), "US-MP": ("Pacific/Saipan",),
    "CA-AB": ("America/Edmonton",), "CA-BC": ("America/Vancouver", "America/Edmonton", "America/Fort_Nelson", "America/Creston"),
    "CA-MB": ("America/Winnipeg",), "CA-NB": ("America/Moncton",), "CA-NL": ("America/St_Johns", "America/Goose_Bay"), "CA-NS": ("America/Halifax",),
    "CA-NT": ("America/Inuvik",), "CA-NU": ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay"),
    "CA-ON": ("America/Toronto", "America/Winnipeg", "America/Atikokan"), "CA-PE": ("America/Halifax",),
    "CA-QC": ("America/Toronto", "America/Blanc-Sablon", "America/Halifax"), "CA-SK": ("America/Regina", "America/Swift_Current"),
    "CA-YT": ("America/Whitehorse",),
    "AU-ACT": ("Australia/Sydney",), "AU-NSW": ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"), "AU-NT": ("Australia/Darwin",),
    "AU-QLD": ("Australia/Brisbane",), "AU-SA": ("Australia/Adelaide",), "AU-TAS": ("Australia/Hobart",), "AU-VIC": ("Australia/Melbourne",),
    "AU-WA": ("Australia/Perth", "Australia/Eucla"),
    "BR-SP": ("America/Sao_Paulo",), "BR-RJ": ("America/Sao_Paulo",), "BR-ES": ("America/Sao_Paulo",), "BR-AM": ("America/Manaus", "America/Eirunepe"),
    "BR-AL": ("America/Maceio",), "BR-MG": ("America/Sao_Paulo",), "BR-BA": ("America/Bahia",), "BR-PE": ("America/Recife", "America/Noronha"),
    "BR-AC": ("America/Rio_Branco",), "BR-MT": ("America/Cuiaba",), "BR-MS": ("America/Campo_Grande",), "BR-RO": ("America/Porto_Velho",),
    "BR-RR": ("America/Boa_Vista",), "BR-PA": ("America/Belem", "America/Santarem"), "BR-CE": ("America/Fortaleza",),
    "ES-CN": ("Atlantic/Canary",), "PT-20": ("Atlantic/Azores",), "PT-30": ("Atlantic/Madeira",),
    "ID-JK": ("Asia/Jakarta",), "ID-JB": ("Asia/Jakarta",), "ID-JT": ("Asia/Jakarta",), "ID-JI": ("Asia/Jakarta",), "ID-BA": ("Asia/Makassar",),
    "ID-SN": ("Asia/Makassar",), "ID-PA": ("Asia/Jayapura",), "ID-MA": ("Asia/Jayapura",),
    "MX-CMX": ("America/Mexico_City",), "MX-BCN": ("America/Tijuana",), "MX-BCS": ("America/Mazatlan",), "MX-SON": ("America/Hermosillo",),
    "MX-CHH": ("America/Chihuahua", "America/Ciudad_Juarez", "America/Ojinaga"), "MX-ROO": ("America/Cancun",), "MX-SIN": ("America/Mazatlan",),
    "MX-NAY": ("America/Mazatlan", "America/Bahia_Banderas"), "MX-TAM": ("America/Monterrey", "America/Matamoros"),
    "MX-NLE": ("America/Monterrey", "America/Matamoros"), "MX-COA": ("America/Monterrey", "America/Matamoros"),
}  # fmt: skip

_COUNTRIES: dict[str, tuple[str, ...]] = {"CN": ("Asia/Shanghai",)}
"""China has one legal time, Xinjiang included."""

_ZIP_RANGES: tuple[tuple[int, int, str], ...] = (
    (5, 5, "NY"), (6, 7, "PR"), (8, 8, "VI"), (9, 9, "PR"), (10, 27, "MA"), (28, 29, "RI"), (30, 38, "NH"), (39, 49, "ME"), (50, 59, "VT"),
    (60, 69, "CT"), (70, 89, "NJ"), (100, 149, "NY"), (150, 196, "PA"), (197, 199, "DE"), (200, 205, "DC"), (206, 219, "MD"),
    (220, 246, "VA"), (247, 268, "WV"), (270, 289, "NC"), (290, 299, "SC"), (300, 319, "GA"), (320, 349, "FL"), (350, 369, "AL"),
    (370, 385, "TN"), (386, 397, "MS"), (398, 399, "GA"), (400, 427, "KY"), (430, 459, "OH"), (460, 479, "IN"), (480, 499, "MI"),
    (500, 528, "IA"), (530, 549, "WI"), (550, 567, "MN"), (569, 569, "DC"), (570, 577, "SD"), (580, 588, "ND"), (590, 599, "MT"),
    (600, 629, "IL"), (630, 658, "MO"), (660, 679, "KS"), (680, 693, "NE"), (700, 714, "LA"), (716, 729, "AR"), (730, 749, "OK"),
    (750, 799, "TX"), (800, 816, "CO"), (820, 831, "WY"), (832, 838, "ID"), (840, 847, "UT"), (850, 865, "AZ"), (870, 884, "NM"),
    (885, 885, "TX"), (889, 898, "NV"), (900, 961, "CA"), (967, 968, "HI"), (969, 969, "GU"), (970, 979, "OR"), (980, 994, "WA"),
    (995, 999, "AK"),
)  # fmt: skip

_CANADA = {letter: f"CA-{state}" for letters, state in (
    ("A", "NL"), ("B", "NS"), ("C", "PE"), ("E", "NB"), ("GHJ", "QC"), ("KLMNP", "ON"), ("R", "MB"), ("S", "SK"), ("T", "AB"), ("V", "BC"), ("Y", "YT"),
) for letter in letters}  # fmt: skip
"""Provinces by the first letter of the postal code; X is shared by two territories."""
_AUSTRALIA = (
    (200, 299, "ACT"), (800, 999, "NT"), (1000, 2599, "NSW"), (2600, 2618, "ACT"), (2619, 2899, "NSW"), (2900, 2920, "ACT"), (2921, 2999, "NSW"),
    (3000, 3999, "VIC"), (4000, 4999, "QLD"), (5000, 5999, "SA"), (6000, 6797, "WA"), (7000, 7999, "TAS"), (8000, 8999, "VIC"), (9000, 9999, "QLD"),
)  # fmt: skip
_BRAZIL = (
    (10, 199, "SP"), (200, 289, "RJ"), (290, 299, "ES"), (300, 399, "MG"), (400, 489, "BA"), (500, 569, "PE"), (570, 579, "AL"), (600, 639, "CE"),
    (690, 692, "AM"), (693, 693, "RR"), (694, 698, "AM"), (699, 699, "AC"), (790, 799, "MS"),
)  # fmt: skip
_POSTAL = {"US": (3, _ZIP_RANGES), "AU": (4, _AUSTRALIA), "BR": (3, _BRAZIL)}
"""How many digits of a postal code name the state, and the ranges that do."""


def zones_of_state(jurisdiction: str) -> tuple[str, ...]:
    """The zones of an ISO 3166-2 subdivision; a longer code counts as its state. Empty where the table has none."""
    return _STATES.get("-".join(jurisdiction.split("-")[:2]), ())


_NEW_YORK_CITY = frozenset({100, 101, 102, 103, 104, 111, 112, 113, 114, 116})
"""First three digits of the ZIP codes of the five boroughs."""
_QUEENS_BEYOND = ("11001", "11004", "11005", "11040")
"""Queens reaches into these; a code that is partly the city's counts as the city."""


def zones_of_postal_code(country: str, postal_code: str) -> tuple[str, ...]:
    """The zones of the state that a postal code lies in; empty where the tables do not know the country or the code."""
    state = _state_of(country, postal_code)
    return () if state is None else _STATES[state]


def _state_of(country: str, postal_code: str) -> str | None:
    """The state of a postal code of the United States, Canada, Australia or Brazil."""
    code = postal_code.strip().upper()
    if country == "CA":
        return _CANADA.get(code[:1]) if code[1:2].isascii() and code[1:2].isdigit() else None
    length, ranges = _POSTAL.get(country, (0, ()))
    head = code[:length]
    if not (head.isascii() and head.isdigit() and len(head) == length):
        return None
    return next((f"{country}-{state}" for first, last, state in ranges if first <= int(head) <= last), None)


@lru_cache(maxsize=4096)
def narrowed(jurisdiction: str | None, postal_code: str | None) -> str | None:
    """A jurisdiction made narrower by a postal code that lies within it: the state, and New York City, whose rules are its own
    (6 RCNY 5-77). A code that lies elsewhere changes nothing."""
    if jurisdiction is None or postal_code is None:
        return jurisdiction
    place = _state_of(jurisdiction[:2], postal_code)
    if place == "US-NY" and (
        int(postal_code.strip()[:3]) in _NEW_YORK_CITY or postal_code.strip()[:5] in _QUEENS_BEYOND
    ):
        place = "US-NY-NYC"
    return place if place is not None and place.startswith(f"{jurisdiction}-") else jurisdiction


@lru_cache(maxsize=1)
def _zone_tab() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab").open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                country, _, name = line.rstrip("\n").split("\t")[:3]
                found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def zones_of_country(country: str) -> tuple[str, ...]:
    """Every zone of a country (ISO 3166-1 alpha-2); empty for an unknown one."""
    return _COUNTRIES.get(country) or _zone_tab().get(country, ())
