"""SQL of the lists of notices: newest first, or as they change.

Only the filters that are asked for stand in a statement, and one of them leads: the list goes along that
filter's own index, and the others are looked at row by row. What is narrow (ids, references, a borrower, or
any filter that few notices fit) is gathered whole and sorted. Where all that is asked for is common and only
together rare, no index answers: then so many rows are looked at, and no more, and the page ends where that
ended, short or empty and with a cursor. So no list reads the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.ids import CHANNELS
from service.store.database import Connection
from service.store.notice_filter import (
    DONE_PAIRS,
    OPEN_PAIRS,
    Arguments,
    NoticeFilter,
    accepted_terms,
    below,
    changed_terms,
    delivery_terms,
    number_terms,
    own_terms,
    since,
    where,
)
from service.store.partial import ListIndex, listed
from service.store.query import Query

FEW = 2_000
"""Rows of a filter that are gathered whole."""
LOOK = 4_000
"""Rows that are looked at for one page."""

Key = tuple[int, UUID] | tuple[datetime, int, UUID]


class Listed(NamedTuple):
    """A notice of a list, and when it changed last; that is told only where the list goes by it."""

    borrower_id: UUID
    notice_no: int
    updated_at: datetime | None

    @property
    def key(self) -> Key:
        """Where the list goes on after it."""
        if self.updated_at is None:
            return self.notice_no, self.borrower_id
        return self.updated_at, self.notice_no, self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of keys, and where the next one begins; None at the end."""

    keys: Sequence[Listed]
    next_key: Key | None


class Counted(NamedTuple):
    """How many rows there are, counted to a bound."""

    number: int


Statement = tuple[str, list[object]]
KEYS = "n.borrower_id, n.notice_no, NULL::timestamptz AS updated_at"
NEWEST = "ORDER BY n.notice_no DESC, n.borrower_id DESC LIMIT $1"
BY_CHANGE = "ORDER BY n.updated_at, n.notice_no, n.borrower_id LIMIT $1"
CHANGED = """CROSS JOIN LATERAL (
    SELECT GREATEST(max(d.updated_at), n.cancelled_at) AS updated_at FROM deliveries d
    WHERE d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no
) x"""
LAST_MOVE = """(n.cancelled_at IS NULL OR n.cancelled_at <= d.updated_at) AND NOT EXISTS (
    SELECT 1 FROM deliveries o WHERE o.borrower_id = d.borrower_id AND o.notice_no = d.notice_no
    AND (o.updated_at, o.channel) > (d.updated_at, d.channel))"""
"""The move of the delivery `d` was the last change of its notice `n`."""
LAST_CANCELLED = """NOT EXISTS (
    SELECT 1 FROM deliveries o WHERE o.borrower_id = n.borrower_id AND o.notice_no = n.notice_no
    AND o.updated_at >= n.cancelled_at)"""
"""That `n` was cancelled was its last change: nothing was left to stop."""


def _notice_of(row: str) -> str:
    return (
        f"SELECT * FROM notices n WHERE n.borrower_id = {row}.borrower_id "
        f"AND n.notice_no = {row}.notice_no LIMIT 1"
    )


def gathered(wanted: NoticeFilter, limit: int, lead: str) -> Statement:
    """The statement of a list of which all notices of the filter `lead` are read: newest first."""
    place = Arguments(limit)
    terms = [*_source_terms(wanted, place, lead), *below(wanted, place)]
    return f"SELECT {KEYS} FROM {_source(wanted, place, lead)} {where(terms)} {NEWEST}", place.values


def gathered_by_change(wanted: NoticeFilter, limit: int, lead: str) -> Statement:
    """The same, in the order of the last change."""
    place = Arguments(limit)
    terms = _source_terms(replace(wanted, updated_since=None), place, lead)
    source = _source(wanted, place, lead)
    inner = f"SELECT n.borrower_id, n.notice_no, x.updated_at FROM {source} {CHANGED} {where(terms)} OFFSET 0"
    return (
        f"SELECT * FROM ({inner}) n {where(since('n.updated_at', wanted, place))} {BY_CHANGE}",
        place.values,
    )


