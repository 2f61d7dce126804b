"""SQL about what waits for somebody's word: versions that are not in use yet, and changes that one key asked
for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query


class PendingVersion(NamedTuple):
    """A version of a policy, a template or a learning policy that is on its way."""

    kind: str
    """`policy`, `template` or `learning`."""
    name: str
    version: int
    state: str
    created_by: str
    creditor: str | None
    """Whose it is, where it is one creditor's."""


VERSIONS = Query(
    PendingVersion,
    """
SELECT 'policy'::text AS kind, name, version, state, created_by, NULL::text AS creditor FROM policies
WHERE state IN ('draft', 'tested', 'approved')
UNION ALL
SELECT 'template', name, version, state, created_by, NULL FROM templates WHERE state IN ('draft', 'approved')
UNION ALL
SELECT 'learning', name, version, state, created_by, creditor FROM learning_policies
WHERE state IN ('draft', 'tested', 'approved')
ORDER BY kind, name, version LIMIT 500
""",
)


class PendingChange(NamedTuple):
    """A change that one key asked for and another one has to confirm."""

    change: str
    name: str
    version: int
    asked_at: datetime
    asked_by: str


CHANGES = Query(
    PendingChange,
    "SELECT change, name, version, asked_at, asked_by FROM second_keys WHERE asked_at >= $1 "
    "ORDER BY asked_at LIMIT 500",
)


async def versions(connection: Connection) -> list[PendingVersion]:
    """Versions that are on their way."""
    return await VERSIONS.all(connection)


async def changes(connection: Connection, since: datetime) -> list[PendingChange]:
    """Changes that were asked for since an instant, the oldest first."""
    return await CHANGES.all(connection, since)
