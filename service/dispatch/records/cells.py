"""How each cell is: whether it can be asked, what it holds, how far its log is, and what it still owes the
others."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.errors import Unavailable
from service.store import backlog, cell_arrivals, cell_moves, cells, keyring, log_tree, server_clock
from service.store.cell_moves import Move
from service.store.schema_version import schema_of


async def cells_status(runtime: Runtime) -> list[dict[str, Any]]:
    """One document for each cell, home first; of one that cannot be asked, why."""
    buckets = await _buckets(runtime)
    return [
        {"cell": one.cell, "buckets": buckets.get(one.cell, 0)}
        | ({"reachable": False, "detail": found.detail} if isinstance(found, Unavailable) else found)
        for one, found in await reachable(runtime, _of_cell)
    ]


async def moves_status(runtime: Runtime, *, last: int = 10) -> list[dict[str, Any]]:
    """The moves that are not done and the newest that are, the oldest first; how far each is."""
    if runtime.joined is None:
        return []
    async with runtime.home.connection() as connection:
        open_ = await cell_moves.unfinished(connection)
        done = [one for one in await cell_moves.last(connection, last) if one.done_at is not None]
    return [await _of_move(runtime, one) for one in [*reversed(done), *open_]]


async def _of_move(runtime: Runtime, move: Move) -> dict[str, Any]:
    copied, row_count = move.borrowers or 0, move.row_count
    if move.state in {cell_moves.COPYING, cell_moves.CATCHING} and move.target < len(runtime.cells.all):
        with suppress(Unavailable):
            async with runtime.cells.all[move.target].database.connection() as connection:
                here = await cell_arrivals.arrived(connection, move.buckets)
            copied, row_count = here.borrowers, here.row_count
    elif move.state == cell_moves.PLANNED:
        copied, row_count = 0, 0
    stood = None
    if move.stopped_at is not None and move.opened_at is not None:
        stood = round((move.opened_at - move.stopped_at) / SECOND, 3)
    return {
        "move": move.move_no,
        "from": move.source,
        "to": move.target,
        "buckets": len(move.buckets),
        "first_bucket": min(move.buckets),
        "state": move.state,
        "borrowers": move.borrowers,
        "copied": copied,
        "percent": round(100 * min(1.0, copied / move.borrowers)) if move.borrowers else None,
        "rows": row_count,
        "stood_still_seconds": stood,
        "asked_at": move.asked_at,
        "done_at": move.done_at,
    }


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
