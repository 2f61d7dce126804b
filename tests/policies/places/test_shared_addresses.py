"""An address that two borrowers have: what one of them said from it is never passed by the other, in any
order of time.

Twenty thousand random worlds each run, each with a place, evidence and a history of its own;
`PLACE_WORLDS=200000` takes as many as wanted, `PLACE_SEED` others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from policies.facts import Event, Facts
from policies.order import LIFTING
from policies.places.whereabouts import whereabouts
from policies.strictness import Kind
from policies.verdict import Verdict
from service.dispatch.decide.facts import suppression_events
from service.model.suppression import STOPPING, Reason
from service.store.events import StoredEvent
from tests.policies.places.test_never_laxer import (
    BEGIN,
    PER_TEST,
    SEED,
    WORLDS,
    bound,
    evidence_of,
    facts_of,
    homes,
    is_laxer,
    judged,
)

ADDRESS, ELSEWHERE = "aa" * 16, "bb" * 16
CHANNELS = ("sms", "email", "voice")
NAMED = {"voice_prerecorded": "voice"}


def channel_of(facts: Facts) -> str:
    """The channel of a message, as people name it."""
    return NAMED.get(facts.proposal.channel, facts.proposal.channel)


def said_by_another(dice: Random, facts: Facts, at: datetime) -> tuple[Reason, tuple[Event, ...]]:
    """What stands against the address since another borrower said it, somewhere in time, on the message's
    channel or on any."""
    reason = dice.choice(list(Reason))
    row = StoredEvent(
        borrower_id=UUID(int=1),
        event_id="1",
        at=at - timedelta(minutes=dice.randint(0, 90 * 1440)),
        type="suppression",
        channel=dice.choice((channel_of(facts), "any")),
        outcome=None,
        document={"address": ADDRESS, "source": reason.value, "own": False},
        recorded=dice.randint(1, 100),
    )
    return reason, tuple(suppression_events(row, at))


def lifted_by_this_one(dice: Random, at: datetime) -> tuple[Event, ...]:
    """What the one who is written to says to open things again: before or after, of this address, another, or
    all."""
    return tuple(
        Event(
            type=dice.choice(sorted(LIFTING)),
            at=at - timedelta(minutes=dice.randint(0, 90 * 1440)),
            channel=dice.choice((*CHANNELS, "any", None)),
            address=dice.choice((ADDRESS, ELSEWHERE, None)),
            debt_ids=dice.choice((None, ("d",), ("e",))),
            event_id=f"lift{number}",
            recorded=dice.randint(1, 200),
        )
        for number in range(dice.randint(0, 4))
    )


def is_stopped(verdict: Verdict) -> bool:
    """Neither now nor later by itself."""
    return verdict.kind in {Kind.SUPPRESS, Kind.HOLD}


@pytest.mark.slow
@pytest.mark.parametrize("lot", range(max(1, WORLDS // PER_TEST)))
def test_what_one_said_from_an_address_is_not_passed_by_another_who_has_it(lot: int) -> None:
    """What stops everything stops it whatever the other says; what stops some messages is no laxer than if
    they had said it."""
    dice = Random(SEED + 1000 + lot)
    stopped = 0
    for _ in range(PER_TEST):
        at = BEGIN + timedelta(minutes=dice.randint(0, 120 * 1440))
        plain = facts_of(dice, at)
        plain = replace(plain, proposal=replace(plain.proposal, address=ADDRESS, category="collection"))
        where = whereabouts(evidence_of(dice, dice.choice(homes())))
        reason, standing = said_by_another(dice, plain, at)
        lifting = lifted_by_this_one(dice, at)
        facts = replace(plain, events=(*plain.events, *standing, *lifting))
        policies = bound(where, facts, at).policies
        verdict = judged(policies, where, facts, at)
        world = (reason, at, facts, verdict)
        if reason in STOPPING:
            assert is_stopped(verdict), world
            stopped += 1
            continue
        unheard = judged(policies, where, replace(plain, events=(*plain.events, *lifting)), at)
        assert not is_laxer(verdict, unheard), world
        own = Event(type=reason.value, at=standing[0].at, event_id="own", recorded=standing[0].recorded)
        by_themselves = judged(policies, where, replace(plain, events=(*plain.events, own)), at)
        if is_stopped(by_themselves):
            assert is_stopped(verdict), (*world, by_themselves)
            stopped += 1
    assert stopped > 0.5 * PER_TEST
