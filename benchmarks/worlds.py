"""The project's own learner in worlds of invented borrowers (`tests/learning/world.py`), each beside the same
borrowers under the plain order. No time is measured: a seed gives the same figures on any machine."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.figure import Figure
from service.learning.document import LearningPolicy, parse_learning_policy
from tests.learning.world import Learner, Result, World, live, plain

SEEDS, FLAT_SEEDS, PEOPLE = range(6), range(20, 23), 20_000
HARSH = {"opt_out": -2, "complaint": -8, "hung_up": -0.2}
"""An opt-out outweighs two payments; the weights of a document that names none are gentle."""
STUDENT = {2: 4.303, 5: 2.571}
"""What the mean of so many seeds, less one, is away from the truth at the most, in standard errors: 95 %."""


class Pair(NamedTuple):
    """The same borrowers twice."""

    plain: Result
    learned: Result


def policy(**value: float) -> LearningPolicy:
    """A policy with these weights, and the usual ones for what is not named."""
    document = {
        "name": "world",
        "kind": "learning",
        "creditor": "world",
        "stage": "live",
        "experiment": {"salt": "world"},
        "value": value,
    }
    return parse_learning_policy(json.dumps(document))


def pair(seed: int, people: int, weights: LearningPolicy, *, flat: bool = False) -> Pair:
    """A world under the plain order, and under what is learned in it. `flat`: no hour and channel differs."""
    learner = Learner(weights)
    before = live(World(seed, people, flat=flat), plain)
    return Pair(before, live(World(seed, people, flat=flat), learner.order, learner))


def _pairs(seeds: Sequence[int], weights: LearningPolicy, *, flat: bool = False) -> list[Pair]:
    found = []
    for seed in seeds:
        found.append(pair(seed, PEOPLE, weights, flat=flat))
        print(f"  seed {seed}: {found[-1]}", file=sys.stderr, flush=True)
    return found


def _figure(
    name: str, pairs: Sequence[Pair], of: Callable[[Result], float], bound: float, *, at_most: bool = True
) -> Figure:
    """Learned against plain, per 1,000 borrowers; the ratio is that of the means."""
    ours, theirs = [of(one.learned) for one in pairs], [of(one.plain) for one in pairs]
    return Figure(
        name=name,
        ours=_shown(ours),
        against=f"plain order: {_shown(theirs)}",
        ratio=statistics.mean(ours) / statistics.mean(theirs),
        bound=bound,
        at_most=at_most,
    )


def _shown(values: Sequence[float]) -> str:
    """The mean of the seeds with its 95 % interval."""
    half = STUDENT[len(values) - 1] * statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.mean(values):,.1f} ± {half:.1f}"


def _restraint(pairs: Sequence[Pair]) -> Figure:
    """How much rather nothing is sent to whoever answered none of three messages."""
    least, most = ([one.learned.restraint[count] for one in pairs] for count in (0, 3))
    return Figure(
        name="nothing is sent: at three and more unanswered",
        ours=f"{statistics.mean(most):.1%} of the rounds",
        against=f"at none: {statistics.mean(least):.1%}",
        ratio=statistics.mean(most) / statistics.mean(least),
        bound=2.5,
    )


def measure() -> list[Figure]:
    """Worlds in which channels and hours differ, with gentle weights; and some in which they do not, with
    harsh ones."""
    gentle = _pairs(SEEDS, policy())
    flat = _pairs(FLAT_SEEDS, policy(**HARSH), flat=True)
    alike = "where no hour or channel differs"
    return [
        _figure("payments of 1,000 borrowers", gentle, lambda one: one.payments, 0.985, at_most=False),
        _figure("contacts of 1,000 borrowers", gentle, lambda one: one.contacts, 0.80),
        _figure("opt-outs of 1,000 borrowers", gentle, lambda one: one.opt_outs, 0.55),
        _figure("complaints of 1,000 borrowers", gentle, lambda one: one.complaints, 0.60),
        _figure("hang-ups of 1,000 borrowers", gentle, lambda one: one.hang_ups, 0.5),
        _restraint(gentle),
        _figure(f"payments {alike}", flat, lambda one: one.payments, 0.95, at_most=False),
        _figure(f"contacts {alike}", flat, lambda one: one.contacts, 0.80),
    ]
