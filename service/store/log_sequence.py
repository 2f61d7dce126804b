"""SQL of the log's own order: which entry has which index.

A row of `log_sequence` holds the entries of one round from the index `first` on, up to where a tile of the
tree ends: 256 at the most. Rows are added and never changed, and none may overlap another. `span` is what an
entry's row is found by: from the lowest to the highest number among its entries. A row and an index for each
entry cost more than everything else that sequencing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.query import Query

LEAF_HASH = "sha256('\\x00'::bytea || convert_to(e.leaf, 'UTF8'))"
"""RFC 6962 §2.1. Made while the entries are read: what is kept for the second reading is a hash and not a
leaf."""

INDEX_OF = (
    "LEFT JOIN LATERAL (SELECT s.first + array_position(s.entries, e.entry_id) - 1 AS index"
    " FROM log_sequence s"
    " WHERE s.span @> e.entry_id AND e.entry_id = ANY (s.entries)"
    " UNION ALL SELECT k.index FROM log_kept k WHERE k.entry_id = e.entry_id) s ON true"
)
"""Joins `s.index` to the entries `e`; NULL for one that is not sequenced."""

SEQUENCED = (
    "EXISTS (SELECT 1 FROM log_sequence s WHERE s.span @> e.entry_id AND e.entry_id = ANY (s.entries))"
)
"""Whether an entry `e` has an index. Cheap for one that has none: few spans reach beyond what is
sequenced."""

WAITS = "SELECT EXISTS (SELECT FROM log_pending)"

TAKE = f"""
WITH due AS (
    SELECT place FROM (SELECT place,
        sum(cardinality(entries)) OVER (ORDER BY place) - cardinality(entries) AS before
                       FROM log_pending ORDER BY place LIMIT $2) p WHERE before < $2
), pending AS (
    DELETE FROM log_pending WHERE place IN (SELECT place FROM due) RETURNING entries
), taken AS (
    SELECT e.entry_id, $1::bigint - 1 + row_number() OVER (ORDER BY e.entry_id) AS index, {LEAF_HASH} AS hash
    FROM (SELECT DISTINCT unnest(entries) AS entry_id FROM pending) p JOIN log_entries e USING (entry_id)
    WHERE NOT {SEQUENCED}
), placed AS (
    SELECT min(index) AS first, array_agg(entry_id ORDER BY index) AS entries,
        string_agg(hash, '' ORDER BY index) AS hashes,
           int8range(min(entry_id), max(entry_id), '[]') AS span
    FROM taken GROUP BY index / 256
), written AS (
    INSERT INTO log_sequence (first, entries, span) SELECT first, entries, span FROM placed
)
SELECT hashes FROM placed ORDER BY first
"""
"""About `$2` of the entries that wait, whole statements of them; their order within a round is that in which
they were numbered, so that what a transaction wrote after it had seen another's entry stands behind it."""


class Lost(NamedTuple):
    """Entries that have no index and wait for none."""

    entries: int
    first: int | None
    """The number of the first of them."""


LOST = Query(
    Lost,
    """
SELECT count(*) AS entries, min(entry_id) AS first FROM (
    SELECT entry_id FROM log_entries WHERE entry_id > $1
    EXCEPT SELECT unnest(entries) FROM log_sequence WHERE span && int8range($1, NULL, '()')
    EXCEPT SELECT unnest(entries) FROM log_pending
    EXCEPT SELECT entry_id FROM log_kept
    UNION ALL
    SELECT e.entry_id FROM log_kept k JOIN log_entries e ON e.entry_id = k.entry_id
    WHERE e.borrower_id <> k.borrower_id AND e.entry_id > $1
) lost
""",
)

FIRST_UNCOVERED = """
SELECT min(GREATEST(s.first, c.size))
FROM log_sequence s, (SELECT COALESCE(max(size), 0) AS size FROM log_checkpoints) c
WHERE s.first > c.size - 256 AND s.first + cardinality(s.entries) > c.size
"""

ENTRIES_OF = (
    "log_sequence s CROSS JOIN LATERAL unnest(s.entries) WITH ORDINALITY n (entry_id, place) JOIN "
    "log_entries e ON e.entry_id = n.entry_id"
)
BETWEEN = (
    "s.first > $1::bigint - 256 AND s.first < $2::bigint AND s.first + n.place > $1 AND s.first + "
    "n.place <= $2"
)
"""The sequenced entries [$1, $2), each with the place `n.place`, from 1, among those of its row."""


class ExportedEntry(NamedTuple):
    """An entry as it is exported."""

    log_index: int
    at: datetime
    kind: str
    actor: str
    borrower_id: UUID
    notice_no: int | None
    channel: str | None
    verdict: str | None
    policies: Sequence[str] | None
    leaf: str


EXPORT = Query(
    ExportedEntry,
    f"""
SELECT s.first + n.place - 1 AS log_index, e.at, e.kind, e.actor, e.borrower_id, e.notice_no, e.channel,
    e.verdict, e.policies, e.leaf
FROM {ENTRIES_OF} WHERE {BETWEEN} ORDER BY s.first, n.place
""",
)


async def waits(connection: Connection) -> bool:
    """Whether any entry waits for its index."""
    found: bool = await connection.fetchval(WAITS)
    return found


async def take(connection: Connection, first: int, most: int) -> bytes:
    """Give entries that wait their indexes, from `first` on; returns their leaf hashes, one after the
    other."""
    return b"".join([row["hashes"] for row in await connection.fetch(TAKE, first, most)])


async def lost(connection: Connection, after: int = 0) -> Lost:
    """Entries numbered beyond `after` that have no index and wait for none. There is no way to write one but
    past the trigger: it was tampered with, or the database lost what it had promised to keep."""
    (found,) = await LOST.all(connection, after)
    return found


async def lost_among_newest(connection: Connection, most: int) -> Lost:
    """The same among the newest `most` entries."""
    newest = await connection.fetchval("SELECT entry_id FROM log_entries ORDER BY entry_id DESC LIMIT 1")
    return await lost(connection, max(0, (newest or 0) - most))


async def first_uncovered(connection: Connection) -> int | None:
    """The first entry that has an index which no checkpoint covers; None where there is none."""
    index: int | None = await connection.fetchval(FIRST_UNCOVERED)
    return index


async def export_page(connection: Connection, first: int, last: int) -> list[ExportedEntry]:
    """Sequenced entries [first, last), in the order of their index."""
    return await EXPORT.all(connection, first, last)
