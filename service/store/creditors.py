"""SQL about creditors' profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.store.database import Connection, Row

FIND = "SELECT creditor, name, contact, updated_at, updated_by FROM creditors WHERE creditor = $1"

LIST = """
SELECT creditor, name, contact, updated_at, updated_by FROM creditors
WHERE ($1::text IS NULL OR creditor > $1) AND ($2::text[] IS NULL OR creditor = ANY($2))
ORDER BY creditor LIMIT $3
"""

PUT = """
INSERT INTO creditors (creditor, name, contact, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (creditor) DO UPDATE
SET name = EXCLUDED.name, contact = EXCLUDED.contact, updated_at = EXCLUDED.updated_at, updated_by = EXCLUDED.updated_by
RETURNING (xmax = 0) AS created
"""


async def find(connection: Connection, creditor: str) -> Row | None:
    """One profile."""
    row: Row | None = await connection.fetchrow(FIND, creditor)
    return row


async def page(
    connection: Connection, after: str | None, creditors: list[str] | None, limit: int
) -> list[Row]:
    """Profiles by name; `creditors` narrows to these."""
    rows: list[Row] = await connection.fetch(LIST, after, creditors, limit)
    return rows


async def put(
    connection: Connection, *, creditor: str, name: str, contact: dict[str, Any], at: datetime, actor: str
) -> bool:
    """Store a profile; True where it is new."""
    created: bool = await connection.fetchval(PUT, creditor, name, contact, at, actor)
    return created
