"""SQL about attempts after their reservation: the dialing mark, the settlement, and what a crash left
behind.

Every statement is guarded by the state and the lease that it expects; rows that moved on meanwhile are left
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.model.delivery import CLOSED
from service.model.place import AttemptPlace
from service.store.channel_order import CHANNELS
from service.store.database import Connection
from service.store.partial import LEASED, is_any_of
from service.store.query import Query
from service.store.suppressions import opposing


class AttemptKey(NamedTuple):
    """Where an attempt lives."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int


DIAL = f"""
UPDATE attempts a
SET state = 'dialing', dialed_at = $6, at = $6, body_digest = u.body_digest, send_by = now() + $7::interval,
    look_up_at = $6 + $9::interval
FROM (SELECT u.*, d.state, d.lease_token, d.lease_until, d.expires_at, b.revision
      FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::bytea[],
          $8::text[])
            WITH ORDINALITY AS u (borrower_id, notice_no, channel, number, body_digest, suppressions,
                place)) u
      CROSS JOIN LATERAL (SELECT * FROM deliveries d
                          WHERE d.borrower_id = u.borrower_id AND d.notice_no = u.notice_no
                          AND d.channel = u.channel LIMIT 1) d
      CROSS JOIN LATERAL (SELECT * FROM borrowers b WHERE b.borrower_id = u.borrower_id LIMIT 1) b) u
WHERE a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
  AND a.number = u.number
  AND {is_any_of("a.state", "reserved")}
  AND u.state = 'sending' AND u.lease_token = a.lease_token AND u.lease_until > now()
  AND u.revision = a.decided_revision AND u.expires_at > $6
  AND (a.valid_until IS NULL OR a.valid_until > $6)
  AND u.suppressions IS NOT DISTINCT FROM ({opposing(digest="a.address_digest", channel="a.channel")})
RETURNING u.place
"""
"""What stands against the address must be what the decision saw: a wish that was recorded since stops the
attempt, whichever borrower said it, and also where nobody had the address yet. When the provider is to be
asked about it is noted now, so that its settlement changes nothing that an index holds."""

LOCK_IN_ORDER = """
SELECT a.number FROM attempts a
JOIN (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[]) AS u (borrower_id, notice_no,
    channel, number)) u
  ON a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
  AND a.number = u.number
ORDER BY a.borrower_id, a.notice_no, a.channel, a.number
FOR NO KEY UPDATE OF a
"""

GIVE_BACK = Query(
    AttemptKey,
    f"""
WITH released AS (
    UPDATE attempts a SET state = 'released', outcome = 'not_sent', settled_at = $5, reason = $6
    FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[])
          AS u (borrower_id, notice_no, channel, number)) u
    WHERE a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
    AND a.number = u.number
      AND {is_any_of("a.state", "reserved")}
    RETURNING a.borrower_id, a.notice_no, a.channel, a.number, a.lease_token
), waiting AS (
    UPDATE deliveries d SET state = 'due', due_at = LEAST(d.due_at, $5), lease_token = NULL,
        lease_until = NULL, updated_at = $5
    FROM released r
    WHERE d.borrower_id = r.borrower_id AND d.notice_no = r.notice_no AND d.channel = r.channel
      AND d.state = 'sending' AND d.lease_token = r.lease_token
)
SELECT borrower_id, notice_no, channel, number FROM released
""",
)


class Locked(NamedTuple):
    """An attempt with its delivery and its notice, held to the end of the transaction: what deciding the next
    step needs."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    state: str
    outcome: str
    adapter: str | None
    provider_ref: str | None
    address_digest: bytes
    body_digest: bytes | None
    reserved_at: datetime
    dialed_at: datetime | None
    lease_token: int
    looked_up: int
    look_up_at: datetime | None
    creditor: str
    category: str
    delivery_state: str
    delivery_attempts: int
    failures: int
    expires_at: datetime
    delivery_lease: int | None
    fan_out: str
    channels: Sequence[str]
    wait: timedelta
    notice_category: str
    cancelled_at: datetime | None
    traceparent: str | None
    """Of the decision, where it was traced."""
    notice_traceparent: str | None


LOCK = Query(
    Locked,
    f"""
SELECT a.borrower_id, a.notice_no, a.channel, a.number, a.state, a.outcome, a.adapter, a.provider_ref,
    a.address_digest, a.body_digest,
       a.reserved_at, a.dialed_at, a.lease_token, a.looked_up, a.look_up_at, a.creditor, a.category,
       d.state AS delivery_state, d.attempts AS delivery_attempts, d.failures, d.expires_at,
           d.lease_token AS delivery_lease,
       n.fan_out, {CHANNELS} AS channels, n.wait, n.category AS notice_category,
           n.cancelled_at, a.traceparent, n.traceparent AS notice_traceparent
