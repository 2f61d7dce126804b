"""A figure: what was measured, what it was measured against in the same run, and the bound that their ratio
must keep."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the report."""

    name: str
    ours: str
    against: str
    ratio: float
    bound: float
    at_most: bool = False
    """Whether the ratio must stay below the bound instead of reaching it."""

    @property
    def holds(self) -> bool:
        """Whether the ratio keeps its bound."""
        return self.ratio <= self.bound if self.at_most else self.ratio >= self.bound

    def line(self) -> str:
        """A row of the table."""
        sign = "≤" if self.at_most else "≥"
        return (
            f"| {self.name} | {self.ours} | {self.against} | {self.ratio:.3g} | {sign} {self.bound:g} | "
            f"{'yes' if self.holds else 'NO'} |"
        )


def below(name: str, ours: str, against: str, ratio: float, bound: float) -> Figure:
    """A line whose ratio must stay at its bound or below."""
    return Figure(name=name, ours=ours, against=against, ratio=ratio, bound=bound, at_most=True)


HEAD = "| what | ours | against | ratio | bound | holds |\n| --- | --- | --- | --- | --- | --- |"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def alternate(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The medians of two measurements taken in turns, so that what else the machine does falls on both
    alike."""
    pairs = [(one(), other()) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
