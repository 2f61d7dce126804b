"""SQL of the sweeps: what has expired, and which attempts the provider is to be asked about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.partial import EXPIRING
from service.store.query import Query


class Expired(NamedTuple):
    """A delivery that was ended because its notice has expired."""

    borrower_id: UUID
    notice_no: int
    channel: str
    expires_at: datetime
    was: str


EXPIRE = Query(
    Expired,
    f"""
WITH late AS (
    SELECT borrower_id, notice_no, channel, state FROM deliveries d
    WHERE {EXPIRING} AND expires_at <= $1
      AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id
                      AND a.notice_no = d.notice_no AND a.channel = d.channel
                      AND a.state IN ('unknown', 'accepted', 'held_by_provider'))
    ORDER BY expires_at LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE deliveries d SET state = 'expired', due_at = NULL, updated_at = $1,
    reason = 'expired before it could be sent'
FROM late
WHERE d.borrower_id = late.borrower_id AND d.notice_no = late.notice_no AND d.channel = late.channel
RETURNING d.borrower_id, d.notice_no, d.channel, d.expires_at, late.state AS was
""",
)


class ToLookUp(NamedTuple):
    """An attempt that its provider is to be asked about."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    state: str
    adapter: str | None
    provider_ref: str | None
    reserved_at: datetime
    dialed_at: datetime | None
    looked_up: int
    body_digest: bytes | None
    data_key: bytes | None
    encrypted: bytes | None


TAKE_LOOK_UPS = Query(
    ToLookUp,
    """
WITH due AS (
    SELECT borrower_id, notice_no, channel, number FROM attempts
    WHERE look_up_at <= $1 AND state NOT IN ('reserved', 'dialing') ORDER BY look_up_at LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE attempts a SET look_up_at = $1 + $3::interval
FROM due, borrowers b
WHERE a.borrower_id = due.borrower_id AND a.notice_no = due.notice_no AND a.channel = due.channel
  AND a.number = due.number
  AND b.borrower_id = a.borrower_id
RETURNING a.borrower_id, a.notice_no, a.channel, a.number, a.state, a.adapter, a.provider_ref, a.reserved_at,
    a.dialed_at,
          a.looked_up, a.body_digest, b.data_key, b.sealed AS encrypted
""",
)

SET_ASIDE = """
UPDATE attempts SET state = 'undelivered', reason = 'set aside: the category allows a repeat', settled_at = $5
WHERE borrower_id = $1 AND notice_no = $2 AND channel = $3 AND number = $4 AND state = 'unknown'
"""

LOOK_UP_LEASE = timedelta(minutes=2)


async def expire(connection: Connection, at: datetime, limit: int) -> list[Expired]:
    """End waiting and held deliveries that have expired; one that may have gone stays for a person."""
    return await EXPIRE.all(connection, at, limit)


async def take_look_ups(connection: Connection, at: datetime, limit: int) -> list[ToLookUp]:
    """Take attempts to ask about; the next worker asks only after a while, should this one not come back."""
    return await TAKE_LOOK_UPS.all(connection, at, limit, LOOK_UP_LEASE)


async def set_aside(connection: Connection, key: AttemptKey, at: datetime) -> None:
    """Close an unknown attempt so that a new one may begin; it still counts, with its outcome in flight."""
    await connection.execute(SET_ASIDE, key.borrower_id, key.notice_no, key.channel, key.number, at)