FROM attempts a
JOIN deliveries d USING (borrower_id, notice_no, channel)
JOIN notices n USING (borrower_id, notice_no)
WHERE (a.borrower_id, a.notice_no, a.channel, a.number)
      IN (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[]))
ORDER BY a.borrower_id, a.notice_no, a.channel, a.number
FOR NO KEY UPDATE OF a, d
""",
)


class Taken(NamedTuple):
    """An attempt that was settled as accepted."""

    place: int
    """Which of those that were given, from 1."""
    adapter: str | None
    dialed_at: datetime | None
    body_digest: bytes | None


ACCEPT = Query(
    Taken,
    f"""
WITH accepted AS (
    UPDATE attempts a
    SET state = 'accepted', outcome = 'in_flight', settled_at = u.at, provider_ref = u.ref,
        look_up_at = CASE WHEN a.state = 'dialing' THEN COALESCE(a.look_up_at, u.look_up_at)
                     ELSE u.look_up_at END, looked_up = 0
    FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::timestamptz[],
        $6::text[], $7::timestamptz[])
          WITH ORDINALITY AS u (borrower_id, notice_no, channel, number, at, ref, look_up_at, place)) u
    WHERE a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
    AND a.number = u.number
      AND {is_any_of("a.state", "dialing", "unknown")} AND a.provider_ref IS NULL
    RETURNING u.place, a.borrower_id, a.notice_no, a.channel, a.adapter, a.dialed_at, a.body_digest
), moved AS (
    UPDATE deliveries d SET state = 'accepted', due_at = NULL, reason = NULL, lease_token = NULL,
        lease_until = NULL, updated_at = $8
    FROM accepted a
    WHERE d.borrower_id = a.borrower_id AND d.notice_no = a.notice_no AND d.channel = a.channel
    AND d.state <> ALL($9::text[])
)
SELECT place, adapter, dialed_at, body_digest FROM accepted
""",
)

MOVE = """
UPDATE attempts a
SET state = u.state, outcome = u.outcome, settled_at = COALESCE(u.settled_at, a.settled_at),
    provider_ref = COALESCE(u.provider_ref, a.provider_ref), code = COALESCE(u.code, a.code),
        reason = COALESCE(u.reason, a.reason),
    look_up_at = u.look_up_at, looked_up = u.looked_up, wrong_party = a.wrong_party OR u.wrong_party
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::text[], $6::text[],
    $7::timestamptz[],
                           $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::int[],
                               $13::boolean[])
      AS u (borrower_id, notice_no, channel, number, state, outcome, settled_at, provider_ref, code, reason,
          look_up_at,
            looked_up, wrong_party)) u
WHERE a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
  AND a.number = u.number
"""

MOVE_DELIVERIES = """
UPDATE deliveries d
SET state = u.state, due_at = u.due_at, reason = u.reason, failures = d.failures + u.failed::int,
    lease_token = NULL,
    lease_until = NULL, updated_at = $8
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
    $7::boolean[])
      AS u (borrower_id, notice_no, channel, state, due_at, reason, failed)) u
WHERE d.borrower_id = u.borrower_id AND d.notice_no = u.notice_no AND d.channel = u.channel
"""

LAPSED = Query(
    AttemptKey,
    f"""
SELECT a.borrower_id, a.notice_no, a.channel, a.number
FROM deliveries d JOIN attempts a USING (borrower_id, notice_no, channel)
WHERE {LEASED} AND d.state = 'sending' AND d.lease_until < now() AND a.state IN ('reserved', 'dialing')
  AND (a.send_by IS NULL OR a.send_by < now())
