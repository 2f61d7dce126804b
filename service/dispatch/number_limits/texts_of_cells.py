"""The texts of an hour to a number that borrowers of several cells have: each cell keeps to its part of the
bounds, and counts what the others sent within the hour, such as before they shared it.

The other cells are read without a transaction, as for calls (`calls_of_cells.py`). One that is away is not
waited for: its part is its own, and a cell that lives sends on. While a directory is away every new number
counts as every cell's, so that to wait would keep most of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from service.dispatch.number_limits.hourly import ANY, HOUR
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import cells, shared_numbers
from service.store.attempts import AttemptKey
from service.store.hourly_counts import HourlyCount
from service.store.shared_numbers import SharedText


async def texts_elsewhere(
    runtime: Runtime, texts: Sequence[SharedText], at: datetime
) -> dict[AttemptKey, HourlyCount]:
    """By attempt what its number got from the other cells that have it, where any has and can be asked."""
    if runtime.joined is None or not texts:
        return {}
    async with runtime.database.connection() as connection:
        holders = await cells.shared(connection, list({text.number for text in texts}))
    others = sorted({cell for having in holders.values() for cell in having} - {runtime.cell})
    parts = await asyncio.gather(
        *(
            _sent(
                runtime.joined.all[other],
                [text for text in texts if other in holders.get(text.number, ())],
                at,
            )
            for other in others
        )
    )
    found: dict[AttemptKey, HourlyCount] = {}
    for part in parts:
        for key, count in part.items():
            found[key] = count if key not in found else found[key].plus(count)
    return found


async def _sent(other: Runtime, texts: Sequence[SharedText], at: datetime) -> dict[AttemptKey, HourlyCount]:
    try:
        async with other.database.connection() as connection:
            return await shared_numbers.hourly_counts(connection, texts, at=at, since=at - HOUR, most=ANY)
    except Unavailable:
        return {}
