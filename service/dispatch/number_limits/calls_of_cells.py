"""The calls of a day to a number that borrowers of several cells have: each cell keeps to its part of them,
and counts what the others placed within the day, such as before they shared it.

The parts alone are never more than the bound, whoever dials at one instant; the other cells are read without
a transaction. One that cannot be asked may have placed all of them: the call waits, and is looked at
again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.dispatch.number_limits.calls import DAY, MOST_CALLS, Divided
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import cells
from service.store.calls import Call, last_calls

AGAIN_IN = timedelta(hours=1)
"""When a call is looked at again that waits for a cell that is away."""


def part(holders: Sequence[int], cell: int) -> int:
    """How many of the day's calls are one cell's; the parts are all of them together, and a fourth cell has
    none."""
    ranks = sorted({*holders, cell})
    return MOST_CALLS // len(ranks) + (ranks.index(cell) < MOST_CALLS % len(ranks))


async def divided_calls(runtime: Runtime, calls: Sequence[Call], at: datetime) -> dict[bytes, Divided]:
    """Of the numbers of calls, those that borrowers of several cells have."""
    if runtime.joined is None:
        return {}
    by_number = {call.number: call for call in calls if call.holder is None}
    if not by_number:
        return {}
    async with runtime.database.connection() as connection:
        holders = await cells.shared(connection, list(by_number))
    return {
        number: Divided(
            part(having, runtime.cell),
            [
                when
                for one in having
                if one != runtime.cell
                for when in await _placed(runtime.joined.all[one], by_number[number], at)
            ],
        )
        for number, having in holders.items()
    }


async def _placed(other: Runtime, call: Call, at: datetime) -> Sequence[datetime]:
    """When another cell called the number within the day."""
    try:
        async with other.database.connection() as connection:
            [found] = await last_calls(connection, [call], at=at, within=DAY, most=MOST_CALLS)
    except Unavailable:
        return [at - DAY + AGAIN_IN] * MOST_CALLS
    return found
