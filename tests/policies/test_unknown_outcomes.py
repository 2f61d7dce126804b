"""A contact of which nobody knows what came has the worse of everything that may have come of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from policies.facts import CHANNELS, OUTCOMES, UNKNOWN, WRITTEN, Event, may_have_spoken
from policies.verdict import Verdict
from tests.policies.properties import judged
from tests.policies.seeded import world_of
from tests.policies.worlds import World

MAY_BE = (*(one for one in OUTCOMES if one != UNKNOWN), None)
WORLDS = 1500


def with_outcome(world: World, place: int, outcome: str | None) -> World:
    """The world in which the contact at that place in the history had this outcome."""
    events = list(world.facts.events)
    events[place] = replace(events[place], outcome=outcome)
    return replace(world, facts=replace(world.facts, events=tuple(events)))


def possible(one: Event) -> list[str | None]:
    """What may have come of a contact: nobody speaks in writing."""
    written = one.channel in WRITTEN
    return [outcome for outcome in MAY_BE if not (written and outcome in {"conversation", "hung_up"})]


def told_apart(world: World) -> World:
    """Fatigue with its plain count: one that leaves outcomes out may start a later row for a contact more."""
    documents = [
        {**document, "rules": [
            {name: value for name, value in rule.items() if rule["kind"] != "fatigue" or name != "count"}
            for rule in document["rules"]
        ]}
        for document in world.documents
    ]  # fmt: skip
    return replace(world, documents=tuple(documents))


def opens(verdict: Verdict, at: datetime) -> datetime:
    """The first permitted instant; the last there is where none is."""
    if verdict.kind.value == "allow":
        return at
    return verdict.until or datetime.max.replace(tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(1, 5))])
def test_nobody_is_contacted_sooner_because_an_outcome_is_unknown(part: int) -> None:
    """Than after any outcome that the contact may have had: by caps, gaps, cool-offs, dial caps, fatigue and
    consents alike, in random worlds."""
    tried = differed = 0
    for seed in range(part, WORLDS, 5):
        world = told_apart(world_of(seed))
        dice = Random(seed)
        places = [place for place, one in enumerate(world.facts.events) if one.type == "contact"]
        if not places:
            continue
        place = dice.choice(places)
        unknown = judged(with_outcome(world, place, UNKNOWN))
        for outcome in possible(world.facts.events[place]):
            known = judged(with_outcome(world, place, outcome))
            assert opens(known, world.at) <= opens(unknown, world.at), (seed, outcome, known, unknown)
            tried += 1
            differed += opens(known, world.at) < opens(unknown, world.at)
    assert tried > 1000
    assert differed > 10


@pytest.mark.parametrize("channel", [*CHANNELS, None])
def test_what_may_have_been_spoken_is_a_call(channel: str | None) -> None:
    """Where the channel is not known either it may have been one."""
    assert (channel not in {"sms", "email", "im", "letter"}) is may_have_spoken(UNKNOWN, channel)
    assert may_have_spoken("conversation", channel)
    assert not may_have_spoken("in_flight", channel)
