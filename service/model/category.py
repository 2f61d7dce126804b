"""What kinds of notices there are, and what that alone decides: priority, life span, and whether twice beats never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Defaults of one category."""

    name: str
    priority: int
    """0 is served first; within one priority creditors take turns."""
    life: timedelta
    """A notice without `expires_at` expires this long after its acceptance."""
    resend_unknown: bool = False
    """Twice is better than never: an attempt without outcome may be repeated, and the log says so."""


PRIORITIES = (0, 1, 2, 3, 4)

OPT_OUT_CONFIRMATION = "optout_confirmation"
"""The service's own: it passes an opt-out and no cap counts it, so nobody else may ask for it."""

_KNOWN = (
    Category(name="fraud_alert", priority=0, life=timedelta(hours=24), resend_unknown=True),
    Category(name=OPT_OUT_CONFIRMATION, priority=0, life=timedelta(minutes=5)),
    Category(name="payment_confirmation", priority=1, life=timedelta(days=3)),
    Category(name="hardship", priority=1, life=timedelta(days=14)),
    Category(name="service", priority=2, life=timedelta(days=7)),
    Category(name="reminder", priority=3, life=timedelta(days=7)),
    Category(name="offer", priority=3, life=timedelta(days=14)),
    Category(name="collection", priority=4, life=timedelta(days=7)),
)
CATEGORIES = {category.name: category for category in _KNOWN}


def category_of(name: str) -> Category:
    """The category of that name; one that we do not know is treated like `collection`, the strictest."""
    plain = plain_name(name)
    return CATEGORIES.get(plain) or Category(name=plain, priority=4, life=CATEGORIES["collection"].life)


def plain_name(name: str) -> str:
    """One spelling of a category's name."""
    return name.replace("-", "_")
