"""SQL about receipts: what providers said of an attempt, each word kept once."""

from __future__ import annotations

from datetime import datetime

from service.store.attempts import AttemptKey
from service.store.database import Connection

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
