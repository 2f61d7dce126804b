"""SQL about what happened to one borrower."""

from __future__ import annotations

from uuid import UUID

from service.store.database import Connection, Row

DEBTS = """
SELECT DISTINCT ON (debt_id) debt_id, account_id, creditor, category, sender_role, days_past_due, accepted_at, sealed AS notice_sealed
FROM notices WHERE borrower_id = $1 ORDER BY debt_id, notice_no DESC LIMIT 50
"""

HAPPENED = """
SELECT * FROM (
    SELECT borrower_id, at, 'attempt' AS kind, 'contact' AS type, channel, outcome, state, reason, notice_no, creditor
    FROM attempts WHERE borrower_id = $1
    UNION ALL
    SELECT borrower_id, updated_at, 'delivery', 'delivery', channel, NULL, state, reason, notice_no, creditor
    FROM deliveries WHERE borrower_id = $1
    UNION ALL
    SELECT borrower_id, at, 'event', type, channel, outcome, NULL, NULL, NULL, NULL FROM events WHERE borrower_id = $1
) t ORDER BY at DESC LIMIT $2
"""


async def debts(connection: Connection, borrower: UUID) -> list[Row]:
    """The debts that notices to this borrower were about, as the latest notice describes them."""
    rows: list[Row] = await connection.fetch(DEBTS, borrower)
    return rows


async def happened(connection: Connection, borrower: UUID, limit: int) -> list[Row]:
    """Attempts, deliveries and events, newest first."""
    rows: list[Row] = await connection.fetch(HAPPENED, borrower, limit)
    return rows
