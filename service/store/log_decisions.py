"""SQL that walks the log's decisions in its own order, page by page: each page is a short statement and pins nothing.

What is sequenced is read by its index; what was committed since, by transaction and entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store import log_tree
from service.store.database import Connection
from service.store.log_sequence import BETWEEN, ENTRIES_OF, INDEX_OF
from service.store.query import Query

_COLUMNS = (
    "e.borrower_id, e.entry_id, e.at, e.kind, e.notice_no, e.channel, e.verdict, e.leaf, e.detail, b.data_key"
)


class LoggedRow(NamedTuple):
    """A decision as the log keeps it, with what opens its detail."""

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


class UnsequencedRow(NamedTuple):
    """An entry of any kind, with its index where it has one by now."""

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
    transaction_id: int
    log_index: int | None


UNSEQUENCED = Query(
    UnsequencedRow,
    f"""
SELECT {_COLUMNS}, e.transaction_id, s.index AS log_index FROM log_entries e
{INDEX_OF}
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
WHERE (e.transaction_id, e.entry_id) > ($1::xid8, $2::bigint) AND e.transaction_id < $3::xid8
ORDER BY e.transaction_id, e.entry_id LIMIT $4
""",
)

CEILING = "SELECT pg_snapshot_xmax(pg_current_snapshot())"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the log: sequenced entries [first, last), and everything that was not sequenced when it was measured."""

    first: int
    last: int
    size: int
    """How many entries were sequenced then."""
    horizon: int
    """Everything of earlier transactions was."""
    ceiling: int
    """Transactions from this one on began later."""


async def measure(connection: Connection, since: datetime, until: datetime) -> Span:
    """The part of the log that holds the entries of [since, until); it may hold a few others."""
    head = await log_tree.head(connection)
    ceiling = int(await connection.fetchval(CEILING))
    if head is None:
        return Span(first=0, last=0, size=0, horizon=0, ceiling=ceiling)
    moved = head.system_id != await log_tree.system_id(connection)
    return Span(
        first=await _first_from(connection, since, head.size),
        last=await _first_from(connection, until, head.size),
        size=head.size,
        horizon=0 if moved else head.horizon,
        ceiling=ceiling,
    )


async def _first_from(connection: Connection, at: datetime, size: int) -> int:
    """The first index whose entry is of `at` or later: entries are sequenced in the order of their time, but for the length of a
    transaction and the difference of clocks, which the caller adds."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        found = await connection.fetchval(SEQUENCED_AT, middle)
        low, high = (middle + 1, high) if found is not None and found < at else (low, middle)
    return low


async def sequenced(
    connection: Connection, first: int, last: int, since: datetime, until: datetime
) -> list[LoggedRow]:
    """The decisions of [since, until) among the sequenced entries [first, last)."""
    return await SEQUENCED.all(connection, first, last, since, until)


async def unsequenced(
    connection: Connection, after: tuple[int, int], ceiling: int, most: int
) -> list[UnsequencedRow]:
    """Up to `most` entries of every kind behind a place (transaction, entry), with their index where they have one by now."""
    return await UNSEQUENCED.all(connection, *after, ceiling, most)
