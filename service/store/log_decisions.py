"""SQL that walks the log's decisions in its own order, page by page: each page is a short statement and pins
nothing.

What is sequenced is read by its index; what was committed since, by transaction and entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.log_sequence import BETWEEN, ENTRIES_OF
from service.store.query import Query

_COLUMNS = (
    "e.borrower_id, e.entry_id, e.at, e.kind, e.notice_no, e.channel, e.verdict, e.leaf, e.detail, b.data_key"
)


class LoggedRow(NamedTuple):
    """A decision as the log keeps it, sequenced or not yet, with what opens its detail."""

    borrower_id: UUID
    entry_id: int
    at: datetime
    kind: str
    notice_no: int | None
    channel: str | None
    verdict: str | None
    leaf: str
    detail: bytes | None
    data_key: bytes | None


SEQUENCED = Query(
    LoggedRow,
    f"""
SELECT {_COLUMNS} FROM {ENTRIES_OF}
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
WHERE {BETWEEN} AND e.kind = 'decision' AND e.at >= $3 AND e.at < $4
ORDER BY s.first, n.place
""",
)

SEQUENCED_AT = """
SELECT e.at FROM log_sequence s JOIN log_entries e ON e.entry_id = s.entries[$1::bigint - s.first + 1]
WHERE s.first > $1 - 256 AND s.first <= $1
"""


ARCHIVED_BEFORE = """
SELECT e.at FROM (SELECT first, entries FROM log_sequence ORDER BY first LIMIT 1) s
JOIN log_entries e ON e.entry_id = s.entries[1] WHERE s.first > 0
"""


PENDING = Query(
    LoggedRow,
    f"""
SELECT {_COLUMNS} FROM log_entries e LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
WHERE e.entry_id = ANY($1::bigint[]) AND e.kind = 'decision' AND e.at >= $2 AND e.at < $3 ORDER BY e.entry_id
""",
)


class Measured(NamedTuple):
    """From which entry on the log is here, how many have an index, and the numbers of those that wait for
    one."""

    kept_from: int
    size: int
    pending: Sequence[int]


MEASURE = Query(
    Measured,
    """
SELECT COALESCE((SELECT first FROM log_sequence ORDER BY first LIMIT 1), 0) AS kept_from,
       COALESCE((SELECT max(size) FROM log_checkpoints), 0) AS size,
       ARRAY(SELECT unnest(entries) FROM log_pending ORDER BY 1) AS pending
""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the log: sequenced entries [first, last), and the numbers of everything that had no index
    when it was measured."""

    first: int
    last: int
    pending: Sequence[int]


async def measure(connection: Connection, since: datetime, until: datetime) -> Span:
    """The part of the log that holds the entries of [since, until); it may hold a few others."""
    (measured,) = await MEASURE.all(connection)
    return Span(
        first=await first_from(connection, since, measured.kept_from, measured.size),
        last=await first_from(connection, until, measured.kept_from, measured.size),
        pending=measured.pending,
    )


async def first_from(connection: Connection, at: datetime, low: int, size: int) -> int:
    """The first index from `low` on whose entry is of `at` or later: entries are sequenced in the order of
    their time, but for the length of a transaction and the difference of clocks, which the caller adds."""
    high = size
    while low < high:
        middle = (low + high) // 2
        found = await connection.fetchval(SEQUENCED_AT, middle)
        low, high = (middle + 1, high) if found is not None and found < at else (low, middle)
    return low


async def archived_before(connection: Connection) -> datetime | None:
    """The time of the first entry that is here, where older ones were archived and dropped; None where none
    were."""
    found: datetime | None = await connection.fetchval(ARCHIVED_BEFORE)
    return found


async def sequenced(
    connection: Connection, first: int, last: int, since: datetime, until: datetime
) -> list[LoggedRow]:
    """The decisions of [since, until) among the sequenced entries [first, last)."""
    return await SEQUENCED.all(connection, first, last, since, until)


async def pending(
    connection: Connection, entries: Sequence[int], since: datetime, until: datetime
) -> list[LoggedRow]:
    """The decisions of [since, until) among these entries."""
    return await PENDING.all(connection, list(entries), since, until)
