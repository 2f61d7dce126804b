"""How often one number is called within a day, whoever has it and whatever became of the calls.

A busy line, a network that fails, a phone that is switched off: none of them counts as a contact, so that no
cap ends the tries. This bound does. It holds beside every policy and for every category. The sandbox's magic
numbers are anybody's: there it holds for each borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.store.attempts import AttemptKey
from service.store.calls import Call, last_calls
from service.store.database import Connection

MOST_CALLS = 3
DAY = timedelta(hours=24)
REASON = f"this number was called {MOST_CALLS} times within 24 hours"


async def too_many_calls(
    connection: Connection, calls: Sequence[Call], at: datetime
) -> dict[AttemptKey, datetime]:
    """Of calls about to be placed, those that must wait, and until when. The caller is alone with the
    numbers, and what is let through counts for those after it."""
    dialed = await last_calls(connection, calls, at=at, within=DAY, most=MOST_CALLS)
    placed: dict[tuple[bytes, object], list[datetime]] = {}
    waits: dict[AttemptKey, datetime] = {}
    for call, before in zip(calls, dialed, strict=True):
        mine = placed.setdefault((call.number, call.holder), [])
        latest = [*mine, *before][:MOST_CALLS]
        if len(latest) == MOST_CALLS:
            waits[call.key] = min(latest) + DAY
        else:
            mine.append(at)
    return waits
