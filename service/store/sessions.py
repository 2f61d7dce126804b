"""SQL about the console's sessions. Neither a token nor a key is kept, only their digests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query

BEGIN = "INSERT INTO console_sessions (digest, key_id, key_digest, expires_at) VALUES ($1, $2, $3, $4)"


class SessionKey(NamedTuple):
    """The key that began a session."""

    key_id: str
    key_digest: bytes


FIND = Query(
    SessionKey,
    "SELECT key_id, key_digest FROM console_sessions WHERE digest = $1 AND expires_at > $2",
)

END = "DELETE FROM console_sessions WHERE digest = $1"

FORGET = "DELETE FROM console_sessions WHERE expires_at <= $1"


async def begin(
    connection: Connection, digest: bytes, key_id: str, key_digest: bytes, expires_at: datetime
) -> None:
    """Store a session."""
    await connection.execute(BEGIN, digest, key_id, key_digest, expires_at)


async def find(connection: Connection, digest: bytes, at: datetime) -> SessionKey | None:
    """The id and the digest of the key that began a session which lasts at `at`."""
    return await FIND.first(connection, digest, at)


async def end(connection: Connection, digest: bytes) -> None:
    """End a session."""
    await connection.execute(END, digest)


async def forget(connection: Connection, at: datetime) -> None:
    """Drop what is over."""
    await connection.execute(FORGET, at)
