"""SQL of events on their way: relayed by one process at a time, claimed by any, in order within a notice.

An event is relayed once its transaction is sequenced: then its place in the log is known, and nothing that
came before it is still open. Of one notice and endpoint only the oldest event may leave; the next one follows
when it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.log_sequence import INDEX_OF
from service.store.own_names import own_key
from service.store.query import Query

RELAY_LOCK = 0x464F5257
LEAD = f"SELECT pg_try_advisory_xact_lock({own_key('$1::bigint')})"


class Fresh(NamedTuple):
    """An event that was not relayed yet."""

    event_no: int
    transaction_id: int
    type: str
    at: datetime
    borrower_id: UUID | None
    notice_no: int | None
    channel: str | None
    entry_id: int | None
    creditor: str | None
    """The notice's."""
    log_index: int | None


FRESH = Query(
    Fresh,
    f"""
SELECT w.event_no, w.transaction_id, w.type, w.at, w.borrower_id, w.notice_no, w.channel, w.entry_id,
       (SELECT n.creditor FROM notices n WHERE n.borrower_id = w.borrower_id
       AND n.notice_no = w.notice_no) AS creditor, s.index AS log_index
FROM webhook_events w LEFT JOIN LATERAL (SELECT w.entry_id) e ON true {INDEX_OF}
WHERE NOT w.relayed AND (w.at < $1 OR w.transaction_id NOT IN (SELECT transaction_id FROM log_pending))
  AND NOT EXISTS (SELECT FROM webhook_events o WHERE o.borrower_id = w.borrower_id
  AND o.notice_no = w.notice_no
                  AND o.event_no < w.event_no AND NOT o.relayed AND o.at >= $1
                  AND o.transaction_id IN (SELECT transaction_id FROM log_pending))
ORDER BY w.event_no LIMIT $2
""",
)
"""`$1`: what is older than that waits for its place in the log no longer."""


class Sequenced(NamedTuple):
    """An entry of a transaction that moved deliveries."""

    transaction_id: int
    entry_id: int
    borrower_id: UUID
    notice_no: int | None
    channel: str | None
    log_index: int | None


ENTRIES = Query(
    Sequenced,
    f"""
SELECT e.transaction_id, e.entry_id, e.borrower_id, e.notice_no, e.channel, s.index AS log_index
FROM log_entries e {INDEX_OF} WHERE e.transaction_id = ANY($1::xid8[]) AND e.borrower_id = ANY($2::uuid[])
ORDER BY e.entry_id
""",
)


class Done(NamedTuple):
    """A notice on which nothing is owed any more."""

    borrower_id: UUID
    notice_no: int
    creditor: str


DONE = Query(
    Done,
    """
SELECT n.borrower_id, n.notice_no, n.creditor FROM notices n
WHERE (n.borrower_id, n.notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))
  AND NOT EXISTS (SELECT FROM deliveries d WHERE d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no
                  AND d.state = ANY($3::text[]) AND NOT (d.state = 'accepted' AND d.channel = 'email'))
  AND NOT EXISTS (SELECT FROM webhook_events w WHERE w.borrower_id = n.borrower_id
  AND w.notice_no = n.notice_no
                  AND (w.type = 'notice.done' OR NOT w.relayed AND w.event_no <> ALL($4::bigint[])))
""",
)
"""`$4`: the events that are relayed together with it."""

ADD = """
INSERT INTO webhook_events (type, at, borrower_id, notice_no, log_index, creditor, relayed)
VALUES ($1, $2, $3, $4, $5, $6, true) RETURNING event_no
"""
RELAYED = """
UPDATE webhook_events w SET relayed = true, log_index = u.index, creditor = u.creditor
FROM (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u (event_no, index, creditor)) u
WHERE w.event_no = u.event_no
"""
DROP = "DELETE FROM webhook_events WHERE event_no = ANY($1::bigint[])"
PUT = """
INSERT INTO webhook_outbox (endpoint_id, event_no, borrower_id, notice_no, next_at, created_at)
SELECT u.endpoint_id, w.event_no, w.borrower_id, w.notice_no, $3, $3
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS u (endpoint_id, event_no, place)
JOIN webhook_events w USING (event_no)
ORDER BY u.place ON CONFLICT DO NOTHING
"""
TOLD_SIZE = "SELECT max(log_index) + 1 FROM webhook_events WHERE type = 'log.checkpoint'"


