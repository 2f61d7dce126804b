"""SQL about creditors' profiles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from service.store.database import Connection
from service.store.query import Query


class StoredCreditor(NamedTuple):
    """A creditor's profile."""

    creditor: str
    name: str
    contact: Any
    senders: Any
    """By channel, the account that its messages leave by; elsewhere, and where NULL, the deployment's own."""
    updated_at: datetime
    updated_by: str


FIND = Query(
    StoredCreditor,
    "SELECT creditor, name, contact, senders, updated_at, updated_by FROM creditors WHERE creditor = $1",
)

LIST = Query(
    StoredCreditor,
    """
SELECT creditor, name, contact, senders, updated_at, updated_by FROM creditors
WHERE ($1::text IS NULL OR creditor > $1) AND ($2::text[] IS NULL OR creditor = ANY($2))
ORDER BY creditor LIMIT $3
""",
)

PUT = """
INSERT INTO creditors (creditor, name, contact, senders, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5,
$6) ON CONFLICT (creditor) DO UPDATE
SET name = EXCLUDED.name, contact = EXCLUDED.contact, senders = EXCLUDED.senders,
    updated_at = EXCLUDED.updated_at, updated_by = EXCLUDED.updated_by
RETURNING (xmax = 0) AS created
"""


ALL = Query(StoredCreditor, "SELECT creditor, name, contact, senders, updated_at, updated_by FROM creditors")


async def every(connection: Connection) -> list[StoredCreditor]:
    """Every profile."""
    return await ALL.all(connection)


async def find(connection: Connection, creditor: str) -> StoredCreditor | None:
    """One profile."""
    return await FIND.first(connection, creditor)


async def page(
    connection: Connection, after: str | None, creditors: list[str] | None, limit: int
) -> list[StoredCreditor]:
    """Profiles by name; `creditors` narrows to these."""
    return await LIST.all(connection, after, creditors, limit)


async def put(
    connection: Connection,
    *,
    creditor: str,
    name: str,
    contact: dict[str, Any],
    senders: Mapping[str, str],
    at: datetime,
    actor: str,
) -> bool:
    """Store a profile; True where it is new."""
    created: bool = await connection.fetchval(PUT, creditor, name, contact, dict(senders), at, actor)
    return created
