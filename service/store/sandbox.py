"""The sandbox provider's record in PostgreSQL: it survives a crash, as a real provider's would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.store.database import Connection
from service.store.query import Query

RECORD = """
INSERT INTO sandbox_messages (borrower_id, attempt_id, channel, ref, created_at, sealed, plan,
    next_receipt_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (borrower_id, attempt_id) DO NOTHING
"""


class Held(NamedTuple):
    """What the provider holds of an attempt."""

    ref: str
    plan: Any
    sent_receipts: int


FIND = Query(
    Held,
    "SELECT ref, plan, sent_receipts FROM sandbox_messages WHERE borrower_id = $1 AND attempt_id = $2",
)


class Due(NamedTuple):
    """A message whose next receipt is due."""

    borrower_id: UUID
    attempt_id: str
    channel: str
    ref: str
    created_at: datetime
    plan: Any
    sent_receipts: int


TAKE = Query(
    Due,
    """
WITH due AS (
    SELECT borrower_id, attempt_id FROM sandbox_messages WHERE next_receipt_at <= $1
    ORDER BY next_receipt_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE sandbox_messages m SET next_receipt_at = $1 + $3::interval
FROM due WHERE m.borrower_id = due.borrower_id AND m.attempt_id = due.attempt_id
RETURNING m.borrower_id, m.attempt_id, m.channel, m.ref, m.created_at, m.plan, m.sent_receipts
""",
)

ADVANCE = """
UPDATE sandbox_messages SET sent_receipts = $3, next_receipt_at = $4 WHERE borrower_id = $1
  AND attempt_id = $2
"""


class Listed(NamedTuple):
    """A message that was "sent"."""

    borrower_id: UUID
    attempt_id: str
    channel: str
    ref: str
    created_at: datetime
    encrypted: bytes
    plan: Any
    sent_receipts: int
    data_key: bytes | None


LIST = Query(
    Listed,
    """
SELECT m.borrower_id, m.attempt_id, m.channel, m.ref, m.created_at, m.sealed AS encrypted, m.plan,
    m.sent_receipts, b.data_key
FROM sandbox_messages m JOIN borrowers b USING (borrower_id)
WHERE ($1::text IS NULL OR m.channel = $1) AND ($2::uuid IS NULL OR m.borrower_id = $2)
  AND ($3::timestamptz IS NULL OR (m.created_at, m.attempt_id) < ($3, $4::text))
ORDER BY m.created_at DESC, m.attempt_id DESC LIMIT $5
""",
)

TAKE_LEASE = timedelta(seconds=30)


async def record(
    connection: Connection,
    *,
    borrower: UUID,
    attempt_id: str,
    channel: str,
    ref: str,
    at: datetime,
    encrypted: bytes,
    plan: Sequence[Any],
    next_receipt_at: datetime | None,
) -> bool:
    """Keep a message; False when the attempt was recorded before."""
    tag = await connection.execute(
        RECORD,
        borrower,
        attempt_id,
        channel,
        ref,
        at,
        encrypted,
        orjson.loads(orjson.dumps(plan)),
        next_receipt_at,
    )
    return bool(tag.endswith("1"))


async def find(connection: Connection, borrower: UUID, attempt_id: str) -> Held | None:
    """What the provider holds of an attempt."""
    return await FIND.first(connection, borrower, attempt_id)


async def take_due(connection: Connection, at: datetime, limit: int) -> list[Due]:
    """Messages whose next receipt is due."""
    return await TAKE.all(connection, at, limit, TAKE_LEASE)


async def advance(
    connection: Connection, borrower: UUID, attempt_id: str, sent: int, next_at: datetime | None
) -> None:
    """Note that a receipt was given."""
    await connection.execute(ADVANCE, borrower, attempt_id, sent, next_at)


async def list_messages(
    connection: Connection,
    *,
    channel: str | None,
    borrower: UUID | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Listed]:
    """What was "sent", newest first."""
    return await LIST.all(connection, channel, borrower, *(after or (None, None)), limit)
