"""SQL about the names of events: which names a key has used, for whom, and what each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store import repeats
from service.store.database import Connection
from service.store.query import Query
from service.store.ranks import Ranked


class EventName(NamedTuple):
    """A name that was used."""

    digest: bytes
    """Of the name."""
    borrower_id: UUID
    content: bytes
    """A keyed digest of everything that was said."""


class Correctable(NamedTuple):
    """An event that another one is said to correct."""

    borrower_id: UUID
    event_id: str
    type: str
    result: str | None
    corrected_by: str | None


class Legacy(NamedTuple):
    """An event that was recorded before names had a place of their own."""

    borrower_id: UUID
    event_id: str


FIND = Query(
    EventName,
    "SELECT digest, borrower_id, content FROM event_names WHERE name_space = $1 "
    "AND digest = ANY($2::bytea[])",
)

TAKE = Query(
    EventName,
    """
INSERT INTO event_names (name_space, digest, borrower_id, content)
SELECT $1, u.digest, u.borrower_id, u.content
FROM unnest($2::bytea[], $3::uuid[], $4::bytea[]) AS u (digest, borrower_id, content) ORDER BY u.digest
ON CONFLICT DO NOTHING
RETURNING digest, borrower_id, content
""",
)
"""In one order, so that two who take the same names wait for each other in turn."""

LEGACY = Query(
    Legacy,
    """
SELECT e.borrower_id, e.event_id FROM events e
JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS u (borrower_id, event_id, type, at)
  ON e.borrower_id = u.borrower_id AND e.event_id = u.event_id AND e.type = u.type AND e.at = u.at
""",
)

CORRECTABLE = Query(
    Correctable,
    """
SELECT borrower_id, event_id, type, document ->> 'result' AS result, corrected_by FROM events
WHERE (borrower_id, event_id) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
""",
)

CORRECT = """
UPDATE events e SET corrected_by = u.correction
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS u (borrower_id, event_id, correction)
WHERE e.borrower_id = u.borrower_id AND e.event_id = u.event_id
"""


async def take(
    connection: Connection, name_space: str, names: Sequence[EventName]
) -> tuple[set[bytes], dict[bytes, EventName]]:
    """Take names in a key's space; returns those that were free, and what the others were first used for."""
    if not names:
        return set(), {}
    columns = zip(*names, strict=True)
    taken = {row.digest for row in await TAKE.all(connection, name_space, *map(list, columns))}
    others = [name.digest for name in names if name.digest not in taken]
    used = await FIND.all(connection, name_space, others) if others else []
    return taken, {row.digest: row for row in used}


FREE = """
DELETE FROM event_names
WHERE name_space = $1 AND (digest, content) IN (SELECT * FROM unnest($2::bytea[], $3::bytea[]))
"""


async def free(connection: Connection, name_space: str, names: Sequence[EventName]) -> None:
    """Give names back that stand for these very events."""
    await connection.execute(FREE, name_space, [one.digest for one in names], [one.content for one in names])


async def legacy(
    connection: Connection, events: Sequence[tuple[UUID, str, str, datetime]]
) -> set[tuple[UUID, str]]:
    """Those of these events (borrower, id, type, instant) that are stored under the bare name."""
    if not events:
        return set()
    return {
        (row.borrower_id, row.event_id)
        for row in await LEGACY.all(connection, *map(list, zip(*events, strict=True)))
    }


async def correctable(
    connection: Connection, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Correctable]:
    """The events with these keys."""
    rows = await CORRECTABLE.all(connection, [key[0] for key in keys], [key[1] for key in keys])
    return {(row.borrower_id, row.event_id): row for row in rows}


REPEATED_NO_MORE = Query(
    Ranked,
    """
WITH again AS (
    UPDATE events SET repeated = false, behind = 0, outranked = 0, names = NULL, aside = false,
           found_by = NULL, stands = NULL
    WHERE borrower_id = ANY($1::uuid[])
      AND (repeated OR behind > 0 OR outranked <> 0 OR aside OR found_by IS NOT NULL)
    RETURNING borrower_id
)
SELECT DISTINCT borrower_id FROM again
""",
)


async def correct(connection: Connection, corrections: Sequence[tuple[UUID, str, str]]) -> None:
    """Note which event stands in the place of another: borrower, the corrected one's id, the correction's.
    What it outdid counts again. The caller holds the rows."""
    again = await REPEATED_NO_MORE.all(connection, [one[0] for one in corrections])
    await connection.execute(CORRECT, *map(list, zip(*corrections, strict=True)))
    if again:
        await repeats.compact(connection, [row.borrower_id for row in again])
