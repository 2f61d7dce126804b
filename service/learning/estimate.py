"""What another order would have brought, estimated from logged choices with exact chances: IPS, SNIPS and DR,
clustered by borrower.

Where too few decisions bear on the question the answer is that it cannot be said yet."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LEAST_EFFECTIVE = 400
"""Effective decisions below which nothing is said."""
LARGEST_WEIGHT = 70
"""A single decision that stands for more than so many makes the interval a pretence."""
Z95 = 1.959963984540054


class Logged(NamedTuple):
    """One decision as the estimate looks at it."""

    cluster: Hashable
    """Whose decision; one person's rounds are not independent."""
    chance: float
    """With which the arm was taken."""
    target: float
    """With which the order in question would have taken it."""
    value: float
    """What came of it, in payments."""
    expected: float = 0.0
    """What a model expected of the arm that was taken."""
    expected_target: float = 0.0
    """What a model expects of the order in question."""


class Interval(NamedTuple):
    """A value per decision with the half-width of its 95 % interval."""

    value: float
    half: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What would have come of each decision on average."""

    decisions: int
    effective: float
    """(Σw)² / Σw²."""
    largest_weight: float
    ips: Interval
    snips: Interval
    dr: Interval

    @property
    def said(self) -> bool:
        """Whether it can be said."""
        return self.effective >= LEAST_EFFECTIVE and self.largest_weight <= LARGEST_WEIGHT


def estimate(logged: Sequence[Logged]) -> Estimate:
    """The estimates from decisions; nothing of none."""
    weights = [one.target / one.chance for one in logged]
    number, total = len(logged), sum(weights)
    squares = sum(one * one for one in weights)
    snips = sum(w * one.value for w, one in zip(weights, logged, strict=True)) / total if total else 0.0
    return Estimate(
        decisions=number,
        effective=total * total / squares if squares else 0.0,
        largest_weight=max(weights, default=0.0),
        ips=_mean(logged, [w * one.value for w, one in zip(weights, logged, strict=True)]),
        snips=Interval(
            snips,
            _half(logged, [w * (one.value - snips) for w, one in zip(weights, logged, strict=True)], total),
        ),
        dr=_mean(
            logged,
            [
                one.expected_target + w * (one.value - one.expected)
                for w, one in zip(weights, logged, strict=True)
            ],
        ),
    )


def _mean(logged: Sequence[Logged], terms: Sequence[float]) -> Interval:
    if not terms:
        return Interval(0.0, 0.0)
    mean = sum(terms) / len(terms)
    return Interval(mean, _half(logged, [one - mean for one in terms], len(terms)))


def _half(logged: Sequence[Logged], residuals: Sequence[float], total: float) -> float:
    """Half of the 95 % interval of a ratio whose residuals sum up within each cluster."""
    sums: defaultdict[Hashable, float] = defaultdict(float)
    for one, residual in zip(logged, residuals, strict=True):
        sums[one.cluster] += residual
    return Z95 * math.sqrt(sum(one * one for one in sums.values())) / total if total else 0.0
