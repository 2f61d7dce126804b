"""Which schema a database has, and whose processes can work on it."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from service.store.database import Connection
from service.store.query import Query


class Schema(NamedTuple):
    """What the migrations left."""

    revision: str | None
    """None where they never ran."""
    oldest: str | None
    """The oldest revision whose processes can work on it; None from a time when schemas did not say so."""


READ = Query(
    Schema,
    "SELECT version_num::text AS revision, to_jsonb(v) ->> 'oldest' AS oldest FROM alembic_version v",
)


async def schema_of(connection: Connection | asyncpg.Connection) -> Schema:
    """The schema of a database."""
    try:
        found = await READ.first(connection)
    except asyncpg.UndefinedTableError:
        found = None
    return found or Schema(None, None)
