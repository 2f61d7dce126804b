"""What lists of notices may be narrowed to, and the conditions of each filter in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.ids import CHANNELS, notice_numbers_from
from service.model.delivery import FINAL, OPEN, DeliveryState

DONE_WITH = (DeliveryState.ACCEPTED, "email")
"""An e-mail that the next hop has is owed nothing further."""
OPEN_PAIRS = tuple(
    (state, channel) for state in sorted(OPEN) for channel in CHANNELS if (state, channel) != DONE_WITH
)
DONE_PAIRS = (*((state, channel) for state in sorted(FINAL) for channel in CHANNELS), DONE_WITH)
"""States and channels of deliveries on which something is owed, and on which nothing is."""


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


class Arguments:
    """The arguments of a statement, each given its place; the first is how many rows are wanted."""

    def __init__(self, limit: int) -> None:
        """Nothing but the limit stands yet."""
        self.values: list[object] = [limit]

    def __call__(self, value: object) -> str:
        """The place of a value."""
        self.values.append(value)
        return f"${len(self.values)}"


OWED = "d.state = ANY({open}::text[]) AND NOT (d.state = 'accepted' AND d.channel = 'email')"
"""Something is owed on a delivery `d`."""
OF_NOTICE = "FROM deliveries d WHERE d.borrower_id = n.borrower_id AND d.notice_no = n.notice_no AND"
ONE_BY_ONE = "OFFSET 0"
"""Within EXISTS: each notice is asked by its key, however few rows the planner expects of the other side. It
would begin with all of those."""


def own_terms(wanted: NoticeFilter, place: Arguments) -> list[str]:
    """The conditions on a notice `n` that its own row answers, but for when it was accepted."""
    found = []
    if wanted.borrower is not None:
        found.append(f"n.borrower_id = {place(wanted.borrower)}")
    if wanted.category is not None:
        found.append(f"n.category = {place(wanted.category)}")
    if wanted.template is not None:
        found.append(f"n.template = {place(wanted.template)}")
    if wanted.references is not None:
        found.append(f"n.reference_digest = ANY({place(list(wanted.references))}::bytea[])")
    if wanted.creditors is not None and len(wanted.creditors) == 1:
        found.append(f"n.creditor = {place(wanted.creditors[0])}")
    elif wanted.creditors is not None:
        found.append(f"n.creditor = ANY({place(list(wanted.creditors))}::text[])")
    return found


def number_terms(wanted: NoticeFilter, place: Arguments, of: str = "n") -> list[str]:
    """When it was accepted, nearly: by the number of the row `of`, which every index has."""
    found = []
    if wanted.accepted_from is not None:
        found.append(f"{of}.notice_no >= {place(notice_numbers_from(wanted.accepted_from))}")
    if wanted.accepted_to is not None:
        found.append(f"{of}.notice_no < {place(notice_numbers_from(wanted.accepted_to, after=True))}")
    return found


def accepted_terms(wanted: NoticeFilter, place: Arguments) -> list[str]:
    """When a notice `n` was accepted, exactly."""
    found = []
    if wanted.accepted_from is not None:
        found.append(f"n.accepted_at >= {place(wanted.accepted_from)}")
    if wanted.accepted_to is not None:
        found.append(f"n.accepted_at < {place(wanted.accepted_to)}")
    return found


def delivery_terms(wanted: NoticeFilter, place: Arguments) -> list[str]:
    """The conditions on a notice `n` that its deliveries answer."""
    found = []
    if wanted.delivery_state is not None:
        found.append(f"EXISTS (SELECT {OF_NOTICE} d.state = {place(wanted.delivery_state)} {ONE_BY_ONE})")
    if wanted.open is not None:
        word = "EXISTS" if wanted.open else "NOT EXISTS"
        found.append(f"{word} (SELECT {OF_NOTICE} {OWED.format(open=place(sorted(OPEN)))} {ONE_BY_ONE})")
    return found


def changed_terms(wanted: NoticeFilter, place: Arguments) -> list[str]:
    """That a notice `n` changed since."""
    if wanted.updated_since is None:
        return []
    since = place(wanted.updated_since)
    moved = f"EXISTS (SELECT {OF_NOTICE} d.updated_at >= {since} {ONE_BY_ONE})"
    return [f"(n.cancelled_at >= {since} OR {moved})"]


def where(terms: Sequence[str]) -> str:
    """The clause; empty where nothing is asked."""
    return f"WHERE {' AND '.join(terms)}" if terms else ""


def below(wanted: NoticeFilter, place: Arguments, of: str = "n") -> list[str]:
    """After the page before, newest first."""
    if wanted.before is None:
        return []
    number, borrower = wanted.before
    return [f"({of}.notice_no, {of}.borrower_id) < ({place(number)}, {place(borrower)}::uuid)"]


def since(column: str, wanted: NoticeFilter, place: Arguments) -> list[str]:
    """From which change on, of the row that `column` is in; and after the page before, along changes."""
    found = [] if wanted.updated_since is None else [f"{column} >= {place(wanted.updated_since)}"]
    if wanted.after is not None:
        at, number, borrower = wanted.after
        row = column.split(".", maxsplit=1)[0]
        found += [
            f"{column} >= {place(at)}",
            (
                f"({column}, {row}.notice_no, {row}.borrower_id) > ({place(at)}, {place(number)}, "
                f"{place(borrower)}::uuid)"
            ),
        ]
    return found
