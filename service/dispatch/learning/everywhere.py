"""What is known of a policy's rounds, over every cell: rounds are counted where their borrowers are, and
learned from together at home."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.store import choices, disparity, feeds
from service.store.choices import CellRow, Matured
from service.store.disparity import DisparityRow

_KEYS = CellRow._fields.index("rounds")
_TRAIT = DisparityRow._fields.index("rounds")


async def counts(runtime: Runtime, creditor: str, policy: str) -> list[CellRow]:
    """The counts of all weeks, in their order. Raises Unavailable where a cell is away, as all of these do:
    what lacks one would be learned from as if it were whole."""

    async def of_cell(cell: Runtime) -> list[CellRow]:
        async with cell.database.connection() as connection:
            return await choices.cells(connection, creditor, policy, date.min, date.max)

    return sorted(CellRow(*row) for row in _summed(await each(runtime, of_cell), _KEYS))


async def traits(
    runtime: Runtime, creditor: str, policy: str, since: datetime, until: datetime
) -> list[DisparityRow]:
    """The rounds of [since, until) by a trait of their borrowers."""

    async def of_cell(cell: Runtime) -> list[DisparityRow]:
        async with cell.database.connection() as connection:
            return await disparity.disparity(connection, creditor, policy, since, until)

    return [DisparityRow(*row) for row in _summed(await each(runtime, of_cell), _TRAIT)]


def _summed(parts: Sequence[Sequence[tuple[Any, ...]]], keys: int) -> Iterable[tuple[Any, ...]]:
    """Rows of several cells as one: the first `keys` fields say which are alike, the others are added."""
    if len(parts) == 1:
        return parts[0]
    sums: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in (row for part in parts for row in part):
        key, counts = row[:keys], row[keys:]
        known = sums.get(key)
        sums[key] = counts if known is None else tuple(map(operator.add, known, counts))
    return [(*key, *found) for key, found in sums.items()]


async def matured(
    runtime: Runtime, creditor: str, policy: str, since: datetime, until: datetime
) -> list[Matured]:
    """The rounds of [since, until) whose time is over."""

    async def of_cell(cell: Runtime) -> list[Matured]:
        async with cell.database.connection() as connection:
            return await choices.matured(connection, creditor, policy, since, until)

    return [row for part in await each(runtime, of_cell) for row in part]


async def pending(runtime: Runtime, creditor: str, policy: str) -> dict[str, int]:
    """How many rounds of each group are not over yet."""

    async def of_cell(cell: Runtime) -> dict[str, int]:
        async with cell.database.connection() as connection:
            return await choices.pending(connection, creditor, policy)

    found: defaultdict[str, int] = defaultdict(int)
    for part in await each(runtime, of_cell):
        for group, number in part.items():
            found[group] += number
    return dict(found)


async def feed_is_alive(runtime: Runtime, creditor: str, since: datetime) -> bool:
    """Whether a payment of any borrower of a creditor was recorded since then."""

    async def of_cell(cell: Runtime) -> bool:
        async with cell.database.connection() as connection:
            return await feeds.alive(connection, creditor, since)

    return any(await each(runtime, of_cell))
