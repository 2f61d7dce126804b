"""SQL of the queue, which is the deliveries table itself: claim what is due, decide, reserve, defer, give
back.

A claim locks the delivery and its borrower and skips rows that another worker holds; so whoever decides is
alone with the borrower. Creditors take turns within a priority, and a priority is served before the next,
however long its backlog. A channel that stands still hides nothing of what waits on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from service.model.category import PRIORITIES
from service.store.attempts import AttemptKey
from service.store.channel_order import CHANNELS
from service.store.copies import Rows
from service.store.database import Connection
from service.store.partial import LEASED, WAITING, is_any_of
from service.store.pg_copy import bigint, boolean, bytea, numbered, smallint, text, timestamptz
from service.store.query import Query
from service.store.suppressions import opposing

CREDITORS = f"""
WITH RECURSIVE creditor_names (creditor) AS (
    (SELECT d.creditor FROM deliveries d WHERE {WAITING} ORDER BY d.creditor LIMIT 1)
    UNION ALL
    SELECT (SELECT d.creditor FROM deliveries d WHERE {WAITING} AND d.creditor > c.creditor
            ORDER BY d.creditor LIMIT 1)
    FROM creditor_names c WHERE c.creditor IS NOT NULL
)"""
"""The creditors for whom anything waits, by hopping along the index."""


def _routes(first: int) -> str:
    """A join of the channels with the account that each creditor's profile names there, from parameter
    `first` on: nothing of one creditor is ever claimed for another's account."""
    channels, senders, creditors, on, by = (f"${first + place}::text[]" for place in range(5))
    return f"""JOIN unnest({channels}, {senders}) AS h (channel, sender) ON h.sender = COALESCE(
            (SELECT k.sender FROM unnest({creditors}, {on}, {by}) AS k (creditor, channel, sender)
             WHERE k.creditor = c.creditor AND k.channel = h.channel), '')"""


FREE = "age(d.xmax) > (SELECT age(pg_snapshot_xmin(pg_current_snapshot())::xid))"
"""A row that nobody has in hand: what a transaction that goes on has locked or changed bears its
number (`xmax`), which is no older than the oldest that goes on. To find that out by trying costs ten times as
much as to read on. It is a guess: a row may bear the number of one that is over while an older one goes on,
or that of a group of several."""


class Claimed(NamedTuple):
    """A due delivery with its notice and its borrower, locked to the end of the transaction."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    due_at: datetime
    attempts: int
    failures: int
    deferrals: int
    expires_at: datetime
    priority: int
    released_by: str | None
    accepted_at: datetime
    creditor: str
    category: str
    template: str
    template_version: int
    sender_role: str
    fan_out: str
    channels: Sequence[str]
    wait: timedelta
    debt_id: str
    account_id: str | None
    days_past_due: int
    """As stated at the acceptance."""
    cancelled_at: datetime | None
    overtaken_by: str | None
    """`payment` or `promise_to_pay`, recorded after the notice was accepted."""
    notice_encrypted: bytes
    sender: str
    """The account that its creditor's messages leave by on its channel; empty for the deployment's own."""
    data_key: bytes | None
    """Wrapped; None for a borrower who was erased."""
    encrypted: bytes | None
    profile_digest: bytes
    language: str
    jurisdiction: str | None
    country: str | None
    time_zone: str | None
    created_at: datetime
    revision: int
    shares: bool | None
    """It is a text, and another borrower has or had a number of this one."""
    traceparent: str | None
    """Of the acceptance, where it was traced."""
    recorded: int | None
    """The number of the acceptance among what was recorded of the borrower; None of one that was over before
    acceptances were numbered."""


OVER = "CASE WHEN $9 THEN 4 ELSE 2 END"
"""How many times as many are looked at as are claimed: of some the borrower is in another's hands, and where
those in hand are not passed over, they are among them."""

CLAIM = Query(
    Claimed,
    f"""{CREDITORS}, candidates AS (
    SELECT d.borrower_id, d.notice_no, d.channel, d.sender
    FROM (
        SELECT p.priority, h.sender,
            row_number() OVER (PARTITION BY c.creditor, p.priority ORDER BY d.due_at) AS turn, d.*
        FROM creditor_names c CROSS JOIN unnest($2::smallint[]) AS p (priority)
        {_routes(4)}
        CROSS JOIN LATERAL (
            SELECT borrower_id, notice_no, channel, due_at FROM deliveries d
            WHERE {WAITING} AND creditor = c.creditor AND priority = p.priority AND channel = h.channel
            AND due_at <= $1
            AND (NOT (SELECT EXISTS (SELECT FROM cell_draining))
                OR NOT EXISTS (SELECT FROM cell_draining g WHERE g.bucket = cell_bucket(d.borrower_id)))
            AND ($9::boolean OR {FREE})
            ORDER BY due_at LIMIT $3 * {OVER}
        ) d
        WHERE c.creditor IS NOT NULL
    ) d
    ORDER BY d.priority, d.turn, d.due_at
    LIMIT $3 * {OVER}
)
SELECT d.borrower_id, d.notice_no, d.channel, d.state, d.due_at, d.attempts, d.failures, d.deferrals,
    d.expires_at,
       d.priority, d.released_by, n.accepted_at, n.creditor, n.category, n.template, n.template_version,
           n.sender_role, n.fan_out,
       {CHANNELS} AS channels, n.wait, n.debt_id, n.account_id, n.days_past_due,
           n.cancelled_at, n.overtaken_by, n.sealed AS notice_encrypted,
       c.sender, b.data_key, b.sealed AS encrypted, b.profile_digest, b.language, b.jurisdiction, b.country,
           b.time_zone, b.created_at, b.revision,
       CASE WHEN d.channel = 'sms'
       THEN (SELECT true FROM shared_numbers s WHERE s.borrower_id = d.borrower_id LIMIT 1) END AS shares,
       n.traceparent, n.recorded
