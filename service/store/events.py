"""SQL about events: dated facts about a borrower, appended and never edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from service.store.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as stored; `document` holds the further fields of its type, `sealed` the words and the address."""

    borrower_id: UUID
    event_id: str
    at: datetime
    learned_at: datetime
    type: str
    channel: str | None
    outcome: str | None
    document: Mapping[str, Any]
    sealed: bytes | None = field(repr=False)


INSERT = """
INSERT INTO events (borrower_id, event_id, at, learned_at, type, channel, outcome, document, sealed)
SELECT a, b, c, d, e, f, g, h::jsonb, i
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::bytea[]) AS u (a, b, c, d, e, f, g, h, i)
ON CONFLICT (borrower_id, event_id) DO NOTHING
RETURNING borrower_id, event_id
"""

FACTS = """
SELECT borrower_id, event_id, at, type, channel, outcome, document FROM events
WHERE borrower_id = ANY($1::uuid[]) AND (type <> 'contact' OR at >= $2 OR outcome = 'conversation')
ORDER BY at
"""

CONTACTS = """
SELECT borrower_id, notice_no, channel, number, state, outcome, at, debt_id, account_id, creditor, category, content_class,
       wrong_party, address_digest
FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND state NOT IN ('refused', 'released') AND (at >= $2 OR outcome = 'conversation')
ORDER BY at
"""

LIST = """
SELECT borrower_id, event_id, at, learned_at, type, channel, outcome, document, sealed FROM events
WHERE borrower_id = $1 AND ($2::timestamptz IS NULL OR (at, event_id) < ($2, $3)) ORDER BY at DESC, event_id DESC LIMIT $4
"""


async def insert_events(connection: Connection, rows: Sequence[EventRow]) -> set[tuple[UUID, str]]:
    """Append events; returns those that were new. The caller holds the borrowers' rows."""
    found = await connection.fetch(
        INSERT,
        [row.borrower_id for row in rows],
        [row.event_id for row in rows],
        [row.at for row in rows],
        [row.learned_at for row in rows],
        [row.type for row in rows],
        [row.channel for row in rows],
        [row.outcome for row in rows],
        [orjson.dumps(row.document).decode() for row in rows],
        [row.sealed for row in rows],
    )
    return {(row["borrower_id"], row["event_id"]) for row in found}


KINDS = """
SELECT borrower_id, event_id, type, channel FROM events
WHERE (borrower_id, event_id) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
"""


async def kinds(
    connection: Connection, rows: Sequence[EventRow]
) -> dict[tuple[UUID, str], tuple[str, str | None]]:
    """Type and channel of the stored events that have the ids of these."""
    found = await connection.fetch(KINDS, [row.borrower_id for row in rows], [row.event_id for row in rows])
    return {(row["borrower_id"], row["event_id"]): (row["type"], row["channel"]) for row in found}


async def facts(
    connection: Connection, ids: Iterable[UUID], contacts_since: datetime
) -> tuple[list[Row], list[Row]]:
    """The events and our own contacts that a decision may look at. Standing wishes and conversations of any age are in."""
    wanted = list(set(ids))
    return (
        await connection.fetch(FACTS, wanted, contacts_since),
        await connection.fetch(CONTACTS, wanted, contacts_since),
    )
