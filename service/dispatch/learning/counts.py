"""From the counts of weeks to what a fit takes: worth in payments, older weeks for less; of one policy of one
creditor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from service.learning.arms import ARMS, Segment
from service.learning.document import LearningPolicy
from service.learning.fit import Cell, variance_of
from service.store.choices import CONTACTS, OUTCOMES, CellRow, Matured

LEARNED_FROM = frozenset({"learned", "chance", "shadow"})
"""Groups whose rounds teach; the hold-out only judges."""


def value_of(row: CellRow | Matured, policy: LearningPolicy) -> float:
    """What rounds were worth, in payments."""
    values = policy.values
    return sum((values[name] * float(getattr(row, name)) for name in (*OUTCOMES, *CONTACTS)), 0.0)


def fit_cells(rows: Iterable[CellRow], policy: LearningPolicy, week: date) -> dict[tuple[Segment, str], Cell]:
    """What is learned from, discounted by age; `week` is the one in which it is learned."""
    rounds: defaultdict[tuple[Segment, str], float] = defaultdict(float)
    value: defaultdict[tuple[Segment, str], float] = defaultdict(float)
    for row in sorted(rows):
        if row.arm_group in LEARNED_FROM and row.arm in ARMS:
            key = Segment.parse(row.segment), row.arm
            weight = 0.5 ** ((week - row.week).days / policy.learning.half_life.days)
            rounds[key] += weight * row.rounds
            value[key] += weight * value_of(row, policy)
    return {key: Cell(rounds[key], value[key]) for key in rounds}


def variance(rows: Sequence[CellRow], policy: LearningPolicy) -> float:
    """The variance of one round's value, by the shares of all outcomes."""
    taught = [row for row in rows if row.arm_group in LEARNED_FROM]
    total = sum(row.rounds for row in taught)
    if not total:
        return variance_of({}, {})
    shares = {name: min(1.0, sum(getattr(row, name) for row in taught) / total) for name in OUTCOMES}
    return variance_of(shares, policy.values)


def taught(rows: Iterable[CellRow]) -> int:
    """How many rounds there are to learn from."""
    return sum(row.rounds for row in rows if row.arm_group in LEARNED_FROM and row.arm in ARMS)
