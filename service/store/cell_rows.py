"""SQL that brings the rows of borrowers from one cell's database into another's: which tables hold any, how a
borrower is read as a whole, and the statements that put what arrived (`cell_arrivals`) in its place.

A borrower is one JSON document of all rows, made alike on both sides, so that its digest proves that what
lies in the target is what lay in the source. Which columns there are is read from the catalog: a column that
a later migration adds comes along by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection, rows_changed
from service.store.query import Query


class Rule(StrEnum):
    """What becomes of a table's rows when their borrower moves."""

    MOVES = "moves"
    """They go along, and are deleted in the old cell."""
    COPIED = "copied"
    """They go along, and stay in the old cell until they are forgotten there by age."""
    BY_KEY = "by key"
    """Found by a digest beside the borrower: they go along with either, and stay too."""
    STAYS = "stays"
    """They are the cell's own, whoever they are about."""


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "addresses": Rule.MOVES,
        "attempts": Rule.MOVES,
        "borrowers": Rule.MOVES,
        "cell_arrivals": Rule.STAYS,  # on their way themselves
        "cell_touched": Rule.STAYS,
        "choices": Rule.MOVES,
        "deliveries": Rule.MOVES,
        "event_names": Rule.BY_KEY,
        "events": Rule.MOVES,
        "idempotency": Rule.BY_KEY,
        "log_entries": Rule.STAYS,  # a log is never changed: what was decided here is proved here
        "log_kept": Rule.STAYS,
        "notices": Rule.MOVES,
        "receipts": Rule.MOVES,
        "sandbox_messages": Rule.MOVES,
        "shared_numbers": Rule.MOVES,
        "shared_texts": Rule.COPIED,  # the hour's texts to a number count for those who stay, too
        "webhook_events": Rule.STAYS,  # they leave by their own relay, in their order
        "webhook_outbox": Rule.STAYS,
    }
)
"""Every table with a borrower's key; a test fails where a migration adds one that has no rule."""
SPACES: Mapping[str, str] = MappingProxyType(
    {"event_names": "name_space", "idempotency": "key_id", "number_cells": "cell::text"}
)
"""Tables that are found by a digest, and what beside it makes their keys."""
WITH_BORROWERS = tuple(name for name, rule in RULES.items() if rule in {Rule.MOVES, Rule.COPIED})
JOURNALED = (*WITH_BORROWERS, *SPACES)
_OWN = "t.borrower_id = u.borrower_id"
_WHERE = MappingProxyType(
    {
        "shared_texts": _OWN
        + " AND t.digest IN (SELECT a.digest FROM addresses a WHERE a.borrower_id = u.borrower_id)"
    }
)
BUCKET_SHIFT = 128 - 12
_DIGEST = "sha256(convert_to(c.content::text, 'UTF8'))"


class _Columns(NamedTuple):
    """The columns of a table that are stored."""

    table_name: str
    columns: Sequence[str]


COLUMNS = Query(
    _Columns,
    """
SELECT c.relname::text AS table_name, array_agg(a.attname::text ORDER BY a.attname) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname = ANY($1::text[]) AND c.relnamespace = current_schema()::regnamespace
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
""",
)
ALIKE = tuple(
    f"SET LOCAL {name} = '{value}'"
    for name, value in (
        ("forbear.moving", "on"),
        ("bytea_output", "hex"),
        ("intervalstyle", "iso_8601"),
        ("datestyle", "ISO, YMD"),
        ("timezone", "UTC"),
    )
)
"""To the end of the transaction: no trigger looks at what is written, and values read alike everywhere. One
statement for each: a coordinator hands each to the server that has the tables."""


async def columns_of(connection: Connection) -> dict[str, Sequence[str]]:
    """By table, the columns of everything that goes along."""
    rows = await COLUMNS.all(connection, list(JOURNALED))
    return {row.table_name: row.columns for row in rows}


async def begin(connection: Connection) -> None:
    """Begin a transaction of a move."""
    for statement in ALIKE:
        await connection.execute(statement)


class Whole(NamedTuple):
    """A borrower as a whole."""

    borrower_id: UUID
    row_count: int
    digest: bytes
    content: str
    """JSON: by table, its rows."""


class Digest(NamedTuple):
    """What a borrower as a whole comes to."""

    borrower_id: UUID
    digest: bytes


