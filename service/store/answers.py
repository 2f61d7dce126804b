"""SQL about attempts that somebody answers: a call that is picked up, an unsubscribe link, an inbound
message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.query import Query


class Spoken(NamedTuple):
    """An attempt whose call was answered, with what judging and rendering it once more needs."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    attempt_state: str
    adapter: str | None
    body_digest: bytes | None
    dialed_at: datetime | None
    expires_at: datetime
    due_at: datetime | None
    priority: int
    accepted_at: datetime
    creditor: str
    category: str
    template: str
    template_version: int
    sender_role: str
    debt_id: str
    account_id: str | None
    days_past_due: int
    cancelled_at: datetime | None
    overtaken_by: str | None
    """`payment` or `promise_to_pay`, recorded after the notice was accepted."""
    notice_encrypted: bytes
    data_key: bytes | None
    encrypted: bytes | None
    profile_digest: bytes
    language: str
    jurisdiction: str | None
    country: str | None
    time_zone: str | None
    created_at: datetime
    revision: int


SPOKEN = Query(
    Spoken,
    """
SELECT a.borrower_id, a.notice_no, a.channel, a.number, a.state AS attempt_state, a.adapter, a.body_digest,
    a.dialed_at, d.expires_at,
       d.due_at, d.priority, n.accepted_at, n.creditor, n.category, n.template, n.template_version,
           n.sender_role, n.debt_id, n.account_id, n.days_past_due,
       n.cancelled_at, n.overtaken_by, n.sealed AS notice_encrypted,
       b.data_key, b.sealed AS encrypted, b.profile_digest, b.language, b.jurisdiction, b.country,
           b.time_zone, b.created_at, b.revision
FROM attempts a
JOIN deliveries d USING (borrower_id, notice_no, channel)
JOIN notices n USING (borrower_id, notice_no)
JOIN borrowers b USING (borrower_id)
WHERE a.borrower_id = $1 AND a.notice_no = $2 AND a.channel = $3 AND a.number = $4
""",
)


async def spoken(connection: Connection, key: AttemptKey) -> Spoken | None:
    """An attempt with what judging and rendering it once more needs."""
    return await SPOKEN.first(connection, *key)


class Subscription(NamedTuple):
    """What an unsubscribe link is about."""

    creditor: str
    address_digest: bytes
    language: str
    data_key: bytes | None
    opted_out: bool
    """The address is opted out already."""


SUBSCRIPTION = Query(
    Subscription,
    """
SELECT a.creditor, a.address_digest, b.language, b.data_key,
       COALESCE((SELECT e.type = 'opt_out' FROM events e
                 WHERE e.borrower_id = a.borrower_id AND e.type IN ('opt_out', 'opt_in')
                 AND e.channel IN (a.channel, 'any')
                   AND (e.document ->> 'address' IS NULL
                   OR e.document ->> 'address' = encode(a.address_digest, 'hex'))
                 ORDER BY e.at DESC LIMIT 1), false) AS opted_out
FROM attempts a JOIN borrowers b USING (borrower_id)
WHERE a.borrower_id = $1 AND a.notice_no = $2 AND a.channel = $3 AND a.number = $4
""",
)


async def subscription(connection: Connection, key: AttemptKey) -> Subscription | None:
    """What an unsubscribe link is about, and whether its address is opted out already."""
    return await SUBSCRIPTION.first(connection, *key)


class LastTo(NamedTuple):
    """The notice of the newest attempt at an address."""

    borrower_id: UUID
    sender_role: str
    encrypted: bytes
    template: str
    template_version: int


LAST_TO = Query(
    LastTo,
    """
SELECT n.borrower_id, n.sender_role, n.sealed AS encrypted, n.template, n.template_version
FROM attempts a JOIN notices n USING (borrower_id, notice_no)
WHERE a.borrower_id = ANY($1::uuid[]) AND a.channel = $2 AND a.address_digest = $3
  AND a.state NOT IN ('refused', 'released', 'reserved')
ORDER BY a.at DESC LIMIT 1
""",
)


async def last_to(connection: Connection, ids: Sequence[UUID], channel: str, digest: bytes) -> LastTo | None:
    """The notice of the newest attempt at an address; None where nothing was ever sent there."""
    return await LAST_TO.first(connection, list(ids), channel, digest)


NEWEST_ATTEMPT = Query(
    AttemptKey,
    """
SELECT borrower_id, notice_no, channel, number FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND channel = $2 AND address_digest = $3 AND at >= $4
  AND state NOT IN ('refused', 'released', 'reserved')
ORDER BY at DESC LIMIT 1
""",
)


async def newest_attempt(
    connection: Connection, ids: Sequence[UUID], channel: str, digest: bytes, since: datetime
) -> AttemptKey | None:
    """The newest attempt that may have left for an address since an instant."""
    return await NEWEST_ATTEMPT.first(connection, list(ids), channel, digest, since)


class SentText(NamedTuple):
    """A text that was sent, by its template."""

    template: str
    template_version: int


TEXTS_SINCE = Query(
    SentText,
    """
SELECT n.template, n.template_version
FROM attempts a JOIN notices n USING (borrower_id, notice_no)
WHERE a.borrower_id = ANY($1::uuid[]) AND a.channel = $2 AND a.address_digest = $3 AND a.at >= $4
  AND a.state NOT IN ('refused', 'released', 'reserved')
ORDER BY a.at DESC LIMIT 1
""",
)


async def texts_since(
    connection: Connection, ids: Sequence[UUID], channel: str, digest: bytes, since: datetime
) -> list[SentText]:
    """The newest text to an address on a channel since an instant, if there was one."""
    return await TEXTS_SINCE.all(connection, list(ids), channel, digest, since)
