"""SQL about events: dated facts about a borrower, appended and never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.store.database import Connection
from service.store.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as it is to be stored; `document` holds the further fields of its type, `encrypted` the words
    and the address."""

    borrower_id: UUID
    event_id: str
    at: datetime
    learned_at: datetime
    type: str
    channel: str | None
    outcome: str | None
    document: Mapping[str, Any]
    encrypted: bytes | None = field(repr=False)


EventKey = tuple[UUID, str]
"""The borrower and the id of an event."""


class StoredEvent(NamedTuple):
    """An event, or a suppression of one of the borrower's addresses, as far as a decision may look at it."""

    borrower_id: UUID
    event_id: str
    at: datetime
    type: str
    channel: str | None
    outcome: str | None
    document: Any
    """The further fields of its type."""
    recorded: int


class OwnContacts(NamedTuple):
    """Attempts of ours to one borrower that count as contacts, and differ in nothing but their notice and
    their instant."""

    borrower_id: UUID
    channel: str
    number: int
    unknown: bool
    """Nobody knows whether they went."""
    outcome: str
    debt_id: str
    account_id: str | None
    creditor: str
    category: str
    content_class: str | None
    wrong_party: bool
    address_digest: bytes
    medium: str
    address_kind: str | None
    in_response_to: str | None
    requested: bool
    notices: Sequence[int]
    """The numbers of their notices."""
    instants: Sequence[datetime]
    """When each was, in the order of the notices."""


class Reach(NamedTuple):
    """Which contacts may matter to a rule."""

    since: datetime
    """Every one from then on."""
    latest: int
    """And so many of those that differ in nothing but their instant, whenever they were."""


class Inserted(NamedTuple):
    """An event that was new."""

    borrower_id: UUID
    event_id: str


INSERT = Query(
    Inserted,
    """
INSERT INTO events (borrower_id, event_id, at, learned_at, type, channel, outcome, document, sealed)
SELECT a, b, c, d, e, f, g, h::jsonb, i
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
    $8::text[],
            $9::bytea[]) AS u (a, b, c, d, e, f, g, h, i)
ON CONFLICT (borrower_id, event_id) DO NOTHING
RETURNING borrower_id, event_id
""",
)

COMPACT = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, at, row_number() OVER alike AS place,
           max(at) OVER (alike ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
    FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type NOT IN ('contact', 'inbound', 'consent_call')
    AND corrected_by IS NULL
      AND NOT repeated AND (type <> 'revoke_consent' OR borrower_id NOT IN
                            (SELECT borrower_id FROM events WHERE borrower_id = ANY($1::uuid[])
                            AND type = 'consent_call'))
    WINDOW alike AS (PARTITION BY borrower_id, type, channel, document - 'ref' ORDER BY recorded)
) t
WHERE e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > 1 AND t.later >= t.at
"""
"""Of events that say the same the first stays, and whatever is not outdone by one that is recorded later
and dated no earlier. What revokes direct consents to be called all stays: a cap asks of each call of the
past whether one held then (12 CFR 1006.14(b)(3)(i))."""

CONSENTS, CONSENT_DAYS = 32, 9
"""How many of them the rules look at, and how long one holds at the most
(policies/rules/direct_consent.py)."""
COMPACT_CONSENTS = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, row_number() OVER alike AS place FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'consent_call' AND corrected_by IS NULL AND NOT repeated
    WINDOW alike AS (PARTITION BY borrower_id, document->>'given_to', document->>'debt_ids'
                     ORDER BY at DESC, recorded DESC)
) t
WHERE e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > $2
"""
"""Of direct consents to be called the latest stay, as many as the rules look at: to pass over an older
one only counts a call more."""

COMPACT_CONTACTS = """
UPDATE events e SET behind = t.bound, repeated = e.type = 'inbound'
FROM (
    SELECT borrower_id, event_id, behind, first,
           (SELECT COALESCE(max(b), 0) FROM unnest($2::smallint[]) b WHERE b <= place
           AND (type = 'contact' OR b >= $3)) AS bound
    FROM (
        SELECT borrower_id, event_id, type, behind, row_number() OVER (alike ORDER BY at, recorded) AS first,
               row_number() OVER (alike ORDER BY at DESC, recorded DESC) - 1 AS place
        FROM events
        WHERE borrower_id = ANY($1::uuid[]) AND type IN ('contact', 'inbound') AND corrected_by IS NULL
        AND NOT repeated
        WINDOW alike AS (PARTITION BY borrower_id, type, channel, outcome, document - 'ref')
    ) placed
) t
WHERE e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.first > 1 AND t.bound > t.behind
"""
"""Of contacts that differ in nothing but their instant, how many later ones there are at least: a step of
`BEHIND`, so that each is written a few times in its life. The first stays, since some rules begin with it."""

BEHIND = (32, 128, 1024)
"""Later contacts alike, from which on a contact is passed over by decisions that need no more than so
many; no rule counts further than 1,000. Messages of the borrower are passed over from the last on, and by
all: a notice may answer one of them. Where a direct consent may take contacts out of a count (12 CFR
1006.14(b)(3)(i)), none is passed over: of those that lie in a window, up to the end of the last
consent."""

