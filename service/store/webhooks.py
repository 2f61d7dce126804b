"""SQL of webhook endpoints, and of what came of the requests to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from service.errors import Unavailable
from service.store.database import Connection, rows_changed
from service.store.query import Query


class Endpoint(NamedTuple):
    """Where events go. URL and secrets are encrypted."""

    endpoint_id: str
    url: bytes
    types: Sequence[str]
    creditor: str | None
    description: str
    secret: bytes
    previous_secret: bytes | None
    previous_until: datetime | None
    enabled: bool
    disabled_reason: str | None
    failures: int
    """In a row."""
    failing_since: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime


COLUMNS = ", ".join(Endpoint._fields)

ALL = Query(Endpoint, f"SELECT {COLUMNS} FROM webhook_endpoints ORDER BY created_at, endpoint_id")
ONE = Query(Endpoint, f"SELECT {COLUMNS} FROM webhook_endpoints WHERE endpoint_id = $1")
LOCK = Query(Endpoint, f"SELECT {COLUMNS} FROM webhook_endpoints WHERE endpoint_id = $1 FOR UPDATE")

INSERT = f"""
INSERT INTO webhook_endpoints ({COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
UPDATE = """
UPDATE webhook_endpoints SET url = $2, types = $3, creditor = $4, description = $5, secret = $6,
    previous_secret = $7, previous_until = $8,
    enabled = $9, disabled_reason = $10, failures = $11, failing_since = $12, updated_at = $13
WHERE endpoint_id = $1
"""
DELETE = "DELETE FROM webhook_endpoints WHERE endpoint_id = $1"
WRITE = "SELECT webhooks_write(EXISTS (SELECT FROM webhook_endpoints))"
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '800ms'"
"""Less than the server waits before it looks for deadlocks: nobody else is ended for our sake."""


ANY = "SELECT EXISTS (SELECT FROM webhook_endpoints)"


async def every(connection: Connection) -> list[Endpoint]:
    """All endpoints, the oldest first."""
    return await ALL.all(connection)


async def are_any(connection: Connection) -> bool:
    """Whether there is an endpoint, enabled or not."""
    found: bool = await connection.fetchval(ANY)
    return found


async def one(connection: Connection, endpoint_id: str, *, lock: bool = False) -> Endpoint | None:
    """One endpoint, with `lock` held to the end of the transaction; None where there is none."""
    return await (LOCK if lock else ONE).first(connection, endpoint_id)


async def insert(connection: Connection, row: Endpoint) -> None:
    """Store a new endpoint."""
    await connection.execute(INSERT, *row)


async def update(connection: Connection, row: Endpoint) -> None:
    """Write an endpoint again. The caller has locked the row."""
    await connection.execute(
        UPDATE,
        row.endpoint_id,
        row.url,
        row.types,
        row.creditor,
        row.description,
        row.secret,
        row.previous_secret,
        row.previous_until,
        row.enabled,
        row.disabled_reason,
        row.failures,
        row.failing_since,
        row.updated_at,
    )


async def delete(connection: Connection, endpoint_id: str) -> bool:
    """Forget an endpoint with what is on its way to it; False where there is none."""
    return rows_changed(await connection.execute(DELETE, endpoint_id)) > 0


async def write_events(connection: Connection) -> None:
    """Let the database write events while there is an endpoint, and not otherwise. Waits for whoever writes
    deliveries or entries.

    Raises Unavailable where somebody writes for longer than may be waited for."""
    await connection.execute(LOCK_TIMEOUT)
    try:
        await connection.execute(WRITE)
    except asyncpg.LockNotAvailableError as error:
        raise Unavailable(
            "long transactions write deliveries now; come back shortly", retry_after=1
        ) from error


class Attempt(NamedTuple):
    """One request, and what came of it."""

    attempt_no: int
    event_id: UUID
    type: str
    number: int
    """Which try of this event, from 1."""
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    answer: bytes | None
    """The first bytes of the answer's body, encrypted."""


ATTEMPTS = Query(
    Attempt,
    f"""
SELECT {", ".join(Attempt._fields)} FROM webhook_attempts
WHERE endpoint_id = $1 AND ($2::bigint IS NULL OR attempt_no < $2) ORDER BY attempt_no DESC LIMIT $3
""",
)
KEEP_ATTEMPTS = """
INSERT INTO webhook_attempts (endpoint_id, event_id, type, number, at, status, error, milliseconds, answer)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::int[], $5::timestamptz[], $6::int[], $7::text[],
    $8::int[], $9::bytea[])
"""


async def attempts(connection: Connection, endpoint_id: str, before: int | None, limit: int) -> list[Attempt]:
    """Requests to an endpoint, the newest first."""
    return await ATTEMPTS.all(connection, endpoint_id, before, limit)


async def keep_attempts(connection: Connection, endpoint_id: str, rows: Sequence[Attempt]) -> None:
    """Note requests; their numbers are given here."""
    columns = [list(column) for column in zip(*rows, strict=True)][1:]
    await connection.execute(KEEP_ATTEMPTS, endpoint_id, *columns)


class Waiting(NamedTuple):
    """What waits for the endpoints of one kind."""

    enabled: bool
    endpoints: int
    events: int
    oldest: datetime | None


WAITING = Query(
    Waiting,
    """
SELECT e.enabled, count(*) AS endpoints, COALESCE(sum(o.events), 0)::bigint AS events, min(o.oldest) AS oldest
FROM webhook_endpoints e
CROSS JOIN LATERAL (SELECT count(*) AS events, min(created_at) AS oldest FROM webhook_outbox o
WHERE o.endpoint_id = e.endpoint_id) o
GROUP BY e.enabled
""",
)
FORGET = (
    "DELETE FROM webhook_events WHERE at < $1",
    "DELETE FROM webhook_attempts WHERE at < $1",
)


async def waiting(connection: Connection) -> list[Waiting]:
    """What waits, for the metrics."""
    return await WAITING.all(connection)


async def forget(connection: Connection, before: datetime) -> None:
    """Drop events and attempts from before an instant."""
    for statement in FORGET:
        await connection.execute(statement, before)