FROM candidates c
CROSS JOIN LATERAL (
    SELECT * FROM deliveries d WHERE d.borrower_id = c.borrower_id AND d.notice_no = c.notice_no
    AND d.channel = c.channel
    AND {is_any_of("d.state", "due", "deferred")} AND d.due_at <= $1 FOR NO KEY UPDATE SKIP LOCKED
) d
CROSS JOIN LATERAL (SELECT * FROM borrowers b
WHERE b.borrower_id = d.borrower_id FOR NO KEY UPDATE SKIP LOCKED) b
CROSS JOIN LATERAL (SELECT * FROM notices n WHERE n.borrower_id = d.borrower_id
  AND n.notice_no = d.notice_no LIMIT 1) n
LIMIT $3
""",
)


class NextDue(NamedTuple):
    """When the next delivery falls due; None where nothing waits."""

    due_at: datetime | None
    free_at: datetime | None
    """Of those that nobody has in hand."""


_EARLIEST = f"""(SELECT due_at FROM deliveries d
    WHERE {WAITING} AND creditor = c.creditor AND priority = p AND channel = h.channel AND {{}}
    ORDER BY due_at LIMIT 1)"""

NEXT_DUE = Query(
    NextDue,
    f"""{CREDITORS}
SELECT min(due_at) AS due_at, min(free_at) AS free_at FROM (
    SELECT {_EARLIEST.format("true")} AS due_at, {_EARLIEST.format(FREE)} AS free_at
    FROM creditor_names c CROSS JOIN unnest($1::smallint[]) AS p {_routes(2)}
    WHERE c.creditor IS NOT NULL
) t
""",
)


class Unopposed(NamedTuple):
    """An attempt against whose address nothing stands but what its decision saw."""

    place: int
    """Which of those that were given, from 1."""
    asked_at: datetime
    """By the database's clock."""


UNOPPOSED = Query(
    Unopposed,
    f"""
SELECT u.place, clock_timestamp() AS asked_at
FROM unnest($1::bytea[], $2::text[], $3::text[]) WITH ORDINALITY AS u (digest, channel, suppressions, place)
WHERE u.suppressions IS NOT DISTINCT FROM ({opposing(digest="u.digest", channel="u.channel")})
""",
)

EXTEND = f"""
UPDATE deliveries d SET lease_until = now() + $2::interval
FROM (SELECT borrower_id, notice_no, channel FROM deliveries d WHERE {LEASED} AND state = 'sending'
  AND lease_token = ANY($1::bigint[])
      FOR NO KEY UPDATE SKIP LOCKED) mine
WHERE d.borrower_id = mine.borrower_id AND d.notice_no = mine.notice_no AND d.channel = mine.channel
"""
"""A delivery that is held at this moment is being settled, or has its next beat: waiting for it, with others
in hand, could wait for ever."""


