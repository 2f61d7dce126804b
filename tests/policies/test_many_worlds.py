"""The same properties in twenty thousand worlds each run, and the shipped packs, any of them together, in
some thousands."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decide import decide
from policies.facts import Facts
from policies.policy import Policy
from policies.verdict import Kind, Verdict
from service.packs import shipped
from tests.policies import properties
from tests.policies.seeded import facts_of, rule_of, seeds, world_of

PROMISED = 20_000
EXAMPLES = {
    "permitted": 3000,
    "lasts": 2000,
    "deferred": 5500,
    "further": 5000,
    "order": 2500,
    "round trip": 2000,
    "packs": 1000,
}
HORIZONS = (*(timedelta(days=1),) * 16, *(timedelta(days=3),) * 3, properties.HORIZON)
"""Most worlds are searched for a day, minute by minute, one in twenty for ten days."""
PACKS = shipped()


def many(name: str) -> settings:
    """So many examples, whatever the profile says."""
    return settings(max_examples=EXAMPLES[name])


def test_the_examples_are_as_many_as_promised() -> None:
    """Without the packs, which come on top."""
    assert PROMISED <= sum(EXAMPLES.values()) - EXAMPLES["packs"]


@pytest.mark.slow
@many("permitted")
@given(seeds, st.sampled_from(HORIZONS))
def test_the_first_permitted_minute_is_exact(seed: int, horizon: timedelta) -> None:
    """`defer(until)` is what a search of every minute finds."""
    properties.first_permitted_minute_is_exact(world_of(seed), horizon)


@pytest.mark.slow
@many("lasts")
@given(seeds, st.sampled_from(HORIZONS))
def test_a_permission_lasts_exactly(seed: int, horizon: timedelta) -> None:
    """`valid_until` is what a search of every minute finds."""
    properties.permission_lasts_exactly(world_of(seed), horizon)


@pytest.mark.slow
@many("deferred")
@given(seeds)
def test_the_instant_deferred_to_is_allowed_and_the_minute_before_is_not(seed: int) -> None:
    """Neither early nor late."""
    properties.until_is_allowed_and_the_minute_before_is_not(world_of(seed))


@pytest.mark.slow
@many("further")
@given(seeds)
def test_a_further_rule_never_allows_more(seed: int) -> None:
    """Rules only take away."""
    world = world_of(seed)
    properties.further_rule_allows_no_more(world, rule_of(Random(seed), world.at))


@pytest.mark.slow
@many("order")
@given(seeds)
def test_the_order_of_rules_and_events_changes_nothing(seed: int) -> None:
    """Equal facts give equal verdicts."""
    properties.order_changes_nothing(world_of(seed), Random(seed))


@pytest.mark.slow
@many("round trip")
@given(seeds)
def test_a_policy_document_survives_a_round_trip(seed: int) -> None:
    """To JSON or YAML and back."""
    properties.documents_survive_a_round_trip(world_of(seed))


@pytest.mark.slow
@many("packs")
@given(seeds)
def test_packs_together_give_exact_instants(seed: int) -> None:
    """Any packs, together: nothing between the message and the instant it waits for is permitted, nothing
    within a permission is not."""
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
