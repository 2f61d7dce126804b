"""SQL about learning policies and their life, and about what was learned. Nothing is edited in place, only
stamped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

COLUMNS = """name, version, creditor, document, digest, state, created_at, created_by,
tested_at, approved_at, approved_by, active_from, ended_at, ended_by, reason"""


class PolicyRow(NamedTuple):
    """A version of a learning policy, with its stamps."""

    name: str
    version: int
    creditor: str
    document: str
    digest: str
    state: str
    created_at: datetime
    created_by: str
    tested_at: datetime | None
    approved_at: datetime | None
    approved_by: str | None
    active_from: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


HOLD = "SELECT pg_advisory_xact_lock(" + own_key("hashtextextended('learning ' || $1, 0)") + ")"
VERSIONS = Query(PolicyRow, f"SELECT {COLUMNS} FROM learning_policies WHERE name = $1 ORDER BY version DESC")
EVERY = Query(
    PolicyRow,
    f"SELECT DISTINCT ON (name) {COLUMNS} FROM learning_policies "
    "ORDER BY name, state = 'active' DESC, version DESC",
)
LOCK = Query(
    PolicyRow, f"SELECT {COLUMNS} FROM learning_policies WHERE name = $1 AND version = $2 FOR UPDATE"
)
INSERT = """
INSERT INTO learning_policies (name, version, creditor, document, digest, state, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7)
"""
TESTED = "UPDATE learning_policies SET state = 'tested', tested_at = $3 WHERE name = $1 AND version = $2"
APPROVED = (
    "UPDATE learning_policies SET state = 'approved', approved_at = $3, approved_by = $4 "
    "WHERE name = $1 AND version = $2"
)
ENDED = """
UPDATE learning_policies SET state = $3, ended_at = $4, ended_by = $5, reason = $6 WHERE name = $1
  AND version = $2
"""
SUPERSEDE = """
UPDATE learning_policies SET state = 'retired', ended_at = $2, ended_by = $3, reason = 'another version began'
WHERE creditor = $1 AND state = 'active'
"""
ACTIVE = "UPDATE learning_policies SET state = 'active', active_from = $3 WHERE name = $1 AND version = $2"


class ActiveRow(NamedTuple):
    """A policy in force, and the newest snapshot that was learned under this version of it."""

    name: str
    version: int
    creditor: str
    document: str
    digest: str
    active_from: datetime | None
    snapshot: str | None
    lives_until: datetime | None


IN_FORCE = Query(
    ActiveRow,
    """
SELECT p.name, p.version, p.creditor, p.document, p.digest, p.active_from, s.digest AS snapshot, s.lives_until
FROM learning_policies p
LEFT JOIN LATERAL (SELECT digest, lives_until FROM learning_snapshots s WHERE s.policy = p.name
  AND s.creditor = p.creditor AND s.policy_digest = p.digest
                   ORDER BY s.made_at DESC LIMIT 1) s ON true
WHERE p.state = 'active' ORDER BY p.creditor
""",
)
SNAPSHOT_TEXT = "SELECT document FROM learning_snapshots WHERE digest = $1"


class SnapshotRow(NamedTuple):
    """What was learned, without its text."""

    digest: str
    creditor: str
    policy: str
    policy_digest: str
    week: date
    made_at: datetime
    lives_until: datetime


_SNAPSHOT = "digest, creditor, policy, policy_digest, week, made_at, lives_until"
SNAPSHOTS = Query(
    SnapshotRow,
    f"""
