"""Ten thousand events of one borrower that all differ, of each type and of all of them: few are read."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from random import Random
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES
from service.log.facts_codec import encode_facts
from service.store import events, repeats, standing
from tests.dispatch.differing import ALL, AT, WAYS, differing_events
from tests.dispatch.test_standing import asked, read
from tests.lines_run import lines_run

FEW = 450
LINES = 90_000
"""Run to judge them and to write them down."""
KINDS = [ALL, *(one for one in EVENT_TYPES if one not in standing.ELSEWHERE)]
"""Contacts and direct consents are held to it by `tests/dispatch/test_ranks.py`."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "of", [pytest.param(of, marks=() if of == ALL else pytest.mark.slow) for of in KINDS]
)
async def test_no_decision_takes_longer_for_ten_thousand_of_any_type(api, of):
    """No more than some hundreds are read, judged and written down. `python -m benchmarks crowded` says what
    that takes."""
    every = tuple(api.runtime.in_force.policies(AT).values())
    names = {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    bound = tuple(one for one in every if one.name in names)
    for number, by in enumerate(WAYS):
        borrower = UUID(int=7 + number)
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, differing_events(of, borrower, timedelta(minutes=50), by))
            await repeats.compact(connection, [borrower])
        facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
        assert len(facts.events) < FEW, by
        assert (
            lines_run(partial(decide, bound, facts, AT)) + lines_run(partial(encode_facts, facts)) < LINES
        ), by
