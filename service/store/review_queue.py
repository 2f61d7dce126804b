"""SQL about deliveries that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from service.store.channel_order import CHANNELS
from service.store.database import Connection
from service.store.partial import PARKED
from service.store.query import Query

MAY_HAVE_GONE = """
EXISTS (SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no
        AND a.channel = d.channel AND a.state IN ('unknown', 'accepted', 'held_by_provider'))
"""


class Waiting(NamedTuple):
    """A delivery that waits for a person."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    updated_at: datetime
    reason: str | None
    creditor: str
    expires_at: datetime
    verdict: Any
    may_have_gone: bool


_STATE = """
    (SELECT * FROM deliveries d
     WHERE {parked} AND d.state = '{state}' AND ($1::text[] IS NULL OR d.creditor = ANY($1))
       AND ($5::text IS NULL OR d.state = $5) AND ($6::text IS NULL OR d.channel = $6)
       AND ($2::timestamptz IS NULL OR d.updated_at >= $2
       AND (d.updated_at, d.notice_no::text || d.channel) > ($2, $3::text))
     ORDER BY d.updated_at, d.notice_no::text || d.channel LIMIT $4)
"""
FIND = Query(
    Waiting,
    f"""
SELECT d.borrower_id, d.notice_no, d.channel, d.state, d.updated_at, d.reason, d.creditor, d.expires_at,
    d.verdict,
       {MAY_HAVE_GONE} AS may_have_gone
FROM ({" UNION ALL ".join(_STATE.format(state=state, parked=PARKED) for state in ("held", "unknown"))}) d
ORDER BY d.updated_at, d.notice_no::text || d.channel LIMIT $4
""",
)
"""State by state along their index, so that a page reads no more than itself."""


class LockedDelivery(NamedTuple):
    """A delivery that waits for a person, with its notice, held to the end of the transaction."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    reason: str | None
    creditor: str
    expires_at: datetime
    fan_out: str
    channels: Sequence[str]
    wait: timedelta
    category: str
    cancelled_at: datetime | None
    may_have_gone: bool


LOCK = Query(
    LockedDelivery,
    f"""
SELECT d.borrower_id, d.notice_no, d.channel, d.state, d.reason, d.creditor, d.expires_at, n.fan_out,
    {CHANNELS} AS channels, n.wait,
       n.category, n.cancelled_at, {MAY_HAVE_GONE} AS may_have_gone
FROM deliveries d JOIN notices n USING (borrower_id, notice_no)
WHERE (d.borrower_id, d.notice_no, d.channel) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]))
  AND d.state IN ('held', 'unknown')
FOR NO KEY UPDATE OF d
""",
)

RELEASE_ATTEMPTS = """
UPDATE attempts a SET state = $4, outcome = CASE WHEN $4 = 'delivered' THEN 'delivered'
ELSE a.outcome END, settled_at = $5,
       look_up_at = NULL, reason = 'settled by a person'
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (borrower_id, notice_no, channel)) u
WHERE a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
  AND a.state IN ('unknown', 'accepted', 'held_by_provider')
"""

RELEASE = """
UPDATE deliveries d SET state = $4, due_at = CASE WHEN $4 = 'due' THEN $5::timestamptz END, updated_at = $5,
    released_by = $6, reason = $7
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (borrower_id, notice_no, channel)) u
WHERE d.borrower_id = u.borrower_id AND d.notice_no = u.notice_no AND d.channel = u.channel
"""


async def find(
    connection: Connection,
    creditors: Sequence[str] | None,
    after: tuple[datetime, str] | None,
    limit: int,
    *,
    state: str | None = None,
    channel: str | None = None,
) -> list[Waiting]:
    """Held and unknown deliveries, the oldest first; only those of a state or a channel where one is
    named."""
    wanted = None if creditors is None else list(creditors)
    return await FIND.all(connection, wanted, *(after or (None, None)), limit, state, channel)


async def lock(
    connection: Connection, keys: Sequence[tuple[UUID, int, str]]
) -> dict[tuple[UUID, int, str], LockedDelivery]:
    """Those of `keys` that are held or unknown, held to the end of the transaction."""
    rows = await LOCK.all(connection, *_columns(keys))
    return {(row.borrower_id, row.notice_no, row.channel): row for row in rows}


def _columns(keys: Sequence[tuple[UUID, int, str]]) -> tuple[list[UUID], list[int], list[str]]:
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


async def release(
    connection: Connection,
    keys: Sequence[tuple[UUID, int, str]],
    *,
    state: str,
    at: datetime,
    actor: str,
    reason: str,
) -> None:
    """Move deliveries to `state`; an attempt that may have gone is closed, and goes on counting."""
    attempt_state = "delivered" if state == "delivered" else "undelivered"
    await connection.execute(RELEASE_ATTEMPTS, *_columns(keys), attempt_state, at)
    await connection.execute(RELEASE, *_columns(keys), state, at, actor, reason)
