"""The sequencer: gives committed entries their contiguous index, extends the tree, signs a checkpoint. One
leader, by a lock.

Database ids are never the index: they commit out of order. What is visible and has no index yet is taken, in
whatever order transactions end: each statement that appends leaves a row in `log_pending`, and a round takes
what it sees there. Sequence, tiles and checkpoint are written in the transaction that empties it: a crash at
any step leaves nothing half-done. The exposure window is the interval: what was committed less than a second
ago is not sequenced yet."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from service.errors import Unavailable
from service.failpoints import reach
from service.log.checkpoint import Checkpoint, sign
from service.log.keys import signing_keys
from service.log.merkle import EMPTY_ROOT, HASH_BYTES, grown_tiles, hash_in_tile, root_of, tile_of
from service.log.origin import signing_name
from service.store import log_contents, log_origins, log_sequence, log_tree
from service.store.database import GONE, Connection, Database
from service.store.log_tree import Head
from service.vault import Vault

log = structlog.get_logger("sequence")

INTERVAL = 0.5
"""Seconds from the beginning of a round to that of the next."""
MOST = 50_000
"""Entries that one round takes, so that a backlog does not make one huge transaction."""


class Sequencer:
    """Sequences entries for as long as it leads; waits for its turn otherwise."""

    def __init__(self, database: Database, vault: Vault, *, interval: float = INTERVAL) -> None:
        """`interval` in seconds."""
        self._database = database
        self._vault = vault
        self._interval = interval

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled."""
        while True:
            try:
                await self._term()
            except (Unavailable, *GONE) as error:
                log.warning("sequence", action="sequence.unavailable", error=type(error).__name__)
            except Exception:
                log.exception("sequence", action="sequence.failed")
            await asyncio.sleep(self._interval)

    async def _term(self) -> None:
        """One term as the leader; ends at once where another one leads."""
        async with self._database.connection() as connection:
            if not await log_tree.lead(connection):
                return
            try:
                await self._lead(connection)
            finally:
                with suppress(Exception):
                    await log_tree.resign(connection)

    async def _lead(self, connection: Connection) -> None:
        """Round after round, each an interval after the last one began: what a round takes does not widen the
        window."""
        loop, behind = asyncio.get_running_loop(), True
        while True:
            due = loop.time() + self._interval
            waits = behind or await log_sequence.waits(connection)
            sequenced = await sequence_once(connection, self._vault) if waits else 0
            if sequenced or behind:
                behind = await note_contents(connection) == MOST
            if sequenced < MOST and not behind:
                await asyncio.sleep(max(0.0, due - loop.time()))


async def sequence_once(connection: Connection, vault: Vault, *, most: int = MOST) -> int:
    """Sequence what is ready, in one transaction; returns how many entries. Raises Unavailable where another
    one leads.

    A leader that slept, or whose lock was lost with its connection, cannot fork the log: this transaction
    holds the lock itself, and should even that fail, an index and the size of a checkpoint exist once."""
    async with connection.transaction():
        if not await log_tree.fence(connection):
            raise Unavailable("another sequencer leads")
        head = await log_tree.head(connection) or Head(size=0, root=EMPTY_ROOT, note="")
        hashes = await log_sequence.take(connection, head.size, most)
        if not hashes:
            return 0
        reach("sequence.taken")
        await _grow(connection, vault, head, hashes)
        reach("sequence.written")
    reach("sequence.committed")
    return len(hashes) // HASH_BYTES


async def note_contents(connection: Connection, *, most: int = MOST) -> int:
    """Note what is in the next entries that have an index, so that filtered readings find them; returns how
    many. Nothing of the log rests on it: what is not noted yet is looked through. Raises Unavailable where
    another sequencer leads."""
    async with connection.transaction():
        if not await log_tree.fence(connection):
            raise Unavailable("another sequencer leads")
        return await log_contents.note(connection, most)


async def _grow(connection: Connection, vault: Vault, head: Head, hashes: bytes) -> None:
    """Extend the tree by the leaves' hashes and sign its new head."""
    edge = {key: await log_tree.read_tile(connection, *key) for key in _edge(head.size)}
    tiles = grown_tiles(head.size, hashes, lambda level, tile: edge.get((level, tile), b""))
    await log_tree.write_tiles(connection, tiles)
    reach("sequence.grown")
    size = head.size + len(hashes) // HASH_BYTES
    known = {**edge, **tiles}
    root = root_of(size, lambda level, index: hash_in_tile(known[tile_of(level, index)], level, index))
    origin, another = await signing_name(connection)
    note = sign(Checkpoint(origin=origin, size=size, root=root), *await signing_keys(connection, vault))
    await log_tree.write_checkpoint(connection, head._replace(size=size, root=root, note=note))
    if another:
        await log_origins.begin(connection, size)


def _edge(size: int) -> list[tuple[int, int]]:
    """The unfinished tiles at the right edge of a tree, one a level, and those that hold its roots."""
    found: list[tuple[int, int]] = []
    level, width = 0, size
    while width:
        found.append((level, width // 256))
        found += [(level, (width - 1) // 256)] if width % 256 == 0 else []
        level, width = level + 1, width // 256
    return found
