"""The segment of a debt: from how late it is, and from when it was written about and when that was answered.
Nothing else is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from service.learning.arms import ANSWERED_ON, FIRST_DAYS, UNANSWERED, Segment

LOOKBACK = timedelta(days=28)
"""How long an unanswered contact counts."""


class Seen(NamedTuple):
    """All that is looked at."""

    days_past_due: int
    contacts: tuple[datetime, ...]
    """Within the lookback."""
    answered_at: datetime | None
    """The last answer."""
    answered_on: str | None
    """Its channel."""

    def document(self) -> dict[str, Any]:
        """As an entry of the log keeps it."""
        return {
            "days_past_due": self.days_past_due,
            "contacts": [one.isoformat() for one in self.contacts],
            "answered_at": None if self.answered_at is None else self.answered_at.isoformat(),
            "answered_on": self.answered_on,
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Seen:
        """What an entry kept. Raises KeyError, TypeError or ValueError."""
        answered_at = document["answered_at"]
        return cls(
            days_past_due=document["days_past_due"],
            contacts=tuple(datetime.fromisoformat(one) for one in document["contacts"]),
            answered_at=None if answered_at is None else datetime.fromisoformat(answered_at),
            answered_on=document["answered_on"],
        )


def tier_of(days_past_due: int) -> str:
    """The tier of a debt so many days past due."""
    return next(name for name, first in FIRST_DAYS if first is None or days_past_due >= first)


def segment_of(seen: Seen, at: datetime) -> Segment:
    """The segment at `at`."""
    since = at - LOOKBACK if seen.answered_at is None else max(at - LOOKBACK, seen.answered_at)
    unanswered = sum(one > since for one in seen.contacts)
    return _segment(seen.days_past_due, unanswered, seen.answered_on)


@lru_cache(maxsize=4096)
def _segment(days_past_due: int, unanswered: int, answered_on: str | None) -> Segment:
    on = answered_on if answered_on in ANSWERED_ON else ANSWERED_ON[0]
    return Segment(tier_of(days_past_due), min(unanswered, UNANSWERED[-1]), on)
