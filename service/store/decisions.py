"""SQL that writes where deliveries go: by their verdicts, or by a learned choice that was made instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection

DECIDED = """
UPDATE deliveries d
SET state = u.state, due_at = u.due_at, verdict = u.verdict::jsonb, reason = u.reason, updated_at = $9,
    attempts = d.attempts + CASE WHEN u.state = 'sending' THEN 1 ELSE 0 END,
    deferrals = d.deferrals + CASE WHEN u.state = 'deferred' THEN 1 ELSE 0 END,
    lease_token = CASE WHEN u.state = 'sending' THEN $8::bigint END,
    lease_until = CASE WHEN u.state = 'sending' THEN u.leased_until END
FROM (SELECT u.*, now() + $10::interval AS leased_until
      FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
      AS u (borrower_id, notice_no, channel, state, due_at, verdict, reason) OFFSET 0) u
WHERE d.borrower_id = u.borrower_id AND d.notice_no = u.notice_no AND d.channel = u.channel
"""
MOVED = (
    DECIDED.replace("SET state", "SET channel = u.next_channel, state")
    .replace("$7::text[])", "$7::text[], $11::text[])")
    .replace("verdict, reason)", "verdict, reason, next_channel)")
)
"""The same where some of them go on another channel. One statement writes both: an UPDATE of deliveries runs
their triggers, which of a few rows cost more than the rows."""


class Decided(NamedTuple):
    """What a decision makes of a delivery."""

    borrower_id: UUID
    notice_no: int
    channel: str
    state: str
    due_at: datetime | None
    verdict: str | None
    """JSON, as the delivery keeps it."""
    reason: str | None


async def write_decisions(
    connection: Connection,
    rows: Sequence[Decided],
    *,
    token: int,
    at: datetime,
    lease_seconds: float,
    moved_to: Sequence[str] = (),
) -> None:
    """Move deliveries to where their verdict puts them; the last ones, which have none yet, to the channels
    that a learned choice named (`moved_to`). The caller holds the rows."""
    given = (*zip(*rows, strict=True), token, at, timedelta(seconds=lease_seconds))
    if not moved_to:
        await connection.execute(DECIDED, *given)
        return
    stay = [row.channel for row in rows[: len(rows) - len(moved_to)]]
    await connection.execute(MOVED, *given, [*stay, *moved_to])
