"""SQL about API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.model.actor import Role
from service.model.key import ApiKey
from service.store.database import Connection
from service.store.query import Query

COLUMNS = (
    "key_id, digest, name, role, creditors, rate_per_minute, created_at, created_by, expires_at, "
    "revoked_at, replaces"
)


class StoredKey(NamedTuple):
    """A key as stored."""

    key_id: str
    digest: bytes
    name: str
    role: str
    creditors: Sequence[str] | None
    rate_per_minute: int | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None


FIND = Query(
    StoredKey,
    f"SELECT {COLUMNS} FROM api_keys WHERE key_id = $1",
)

LOCK = Query(
    StoredKey,
    f"SELECT {COLUMNS} FROM api_keys WHERE key_id = $1 FOR UPDATE",
)

INSERT = f"INSERT INTO api_keys ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

LIST = Query(
    StoredKey,
    f"""
SELECT {COLUMNS} FROM api_keys
WHERE ($1::timestamptz IS NULL OR (created_at, key_id) < ($1, $2::text))
ORDER BY created_at DESC, key_id DESC LIMIT $3
""",
)

REVOKE = "UPDATE api_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL"

EXPIRE = "UPDATE api_keys SET expires_at = $2 WHERE key_id = $1"


ORIGIN = """
WITH RECURSIVE line AS (
    SELECT key_id, replaces FROM api_keys WHERE key_id = $1
    UNION SELECT k.key_id, k.replaces FROM api_keys k JOIN line ON k.key_id = line.replaces
)
SELECT key_id FROM line WHERE replaces IS NULL
"""


class Named(NamedTuple):
    """A key and whose it is."""

    key_id: str
    name: str


NAMES = Query(Named, "SELECT key_id, name FROM api_keys")


async def names(connection: Connection) -> dict[str, str]:
    """Whose each key is, by its id; also of keys that are no longer good."""
    return {row.key_id: row.name for row in await NAMES.all(connection)}


async def origin(connection: Connection, key_id: str) -> str:
    """The key that this one came from by rotations; itself where it replaced none."""
    found: str | None = await connection.fetchval(ORIGIN, key_id)
    return key_id if found is None else found


async def find(connection: Connection, key_id: str) -> tuple[ApiKey, bytes] | None:
    """A key and its digest."""
    row = await FIND.first(connection, key_id)
    return None if row is None else (_key(row), row.digest)


async def lock(connection: Connection, key_id: str) -> ApiKey | None:
    """A key, held to the end of the transaction."""
    row = await LOCK.first(connection, key_id)
    return None if row is None else _key(row)


async def insert(connection: Connection, key: ApiKey, digest: bytes) -> None:
    """Store a new key."""
    await connection.execute(
        INSERT,
        key.id,
        digest,
        key.name,
        key.role.value,
        None if key.creditors is None else sorted(key.creditors),
        key.rate_per_minute,
        key.created_at,
        key.created_by,
        key.expires_at,
        key.revoked_at,
        key.replaces,
    )


async def page(connection: Connection, after: tuple[datetime, str] | None, limit: int) -> list[ApiKey]:
    """Keys, newest first, also those that are no longer good."""
    return [_key(row) for row in await LIST.all(connection, *(after or (None, None)), limit)]


async def revoke(connection: Connection, key_id: str, at: datetime) -> None:
    """End a key at once; one that is revoked already keeps its first instant."""
    await connection.execute(REVOKE, key_id, at)


async def expire(connection: Connection, key_id: str, at: datetime) -> None:
    """Let a key end at `at`."""
    await connection.execute(EXPIRE, key_id, at)


def _key(row: StoredKey) -> ApiKey:
    creditors = row.creditors
    return ApiKey(
        id=row.key_id,
        name=row.name,
        role=Role(row.role),
        creditors=None if creditors is None else frozenset(creditors),
        rate_per_minute=row.rate_per_minute,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        replaces=row.replaces,
    )