_SUPPRESSED = """
SELECT a.borrower_id, s.suppression_id::text AS event_id, s.at, 'suppression' AS type, s.channel,
    NULL::text AS outcome,
       jsonb_build_object('address', encode(s.digest, 'hex'), 'source', s.reason, 'own',
           a.borrower_id = ANY(s.said_by)) AS document,
       s.recorded
FROM (SELECT DISTINCT borrower_id, digest FROM addresses WHERE borrower_id = ANY($1::uuid[]) AND current) a
JOIN suppressions s ON s.digest = a.digest AND s.lifted_at IS NULL
"""

FACTS = Query(
    StoredEvent,
    f"""
SELECT borrower_id, event_id, at, type, channel, outcome, document, recorded FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
  AND (type <> 'contact' OR behind < $2
       OR at >= $3 AND at <= (SELECT max(at) FROM events
                              WHERE borrower_id = ANY($1::uuid[]) AND type = 'consent_call')
                             + interval '{CONSENT_DAYS} days')
UNION ALL {_SUPPRESSED}
ORDER BY at
""",
)

CONTACTS = Query(
    OwnContacts,
    """
SELECT borrower_id, channel, number, state = 'unknown' AS unknown, outcome, debt_id, account_id, creditor,
       category, content_class, wrong_party, address_digest, medium, address_kind, in_response_to, requested,
       array_agg(notice_no) AS notices, array_agg(at) AS instants
FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND state NOT IN ('refused', 'released')
GROUP BY borrower_id, channel, number, state = 'unknown', outcome, debt_id, account_id, creditor, category,
         content_class, wrong_party, address_digest, medium, address_kind, in_response_to, requested
""",
)
"""A row for all that are alike: most of a history is, and a row for each of them cost three times as much."""


AGAINST = Query(
    StoredEvent,
    """
SELECT $1::uuid AS borrower_id, s.suppression_id::text AS event_id, s.at, 'suppression' AS type, s.channel,
    NULL::text AS outcome,
       jsonb_build_object('address', encode(s.digest, 'hex'), 'source', s.reason, 'own',
           $1 = ANY(s.said_by)) AS document,
       s.recorded
FROM suppressions s WHERE s.digest = ANY($2::bytea[]) AND s.lifted_at IS NULL
""",
)


async def against(connection: Connection, borrower: UUID, digests: Iterable[bytes]) -> list[StoredEvent]:
    """What stands against addresses that nobody stored for this borrower yet."""
    return await AGAINST.all(connection, borrower, list(set(digests)))


async def insert_events(connection: Connection, rows: Sequence[EventRow]) -> set[EventKey]:
    """Append events; returns those that were new. The caller holds the borrowers' rows, so that their numbers
    are given in the order of the commits."""
    found = await INSERT.all(
        connection,
        [row.borrower_id for row in rows],
        [row.event_id for row in rows],
        [row.at for row in rows],
        [row.learned_at for row in rows],
        [row.type for row in rows],
        [row.channel for row in rows],
        [row.outcome for row in rows],
        [orjson.dumps(row.document).decode() for row in rows],
        [row.encrypted for row in rows],
    )
    return {(row.borrower_id, row.event_id) for row in found}


async def compact(connection: Connection, ids: Iterable[UUID]) -> None:
    """Mark the events of these borrowers that only repeat others: no decision looks at them. The caller holds
    the rows."""
    wanted = sorted(set(ids))
    await connection.execute(COMPACT, wanted)
    await connection.execute(COMPACT_CONSENTS, wanted, CONSENTS)
    await connection.execute(COMPACT_CONTACTS, wanted, BEHIND, BEHIND[-1])


async def facts(
    connection: Connection, ids: Iterable[UUID], reach: Reach
) -> tuple[list[StoredEvent], list[OwnContacts]]:
    """The events, what suppresses the borrowers' addresses, and our own contacts: all that a decision may
    look at. Standing wishes and conversations of any age are in."""
    wanted = list(set(ids))
    return (
        await FACTS.all(connection, wanted, reach.latest, reach.since),
        [_within(one, reach) for one in await CONTACTS.all(connection, wanted)],
    )


ALWAYS = frozenset({"conversation", "hung_up"})
"""Outcomes of contacts that are looked at whenever they were: somebody answered."""


def _within(row: OwnContacts, reach: Reach) -> OwnContacts:
    """Of contacts that are alike those that may matter to a rule."""
    if len(row.instants) <= reach.latest or row.outcome in ALWAYS or min(row.instants) >= reach.since:
        return row
    newest = sorted(zip(row.instants, row.notices, strict=True), reverse=True)
    recent = sum(at >= reach.since for at in row.instants)
    instants, notices = zip(*newest[: recent + reach.latest], strict=True)
    return row._replace(notices=notices, instants=instants)
