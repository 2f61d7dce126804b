"""SQL about changes that wait for a second key: one row for each that somebody asked for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query


class Asked(NamedTuple):
    """A change that one key asked for."""

    asked_at: datetime
    asked_by: str
    reason: str


FIND = Query(
    Asked,
    """
SELECT asked_at, asked_by, reason FROM second_keys WHERE change = $1 AND name = $2 AND version = $3 FOR UPDATE
""",
)

ASK = """
INSERT INTO second_keys (change, name, version, asked_at, asked_by, reason) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (change, name, version) DO UPDATE
SET asked_at = excluded.asked_at, asked_by = excluded.asked_by, reason = excluded.reason
"""

FORGET = "DELETE FROM second_keys WHERE change = $1 AND name = $2 AND version = $3"


class AskedOf(NamedTuple):
    """A change that one key asked for, of a version."""

    version: int
    asked_at: datetime
    asked_by: str
    reason: str


WAITING = Query(
    AskedOf,
    "SELECT version, asked_at, asked_by, reason FROM second_keys WHERE change = $1 AND name = $2",
)


async def find(connection: Connection, change: str, name: str, version: int) -> Asked | None:
    """What was asked for, its row locked to the end of the transaction."""
    return await FIND.first(connection, change, name, version)


async def ask(
    connection: Connection, change: str, name: str, version: int, *, at: datetime, actor: str, reason: str
) -> None:
    """Write down who asks and why; a later ask replaces an earlier one."""
    await connection.execute(ASK, change, name, version, at, actor, reason)


async def forget(connection: Connection, change: str, name: str, version: int) -> None:
    """It was done, or is asked for no more."""
    await connection.execute(FORGET, change, name, version)


async def waiting(connection: Connection, change: str, name: str) -> dict[int, Asked]:
    """What is asked for of a name, by version."""
    rows = await WAITING.all(connection, change, name)
    return {row.version: Asked(row.asked_at, row.asked_by, row.reason) for row in rows}
