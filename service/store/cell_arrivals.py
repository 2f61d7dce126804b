"""SQL about what has come of moving buckets and waits in their new cell: how it is kept, what it comes to,
and how it is put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from service.store.cell_rows import (
    SPACES,
    WITH_BORROWERS,
    Digest,
    Keyed,
    Statements,
    Whole,
    bounds,
)
from service.store.database import Connection
from service.store.query import Query

STAGE = """
INSERT INTO cell_arrivals (borrower_id, row_count, digest, content)
SELECT u.borrower_id, u.row_count, u.digest, u.content::jsonb
FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::text[]) AS u (borrower_id, row_count, digest, content)
ON CONFLICT (borrower_id) DO UPDATE
SET row_count = EXCLUDED.row_count, digest = EXCLUDED.digest, content = EXCLUDED.content
"""
STAGE_KEYED = """
INSERT INTO cell_arriving_keys (move_no, table_name, space, digest, content)
SELECT $1, $2, u.space, u.digest, u.content::jsonb
FROM unnest($3::text[], $4::bytea[], $5::text[]) AS u (space, digest, content)
ON CONFLICT (move_no, table_name, space, digest) DO UPDATE SET content = EXCLUDED.content
"""
UNSTAGE_KEYED = """
DELETE FROM cell_arriving_keys WHERE move_no = $1 AND table_name = $2
  AND (space, digest) IN (SELECT * FROM unnest($3::text[], $4::bytea[]))
"""
LAST_ARRIVED = """
SELECT borrower_id FROM cell_arrivals WHERE borrower_id >= $1 AND borrower_id <= $2
ORDER BY borrower_id DESC LIMIT 1
"""
DROP_ARRIVED = "DELETE FROM cell_arrivals WHERE cell_bucket(borrower_id) = ANY($1::smallint[])"
DROP_KEYED = "DELETE FROM cell_arriving_keys WHERE move_no = $1"


class Arrived(NamedTuple):
    """What has arrived of some buckets."""

    borrowers: int
    row_count: int
    digest: bytes | None
    """Over the borrowers' digests in the order of their keys."""


ARRIVED = Query(
    Arrived,
    """
SELECT count(*) AS borrowers, COALESCE(sum(row_count), 0)::bigint AS row_count,
    sha256(COALESCE(string_agg(digest, ''::bytea ORDER BY borrower_id), ''::bytea)) AS digest
FROM cell_arrivals WHERE cell_bucket(borrower_id) = ANY($1::smallint[])
""",
)


ARRIVED_AS = Query(
    Digest, "SELECT borrower_id, digest FROM cell_arrivals WHERE borrower_id = ANY($1::uuid[])"
)


async def arrived_as(connection: Connection, borrowers: Sequence[UUID]) -> dict[UUID, bytes]:
    """The digests with which some borrowers have arrived, of those who have."""
    return {row.borrower_id: row.digest for row in await ARRIVED_AS.all(connection, list(borrowers))}


async def stage(connection: Connection, rows: Sequence[Whole]) -> None:
    """Keep borrowers until their bucket arrives; what came before of them is replaced."""
    columns = [
        list(column) for column in zip(*((one[0], one[1], one[2], one[3]) for one in rows), strict=True)
    ]
    if columns:
        await connection.execute(STAGE, *columns)


async def stage_keyed(connection: Connection, move: int, table: str, rows: Sequence[Keyed]) -> None:
    """The same for rows that are found by a digest."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await connection.execute(STAGE_KEYED, move, table, *columns)


async def unstage_keyed(
    connection: Connection, move: int, table: str, keys: Sequence[tuple[str, bytes]]
) -> None:
    """Forget some of them: they are gone in the source."""
    await connection.execute(
        UNSTAGE_KEYED, move, table, [space for space, _ in keys], [digest for _, digest in keys]
    )


async def last_arrived(connection: Connection, bucket: int) -> UUID:
    """Up to which borrower a bucket has been copied."""
    [lowest], [highest] = bounds([bucket])
    found: UUID | None = await connection.fetchval(LAST_ARRIVED, lowest, highest)
    return found or UUID(int=max(0, lowest.int - 1))


async def arrived(connection: Connection, buckets: Sequence[int]) -> Arrived:
    """What waits here of some buckets."""
    return await ARRIVED.one(connection, list(buckets))


async def drop_arrived(connection: Connection, move: int, buckets: Sequence[int]) -> None:
    """What waited here was put in its place, or is not wanted any more."""
    await connection.execute(DROP_ARRIVED, list(buckets))
    await connection.execute(DROP_KEYED, move)


GIVEN = """
SELECT (content -> $2)::text AS content FROM cell_arrivals
WHERE cell_bucket(borrower_id) = ANY($1::smallint[])
"""
GIVEN_KEYED = """
SELECT content::text AS content FROM cell_arriving_keys WHERE move_no = $1 AND table_name = $2
"""


async def place(connection: Connection, statements: Statements, move: int, buckets: Sequence[int]) -> None:
    """Put everything that has arrived of some buckets in its place, and keep it waiting no more.

    Within the server; a coordinator that breaks a statement which fills one table from another (Citus 13) is
    handed the rows instead."""
    try:
        async with connection.transaction():
            for table in WITH_BORROWERS:
                await connection.execute(statements.place(table), list(buckets))
            for table in SPACES:
                await connection.execute(statements.place_keyed(table), move, list(buckets))
    except asyncpg.PostgresSyntaxError:
        for table in WITH_BORROWERS:
            rows = await connection.fetch(GIVEN, list(buckets), table)
            await connection.execute(statements.place_given(table), [row["content"] for row in rows])
        for table in SPACES:
            rows = await connection.fetch(GIVEN_KEYED, move, table)
            contents = [row["content"] for row in rows]
            await connection.execute(statements.place_keyed_given(table), contents, list(buckets))
    await drop_arrived(connection, move, buckets)
