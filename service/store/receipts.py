"""SQL about receipts: what providers said of an attempt, each word kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.query import Query

KEEP_RECEIPT = """
INSERT INTO receipts (borrower_id, notice_no, channel, number, digest, at, progress, outcome, code, effect,
    rang, outcome_if_rang)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
"""

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


async def keep_receipt(
    connection: Connection,
    key: AttemptKey,
    *,
    digest: str,
    at: datetime,
    progress: str,
    outcome: str | None,
    code: str | None,
    effect: str,
    rang: bool = False,
    outcome_if_rang: str | None = None,
) -> bool:
    """Keep a receipt as evidence; False when the same word was heard before."""
    tag = await connection.execute(
        KEEP_RECEIPT,
        key.borrower_id,
        key.notice_no,
        key.channel,
        key.number,
        digest,
        at,
        progress,
        outcome,
        code,
        effect,
        rang,
        outcome_if_rang,
    )
    return bool(tag.endswith("1"))


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
