"""SQL of the report of outcomes: borrowers page by page, and of each the contacts and the answers of a span, along indexes by borrower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.query import Query


class ContactRow(NamedTuple):
    """A contact, ours or one that was reported; what is not known of it is None."""

    borrower_id: UUID
    at: datetime
    channel: str | None
    outcome: str | None
    creditor: str | None
    template: str | None
    days_past_due: int | None
    debts: Sequence[str] | None
    """None: about every debt."""
    time_zone: str | None


class AnswerRow(NamedTuple):
    """Something that the borrower did or said."""

    borrower_id: UUID
    at: datetime
    type: str
    debts: Sequence[str] | None
    """None: about every debt."""


class Member(NamedTuple):
    """A borrower of a page."""

    borrower_id: UUID


PAGE = Query(
    Member,
    "SELECT borrower_id FROM borrowers WHERE borrower_id > $1 AND erased_at IS NULL ORDER BY borrower_id LIMIT $2",
)

OWN = Query(
    ContactRow,
    """
SELECT a.borrower_id, a.at, a.channel, a.outcome, a.creditor, n.template, n.days_past_due, ARRAY[a.debt_id] AS debts, b.time_zone
FROM attempts a
JOIN notices n USING (borrower_id, notice_no)
JOIN borrowers b USING (borrower_id)
WHERE a.borrower_id = ANY($1::uuid[]) AND a.at >= $2 AND a.at < $3 AND a.state NOT IN ('reserved', 'released', 'refused')
""",
)

REPORTED = Query(
    ContactRow,
    """
SELECT e.borrower_id, e.at, e.channel, e.outcome, COALESCE(e.document ->> 'creditor', n.creditor) AS creditor, NULL::text AS template,
       n.days_past_due,
       (SELECT array_agg(d) FROM jsonb_array_elements_text(e.document -> 'debt_ids') AS d) AS debts, b.time_zone
FROM events e
JOIN borrowers b ON b.borrower_id = e.borrower_id
LEFT JOIN LATERAL (SELECT l.creditor, l.days_past_due FROM notices l
                   WHERE l.borrower_id = e.borrower_id AND e.document -> 'debt_ids' ? l.debt_id
                   ORDER BY l.notice_no DESC LIMIT 1) n ON true
WHERE e.borrower_id = ANY($1::uuid[]) AND e.at >= $2 AND e.at < $3 AND e.type = 'contact' AND e.corrected_by IS NULL
  AND COALESCE(e.document ->> 'direction', 'out') = 'out' AND COALESCE(e.document ->> 'wrong_party', 'false') = 'false'
""",
)
"""The creditor and the days past due are those of the latest notice about one of its debts, where it names none itself."""

ANSWERS = Query(
    AnswerRow,
    """
SELECT e.borrower_id, e.at, CASE e.type WHEN 'contact' THEN 'inbound' ELSE e.type END AS type,
       (SELECT array_agg(d) FROM jsonb_array_elements_text(e.document -> 'debt_ids') AS d) AS debts
FROM events e
WHERE e.borrower_id = ANY($1::uuid[]) AND e.at >= $2 AND e.at < $3 AND e.corrected_by IS NULL
  AND COALESCE(e.document ->> 'via', '') NOT IN ('provider', 'suppression')
  AND (e.type = ANY($4::text[]) OR e.type = 'contact' AND e.document ->> 'direction' = 'in')
""",
)
"""What a provider knew before is no answer; a contact that the borrower began is a reply."""


async def page(connection: Connection, after: UUID, limit: int) -> list[UUID]:
    """The next borrowers who were not erased, in the order of their keys."""
    return [row.borrower_id for row in await PAGE.all(connection, after, limit)]


async def contacts(
    connection: Connection, ids: Sequence[UUID], since: datetime, until: datetime
) -> list[ContactRow]:
    """The contacts of these borrowers from `since` to before `until`, oldest first."""
    found = await OWN.all(connection, ids, since, until)
    found += await REPORTED.all(connection, ids, since, until)
    return sorted(found, key=lambda row: row.at)


async def answers(
    connection: Connection, ids: Sequence[UUID], since: datetime, until: datetime, types: Sequence[str]
) -> list[AnswerRow]:
    """What these borrowers did or said in that span."""
    return await ANSWERS.all(connection, ids, since, until, types)
