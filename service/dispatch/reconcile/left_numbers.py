"""Takes the cell that borrowers have left out of the directory of numbers, where nobody of it has their
numbers any more. Until then it counts as having them: the bounds of such a number are divided among too many,
which delays and never harms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from service.dispatch.number_limits.directory import enter
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.store import cell_moves, cell_rows, cells
from service.store.cell_moves import Move

CACHED_SECONDS = 5.0
"""Longer than any process knows an old map, and what it knew of the directory with it."""
AT_A_TIME = 1000


async def leave_directory(runtime: Runtime, move: Move, *, pause: float = CACHED_SECONDS) -> int:
    """After a move: how many numbers its source is not listed with any more. Raises Unavailable where a cell
    is away."""
    source, target = runtime.cells.all[move.source], runtime.cells.all[move.target]
    await asyncio.sleep(pause)
    left: list[bytes] = []
    for bucket in move.buckets:
        after = b""
        while True:
            async with target.database.connection() as connection:
                digests = await cell_rows.numbers(connection, bucket, after, AT_A_TIME)
            if not digests:
                break
            left += await _leave(runtime, source, digests)
            after = digests[-1]
    if left:
        await asyncio.sleep(pause)  # who looked in the directory before, and stores one of them only now
    again: set[bytes] = set()
    for start in range(0, len(left), AT_A_TIME):
        again |= await _held(source, left[start : start + AT_A_TIME])
    if again:
        source.entered.difference_update(again)
        await enter(source, again)
    async with runtime.home.transaction() as connection:
        await cell_moves.note_tidied(connection, move.move_no, runtime.clock.now())
    return len(left) - len(again)


async def _leave(runtime: Runtime, source: Runtime, digests: Sequence[bytes]) -> list[bytes]:
    left = sorted(set(digests) - await _held(source, digests))
    by_directory: dict[int, list[bytes]] = {}
    for digest in left:
        by_directory.setdefault(runtime.cells.of_digest(digest).cell, []).append(digest)
    for cell, some in by_directory.items():
        async with runtime.cells.all[cell].database.transaction() as connection:
            await cells.unregister(connection, some, source.cell)

    async def unshare(one: Runtime) -> None:
        async with one.database.transaction() as connection:
            await cells.unshare(connection, left, source.cell)

    if left:
        await each(runtime, unshare)
        source.entered.difference_update(left)
    return left


async def _held(source: Runtime, digests: Sequence[bytes]) -> set[bytes]:
    async with source.database.connection() as connection:
        return await cell_rows.held(connection, digests)
