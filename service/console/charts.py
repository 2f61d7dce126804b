"""Where the marks of a chart stand: numbers for the macros in `templates/charts.html`, which draw them.
Nothing here knows a colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from policies.windows import start_of_date

WIDTH, LEFT, RIGHT = 1120.0, 92.0, 14.0
"""Of a chart, in units of its view box, and what labels take of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a column: its class, its words, and where it stands."""

    kind: str
    value: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of stacked pieces, with its label below and where it leads."""

    label: str
    title: str
    href: str | None
    total: int
    x: float
    width: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A chart of stacked columns."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[float, str], ...]
    """Horizontal lines with what they stand for."""
    height: float
    bottom: float
    every: int
    """One label in so many is shown."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be seen."""
        return not any(one.total for one in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What a column is drawn from."""

    label: str
    title: str
    counts: Mapping[str, int] = field(default_factory=dict)
    href: str | None = None


def stacked(
    buckets: Sequence[Bucket], kinds: Sequence[str], *, height: float = 180.0, every: int = 1
) -> Columns:
    """Columns of `kinds`, the first at the bottom, on one scale that ends on a round number."""
    bottom, top = height - 22, 8.0
    most = max((sum(one.counts.values()) for one in buckets), default=0)
    scale = round_up(most)
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(buckets))
    width = min(46.0, slot * 0.72)
    columns = []
    for place, bucket in enumerate(buckets):
        y, pieces = bottom, []
        for kind in kinds:
            value = bucket.counts.get(kind, 0)
            if value:
                tall = max(1.5, value / scale * (bottom - top))
                y -= tall
                pieces.append(Piece(kind=kind, value=value, y=y, height=tall))
        columns.append(
            Column(
                label=bucket.label,
                title=bucket.title,
                href=bucket.href,
                total=sum(bucket.counts.values()),
                x=LEFT + place * slot + (slot - width) / 2,
                width=width,
                pieces=tuple(pieces),
            )
        )
    lines = tuple((bottom - part * (bottom - top), f"{round(scale * part):,}") for part in (0, 0.5, 1))
    return Columns(columns=tuple(columns), lines=lines, height=height, bottom=bottom, every=every)


def round_up(number: int) -> int:
    """The next number of the kind that scales end on, of which the half is whole: 2, 4, 6, 8, 10, 20, 30, 40,
    50, 60, 80, 100 and so on."""
    scale = 1
    while True:
        for step in (2, 4, 6, 8, 10) if scale == 1 else (2, 3, 4, 5, 6, 8, 10):
            if number <= step * scale:
                return step * scale
        scale *= 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A stretch of time laid along the width."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    left: float = LEFT
    right: float = RIGHT

    def x(self, at: datetime) -> float:
        """Where an instant stands; what lies beyond stands at the edge."""
        share = (at - self.since) / (self.until - self.since)
        return round(self.left + min(1.0, max(0.0, share)) * (WIDTH - self.left - self.right), 2)

    def has(self, at: datetime) -> bool:
        """Whether an instant lies within."""
        return self.since <= at <= self.until

    def days(self) -> list[tuple[float, float, datetime]]:
        """The local days: where each begins and ends, and its first instant."""
        found, day = [], self.since.astimezone(self.zone).date()
        while (begins := start_of_date(day, self.zone)) < self.until:
            day += timedelta(days=1)
            ends = start_of_date(day, self.zone)
            if ends > self.since:
                found.append((self.x(begins), self.x(ends), max(begins, self.since)))
        return found


def joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Spans in order, those that touch joined."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found


@dataclass(slots=True)
class Lane:
    """Keeps marks that would cover each other apart: the next one stands a little higher or lower."""

    apart: float
    levels: Sequence[float]
    _last: dict[int, float] = field(default_factory=dict)

    def level(self, x: float) -> float:
        """Where a mark at `x` stands, above or below the middle."""
        for place, shift in enumerate(self.levels):
            if x - self._last.get(place, float("-inf")) >= self.apart:
                self._last[place] = x
                return shift
        return self.levels[-1]
