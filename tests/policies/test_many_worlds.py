"""The same properties in twenty thousand worlds each run, and the shipped packs, any of them together, in
some thousands."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from policies.decide import decide
from policies.facts import Facts
from policies.policy import Policy
from policies.verdict import Kind, Verdict
from service.packs import shipped
from tests.policies import properties
from tests.policies.seeded import SEEDS, facts_of, rule_of, world_of

PROMISED = 20_000
TIMES = int(os.environ.get("TESTS_WORLDS", "1"))
"""TESTS_WORLDS=10 asks ten times as many."""
EXAMPLES = {
    "permitted": 3000,
    "lasts": 2000,
    "deferred": 6500,
    "further": 6500,
    "order": 2500,
    "round trip": 2000,
    "packs": 1000,
}
HORIZONS = (*(timedelta(days=1),) * 16, *(timedelta(days=3),) * 3, properties.HORIZON)
"""Most worlds are searched for a day, minute by minute, one in twenty for ten days."""
PACKS = shipped()


def in_many(name: str, holds: Callable[[int], None]) -> None:
    """Try it with so many numbers, the same in every run; a failure says with which.

    Drawn here and not by Hypothesis, which cannot shrink what comes of a number, and which draws the
    constants of whatever modules happen to be loaded."""
    dice = Random(name)
    for _ in range(EXAMPLES[name] * TIMES):
        seed = dice.randrange(SEEDS)
        try:
            holds(seed)
        except BaseException as error:
            error.add_note(f"in the world of seed {seed}")
            raise


def horizon_of(seed: int) -> timedelta:
    """How far this world is searched."""
    return Random(seed + 1).choice(HORIZONS)


def test_the_examples_are_as_many_as_promised() -> None:
    """Without the packs, which come on top."""
    assert PROMISED <= sum(EXAMPLES.values()) - EXAMPLES["packs"]


@pytest.mark.slow
def test_the_first_permitted_minute_is_exact() -> None:
    """`defer(until)` is what a search of every minute finds."""
    in_many(
        "permitted", lambda seed: properties.first_permitted_minute_is_exact(world_of(seed), horizon_of(seed))
    )


@pytest.mark.slow
def test_a_permission_lasts_exactly() -> None:
    """`valid_until` is what a search of every minute finds."""
    in_many("lasts", lambda seed: properties.permission_lasts_exactly(world_of(seed), horizon_of(seed)))


@pytest.mark.slow
def test_the_instant_deferred_to_is_allowed_and_the_minute_before_is_not() -> None:
    """Neither early nor late."""
    in_many("deferred", lambda seed: properties.until_is_allowed_and_the_minute_before_is_not(world_of(seed)))


@pytest.mark.slow
def test_a_further_rule_never_allows_more() -> None:
    """Rules only take away."""

    def holds(seed: int) -> None:
        world = world_of(seed)
        properties.further_rule_allows_no_more(world, rule_of(Random(seed), world.at))

    in_many("further", holds)


@pytest.mark.slow
def test_the_order_of_rules_and_events_changes_nothing() -> None:
    """Equal facts give equal verdicts."""
    in_many("order", lambda seed: properties.order_changes_nothing(world_of(seed), Random(seed)))


@pytest.mark.slow
def test_a_policy_document_survives_a_round_trip() -> None:
    """To JSON or YAML and back."""
    in_many("round trip", lambda seed: properties.documents_survive_a_round_trip(world_of(seed)))


@pytest.mark.slow
def test_packs_together_give_exact_instants() -> None:
    """Any packs, together: nothing between the message and the instant it waits for is permitted, nothing
    within a permission is not."""
    in_many("packs", packs_together)


def packs_together(seed: int) -> None:
    """The same, for one history and some packs."""
    dice = Random(seed)
    packs = [PACKS[name] for name in dice.sample(sorted(PACKS), dice.randint(1, 3))]
    at = world_of(seed).at
    facts = facts_of(dice, at)
    verdict = decide(packs, facts, at)
    if verdict.until is not None:
        assert Kind.ALLOW is decide(packs, facts, verdict.until).kind
        assert all(Kind.ALLOW is not one.kind for one in _between(packs, facts, at, verdict.until, dice))
        assert Kind.ALLOW is not decide(packs, facts, verdict.until - properties.MINUTE).kind
    if verdict.valid_until is not None:
        assert all(Kind.ALLOW is one.kind for one in _between(packs, facts, at, verdict.valid_until, dice))
        if verdict.valid_until < at + timedelta(days=399):
            assert Kind.ALLOW is not decide(packs, facts, verdict.valid_until).kind


def _between(
    packs: list[Policy], facts: Facts, first: datetime, last: datetime, dice: Random
) -> list[Verdict]:
    """Verdicts on some minutes from `first` on, before `last`."""
    minutes = int((last - first) / properties.MINUTE)
    chosen = {first + dice.randrange(max(1, minutes)) * properties.MINUTE for _ in range(6)}
    return [decide(packs, facts, one) for one in chosen if one < last]