ORDER BY d.lease_until LIMIT $1
""",
)

OWNED_REFS = """
SELECT provider_ref FROM attempts
WHERE borrower_id = $1 AND channel = $2 AND dialed_at >= $3 AND provider_ref IS NOT NULL
"""


class Mark(NamedTuple):
    """An attempt that is to be marked as dialing."""

    key: AttemptKey
    body_digest: bytes
    """Of the exact bytes that will be handed over."""
    suppressions: str | None
    """What stood against its address when it was decided, by the numbers of their recording; None for
    nothing."""


class AttemptMove(NamedTuple):
    """What becomes of an attempt."""

    key: AttemptKey
    state: str
    outcome: str
    settled_at: datetime | None = None
    provider_ref: str | None = None
    code: str | None = None
    reason: str | None = None
    look_up_at: datetime | None = None
    looked_up: int = 0
    wrong_party: bool = False


class DeliveryMove(NamedTuple):
    """What becomes of a delivery."""

    key: AttemptKey
    state: str
    due_at: datetime | None = None
    reason: str | None = None
    failed: bool = False
    """Counts against the retries."""


def _columns(keys: Iterable[AttemptKey]) -> list[Sequence[object]]:
    """Keys as one array for each column; as many arrays where there are no keys."""
    return list(zip(*keys, strict=True)) or [()] * len(AttemptKey._fields)


def key_of(row: AttemptPlace) -> AttemptKey:
    """The key in a row."""
    return AttemptKey(row.borrower_id, row.notice_no, row.channel, row.number)


async def dial(
    connection: Connection, marks: Sequence[Mark], *, at: datetime, send_within: float, look_in: timedelta
) -> set[AttemptKey]:
    """Mark attempts as dialing; only those that come back may be sent, and only after the commit.

    Once accepted, the provider is asked about one `look_in` from `at` on, where no receipt comes. Left out:
    lost leases, cancelled and expired deliveries, borrowers about whom something was learned since the
    decision, addresses that were suppressed since, verdicts that are valid no longer."""
    if not marks:
        return set()
    keys, digests, suppressions = zip(*marks, strict=True)
    rows = await connection.fetch(
        DIAL, *_columns(keys), digests, at, timedelta(seconds=send_within), suppressions, look_in
    )
    return {keys[row["place"] - 1] for row in rows}


async def lock_in_order(connection: Connection, keys: Sequence[AttemptKey]) -> None:
    """Lock attempts to the end of the transaction, in the one order, where more than one statement will write
    to them."""
    await connection.fetch(LOCK_IN_ORDER, *_columns(keys))


async def give_back(
    connection: Connection, keys: Sequence[AttemptKey], *, at: datetime, reason: str
) -> list[AttemptKey]:
    """Release reserved attempts: nothing was sent, the slot is free, the delivery is due again. Returns those
    that were released now; the others had been released, or cancelled, before."""
    return await GIVE_BACK.all(connection, *_columns(sorted(keys)), at, reason)


async def lock(connection: Connection, keys: Sequence[AttemptKey]) -> dict[AttemptKey, Locked]:
    """Lock attempts and their deliveries to the end of the transaction, with what deciding their next step
    needs."""
    return {key_of(row): row for row in await LOCK.all(connection, *_columns(keys))}


async def accept(
    connection: Connection,
    refs: Sequence[tuple[AttemptKey, datetime, str]],
    *,
    at: datetime,
    look_in: timedelta,
) -> dict[AttemptKey, Taken]:
    """Settle what providers accepted, with its deliveries, in one statement; returns it. What moved on
    meanwhile is left out.

    `refs`: keys, instants of the answers and the provider's ids."""
    ordered = sorted(refs)  # who holds several attempts takes them in one order
    keys, *columns = zip(*ordered, strict=True)
    look_up = [answered + look_in for _, answered, _ in ordered]
    rows = await ACCEPT.all(connection, *_columns(keys), *columns, look_up, at, sorted(CLOSED))
    return {keys[row.place - 1]: row for row in rows}


async def move(connection: Connection, moves: Sequence[AttemptMove]) -> None:
    """Write what became of attempts. The caller holds the rows."""
    if not moves:
        return
    keys, *columns = zip(*moves, strict=True)
    await connection.execute(MOVE, *_columns(keys), *columns)


async def move_deliveries(connection: Connection, moves: Sequence[DeliveryMove], at: datetime) -> None:
    """Write what became of deliveries. The caller holds the rows."""
    if not moves:
        return
    keys, *columns = zip(*moves, strict=True)
    await connection.execute(MOVE_DELIVERIES, *_columns(keys)[:3], *columns, at)


async def lapsed(connection: Connection, limit: int) -> list[AttemptKey]:
    """Attempts whose worker is gone: the lease ran out and no byte can leave any more."""
    return await LAPSED.all(connection, limit)


async def owned_refs(connection: Connection, key: AttemptKey, since: datetime) -> frozenset[str]:
    """Provider ids that other attempts of the borrower own already."""
    rows = await connection.fetch(OWNED_REFS, key.borrower_id, key.channel, since)
    return frozenset(row["provider_ref"] for row in rows)


class Known(NamedTuple):
    """An attempt that there is, and the address that it went to."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    address_digest: bytes


KNOWN = Query(
    Known,
    """
SELECT borrower_id, notice_no, channel, number, address_digest
FROM attempts
WHERE (borrower_id, notice_no, channel, number)
    IN (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[]))
""",
)


async def known(connection: Connection, keys: Sequence[AttemptKey]) -> dict[AttemptKey, Known]:
    """Which of these attempts there are, and the digest of the address that each went to."""
    return {key_of(row): row for row in await KNOWN.all(connection, *_columns(keys))}