def _source_terms(wanted: NoticeFilter, place: Arguments, lead: str) -> list[str]:
    terms = [
        *_led(lead),
        *own_terms(wanted, place),
        *number_terms(wanted, place),
        *accepted_terms(wanted, place),
    ]
    terms += delivery_terms(wanted, place)
    return terms if lead == "updated_since" else [*terms, *changed_terms(wanted, place)]


def _source(wanted: NoticeFilter, place: Arguments, lead: str) -> str:
    """Where the rows of a list that is gathered come from: `n`."""
    match lead:
        case "ids":
            ids = wanted.ids or ()
            columns = (
                f"{place([one for one, _ in ids])}::uuid[], {place([number for _, number in ids])}::bigint[]"
            )
            keys = f"SELECT * FROM unnest({columns}) AS k (borrower_id, notice_no)"
        case "delivery_state":
            state = place(wanted.delivery_state)
            terms = where([listed("d", "state"), f"d.state = {state}"])
            keys = f"SELECT DISTINCT d.borrower_id, d.notice_no FROM deliveries d {terms}"
        case "updated_since":
            at = place(wanted.updated_since)
            terms = where([listed("d", "change"), f"d.updated_at >= {at}"])
            keys = (
                f"SELECT d.borrower_id, d.notice_no FROM deliveries d {terms}"
                f" UNION SELECT c.borrower_id, c.notice_no FROM notices c WHERE c.cancelled_at >= {at}"
            )
        case _:
            return "notices n"
    return f"({keys} OFFSET 0) k CROSS JOIN LATERAL ({_notice_of('k')}) n"


def walked(wanted: NoticeFilter, limit: int, lead: str | None, look: int) -> Statement:
    """The statement of a list along the index of `lead`, newest first, as far as `look` rows go; along all
    notices without one."""
    place = Arguments(limit)
    source = _walk(wanted, place, lead, look)
    answered = (
        {lead: None} if lead in OWN or lead == "delivery_state" or (lead == "open" and wanted.open) else {}
    )
    others = replace(wanted, **answered)
    terms = [*own_terms(others, place), *accepted_terms(others, place)]
    terms += [*delivery_terms(others, place), *changed_terms(others, place)]
    if lead not in STATES:
        return f"SELECT {KEYS} FROM ({source}) n {where(terms)} {NEWEST}", place.values
    return (
        (
            f"SELECT DISTINCT {KEYS} FROM ({source}) d CROSS "
            f"JOIN LATERAL ({_notice_of('d')}) n {where(terms)} {NEWEST}"
        ),
        place.values,
    )


def end_of_walk(wanted: NoticeFilter, lead: str | None, look: int) -> Statement:
    """The last of the rows that were looked at; none where there were fewer than `look`."""
    place = Arguments(1)
    return (
        f"SELECT {KEYS} FROM ({_walk(wanted, place, lead, look)}) n {NEWEST} OFFSET {place(look - 1)}",
        place.values,
    )


OWN: dict[str, ListIndex] = {"creditors": "creditor", "template": "template", "category": "category"}
"""Filters with an index of notices each."""
STATES = ("delivery_state", "open")
"""Filters with an index of deliveries."""


def _walk(wanted: NoticeFilter, place: Arguments, lead: str | None, look: int) -> str:
    """The rows that a walk looks at: notices, or of those that go by a state the keys, once for each
    delivery."""
    newest = f"LIMIT {place(look)}"
    if lead in STATES:
        pairs = _pairs(wanted, lead)
        states = (
            f"{place([state for state, _ in pairs])}::text[], "
            f"{place([channel for _, channel in pairs])}::text[]"
        )
        terms = [
            listed("d", "state"),
            "d.state = p.state",
            "d.channel = p.channel",
            *number_terms(wanted, place, "d"),
            *below(wanted, place, "d"),
        ]
        order = "ORDER BY d.notice_no DESC, d.borrower_id DESC"
        each = f"SELECT d.borrower_id, d.notice_no FROM deliveries d {where(terms)} {order} {newest}"
        return (
            f"SELECT d.* FROM unnest({states}) AS p (state, channel) CROSS "
            f"JOIN LATERAL ({each}) d {order} {newest}"
        )
    order = "ORDER BY n.notice_no DESC, n.borrower_id DESC"
    bounds = [*number_terms(wanted, place), *below(wanted, place)]
    if lead == "creditors" and wanted.creditors is not None and len(wanted.creditors) != 1:
        own = where([*_led(lead), "n.creditor = c.creditor", *bounds])
        each = f"SELECT * FROM notices n {own} {order} {newest}"
        names = f"unnest({place(list(wanted.creditors))}::text[]) AS c (creditor)"
        return f"SELECT n.* FROM {names} CROSS JOIN LATERAL ({each}) n {order} {newest}"
    leading = NoticeFilter() if lead is None else replace(NoticeFilter(), **{lead: getattr(wanted, lead)})
    own = where([*_led(lead), *own_terms(leading, place), *bounds])
    return f"SELECT * FROM notices n {own} {order} {newest}"


