"""SQL of retention: what a borrower's records are counted from, what goes with a notice, and legal holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from service.store import ranks, repeats
from service.store.database import Connection, rows_changed
from service.store.erasure import STANDING
from service.store.query import Query

PAGE = "SELECT borrower_id FROM borrowers WHERE borrower_id > $1 ORDER BY borrower_id LIMIT $2"

COUNT = "SELECT count(*) FROM borrowers"


class KeptBorrower(NamedTuple):
    """What of a borrower decides about retention."""

    borrower_id: UUID
    data_key: bytes | None
    encrypted: bytes | None
    jurisdiction: str | None
    country: str | None
    time_zone: str | None
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None
    held_at: datetime | None
    keep_until: datetime | None
    kept: Any
    """What demanded to keep them when they were erased."""


BORROWERS = Query(
    KeptBorrower,
    """
SELECT borrower_id, data_key, sealed AS encrypted, jurisdiction, country, time_zone, created_at, updated_at,
    erased_at, held_at, keep_until, kept FROM borrowers
WHERE borrower_id = ANY($1::uuid[])
""",
)

OPEN_STATES = ("due", "deferred", "sending", "held", "unknown", "held_by_provider")
"""Something is still owed; and while an SMS or a call is accepted: a mail server tells nothing after that."""


class KeptNotice(NamedTuple):
    """One notice, with what retention is counted from."""

    borrower_id: UUID
    notice_no: int
    debt_id: str
    account_id: str | None
    creditor: str
    category: str
    template: str
    sender_role: str
    days_past_due: int
    accepted_at: datetime
    expires_at: datetime
    encrypted: bytes
    last_activity: datetime
    open: bool
    closed_at: datetime | None


RECORDS = Query(
    KeptNotice,
    """
SELECT n.borrower_id, n.notice_no, n.debt_id, n.account_id, n.creditor, n.category, n.template, n.sender_role,
    n.days_past_due,
       n.accepted_at, n.expires_at, n.sealed AS encrypted,
       GREATEST(n.accepted_at, a.last, r.last) AS last_activity, COALESCE(d.open, false) AS open,
           d.last AS closed_at
FROM notices n
LEFT JOIN LATERAL (SELECT max(o.updated_at) AS last,
                          bool_or(o.state = ANY($2::text[]) OR o.state = 'accepted'
                          AND o.channel <> 'email') AS open
                   FROM deliveries o WHERE o.borrower_id = n.borrower_id AND o.notice_no = n.notice_no) d
                   ON true
LEFT JOIN LATERAL (SELECT max(GREATEST(t.at, t.dialed_at, t.settled_at)) AS last
                   FROM attempts t WHERE t.borrower_id = n.borrower_id AND t.notice_no = n.notice_no) a
                   ON true
LEFT JOIN LATERAL (SELECT max(c.at) AS last
                   FROM receipts c WHERE c.borrower_id = n.borrower_id AND c.notice_no = n.notice_no) r
                   ON true
WHERE n.borrower_id = ANY($1::uuid[])
""",
)


class Reported(NamedTuple):
    """When the last event about a debt was."""

    borrower_id: UUID
    debt_id: str | None
    """None: of the events that name no debt."""
    last: datetime


REPORTED = Query(
    Reported,
    """
SELECT e.borrower_id, debt.id AS debt_id, max(e.at) AS last
FROM events e LEFT JOIN LATERAL jsonb_array_elements_text(e.document -> 'debt_ids') debt (id) ON true
WHERE e.borrower_id = ANY($1::uuid[]) GROUP BY e.borrower_id, debt.id
""",
)

OF_NOTICE = "(borrower_id, notice_no) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))"
DROP = tuple(
    f"DELETE FROM {table} WHERE {OF_NOTICE}" for table in ("receipts", "attempts", "deliveries", "notices")
)
MUTE = f"UPDATE log_entries SET detail = NULL WHERE {OF_NOTICE} AND detail IS NOT NULL"
DROP_SANDBOX = """
DELETE FROM sandbox_messages WHERE borrower_id = ANY($1::uuid[])
  AND split_part(attempt_id, '.', 1) = ANY($2::text[])
"""

DROP_EVENTS = """
DELETE FROM events WHERE borrower_id = $1 AND type <> ALL($3::text[]) AND document ? 'debt_ids'
  AND document -> 'debt_ids' <@ to_jsonb($2::text[])
"""

_BARE = """
FROM events e USING borrowers b
WHERE b.borrower_id = ANY($1::uuid[]) AND e.borrower_id = b.borrower_id AND e.type = 'contact' AND e.at < $3
  AND b.erased_at IS NOT NULL AND b.held_at IS NULL AND COALESCE(b.keep_until, b.erased_at) <= $2
