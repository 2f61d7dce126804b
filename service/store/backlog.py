"""SQL about what waits and for how long: the numbers behind the alarms."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.ids import CHANNELS
from service.model.category import PRIORITIES
from service.store import partial
from service.store.database import Connection
from service.store.query import Query
from service.store.queue import CREDITORS

MOST = 100_000
"""As far as is counted."""

LANES = f"""{CREDITORS}, lanes AS (
    SELECT c.creditor, p.priority, h.channel
    FROM creditor_names c CROSS JOIN unnest($2::smallint[]) AS p (priority) CROSS
    JOIN unnest($3::text[]) AS h (channel)
    WHERE c.creditor IS NOT NULL
)"""
"""Where anything may wait: the heads of the index by which workers claim, so that what is deferred is not
passed through."""


class Waiting(NamedTuple):
    """How many deliveries stand in one state, counted to a bound, and how old the oldest is."""

    state: str
    number: int
    oldest_seconds: float | None


OVERDUE = Query(
    Waiting,
    f"""{LANES}
SELECT 'overdue' AS state,
    (SELECT count(*) FROM (
        SELECT FROM lanes l CROSS JOIN LATERAL (
            SELECT FROM deliveries d WHERE {partial.WAITING} AND d.creditor = l.creditor
            AND d.priority = l.priority
            AND d.channel = l.channel AND d.due_at <= $1
        ) d LIMIT $4
    ) u) AS number,
    (SELECT extract(epoch FROM $1 - min(d.due_at))::float8 FROM lanes l CROSS JOIN LATERAL (
        SELECT min(due_at) AS due_at FROM deliveries d WHERE {partial.WAITING} AND d.creditor = l.creditor
        AND d.priority = l.priority AND d.channel = l.channel AND d.due_at <= $1
    ) d) AS oldest_seconds
""",
)

_IN_STATE = f"""
SELECT '{{state}}' AS state,
    (SELECT count(*) FROM (SELECT FROM deliveries d WHERE {partial.PARKED}
    AND d.state = '{{state}}' LIMIT $2) u) AS number,
       (SELECT extract(epoch FROM $1::timestamptz - min(d.updated_at))::float8 FROM deliveries d
       WHERE {partial.PARKED} AND d.state = '{{state}}') AS oldest_seconds
"""
PARKED = Query(Waiting, " UNION ALL ".join(_IN_STATE.format(state=state) for state in ("held", "unknown")))
"""Each state stands in the text: its numbers come from the head of its part of the index."""
OWED = Query(
    Waiting,
    """
SELECT s.state, count(a.state) AS number,
    extract(epoch FROM $1::timestamptz - min(a.settled_at))::float8 AS oldest_seconds
FROM unnest(ARRAY['accepted', 'held_by_provider']) AS s (state)
LEFT JOIN attempts a ON a.state = s.state AND a.look_up_at IS NOT NULL
GROUP BY s.state
""",
)
"""What the provider has is counted while a word is owed: an e-mail of which no bounce came stays accepted for
good."""


class Place(NamedTuple):
    """A delivery that is counted above, and the instant by which they are in order: when it was due, or when
    its provider is to be asked."""

    at: datetime
    borrower_id: UUID
    notice_no: int
    channel: str


_LATE = f"""
SELECT d.due_at AS at, d.borrower_id, d.notice_no, d.channel FROM lanes l CROSS JOIN LATERAL (
    SELECT d.borrower_id, d.notice_no, d.channel, d.due_at FROM deliveries d WHERE {partial.WAITING}
    AND d.creditor = l.creditor AND d.priority = l.priority AND d.channel = l.channel AND d.due_at <= $1
    {{further}}
    ORDER BY d.due_at, d.borrower_id, d.notice_no LIMIT $4
) d ORDER BY d.due_at, d.borrower_id, d.notice_no, d.channel LIMIT $4
"""
OVERDUE_ONES = Query(Place, LANES + _LATE.format(further=""))
OVERDUE_NEXT = Query(
    Place,
    LANES
    + _LATE.format(
        further="AND d.due_at >= $5 AND (d.due_at, d.borrower_id, d.notice_no, d.channel) > ($5, $6, $7, $8)"
    ),
)
_OWED = """
SELECT look_up_at AS at, borrower_id, notice_no, channel FROM attempts
WHERE state = 'accepted' AND look_up_at IS NOT NULL {further}
ORDER BY look_up_at, borrower_id, notice_no, channel LIMIT $1
"""
OWED_ONES = Query(Place, _OWED.format(further=""))
OWED_NEXT = Query(
    Place,
    _OWED.format(
        further="AND look_up_at >= $2 AND (look_up_at, borrower_id, notice_no, channel) > ($2, $3, $4, $5)"
    ),
)


UNSEQUENCED = "SELECT COALESCE(sum(cardinality(entries)), 0) FROM log_pending"


async def unsequenced(connection: Connection) -> int:
    """How many log entries wait for their index."""
    return int(await connection.fetchval(UNSEQUENCED))


async def overdue(
    connection: Connection, at: datetime, limit: int, after: Place | None = None
) -> list[Place]:
    """The deliveries that are overdue, the oldest first, from the one behind `after` on."""
    if after is None:
        return await OVERDUE_ONES.all(connection, at, list(PRIORITIES), list(CHANNELS), limit)
    return await OVERDUE_NEXT.all(connection, at, list(PRIORITIES), list(CHANNELS), limit, *after)


async def owed(connection: Connection, limit: int, after: Place | None = None) -> list[Place]:
    """The deliveries that a provider has, and of which a word is owed; the one to be asked about next
    first."""
    if after is None:
        return await OWED_ONES.all(connection, limit)
    return await OWED_NEXT.all(connection, limit, *after)


async def summary(connection: Connection, at: datetime) -> list[Waiting]:
    """How many deliveries are overdue, held, unknown or with the provider, each counted to 100,000; and the
    age of the oldest in seconds."""
    return [
        *await OVERDUE.all(connection, at, list(PRIORITIES), list(CHANNELS), MOST),
        *await PARKED.all(connection, at, MOST),
        *await OWED.all(connection, at),
    ]
