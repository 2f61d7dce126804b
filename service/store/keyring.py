"""SQL about the deployment's own keys, each wrapped under FORBEAR_SECRET_KEY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto

from service.errors import SetupError
from service.store.database import Connection
from service.store.query import Query
from service.vault import DecryptionFailed, SecretKeys, Vault, new_key

ADD = "INSERT INTO keyring (name, version, wrapped) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING"
READ = "SELECT wrapped FROM keyring WHERE name = $1 AND version = 1"


async def open_vault(connection: Connection, secret: bytes, previous: Sequence[bytes] = ()) -> Vault:
    """The vault of this deployment; makes its keys at the very first start. `previous` secret keys still open
    what they encrypted. Raises SetupError where none of them does."""
    secrets, keys = SecretKeys(secret, previous), dict[str, bytes]()
    for name in ("lookup", "tokens"):
        await connection.execute(ADD, name, secrets.wrap(new_key()))
        wrapped = await connection.fetchval(READ, name)
        try:
            keys[name] = secrets.unwrap(wrapped)
        except DecryptionFailed:
            raise SetupError("FORBEAR_SECRET_KEY: this database was set up with another key") from None
    return Vault(secrets=secrets, lookup=keys["lookup"], tokens=keys["tokens"], make_uuid=pgproto.UUID)


CURRENT = "SELECT wrapped FROM keyring WHERE name = $1 AND retired_at IS NULL ORDER BY version DESC"
NEWEST = "SELECT COALESCE(max(version), 0) FROM keyring WHERE name = $1"
ADD_NEXT = "INSERT INTO keyring (name, version, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


RETIRE = """
UPDATE keyring SET retired_at = now()
WHERE name = $1 AND retired_at IS NULL AND version < (SELECT max(version) FROM keyring WHERE name = $1)
RETURNING version
"""


async def retire(connection: Connection, name: str) -> int:
    """Retire every version but the newest; returns how many there were."""
    return len(await connection.fetch(RETIRE, name))


async def current(connection: Connection, name: str) -> list[bytes]:
    """The wrapped keys of this name that are in use, the newest first."""
    return [row["wrapped"] for row in await connection.fetch(CURRENT, name)]


EVERY = "SELECT wrapped FROM keyring WHERE name = $1 ORDER BY version DESC"


async def every(connection: Connection, name: str) -> list[bytes]:
    """The wrapped keys of this name, also those that are retired, the newest first."""
    return [row["wrapped"] for row in await connection.fetch(EVERY, name)]


async def add(connection: Connection, name: str, wrapped: bytes) -> None:
    """Add a version; where another process was faster, theirs stands."""
    newest: int = await connection.fetchval(NEWEST, name)
    await connection.execute(ADD_NEXT, name, newest + 1, wrapped)


class WrappedKey(NamedTuple):
    """A key of the deployment, wrapped."""

    name: str
    version: int
    wrapped: bytes


ALL = Query(
    WrappedKey,
    "SELECT name, version, wrapped FROM keyring ORDER BY name, version FOR UPDATE",
)
REPLACE = "UPDATE keyring SET wrapped = $3 WHERE name = $1 AND version = $2"


async def lock_all(connection: Connection) -> list[WrappedKey]:
    """Every key of every version, also those that are retired, held to the end of the transaction."""
    return await ALL.all(connection)


async def replace(connection: Connection, name: str, version: int, wrapped: bytes) -> None:
    """Store the same key wrapped anew. The caller holds it."""
    await connection.execute(REPLACE, name, version, wrapped)


COUNT_DATA_KEYS = "SELECT count(*) FROM borrowers WHERE data_key IS NOT NULL"


class WrappedDataKey(NamedTuple):
    """A borrower's data key, wrapped."""

    borrower_id: UUID
    data_key: bytes


DATA_KEYS = Query(
    WrappedDataKey,
    """
SELECT borrower_id, data_key FROM borrowers WHERE borrower_id > $1 AND data_key IS NOT NULL
ORDER BY borrower_id LIMIT $2
""",
)
LOCK_DATA_KEYS = Query(
    WrappedDataKey,
    """
SELECT borrower_id, data_key FROM borrowers WHERE borrower_id = ANY($1::uuid[]) AND data_key IS NOT NULL
ORDER BY borrower_id FOR NO KEY UPDATE
""",
)
REPLACE_DATA_KEYS = """
UPDATE borrowers b SET data_key = u.data_key
FROM (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS u (borrower_id, data_key)) u
WHERE b.borrower_id = u.borrower_id AND b.data_key IS NOT NULL
"""


async def count_data_keys(connection: Connection) -> int:
    """How many living borrowers there are."""
    count: int = await connection.fetchval(COUNT_DATA_KEYS)
    return count


async def data_keys(connection: Connection, after: UUID, limit: int) -> list[WrappedDataKey]:
    """Wrapped data keys of living borrowers, in the order of their keys."""
    return await DATA_KEYS.all(connection, after, limit)


async def lock_data_keys(connection: Connection, borrowers: Sequence[UUID]) -> list[WrappedDataKey]:
    """Those of these borrowers who still have one, held to the end of the transaction."""
    return await LOCK_DATA_KEYS.all(connection, list(borrowers))


async def replace_data_keys(connection: Connection, wrapped: Mapping[UUID, bytes]) -> None:
    """Store the same data keys wrapped anew. The caller holds the rows."""
    await connection.execute(REPLACE_DATA_KEYS, list(wrapped), list(wrapped.values()))
