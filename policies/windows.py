"""Local time, exactly: which wall-clock time an instant has in a zone, and when the next local moment comes.

Nothing is computed as "today 08:00": an instant is asked for its wall clock, and the search goes forward
across every change of offset, so that gaps, folds, half-hour zones and missing midnights come out right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall clock: proleptic ordinal of the date, and seconds since local midnight (with fraction)."""

    ordinal: int
    seconds: float

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return (self.ordinal + 6) % 7


def wall(at: datetime, zone: ZoneInfo) -> Wall:
    """The wall clock of an instant."""
    local = at.astimezone(zone)
    return Wall(
        local.toordinal(), local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / MICRO
    )


def ordinal(at: datetime, zone: ZoneInfo) -> int:
    """The local date of an instant, as an ordinal."""
    return at.astimezone(zone).toordinal()


def advance(at: datetime, zone: ZoneInfo, seconds: float) -> datetime:
    """The instant `seconds` of wall clock later if no change of offset comes between; else the instant of the
    change."""
    target = at + timedelta(seconds=seconds)
    here = at.astimezone(zone).utcoffset()
    if target.astimezone(zone).utcoffset() == here:
        return target
    low, high = at, target
    while high - low > _STEP:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == here:
            low = middle
        else:
            high = middle
    return _whole(high)


_STEP = timedelta(milliseconds=1)


def _whole(at: datetime) -> datetime:
    """Offsets change on whole seconds."""
    rounded = at.replace(microsecond=0)
    return rounded if at.microsecond < MICRO // 2 else rounded + timedelta(seconds=1)


def start_of(day: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant after `after` whose local date is `day` (an ordinal) or later; midnight, or what
    follows a missing one."""
    at = after
    while True:
        here = wall(at, zone)
        if here.ordinal >= day:
            return at
        at = advance(at, zone, (day - here.ordinal) * DAY - here.seconds)


def start_of_date(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    return start_of(day.toordinal(), zone, begin)


Spans = tuple[tuple[float, float], ...]
"""Half-open spans of one day in seconds since local midnight, sorted, without overlap."""


def inside(spans: Spans, seconds: float) -> bool:
    """Whether a time of day lies in one of the spans."""
    return any(first <= seconds < last for first, last in spans)


def next_edge(spans: Spans, seconds: float) -> float:
    """The next time of day after `seconds` at which something begins or ends; the end of the day where
    nothing does."""
    edges = [edge for span in spans for edge in span if edge > seconds]
    return min(edges, default=float(DAY))


def merged(spans: Sequence[tuple[float, float]]) -> Spans:
    """Spans in order, touching ones joined."""
    found: list[tuple[float, float]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        elif last > first:
            found.append((first, last))
    return tuple(found)