def _led(lead: str | None) -> list[str]:
    """What lets the notices `n` be read along the index of `lead`; nothing where it has none."""
    return [] if lead is None or lead not in OWN else [listed("n", OWN[lead])]


def _pairs(wanted: NoticeFilter, lead: str | None) -> Sequence[tuple[str, str]]:
    if lead == "delivery_state":
        return [(str(wanted.delivery_state), channel) for channel in CHANNELS]
    return [(str(state), channel) for state, channel in (OPEN_PAIRS if wanted.open else DONE_PAIRS)]


CHANGES = (("deliveries d", "d.updated_at"), ("notices n", "n.cancelled_at"))
"""What changes a notice: a move of a delivery, and that it was cancelled."""


def walked_by_change(wanted: NoticeFilter, limit: int) -> list[Statement]:
    """The two statements of a list along changes, by the moves of deliveries and by cancellations, each as
    far as LOOK rows go, and those that tie with the last of them: deliveries of one notice that moved in one
    instant share a place, and the next page begins behind it."""
    found = []
    for table, column in CHANGES:
        place, row = Arguments(limit), table[-1]
        rows = f"{where(_change_terms(wanted, place, row, column))} {_along(row, column)}"
        first = f"SELECT * FROM {table} {rows} FETCH FIRST ({place(LOOK)}) ROWS WITH TIES"
        joined, last = f"({first}) n", LAST_CANCELLED
        if row == "d":
            joined, last = f"({first}) d CROSS JOIN LATERAL ({_notice_of('d')}) n", LAST_MOVE
        terms = [
            *own_terms(wanted, place),
            *accepted_terms(wanted, place),
            *delivery_terms(wanted, place),
            last,
        ]
        keys = f"SELECT n.borrower_id, n.notice_no, {column} AS updated_at"
        found.append((f"{keys} FROM {joined} {where(terms)} {_along(row, column)} LIMIT $1", place.values))
    return found


def _change_terms(wanted: NoticeFilter, place: Arguments, row: str, column: str) -> list[str]:
    known = [listed("d", "change")] if row == "d" else ["n.cancelled_at IS NOT NULL"]
    return [*known, *since(column, wanted, place)]


def _along(row: str, column: str) -> str:
    return f"ORDER BY {column}, {row}.notice_no, {row}.borrower_id"


def end_by_change(wanted: NoticeFilter) -> list[Statement]:
    """The last rows that the two statements looked at."""
    found = []
    for table, column in CHANGES:
        place, row = Arguments(1), table[-1]
        terms = where(_change_terms(wanted, place, row, column))
        text = (
            f"SELECT {row}.borrower_id, {row}.notice_no, {column} AS updated_at "
            f"FROM {table} {terms} {_along(row, column)}"
        )
        found.append((f"{text} OFFSET {place(LOOK - 1)} LIMIT $1", place.values))
    return found


async def find(connection: Connection, wanted: NoticeFilter, limit: int, *, by_change: bool) -> Found:
    """Keys of notices, newest first, or with `by_change` in the order of their last change. A page may be
    short and have a next one."""
    few = await _few(connection, wanted, by_change=by_change)
    if few is not None:
        text, arguments = (gathered_by_change if by_change else gathered)(wanted, limit + 1, few)
        return _page(await Query(Listed, text).all(connection, *arguments), limit)
    return await (_along_changes if by_change else _newest_first)(connection, wanted, limit)


