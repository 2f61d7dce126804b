"""SQL about log entries: appending, and reading them for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from inspect import signature
from typing import NamedTuple
from uuid import UUID

from service.store import pg_copy
from service.store.database import Connection
from service.store.log_sequence import INDEX_OF
from service.store.pg_copy import bigint, bytea, text, texts, timestamptz, uuid
from service.store.query import Query


def packed(
    *,
    borrower_id: UUID,
    notice_no: int | None,
    at: datetime,
    leaf: bytes,
    detail: bytes | None,
    kind: str,
    actor: str,
    channel: str | None,
    verdict: str | None,
    policies: tuple[str, ...],
) -> bytes:
    """The row of an entry; the arguments are its columns."""
    own = (uuid(borrower_id), bigint(notice_no), timestamptz(at), bytea(leaf), bytea(detail))
    return b"".join((*own, _words(kind, actor, channel, verdict, policies)))


@lru_cache(maxsize=4096)
def _words(
    kind: str, actor: str, channel: str | None, verdict: str | None, policies: tuple[str, ...]
) -> bytes:
    """The columns that recur from entry to entry."""
    return b"".join((text(kind), text(actor), text(channel), text(verdict), texts(policies or None)))


COLUMNS = tuple(signature(packed).parameters)


async def insert(connection: Connection, rows: Sequence[bytes]) -> None:
    """Append packed rows, in order, in the caller's transaction. COPY, since most of what is written is log."""
    await pg_copy.copy(connection, "log_entries", COLUMNS, rows)


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


class StoredEntry(NamedTuple):
    """An entry of the log, with what opens its detail."""

    borrower_id: UUID
    entry_id: int
    at: datetime
    kind: str
    actor: str
    notice_no: int | None
    channel: str | None
    verdict: str | None
    policies: Sequence[str] | None
    leaf: str
    detail: bytes | None
    data_key: bytes | None
    log_index: int | None


LIST = f"""
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies, e.leaf, e.detail,
       b.data_key, s.index AS log_index
FROM log_entries e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
{INDEX_OF}
{{where}}
ORDER BY e.entry_id DESC
LIMIT $1
"""

CONDITIONS = {
    "borrower": "e.borrower_id = {}",
    "notice_no": "e.notice_no = {}",
    "channel": "e.channel = {}",
    "kind": "e.kind = {}",
    "verdict": "e.verdict = {}",
    "policy": "EXISTS (SELECT 1 FROM unnest(e.policies) p WHERE split_part(p, '@', 1) = {})",
    "actor": "e.actor = {}",
    "since": "e.at >= {}",
    "before": "e.at < {}",
    "below": "e.entry_id < {}",
}
"""By the filter's field. Only those that are asked for stand in a query: one plan for all would read the whole log for one borrower."""


async def find(connection: Connection, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
    """Entries, newest first."""
    given = {name: value for name in CONDITIONS if (value := getattr(wanted, name)) is not None}
    terms = [CONDITIONS[name].format(f"${place}") for place, name in enumerate(given, 2)]
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    return await Query(StoredEntry, LIST.format(where=where)).all(connection, limit, *given.values())


ONE = Query(
    StoredEntry,
    f"""
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies, e.leaf, e.detail,
       b.data_key, s.index AS log_index
FROM log_entries e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
{INDEX_OF}
WHERE e.entry_id = (SELECT entries[$1 - first + 1] FROM log_sequence WHERE first <= $1 ORDER BY first DESC LIMIT 1)
""",
)


async def one(connection: Connection, index: int) -> StoredEntry | None:
    """One entry, by its index in the log; None for one that has none yet."""
    return await ONE.first(connection, index)
