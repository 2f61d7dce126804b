"""Verifies the log where it lies: the entries as an export gives them, that none is numbered beyond the last
checkpoint, step (7), every stored tile of their tree, and (8), that no entry was left without an index.

Of what was archived and dropped the stored hashes take the entries' place, so that every checkpoint that was
kept is held against the whole tree; entries that stay for a legal hold are held against their hashes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import orjson

from service.log.beginning import stated_by
from service.log.export import export, exported
from service.log.verify import Finding, KeptCheckpoint, Report, Verification, check_line
from service.log.verify_checkpoints import StoredCheckpoints
from service.log.verify_tree import HASH_BYTES, WIDTH, TileCheck
from service.store import log_archives, log_sequence, log_tree
from service.store.database import Database
from service.store.log_sequence import ExportedEntry

TILES_AT_ONCE = 64
KEPT_AT_ONCE = 500


async def verify_store(
    database: Database,
    kept: Sequence[KeptCheckpoint],
    progress: Callable[[int], None] = lambda _: None,
    *,
    keys: Sequence[str] = (),
    look: Callable[[bytes], None] = lambda _: None,
) -> Report:
    """Verify everything that the largest of these checkpoints covers. `progress` is called with how many
    entries were looked at since the last call, `look` with each line that holds. `keys` are those
    that sign heads and what is said of archives."""
    size = max((one.size for one in kept), default=0)
    async with database.connection() as connection:
        first = min(await log_archives.first(connection), size)
        stated = stated_by(await log_archives.every(connection), keys) if first else []
        headless = first > 0 and await log_archives.signed_at(connection, first) is None
    if headless:
        return Report(entries=0, size=size, root="", first=first, findings=(_headless(first),))
    verification = Verification([*kept, *(one for one in stated if one.size <= size)])
    heads = StoredCheckpoints(database, keys, first=first)
    await heads.begin()

    def well(line: bytes) -> None:
        heads.hear(line)
        look(line)

    wrong = await _walk(database, verification, heads, (first, size), progress, well)
    report = verification.report()
    if wrong is None and report.holds:
        wrong = await _kept(database, first) or await _uncovered(database) or await _lost(database)
    return report if wrong is None else replace(report, findings=(wrong,))


async def _walk(
    database: Database,
    verification: Verification,
    heads: StoredCheckpoints,
    between: tuple[int, int],
    progress: Callable[[int], None],
    look: Callable[[bytes], None],
) -> Finding | None:
    """Give the verification what was archived, by its hashes, and then the entries; (7) hold the tiles that
    they make, and (11) each checkpoint, against what is stored. What is wrong with those."""
    first, size = between
    tiles = TileCheck()
    async for hashes in _archived(database, first):
        for one in hashes:
            verification.skip(one)
            if verification.size == heads.due and (wrong := await heads.wrong(verification.root())):
                return wrong
        progress(len(hashes))
        if wrong := await _differing(database, [tile for one in hashes for tile in tiles.add(one)]):
            return wrong
    async for chunk in export(database, "jsonl", first=verification.begins, last=size):
        for line in chunk.splitlines():
            if not verification.take(line):
                return None
            progress(1)
            look(line)
            if verification.size == heads.due and (wrong := await heads.wrong(verification.root())):
                return wrong
        rebuilt = [tile for one in verification.hashes for tile in tiles.add(one)]
        verification.hashes.clear()
        if wrong := await _differing(database, rebuilt):
            return wrong
    return await _differing(database, tiles.rest()) if verification.report().holds else None


def _headless(first: int) -> Finding:
    return Finding(index=0, what=f"the log begins at entry {first}, and there is no checkpoint of that size")


async def _archived(database: Database, first: int) -> AsyncIterator[list[bytes]]:
    """The hashes of the entries [0, first), as far as they are stored."""
    for begin in range(0, first, WIDTH * TILES_AT_ONCE):
        numbers = range(begin // WIDTH, min(first, begin + WIDTH * TILES_AT_ONCE - 1) // WIDTH + 1)
        async with database.connection() as connection:
            stored = await log_tree.read_tiles(connection, [(0, number) for number in numbers])
        for number in numbers:
            wanted = min(WIDTH, first - number * WIDTH)
            tile = stored.get((0, number), b"")[: wanted * HASH_BYTES]
            yield [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
            if len(tile) < wanted * HASH_BYTES:
                return  # what is missing is found as an entry that is not there


async def _kept(database: Database, first: int) -> Finding | None:
    """Entries that were archived and stay all the same: each is below the first one and unchanged."""
    begin = 0
    while True:
        async with database.connection() as connection:
            rows = await log_archives.kept(connection, begin, KEPT_AT_ONCE)
            numbers = sorted({row.log_index // WIDTH for row in rows})
            tiles = await log_tree.read_tiles(connection, [(0, number) for number in numbers])
        for row in rows:
            index = row.log_index
            if index >= first:
                return Finding(index=index, what=f"entry {index} is kept apart and was not archived")
            if row.leaf is None:
                return Finding(index=index, what=f"entry {index} was to stay for a legal hold, and is gone")
            line = orjson.dumps(exported(ExportedEntry._make(row), tiles))
            checked = check_line(line, index, index + 1)
            if isinstance(checked, Finding):
                return checked
        if len(rows) < KEPT_AT_ONCE:
            return None
        begin = rows[-1].log_index + 1


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


def wrong_tile(level: int, number: int) -> Finding:
    """What a stored tile that differs means."""
    first = number * WIDTH ** (level + 1)
    return Finding(
        index=first,
        what=f"tile {number} of level {level}, from entry {first} on, is not what its entries give",
    )