SELECT {_SNAPSHOT} FROM learning_snapshots WHERE ($1::text[] IS NULL OR creditor = ANY($1))
ORDER BY made_at DESC, digest LIMIT $2
""",
)
SNAPSHOT = Query(SnapshotRow, f"SELECT {_SNAPSHOT} FROM learning_snapshots WHERE digest = $1")
OF_POLICY = Query(
    SnapshotRow,
    f"SELECT {_SNAPSHOT} FROM learning_snapshots WHERE creditor = $1 AND policy = $2 "
    "ORDER BY made_at DESC LIMIT $3",
)
KEEP = """
INSERT INTO learning_snapshots (digest, creditor, policy, policy_digest, week, document, made_at, lives_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (digest) DO UPDATE
SET made_at = excluded.made_at, lives_until = excluded.lives_until
"""


class RunRow(NamedTuple):
    """One week's learning."""

    week: date
    at: datetime
    snapshot: str | None
    result: str


RUN = Query(RunRow, "SELECT week, at, snapshot, result FROM learning_runs WHERE policy = $1 AND week = $2")
NOTE_RUN = """
INSERT INTO learning_runs (creditor, policy, week, at, snapshot, result) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (policy, week) DO UPDATE SET at = excluded.at, snapshot = excluded.snapshot,
    result = excluded.result
"""

NOT_APPROVED = """
UPDATE learning_policies SET state = 'tested', approved_at = NULL, approved_by = NULL
WHERE creditor = $1 AND state = 'approved'
"""


async def hold(connection: Connection, name: str) -> None:
    """Let nobody else change versions of a name, or a creditor's, until the end of the transaction."""
    await connection.execute(HOLD, name)


async def active(connection: Connection) -> list[ActiveRow]:
    """Every policy in force, one a creditor, each with the newest snapshot of this version: what was learned
    by other weights, floors or features chooses nothing under it."""
    return await IN_FORCE.all(connection)


async def snapshot_text(connection: Connection, digest: str) -> str | None:
    """The text of a snapshot."""
    found: str | None = await connection.fetchval(SNAPSHOT_TEXT, digest)
    return found


async def versions(connection: Connection, name: str) -> list[PolicyRow]:
    """Every version of a name, the newest first."""
    return await VERSIONS.all(connection, name)


async def every(connection: Connection) -> list[PolicyRow]:
    """Of each name the version in force, else the newest."""
    return await EVERY.all(connection)


async def lock(connection: Connection, name: str, version: int) -> PolicyRow | None:
    """One version, held to the end of the transaction."""
    return await LOCK.first(connection, name, version)


async def insert(
    connection: Connection,
    *,
    name: str,
    version: int,
    creditor: str,
    document: str,
    digest: str,
    at: datetime,
    actor: str,
) -> None:
    """Store a draft."""
    await connection.execute(INSERT, name, version, creditor, document, digest, at, actor)


async def mark_tested(connection: Connection, name: str, version: int, at: datetime) -> None:
    """It was looked at, on the log of this store."""
    await connection.execute(TESTED, name, version, at)


async def mark_approved(connection: Connection, name: str, version: int, at: datetime, actor: str) -> None:
    """A second key approved it."""
    await connection.execute(APPROVED, name, version, at, actor)


async def activate(connection: Connection, row: PolicyRow, at: datetime, actor: str) -> None:
    """It is in force from now on; the creditor's policy before it is over."""
    await connection.execute(SUPERSEDE, row.creditor, at, actor)
    await connection.execute(ACTIVE, row.name, row.version, at)


async def end(
    connection: Connection, row: PolicyRow, state: str, *, at: datetime, actor: str, reason: str
) -> None:
    """It is `retired` or `stopped`."""
    await connection.execute(ENDED, row.name, row.version, state, at, actor, reason)


async def take_back_approvals(connection: Connection, creditor: str) -> None:
    """Versions of a creditor's policies that wait to be put in force must be approved again."""
    await connection.execute(NOT_APPROVED, creditor)


async def snapshots(connection: Connection, creditors: Sequence[str] | None, limit: int) -> list[SnapshotRow]:
    """What was learned for these creditors (None: for all), the newest first."""
    return await SNAPSHOTS.all(connection, None if creditors is None else list(creditors), limit)


async def snapshot(connection: Connection, digest: str) -> SnapshotRow | None:
    """One of them."""
    return await SNAPSHOT.first(connection, digest)


async def snapshots_of(connection: Connection, creditor: str, policy: str, limit: int) -> list[SnapshotRow]:
    """What was learned under a policy, the newest first."""
    return await OF_POLICY.all(connection, creditor, policy, limit)


async def keep(connection: Connection, row: SnapshotRow, text: str) -> None:
    """Keep what was learned."""
    await connection.execute(
        KEEP,
        row.digest,
        row.creditor,
        row.policy,
        row.policy_digest,
        row.week,
        text,
        row.made_at,
        row.lives_until,
    )


async def run_of(connection: Connection, policy: str, week: date) -> RunRow | None:
    """What came of a week's learning; None where it was not run."""
    return await RUN.first(connection, policy, week)


async def note_run(connection: Connection, creditor: str, policy: str, row: RunRow) -> None:
    """Write down what came of a week's learning."""
    await connection.execute(NOTE_RUN, creditor, policy, row.week, row.at, row.snapshot, row.result)
