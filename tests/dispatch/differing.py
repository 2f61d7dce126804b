"""Ten thousand events of one borrower, no two of them alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from policies.facts import EVENT_TYPES, OUTCOMES
from service.store.events import EventRow

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
"""When they are asked about."""
MANY = 10_000
WAYS = ("debts", "addresses", "dates", "everything")
ALL = "every type"
"""Of no type alone: each of any."""
CHANNELS = ("voice", "sms", "email")
SPOKEN = frozenset({"contact", "opt_out", "opt_in", "consent", "revoke_consent", "inbound"})


def differing_events(of: str, borrower: UUID, apart: timedelta, by: str) -> list[EventRow]:
    """As many of one type as a borrower may have, `apart` from one another: by their debts, by their
    addresses, or by everything; `dates`: the last to be recorded was the first to happen."""
    dice, rows = Random(1), []
    for number in range(MANY):
        type_ = dice.choice(sorted(EVENT_TYPES)) if of == ALL else of
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
