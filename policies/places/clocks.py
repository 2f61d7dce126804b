"""Zones as clocks: which names tell the same time, which state no place, and what two pieces of evidence have
in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import pack

from policies.places.parts import named_zones
from policies.zones import TZDATA_VERSION, zone

UNIVERSAL = frozenset(
    {
        "UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu",
        "Etc/UTC", "Etc/UCT", "Etc/GMT", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0", "Etc/Greenwich",
        "Etc/Universal", "Etc/Zulu",
    }
)  # fmt: skip
"""What systems write where they know no zone. It says nothing about a person, and so replaces nothing."""
_OFFSET = "Etc/GMT"
_ABBREVIATED = frozenset({"EST", "MST", "HST"})
"""What is written for a time zone the year round, and is an offset without summer time in tzdata."""

_YEAR = int(TZDATA_VERSION.partition(".")[0])
_NOONS = tuple(datetime(_YEAR - 1, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(3 * 366))


@lru_cache(maxsize=1024)
def signature(name: str) -> tuple[timedelta, ...]:
    """The offsets of a zone at noon UTC of every day from a year before the release of tzdata to the end of
    the year after it.

    Two names with one signature tell the same time as far as any decision looks. Raises NoSuchZone."""
    where = zone(name)
    return tuple([noon.astimezone(where).utcoffset() or timedelta() for noon in _NOONS])


@lru_cache(maxsize=1024)
def clock(name: str) -> bytes:
    """The signature packed, in seconds: bytes keep their hash, which of a tuple of three years' offsets is
    worked out at every look."""
    offsets = signature(name)
    seconds = {offset: int(offset.total_seconds()) for offset in set(offsets)}
    return pack(f">{len(offsets)}i", *[seconds[offset] for offset in offsets])


def alike(one: str, other: str) -> bool:
    """Whether two zones tell the same time."""
    return one == other or clock(one) == clock(other)


def states_offset(name: str) -> bool:
    """Whether a name states an offset from UTC (`Etc/GMT+5`, `EST`) and no place; the names of UTC itself are
    not meant."""
    return name in _ABBREVIATED or (name.startswith(_OFFSET) and name not in UNIVERSAL)


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names without those that tell the same time as one before them."""
    wanted = tuple(dict.fromkeys(names))
    return wanted if len(wanted) < 2 else _distinct(wanted)  # noqa: PLR2004


@lru_cache(maxsize=4096)
def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[bytes, str] = {}
    for name in names:
        found.setdefault(clock(name), name)
    return tuple(found.values())


def within(names: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that tell the time of any of `wanted`."""
    clocks = {clock(name) for name in wanted}
    return tuple(name for name in names if clock(name) in clocks)


def agreement(stated: str, names: Iterable[str]) -> tuple[str, ...]:
    """What a stated zone and the zones of an address have in common; empty where they contradict each other.

    A stated offset agrees with a zone that has it at some time of the year, and both then are candidates."""
    if not states_offset(stated):
        return (stated,) if any(alike(stated, name) for name in names) else ()
    offset = signature(stated)[0]
    agreeing = tuple(name for name in names if offset in signature(name))
    return distinct((stated, *agreeing)) if agreeing else ()


@lru_cache(maxsize=1)
def everywhere() -> tuple[str, ...]:
    """One name for each time that is told anywhere: where somebody may be of whom no zone is known."""
    return distinct(named_zones())
