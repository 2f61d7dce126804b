"""A dated fact about a borrower that happened elsewhere, after validation and before it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconvenient:
    """Times that the borrower named as inconvenient: local days and hours; both left out means the whole day
    or every day."""

    days: tuple[str, ...] = ()
    """`mon` to `sun`; empty for every day."""
    since: str | None = None
    """Local `HH:MM` at which it begins."""
    to: str | None = None
    """Local `HH:MM` before which it ends."""

    def document(self) -> dict[str, Any]:
        """The JSON form, without what is not said."""
        found: dict[str, Any] = {"days": list(self.days)} if self.days else {}
        if self.since is not None:
            found["from"] = self.since
        if self.to is not None:
            found["to"] = self.to
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """One event; a field that is None (or empty) was not said. `type` decides which of them mean
    something."""

    borrower_id: str
    type: str
    at: datetime
    event_id: str | None = None
    """Makes a repeat harmless."""
    corrects: str | None = None
    """The name of the event in whose place this one stands."""
    channel: str | None = None
    direction: str | None = None
    outcome: str | None = None
    to: str | None = None
    debt_ids: tuple[str, ...] = ()
    discussed: tuple[str, ...] = ()
    account_id: str | None = None
    creditor: str | None = None
    category: str | None = None
    wrong_party: bool | None = None
    in_response_to: str | None = None
    requested_by_consumer: bool | None = None
    address: str | None = field(default=None, repr=False)
    address_kind: str | None = None
    content_class: str | None = None
    ref: str | None = None
    words: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    scope: str | None = None
    topic: str | None = None
    via: str | None = None
    given_to: str | None = None
    only_dates: tuple[date, ...] = ()
    inconvenient: tuple[Inconvenient, ...] = ()
    start: str | None = None
    """Agreed hours: local `HH:MM` from which contact is agreed."""
    end: str | None = None
    """Agreed hours: local `HH:MM` before which it is."""
    until: date | None = None
    expires_at: datetime | None = None
    """A consent that ends by itself."""
    mailed: date | None = None
    result: str | None = None
    source: str | None = None

    def document(self) -> dict[str, Any]:
        """The fields that were said, in JSON's types; without borrower, id, type and time, which have columns
        of their own."""
        found: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in _COLUMNS and value is not None and value != ():
                found[one.name] = _plain(value)
        return found


_COLUMNS = frozenset({"borrower_id", "type", "at", "event_id", "corrects"})


def _plain(value: object) -> Any:
    match value:
        case Inconvenient():
            return value.document()
        case date():  # also an instant
            return value.isoformat()
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case Sequence() if not isinstance(value, str):
            return [_plain(one) for one in value]
        case _:
            return value
