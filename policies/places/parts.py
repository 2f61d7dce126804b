"""The time zones of countries and of their parts. Where a border of zones crosses a part, both stand there:
the stricter reading.

Countries come from tzdata's own `zone.tab`; parts, in the countries that have several zones, from the tables
below. A part that no table has is somewhere in its country."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from functools import lru_cache

from policies.places.codes import country_of

E, C, M, P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_AZ = "America/Phoenix"
_SP = "America/Sao_Paulo"

_PARTS: Mapping[str, tuple[str, ...]] = {
    "US-AL": (C,), "US-AK": ("America/Anchorage", "America/Adak"), "US-AZ": (_AZ, M), "US-AR": (C,),
    "US-CA": (P,), "US-CO": (M,),
    "US-CT": (E,), "US-DE": (E,), "US-DC": (E,), "US-FL": (E, C), "US-GA": (E,),
    "US-HI": ("Pacific/Honolulu",), "US-ID": ("America/Boise", P),
    "US-IL": (C,), "US-IN": ("America/Indiana/Indianapolis", C), "US-IA": (C,), "US-KS": (C, M),
    "US-KY": (E, C),
    "US-LA": (C,), "US-ME": (E,), "US-MD": (E,), "US-MA": (E,),
    "US-MI": ("America/Detroit", "America/Menominee"), "US-MN": (C,), "US-MS": (C,),
    "US-MO": (C,), "US-MT": (M,), "US-NE": (C, M), "US-NV": (P, M), "US-NH": (E,), "US-NJ": (E,),
    "US-NM": (M,), "US-NY": (E,), "US-NC": (E,),
    "US-ND": (C, M), "US-OH": (E,), "US-OK": (C,), "US-OR": (P, "America/Boise"), "US-PA": (E,),
    "US-RI": (E,),
    "US-SC": (E,), "US-SD": (C, M), "US-TN": (E, C), "US-TX": (C, M), "US-UT": (M,), "US-VT": (E,),
    "US-VA": (E,), "US-WA": (P,), "US-WV": (E,),
    "US-WI": (C,), "US-WY": (M,), "US-PR": ("America/Puerto_Rico",), "US-VI": ("America/St_Thomas",),
    "US-GU": ("Pacific/Guam",),
    "US-AS": ("Pacific/Pago_Pago",), "US-MP": ("Pacific/Saipan",),
    "US-UM": ("Pacific/Midway", "Pacific/Wake"),
    "CA-AB": ("America/Edmonton",), "CA-BC": ("America/Vancouver", "America/Edmonton", "America/Fort_Nelson",
    "America/Creston"),
    "CA-MB": ("America/Winnipeg",), "CA-NB": ("America/Moncton",),
    "CA-NL": ("America/St_Johns", "America/Goose_Bay"), "CA-NS": ("America/Halifax",),
    "CA-NT": ("America/Inuvik",), "CA-NU": ("America/Iqaluit", "America/Rankin_Inlet",
    "America/Cambridge_Bay", "America/Resolute", "America/Atikokan"),
    "CA-ON": ("America/Toronto", "America/Winnipeg", "America/Atikokan"), "CA-PE": ("America/Halifax",),
    "CA-QC": ("America/Toronto", "America/Blanc-Sablon", "America/Halifax"),
    "CA-SK": ("America/Regina", "America/Edmonton"),
    "CA-YT": ("America/Whitehorse",),
    "AU-ACT": ("Australia/Sydney",), "AU-NSW": ("Australia/Sydney", "Australia/Broken_Hill",
    "Australia/Lord_Howe"), "AU-NT": ("Australia/Darwin",),
    "AU-QLD": ("Australia/Brisbane", "Australia/Lindeman"), "AU-SA": ("Australia/Adelaide",),
    "AU-TAS": ("Australia/Hobart",),
    "AU-VIC": ("Australia/Melbourne",), "AU-WA": ("Australia/Perth", "Australia/Eucla"),
    "BR-AC": ("America/Rio_Branco",), "BR-AL": ("America/Maceio",),
    "BR-AM": ("America/Manaus", "America/Eirunepe"), "BR-AP": ("America/Belem",),
    "BR-BA": ("America/Bahia",), "BR-CE": ("America/Fortaleza",), "BR-DF": (_SP,), "BR-ES": (_SP,),
    "BR-GO": (_SP,), "BR-MA": ("America/Fortaleza",),
    "BR-MG": (_SP,), "BR-MS": ("America/Campo_Grande",), "BR-MT": ("America/Cuiaba",),
    "BR-PA": ("America/Belem", "America/Santarem"),
    "BR-PB": ("America/Fortaleza",), "BR-PE": ("America/Recife", "America/Noronha"),
    "BR-PI": ("America/Fortaleza",), "BR-PR": (_SP,), "BR-RJ": (_SP,),
    "BR-RN": ("America/Fortaleza",), "BR-RO": ("America/Porto_Velho",), "BR-RR": ("America/Boa_Vista",),
    "BR-RS": (_SP,), "BR-SC": (_SP,),
    "BR-SE": ("America/Maceio",), "BR-SP": (_SP,), "BR-TO": ("America/Araguaina",),
    "ES-CN": ("Atlantic/Canary",), "ES-CE": ("Africa/Ceuta",), "ES-ML": ("Africa/Ceuta",),
    "ES-GC": ("Atlantic/Canary",), "ES-TF": ("Atlantic/Canary",),
    "PT-20": ("Atlantic/Azores",), "PT-30": ("Atlantic/Madeira",),
    "FR-971": ("America/Guadeloupe",), "FR-972": ("America/Martinique",), "FR-973": ("America/Cayenne",),
    "FR-974": ("Indian/Reunion",),
    "FR-976": ("Indian/Mayotte",), "FR-PM": ("America/Miquelon",), "FR-BL": ("America/St_Barthelemy",),
    "FR-MF": ("America/Marigot",),
    "FR-WF": ("Pacific/Wallis",), "FR-PF": ("Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier"),
    "FR-NC": ("Pacific/Noumea",),
    "FR-TF": ("Indian/Kerguelen",),
    "ID-KB": ("Asia/Pontianak",), "ID-KT": ("Asia/Pontianak",), "ID-KS": ("Asia/Makassar",),
    "ID-KI": ("Asia/Makassar",), "ID-KU": ("Asia/Makassar",),
    "ID-BA": ("Asia/Makassar",), "ID-NB": ("Asia/Makassar",), "ID-NT": ("Asia/Makassar",),
    "ID-SA": ("Asia/Makassar",), "ID-ST": ("Asia/Makassar",),
    "ID-SG": ("Asia/Makassar",), "ID-SN": ("Asia/Makassar",), "ID-SR": ("Asia/Makassar",),
    "ID-GO": ("Asia/Makassar",), "ID-MA": ("Asia/Jayapura",),
    "ID-MU": ("Asia/Jayapura",), "ID-PA": ("Asia/Jayapura",), "ID-PB": ("Asia/Jayapura",),
    "ID-PD": ("Asia/Jayapura",), "ID-PE": ("Asia/Jayapura",),
    "ID-PS": ("Asia/Jayapura",), "ID-PT": ("Asia/Jayapura",),
    "MX-BCN": ("America/Tijuana",), "MX-BCS": ("America/Mazatlan",),
    "MX-CHH": ("America/Chihuahua", "America/Ciudad_Juarez", "America/Ojinaga"),
    "MX-COA": ("America/Monterrey", "America/Matamoros"), "MX-NAY": ("America/Mazatlan",
    "America/Bahia_Banderas"),
    "MX-NLE": ("America/Monterrey", "America/Matamoros"), "MX-ROO": ("America/Cancun",),
    "MX-SIN": ("America/Mazatlan",),
    "MX-SON": ("America/Hermosillo",), "MX-TAM": ("America/Monterrey", "America/Matamoros"),
    "MX-CAM": ("America/Merida",), "MX-YUC": ("America/Merida",),
    "CL-MA": ("America/Punta_Arenas",), "CL-AI": ("America/Coyhaique",),
    "CL-VS": ("America/Santiago", "Pacific/Easter"),
    "EC-W": ("Pacific/Galapagos",), "NZ-CIT": ("Pacific/Chatham",), "PG-NSB": ("Pacific/Bougainville",),
}  # fmt: skip

_GROUPS: Mapping[str, str] = {
    "Asia/Jakarta": (
        "ID-AC ID-BB ID-BE ID-BT ID-JA ID-JB ID-JI ID-JK ID-JT ID-KR ID-LA ID-RI ID-SB ID-SS ID-SU ID-YO"
    ),
    "America/Mexico_City": "MX-AGU MX-CHP MX-CMX MX-COL MX-DUR MX-GRO MX-GUA MX-HID MX-JAL MX-MEX MX-MIC"
    " MX-MOR MX-OAX MX-PUE MX-QUE MX-SLP MX-TAB MX-TLA MX-VER MX-ZAC",
    "America/Santiago": "CL-AN CL-AP CL-AR CL-AT CL-BI CL-CO CL-LI CL-LL CL-LR CL-ML CL-NB CL-RM CL-TA",
    "Europe/Kaliningrad": "RU-KGD",
    "Europe/Moscow": "RU-AD RU-ARK RU-BEL RU-BRY RU-CE RU-CU RU-DA RU-IN RU-IVA RU-KB RU-KC RU-KDA RU-KIR"
    " RU-KL RU-KLU RU-KO RU-KOS RU-KR RU-KRS RU-LEN RU-LIP RU-ME RU-MO RU-MOS RU-MOW"
    " RU-MUR RU-NEN RU-NGR RU-NIZ RU-ORL RU-PNZ RU-PSK RU-ROS RU-RYA RU-SE RU-SMO RU-SPE"
    " RU-STA RU-TA RU-TAM RU-TUL RU-TVE RU-VGG RU-VLA RU-VLG RU-VOR RU-YAR",
    "Europe/Samara": "RU-SAM RU-UD RU-AST RU-SAR RU-ULY",
    "Asia/Yekaterinburg": "RU-BA RU-CHE RU-KGN RU-KHM RU-ORE RU-PER RU-SVE RU-TYU RU-YAN",
    "Asia/Omsk": "RU-OMS",
    "Asia/Krasnoyarsk": "RU-AL RU-ALT RU-KEM RU-KK RU-KYA RU-NVS RU-TOM RU-TY",
    "Asia/Irkutsk": "RU-BU RU-IRK",
    "Asia/Yakutsk": "RU-AMU RU-ZAB",
    "Asia/Vladivostok": "RU-KHA RU-PRI RU-YEV",
    "Asia/Magadan": "RU-MAG RU-SAK",
    "Asia/Kamchatka": "RU-CHU RU-KAM",
}
"""Many parts with one zone. Yakutia (RU-SA) has three and stands below."""
ZONES_OF_PARTS: Mapping[str, tuple[str, ...]] = {
    **_PARTS,
    **{part: (name,) for name, parts in _GROUPS.items() for part in parts.split()},
    "RU-SA": ("Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan"),
}

_MAINLAND: Mapping[str, tuple[str, ...]] = {
    "ES": ("Europe/Madrid",), "PT": ("Europe/Lisbon",), "FR": ("Europe/Paris",), "NZ": ("Pacific/Auckland",),
    "EC": ("America/Guayaquil",),
    "PG": ("Pacific/Port_Moresby",),
}  # fmt: skip
"""Where every part that stands in no table has this zone."""
_LEGAL: Mapping[str, tuple[str, ...]] = {"CN": ("Asia/Shanghai",), "UA": ("Europe/Kyiv",)}
"""Countries with one legal time, whatever tzdata notes of a region: all of China, all of Ukraine."""
_BEYOND: Mapping[str, tuple[str, ...]] = {
    "US": ("US-PR", "US-VI", "US-GU", "US-MP", "US-AS"),
    "FR": ("FR-971", "FR-972", "FR-973", "FR-974", "FR-976"),
    "AU": ("CC", "CX", "NF"),
}
"""Parts far away that use the country's addresses and have codes, and rows in `zone.tab`, of their own. The
French collectivities of the Pacific, whose addresses name them, are known by their postal codes."""


@lru_cache(maxsize=1)
def _zone_tab() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab").open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                country, _, name = line.rstrip("\n").split("\t")[:3]
                found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


@lru_cache(maxsize=1)
def named_zones() -> tuple[str, ...]:
    """Every zone that `zone.tab` gives a place."""
    return tuple(sorted(name for names in _zone_tab().values() for name in names))


@lru_cache(maxsize=1)
def country_by_zone() -> Mapping[str, str]:
    """The country that a zone lies in, by `zone.tab`."""
    return {name: country for country, names in _zone_tab().items() for name in names}


def own_zones(country: str) -> tuple[str, ...]:
    """The zones of a country without its parts far away, which have calling codes of their own."""
    return _LEGAL.get(country) or _zone_tab().get(country, ())


@lru_cache(maxsize=512)
def zones_of_country(country: str) -> tuple[str, ...]:
    """Every zone of a country (ISO 3166-1 alpha-2), with those of its parts far away; empty for an unknown
    one."""
    return (
        *own_zones(country),
        *(name for part in _BEYOND.get(country, ()) for name in zones_of_place(part)),
    )


@lru_cache(maxsize=8192)
def zones_of_place(place: str) -> tuple[str, ...]:
    """The zones of a country or of a part of one; those of the whole country where no table has the part."""
    part, country = "-".join(place.split("-")[:2]), country_of(place)
    if part == country:
        return zones_of_country(country)
    return ZONES_OF_PARTS.get(part) or _MAINLAND.get(country) or zones_of_country(country)
