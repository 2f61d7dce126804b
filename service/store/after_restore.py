"""SQL about a store that is older than what was sent: which of a provider's messages it knows, and what still
waits in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store import partial
from service.store.database import Connection
from service.store.query import Query

KNOWN = """
SELECT provider_ref FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND channel = $2 AND adapter = $3 AND provider_ref = ANY($4::text[])
"""


class EventKey(NamedTuple):
    """Where an event lives."""

    borrower_id: UUID
    event_id: str


RECORDED = Query(
    EventKey,
    """
SELECT borrower_id, event_id FROM events WHERE borrower_id = ANY($1::uuid[]) AND event_id = ANY($2::text[])
""",
)


class Unsettled(NamedTuple):
    """An attempt that may have gone, and of which the provider's id is not known."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    address_digest: bytes
    dialed_at: datetime | None


UNSETTLED = Query(
    Unsettled,
    """
SELECT borrower_id, notice_no, channel, number, address_digest, dialed_at FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND channel = $2 AND adapter = $3 AND state IN ('dialing', 'unknown')
  AND provider_ref IS NULL
ORDER BY dialed_at
""",
)


class WaitingDelivery(NamedTuple):
    """A delivery that would still be sent."""

    borrower_id: UUID
    notice_no: int
    channel: str
    due_at: datetime | None
    accepted_at: datetime


WAITING = Query(
    WaitingDelivery,
    """
SELECT d.borrower_id, d.notice_no, d.channel, d.due_at, n.accepted_at
FROM deliveries d JOIN notices n USING (borrower_id, notice_no)
WHERE d.borrower_id = ANY($1::uuid[]) AND d.channel = $2
  AND (d.state IN ('due', 'deferred') OR d.state = 'sending' AND EXISTS (
       SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no
       AND a.channel = d.channel
       AND a.state = 'reserved'))
ORDER BY d.borrower_id, d.notice_no
""",
)


class Place(NamedTuple):
    """Where a delivery lives."""

    borrower_id: UUID
    notice_no: int
    channel: str


DUE = Query(
    Place,
    f"""
SELECT borrower_id, notice_no, channel FROM deliveries d
WHERE {partial.WAITING} AND channel = $1 AND due_at <= $2 AND (borrower_id, notice_no) > ($3, $4)
ORDER BY borrower_id, notice_no LIMIT $5
""",
)

HOLD = Query(
    Place,
    """
UPDATE deliveries d SET state = 'held', due_at = NULL, reason = $4, updated_at = $5
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (borrower_id, notice_no, channel)) u
WHERE d.borrower_id = u.borrower_id AND d.notice_no = u.notice_no AND d.channel = u.channel
  AND d.state IN ('due', 'deferred')
RETURNING d.borrower_id, d.notice_no, d.channel
""",
)


async def known(
    connection: Connection, ids: Sequence[UUID], channel: str, adapter: str, refs: Sequence[str]
) -> set[str]:
    """Those of a provider's ids that attempts of these borrowers own."""
    return {
        row["provider_ref"] for row in await connection.fetch(KNOWN, list(ids), channel, adapter, list(refs))
    }


async def recorded(connection: Connection, ids: Sequence[UUID], event_ids: Sequence[str]) -> set[EventKey]:
    """Those of these events that are stored."""
    return set(await RECORDED.all(connection, list(ids), list(event_ids)))


async def unsettled(
    connection: Connection, ids: Sequence[UUID], channel: str, adapter: str
) -> list[Unsettled]:
    """Attempts that may have gone and of which the provider's id is not known, the oldest first."""
    return await UNSETTLED.all(connection, list(ids), channel, adapter)


async def waiting(connection: Connection, ids: Sequence[UUID], channel: str) -> list[WaitingDelivery]:
    """What would still be sent to these borrowers."""
    return await WAITING.all(connection, list(ids), channel)


async def due(
    connection: Connection, channel: str, at: datetime, after: tuple[UUID, int], limit: int
) -> list[Place]:
    """A page of everything that waits on a channel and was due by an instant."""
    return await DUE.all(connection, channel, at, *after, limit)


async def hold(connection: Connection, places: Sequence[Place], *, reason: str, at: datetime) -> list[Place]:
    """Park what waits, for a person; returns what did. The caller holds the borrowers' rows."""
    columns = list(zip(*places, strict=True)) or [(), (), ()]
    return await HOLD.all(connection, *(list(column) for column in columns), reason, at)
