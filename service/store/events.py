"""SQL about events: dated facts about a borrower, appended and never edited."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from policies.lookups import Lookup
from policies.order import LIFTING
from service.store import ranks, repeats, standing
from service.store.database import Connection
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
    lookups: frozenset[Lookup] | None = None
    """What rules look up of everything else; None: all of it."""


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
_CONSENTED = f"""(SELECT max(at) + interval '{repeats.CONSENT_DAYS} days' FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND NOT aside AND type = 'consent_call' AND outranked = 0)"""

FACTS = Query(
    StoredEvent,
    f"""
SELECT {_COLUMNS} FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated AND NOT aside
  AND outranked < $4
  AND (outranked <= 0 OR type = 'contact' AND (outranked < $5 OR channel = ANY($6::text[])))
  AND (type <> 'contact' OR behind < $2 OR at >= $3 AND at <= {_CONSENTED})
UNION ALL {_SUPPRESSED}
""",
)
"""In no order. Of contacts through calls those with fewer later ones than $4, of others with fewer than
$5."""

RANKED = Query(
    StoredEvent,
    f"""
SELECT {_COLUMNS} FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated AND NOT aside
  AND outranked > 0 AND type = ANY($2::text[])
""",
)
"""What earlier releases ranked by its debts, where the first of such a type says that it stands for
others."""

ASIDE = Query(
    StoredEvent,
    f"""
SELECT {_COLUMNS} FROM events
WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated AND aside
  AND ($2::text[] IS NULL OR type = ANY($2))
""",
)
"""What is set aside, where a caller or a rule needs all of it."""

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
        SELECT true, false, md5(concat_ws(chr(31), borrower_id, 'in_response_to', ref))::uuid
        FROM unnest($12::uuid[], $13::text[]) AS r (borrower_id, ref)
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
    AND borrower_id = ANY($1::uuid[]) AND NOT aside AND outranked > 0 AND type = 'contact'
    AND corrected_by IS NULL AND NOT repeated
    AND at >= $8 AND at <= (SELECT until FROM consented)
    AND ($10 OR channel = ANY($11::text[]) AND NOT document ? 'debt_ids')
ORDER BY at
""",
)
"""Of those that are passed over, the latest that concern the messages, those that answer a message of the
borrower's, and those that a direct consent may take out of a count."""

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
    if wrong and (again := await ranks.learned_strangers(connection, wrong)):
        await repeats.sort(connection, again)
    await _look_again(connection, [row for row in rows if (row.borrower_id, row.event_id) in new])
    return new


async def _look_again(connection: Connection, rows: Sequence[EventRow]) -> None:
    """Sort anew what these events change the standing of."""
    consented = {row.borrower_id for row in rows if row.type == "consent_call"}
    if consented:
        await standing.learned_consents(connection, consented)
    lifted = {row.borrower_id for row in rows if row.type in LIFTING}
    if lifted:
        await standing.learned_lifts(connection, lifted)


async def facts(
    connection: Connection, ids: Iterable[UUID], reach: Reach, matters: Iterable[Matter] | None = None
) -> tuple[list[StoredEvent], list[OwnContacts]]:
    """The events, what suppresses the borrowers' addresses, and our own contacts, in no order: all that a
    decision may look at. Standing wishes and conversations of any age are in.

    `matters`: all that the messages are about that may be judged on these facts; None where nobody says, and
    then no reported contact of another matter is passed over."""
    wanted, concerned = list(set(ids)), None if matters is None else list(matters)
    plainly = concerned is None or reach.one_by_one
    calls, others = (ranks.ALL, ranks.ALL) if plainly else (max(reach.latest, reach.written), reach.written)
    since = reach.consented or reach.since
    found = await FACTS.all(connection, wanted, reach.latest, since, calls, others, ranks.CALLS)
    contacts = [_within(one, reach) for one in await CONTACTS.all(connection, wanted)]
    marked = [row for row in found if row.outranked < 0]
    ranked = {row.borrower_id for row in marked if row.outranked == ranks.MARKED and row.type != "contact"}
    if ranked:
        whole = sorted(ranks.OF_DEBTS if plainly else reach.whole & ranks.OF_DEBTS)
        found += await RANKED.all(connection, list(ranked), whole)
    aside = {row.borrower_id for row in marked if row.type != "contact"}
    if aside:
        found += await _told(connection, aside, reach, concerned, found)
    outranked = {row.borrower_id for row in marked if row.outranked == ranks.MARKED}
    if outranked and concerned is not None and not plainly:
        rows = await OUTRANKED.all(
            connection,
            list(outranked),
            *ranks.keys(one for one in concerned if one.borrower_id in outranked),
            *ranks.levels(calls, others),
            since,
            ranks.DEBTS,
            reach.consented_any,
            ranks.CALLS,
            *_refs(row for row in found if row.borrower_id in outranked),
        )
        found += _new(rows, found)
    wrong = {row.borrower_id for row in marked if row.type == "wrong_number"}
    if wrong:
        found += await _strangers(connection, wrong, found, contacts)
    return found, contacts


def _refs(known: Iterable[StoredEvent]) -> list[list[object]]:
    """What answers the borrower's messages is found by, as columns: borrower, reference."""
    refs = [
        (row.borrower_id, ref)
        for row in known
        if row.type == "inbound" and (ref := (row.document or {}).get("ref")) is not None
    ]
    return [list(column) for column in zip(*refs, strict=True)] or [[], []]


async def _told(
    connection: Connection,
    borrowers: Collection[UUID],
    reach: Reach,
    matters: Sequence[Matter] | None,
    known: Sequence[StoredEvent],
) -> list[StoredEvent]:
    """What concerns the messages of that which is set aside."""
    if matters is None or reach.lookups is None:
        return _new(await ASIDE.all(connection, list(borrowers), None), known)
    told = await standing.find(connection, borrowers, matters, reach.lookups)
    found = _new([StoredEvent(*row[:-1]) for row in told], known)
    whole = standing.read_whole(reach.lookups)
    if whole:
        found += _new(await ASIDE.all(connection, list(borrowers), whole), [*known, *found])
    return found


async def _strangers(
    connection: Connection,
    borrowers: Collection[UUID],
    known: Sequence[StoredEvent],
    contacts: Sequence[OwnContacts],
) -> list[StoredEvent]:
    """What is set aside of the addresses to which the contacts went: that they are somebody else's."""
    places = {(one.borrower_id, one.document.get("address")) for one in known if one.type == "contact"}
    places |= {(one.borrower_id, one.address_digest.hex()) for one in contacts}
    told = await standing.strangers(
        connection, [(one, place) for one, place in places if one in borrowers and place is not None]
    )
    return _new([StoredEvent(*row[:-1]) for row in told], known)


def _new(rows: Iterable[StoredEvent], known: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Those that are not known yet, each once."""
    keys = {(row.borrower_id, row.event_id) for row in known}
    return [
        row for key, row in {(row.borrower_id, row.event_id): row for row in rows}.items() if key not in keys
    ]


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
