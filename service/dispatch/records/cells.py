"""How each cell is: whether it can be asked, what it holds, how far its log is, and what it still owes the
others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.errors import Unavailable
from service.store import backlog, cells, keyring, log_tree, server_clock
from service.store.schema_version import schema_of


async def cells_status(runtime: Runtime) -> list[dict[str, Any]]:
    """One document for each cell, home first; of one that cannot be asked, why."""
    buckets = await _buckets(runtime)
    return [
        {"cell": one.cell, "buckets": buckets.get(one.cell, 0)}
        | ({"reachable": False, "detail": found.detail} if isinstance(found, Unavailable) else found)
        for one, found in await reachable(runtime, _of_cell)
    ]


async def _buckets(runtime: Runtime) -> dict[int, int]:
    """How many buckets each cell has; the only one has all."""
    if runtime.joined is None:
        return {0: cells.BUCKETS}
    found: dict[int, int] = {}
    async with runtime.home.connection() as connection:
        for row in await cells.bucket_map(connection):
            found[row.cell] = found.get(row.cell, 0) + 1
    return found


async def _of_cell(runtime: Runtime) -> dict[str, Any]:
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
        now = await server_clock.now(connection)
        return {
            "reachable": True,
            "schema": (await schema_of(connection)).revision,
            "borrowers": await keyring.count_data_keys(connection),
            "log_entries": 0 if head is None else head.size,
            "unsequenced": await backlog.unsequenced(connection),
            "owes": [
                {"cell": one.cell, "number": one.number, "for_seconds": round((now - one.oldest) / SECOND)}
                for one in await cells.waiting(connection)
            ],
        }


SECOND = timedelta(seconds=1)
