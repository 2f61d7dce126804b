"""The data keys of borrowers whose entries lie in the log of a cell that they have left: the key went along,
the entries stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from service.dispatch.runtime import Runtime
from service.log.read import FindKeys
from service.store import log_archives


def keys_elsewhere(runtime: Runtime) -> FindKeys | None:
    """Finds keys that this cell has not; None where there is no other."""
    return None if runtime.joined is None else partial(_find, runtime)


async def _find(runtime: Runtime, borrowers: Sequence[UUID]) -> Mapping[UUID, bytes]:
    """Raises Unavailable where a cell is away: what cannot be opened now must not pass for erased."""
    found: dict[UUID, bytes] = {}
    for one, ids in runtime.cells.by_cell(borrowers, lambda borrower: borrower):
        if one.cell != runtime.cell:
            async with one.database.connection() as connection:
                found |= await log_archives.data_keys(connection, ids)
    return found
