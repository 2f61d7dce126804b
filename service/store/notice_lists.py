"""SQL of the lists of notices: newest first, or as they change. Only the filters that are asked for stand in a statement, so that each
is answered along an index of its own; one plan for all of them would read every notice for one reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.ids import CHANNELS, notice_numbers_from
from service.model.delivery import FINAL, OPEN, DeliveryState
from service.store.database import Connection
from service.store.query import Query

DONE_WITH = (DeliveryState.ACCEPTED, "email")
"""An e-mail that the next hop has is owed nothing further."""
OPEN_PAIRS = tuple(
    (state, channel) for state in sorted(OPEN) for channel in CHANNELS if (state, channel) != DONE_WITH
)
DONE_PAIRS = (*((state, channel) for state in sorted(FINAL) for channel in CHANNELS), DONE_WITH)
"""States and channels of deliveries on which something is owed, and on which nothing is."""


class Listed(NamedTuple):
    """A notice of a list, and when it changed last; that is told only where the list goes by it."""

    borrower_id: UUID
    notice_no: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFilter:
    """What a list of notices may be narrowed to; None means anything."""

    borrower: UUID | None = None
    references: Sequence[bytes] | None = None
    """Digests; any of them."""
    ids: Sequence[tuple[UUID, int]] | None = None
    """Any of them."""
    creditors: Sequence[str] | None = None
    category: str | None = None
    template: str | None = None
    delivery_state: str | None = None
    open: bool | None = None
    """Whether anything is owed on it."""
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    """Not included."""
    updated_since: datetime | None = None
    before: tuple[int, UUID] | None = None
    """Keyset, newest first: the last item of the page before."""
    after: tuple[datetime, int, UUID] | None = None
    """Keyset as they change: the same."""


OWED = "d.state = ANY({open}::text[]) AND NOT (d.state = 'accepted' AND d.channel = 'email')"
"""Something is owed on a delivery `d`."""
_OF_NOTICE = (
    "SELECT 1 FROM deliveries d WHERE d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no AND"
)


class _Arguments:
    """The arguments of a statement, each given its place."""

    def __init__(self, limit: int) -> None:
        self.values: list[object] = [limit]

    def __call__(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


def _terms(wanted: NoticeFilter, place: _Arguments) -> list[str]:
    """The conditions on a notice `n` that its own row answers."""
    found = []
    if wanted.borrower is not None:
        found.append(f"n.borrower_id = {place(wanted.borrower)}")
    if wanted.category is not None:
        found.append(f"n.category = {place(wanted.category)}")
    if wanted.template is not None:
        found.append(f"n.template = {place(wanted.template)}")
    if wanted.references is not None:
        found.append(f"n.reference_digest = ANY({place(list(wanted.references))}::bytea[])")
    if wanted.accepted_from is not None:
        found.append(f"n.notice_no >= {place(notice_numbers_from(wanted.accepted_from))}")
        found.append(f"n.accepted_at >= {place(wanted.accepted_from)}")
    if wanted.accepted_to is not None:
        found.append(f"n.notice_no < {place(notice_numbers_from(wanted.accepted_to, after=True))}")
        found.append(f"n.accepted_at < {place(wanted.accepted_to)}")
    return found


def _of_deliveries(wanted: NoticeFilter, place: _Arguments) -> list[str]:
    """The conditions on a notice `n` that its deliveries answer."""
    found = []
    if wanted.delivery_state is not None:
        found.append(f"EXISTS ({_OF_NOTICE} d.state = {place(wanted.delivery_state)})")
    if wanted.open is not None:
        word = "EXISTS" if wanted.open else "NOT EXISTS"
        found.append(f"{word} ({_OF_NOTICE} {OWED.format(open=place(sorted(OPEN)))})")
    return found


def _changed_since(wanted: NoticeFilter, place: _Arguments) -> list[str]:
    if wanted.updated_since is None:
        return []
    since = place(wanted.updated_since)
    moved = f"SELECT d.borrower_id, d.notice_no FROM deliveries d WHERE d.updated_at >= {since}"
    cancelled = f"SELECT c.borrower_id, c.notice_no FROM notices c WHERE c.cancelled_at >= {since}"
    return [f"(n.borrower_id, n.notice_no) IN ({moved} UNION ALL {cancelled})"]


def _of_creditors(wanted: NoticeFilter, place: _Arguments) -> list[str]:
    return [] if wanted.creditors is None else [f"n.creditor = ANY({place(list(wanted.creditors))}::text[])"]


def _where(terms: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(terms)}" if terms else ""


_KEYS = "SELECT n.borrower_id, n.notice_no, NULL::timestamptz AS updated_at"
NEWEST = "ORDER BY n.notice_no DESC, n.borrower_id DESC LIMIT $1"


def _below(wanted: NoticeFilter, place: _Arguments, alias: str) -> list[str]:
    if wanted.before is None:
        return []
    number, borrower = wanted.before
    return [f"({alias}.notice_no, {alias}.borrower_id) < ({place(number)}, {place(borrower)}::uuid)"]


def newest_first(wanted: NoticeFilter, limit: int) -> tuple[str, list[object]]:
    """The statement of a list, newest first, and its arguments."""
    place = _Arguments(limit)
    if wanted.ids is not None:
        source = _named(wanted.ids, place)
    elif _goes_by_state(wanted):
        return _by_state(wanted, place), place.values
    else:
        source = "notices n"
    terms = [*_terms(wanted, place), *_of_deliveries(wanted, place), *_changed_since(wanted, place)]
    terms += _below(wanted, place, "n")
    if wanted.creditors is None or wanted.ids is not None or len(wanted.creditors) == 1:
        if wanted.creditors is not None and len(wanted.creditors) == 1:
            terms.append(f"n.creditor = {place(wanted.creditors[0])}")
        else:
            terms += _of_creditors(wanted, place)
        return f"{_KEYS} FROM {source} {_where(terms)} {NEWEST}", place.values
    creditors = place(list(wanted.creditors))
    each = f"SELECT n.borrower_id, n.notice_no FROM notices n {_where([*terms, 'n.creditor = c.creditor'])} {NEWEST}"
    text = f"{_KEYS} FROM unnest({creditors}::text[]) AS c (creditor) CROSS JOIN LATERAL ({each}) n {NEWEST}"
    return text, place.values


def _named(ids: Sequence[tuple[UUID, int]], place: _Arguments) -> str:
    """Notices by their keys."""
    columns = f"{place([one for one, _ in ids])}::uuid[], {place([number for _, number in ids])}::bigint[]"
    return f"unnest({columns}) AS k (borrower_id, notice_no) JOIN notices n USING (borrower_id, notice_no)"


def _goes_by_state(wanted: NoticeFilter) -> bool:
    """Whether nothing narrows the list but what the deliveries say."""
    narrower = (wanted.borrower, wanted.references, wanted.category, wanted.template, wanted.updated_since)
    several = wanted.creditors is not None and len(wanted.creditors) == 1
    return (
        (wanted.delivery_state is None) != (wanted.open is None)
        and all(one is None for one in narrower)
        and not several
    )


def _by_state(wanted: NoticeFilter, place: _Arguments) -> str:
    """Along the deliveries' index: state by state and channel by channel, merged; where nothing is in a state nothing is read."""
    if wanted.delivery_state is not None:
        pairs = [(wanted.delivery_state, channel) for channel in CHANNELS]
    else:
        pairs = list(OPEN_PAIRS if wanted.open else DONE_PAIRS)
    states = f"{place([str(state) for state, _ in pairs])}::text[], {place([channel for _, channel in pairs])}::text[]"
    terms = [*_below(wanted, place, "d"), *_terms(wanted, place), *_of_creditors(wanted, place)]
    if wanted.open is False:
        terms += _of_deliveries(wanted, place)
    terms = [
        one.replace("n.notice_no", "d.notice_no") if one.startswith("n.notice_no") else one for one in terms
    ]
    return f"""
SELECT DISTINCT n.borrower_id, n.notice_no, NULL::timestamptz AS updated_at
FROM unnest({states}) AS p (state, channel)
CROSS JOIN LATERAL (
    SELECT d.borrower_id, d.notice_no FROM deliveries d
    CROSS JOIN LATERAL (SELECT * FROM notices n WHERE n.borrower_id = d.borrower_id AND n.notice_no = d.notice_no LIMIT 1) n
    {_where(["d.state = p.state", "d.channel = p.channel", *terms])}
    ORDER BY d.notice_no DESC, d.borrower_id DESC LIMIT $1
) n {NEWEST}"""


