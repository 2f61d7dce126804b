"""SQL about log entries: appending, and reading them for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.store.database import Connection, Row

COLUMNS = ("borrower_id", "at", "kind", "actor", "notice_no", "channel", "verdict", "policies", "leaf", "detail")


async def insert(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Append rows, in order, in the caller's transaction. COPY, since most of what is written is log."""
    await connection.copy_records_to_table("log_entries", records=rows, columns=COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """What a reading of the log may be narrowed to; None means anything."""

    borrower: UUID | None = None
    notice_no: int | None = None
    channel: str | None = None
    kind: str | None = None
    verdict: str | None = None
    policy: str | None = None
    actor: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    below: int | None = None
    """Keyset: entries with a smaller entry id."""


LIST = """
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies, e.leaf, e.detail,
       b.data_key, s.index
FROM log_entries e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
LEFT JOIN log_sequence s ON s.borrower_id = e.borrower_id AND s.entry_id = e.entry_id
WHERE ($1::uuid IS NULL OR e.borrower_id = $1)
  AND ($2::bigint IS NULL OR e.notice_no = $2)
  AND ($3::text IS NULL OR e.channel = $3)
  AND ($4::text IS NULL OR e.kind = $4)
  AND ($5::text IS NULL OR e.verdict = $5)
  AND ($6::text IS NULL OR EXISTS (SELECT 1 FROM unnest(e.policies) p WHERE split_part(p, '@', 1) = $6))
  AND ($7::text IS NULL OR e.actor = $7)
  AND ($8::timestamptz IS NULL OR e.at >= $8)
  AND ($9::timestamptz IS NULL OR e.at < $9)
  AND ($10::bigint IS NULL OR e.entry_id < $10)
ORDER BY e.entry_id DESC
LIMIT $11
"""


async def find(connection: Connection, wanted: EntryFilter, limit: int) -> list[Row]:
    """Entries, newest first."""
    rows: list[Row] = await connection.fetch(
        LIST,
        wanted.borrower,
        wanted.notice_no,
        wanted.channel,
        wanted.kind,
        wanted.verdict,
        wanted.policy,
        wanted.actor,
        wanted.since,
        wanted.before,
        wanted.below,
        limit,
    )
    return rows


ONE = """
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies, e.leaf, e.detail,
       b.data_key, s.index
FROM log_entries e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
LEFT JOIN log_sequence s ON s.borrower_id = e.borrower_id AND s.entry_id = e.entry_id
WHERE e.entry_id = $1
"""


async def one(connection: Connection, entry_id: int) -> Row | None:
    """One entry, by its number."""
    row: Row | None = await connection.fetchrow(ONE, entry_id)
    return row
