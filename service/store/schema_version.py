"""Which schema a database has."""

from __future__ import annotations

import asyncpg

from service.store.database import Connection

READ = "SELECT version_num FROM alembic_version"


async def revision_of(connection: Connection) -> str | None:
    """The revision that the migrations left, or None where they never ran."""
    try:
        found: str | None = await connection.fetchval(READ)
    except asyncpg.UndefinedTableError:
        return None
    return found
