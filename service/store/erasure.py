"""SQL of forgetting: the data key goes, and with it every encrypted byte; the rows that held any go too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from service.store import ranks, repeats
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
STANDING = (
    "opt_out",
    "cease",
    "attorney",
    "bankruptcy",
    "deceased",
    "wrong_number",
    "profiling_objection",
)
"""Types of events that stay even when the records of their debts go."""
KEPT_EVENTS = (
    *STANDING,
    "revoke_consent",
    "complaint",
    "dispute",
    "hardship_request",
    "address_dead",
    "employer_prohibits",
    "home_inconvenient",
    "designation",
    "contact_deferred",
    "contact_person_refused",
    "person_hold",
    "unclear_words",
)
"""Types of events that restrict: they stay without words, and about whatever debt."""
ENDED_BY = ("dispute_resolved", "hardship_answered", "designation_withdrawn", "person_release")
"""What ended some of them stays where it is about everything: nobody has to look again at what a person has
looked at. What names a debt, an address or an end goes, so that nothing lifts more than it did."""
KEPT_FIELDS = (
    "direction", "to", "address", "address_kind", "content_class", "creditor", "category", "wrong_party",
    "requested_by_consumer", "scope", "topic", "via", "result", "meaning", "given_to", "inconvenient",
    "only_dates", "until", "mailed", "expires_at",
)  # fmt: skip
"""Of a kept event's document. An address is a keyed digest. Without debts it is about every debt: a contact
counts for each, as ours do, and a restriction holds for each."""
FORGET_EVENTS = """
DELETE FROM events
WHERE borrower_id = $1 AND type <> ALL($2::text[])
  AND NOT (type = 'contact' AND corrected_by IS NULL AND at >= $4)
  AND NOT (type = 'rnd_check' AND COALESCE(document ->> 'result', '') = 'reassigned')
  AND NOT (type = ANY($3::text[]) AND COALESCE(channel, 'any') = 'any'
           AND NOT document ?| '{debt_ids,address,creditor,expires_at}'::text[])
"""
BARE_EVENTS = """
UPDATE events SET sealed = NULL, document = COALESCE(
    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(document) WHERE key = ANY($2::text[])), '{}')
WHERE borrower_id = $1
"""

ERASED_DEBT = "erased"
"""Stands where a notice or an attempt named its debt."""

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
    FORGET_DETAILS,
    (
        f"UPDATE notices SET sealed = '', reference_digest = NULL, debt_id = '{ERASED_DEBT}', "
        "account_id = NULL WHERE borrower_id = $1"
    ),
    (
        f"UPDATE attempts SET debt_id = '{ERASED_DEBT}', account_id = NULL, body_digest = NULL, "
        "provider_ref = NULL, reason = NULL WHERE borrower_id = $1"
    ),
    "UPDATE deliveries SET verdict = NULL, reason = 'the borrower was erased' WHERE borrower_id = $1",
)


EVER = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure stopped, and what it could not call back."""

    cancelled: int
    in_flight: int


async def erase(connection: Connection, borrower: UUID, at: datetime, *, counted: datetime = EVER) -> Erased:
    """Forget one borrower. The caller holds the borrower's row. `counted`: contacts that were reported before
    it are counted by nothing any more, and go.

    The attempts come first: a mark that is being written is waited for, and then seen."""
    await connection.execute(RELEASE, borrower, at)
    cancelled = rows_changed(await connection.execute(CANCEL, borrower, at))
    in_flight: int = await connection.fetchval(IN_FLIGHT, borrower)
    for statement in STATEMENTS:
        await connection.execute(statement, borrower)
    await _forget_events(connection, borrower, counted)
    await connection.execute(FORGET_BORROWER, borrower, at)
    return Erased(cancelled=cancelled, in_flight=in_flight)


async def _forget_events(connection: Connection, borrower: UUID, counted: datetime) -> None:
    """What restricts stays, and what counts. Which of it stands for what is found out again: it says less."""
    dispersed = await ranks.disperse(connection, [borrower])
    await connection.execute(FORGET_EVENTS, borrower, list(KEPT_EVENTS), list(ENDED_BY), counted)
    await connection.execute(BARE_EVENTS, borrower, list(KEPT_FIELDS))
    await repeats.sort(connection, dispersed)


async def forget_details(connection: Connection, borrower: UUID) -> None:
    """Of a borrower who was erased in another cell, in the log of this one."""
    await connection.execute(FORGET_DETAILS, borrower)
