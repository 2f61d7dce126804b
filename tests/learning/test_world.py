"""The project's own learner in a world of invented borrowers: payments as before, and much less of everything
that disturbs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.learning.document import LearningPolicy, parse_learning_policy
from tests.learning.lender import document
from tests.learning.world import Learner, Result, World, live, nobody, plain

pytestmark = pytest.mark.slow
HARSH = {"opt_out": -2, "complaint": -8, "hung_up": -0.2}


def policy(**value: float) -> LearningPolicy:
    """The document's own weights, or others."""
    return parse_learning_policy(json.dumps(document(value=value)))


def both(seed: int, people: int, weights: LearningPolicy, **world: Any) -> tuple[Result, Result]:
    """The same borrowers under the plain order, and under what is learned."""
    learner = Learner(weights)
    return live(World(seed, people, **world), plain), live(
        World(seed, people, **world), learner.order, learner
    )


def test_learning_keeps_payments_and_leaves_people_in_peace() -> None:
    """Gentle weights: contacts, opt-outs, complaints and hang-ups fall, payments stay; whoever does not
    answer is left alone most."""
    before, after = both(0, 8000, policy())
    print(before, after)  # noqa: T201
    assert after.contacts <= 0.80 * before.contacts
    assert after.opt_outs <= 0.55 * before.opt_outs
    assert after.complaints <= 0.60 * before.complaints
    assert after.hang_ups <= 0.5 * before.hang_ups
    assert after.payments >= 0.97 * before.payments
    assert after.restraint[3] >= 2.5 * after.restraint[0]


def test_where_nothing_differs_nothing_is_lost() -> None:
    """A world in which every hour and channel helps alike, harsh weights."""
    before, after = both(20, 8000, policy(**HARSH), flat=True)
    print(before, after)  # noqa: T201
    assert after.payments >= 0.93 * before.payments
    assert after.contacts <= 0.80 * before.contacts


def test_nobody_is_contacted_and_fewer_pay() -> None:
    """The world is one in which contacts help: the third line of every experiment."""
    before, none = live(World(1, 8000), plain), live(World(1, 8000), nobody)
    assert 0 == none.contacts == none.opt_outs
    assert 0.80 * before.payments < none.payments < 0.95 * before.payments
