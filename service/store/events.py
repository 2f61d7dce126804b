"""SQL about events: dated facts about a borrower, appended and never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.store import ranks
from service.store.database import Connection, joined_whole
from service.store.own_contacts import CONTACTS, OwnContacts
from service.store.query import Query
from service.store.ranks import Matter


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
    outranked: int = 0
    """Below zero: it stands for contacts that were passed over (`service/store/ranks.py`)."""


class Reach(NamedTuple):
    """Which contacts may matter to a rule."""

    since: datetime
    """Every one from then on."""
    latest: int
    """And so many of those that are alike, whenever they were."""
    written: int = 32_767
    """And so many of what was reported through anything but a telephone call."""
    consented: datetime | None = None
    """From when on a rule may ask of each contact whether a direct consent takes it out; None: as `since`."""
    consented_any: bool = True
    """Such a rule may count others than telephone calls about the message's debt."""
    whole: frozenset[str] = frozenset()
    """Types of events of which a rule asks for others than those about the message's debt."""
    one_by_one: bool = True
    """Some rule asks of each reported contact by itself: those that differ in their debt, account, creditor
    or address stand for none of the others."""


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

PERMITS, PERMITTING = 96, ("consent", "consent_call", "inbound", "opt_in")
COMPACT_PERMITS = """
UPDATE events e SET repeated = true
FROM (
    SELECT borrower_id, event_id, row_number() OVER alike AS place
    FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = ANY($2::text[]) AND corrected_by IS NULL AND NOT repeated
    WINDOW alike AS (PARTITION BY borrower_id, type, channel ORDER BY at DESC, recorded DESC)
) t
WHERE e.borrower_id = t.borrower_id AND e.event_id = t.event_id AND t.place > $3
"""
"""Of what permits something the latest stay of each kind and channel, whatever addresses, debts or creditors
they name: to pass over an older one permits less."""

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
       s.recorded, 0::smallint AS outranked
FROM (SELECT DISTINCT borrower_id, digest FROM addresses WHERE borrower_id = ANY($1::uuid[]) AND current) a
JOIN suppressions s ON s.digest = a.digest AND s.lifted_at IS NULL
"""

_COLUMNS = "borrower_id, event_id, at, type, channel, outcome, document, recorded, outranked"
_CONSENTED = f"""(SELECT max(at) + interval '{CONSENT_DAYS} days' FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'consent_call' AND outranked = 0)"""

FACTS = Query(
    StoredEvent,
    f"""
SELECT {_COLUMNS} FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
  AND outranked < $4
  AND (outranked <= 0 OR type = 'contact' AND (outranked < $5 OR channel = ANY($6::text[])))
  AND (type <> 'contact' OR behind < $2 OR at >= $3 AND at <= {_CONSENTED})
UNION ALL
SELECT {_COLUMNS} FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
  AND outranked > 0 AND type = ANY($7::text[])
UNION ALL {_SUPPRESSED}
ORDER BY at
""",
)
"""Of contacts through calls those with fewer later ones than $4, of others fewer than $5."""

OUTRANKED = Query(
    StoredEvent,
    f"""
WITH wanted AS (
    SELECT array_agg(name) FILTER (WHERE near) AS names, array_agg(name) FILTER (WHERE of_debt) AS debts
    FROM (
        SELECT l.near, k.field = ANY($9::text[]) AS of_debt,
               md5(concat_ws(chr(31), k.borrower_id, l.channel, k.field, l.level, k.name))::uuid AS name
        FROM (
            SELECT borrower_id, field, name
            FROM unnest($2::uuid[], $3::text[], $4::text[]) AS u (borrower_id, field, name)
            UNION ALL SELECT borrower_id, 'address', encode(digest, 'hex')
            FROM addresses WHERE borrower_id = ANY($1::uuid[]) AND current
        ) k CROSS JOIN unnest($5::text[], $6::int[], $7::bool[]) AS l (channel, level, near)
        UNION ALL
        SELECT true, false, md5(concat_ws(chr(31), borrower_id, 'in_response_to', document ->> 'ref'))::uuid
        FROM events
        WHERE borrower_id = ANY($1::uuid[]) AND type = 'inbound' AND NOT repeated AND outranked = 0
    ) t
), consented AS (
    SELECT {_CONSENTED} AS until
)
SELECT {_COLUMNS} FROM events
WHERE names && (SELECT names FROM wanted) AND corrected_by IS NULL AND NOT repeated
UNION ALL
SELECT {_COLUMNS} FROM events
WHERE (SELECT until FROM consented) IS NOT NULL
    AND names && (SELECT debts FROM wanted) AND corrected_by IS NULL AND NOT repeated
    AND channel = ANY($11::text[]) AND at >= $8 AND at <= (SELECT until FROM consented)
