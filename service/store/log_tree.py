"""SQL of the sealed log: sequence, tiles, checkpoints, and the sequencer's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.store.database import Connection, Row

LEADER_LOCK = 0x464F5243
"""Advisory lock of the one sequencer."""

SYSTEM_ID = "SELECT system_identifier::text FROM pg_control_system()"
LAST = "SELECT size, root, note, horizon, system_id, moved, cosignatures FROM log_checkpoints ORDER BY size DESC LIMIT 1"
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())"

LEAF_HASH = "sha256('\\x00'::bytea || convert_to(e.leaf, 'UTF8'))"
"""RFC 6962 §2.1. Made while the entries are read: what is kept for the second reading is a hash and not a leaf."""

_TAKE = """
WITH wanted AS (
    SELECT e.borrower_id, e.entry_id, row_number() OVER (ORDER BY e.transaction_id, e.entry_id) AS turn, {leaf_hash} AS hash
    FROM log_entries e
    WHERE e.transaction_id >= $1::xid8 AND e.transaction_id < $2::xid8{further}
    ORDER BY e.transaction_id, e.entry_id
), placed AS (
    INSERT INTO log_sequence (index, borrower_id, entry_id)
    SELECT $3 + turn - 1, borrower_id, entry_id FROM wanted
)
SELECT hash FROM wanted ORDER BY turn
"""
TAKE = _TAKE.format(leaf_hash=LEAF_HASH, further="")
TAKE_UNSEALED = _TAKE.format(leaf_hash=LEAF_HASH, further=" AND NOT EXISTS (SELECT 1 FROM log_sequence s WHERE s.entry_id = e.entry_id)")
"""After a move: what came from the other cluster bears its transaction ids, and this one reaches the same numbers some day."""

TAKE_MISSING = f"""
WITH wanted AS (
    SELECT e.borrower_id, e.entry_id, row_number() OVER (ORDER BY e.transaction_id, e.entry_id) AS turn, {LEAF_HASH} AS hash
    FROM log_entries e
    WHERE NOT EXISTS (SELECT 1 FROM log_sequence s WHERE s.entry_id = e.entry_id)
      AND e.entry_id <= (SELECT max(entry_id) FROM log_entries)
), placed AS (
    INSERT INTO log_sequence (index, borrower_id, entry_id)
    SELECT $1 + turn - 1, borrower_id, entry_id FROM wanted
)
SELECT hash FROM wanted ORDER BY turn
"""

PART = """
SELECT transaction_id FROM log_entries WHERE transaction_id >= $1::xid8 AND transaction_id < $2::xid8
ORDER BY transaction_id, entry_id OFFSET $3 LIMIT 1
"""

WRITE_TILES = """
INSERT INTO log_tiles (level, tile, hashes) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes
"""

WRITE_CHECKPOINT = """
INSERT INTO log_checkpoints (size, root, note, horizon, system_id, moved) VALUES ($1, $2, $3, $4::xid8, $5, $6)
"""

FIRST_UNCOVERED = """
SELECT min(index) FROM log_sequence WHERE index >= COALESCE((SELECT max(size) FROM log_checkpoints), 0)
"""

CHECKPOINT_OF = "SELECT note, cosignatures FROM log_checkpoints WHERE size = $1 FOR UPDATE"

COSIGN = "UPDATE log_checkpoints SET cosignatures = cosignatures || $2 WHERE size = $1"

CHECKPOINT_UP_TO = "SELECT note FROM log_checkpoints WHERE size <= $1 ORDER BY size DESC LIMIT 1"

MOVE_HORIZON = "UPDATE log_checkpoints SET horizon = $2::xid8, system_id = $3, moved = $4 WHERE size = $1"

EXPORT = """
SELECT s.index, e.at, e.kind, e.actor, e.borrower_id, e.notice_no, e.channel, e.verdict, e.policies, e.leaf
FROM log_sequence s JOIN log_entries e ON e.borrower_id = s.borrower_id AND e.entry_id = s.entry_id
WHERE s.index >= $1 AND s.index < $2 ORDER BY s.index
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the sealed log stands."""

    size: int
    root: bytes
    note: str
    horizon: int
    """Entries of earlier transactions are all sealed."""
    system_id: str
    """The cluster whose transaction ids these are."""
    moved: bool = False
    """The log has moved from another cluster once."""
    cosignatures: str = ""
    """Signature lines of witnesses, which follow the note's own."""


