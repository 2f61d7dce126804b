"""SQL about policy documents and their life: nothing is edited in place, only stamped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

COLUMNS = """name, version, document, digest, state, created_at, created_by,
tested_at, approved_at, approved_by, active_from, retired_at"""

LOCK_NAME = "SELECT pg_advisory_xact_lock(" + own_key("hashtextextended('policy ' || $1, 0)") + ")"


class StoredVersion(NamedTuple):
    """A version of a policy, with its stamps."""

    name: str
    version: int
    document: str
    digest: str
    state: str
    created_at: datetime
    created_by: str
    tested_at: datetime | None
    approved_at: datetime | None
    approved_by: str | None
    active_from: datetime | None
    retired_at: datetime | None


VERSIONS = Query(
    StoredVersion,
    f"SELECT {COLUMNS} FROM policies WHERE name = $1 ORDER BY version DESC",
)

LOCK = Query(
    StoredVersion,
    f"SELECT {COLUMNS} FROM policies WHERE name = $1 AND version = $2 FOR UPDATE",
)


class PolicySummary(NamedTuple):
    """A stored name, with its newest and its active version."""

    name: str
    latest: int
    versions: int
    active: int | None


SUMMARIES = Query(
    PolicySummary,
    """
SELECT name, max(version) AS latest, count(*) AS versions,
       max(version) FILTER (WHERE state = 'active' AND active_from <= $1
       AND (retired_at IS NULL OR $1 < retired_at)) AS active
FROM policies GROUP BY name
""",
)

INSERT = """
INSERT INTO policies (name, version, document, digest, state, created_at, created_by)
VALUES ($1, $2, $3, $4, 'draft', $5, $6)
"""

TESTED = "UPDATE policies SET state = 'tested', tested_at = $3 WHERE name = $1 AND version = $2"

APPROVED = (
    "UPDATE policies SET state = 'approved', approved_at = $3, approved_by = $4 WHERE name = $1 "
    "AND version = $2"
)

ACTIVE = """
UPDATE policies SET state = 'active', active_from = $3, retired_at = (
    SELECT min(active_from) FROM policies WHERE name = $1 AND version <> $2 AND state = 'active'
    AND active_from > $3
)
WHERE name = $1 AND version = $2
"""

SUPERSEDE = """
UPDATE policies SET retired_at = $3
WHERE name = $1 AND version <> $2 AND state = 'active' AND active_from <= $3
  AND (retired_at IS NULL OR retired_at > $3)
"""

CARRY_ON = """
UPDATE policies p SET retired_at = gone.retired_at FROM policies gone
WHERE gone.name = $1 AND gone.version = $2 AND gone.state = 'active' AND gone.active_from > $3
  AND p.name = $1 AND p.version <> $2 AND p.state = 'active' AND p.retired_at = gone.active_from
  AND p.active_from < gone.active_from
"""

RETIRED = "UPDATE policies SET state = 'retired', retired_at = $3 WHERE name = $1 AND version = $2"


class InForceVersion(NamedTuple):
    """A version that binds, bound, or will bind."""

    name: str
    version: int
    document: str
    active_from: datetime
    retired_at: datetime | None


IN_FORCE = Query(
    InForceVersion,
    """
SELECT name, version, document, active_from, retired_at FROM policies
WHERE state IN ('active', 'retired') AND active_from IS NOT NULL ORDER BY name, version
""",
)


async def in_force(connection: Connection) -> list[InForceVersion]:
    """Every version that binds, bound, or will bind."""
    return await IN_FORCE.all(connection)


async def lock_name(connection: Connection, name: str) -> None:
    """Let nobody else change versions of this name until the end of the transaction."""
    await connection.execute(LOCK_NAME, name)


async def versions(connection: Connection, name: str) -> list[StoredVersion]:
    """Every version of a name, the newest first."""
    return await VERSIONS.all(connection, name)


async def lock(connection: Connection, name: str, version: int) -> StoredVersion | None:
    """One version, held to the end of the transaction."""
    return await LOCK.first(connection, name, version)


async def summaries(connection: Connection, at: datetime) -> list[PolicySummary]:
    """Each stored name with its newest and its active version."""
    return await SUMMARIES.all(connection, at)


async def insert(
    connection: Connection, *, name: str, version: int, document: str, digest: str, at: datetime, actor: str
) -> None:
    """Store a draft."""
    await connection.execute(INSERT, name, version, document, digest, at, actor)


async def mark_tested(connection: Connection, name: str, version: int, at: datetime) -> None:
    """Its cases passed."""
    await connection.execute(TESTED, name, version, at)


async def mark_approved(connection: Connection, name: str, version: int, at: datetime, actor: str) -> None:
    """A second key approved it."""
    await connection.execute(APPROVED, name, version, at, actor)


async def activate(connection: Connection, name: str, version: int, active_from: datetime) -> None:
    """It binds from `active_from` on, until a version that is to begin later; the version before it until
    then."""
    await connection.execute(ACTIVE, name, version, active_from)
    await connection.execute(SUPERSEDE, name, version, active_from)


async def retire(connection: Connection, name: str, version: int, at: datetime) -> None:
    """It binds no more; where it had not begun, the version that it was to follow binds on."""
    await connection.execute(CARRY_ON, name, version, at)
    await connection.execute(RETIRED, name, version, at)


KEEP_TEXTS = """
INSERT INTO policy_texts (digest, name, version, document) SELECT *
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
ON CONFLICT (digest) DO NOTHING
"""


class KeptText(NamedTuple):
    """The canonical text of a policy."""

    digest: str
    document: str


TEXTS = Query(
    KeptText,
    "SELECT digest, document FROM policy_texts WHERE digest = ANY($1::text[])",
)


async def keep_texts(connection: Connection, texts: Sequence[tuple[str, str, str, str]]) -> None:
    """Keep the canonical text of policies: (digest, name, version, text). What is kept stays."""
    if texts:
        await connection.execute(KEEP_TEXTS, *(list(column) for column in zip(*sorted(texts), strict=True)))


async def texts(connection: Connection, digests: Sequence[str]) -> dict[str, str]:
    """The kept texts with these digests."""
    return {row.digest: row.document for row in await TEXTS.all(connection, list(digests))}
