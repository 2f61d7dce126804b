"""Ten thousand events of one borrower that all differ, of every type: a decision takes milliseconds."""

from __future__ import annotations

import time
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import EVENT_TYPES, OUTCOMES
from service.log.facts_codec import encode_facts
from service.store import events, repeats, standing
from service.store.events import EventRow
from tests.dispatch.test_crowded_histories import AT
from tests.dispatch.test_ranks import CHANNELS
from tests.dispatch.test_standing import asked, read

MANY, BOUND = 10_000, 0.010
"""Events of a borrower, and seconds of the worker's processor time: the quickest of some tries, since beside
other work it doubles."""


def differing_events(of: str, borrower: UUID, apart: timedelta, by: str) -> list[EventRow]:
    """As many as a borrower may have, no two of them alike: by their debts, or by everything else."""
    dice, rows = Random(1), []
    for number in range(MANY):
        type_ = of
        document: dict[str, Any] = {"ref": f"x{number}"}
        if by in {"debts", "everything"}:
            document["debt_ids"] = [f"d{number}"]
        if by in {"addresses", "everything"}:
            document |= {"address": f"a{number}", "scope": "address"}
        if by == "everything":
            document |= {"creditor": f"c{number}", "account_id": f"k{number}", "topic": f"t{number}"}
            document["until"] = (AT + timedelta(days=number)).date().isoformat()
        if type_ == "designation":
            document["inconvenient"] = [{"from": f"{number // 60 % 24:02}:{number % 60:02}", "to": "23:59"}]
        elif type_ == "rnd_check":
            document["result"] = dice.choice(("reassigned", "not_reassigned"))
        elif type_ == "agreed_hours":
            document |= {"from": f"{number // 60 % 12:02}:{number % 60:02}", "to": "23:59"}
        rows.append(
            EventRow(
                borrower_id=borrower,
                event_id=f"e{number}",
                at=AT - apart * (MANY - number) if by != "dates" else AT - apart * (number + 1),
                learned_at=AT,
                type=type_,
                channel=dice.choice(CHANNELS) if type_ in SPOKEN else None,
                outcome=dice.choice(OUTCOMES[:4]) if type_ == "contact" else None,
                document=document,
                encrypted=None,
            )
        )
    return rows


SPOKEN = frozenset({"contact", "opt_out", "opt_in", "consent", "revoke_consent", "inbound"})
KINDS = [one for one in EVENT_TYPES if one not in standing.ELSEWHERE]
"""Contacts and what permits are held to it by `tests/dispatch/test_ranks.py`."""
WAYS = ("debts", "addresses", "dates", "everything")
HARDEST = ("opt_out", "revoke_consent", "bankruptcy")


@pytest.mark.parametrize(
    "of", [pytest.param(of, marks=() if of in HARDEST else pytest.mark.slow) for of in KINDS]
)
async def test_no_decision_takes_longer_for_ten_thousand_of_any_type(api, of):
    """Reading, deciding and writing down what it was decided on, in processor time of the worker; `dates`:
    the last to be recorded was the first to happen."""
    every = tuple(api.runtime.in_force.policies(AT).values())
    names = {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    bound = tuple(one for one in every if one.name in names)
    for number, by in enumerate(WAYS):
        borrower = UUID(int=7 + number)
        async with api.runtime.database.transaction() as connection:
            await events.insert_events(connection, differing_events(of, borrower, timedelta(minutes=50), by))
            await repeats.compact(connection, [borrower])
        took: list[float] = []
        while len(took) < 50 and min(took, default=1.0) >= BOUND:
            begun = time.process_time()
            facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
            decide(bound, facts, AT)
            encode_facts(facts)
            took.append(time.process_time() - begun)
        assert len(facts.events) < 450, by
        assert min(took) < BOUND, by
