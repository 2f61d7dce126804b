"""Where a borrower may be, as a set of time zones; always from the pinned `tzdata` package, whatever the system has."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from collections.abc import Iterable, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as phone_zones
from phonenumbers.tzdata import TIMEZONE_DATA

from policies.regions import zones_of_country, zones_of_postal_code, zones_of_state

TZDATA_VERSION = importlib.metadata.version("tzdata")
"""The version that decides; it stands in every log entry."""
UNKNOWN = "Etc/Unknown"


class NoSuchZone(ValueError):
    """The name is no zone of the pinned tzdata."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that name from the tzdata package. Raises NoSuchZone."""
    folder, _, last = name.rpartition("/")
    package = ".".join(["tzdata", "zoneinfo", *folder.split("/")]) if folder else "tzdata.zoneinfo"
    if not name or name.startswith(("/", ".")) or ".." in name:
        raise NoSuchZone(name)
    try:
        with importlib.resources.files(package).joinpath(last).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ModuleNotFoundError, ValueError, TypeError) as error:
        raise NoSuchZone(name) from error


def candidate_zones(
    *,
    stated: str | None,
    country: str | None,
    postal_code: str | None,
    jurisdiction: str | None,
    phones: Iterable[str],
) -> Mapping[str, tuple[str, ...]]:
    """Candidate zones by source. A stated zone is the only candidate; else what address and telephone point to.

    A telephone's zone is weak evidence (numbers move with people), so it never stands against a stated zone, and an area code
    that spans several zones gives all of them (12 CFR 1006, cmt. 6(b)(1)(i)-2)."""
    if stated is not None:
        return {"stated": (stated,)}
    found: dict[str, tuple[str, ...]] = {}
    address = _of_address(country, postal_code, jurisdiction)
    if address:
        found["address"] = address
    phone = tuple(dict.fromkeys(name for number in phones for name in zones_of_phone(number)))
    if phone:
        found["phone"] = phone
    return found


def _of_address(country: str | None, postal_code: str | None, jurisdiction: str | None) -> tuple[str, ...]:
    land = country or (jurisdiction[:2] if jurisdiction else None)
    if land and postal_code and (zones := zones_of_postal_code(land, postal_code)):
        return zones
    if jurisdiction and len(jurisdiction) > 2 and (zones := zones_of_state(jurisdiction)):  # noqa: PLR2004
        return zones
    return zones_of_country(land) if land else ()


@lru_cache(maxsize=4096)
def zones_of_phone(number: str) -> tuple[str, ...]:
    """The zones that a number's prefix points to; empty for toll-free and other numbers without a place."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    area = str(parsed.national_number)[:3] if parsed.country_code == 1 else None
    if area in TOLL_FREE:
        return ()
    names = {*phone_zones.time_zones_for_number(parsed), *(_zones_of_area(area) if area else ())}
    if UNKNOWN in names or len(names) > MANY:
        return ()
    return tuple(sorted(names))


def _zones_of_area(area: str) -> frozenset[str]:
    """Every zone of a North American area code: within it, numbers are carried from one exchange to another."""
    return frozenset(
        name for prefix, names in TIMEZONE_DATA.items() if prefix.startswith(f"1{area}") for name in names
    )


TOLL_FREE = frozenset(
    {
        "800",
        "833",
        "844",
        "855",
        "866",
        "877",
        "888",
        "500",
        "521",
        "522",
        "523",
        "524",
        "525",
        "526",
        "527",
        "528",
        "529",
        "533",
        "544",
        "566",
        "577",
        "588",
        "900",
    }
)
MANY = 8
"""A prefix that spans more zones than this says nothing about the person."""
