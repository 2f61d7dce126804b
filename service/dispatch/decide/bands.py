"""Parts of the day on the borrower's clock, as instants: where several zones are possible, the instants that
lie in the part in each."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from policies.places.whereabouts import Whereabouts
from policies.zones import zone

LEAST = timedelta(minutes=10)
"""How much of a part of the day must be open for it to be chosen."""
AHEAD = timedelta(hours=24)
"""How far ahead of the first permitted instant is looked."""


class Band(NamedTuple):
    """A part of one day, as far as it is open."""

    name: str
    start: datetime
    end: datetime


def zones_of(where: Whereabouts) -> frozenset[str]:
    """The zones that are possible."""
    return _NO_ZONE.union(*where.zones.values())


_NO_ZONE = frozenset[str]()


def looks_until(start: datetime, end: datetime | None, expires_at: datetime) -> datetime:
    """Until when parts of the day are looked for, of what is open from `start` to `end`."""
    limit = min(start + AHEAD, expires_at)
    return limit if end is None or end > limit else end


@lru_cache(maxsize=4096)
def open_bands(
    names: tuple[str, ...], of: frozenset[str], start: datetime, limit: datetime
) -> tuple[Band, ...]:
    """The parts of the day that lie open for at least ten minutes between `start` and `limit` in every zone
    `of` those possible, each at its first time."""
    zones = tuple(sorted(of)) or ("UTC",)
    today = start.astimezone(zone(zones[0])).date()
    found: dict[str, Band] = {}
    for day in (today, today + timedelta(days=1)):
        for band in _of_day(names, zones, day):
            begins, ends = max(band.start, start), min(band.end, limit)
            if band.name not in found and ends - begins >= LEAST:
                found[band.name] = Band(band.name, begins, ends)
    return tuple(found.values())


@lru_cache(maxsize=4096)
def _of_day(names: tuple[str, ...], zones: tuple[str, ...], day: date) -> tuple[Band, ...]:
    found = []
    for name in names:
        since, until = (time.fromisoformat(text) for text in name.split("-"))
        starts = [datetime.combine(day, since, zone(one)).astimezone(UTC) for one in zones]
        ends = [datetime.combine(day, until, zone(one)).astimezone(UTC) for one in zones]
        if max(starts) < min(ends):
            found.append(Band(name, max(starts), min(ends)))
    return tuple(found)


def within(band: Band, at: datetime, notice: bytes) -> datetime:
    """The instant in a band that belongs to a notice: at once where the band is open now, else one that its
    id picks, so that not everybody hears at the same minute."""
    if band.start <= at:
        return at
    number = int.from_bytes(hashlib.sha256(b"forbear-instant\0" + notice).digest()[:4], "big")
    return band.start + (band.end - band.start) * (number / 2**32)
