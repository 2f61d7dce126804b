"""What another order would have brought, on rounds whose chances are known: what was learned, or writing to
nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.dispatch.learning.counts import value_of
from service.learning.arms import NONE, Segment
from service.learning.choose import Chooser
from service.learning.document import LearningPolicy
from service.learning.estimate import Estimate, Logged, estimate
from service.learning.fit import predicted
from service.store.choices import Matured

Target = Callable[[Segment, tuple[str, ...]], Mapping[str, float]]
"""The chance of each allowed arm under the order in question."""
WITH_CHANCES = frozenset({"learned", "chance"})
"""Groups in which more than one arm had a chance."""


def of_chooser(chooser: Chooser) -> Target:
    """What was learned, with its floor."""

    def chances(segment: Segment, allowed: tuple[str, ...]) -> Mapping[str, float]:
        weights = chooser.weights(segment, allowed)
        total = weights.summed[-1]
        return {arm: one / total for arm, one in zip(allowed, weights.each, strict=True)}

    return chances


def nobody(segment: Segment, allowed: tuple[str, ...]) -> Mapping[str, float]:
    """Nothing is sent, wherever that may be chosen; elsewhere nothing is known of it."""
    del segment
    return {NONE: 1.0} if NONE in allowed else {}


def estimate_of(
    rounds: Sequence[Matured],
    policy: LearningPolicy,
    target: Target,
    snapshot: Mapping[str, Any] | None = None,
    value: Callable[[Matured], float] | None = None,
) -> Estimate:
    """The estimate for an order. `snapshot`: what expects values of arms, for the doubly robust one. `value`:
    of a round, in payments by the policy's weights without it."""
    worth = value or (lambda one: value_of(one, policy))
    logged = []
    for one in rounds:
        allowed = tuple(one.allowed)
        if one.arm_group not in WITH_CHANCES or one.arm not in allowed:
            continue
        segment = Segment.parse(one.segment)
        chances = target(segment, allowed)
        if not chances:
            continue
        expected = {arm: _expected(snapshot, segment, arm, policy) for arm in {one.arm, *chances}}
        logged.append(
            Logged(
                cluster=one.borrower_id,
                chance=one.weight / one.total,
                target=chances.get(one.arm, 0.0),
                value=worth(one),
                expected=expected[one.arm],
                expected_target=sum(chance * expected[arm] for arm, chance in chances.items()),
            )
        )
    return estimate(logged)


def _expected(
    snapshot: Mapping[str, Any] | None, segment: Segment, arm: str, policy: LearningPolicy
) -> float:
    return 0.0 if snapshot is None else predicted(snapshot, segment, arm, policy.features)
