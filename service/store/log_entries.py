"""SQL about log entries: appending, and reading them for people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from inspect import signature
from typing import Any, NamedTuple
from uuid import UUID

from service.store import log_contents
from service.store.copies import Rows, copy_all
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


def rows_of(packed: Sequence[bytes]) -> Rows:
    """Packed entries, in order, as they are copied. COPY, since most of what is written is log."""
    return Rows("log_entries", COLUMNS, packed)


async def insert(connection: Connection, rows: Sequence[bytes]) -> None:
    """Append packed rows, in order, in the caller's transaction."""
    await copy_all(connection, [rows_of(rows)])


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
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies,
    e.leaf, e.detail,
       b.data_key, s.index AS log_index
FROM {{source}} e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
{INDEX_OF}
{{where}}
ORDER BY e.entry_id DESC
LIMIT $1
"""
STRETCHES = f"""(
    SELECT e.* FROM unnest($2::bigint[]) AS u (stretch) CROSS JOIN LATERAL (
        SELECT e.* FROM log_entries e
        WHERE e.entry_id >= u.stretch << {log_contents.BITS}
        AND e.entry_id < (u.stretch + 1) << {log_contents.BITS} {{terms}}
        ORDER BY e.entry_id DESC LIMIT $1
    ) e ORDER BY e.entry_id DESC LIMIT $1
)"""
"""The entries of some stretches of the log, each looked through on its own."""

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
"""By the filter's field. Only those that are asked for stand in a query: one plan for all would read the
whole log for one borrower."""
WORDS = ("kind", "actor", "verdict", "policy")
TIMES = ("since", "before")
FIRST_LOOK = 4
"""Stretches that are looked through at first; then four times as many, and so on."""
LONGEST_LOOK = 1024


async def find(connection: Connection, wanted: EntryFilter, limit: int) -> list[StoredEntry]:
    """Entries, newest first. One borrower's go by their key; those of a kind, an actor, a verdict, a policy
    or a time are looked for where the log's contents say that they are."""
    given = {name: value for name in CONDITIONS if (value := getattr(wanted, name)) is not None}
    if wanted.borrower is None and not given.keys().isdisjoint((*WORDS, *TIMES)):
        unnoted = await log_contents.beyond(connection)
        if unnoted is not None:
            return await _in_stretches(connection, given, limit, unnoted)
    terms = [CONDITIONS[name].format(f"${place}") for place, name in enumerate(given, 2)]
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    text = LIST.format(source="log_entries", where=where)
    return await Query(StoredEntry, text).all(connection, limit, *given.values())


async def _in_stretches(
    connection: Connection, given: dict[str, Any], limit: int, unnoted: Sequence[int]
) -> list[StoredEntry]:
    """The entries of a filter, stretch by stretch from the newest on, until the page is full."""
    terms = [f"AND {CONDITIONS[name].format(f'${place}')}" for place, name in enumerate(given, 3)]
    text = LIST.format(source=STRETCHES.format(terms=" ".join(terms)), where="")
    found: list[StoredEntry] = []
    words = {
        "kinds": [given["kind"]] if "kind" in given else None,
        "actor": given.get("actor"),
        "verdicts": [given["verdict"]] if "verdict" in given else None,
        "policy": given.get("policy"),
    }
    bounds = Bounds(given.get("since"), given.get("before"), given.get("below"))
    async for stretches, _ in stretches_with(connection, words, bounds, unnoted):
        found += await Query(StoredEntry, text).all(
            connection, limit - len(found), stretches, *given.values()
        )
        if len(found) == limit:
            break
    return found


class Bounds(NamedTuple):
    """Between which instants, and below which number, entries are looked for."""

    since: datetime | None
    before: datetime | None
    below: int | None


async def stretches_with(
    connection: Connection, words: Mapping[str, Any], bounds: Bounds, unnoted: Sequence[int]
) -> AsyncIterator[tuple[list[int], int]]:
    """The stretches in which entries of some words (log_contents.with_words) may be, the newest first, some
    at a time; each time with the stretch down to which all were named then, 0 at the end."""
    top = bounds.below - 1 >> log_contents.BITS if bounds.below is not None else TOP
    others = sorted({one for one in unnoted if one <= top}, reverse=True)
    between = await log_contents.of_time(connection, bounds.since, bounds.before)
    lowest, highest = between or (1, 0)
    highest, look = min(highest, top), FIRST_LOOK
    while highest >= lowest or others:
        noted: Sequence[int] = ()
        if highest >= lowest:
            noted = await log_contents.with_words(connection, (lowest, highest), look, **words)
        down_to = noted[-1] if len(noted) == look else 0
        some = sorted({*noted, *(one for one in others if one >= down_to)}, reverse=True)
        if some:
            yield some, down_to
        others = [one for one in others if one < down_to]
        highest, look = (down_to - 1, min(look * 4, LONGEST_LOOK)) if down_to else (-1, look)


TOP = 2**62
"""Beyond every stretch."""


ONE = Query(
    StoredEntry,
    f"""
SELECT e.borrower_id, e.entry_id, e.at, e.kind, e.actor, e.notice_no, e.channel, e.verdict, e.policies,
    e.leaf, e.detail,
       b.data_key, s.index AS log_index
FROM log_entries e
LEFT JOIN borrowers b ON b.borrower_id = e.borrower_id
{INDEX_OF}
WHERE e.entry_id = COALESCE(
    (SELECT entries[LEAST($1 - first + 1, 2147483647)]
     FROM log_sequence WHERE first <= $1 ORDER BY first DESC LIMIT 1),
    (SELECT entry_id FROM log_kept WHERE index = $1))
""",
)


async def one(connection: Connection, index: int) -> StoredEntry | None:
    """One entry, by its index in the log; None for one that has none yet."""
    return await ONE.first(connection, index)
