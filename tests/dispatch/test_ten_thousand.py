"""Ten thousand events of one borrower that all differ, of every type: a decision reads few of them."""

from __future__ import annotations

import time
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES
from service.log.facts_codec import encode_facts
from service.store import events, repeats, standing
from tests.allowed import allowed
from tests.dispatch.differing import AT, WAYS, differing_events
from tests.dispatch.test_standing import asked, read

FEW = 450
BOUND = 0.1
"""Seconds of the worker's processor time, the quickest of some tries: ten times what it takes."""
KINDS = [one for one in EVENT_TYPES if one not in standing.ELSEWHERE]
"""Contacts and what permits are held to it by `tests/dispatch/test_ranks.py`."""
HARDEST = ("opt_out", "revoke_consent", "bankruptcy")


@pytest.mark.parametrize(
    "of", [pytest.param(of, marks=() if of in HARDEST else pytest.mark.slow) for of in KINDS]
)
async def test_no_decision_takes_longer_for_ten_thousand_of_any_type(api, of):
    """No more than some hundreds are read, judged and written down. `python -m benchmarks crowded` says what
    that takes; by the clock only a decision that reads everything is far beyond the bound."""
    every = tuple(api.runtime.in_force.policies(AT).values())
    names = {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    bound = tuple(one for one in every if one.name in names)
    for number, by in enumerate(WAYS):
        borrower = UUID(int=7 + number)
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, differing_events(of, borrower, timedelta(minutes=50), by))
            await repeats.compact(connection, [borrower])
        took: list[float] = []
        while len(took) < 50 and min(took, default=1.0) >= allowed(BOUND):
            begun = time.process_time()
            facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
            decide(bound, facts, AT)
            encode_facts(facts)
            took.append(time.process_time() - begun)
        assert len(facts.events) < FEW, by
        assert min(took) < allowed(BOUND), by