class Reservation(NamedTuple):
    """A new attempt, which takes its slot under the caps."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    decided_revision: int
    valid_until: datetime | None
    adapter: str
    address_digest: bytes
    debt_id: str
    account_id: str | None
    creditor: str
    category: str
    content_class: str | None
    medium: str
    """How law sees it."""
    address_kind: str | None
    in_response_to: str | None
    """The `ref` of the inbound message that it answers."""
    requested: bool
    """The borrower asked for it."""
    traceparent: str | None = None
    """Of the decision, where it is traced."""


async def claim(
    connection: Connection,
    *,
    at: datetime,
    limit: int,
    routes: Sequence[tuple[str, str]],
    profiles: Sequence[tuple[str, str, str]] = (),
    priorities: Sequence[int] = PRIORITIES,
    whole: bool = True,
) -> list[Claimed]:
    """Lock up to `limit` due deliveries on `routes` and their borrowers to the end of the transaction. A
    route is a channel and a sender, which is empty for the deployment's own account; `profiles` has by
    creditor and channel the sender that is to be used. Without `whole` what others seem to have in hand is
    passed over without trying, which is a guess."""
    return await CLAIM.all(connection, at, list(priorities), limit, *_columns(routes, profiles), whole)


def _columns(
    routes: Sequence[tuple[str, str]], profiles: Sequence[tuple[str, str, str]]
) -> tuple[list[str], ...]:
    return (
        [channel for channel, _ in routes],
        [sender for _, sender in routes],
        [creditor for creditor, _, _ in profiles],
        [channel for _, channel, _ in profiles],
        [sender for _, _, sender in profiles],
    )


async def next_due(
    connection: Connection,
    routes: Sequence[tuple[str, str]],
    profiles: Sequence[tuple[str, str, str]] = (),
) -> NextDue:
    """When the next delivery that waits on one of `routes` is due."""
    return await NEXT_DUE.one(connection, list(PRIORITIES), *_columns(routes, profiles))


class Marking(NamedTuple):
    """The dialing mark of an attempt that is handed over as soon as its decision is committed."""

    body_digest: bytes
    """Of the exact bytes that will be handed over."""
    send_by: datetime
    """By the database's clock: from then on no byte of it leaves."""
    look_up_at: datetime
    """When the provider is asked about it, where it took it and no receipt comes."""


async def unopposed(
    connection: Connection, addresses: Sequence[tuple[bytes, str, str | None]]
) -> list[Unopposed]:
    """Of addresses (digest, channel, what the decision saw against it) those against which nothing else
    stands now."""
    return await UNOPPOSED.all(connection, *zip(*addresses, strict=True))


def reserved(
    rows: Sequence[Reservation], *, token: int, at: datetime, marks: Mapping[AttemptKey, Marking]
) -> Rows:
    """Attempts as they are written before they happen, so that no two workers see the same free slot; those
    of `marks` with their dialing mark."""
    packed = []
    for row in rows:
        mark = marks.get(AttemptKey(row.borrower_id, row.notice_no, row.channel, row.number))
        packed.append(_packed(row, at, token, mark))
    return Rows("attempts", RESERVED, packed)


RESERVED = (
    "borrower_id", "notice_no", "address_digest", "debt_id", "account_id", "in_response_to",
    "traceparent", "decided_revision", "body_digest", "send_by", "look_up_at", "lease_token", "at",
    "reserved_at", "dialed_at", "valid_until", "number", "requested", "channel", "adapter", "creditor",
    "category", "medium", "state", "content_class", "address_kind",
)  # fmt: skip
"""The columns of a new attempt, in the order in which they are packed: first what each has of its own."""


def _packed(row: Reservation, at: datetime, token: int, mark: Marking | None) -> bytes:
    words = (row.channel, row.adapter, row.creditor, row.category, row.medium)
    digest, send_by, look_up_at = (None, None, None) if mark is None else mark
    return b"".join(
        (
            numbered(row.borrower_id, row.notice_no),
            bytea(row.address_digest),
            text(row.debt_id),
            text(row.account_id),
            text(row.in_response_to),
            text(row.traceparent),
            bigint(row.decided_revision),
            bytea(digest),
            timestamptz(send_by),
            timestamptz(look_up_at),
            bigint(token),
            _instants(at, None if mark is None else at, row.valid_until),
            _words(
                (*words, "reserved" if mark is None else "dialing", row.content_class, row.address_kind),
                row.number,
                row.requested,
            ),
        )
    )


@lru_cache(maxsize=256)
def _instants(at: datetime, dialed_at: datetime | None, valid_until: datetime | None) -> bytes:
    """What the attempts of one round have in common."""
    return b"".join(map(timestamptz, (at, at, dialed_at, valid_until)))


@lru_cache(maxsize=1024)
def _words(words: tuple[str | None, ...], number: int, requested: bool) -> bytes:
    """What recurs from round to round."""
    return b"".join((smallint(number), boolean(requested), *map(text, words)))


async def extend(connection: Connection, tokens: Sequence[int], lease_seconds: float) -> None:
    """The heartbeat: keep the leases of these claims."""
    await connection.execute(EXTEND, list(tokens), timedelta(seconds=lease_seconds))
