"""SQL of forgetting: the data key goes, and with it every encrypted byte; the rows that held any go too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.store.database import Connection, rows_changed

CANCEL = """
UPDATE deliveries SET state = 'cancelled', due_at = NULL, lease_token = NULL, lease_until = NULL,
    updated_at = $2,
                      reason = 'the borrower was erased'
WHERE borrower_id = $1 AND (state IN ('due', 'deferred', 'held')
    OR state = 'sending'
    AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.borrower_id = $1 AND a.notice_no = deliveries.notice_no
                                         AND a.channel = deliveries.channel AND a.state = 'dialing'))
"""
RELEASE = """
UPDATE attempts a SET state = 'released', outcome = 'not_sent', settled_at = $2,
    reason = 'the borrower was erased'
FROM (SELECT borrower_id, notice_no, channel, number FROM attempts WHERE borrower_id = $1
  AND state = 'reserved'
      ORDER BY notice_no, channel, number FOR NO KEY UPDATE) r
WHERE a.borrower_id = r.borrower_id AND a.notice_no = r.notice_no AND a.channel = r.channel
  AND a.number = r.number
"""
IN_FLIGHT = """
SELECT count(*) FROM attempts
WHERE borrower_id = $1 AND state IN ('dialing', 'accepted', 'held_by_provider', 'unknown')
"""
FORGET_BORROWER = """
UPDATE borrowers SET data_key = NULL, sealed = NULL, profile_digest = '', time_zone = NULL,
    jurisdiction = NULL, country = NULL,
                     revision = revision + 1, erased_at = $2, updated_at = $2
WHERE borrower_id = $1
"""
KEPT_EVENTS = (
    "opt_out",
    "cease",
    "attorney",
    "bankruptcy",
    "deceased",
    "wrong_number",
    "profiling_objection",
)

FORGET_DETAILS = "UPDATE log_entries SET detail = NULL WHERE borrower_id = $1"
STATEMENTS = (
    "DELETE FROM shared_numbers WHERE borrower_id = $1",
    (
        "UPDATE shared_texts t SET words = NULL FROM addresses a WHERE t.digest = a.digest "
        "AND t.borrower_id = $1 AND a.borrower_id = $1"
    ),
    "DELETE FROM addresses WHERE borrower_id = $1",
    "DELETE FROM choices WHERE borrower_id = $1",
    "DELETE FROM sandbox_messages WHERE borrower_id = $1",
    "DELETE FROM events WHERE borrower_id = $1 AND type <> ALL($2::text[])",
    (
        "UPDATE events SET sealed = NULL, "
        "document = document - '{words,text,source,debt_ids,discussed}'::text[] WHERE borrower_id = $1"
    ),
    FORGET_DETAILS,
    (
        "UPDATE notices SET sealed = '', reference_digest = NULL, debt_id = 'erased', account_id = NULL "
        "WHERE borrower_id = $1"
    ),
    (
        "UPDATE attempts SET debt_id = 'erased', account_id = NULL, body_digest = NULL, provider_ref = NULL, "
        "reason = NULL WHERE borrower_id = $1"
    ),
    "UPDATE deliveries SET verdict = NULL, reason = 'the borrower was erased' WHERE borrower_id = $1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure stopped, and what it could not call back."""

    cancelled: int
    in_flight: int


async def erase(connection: Connection, borrower: UUID, at: datetime) -> Erased:
    """Forget one borrower. The caller holds the borrower's row.

    The attempts come first: a mark that is being written is waited for, and then seen."""
    await connection.execute(RELEASE, borrower, at)
    cancelled = rows_changed(await connection.execute(CANCEL, borrower, at))
    in_flight: int = await connection.fetchval(IN_FLIGHT, borrower)
    for statement in STATEMENTS:
        if "$2" in statement:
            await connection.execute(statement, borrower, list(KEPT_EVENTS))
        else:
            await connection.execute(statement, borrower)
    await connection.execute(FORGET_BORROWER, borrower, at)
    return Erased(cancelled=cancelled, in_flight=in_flight)


async def forget_details(connection: Connection, borrower: UUID) -> None:
    """Of a borrower who was erased in another cell, in the log of this one."""
    await connection.execute(FORGET_DETAILS, borrower)
