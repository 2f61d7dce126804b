"""What kinds of notices there are, and what that alone decides: priority, life span, and whether twice beats
never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Defaults of one category."""

    name: str
    means: str
    """For whom chooses one."""
    priority: int
    """0 is served first; within one priority creditors take turns."""
    life: timedelta
    """A notice without `expires_at` expires this long after its acceptance."""
    resend_unknown: bool = False
    """Twice is better than never: an attempt without outcome may be repeated, and the log says so."""
    required_by_law: bool = False
    """The law requires such a notice to be sent: a lender's own tiers do not stand in its way."""


PRIORITIES = (0, 1, 2, 3, 4)

OPT_OUT_CONFIRMATION = "optout_confirmation"
"""The service's own: it passes an opt-out and no cap counts it, so nobody else may ask for it."""

_KNOWN = (
    Category(
        name="fraud_alert",
        means="a warning of fraud on the account",
        priority=0,
        life=timedelta(hours=24),
        resend_unknown=True,
    ),
    Category(
        name=OPT_OUT_CONFIRMATION,
        means="the service's one answer to an opt-out",
        priority=0,
        life=timedelta(minutes=5),
    ),
    Category(name="payment_confirmation", means="a payment has come in", priority=1, life=timedelta(days=3)),
    Category(
        name="hardship",
        means="an answer to a borrower who asked for help",
        priority=1,
        life=timedelta(days=14),
    ),
    Category(
        name="required_notice",
        means="what the law requires to be told, such as a statement of rights, without a demand",
        priority=1,
        life=timedelta(days=14),
        required_by_law=True,
    ),
    Category(name="service", means="about the account, without a demand", priority=2, life=timedelta(days=7)),
    Category(name="reminder", means="before or at the due date", priority=3, life=timedelta(days=7)),
    Category(name="offer", means="a plan or a relief", priority=3, life=timedelta(days=14)),
    Category(name="collection", means="about a debt that is overdue", priority=4, life=timedelta(days=7)),
)
NOT_OVERTAKEN = frozenset(
    {
        "fraud_alert",
        OPT_OUT_CONFIRMATION,
        "payment_confirmation",
        "hardship",
        "required_notice",
        "service",
        "offer",
    }
)
"""Categories of which a payment ends nothing: they do not say what is due."""
CATEGORIES = {category.name: category for category in _KNOWN}


@lru_cache(maxsize=256)
def category_of(name: str) -> Category:
    """The category of that name; one that we do not know is treated like `collection`, the strictest."""
    plain = plain_name(name)
    return CATEGORIES.get(plain) or Category(
        name=plain, means="", priority=4, life=CATEGORIES["collection"].life
    )


@lru_cache(maxsize=256)
def plain_name(name: str) -> str:
    """One spelling of a category's name."""
    return name.replace("-", "_")


def overtaken(by: str) -> str:
    """Why a notice that a payment, or the promise of one, overtook is not sent."""
    what = "a payment" if by == "payment" else "a promise to pay"
    return (
        f"{what} on this debt was recorded after the notice was accepted: what it says is due may not be "
        f"due any more"
    )
