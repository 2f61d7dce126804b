"""SQL about templates: every version stays, the active one is what a new notice uses."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

LOCK_NAME = "SELECT pg_advisory_xact_lock(" + own_key("hashtextextended('template ' || $1, 0)") + ")"

COLUMNS = """name, version, document, digest, state, created_at, created_by,
approved_at, approved_by, activated_at, activated_by, reason"""


class StoredVersion(NamedTuple):
    """A version of a template, with its stamps."""

    name: str
    version: int
    document: str
    digest: bytes
    state: str
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None
    activated_at: datetime | None
    activated_by: str | None
    reason: str | None


VERSIONS = Query(
    StoredVersion,
    f"SELECT {COLUMNS} FROM templates WHERE name = $1 ORDER BY version DESC",
)

LOCK = Query(
    StoredVersion,
    f"SELECT {COLUMNS} FROM templates WHERE name = $1 AND version = $2 FOR UPDATE",
)


class TemplateSummary(NamedTuple):
    """A stored name, with its newest and its active version."""

    name: str
    latest: int
    versions: int
    active: int | None


SUMMARIES = Query(
    TemplateSummary,
    """
SELECT name, max(version) AS latest, count(*) AS versions,
    max(version) FILTER (WHERE state = 'active') AS active
FROM templates GROUP BY name
""",
)

APPROVED = (
    "UPDATE templates SET state = 'approved', approved_at = $3, approved_by = $4 WHERE name = $1 "
    "AND version = $2"
)

SUPERSEDED = "UPDATE templates SET state = 'superseded' WHERE name = $1 AND state = 'active'"

ACTIVE = """
UPDATE templates SET state = 'active', activated_at = $3, activated_by = $4, reason = $5 WHERE name = $1
  AND version = $2
"""

INSERT = """
INSERT INTO templates (name, version, document, digest, created_at, created_by, state)
VALUES ($1, $2, $3, $4, $5, $6, 'draft')
"""


class StoredText(NamedTuple):
    """The text of a version of a template."""

    name: str
    version: int
    document: str
    state: str


TEXTS = Query(StoredText, "SELECT name, version, document, state FROM templates")


async def texts(connection: Connection) -> list[StoredText]:
    """Every version of every template: a notice is sent by the version with which it was accepted."""
    return await TEXTS.all(connection)


async def lock_name(connection: Connection, name: str) -> None:
    """Let nobody else add a version of this name until the end of the transaction."""
    await connection.execute(LOCK_NAME, name)


async def versions(connection: Connection, name: str) -> list[StoredVersion]:
    """Every version of a name, the newest first."""
    return await VERSIONS.all(connection, name)


async def summaries(connection: Connection) -> list[TemplateSummary]:
    """Each stored name with its newest version."""
    return await SUMMARIES.all(connection)


async def insert(
    connection: Connection, *, name: str, version: int, document: str, digest: bytes, at: datetime, actor: str
) -> None:
    """Store a version."""
    await connection.execute(INSERT, name, version, document, digest, at, actor)


async def lock(connection: Connection, name: str, version: int) -> StoredVersion | None:
    """One version, its row locked to the end of the transaction."""
    return await LOCK.first(connection, name, version)


async def mark_approved(connection: Connection, name: str, version: int, at: datetime, actor: str) -> None:
    """A second key approved it."""
    await connection.execute(APPROVED, name, version, at, actor)


async def activate(
    connection: Connection, name: str, version: int, *, at: datetime, actor: str, reason: str
) -> None:
    """New notices use it from now on; the one before it is superseded."""
    await connection.execute(SUPERSEDED, name)
    await connection.execute(ACTIVE, name, version, at, actor, reason)