class Keyed(NamedTuple):
    """A row that is found by a digest."""

    space: str
    digest: bytes
    content: str


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements over a schema's tables, made once for a move."""

    columns: Mapping[str, Sequence[str]]

    def whole(self) -> Query[Whole]:
        """Borrowers by their keys; $1: those."""
        return Query(
            Whole,
            f"""
SELECT u.borrower_id, (SELECT sum(jsonb_array_length(value))::bigint FROM jsonb_each(c.content)) AS row_count,
    {_DIGEST} AS digest, c.content::text AS content
{self._contents()}""",
        )

    def digests(self) -> Query[Digest]:
        """The digests of borrowers alone, by their keys; $1: those."""
        return Query(Digest, f"SELECT u.borrower_id, {_DIGEST} AS digest {self._contents()}")

    def _contents(self) -> str:
        return f"""
FROM (SELECT borrower_id FROM unnest($1::uuid[]) AS u (borrower_id) OFFSET 0) u
CROSS JOIN LATERAL (SELECT jsonb_build_object({", ".join(map(self._part, WITH_BORROWERS))}) AS content) c
"""

    def _part(self, table: str) -> str:
        listed = ", ".join(f"t.{one}" for one in self.columns[table])
        return f"""'{table}', (SELECT COALESCE(jsonb_agg(o.j ORDER BY o.j::text COLLATE "C"), '[]') FROM (
    SELECT to_jsonb(r) AS j FROM (SELECT {listed} FROM {table} t WHERE {_WHERE.get(table, _OWN)}) r) o)"""

    def place(self, table: str) -> str:
        """Put what has arrived of a table in its place; $1: the buckets."""
        listed = ", ".join(self.columns[table])
        taken = ", ".join(f"r.{one}" for one in self.columns[table])
        again = " ON CONFLICT DO NOTHING" if RULES[table] is Rule.COPIED else ""
        return f"""INSERT INTO {table} ({listed}) SELECT {taken} FROM cell_arrivals a
CROSS JOIN LATERAL jsonb_populate_recordset(NULL::{table}, a.content -> '{table}') r
WHERE cell_bucket(a.borrower_id) = ANY($1::smallint[]){again}"""

    def place_given(self, table: str) -> str:
        """The same of what is handed over; $1: by borrower, the rows of the table as JSON."""
        listed = ", ".join(self.columns[table])
        taken = ", ".join(f"r.{one}" for one in self.columns[table])
        again = " ON CONFLICT DO NOTHING" if RULES[table] is Rule.COPIED else ""
        return f"""INSERT INTO {table} ({listed}) SELECT {taken} FROM unnest($1::text[]) AS a (content)
CROSS JOIN LATERAL jsonb_populate_recordset(NULL::{table}, a.content::jsonb) r{again}"""

    def keyed(self, table: str, *, touched: bool) -> Query[Keyed]:
        """Rows that are found by a digest: with `touched` those of $1 (spaces) and $2 (digests), else those
        of the buckets $1, by digest or by borrower."""
        listed = ", ".join(f"t.{one}" for one in self.columns[table])
        of_borrower = (
            " OR cell_bucket(t.borrower_id) = ANY($1::smallint[])" if table != "number_cells" else ""
        )
        where = f"cell_bucket_of(t.digest) = ANY($1::smallint[]){of_borrower}"
        if touched:
            where = f"(t.{SPACES[table]}, t.digest) IN (SELECT * FROM unnest($1::text[], $2::bytea[]))"
        return Query(
            Keyed,
            f"""SELECT t.{SPACES[table]} AS space, t.digest, to_jsonb(r)::text AS content
FROM {table} t CROSS JOIN LATERAL (SELECT {listed}) r WHERE {where}""",
        )

    def place_keyed(self, table: str) -> str:
        """Put what has arrived of such a table in its place; $1: the move, $2: its buckets. What the cell has
        of a key stays, unless it is a borrower's own that comes."""
        listed = ", ".join(self.columns[table])
        taken = ", ".join(f"r.{one}" for one in self.columns[table])
        start = f"""INSERT INTO {table} AS o ({listed}) SELECT {taken} FROM cell_arriving_keys a
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, a.content) r
WHERE a.move_no = $1 AND a.table_name = '{table}'"""
        return self._keep_own(start, table)

    def place_keyed_given(self, table: str) -> str:
        """The same of what is handed over; $1: the rows as JSON, $2: the buckets."""
        listed = ", ".join(self.columns[table])
        taken = ", ".join(f"r.{one}" for one in self.columns[table])
        start = f"""INSERT INTO {table} AS o ({listed}) SELECT {taken} FROM unnest($1::text[]) AS a (content)
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, a.content::jsonb) r
WHERE a.content IS NOT NULL"""
        return self._keep_own(start, table)

    def _keep_own(self, start: str, table: str) -> str:
        if table == "number_cells":
            return start + " AND $2::smallint[] IS NOT NULL ON CONFLICT DO NOTHING"
        sets = ", ".join(f"{one} = EXCLUDED.{one}" for one in self.columns[table])
        key = "name_space" if table == "event_names" else "key_id"
        return (
            f"{start} ON CONFLICT ({key}, digest) DO UPDATE SET {sets} "
            "WHERE cell_bucket(EXCLUDED.borrower_id) = ANY($2::smallint[])"
        )


