"""SQL about Idempotency-Keys: a key belongs to an API key and to the digest of one body
(draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.query import Query


class TakenKey(NamedTuple):
    """A key that was taken."""

    key_id: str
    digest: bytes


CLAIM = Query(
    TakenKey,
    """
INSERT INTO idempotency (key_id, digest, body_digest, borrower_id, notice_no, created_at, expires_at)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::uuid[], $5::bigint[], $6::timestamptz[],
    $7::timestamptz[])
ON CONFLICT (key_id, digest) DO NOTHING
RETURNING key_id, digest
""",
)


class FirstUse(NamedTuple):
    """What the first use of a key stored."""

    key_id: str
    digest: bytes
    body_digest: bytes
    borrower_id: UUID
    notice_no: int
    created_at: datetime
    language: str | None
    """The borrower's, as it is stored now."""


READ = Query(
    FirstUse,
    """
SELECT key_id, digest, body_digest, borrower_id, notice_no, created_at,
       (SELECT b.language FROM borrowers b WHERE b.borrower_id = i.borrower_id) AS language
FROM idempotency i
WHERE (key_id, digest) IN (SELECT * FROM unnest($1::text[], $2::bytea[]))
""",
)

FORGET = "DELETE FROM idempotency WHERE expires_at <= $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRow:
    """A key that wants to be the first."""

    key_id: str
    digest: bytes
    body_digest: bytes
    borrower_id: UUID
    notice_no: int
    created_at: datetime
    expires_at: datetime


async def claim(connection: Connection, rows: Sequence[IdempotencyRow]) -> set[TakenKey]:
    """Take keys that nobody used; returns those that were taken. Waits for a concurrent holder to commit or
    fail."""
    ordered = sorted(rows, key=lambda row: (row.key_id, row.digest))
    return set(
        await CLAIM.all(
            connection,
            [row.key_id for row in ordered],
            [row.digest for row in ordered],
            [row.body_digest for row in ordered],
            [row.borrower_id for row in ordered],
            [row.notice_no for row in ordered],
            [row.created_at for row in ordered],
            [row.expires_at for row in ordered],
        )
    )


async def read(
    connection: Connection, keys: Sequence[tuple[str, bytes]]
) -> dict[tuple[str, bytes], FirstUse]:
    """What the first use of these keys stored."""
    rows = await READ.all(connection, [key[0] for key in keys], [key[1] for key in keys])
    return {(row.key_id, row.digest): row for row in rows}


async def forget(connection: Connection, at: datetime) -> None:
    """Drop keys whose time was over at `at`."""
    await connection.execute(FORGET, at)


GIVE_BACK = """
DELETE FROM idempotency WHERE (key_id, digest) IN (SELECT * FROM unnest($1::text[], $2::bytea[]))
"""


async def give_back(connection: Connection, keys: Sequence[tuple[str, bytes]]) -> None:
    """Free keys whose request was refused: a corrected body may use them again."""
    if keys:
        await connection.execute(GIVE_BACK, [key[0] for key in keys], [key[1] for key in keys])
