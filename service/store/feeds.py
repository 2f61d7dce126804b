"""SQL that asks whether upstream systems still report: a feed that stands still looks as if contacts had
stopped working."""

from __future__ import annotations

from datetime import datetime

from service.store.database import Connection

ALIVE = """
SELECT EXISTS (
    SELECT FROM events e JOIN notices n ON n.borrower_id = e.borrower_id AND n.creditor = $1
    WHERE e.learned_at >= $2 AND e.at >= $2::timestamptz - interval '30 days' AND e.type = 'payment'
)
"""


async def alive(connection: Connection, creditor: str, since: datetime) -> bool:
    """Whether a payment of any borrower of a creditor was recorded since then."""
    found: bool = await connection.fetchval(ALIVE, creditor, since)
    return found
