"""SQL about what happened to one borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.query import Query


class KnownDebt(NamedTuple):
    """A debt that notices to a borrower were about, as the latest notice describes it."""

    debt_id: str
    account_id: str | None
    creditor: str
    category: str
    template: str
    sender_role: str
    days_past_due: int
    accepted_at: datetime
    notice_encrypted: bytes


DEBTS = Query(
    KnownDebt,
    """
SELECT DISTINCT ON (debt_id) debt_id, account_id, creditor, category, template, sender_role, days_past_due,
    accepted_at, sealed AS notice_encrypted
FROM notices WHERE borrower_id = $1 AND category <> 'optout_confirmation' ORDER BY debt_id, notice_no DESC
LIMIT 50
""",
)


class Happened(NamedTuple):
    """One thing that happened to a borrower: an attempt, a delivery or an event."""

    borrower_id: UUID
    at: datetime
    kind: str
    type: str
    channel: str | None
    outcome: str | None
    state: str | None
    reason: str | None
    notice_no: int | None
    creditor: str | None
    place: str
    """Orders what happened at one instant."""


HAPPENED = Query(
    Happened,
    """
SELECT * FROM (
    SELECT borrower_id, at, 'attempt' AS kind, 'contact' AS type, channel, outcome, state, reason, notice_no,
        creditor,
           concat_ws('.', 'attempt', notice_no, channel, number) COLLATE "C" AS place
    FROM attempts WHERE borrower_id = $1
    UNION ALL
    SELECT borrower_id, updated_at, 'delivery', 'delivery', channel, NULL, state, reason, notice_no, creditor,
           concat_ws('.', 'delivery', notice_no, channel)
    FROM deliveries WHERE borrower_id = $1
    UNION ALL
    SELECT borrower_id, at, 'event', type, channel, outcome, NULL, NULL, NULL, NULL,
        concat_ws('.', 'event', event_id)
    FROM events WHERE borrower_id = $1
) t
WHERE ($3::text[] IS NULL OR creditor IS NULL OR creditor = ANY($3))
  AND ($4::timestamptz IS NULL OR (at, place) < ($4, $5::text COLLATE "C"))
ORDER BY at DESC, place DESC LIMIT $2
""",
)


async def debts(connection: Connection, borrower: UUID) -> list[KnownDebt]:
    """The debts that notices to this borrower were about, as the latest notice describes them; our own
    confirmations aside."""
    return await DEBTS.all(connection, borrower)


async def happened(
    connection: Connection,
    borrower: UUID,
    limit: int,
    *,
    creditors: Sequence[str] | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Happened]:
    """Attempts, deliveries and events, newest first: of these creditors and of nobody in particular, and
    older than `after`."""
    return await HAPPENED.all(connection, borrower, limit, creditors, *(after or (None, None)))
