"""Facts to JSON and back: a decision's entry holds what it looked at, so that it can be taken again years later."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from policies.facts import Borrower, Event, Facts, Proposal

_PROPOSAL = tuple(field.name for field in fields(Proposal))
_PLAIN = tuple(field.default for field in fields(Proposal))
_values = attrgetter(*_PROPOSAL)


def encode_facts(facts: Facts) -> dict[str, Any]:
    """The JSON form; plain values are left out."""
    borrower = facts.borrower
    return {
        "borrower": {
            "zones": {source: list(names) for source, names in borrower.zones_by_source.items()},
            "groups": [list(group) for group in borrower.debt_groups],
            "dpd": borrower.days_past_due,
            "jurisdiction": borrower.jurisdiction,
            "area": borrower.phone_area_code,
            **_place(borrower),
        },
        "debts": list(facts.debt_ids),
        "events": [{"at": event.at.isoformat(), **event.to_document()} for event in facts.events],
        "holidays": sorted(day.isoformat() for day in facts.holidays),
        "proposal": {
            name: value
            for name, value, plain in zip(_PROPOSAL, _values(facts.proposal), _PLAIN, strict=True)
            if value is not plain and value != plain
        },
    }


def _place(borrower: Borrower) -> dict[str, Any]:
    """What the evidence of place does not agree on, where it does not."""
    if not borrower.place_warnings and borrower.place_held is None:
        return {}
    return {"place": {"warnings": list(borrower.place_warnings), "held": borrower.place_held}}


def decode_facts(document: dict[str, Any]) -> Facts:
    """The facts that `encode_facts` wrote."""
    borrower = document["borrower"]
    return Facts(
        borrower=Borrower(
            zones_by_source={source: tuple(names) for source, names in borrower["zones"].items()},
            debt_groups=tuple(tuple(group) for group in borrower["groups"]),
            days_past_due=borrower["dpd"],
            jurisdiction=borrower["jurisdiction"],
            phone_area_code=borrower["area"],
            place_warnings=tuple(borrower.get("place", {}).get("warnings", ())),
            place_held=borrower.get("place", {}).get("held"),
        ),
        debt_ids=tuple(document["debts"]),
        events=tuple(
            Event.from_document(
                {name: value for name, value in one.items() if name != "at"},
                at=datetime.fromisoformat(one["at"]),
            )
            for one in document["events"]
        ),
        proposal=_proposal(document["proposal"]),
        holidays=frozenset(date.fromisoformat(day) for day in document["holidays"]),
    )


def _proposal(document: dict[str, Any]) -> Proposal:
    """The message; what its text carries is a list in JSON."""
    elements = document.get("elements")
    return Proposal(**{**document, "elements": None if elements is None else tuple(elements)})
