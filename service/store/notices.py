"""SQL about notices and their deliveries: reading, cancelling, following up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from service.model.category import NOT_OVERTAKEN
from service.store.channel_order import CHANNELS
from service.store.database import Connection, rows_changed
from service.store.query import Query


class DeliveryRow(NamedTuple):
    """A delivery as it begins; the fields are the columns."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    due_at: datetime
    first_due_at: datetime
    priority: int
    creditor: str
    expires_at: datetime
    updated_at: datetime


INSERT_DELIVERIES = """
INSERT INTO deliveries (borrower_id, notice_no, channel, state, due_at, first_due_at, priority, creditor,
    expires_at, updated_at)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::smallint[],
                     $8::text[], $9::timestamptz[], $10::timestamptz[])
ON CONFLICT (borrower_id, notice_no, channel) DO UPDATE
SET state = EXCLUDED.state, due_at = EXCLUDED.due_at, first_due_at = EXCLUDED.first_due_at,
    updated_at = EXCLUDED.updated_at
WHERE deliveries.state = 'deferred' AND deliveries.attempts = 0 AND deliveries.verdict IS NULL
  AND EXCLUDED.due_at < deliveries.due_at
"""


class NoticeKey(NamedTuple):
    """Where a notice lives."""

    borrower_id: UUID
    notice_no: int


CASCADING = Query(
    NoticeKey,
    """
SELECT n.borrower_id, n.notice_no FROM notices n
WHERE (n.borrower_id, n.notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[])) AND n.fan_out <> 'all'
""",
)


class StoredNotice(NamedTuple):
    """A notice as it is read for people."""

    borrower_id: UUID
    notice_no: int
    accepted_at: datetime
    creditor: str
    category: str
    template: str
    fan_out: str
    channels: Sequence[str]
    not_before: datetime | None
    expires_at: datetime
    cancelled_at: datetime | None
    reference_digest: bytes | None
    debt_id: str
    encrypted: bytes
    language: str
    data_key: bytes | None
    profile: bytes | None
    """The borrower's, encrypted."""


SELECT_NOTICES = Query(
    StoredNotice,
    f"""
SELECT n.borrower_id, n.notice_no, n.accepted_at, n.creditor, n.category, n.template, n.fan_out,
       {CHANNELS} AS channels, n.not_before, n.expires_at,
       n.cancelled_at, n.reference_digest, n.debt_id, n.sealed AS encrypted, b.language, b.data_key,
           b.sealed AS profile
FROM notices n JOIN borrowers b USING (borrower_id)
WHERE (n.borrower_id, n.notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
""",
)


class StoredDelivery(NamedTuple):
    """A delivery as it is read for people."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    due_at: datetime | None
    expires_at: datetime
    verdict: Any
    reason: str | None
    attempts: int
    deferrals: int
    updated_at: datetime


SELECT_DELIVERIES = Query(
    StoredDelivery,
    """
SELECT borrower_id, notice_no, channel, state, due_at, expires_at, verdict, reason, attempts, deferrals,
    updated_at
