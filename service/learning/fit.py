"""From counts to points: a ridge regression with a Gaussian posterior, drawn 256 times. The standard library
alone.

The result is a table of whole numbers, millionths of a payment, that a person can read and argue with; the
same counts give the same table, in whatever order they come."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

from service.learning.arms import FEATURES, Segment, points_of

DRAWS = 256
MILLION = 1_000_000
PRIOR_LEVEL, PRIOR_POINT = 0.3, 0.05
"""How far from nothing the common level, and any other point, is expected to lie, in payments (standard
deviations)."""
LEAST_VARIANCE = 0.01
FORMAT = 1
_NORMAL = NormalDist()


class Cell(NamedTuple):
    """Rounds alike, discounted by their age."""

    rounds: float
    value: float
    """What came of them, in payments."""


Cells = Mapping[tuple[Segment, str], Cell]


def fit(
    cells: Cells, *, variance: float, head: Mapping[str, Any], features: Sequence[str] = FEATURES
) -> dict[str, Any]:
    """The snapshot of these cells: `head`, the names of the points, their means and draws. `variance`: of one
    round's value."""
    rows = sorted((key[0], key[1], cell) for key, cell in cells.items())
    names = sorted({name for segment, arm, _ in rows for name in points_of(segment, arm, features)})
    place = {name: number for number, name in enumerate(names)}
    precision, target = _normal_equations(
        [([place[name] for name in points_of(segment, arm, features)], cell) for segment, arm, cell in rows],
        names,
        variance,
    )
    lower = _cholesky(precision)
    mean = _back(lower, _forward(lower, target))
    seed = _seed(rows, variance, head)
    draws = [
        [
            round(MILLION * (one + noise))
            for one, noise in zip(mean, _back(lower, _noise(seed, number, len(names))), strict=True)
        ]
        for number in range(DRAWS)
    ]
    points = [round(MILLION * one) for one in mean]
    return {**head, "format": FORMAT, "features": names, "points": points, "draws": draws}


def _normal_equations(
    rows: Sequence[tuple[list[int], Cell]], names: Sequence[str], variance: float
) -> tuple[list[list[float]], list[float]]:
    size = len(names)
    precision, target = [[0.0] * size for _ in names], [0.0] * size
    for number, name in enumerate(names):
        precision[number][number] = (PRIOR_LEVEL if name == "all" else PRIOR_POINT) ** -2
    for at, cell in rows:
        weight, value = cell.rounds / variance, cell.value / variance
        for one in at:
            target[one] += value
            line = precision[one]
            for other in at:
                line[other] += weight
    return precision, target


def _cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """The lower triangle L with L Lᵀ the matrix, which is symmetric and positive."""
    lower: list[list[float]] = []
    for row, line in enumerate(matrix):
        mine: list[float] = []
        for column in range(row):
            other = lower[column]
            known = sum(a * b for a, b in zip(mine, other[:column], strict=True))
            mine.append((line[column] - known) / other[column])
        mine.append(math.sqrt(line[row] - sum(one * one for one in mine)))
        lower.append(mine)
    return lower


def _forward(lower: Sequence[Sequence[float]], target: Sequence[float]) -> list[float]:
    found: list[float] = []
    for line, value in zip(lower, target, strict=True):
        found.append((value - sum(a * b for a, b in zip(line, found, strict=False))) / line[-1])
    return found


def _back(lower: Sequence[Sequence[float]], target: Sequence[float]) -> list[float]:
    """The solution x of Lᵀ x = target."""
    found = list(target)
    for row in range(len(found) - 1, -1, -1):
        line = lower[row]
        found[row] /= line[row]
        for column in range(row):
            found[column] -= line[column] * found[row]
    return found


def _seed(rows: Sequence[tuple[Segment, str, Cell]], variance: float, head: Mapping[str, Any]) -> bytes:
    text = json.dumps(
        [head, variance, [[*segment, arm, *cell] for segment, arm, cell in rows]], sort_keys=True
    )
    return hashlib.sha256(text.encode()).digest()


def _noise(seed: bytes, number: int, size: int) -> list[float]:
    """Standard normal numbers from the seed: anybody makes the same ones again."""
    found = []
    for place in range(size):
        text = seed + number.to_bytes(4, "big") + place.to_bytes(4, "big")
        whole = int.from_bytes(hashlib.sha256(text).digest()[:7], "big")
        found.append(_NORMAL.inv_cdf((whole + 0.5) / (1 << 56)))
    return found


def canonical(snapshot: Mapping[str, Any]) -> str:
    """The one text of a snapshot."""
    return json.dumps(snapshot, sort_keys=True, separators=(",", ":"))


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 of its text, in hex."""
    return hashlib.sha256(canonical(snapshot).encode()).hexdigest()


def variance_of(shares: Mapping[str, float], values: Mapping[str, float]) -> float:
    """The variance of one round's value, where its outcomes came independently: the sum of w²·p·(1−p)."""
    found = sum(values[name] ** 2 * share * (1 - share) for name, share in shares.items() if name in values)
    return max(found, LEAST_VARIANCE)


def predicted(snapshot: Mapping[str, Any], segment: Segment, arm: str, features: Sequence[str]) -> float:
    """What a snapshot expects of a round, in payments; a point that it never saw is 0."""
    points = dict(zip(snapshot["features"], snapshot["points"], strict=True))
    found: int = sum(points.get(name, 0) for name in points_of(segment, arm, features))
    return found / MILLION
