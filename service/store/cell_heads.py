"""SQL about the heads of the cells' logs, as home noted them last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

HEADS_LOCK = 0x464F5248
"""Advisory lock: one process at a time notes heads."""
TURN = f"SELECT pg_try_advisory_xact_lock({own_key('$1::bigint')})"


class CellHead(NamedTuple):
    """Where the log of a cell stood."""

    cell: int
    origin: str
    size: int
    root: bytes
    at: datetime
    """When it was read; of a cell that is away, long ago."""


KNOWN = Query(CellHead, "SELECT cell, origin, size, root, at FROM cell_heads ORDER BY cell")
KEEP = """
INSERT INTO cell_heads (cell, origin, size, root, at)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::bigint[], $4::bytea[], $5::timestamptz[])
ON CONFLICT (cell) DO UPDATE
SET origin = EXCLUDED.origin, size = EXCLUDED.size, root = EXCLUDED.root, at = EXCLUDED.at
"""


async def turn(connection: Connection) -> bool:
    """Whether this transaction may note heads; one at a time."""
    return bool(await connection.fetchval(TURN, HEADS_LOCK))


async def known(connection: Connection) -> list[CellHead]:
    """The heads that were noted last, by cell."""
    return await KNOWN.all(connection)


async def keep(connection: Connection, heads: Sequence[CellHead]) -> None:
    """Note heads."""
    await connection.execute(KEEP, *(list(column) for column in zip(*heads, strict=True)))
