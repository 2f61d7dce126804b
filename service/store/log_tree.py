"""SQL of the sequenced log: tiles, checkpoints, and the sequencer's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

LEADER_LOCK = 0x464F5243
"""Advisory lock of the one sequencer."""
LEAD = f"SELECT pg_try_advisory_lock({own_key('$1::bigint')})"
TRANSACTION_ID = "SELECT pg_current_xact_id()::text::bigint FROM alembic_version"
"""The table of one row is for a coordinator: it asks the server that has it."""
FENCE = f"SELECT pg_try_advisory_xact_lock({own_key('$1::bigint')})"

WRITE_TILES = """
INSERT INTO log_tiles (level, tile, hashes) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes
"""

WRITE_CHECKPOINT = """
INSERT INTO log_checkpoints (size, root, note) VALUES ($1, $2, $3)
"""


COSIGN = "UPDATE log_checkpoints SET cosignatures = cosignatures || $2 WHERE size = $1"

CHECKPOINT_UP_TO = "SELECT note FROM log_checkpoints WHERE size <= $1 ORDER BY size DESC LIMIT 1"


class Head(NamedTuple):
    """Where the sequenced log stands."""

    size: int
    root: bytes
    note: str
    cosignatures: str = ""
    """Signature lines of witnesses, which follow the note's own."""


LAST = Query(
    Head,
    "SELECT size, root, note, cosignatures FROM log_checkpoints ORDER BY size DESC LIMIT 1",
)


class SignedNote(NamedTuple):
    """A checkpoint's note, and the signature lines of witnesses."""

    note: str
    cosignatures: str


CHECKPOINT_OF = Query(SignedNote, "SELECT note, cosignatures FROM log_checkpoints WHERE size = $1 FOR UPDATE")


async def lead(connection: Connection) -> bool:
    """Become the leader for as long as the connection lives; False while another one is."""
    return bool(await connection.fetchval(LEAD, LEADER_LOCK))


async def resign(connection: Connection) -> None:
    """Lead no more; gives back every lock of the session."""
    await connection.execute("SELECT pg_advisory_unlock_all()")


async def fence(connection: Connection) -> bool:
    """Lead to the end of this transaction; False while another session leads. A leader passes.

    A session's lock is no more than a promise: behind a pooler, or after its connection was lost, a leader
    may go on that is none."""
    return bool(await connection.fetchval(FENCE, LEADER_LOCK))


async def head(connection: Connection) -> Head | None:
    """The last checkpoint, or None before the first."""
    return await LAST.first(connection)


async def transaction_id(connection: Connection) -> int:
    """The id of the transaction that is open, on the server that has the tables."""
    return int(await connection.fetchval(TRANSACTION_ID))


async def waits(connection: Connection, transaction: int) -> bool:
    """Whether an entry of this transaction waits for its index."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM log_pending WHERE transaction_id = $1::xid8)", transaction
        )
    )


async def read_tile(connection: Connection, level: int, tile: int) -> bytes:
    """The hashes of a tile; empty where there is none."""
    found: bytes | None = await connection.fetchval(
        "SELECT hashes FROM log_tiles WHERE level = $1 AND tile = $2", level, tile
    )
    return found or b""


async def read_tiles(
    connection: Connection, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Several tiles at once."""
    rows = await connection.fetch(
        "SELECT level, tile, hashes FROM log_tiles "
        "WHERE (level, tile) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))",
        [level for level, _ in wanted],
        [tile for _, tile in wanted],
    )
    return {(row["level"], row["tile"]): row["hashes"] for row in rows}


async def write_tiles(connection: Connection, tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Store changed tiles."""
    keys = sorted(tiles)
    await connection.execute(
        WRITE_TILES, [key[0] for key in keys], [key[1] for key in keys], [tiles[key] for key in keys]
    )


async def write_checkpoint(connection: Connection, one: Head) -> None:
    """Store a new checkpoint."""
    await connection.execute(WRITE_CHECKPOINT, one.size, one.root, one.note)


async def checkpoint_of(connection: Connection, size: int) -> SignedNote | None:
    """The note and the cosignatures of the checkpoint of exactly this size, held to the end of the
    transaction."""
    return await CHECKPOINT_OF.first(connection, size)


async def note_of(connection: Connection, size: int) -> str | None:
    """The note of the checkpoint of this very size with its cosignatures, or None where there is none."""
    note: str | None = await connection.fetchval(
        "SELECT note || cosignatures FROM log_checkpoints WHERE size = $1", size
    )
    return note


async def cosign(connection: Connection, size: int, line: str) -> None:
    """Add a witness's signature line, its newline included. The caller holds the checkpoint."""
    await connection.execute(COSIGN, size, line)


async def checkpoint_up_to(connection: Connection, size: int) -> str | None:
    """The note of the largest checkpoint of at most `size` entries."""
    note: str | None = await connection.fetchval(CHECKPOINT_UP_TO, size)
    return note