async def lead(connection: Connection) -> bool:
    """Whether this transaction may relay; one at a time."""
    return bool(await connection.fetchval(LEAD, RELAY_LOCK))


async def fresh(connection: Connection, overdue: datetime, limit: int) -> list[Fresh]:
    """Events whose transactions have their places in the log, or that are older than `overdue`, in their
    order within each notice."""
    return await FRESH.all(connection, overdue, limit)


async def entries(
    connection: Connection, transactions: Sequence[int], borrowers: Sequence[UUID]
) -> list[Sequenced]:
    """The entries that these transactions wrote about these borrowers."""
    return await ENTRIES.all(connection, list(transactions), list(borrowers))


async def done(
    connection: Connection, keys: Sequence[tuple[UUID, int]], owed: Sequence[str], together: Sequence[int]
) -> list[Done]:
    """Those of these notices that are done, and of which nobody was told so."""
    return await DONE.all(
        connection, [one for one, _ in keys], [number for _, number in keys], owed, together
    )


async def add(
    connection: Connection,
    type_: str,
    at: datetime,
    *,
    notice: tuple[UUID, int] | None = None,
    index: int | None = None,
    creditor: str | None = None,
) -> int:
    """Write an event that follows from others; its number."""
    borrower, number = notice or (None, None)
    added: int = await connection.fetchval(ADD, type_, at, borrower, number, index, creditor)
    return added


async def relayed(connection: Connection, rows: Sequence[tuple[int, int | None, str | None]]) -> None:
    """Mark events as relayed: number, place in the log, creditor."""
    if rows:
        await connection.execute(RELAYED, *(list(column) for column in zip(*rows, strict=True)))


async def drop(connection: Connection, events: Sequence[int]) -> None:
    """Forget events that nobody wants."""
    if events:
        await connection.execute(DROP, list(events))


async def put(connection: Connection, rows: Sequence[tuple[str, int]], at: datetime) -> None:
    """Put events on their way, each to an endpoint, in order; what is on its way already stays there."""
    if rows:
        await connection.execute(PUT, *(list(column) for column in zip(*rows, strict=True)), at)


async def told_size(connection: Connection) -> int:
    """The size of the last checkpoint that was told of."""
    return int(await connection.fetchval(TOLD_SIZE) or 0)


_AGAIN = """
INSERT INTO webhook_outbox (endpoint_id, event_no, borrower_id, notice_no, next_at, created_at)
SELECT $1, w.event_no, w.borrower_id, w.notice_no, $2, $2 FROM webhook_events w
WHERE w.relayed AND {which}
  AND EXISTS (SELECT FROM unnest($3::text[]) t WHERE t = w.type OR t = split_part(w.type, '.', 1) || '.*')
  AND ($4::text IS NULL OR w.creditor = $4)
ORDER BY w.event_no ON CONFLICT DO NOTHING
"""
AGAIN_BY_TIME = _AGAIN.format(which="w.at >= $5 AND w.at < $6")
AGAIN_BY_ID = _AGAIN.format(which="w.event_id = ANY($5::uuid[])")


class Leaving(NamedTuple):
    """An event that leaves for an endpoint now."""

    place: int
    event_no: int
    attempts: int
    """Before this one."""
    created_at: datetime
    event_id: UUID
    type: str
    at: datetime
    borrower_id: UUID | None
    notice_no: int | None
    channel: str | None
    entry_id: int | None
    log_index: int | None