UNION ALL
SELECT {_COLUMNS} FROM events
WHERE (SELECT until FROM consented) IS NOT NULL
    AND borrower_id = ANY($1::uuid[]) AND outranked > 0 AND type = 'contact'
    AND corrected_by IS NULL AND NOT repeated
    AND at >= $8 AND at <= (SELECT until FROM consented)
    AND ($10 OR channel = ANY($11::text[]) AND NOT document ? 'debt_ids')
ORDER BY at
""",
)
"""Of those that are passed over, the latest that concern the messages, and those that a direct consent may
take out of a count."""

AGAINST = Query(
    StoredEvent,
    """
SELECT $1::uuid AS borrower_id, s.suppression_id::text AS event_id, s.at, 'suppression' AS type, s.channel,
    NULL::text AS outcome,
       jsonb_build_object('address', encode(s.digest, 'hex'), 'source', s.reason, 'own',
           $1 = ANY(s.said_by)) AS document,
       s.recorded, 0::smallint AS outranked
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
    new = {(row.borrower_id, row.event_id) for row in found}
    wrong = [
        (row.borrower_id, row.document["address"])
        for row in rows
        if row.type == "wrong_number" and "address" in row.document and (row.borrower_id, row.event_id) in new
    ]
    if wrong:
        await ranks.learned_strangers(connection, wrong)
    return new


async def compact(connection: Connection, ids: Iterable[UUID]) -> None:
    """Mark the events of these borrowers that only repeat others: no decision looks at them. The caller holds
    the rows."""
    wanted = sorted(set(ids))
    async with joined_whole(connection):
        await connection.execute(COMPACT, wanted)
        await connection.execute(COMPACT_CONSENTS, wanted, CONSENTS)
        await connection.execute(COMPACT_PERMITS, wanted, PERMITTING, PERMITS)
        await connection.execute(COMPACT_CONTACTS, wanted, BEHIND, BEHIND[-1])
    await ranks.compact(connection, wanted)


async def facts(
    connection: Connection, ids: Iterable[UUID], reach: Reach, matters: Iterable[Matter] | None = None
) -> tuple[list[StoredEvent], list[OwnContacts]]:
    """The events, what suppresses the borrowers' addresses, and our own contacts: all that a decision may
    look at. Standing wishes and conversations of any age are in.

    `matters`: all that the messages are about that may be judged on these facts; None where nobody says, and
    then no reported contact of another matter is passed over."""
    wanted = list(set(ids))
    plainly = matters is None or reach.one_by_one
    calls, others = (ranks.ALL, ranks.ALL) if plainly else (max(reach.latest, reach.written), reach.written)
    whole = sorted(ranks.OF_DEBTS if plainly else reach.whole & ranks.OF_DEBTS)
    since = reach.consented or reach.since
    found = await FACTS.all(connection, wanted, reach.latest, since, calls, others, ranks.CALLS, whole)
    outranked = {row.borrower_id for row in found if row.outranked < 0}
    if outranked and matters is not None and not plainly:
        concern = await OUTRANKED.all(
            connection,
            list(outranked),
            *ranks.keys(one for one in matters if one.borrower_id in outranked),
            *ranks.levels(calls, others),
            since,
            ranks.DEBTS,
            reach.consented_any,
            ranks.CALLS,
        )
        known = {(row.borrower_id, row.event_id) for row in found if row.outranked}
        new = {(row.borrower_id, row.event_id): row for row in concern}
        found += [row for key, row in new.items() if key not in known]
    return found, [_within(one, reach) for one in await CONTACTS.all(connection, wanted)]


ALWAYS = frozenset({"conversation", "hung_up", "unknown"})
"""Outcomes of contacts that are looked at whenever they were: somebody answered, or may have."""


def _within(row: OwnContacts, reach: Reach) -> OwnContacts:
    """Of contacts that are alike those that may matter to a rule."""
    always = row.unknown or row.outcome in ALWAYS
    if len(row.instants) <= reach.latest or always or min(row.instants) >= reach.since:
        return row
    numbers = row.recordings or [0] * len(row.notices)
    newest = sorted(zip(row.instants, row.notices, numbers, strict=True), key=_dated, reverse=True)
    recent = sum(at >= reach.since for at in row.instants)
    instants, notices, kept = zip(*newest[: recent + reach.latest], strict=True)
    recordings = None if row.recordings is None else kept
    return row._replace(notices=notices, instants=instants, recordings=recordings)


def _dated(one: tuple[datetime, int, int]) -> tuple[datetime, int]:
    return one[:2]