def bounds(buckets: Sequence[int]) -> tuple[list[UUID], list[UUID]]:
    """The first and the last key of each bucket."""
    return (
        [UUID(int=one << BUCKET_SHIFT) for one in buckets],
        [UUID(int=((one + 1) << BUCKET_SHIFT) - 1) for one in buckets],
    )


COUNT = """
SELECT COALESCE(sum(n), 0)::bigint FROM unnest($1::uuid[], $2::uuid[]) AS r (lowest, highest)
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM borrowers b WHERE b.borrower_id >= r.lowest AND b.borrower_id <= r.highest
) c
"""
EVERY = """
SELECT b.borrower_id FROM unnest($1::uuid[], $2::uuid[]) AS r (lowest, highest)
CROSS JOIN LATERAL (
    SELECT b.borrower_id FROM borrowers b WHERE b.borrower_id >= r.lowest AND b.borrower_id <= r.highest
) b
ORDER BY b.borrower_id
"""
PAGE = """
SELECT borrower_id FROM borrowers WHERE borrower_id > $1 AND borrower_id <= $2 ORDER BY borrower_id LIMIT $3
"""


async def count(connection: Connection, buckets: Sequence[int]) -> int:
    """How many borrowers some buckets have."""
    found: int = await connection.fetchval(COUNT, *bounds(buckets))
    return found


async def every(connection: Connection, buckets: Sequence[int]) -> list[UUID]:
    """Every borrower of some buckets, in the order of their keys."""
    return [row["borrower_id"] for row in await connection.fetch(EVERY, *bounds(buckets))]


async def page(connection: Connection, after: UUID, last: UUID, limit: int) -> list[UUID]:
    """Borrowers in the order of their keys, beyond one and up to another."""
    return [row["borrower_id"] for row in await connection.fetch(PAGE, after, last, limit)]


async def delete(connection: Connection, buckets: Sequence[int]) -> int:
    """Delete everything of some buckets that moved; returns how many rows that were."""
    deleted = 0
    for table, rule in RULES.items():
        if rule is Rule.MOVES:
            statement = f"""DELETE FROM {table} t USING unnest($1::uuid[], $2::uuid[]) AS r (lowest, highest)
WHERE t.borrower_id >= r.lowest AND t.borrower_id <= r.highest"""
            deleted += rows_changed(await connection.execute(statement, *bounds(buckets)))
    return deleted


NUMBERS = """
SELECT DISTINCT digest FROM addresses
WHERE borrower_id >= $1 AND borrower_id <= $2 AND channel <> 'email' AND digest > $3 ORDER BY digest LIMIT $4
"""
EVERY_NUMBER = """
SELECT DISTINCT digest FROM addresses WHERE channel <> 'email' AND digest > $1 ORDER BY digest LIMIT $2
"""
HELD = """
SELECT u.digest FROM unnest($1::bytea[]) AS u (digest)
CROSS JOIN LATERAL (SELECT FROM addresses a WHERE a.digest = u.digest LIMIT 1) a
"""


async def numbers(connection: Connection, bucket: int, after: bytes, limit: int) -> list[bytes]:
    """The digests of the telephone numbers that borrowers of a bucket have or had, beyond one."""
    [lowest], [highest] = bounds([bucket])
    return [row["digest"] for row in await connection.fetch(NUMBERS, lowest, highest, after, limit)]


async def every_number(connection: Connection, after: bytes, limit: int) -> list[bytes]:
    """The digests of the telephone numbers that anybody has or had here, beyond one."""
    return [row["digest"] for row in await connection.fetch(EVERY_NUMBER, after, limit)]


async def held(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Of these addresses, those that any borrower has or had here."""
    return {row["digest"] for row in await connection.fetch(HELD, list(digests))}
