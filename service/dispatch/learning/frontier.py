"""What other weights would do: on the rounds that are known, how often each would send nothing. Weights are
values, not facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from service.dispatch.learning import everywhere
from service.dispatch.learning.counts import fit_cells, taught, variance
from service.dispatch.runtime import Runtime
from service.learning.arms import NONE, Segment, of_contact
from service.learning.document import LearningPolicy, Value
from service.learning.fit import fit
from service.store.choices import CellRow

HARSHER = (0.5, 1.0, 2.0, 4.0)
"""By how much the harms of the document are weighed."""
LEAST = 200
"""Rounds below which nothing is said."""


def monday(at: datetime) -> date:
    """The first day of the week in which an instant lies, by UTC."""
    day = at.date()
    return day - timedelta(days=day.weekday())


async def frontier(runtime: Runtime, policy: LearningPolicy, at: datetime) -> dict[str, Any]:
    """For each weighing of the harms the share of the known rounds in which nothing would be sent; without
    enough of them, none."""
    week = monday(at)
    known_rows = await everywhere.counts(runtime, policy.creditor, policy.name)
    rows = [row for row in known_rows if row.week < week + timedelta(days=7)]
    known = taught(rows)
    if known < LEAST:
        return {"rounds": known, "frontier": None}
    return {"rounds": known, "frontier": [_weighed(policy, times, rows, week) for times in HARSHER]}


def _weighed(policy: LearningPolicy, times: float, rows: Sequence[CellRow], week: date) -> dict[str, Any]:
    value = policy.value
    harsher = Value(
        **{
            **value.model_dump(),
            **{name: getattr(value, name) * times for name in ("opt_out", "complaint", "hung_up")},
        }
    )
    weighed = policy.model_copy(update={"value": harsher})
    snapshot = fit(
        fit_cells(rows, weighed, week), variance=variance(rows, weighed), head={}, features=policy.features
    )
    return {"harms_times": times, "restraint_share": restraint_share(snapshot, rows, policy)}


def restraint_share(snapshot: dict[str, Any], rows: Sequence[CellRow], policy: LearningPolicy) -> float:
    """The share of the known rounds whose segment is best left alone, by the points."""
    points = dict(zip(snapshot["features"], snapshot["points"], strict=True))
    rounds: defaultdict[str, int] = defaultdict(int)
    arms: set[str] = set()
    for row in rows:
        rounds[row.segment] += row.rounds
        arms.add(row.arm)
    total, left = sum(rounds.values()), 0
    for text, number in rounds.items():
        segment = Segment.parse(text)
        best = max(
            (
                sum(points.get(name, 0) for name in of_contact(segment, arm, policy.features))
                for arm in arms
                if arm != NONE
            ),
            default=0,
        )
        left += number if best <= 0 else 0
    return round(left / total, 4) if total else 0.0
