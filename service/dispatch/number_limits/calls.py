"""How often one number is called within a day, whoever has it and whatever became of the calls.

A busy line, a network that fails, a phone that is switched off: none of them counts as a contact, so that no
cap ends the tries. This bound does. It holds beside every policy and for every category. The sandbox's magic
numbers are anybody's: there it holds for each borrower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from service.store.attempts import AttemptKey
from service.store.calls import Call, last_calls
from service.store.database import Connection

MOST_CALLS = 3
DAY = timedelta(hours=24)
REASON = f"this number was called {MOST_CALLS} times within 24 hours"


class Divided(NamedTuple):
    """What other cells leave of a number's calls, where borrowers of several have it."""

    part: int
    """How many of the day's calls this cell may place."""
    placed: Sequence[datetime]
    """When the others placed theirs."""


_NONE: Mapping[bytes, Divided] = MappingProxyType({})
_ALONE = Divided(MOST_CALLS, ())


async def too_many_calls(
    connection: Connection, calls: Sequence[Call], at: datetime, divided: Mapping[bytes, Divided] = _NONE
) -> dict[AttemptKey, datetime]:
    """Of calls about to be placed, those that must wait, and until when. The caller is alone with the
    numbers, and what is let through counts for those after it."""
    dialed = await last_calls(connection, calls, at=at, within=DAY, most=MOST_CALLS)
    placed: dict[tuple[bytes, object], list[datetime]] = {}
    waits: dict[AttemptKey, datetime] = {}
    for call, before in zip(calls, dialed, strict=True):
        mine = placed.setdefault((call.number, call.holder), [])
        others = _ALONE if call.holder is not None else divided.get(call.number, _ALONE)
        until = _until([*mine, *before], others, at)
        if until is not None:
            waits[call.key] = until
        else:
            mine.append(at)
    return waits


def _until(own: Sequence[datetime], others: Divided, at: datetime) -> datetime | None:
    """Until when a call waits, where this cell's part or the number's whole is used up within the day before
    it."""
    bounds = [(list(own), others.part)]
    if others.placed:
        bounds.append((sorted([*own, *others.placed], reverse=True), MOST_CALLS))
    waits = [min(placed[:most], default=at) + DAY for placed, most in bounds if len(placed) >= most]
    return max(waits, default=None)