FROM deliveries
WHERE (borrower_id, notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
""",
)


class StoredAttempt(NamedTuple):
    """An attempt as it is read for people."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    state: str
    outcome: str
    at: datetime
    dialed_at: datetime | None
    settled_at: datetime | None
    adapter: str | None
    provider_ref: str | None
    code: str | None
    reason: str | None


SELECT_ATTEMPTS = Query(
    StoredAttempt,
    """
SELECT borrower_id, notice_no, channel, number, state, outcome, at, dialed_at, settled_at, adapter,
    provider_ref, code, reason
FROM attempts
WHERE (borrower_id, notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
ORDER BY borrower_id, notice_no, channel, number
""",
)

BY_REFERENCE = Query(
    NoticeKey, "SELECT borrower_id, notice_no FROM notices WHERE reference_digest = ANY($1::bytea[])"
)

CANCEL_NOTICE = """
UPDATE notices SET cancelled_at = $3 WHERE borrower_id = $1 AND notice_no = $2 AND cancelled_at IS NULL
"""

CANCEL_DELIVERIES = """
UPDATE deliveries SET state = 'cancelled', due_at = NULL, lease_token = NULL, lease_until = NULL,
    updated_at = $3,
                      reason = 'cancelled by the upstream system'
WHERE borrower_id = $1 AND notice_no = $2
  AND (state IN ('due', 'deferred', 'held')
       OR state = 'sending' AND NOT EXISTS (
           SELECT 1 FROM attempts a WHERE a.borrower_id = $1 AND a.notice_no = $2
           AND a.channel = deliveries.channel
           AND a.state = 'dialing'))
RETURNING channel
"""

RELEASE_RESERVED = """
UPDATE attempts SET state = 'released', outcome = 'not_sent', settled_at = $3,
    reason = 'cancelled before it was sent'
WHERE borrower_id = $1 AND notice_no = $2 AND state = 'reserved'
"""


class Closed(NamedTuple):
    """A delivery that was ended."""

    notice_no: int
    channel: str


OVERTAKE = """
UPDATE notices SET overtaken_by = $3
WHERE borrower_id = $1 AND ($2::text[] IS NULL OR debt_id = ANY($2)) AND overtaken_by IS NULL
  AND cancelled_at IS NULL
  AND replace(category, '-', '_') <> ALL($4::text[]) AND expires_at > $5
RETURNING notice_no
"""

RELEASE_OVERTAKEN = """
UPDATE attempts SET state = 'released', outcome = 'not_sent', settled_at = $3,
    reason = 'overtaken before it was sent'
WHERE borrower_id = $1 AND notice_no = ANY($2::bigint[]) AND state = 'reserved'
"""

CLOSE_OVERTAKEN = Query(
    Closed,
    """
UPDATE deliveries d SET state = 'suppressed', due_at = NULL, lease_token = NULL, lease_until = NULL,
    updated_at = $3, reason = $4
WHERE borrower_id = $1 AND notice_no = ANY($2::bigint[])
  AND (state IN ('due', 'deferred', 'held')
       OR state = 'sending' AND NOT EXISTS (
           SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no
           AND a.channel = d.channel
           AND a.state = 'dialing'))
RETURNING notice_no, channel
""",
)


async def overtake(
    connection: Connection, borrower: UUID, debts: Sequence[str] | None, *, by: str, why: str, at: datetime
) -> list[Closed]:
    """Mark the notices about these debts (None: about all) as overtaken by a payment or a promise, and end
    what of them has not left. The caller holds the borrower's row, so that a notice is either here already,
    or newer than the payment.

    The attempts come before the deliveries: a mark that is being written is waited for, and then seen."""
    rows = await connection.fetch(
        OVERTAKE, borrower, None if debts is None else list(debts), by, sorted(NOT_OVERTAKEN), at
    )
    numbers = [row["notice_no"] for row in rows]
    if not numbers:
        return []
    await connection.execute(RELEASE_OVERTAKEN, borrower, numbers, at)
    return await CLOSE_OVERTAKEN.all(connection, borrower, numbers, at, why)


JUDGE_AGAIN = """
UPDATE deliveries d SET due_at = $3, updated_at = $3
FROM notices n
WHERE d.borrower_id = ANY($1::uuid[]) AND d.channel = ANY($2::text[]) AND d.state IN ('due', 'deferred')
  AND d.due_at > $3
  AND d.failures = 0
  AND n.borrower_id = d.borrower_id AND n.notice_no = d.notice_no AND n.fan_out = 'all'
  AND (n.not_before IS NULL OR n.not_before <= $3)
"""


async def judge_again(
    connection: Connection, borrowers: Iterable[UUID], channels: Sequence[str], *, at: datetime
) -> None:
    """Have what waits for a policy's instant on these channels judged now, so that what a wish ends does not
    stand open until then, and what no reason holds back any more does not wait. The caller holds the
    borrowers' rows. What waits for its `not_before`, for its turn in a cascade or for a retry stays:
    judged early it could leave early."""
    await connection.execute(JUDGE_AGAIN, sorted(set(borrowers)), list(channels), at)


async def insert_deliveries(connection: Connection, rows: Sequence[DeliveryRow]) -> None:
    """Store deliveries of notices that are stored; one that exists and only waits for its turn is due at the
    earlier of both instants."""
    earliest = {
        (row.borrower_id, row.notice_no, row.channel): row
        for row in sorted(rows, key=lambda row: row.due_at, reverse=True)
    }
    await connection.execute(
        INSERT_DELIVERIES, *(list(column) for column in zip(*earliest.values(), strict=True))
    )


async def cascading(connection: Connection, keys: Sequence[tuple[UUID, int]]) -> frozenset[NoticeKey]:
    """Those of these notices whose channels follow one another."""
    return frozenset(await CASCADING.all(connection, [key[0] for key in keys], [key[1] for key in keys]))


async def read(
    connection: Connection, keys: Sequence[tuple[UUID, int]]
) -> tuple[list[StoredNotice], list[StoredDelivery], list[StoredAttempt]]:
    """The notices, deliveries and attempts under these keys."""
    columns = [key[0] for key in keys], [key[1] for key in keys]
    return (
        await SELECT_NOTICES.all(connection, *columns),
        await SELECT_DELIVERIES.all(connection, *columns),
        await SELECT_ATTEMPTS.all(connection, *columns),
    )


async def stored(connection: Connection, keys: Sequence[tuple[UUID, int]]) -> list[StoredNotice]:
    """The notices under these keys, without their deliveries."""
    if not keys:
        return []
    return await SELECT_NOTICES.all(connection, [key[0] for key in keys], [key[1] for key in keys])


async def with_references(connection: Connection, digests: Sequence[bytes]) -> list[NoticeKey]:
    """The notices with any of these references."""
    return await BY_REFERENCE.all(connection, list(digests))


async def cancel(connection: Connection, borrower: UUID, number: int, at: datetime) -> list[str] | None:
    """Cancel what has not left yet; returns the channels that were cancelled, or None where the notice was
    cancelled before and none was. The caller holds the borrower's row.

    The attempts come first: a mark that is being written is waited for, and then seen."""
    first = rows_changed(await connection.execute(CANCEL_NOTICE, borrower, number, at)) > 0
    await connection.execute(RELEASE_RESERVED, borrower, number, at)
    rows = await connection.fetch(CANCEL_DELIVERIES, borrower, number, at)
    channels = sorted(row["channel"] for row in rows)
    return channels if channels or first else None
