"""The engine against brute force, and the properties that its answers must have whatever the rules say, in
worlds that shrink."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policies import properties
from tests.policies.worlds import World, rules, worlds


@pytest.mark.slow
@given(worlds())
def test_the_first_permitted_minute_is_the_one_that_a_search_of_every_minute_finds(world: World) -> None:
    """`defer(until)` is exact for all rules at once, over gaps and folds, half-hour zones, holidays and
    several zones."""
    properties.first_permitted_minute_is_exact(world)


@pytest.mark.slow
@given(worlds())
def test_a_permission_lasts_exactly_as_long_as_it_says(world: World) -> None:
    """`valid_until` is the first minute that some rule forbids."""
    properties.permission_lasts_exactly(world)


@pytest.mark.slow
@given(worlds())
def test_the_instant_deferred_to_is_allowed_and_the_minute_before_is_not(world: World) -> None:
    """Neither early nor late."""
    properties.until_is_allowed_and_the_minute_before_is_not(world)


@pytest.mark.slow
@given(worlds(), st.data())
def test_a_further_rule_never_allows_more(world: World, data: st.DataObject) -> None:
    """Rules only take away."""
    properties.further_rule_allows_no_more(world, data.draw(rules(world.at)))


@pytest.mark.slow
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_events_changes_nothing(world: World, random: Random) -> None:
    """Equal facts give equal verdicts."""
    properties.order_changes_nothing(world, random)


@pytest.mark.slow
@given(worlds())
def test_a_policy_document_survives_a_round_trip(world: World) -> None:
    """To JSON or YAML and back."""
    properties.documents_survive_a_round_trip(world)