def _page(keys: Sequence[Listed], limit: int) -> Found:
    return Found(keys=keys[:limit], next_key=keys[limit - 1].key if len(keys) > limit else None)


NARROW = ("ids", "references", "borrower")


async def _few(connection: Connection, wanted: NoticeFilter, *, by_change: bool) -> str | None:
    """The filter that leads a list that is gathered whole; None where each has many notices, or a walk needs
    no other."""
    if (named := next((one for one in NARROW if getattr(wanted, one) is not None), None)) is not None:
        return named
    given = [one for one in (*OWN, *STATES, "updated_since") if getattr(wanted, one) is not None]
    if len(given) == 1 and given != ["updated_since"] and not by_change:
        return None
    for lead in given:
        if lead == "open" or (lead == "updated_since" and by_change):
            continue
        text, arguments = probe(wanted, lead)
        if (await Query(Counted, text).one(connection, *arguments)).number <= FEW:
            return lead
    return None


def probe(wanted: NoticeFilter, lead: str) -> Statement:
    """How many rows a filter has, counted to one more than FEW."""
    place = Arguments(FEW + 1)
    if lead in OWN:
        leading = replace(NoticeFilter(), **{lead: getattr(wanted, lead)})
        terms = [*_led(lead), *own_terms(leading, place), *number_terms(wanted, place)]
        rows = f"SELECT FROM notices n {where(terms)} LIMIT $1"
    elif lead == "delivery_state":
        states = f"unnest({place(list(CHANNELS))}::text[]) AS h (channel)"
        terms = [
            listed("d", "state"),
            f"d.state = {place(wanted.delivery_state)}",
            "d.channel = h.channel",
            *number_terms(wanted, place, "d"),
        ]
        rows = (
            f"SELECT FROM {states} CROSS "
            f"JOIN LATERAL (SELECT FROM deliveries d {where(terms)} LIMIT $1) d LIMIT $1"
        )
    else:
        at = place(wanted.updated_since)
        terms = [listed("d", "change"), f"d.updated_at >= {at}"]
        moved = f"(SELECT FROM deliveries d {where(terms)} LIMIT $1)"
        rows = f"{moved} UNION ALL (SELECT FROM notices c WHERE c.cancelled_at >= {at} LIMIT $1)"
    return f"SELECT count(*) AS number FROM ({rows}) r", place.values


async def _newest_first(connection: Connection, wanted: NoticeFilter, limit: int) -> Found:
    lead = next((one for one in (*OWN, *STATES) if getattr(wanted, one) is not None), None)
    merged = lead in STATES or (lead == "creditors" and len(wanted.creditors or ()) != 1)
    look, looked, keys = min(4 * (limit + 1), LOOK) if merged else LOOK, 0, list[Listed]()
    while True:
        text, arguments = walked(wanted, limit + 1 - len(keys), lead, look)
        keys += await Query(Listed, text).all(connection, *arguments)
        if len(keys) > limit:
            return _page(keys, limit)
        text, arguments = end_of_walk(wanted, lead, look)
        end = await Query(Listed, text).first(connection, *arguments)
        looked += look
        if end is None or looked >= LOOK:
            return Found(keys=keys, next_key=None if end is None else end.key)
        wanted, look = replace(wanted, before=(end.notice_no, end.borrower_id)), LOOK - looked


async def _along_changes(connection: Connection, wanted: NoticeFilter, limit: int) -> Found:
    keys, ends = list[Listed](), list[Key]()
    for walk, end in zip(walked_by_change(wanted, limit + 1), end_by_change(wanted), strict=True):
        found = await Query(Listed, walk[0]).all(connection, *walk[1])
        keys += found
        last = found[-1] if len(found) > limit else await Query(Listed, end[0]).first(connection, *end[1])
        ends += [] if last is None else [last.key]
    bound = min(ends, default=None)
    known = sorted((one for one in keys if bound is None or one.key <= bound), key=lambda one: one.key)
    return _page(known, limit) if len(known) > limit else Found(keys=known, next_key=bound)
