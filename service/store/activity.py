"""SQL about what workers did, as the log holds it: decisions that let nothing go, holds, and hand-overs by
what came of them. The lists behind the figures of `tallies`: each row of those is an entry here.

An entry's leaf is canonical JSON: what stands openly in it is looked for as the text that it is written
as."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import orjson

from service.store import log_contents
from service.store.database import Connection
from service.store.log_entries import STRETCHES, Bounds, stretches_with
from service.store.log_sequence import INDEX_OF
from service.store.query import Query

MOST_LOOKED = 80
"""Stretches of the log that are looked through for one page; then it ends, short or empty, and has a next
one."""


class Act(NamedTuple):
    """An entry of the log about a delivery, without its detail."""

    entry_id: int
    at: datetime
    borrower_id: UUID
    notice_no: int
    channel: str
    kind: str
    verdict: str | None
    leaf: str
    log_index: int | None


class _What(NamedTuple):
    """Something that happens: the kinds and verdicts of its entries, and the condition on an entry `e`."""

    kinds: tuple[str, ...]
    verdicts: tuple[str, ...]
    term: str


SETTLED, DECISION, HELD = "attempt.settled", "decision", "delivery.held"
_ACCEPTED = """position('"outcome":"accepted"' in e.leaf) > 0"""
_UNKNOWN = """position('"outcome":"unknown"' in e.leaf) > 0"""
_OF_ATTEMPT = f"e.kind = '{SETTLED}'"


def _decision(verdict: str) -> _What:
    return _What((DECISION,), (verdict,), f"e.kind = '{DECISION}' AND e.verdict = '{verdict}'")


WHAT: Mapping[str, _What] = MappingProxyType(
    {
        "handed_over": _What((SETTLED,), ("",), f"{_OF_ATTEMPT} AND {_ACCEPTED}"),
        "defer": _decision("defer"),
        "suppress": _decision("suppress"),
        "hold": _What(
            (DECISION, HELD),
            ("hold", ""),
            f"(e.kind = '{DECISION}' AND e.verdict = 'hold' OR e.kind = '{HELD}')",
        ),
        "failed": _What((SETTLED,), ("",), f"{_OF_ATTEMPT} AND NOT {_ACCEPTED} AND NOT {_UNKNOWN}"),
        "unknown": _What((SETTLED,), ("",), f"{_OF_ATTEMPT} AND {_UNKNOWN}"),
    }
)
"""What can be asked for, by the word under which it is counted (`tallies`); `held` there is `hold` here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """What a reading is narrowed to; None means anything."""

    what: Collection[str] = ()
    """Words of WHAT, any of them; none for all."""
    channel: str | None = None
    rule: str | None = None
    """The rule that decided, as `policy/rule`."""
    adapter: str | None = None
    """The provider of a hand-over."""
    since: datetime | None = None
    before: datetime | None = None
    below: int | None = None
    """Keyset: entries with a smaller number."""


_LIST = f"""
SELECT e.entry_id, e.at, e.borrower_id, e.notice_no, e.channel, e.kind, e.verdict, e.leaf,
    s.index AS log_index
FROM {{source}} e
{INDEX_OF}
{{where}}
ORDER BY e.entry_id DESC
LIMIT $1
"""


def _terms(wanted: ActivityFilter, first: int) -> tuple[list[str], list[object]]:
    """Conditions, with their arguments from the place `first` on."""
    chosen = [WHAT[word].term for word in wanted.what or WHAT]
    terms, values = [f"({' OR '.join(chosen)})", "e.notice_no IS NOT NULL"], list[object]()
    given = (
        ("e.channel = {}", wanted.channel),
        ("position({}::text in e.leaf) > 0", _first_rule(wanted.rule)),
        ("position({}::text in e.leaf) > 0", _provider(wanted.adapter)),
        ("e.at >= {}", wanted.since),
        ("e.at < {}", wanted.before),
        ("e.entry_id < {}", wanted.below),
    )
    for term, value in given:
        if value is not None:
            terms.append(term.format(f"${first + len(values)}"))
            values.append(value)
    return terms, values


def _first_rule(rule: str | None) -> str | None:
    """How the leaf of a decision begins its rules: with the one that decided."""
    return None if rule is None else f'"rules":[{orjson.dumps(rule).decode()}'


def _provider(adapter: str | None) -> str | None:
    return None if adapter is None else f'"adapter":{orjson.dumps(adapter).decode()}'


async def find(
    connection: Connection, wanted: ActivityFilter, limit: int
) -> tuple[Sequence[Act], int | None]:
    """What happened, newest first, and below which number it goes on; None at the end. A page may be short
    and have a next one."""
    unnoted = await log_contents.beyond(connection)
    if unnoted is None:
        terms, values = _terms(wanted, 2)
        text = _LIST.format(source="log_entries", where=f"WHERE {' AND '.join(terms)}")
        found = await Query(Act, text).all(connection, limit + 1, *values)
        return _page(list(found), limit)
    return await _in_stretches(connection, wanted, limit, unnoted)


def _page(found: Sequence[Act], limit: int) -> tuple[Sequence[Act], int | None]:
    return found[:limit], found[limit - 1].entry_id if len(found) > limit else None


async def _in_stretches(
    connection: Connection, wanted: ActivityFilter, limit: int, unnoted: Sequence[int]
) -> tuple[Sequence[Act], int | None]:
    terms, values = _terms(wanted, 3)
    source = STRETCHES.format(terms="".join(f"AND {term} " for term in terms))
    query = Query(Act, _LIST.format(source=source, where=""))
    chosen = [WHAT[word] for word in wanted.what or WHAT]
    words = {
        "kinds": sorted({kind for one in chosen for kind in one.kinds}),
        "verdicts": sorted({verdict for one in chosen for verdict in one.verdicts}),
    }
    found, looked = list[Act](), 0
    bounds = Bounds(wanted.since, wanted.before, wanted.below)
    async for stretches, down_to in stretches_with(connection, words, bounds, unnoted):
        found += await query.all(connection, limit + 1 - len(found), stretches, *values)
        looked += len(stretches)
        if len(found) > limit:
            break
        if looked >= MOST_LOOKED and down_to:
            return found, down_to << log_contents.BITS
    return _page(found, limit)