"""
DROP_BARE = f"DELETE {_BARE}"
COUNT_BARE = f"SELECT count(*) {_BARE.replace('USING', 'CROSS JOIN')}"
"""Contacts that were reported of borrowers who were erased."""

PLACE_LEGAL_HOLD = """
UPDATE borrowers SET held_at = $2, held_by = $3, held_because = $4 WHERE borrower_id = $1 AND held_at IS NULL
RETURNING held_at
"""

RELEASE_LEGAL_HOLD = (
    "UPDATE borrowers SET held_at = NULL, held_by = NULL, held_because = NULL WHERE borrower_id = $1 "
    "AND held_at IS NOT NULL RETURNING 1"
)


class LegalHold(NamedTuple):
    """A legal hold on a borrower; empty where none stands."""

    held_at: datetime | None
    held_by: str | None
    held_because: str | None


SELECT_LEGAL_HOLD = Query(
    LegalHold,
    "SELECT held_at, held_by, held_because FROM borrowers WHERE borrower_id = $1",
)


class ListedLegalHold(NamedTuple):
    """A borrower under a legal hold."""

    borrower_id: UUID
    data_key: bytes | None
    encrypted: bytes | None
    held_at: datetime
    held_by: str
    held_because: str


LIST_LEGAL_HOLDS = Query(
    ListedLegalHold,
    """
SELECT borrower_id, data_key, sealed AS encrypted, held_at, held_by, held_because FROM borrowers
WHERE held_at IS NOT NULL ORDER BY held_at, borrower_id LIMIT $1
""",
)

KEEP = "UPDATE borrowers SET keep_until = $2, kept = $3 WHERE borrower_id = $1"


async def count(connection: Connection) -> int:
    """How many borrowers there are."""
    found: int = await connection.fetchval(COUNT)
    return found


async def page(connection: Connection, after: UUID, limit: int) -> list[UUID]:
    """The next borrowers, in the order of their keys."""
    return [row["borrower_id"] for row in await connection.fetch(PAGE, after, limit)]


async def borrowers(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, KeptBorrower]:
    """What of these borrowers decides about retention."""
    return {row.borrower_id: row for row in await BORROWERS.all(connection, list(ids))}


async def records(connection: Connection, ids: Sequence[UUID]) -> list[KeptNotice]:
    """One row for each notice of these borrowers."""
    return await RECORDS.all(connection, list(ids), list(OPEN_STATES))


async def reported(connection: Connection, ids: Sequence[UUID]) -> dict[tuple[UUID, str | None], datetime]:
    """When the last event about a debt was; None stands for events that name no debt, and so concern all."""
    return {(row.borrower_id, row.debt_id): row.last for row in await REPORTED.all(connection, list(ids))}


async def drop(connection: Connection, notices: Sequence[tuple[UUID, int]], ids: Sequence[str]) -> None:
    """Let these notices go, with all that came of them; `ids` are their public ids. The log's leaves stay,
    their details go."""
    columns = [key[0] for key in notices], [key[1] for key in notices]
    for statement in DROP:
        await connection.execute(statement, *columns)
    await connection.execute(MUTE, *columns)
    await connection.execute(DROP_SANDBOX, columns[0], list(ids))


async def drop_events(connection: Connection, borrower: UUID, debts: Sequence[str]) -> None:
    """Let events go that were about these debts alone; standing wishes stay. What they stood for is looked at
    again."""
    dispersed = await ranks.disperse(connection, [borrower])
    await connection.execute(DROP_EVENTS, borrower, list(debts), list(STANDING))
    await repeats.sort(connection, dispersed)


async def drop_bare_contacts(
    connection: Connection, ids: Sequence[UUID], at: datetime, counted: datetime, *, apply: bool
) -> int:
    """Let go the reported contacts of those of these borrowers who were erased, once no rule demands them and
    none before `counted` is counted; returns how many. Without `apply` they are counted only."""
    if apply:
        return rows_changed(await connection.execute(DROP_BARE, list(ids), at, counted))
    found: int = await connection.fetchval(COUNT_BARE, list(ids), at, counted)
    return found


async def keep(
    connection: Connection, borrower: UUID, until: datetime | None, kept: Sequence[object]
) -> None:
    """Note until when the rows of an erased borrower are kept, and by which rules."""
    await connection.execute(KEEP, borrower, until, list(kept))


async def place_legal_hold(
    connection: Connection, borrower: UUID, at: datetime, by: str, because: str
) -> bool:
    """Place a legal hold; False where one stands. The caller has locked the row."""
    return await connection.fetchval(PLACE_LEGAL_HOLD, borrower, at, by, because) is not None


async def release_legal_hold(connection: Connection, borrower: UUID) -> bool:
    """End a legal hold; False where none stands."""
    return await connection.fetchval(RELEASE_LEGAL_HOLD, borrower) is not None


async def legal_hold(connection: Connection, borrower: UUID) -> LegalHold | None:
    """The borrower's hold: fields are None where none stands; None where the borrower is unknown."""
    return await SELECT_LEGAL_HOLD.first(connection, borrower)


async def list_legal_holds(connection: Connection, limit: int) -> list[ListedLegalHold]:
    """Borrowers under a legal hold, the oldest first."""
    return await LIST_LEGAL_HOLDS.all(connection, limit)
