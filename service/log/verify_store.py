"""Verifies the log where it lies: the entries as an export gives them, that none is numbered beyond the last
checkpoint, step (7), every stored tile of their tree, and (8), that no entry was left without an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from service.log.export import export
from service.log.verify import Finding, KeptCheckpoint, Report, TileCheck, Verification, wrong_tile
from service.store import log_sequence, log_tree
from service.store.database import Database


async def verify_store(
    database: Database,
    kept: Sequence[KeptCheckpoint],
    progress: Callable[[int], None] = lambda _: None,
    *,
    look: Callable[[bytes], None] = lambda _: None,
) -> Report:
    """Verify everything that the largest of these checkpoints covers. `progress` is called with how many
    entries were looked at since the last call, `look` with each line that holds."""
    size = max((one.size for one in kept), default=0)
    verification, tiles = Verification(kept), TileCheck()
    async for chunk in export(database, "jsonl", last=size):
        for line in chunk.splitlines():
            if not verification.take(line):
                return verification.report()
            look(line)
            progress(1)
        rebuilt = [tile for one in verification.hashes for tile in tiles.add(one)]
        verification.hashes.clear()
        if (wrong := await _differing(database, rebuilt)) is not None:
            return replace(verification.report(), findings=(wrong,))
    report = verification.report()
    if not report.holds:
        return report
    wrong = await _differing(database, tiles.rest()) or await _uncovered(database) or await _lost(database)
    return report if wrong is None else replace(report, findings=(wrong,))


async def _uncovered(database: Database) -> Finding | None:
    """(6) A round numbers entries and signs the checkpoint that covers them in one transaction: a number
    beyond it was added."""
    async with database.connection() as connection:
        first = await log_sequence.first_uncovered(connection)
    if first is None:
        return None
    return Finding(
        index=first,
        what=f"entry {first} and what follows are covered by no checkpoint: they may have been added",
    )


async def _lost(database: Database) -> Finding | None:
    """(8) An entry has an index, or it waits for one: it is queued in the transaction that appends it."""
    async with database.connection() as connection:
        count, first = await log_sequence.lost(connection)
    if not count:
        return None
    return Finding(
        index=None,
        what=f"{count} {'entry has' if count == 1 else 'entries have'} no index and wait for none, the "
        f"first is"
        f" row {first} of log_entries: written past the log, or taken out of its order",
    )


async def _differing(database: Database, rebuilt: Sequence[tuple[int, int, bytes]]) -> Finding | None:
    """The first of these tiles that is stored otherwise; one at the edge may have grown meanwhile."""
    if not rebuilt:
        return None
    async with database.connection() as connection:
        stored = await log_tree.read_tiles(connection, [(level, number) for level, number, _ in rebuilt])
    for level, number, hashes in rebuilt:
        if not stored.get((level, number), b"").startswith(hashes):
            return wrong_tile(level, number)
    return None
