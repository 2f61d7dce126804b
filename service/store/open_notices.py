"""SQL about what still waits to be decided: the notices of waiting deliveries, with all that says which
policies bind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.partial import WAITING
from service.store.query import Query


class OpenNotice(NamedTuple):
    """A notice with deliveries that wait, and its borrower."""

    borrower_id: UUID
    notice_no: int
    waiting: int
    """How many of its deliveries wait."""
    accepted_at: datetime
    creditor: str
    category: str
    template: str
    sender_role: str
    debt_id: str
    account_id: str | None
    days_past_due: int
    expires_at: datetime
    notice_encrypted: bytes
    data_key: bytes | None
    encrypted: bytes | None
    profile_digest: bytes
    jurisdiction: str | None
    country: str | None
    time_zone: str | None
    created_at: datetime


SELECT_OPEN = Query(
    OpenNotice,
    f"""
SELECT n.borrower_id, n.notice_no, w.waiting, n.accepted_at, n.creditor, n.category, n.template,
    n.sender_role, n.debt_id,
       n.account_id, n.days_past_due, n.expires_at, n.sealed AS notice_encrypted, b.data_key,
           b.sealed AS encrypted, b.profile_digest, b.jurisdiction, b.country,
       b.time_zone, b.created_at
FROM (
    SELECT borrower_id, notice_no, count(*)::int AS waiting
    FROM (SELECT d.borrower_id, d.notice_no FROM deliveries d WHERE {WAITING} LIMIT $1) d
    GROUP BY borrower_id, notice_no
) w
CROSS JOIN LATERAL (SELECT * FROM notices n WHERE n.borrower_id = w.borrower_id
  AND n.notice_no = w.notice_no LIMIT 1) n
CROSS JOIN LATERAL (SELECT * FROM borrowers b WHERE b.borrower_id = w.borrower_id LIMIT 1) b
""",
)

READ = Query(
    OpenNotice,
    """
SELECT n.borrower_id, n.notice_no, 0 AS waiting, n.accepted_at, n.creditor, n.category, n.template,
    n.sender_role, n.debt_id,
       n.account_id, n.days_past_due, n.expires_at, n.sealed AS notice_encrypted, b.data_key,
           b.sealed AS encrypted, b.profile_digest, b.jurisdiction, b.country,
       b.time_zone, b.created_at
FROM notices n JOIN borrowers b USING (borrower_id)
WHERE (n.borrower_id, n.notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
""",
)


async def read(connection: Connection, keys: Sequence[tuple[UUID, int]]) -> list[OpenNotice]:
    """Notices by key with their borrowers, whatever became of their deliveries; `waiting` is not counted."""
    return await READ.all(connection, [key[0] for key in keys], [key[1] for key in keys])


async def find(connection: Connection, most: int) -> list[OpenNotice]:
    """The notices of up to `most` waiting deliveries."""
    return await SELECT_OPEN.all(connection, most)
