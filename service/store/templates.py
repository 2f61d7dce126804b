"""SQL about templates: every version stays, the newest is what a new notice uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from service.store.database import Connection, Row

HOLD_NAME = "SELECT pg_advisory_xact_lock(hashtextextended('template ' || $1, 0))"

VERSIONS = """
SELECT name, version, document, digest, created_at, created_by FROM templates WHERE name = $1 ORDER BY version DESC
"""

SUMMARIES = "SELECT name, max(version) AS latest, count(*) AS versions FROM templates GROUP BY name"

INSERT = "INSERT INTO templates (name, version, document, digest, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)"


async def hold_name(connection: Connection, name: str) -> None:
    """Let nobody else add a version of this name until the end of the transaction."""
    await connection.execute(HOLD_NAME, name)


async def versions(connection: Connection, name: str) -> list[Row]:
    """Every version of a name, the newest first."""
    rows: list[Row] = await connection.fetch(VERSIONS, name)
    return rows


async def summaries(connection: Connection) -> Sequence[Row]:
    """Each stored name with its newest version."""
    rows: list[Row] = await connection.fetch(SUMMARIES)
    return rows


async def insert(
    connection: Connection, *, name: str, version: int, document: str, digest: bytes, at: datetime, actor: str
) -> None:
    """Store a version."""
    await connection.execute(INSERT, name, version, document, digest, at, actor)
