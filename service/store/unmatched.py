"""SQL about messages from addresses that no borrower has: kept encrypted, listed, and alarmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection, rows_changed
from service.store.query import Query


class Unmatched(NamedTuple):
    """A message that nobody has."""

    message_id: str
    channel: str
    digest: bytes
    """Of the address that it came from."""
    provider: str
    ref: str
    """The provider's id."""
    received_at: datetime
    taken_for: str
    encrypted: bytes
    """The address and the words, encrypted."""


COLUMNS = ", ".join((*Unmatched._fields[:-1], "sealed"))

KEEP = f"""
INSERT INTO unmatched_messages ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (provider, ref)
DO NOTHING
"""

LIST = Query(
    Unmatched,
    f"""
SELECT {COLUMNS} AS encrypted FROM unmatched_messages
WHERE ($1::timestamptz IS NULL OR (received_at, message_id) < ($1, $2::text))
  AND ($4::timestamptz IS NULL OR received_at > $4)
ORDER BY received_at DESC, message_id DESC LIMIT $3
""",
)
LIST_OF = Query(Unmatched, LIST.sql.replace("WHERE ", "WHERE digest = $5 AND "))
"""Of one address."""

FORGET = """
DELETE FROM unmatched_messages
WHERE message_id IN (SELECT message_id FROM unmatched_messages WHERE received_at < $1
ORDER BY received_at, message_id LIMIT $2
                     FOR UPDATE SKIP LOCKED)
"""
"""Two workers that forget at once take different ones."""

COUNT_BEFORE = "SELECT count(*) FROM unmatched_messages WHERE received_at < $1"

KNOWN = "SELECT true FROM unmatched_messages WHERE provider = $1 AND ref = $2"

COUNT = "SELECT count(*) FROM (SELECT 1 FROM unmatched_messages WHERE received_at > $1 LIMIT 10000) m"


async def keep(connection: Connection, row: Unmatched) -> bool:
    """Keep a message; False when it was kept before."""
    tag = await connection.execute(KEEP, *row)
    return bool(str(tag).endswith("1"))


async def is_known(connection: Connection, provider: str, ref: str) -> bool:
    """Whether a message is kept already."""
    return bool(await connection.fetchval(KNOWN, provider, ref))


async def page(
    connection: Connection,
    *,
    digest: bytes | None,
    after: tuple[datetime, str] | None,
    limit: int,
    since: datetime | None = None,
) -> Sequence[Unmatched]:
    """Messages, the newest first."""
    place = (*(after or (None, None)), limit, since)
    return await (LIST.all(connection, *place) if digest is None else LIST_OF.all(connection, *place, digest))


async def count_since(connection: Connection, since: datetime) -> int:
    """How many came since an instant; 10,000 at the most."""
    found: int = await connection.fetchval(COUNT, since)
    return found


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Let the oldest of the messages go that came before an instant; returns how many went."""
    return rows_changed(await connection.execute(FORGET, before, limit))


async def count_before(connection: Connection, before: datetime) -> int:
    """How many came before an instant."""
    found: int = await connection.fetchval(COUNT_BEFORE, before)
    return found
