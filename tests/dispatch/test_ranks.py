"""A borrower with events about many debts, at many addresses, of many creditors: later ones stand for those
that no rule tells from them, and no verdict is another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from policies.decide import decide
from policies.facts import OUTCOMES, Borrower, Event, Facts, Proposal
from service.dispatch.decide.facts import events_of
from service.dispatch.runtime.in_force import reach_of
from service.log.facts_codec import encode_facts
from service.store import event_names, events, ranks, repeats
from service.store.events import EventRow, Reach
from service.store.ranks import Matter
from tests.dispatch.test_crowded_histories import AT, EVERYTHING, gist, policies, stored
from tests.lines_run import lines_run

CHANNELS = ("voice", "sms", "email")


FIELDS = {
    "debt_ids": 0.9, "discussed": 0.3, "address": 0.8, "account_id": 0.5, "creditor": 0.8,
    "in_response_to": 0.1, "direction": 0.1, "to": 0.05, "wrong_party": 0.05, "requested_by_consumer": 0.1,
    "content_class": 0.1, "address_kind": 0.2, "expires_at": 0.02,
}  # fmt: skip
"""What a contact may say besides, and in how many histories most contacts do; in the others few or none."""


def contact(dice: Random, number: int, wide: int, shape: dict[str, float]) -> dict[str, Any]:
    """What a contact says: of `wide` debts, addresses, accounts and creditors."""

    def one(of: str) -> str:
        return f"{of}{dice.randrange(wide)}"

    values: dict[str, Any] = {
        "debt_ids": [one("d"), one("d")][: dice.randint(1, 2)],
        "discussed": [one("d")],
        "address": one("a"),
        "account_id": one("k"),
        "creditor": one("c"),
        "in_response_to": f"r{dice.randrange(40)}",
        "direction": "in",
        "to": "spouse",
        "wrong_party": True,
        "requested_by_consumer": True,
        "content_class": dice.choice(("reminder", "optout_confirmation")),
        "address_kind": dice.choice(("mobile", "work_phone")),
        "expires_at": (AT + timedelta(days=1)).isoformat(),
    }
    return {name: values[name] for name, share in shape.items() if dice.random() < share} | {
        "ref": f"x{number}"
    }


TYPES = {
    "contact": 60, "inbound": 4, "wrong_number": 1, "consent_call": 1, "revoke_consent": 1, "dispute": 3,
    "opt_out": 1, "opt_in": 1, "payment": 3, "promise_to_pay": 3, "hardship_request": 1, "cease": 1,
    "cease_withdrawn": 1, "attorney": 1, "attorney_withdrawn": 1, "dispute_resolved": 3,
    "hardship_offered": 2, "notice_sent": 2,
}  # fmt: skip


def history(dice: Random, borrower: UUID, count: int) -> list[EventRow]:
    """Contacts that all differ, and what begins, renews, ends and undoes what rules count."""
    minutes, wide = dice.choice((3, 60, 600)), dice.choice((2, 5, 40))
    outcomes, channels = dice.sample([*OUTCOMES], dice.randint(1, 3)), CHANNELS[: dice.randint(1, 3)]
    shape = {one: 1 if dice.random() < often else dice.choice((0, 0, 0.02)) for one, often in FIELDS.items()}
    weights = {**TYPES, "consent_call": dice.choice((0, 0, 1)), "wrong_number": dice.choice((0, 1))}
    rows = []
    for number in range(count):
        at = AT - timedelta(minutes=dice.randint(0, minutes * count))
        type_ = dice.choices(list(weights), list(weights.values()))[0]
        document: dict[str, Any] = {"debt_ids": [f"d{dice.randrange(wide)}"]} if dice.random() < 0.5 else {}
        if type_ == "contact":
            document = contact(dice, number, wide, shape)
        elif type_ == "wrong_number":
            document = {"address": f"a{dice.randrange(wide)}"}
        elif type_ == "inbound":
            document |= {"address": f"a{dice.randrange(wide)}", "ref": f"r{dice.randrange(40)}"}
        told = type_ in {"contact", "inbound", "opt_out", "opt_in"}
        rows.append(
            EventRow(
                borrower_id=borrower,
                event_id=f"e{number}",
                at=at,
                learned_at=at,
                type=type_,
                channel=dice.choice(channels) if told else None,
                outcome=dice.choice(outcomes) if type_ == "contact" else None,
                document=document,
                encrypted=None,
            )
        )
    return rows


MATTER = ("d1", "k1", "c1", ("a1",))


def asked(dice: Random, found: tuple[Event, ...]) -> Facts:
    """A message to this borrower about the first of the debts."""
    return Facts(
        borrower=Borrower(
            zones_by_source={"stated": ("America/New_York",), "phone": ("Asia/Tokyo",)},
            days_past_due=dice.choice((20, 90)),
        ),
        debt_ids=("d1",),
        events=found,
        proposal=Proposal(
            channel=dice.choice(CHANNELS),
            address="a1",
            address_kind=dice.choice((None, "mobile", "work_phone")),
            account_id=dice.choice((None, "k1")),
            creditor="c1",
            category="collection",
            content_class=dice.choice((None, None, "optout_confirmation")),
            in_response_to=dice.choice((None, None, f"r{dice.randrange(40)}")),
        ),
    )


async def read(api: Any, borrower: UUID, reach: Reach, *, plainly: bool = False) -> tuple[Event, ...]:
    """What a decision would look at; `plainly`: everything."""
    matters = None if plainly else [Matter(borrower, *MATTER)]
    async with api.runtime.database.connection() as connection:
        return tuple(events_of(*await events.facts(connection, [borrower], reach, matters), AT)[borrower])


async def compare(api: Any, seed: int, count: int) -> int:
    """Judge one random history by every rule, by some of the policies that ship, and by all together; returns
    how many events were passed over."""
    dice, borrower, passed_over = Random(seed), UUID(int=seed + 1), 0
    rows = history(dice, borrower, count)
    for first in range(0, len(rows), 50):  # some at a time, as they are recorded
        await stored(api, borrower, rows[first : first + 50])
    async with api.runtime.database.transaction() as connection:
        corrected = [row.event_id for row in rows if row.type == "contact" and dice.random() < 0.01]
        if corrected:
            await event_names.correct(connection, [(borrower, one, rows[0].event_id) for one in corrected])
        if dice.random() < 0.8:
            await repeats.compact(connection, [borrower])
    shipped = tuple(api.runtime.in_force.policies(AT).values())
    own = policies()
    whole = await read(api, borrower, EVERYTHING, plainly=True)
    for bound in (*((one,) for one in (*own, *dice.sample(shipped, 10))), own, shipped):
        few = await read(api, borrower, reach_of(bound, AT))
        passed_over += len(whole) - len(few)
        for _ in range(2):
            facts = asked(dice, whole)
            assert gist(decide(bound, facts, AT)) == gist(decide(bound, replace(facts, events=few), AT)), (
                seed,
                bound[0].name,
                facts.proposal,
            )
    return passed_over


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "BEHIND", (2, 7, 1024))
    monkeypatch.setattr(ranks, "STEPS", (2, 7, 12, 33, 1024))


@pytest.mark.slow
async def test_what_later_events_stand_for_changes_no_verdict(api, small_steps):
    assert sum([await compare(api, seed, 300) for seed in range(6)]) > 10_000


@pytest.mark.slow
async def test_what_later_events_stand_for_changes_no_verdict_in_many_worlds(api, small_steps):
    for seed in range(100, 140):
        await compare(api, seed, 400)


MANY = 10_000
LINES = 120_000
"""Run to judge them and to write them down."""
NAMED = sorted(
    ranks.OF_DEBTS - {"bankruptcy", "bankruptcy_dismissed", "hardship_request", "hardship_answered"}
)
"""What the shipped policies ask of one debt at a time."""


def many(of: str, borrower: UUID, apart: timedelta) -> list[EventRow]:
    """As many as a borrower may have, no two of them alike."""
    dice, rows = Random(1), []
    for number in range(MANY):
        type_ = dice.choice(["contact", "contact", *NAMED, "opt_out", "opt_in"]) if of == "mixed" else of
        told: dict[str, Any] = {"debt_ids": [f"d{number}"], "ref": f"x{number}"}
        if type_ in {"consent", "inbound"} or of == "opt_in":
            told = {"address": f"a{number}", "ref": f"x{number}"}
        elif type_ == "consent_call":
            told |= {"given_to": "collector"}
        elif type_ == "contact":
            told |= {"address": f"a{number}", "account_id": f"k{number}", "creditor": f"c{number}"}
        elif type_ in {"opt_out", "opt_in"}:
            told = {"ref": f"x{number}"}
        rows.append(
            EventRow(
                borrower_id=borrower,
                event_id=f"e{number}",
                at=AT - apart * (MANY - number),
                learned_at=AT,
                type=type_,
                channel=dice.choice(CHANNELS) if "debt_ids" not in told or type_ == "contact" else None,
                outcome=dice.choice(OUTCOMES[:4]) if type_ == "contact" else None,
                document=told,
                encrypted=None,
            )
        )
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("apart", [timedelta(seconds=30), timedelta(hours=4)], ids=["days", "years"])
@pytest.mark.parametrize("of", ["contact", "mixed", "consent", "consent_call", "inbound", "opt_in", *NAMED])
async def test_no_decision_takes_longer_for_ten_thousand_events_that_all_differ(api, of, apart):
    """No more than some hundreds are read, judged and written down (`python -m benchmarks crowded`)."""
    borrower = UUID(int=7)
    async with api.runtime.database.transaction() as connection:
        await events.insert_events(connection, many(of, borrower, apart))
        await repeats.compact(connection, [borrower])
    every = tuple(api.runtime.in_force.policies(AT).values())
    names = {"house-strict", "us-reg-f", "us-tcpa", "us-ma-940cmr7"}
    bound = tuple(one for one in every if one.name in names)
    facts = asked(Random(1), await read(api, borrower, api.runtime.in_force.reach(AT)))
    assert len(facts.events) < 450
    assert lines_run(lambda: (decide(bound, facts, AT), encode_facts(facts))) < LINES
