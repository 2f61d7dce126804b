"""A simulation's effects, their words, and how its keys are told apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from policies.verdict import Kind
from service.dispatch.what_if.tally import EFFECTS, Change, Distinct, Outcome, Simulation, effect_of
from tests.face import NOON

HOURS = timedelta(hours=3)


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ((Kind.ALLOW, None), (Kind.ALLOW, None), None), ((Kind.ALLOW, None), (Kind.DEFER, HOURS), "waits"),
        ((Kind.DEFER, HOURS), (Kind.DEFER, HOURS), None), ((Kind.DEFER, HOURS), (Kind.DEFER, 2 * HOURS),
        "waits_longer"),
        ((Kind.DEFER, 2 * HOURS), (Kind.DEFER, HOURS), "waits_less"),
        ((Kind.DEFER, HOURS), (Kind.ALLOW, None), "waits_less"),
        ((Kind.ALLOW, None), (Kind.SUPPRESS, None), "stopped"),
        ((Kind.HOLD, None), (Kind.SUPPRESS, None), "stopped"),
        ((Kind.ALLOW, None), (Kind.HOLD, None), "held"), ((Kind.SUPPRESS, None), (Kind.HOLD, None), "held"),
        ((Kind.SUPPRESS, None), (Kind.ALLOW, None), "goes"), ((Kind.HOLD, None), (Kind.DEFER, HOURS), "goes"),
        ((Kind.HOLD, None), (Kind.HOLD, None), None), ((Kind.SUPPRESS, None), (Kind.SUPPRESS, None), None),
    ],
)  # fmt: skip
def test_every_pair_of_verdicts_has_its_effect(old: Any, new: Any, effect: str | None) -> None:
    """And each effect its words."""
    made = [Outcome(kind=kind, until=None if wait is None else NOON + wait) for kind, wait in (old, new)]
    assert effect == effect_of(*made, NOON)  # type: ignore[arg-type, call-arg]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (9 * 3600.0, "this 1 delivery would have waited, 9 h"),
        (90.0, "this 1 delivery would have waited, 2 min"),
        (5400.0, "1.5 h"),
        (3599.7, "waited, 1 h"),
    ],
)
def test_lengths_are_said_as_people_say_them(seconds: float, words: str) -> None:
    """Hours, or minutes where they are few."""
    run = Simulation(
        show=0,
        judged=1,
        bound=1,
        changes={("waits", Kind.ALLOW, Kind.DEFER): Change(decisions=1, deliveries=1, seconds=seconds)},
    )
    assert words in run.sentence().replace("This 1", "this 1")


def test_every_effect_is_said() -> None:
    """All six in one sentence."""
    changes = {
        (effect, Kind.ALLOW, Kind.DEFER): Change(decisions=2, deliveries=2, seconds=7200.0)
        for effect in EFFECTS
    }
    said = Simulation(show=0, judged=12, bound=12, changes=changes).sentence()
    for words in (
        "waited, on average 1 h",
        "waited longer, by 1 h on average",
        "less, by 1 h",
        "been stopped",
        "held for a person",
        "gone that were",
    ):
        assert words in said


def test_distinct_keys_are_told_apart_in_little_memory() -> None:
    """Exact over its buffer's edge."""
    seen = Distinct()
    assert all(seen.add(str(number)) for number in range(120_000))
    assert not any(seen.add(str(number)) for number in range(0, 120_000, 7))
    assert seen.add("another")