async def lead(connection: Connection) -> bool:
    """Become the leader for as long as the connection lives; False while another one is."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK))


async def fence(connection: Connection) -> bool:
    """Lead to the end of this transaction; False while another session leads. A leader passes.

    A session's lock is no more than a promise: behind a pooler, or after its connection was lost, a leader may go on that is none."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LEADER_LOCK))


async def head(connection: Connection) -> Head | None:
    """The last checkpoint, or None before the first."""
    row = await connection.fetchrow(LAST)
    if row is None:
        return None
    return Head(
        size=row["size"],
        root=row["root"],
        note=row["note"],
        horizon=row["horizon"],
        system_id=row["system_id"],
        moved=row["moved"],
        cosignatures=row["cosignatures"],
    )


async def system_id(connection: Connection) -> str:
    """The identity of the cluster."""
    return str(await connection.fetchval(SYSTEM_ID))


async def horizon(connection: Connection) -> int:
    """Every transaction before this one has ended."""
    return int(await connection.fetchval(HORIZON))


async def part(connection: Connection, since: int, until: int, most: int) -> int:
    """A horizon up to `until` that leaves about `most` entries below it, never splitting a transaction."""
    found = await connection.fetchval(PART, since, until, most)
    if found is None:
        return until
    return max(int(found), since + 1)


async def take(connection: Connection, since: int, until: int, first: int, *, moved: bool) -> list[bytes]:
    """Give the entries of finished transactions their indexes; returns their leaf hashes in order."""
    return [row["hash"] for row in await connection.fetch(TAKE_UNSEALED if moved else TAKE, since, until, first)]


async def take_missing(connection: Connection, first: int) -> list[bytes]:
    """The same for every entry without an index: after a move to another cluster, whose transaction ids tell nothing."""
    return [row["hash"] for row in await connection.fetch(TAKE_MISSING, first)]


async def read_tile(connection: Connection, level: int, tile: int) -> bytes:
    """The hashes of a tile; empty where there is none."""
    found: bytes | None = await connection.fetchval("SELECT hashes FROM log_tiles WHERE level = $1 AND tile = $2", level, tile)
    return found or b""


async def read_tiles(connection: Connection, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Several tiles at once."""
    rows = await connection.fetch(
        "SELECT level, tile, hashes FROM log_tiles WHERE (level, tile) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))",
        [level for level, _ in wanted],
        [tile for _, tile in wanted],
    )
    return {(row["level"], row["tile"]): row["hashes"] for row in rows}


async def write_tiles(connection: Connection, tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Store changed tiles."""
    keys = sorted(tiles)
    await connection.execute(WRITE_TILES, [key[0] for key in keys], [key[1] for key in keys], [tiles[key] for key in keys])


async def write_checkpoint(connection: Connection, one: Head) -> None:
    """Store a new checkpoint."""
    await connection.execute(WRITE_CHECKPOINT, one.size, one.root, one.note, one.horizon, one.system_id, one.moved)


async def move_horizon(connection: Connection, size: int, until: int, system: str, *, moved: bool) -> None:
    """Note that everything before `until` is sealed although nothing was added."""
    await connection.execute(MOVE_HORIZON, size, until, system, moved)


async def first_uncovered(connection: Connection) -> int | None:
    """The first entry that has an index which no checkpoint covers; None where there is none."""
    index: int | None = await connection.fetchval(FIRST_UNCOVERED)
    return index


async def checkpoint_of(connection: Connection, size: int) -> tuple[str, str] | None:
    """The note and the cosignatures of the checkpoint of exactly this size, held to the end of the transaction."""
    row = await connection.fetchrow(CHECKPOINT_OF, size)
    return None if row is None else (row["note"], row["cosignatures"])


async def cosign(connection: Connection, size: int, line: str) -> None:
    """Add a witness's signature line, its newline included. The caller holds the checkpoint."""
    await connection.execute(COSIGN, size, line)


async def checkpoint_up_to(connection: Connection, size: int) -> str | None:
    """The note of the largest checkpoint of at most `size` entries."""
    note: str | None = await connection.fetchval(CHECKPOINT_UP_TO, size)
    return note


async def export_page(connection: Connection, first: int, last: int) -> list[Row]:
    """Sealed entries [first, last), in the order of their index."""
    rows: list[Row] = await connection.fetch(EXPORT, first, last)
    return rows