_CLAIM = """
WITH heads AS (
    SELECT o.endpoint_id, o.place FROM webhook_outbox o JOIN webhook_endpoints e USING (endpoint_id)
    WHERE o.endpoint_id = $1 AND e.enabled AND {head}
    ORDER BY o.place LIMIT $3 FOR UPDATE OF o SKIP LOCKED
), claimed AS (
    UPDATE webhook_outbox o SET next_at = $4 FROM heads h WHERE o.endpoint_id = h.endpoint_id
    AND o.place = h.place
    RETURNING o.place, o.event_no, o.attempts, o.created_at
)
SELECT c.place, c.event_no, c.attempts, c.created_at, w.event_id, w.type, w.at, w.borrower_id, w.notice_no,
    w.channel, w.entry_id,
       w.log_index
FROM claimed c JOIN webhook_events w USING (event_no) ORDER BY c.place
"""
CLAIM = Query(
    Leaving,
    _CLAIM.format(
        head="""o.next_at <= $2 AND NOT EXISTS (
        SELECT FROM webhook_outbox p WHERE p.endpoint_id = o.endpoint_id AND p.borrower_id = o.borrower_id
        AND p.notice_no = o.notice_no AND p.place < o.place)"""
    ),
)
CLAIM_OLDEST = Query(
    Leaving,
    _CLAIM.format(
        head="""o.next_at <= $2 AND o.place = (
        SELECT p.place FROM webhook_outbox p WHERE p.endpoint_id = $1 ORDER BY p.place LIMIT 1)"""
    ),
)
"""Of an endpoint that fails: the oldest event alone, which no other stands before."""

DUE = """
SELECT endpoint_id FROM webhook_endpoints e
WHERE enabled AND EXISTS (SELECT FROM webhook_outbox o WHERE o.endpoint_id = e.endpoint_id
  AND o.next_at <= $1)
"""
TAKEN = "DELETE FROM webhook_outbox WHERE endpoint_id = $1 AND place = ANY($2::bigint[])"
LATER = """
UPDATE webhook_outbox o SET attempts = o.attempts + 1, next_at = u.next_at
FROM (SELECT * FROM unnest($2::bigint[], $3::timestamptz[]) AS u (place, next_at)) u WHERE o.endpoint_id = $1
  AND o.place = u.place
"""
HURRY = "UPDATE webhook_outbox SET next_at = $2 WHERE endpoint_id = $1 AND next_at > $3"


async def due(connection: Connection, at: datetime) -> list[str]:
    """The enabled endpoints for which something may leave."""
    return [row["endpoint_id"] for row in await connection.fetch(DUE, at)]


async def claim(
    connection: Connection, endpoint_id: str, *, at: datetime, lease: datetime, limit: int, oldest: bool
) -> list[Leaving]:
    """Take events that may leave now; who takes them and dies leaves them to others at `lease`."""
    return await (CLAIM_OLDEST if oldest else CLAIM).all(
        connection, endpoint_id, at, 1 if oldest else limit, lease
    )


async def taken(connection: Connection, endpoint_id: str, places: Sequence[int]) -> None:
    """These have arrived, or are given up."""
    await connection.execute(TAKEN, endpoint_id, list(places))


async def later(connection: Connection, endpoint_id: str, moves: Sequence[tuple[int, datetime]]) -> None:
    """These did not arrive: when each is tried again."""
    if moves:
        await connection.execute(LATER, endpoint_id, *(list(column) for column in zip(*moves, strict=True)))


async def hurry(connection: Connection, endpoint_id: str, at: datetime, beyond: datetime) -> None:
    """An endpoint is back: what waits for a later try than `beyond` may leave now."""
    await connection.execute(HURRY, endpoint_id, at, beyond)


async def again(
    connection: Connection,
    endpoint_id: str,
    at: datetime,
    types: Sequence[str],
    creditor: str | None,
    *,
    between: tuple[datetime, datetime] | None = None,
    ids: Sequence[UUID] = (),
) -> int:
    """Put relayed events on their way once more, by time or by id; how many."""
    if between is not None:
        tag = await connection.execute(AGAIN_BY_TIME, endpoint_id, at, list(types), creditor, *between)
    else:
        tag = await connection.execute(AGAIN_BY_ID, endpoint_id, at, list(types), creditor, list(ids))
    return int(str(tag).rsplit(" ", 1)[-1])


class Leaf(NamedTuple):
    """What an entry of the log says."""

    entry_id: int
    leaf: str
    detail: bytes | None


LEAVES = Query(Leaf, "SELECT entry_id, leaf, detail FROM log_entries WHERE entry_id = ANY($1::bigint[])")


async def leaves(connection: Connection, ids: Sequence[int]) -> dict[int, Leaf]:
    """Entries by their number."""
    return {row.entry_id: row for row in await LEAVES.all(connection, list(ids))} if ids else {}