LAST_MOVE = """(n.cancelled_at IS NULL OR n.cancelled_at <= d.updated_at) AND NOT EXISTS (
    SELECT 1 FROM deliveries o WHERE o.borrower_id = d.borrower_id AND o.notice_no = d.notice_no
    AND (o.updated_at, o.channel) > (d.updated_at, d.channel))"""
"""The move of the delivery `d` was the last change of its notice `n`."""
LAST_CANCELLED = """n.cancelled_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM deliveries o WHERE o.borrower_id = n.borrower_id AND o.notice_no = n.notice_no AND o.updated_at >= n.cancelled_at)"""
"""That `n` was cancelled was its last change: nothing was left to stop."""


def as_they_change(wanted: NoticeFilter, limit: int) -> tuple[str, list[object]]:
    """The statement of a list in the order of the last change, the oldest change first, and its arguments."""
    place = _Arguments(limit)
    source = "notices n" if wanted.ids is None else _named(wanted.ids, place)
    terms = [*_terms(wanted, place), *_of_deliveries(wanted, place), *_of_creditors(wanted, place)]
    moved = _where([*_since("d.updated_at", wanted, place), *terms, LAST_MOVE])
    cancelled = _where([*_since("n.cancelled_at", wanted, place), *terms, LAST_CANCELLED])
    return (
        f"""
SELECT n.borrower_id, n.notice_no, n.updated_at FROM (
    (SELECT d.updated_at, n.borrower_id, n.notice_no
     FROM {source} JOIN deliveries d ON d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no {moved}
     ORDER BY d.updated_at, d.notice_no, d.borrower_id LIMIT $1)
    UNION ALL
    (SELECT n.cancelled_at, n.borrower_id, n.notice_no FROM {source} {cancelled}
     ORDER BY n.cancelled_at, n.notice_no, n.borrower_id LIMIT $1)
) n ORDER BY n.updated_at, n.notice_no, n.borrower_id LIMIT $1""",
        place.values,
    )


def _since(column: str, wanted: NoticeFilter, place: _Arguments) -> list[str]:
    """From which change on."""
    found = [] if wanted.updated_since is None else [f"{column} >= {place(wanted.updated_since)}"]
    if wanted.after is not None:
        at, number, borrower = wanted.after
        alias = column[0]
        key = f"({place(at)}, {place(number)}, {place(borrower)}::uuid)"
        found += [f"{column} >= {place(at)}", f"({column}, {alias}.notice_no, {alias}.borrower_id) > {key}"]
    return found


Statement = Callable[[NoticeFilter, int], tuple[str, list[object]]]


async def find(connection: Connection, wanted: NoticeFilter, limit: int, *, by_change: bool) -> list[Listed]:
    """Keys of notices, newest first, or with `by_change` in the order of their last change."""
    make: Statement = as_they_change if by_change else newest_first
    text, arguments = make(wanted, limit)
    return await Query(Listed, text).all(connection, *arguments)
