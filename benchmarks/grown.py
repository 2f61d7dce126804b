"""What `growth` counted: of each server for one notice, how it grows with the cells, and what to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

BORROWERS = 100_000_000
LOADS = {"three notices a month": 3 / 30, "one notice a day": 1.0}
"""By name, notices to each borrower and day."""
BUSIEST = 1 / 3 / 3600
"""The part of a day's notices that the busiest second has: a third of them are due in its first hour."""
COMMITS, WAL = 1_000, 30e6
"""What one server is trusted with in a second: commits that each wait for a disk, and bytes of log."""


class Counts(NamedTuple):
    """What one server did."""

    writes: float = 0
    """Commits that wrote, and so waited for the disk: by the ids of their transactions."""
    commits: float = 0
    """All of them, also of those that looked for work and found none."""
    rows: float = 0
    wal: float = 0
    round_trips: float = 0

    def less(self, other: Counts) -> Counts:
        """What came on top of another."""
        return Counts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def per(self, items: float) -> Counts:
        """The part of one of so many."""
        return Counts(*(one / items for one in self))


class Load(NamedTuple):
    """What one load came to."""

    counts: list[Counts]
    """Of each server, for one notice of the whole load."""
    idle: list[float]
    shares: list[float]
    """Which part of the borrowers each server has."""

    @property
    def together(self) -> Counts:
        """All servers."""
        return Counts(*(sum(each) for each in zip(*self.counts, strict=True)))


class Grown(NamedTuple):
    """What was counted of so many cells."""

    cells: int
    loads: dict[str, Load]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent with which the second grows with the first, by least squares over their logarithms."""
    logs = [(math.log(x), math.log(max(y, 1e-9))) for x, y in points]
    mean_x, mean_y = (sum(each) / len(logs) for each in zip(*logs, strict=True))
    steep = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return float(steep / sum((x - mean_x) ** 2 for x, _ in logs))


def slopes(found: Sequence[Grown]) -> str:
    """How a server's part, and the whole, grow with the cells: -1 and 0 where cells carry what is there and
    cost nothing."""
    lines = [
        "| load | a server's commits grow with cells to the power of | all servers' |",
        "| --- | --- | --- |",
    ]
    for name in found[0].loads:
        whole = [(float(one.cells), one.loads[name].together.writes) for one in found]
        part = [(cells, writes / cells) for cells, writes in whole]
        lines.append(f"| {name} | {slope(part):.2f} | {slope(whole):.2f} |")
    return "\n".join(lines)


def _names(found: Sequence[Grown]) -> list[str]:
    """Every load, each once."""
    return list(dict.fromkeys(name for one in found for name in one.loads))


def table(found: Sequence[Grown]) -> str:
    """What each server did for one notice of each load, and all of them together."""
    lines = [
        "| load | cells | server | writing commits | commits | rows | bytes of log | round trips | idle |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in _names(found):
        for grown in [one for one in found if name in one.loads]:
            load = grown.loads[name]
            rows = [(str(number), one, load.idle[number]) for number, one in enumerate(load.counts)]
            if grown.cells > 1:
                rows.append(("all", load.together, sum(load.idle)))
            lines += [
                f"| {name} | {grown.cells} | {server} | {one.writes:.3f} | {one.commits:.2f} | "
                f"{one.rows:.2f} | {one.wal:,.0f} | {one.round_trips:.3f} | {idle:.1f} |"
                for server, one, idle in rows
            ]
    return "\n".join(lines)


def extrapolation(each: Counts) -> str:
    """How many cells carry a hundred million borrowers, and which assumption asks for them."""
    lines = [
        (
            f"A notice costs {each.writes:.2f} commits that write, {each.rows:.1f} rows, "
            f"{each.wal:,.0f} bytes of log; {BORROWERS:,} borrowers, a third of a day's notices "
            f"in its first hour, and one server trusted with {COMMITS:,} commits and {WAL / 1e6:.0f} MB "
            f"of log a second:"
        )
    ]
    for name, load in LOADS.items():
        rate = BORROWERS * load * BUSIEST
        by = {"commits": rate * each.writes / COMMITS, "log": rate * each.wal / WAL}
        bound = max(by, key=lambda one: by[one])
        lines.append(
            f"- {name}: {BORROWERS * load:,.0f} a day, {rate:,.0f} in the busiest second, "
            f"{rate * each.writes:,.0f} commits and {rate * each.wal / 1e6:,.0f} MB of log: "
            f"{math.ceil(by[bound])} cells, by its {bound}"
        )
    return "\n".join(lines)
