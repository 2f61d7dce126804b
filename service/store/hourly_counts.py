"""SQL about how much one number got within the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.attempts import AttemptKey, key_of
from service.store.database import Connection
from service.store.query import Query


class _HourlyCountRow(NamedTuple):
    """What a number got, by the attempt that asks."""

    borrower_id: UUID
    notice_no: int
    channel: str
    number: int
    address_digest: bytes
    alike: int
    every: int
    oldest: datetime | None


HOURLY_COUNTS = Query(
    _HourlyCountRow,
    """
SELECT a.borrower_id, a.notice_no, a.channel, a.number, a.address_digest, e.alike, e.every, e.oldest
FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::bytea[])
      AS u (borrower_id, notice_no, channel, number, body_digest)) u
JOIN attempts a ON a.borrower_id = u.borrower_id AND a.notice_no = u.notice_no AND a.channel = u.channel
  AND a.number = u.number
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE b.body_digest = u.body_digest) AS alike, count(*) AS every,
        min(b.dialed_at) AS oldest
    FROM attempts b WHERE b.borrower_id = u.borrower_id AND b.at > $6::timestamptz - $7::interval
    AND b.channel = u.channel
      AND b.address_digest = a.address_digest AND b.dialed_at > $6::timestamptz - $7::interval
      AND b.state NOT IN ('released', 'refused')
) e
""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyCount:
    """What went to the number of an attempt within the hour, handed over or perhaps so."""

    address: bytes
    alike: int
    """With the same words."""
    every: int
    oldest: datetime
    """When the first of them went; now, where none did."""

    def plus(self, other: HourlyCount) -> HourlyCount:
        """What went to the same number in two places."""
        return HourlyCount(
            address=self.address,
            alike=self.alike + other.alike,
            every=self.every + other.every,
            oldest=min(self.oldest, other.oldest),
        )


async def hourly_counts(
    connection: Connection, marks: Sequence[tuple[AttemptKey, bytes]], *, at: datetime, within: timedelta
) -> dict[AttemptKey, HourlyCount]:
    """By attempt what else its number got `within` that time before `at`; `marks` are keys and digests of the
    words."""
    keys = [key for key, _ in marks]
    rows = await HOURLY_COUNTS.all(
        connection,
        [key.borrower_id for key in keys],
        [key.notice_no for key in keys],
        [key.channel for key in keys],
        [key.number for key in keys],
        [digest for _, digest in marks],
        at,
        within,
    )
    return {
        key_of(row): HourlyCount(
            address=row.address_digest, alike=row.alike, every=row.every, oldest=row.oldest or at
        )
        for row in rows
    }
