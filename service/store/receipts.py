"""SQL about receipts: what providers said of an attempt, each word kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.query import Query


class ReceiptRow(NamedTuple):
    """What a provider said of an attempt, and what it did; the fields but `key` are columns."""

    key: AttemptKey
    digest: str
    progress: str
    outcome: str | None
    code: str | None
    effect: str
    rang: bool
    outcome_if_rang: str | None


KEEP = Query(
    AttemptKey,
    """
INSERT INTO receipts (borrower_id, notice_no, channel, number, digest, progress, outcome, code, effect,
    rang, outcome_if_rang, at)
SELECT u.*, $12
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::boolean[], $11::text[]) AS u
ON CONFLICT DO NOTHING
RETURNING borrower_id, notice_no, channel, number
""",
)

ENDED_RINGING = """
SELECT max(outcome_if_rang) FROM receipts WHERE borrower_id = $1 AND notice_no = $2 AND channel = $3
  AND number = $4
HAVING bool_or(rang)
"""


class Referred(NamedTuple):
    """An attempt, and the provider's id of it."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    provider_ref: str


REFERRED = Query(
    Referred,
    """
SELECT borrower_id, notice_no, channel, number, provider_ref FROM attempts
WHERE borrower_id = ANY($1::uuid[]) AND channel = $2 AND adapter = $3 AND provider_ref = ANY($4::text[])
""",
)


async def keep(connection: Connection, rows: Sequence[ReceiptRow], at: datetime) -> set[AttemptKey]:
    """Keep receipts as evidence, one of an attempt at the most. Returns the attempts of those that are new:
    the others were heard before."""
    keys, *columns = zip(*rows, strict=True)
    return set(await KEEP.all(connection, *zip(*keys, strict=True), *columns, at))


async def ended_ringing(connection: Connection, key: AttemptKey) -> str | None:
    """The outcome of a call that rang before it ended, by all its receipts; None while one of the two is not
    known."""
    outcome: str | None = await connection.fetchval(ENDED_RINGING, *key)
    return outcome


async def referred(
    connection: Connection, ids: Sequence[UUID], channel: str, adapter: str, refs: Sequence[str]
) -> list[Referred]:
    """Those attempts of some borrowers through an adapter that own one of these ids of its provider."""
    return await REFERRED.all(connection, list(ids), channel, adapter, list(refs))


def key_of(row: Referred) -> AttemptKey:
    """The key in a row."""
    return AttemptKey(row.borrower_id, row.notice_no, row.channel, row.number)
