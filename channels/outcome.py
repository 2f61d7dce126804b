"""An adapter's answer to one hand-over: a closed union, consumed by `match` with one case per member.

Failing to send is an outcome; misuse is an exception. Whatever an adapter cannot place with certainty is
`Unknown`: it may have reached the borrower, it counts, and it is never sent again blindly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class RefusalCause(StrEnum):
    """Why a provider refused for good, or whose business the refusal is."""

    ADDRESS = "address"
    """The address cannot be reached on this channel (invalid, not in service, a landline for SMS)."""
    OPTED_OUT = "opted_out"
    """The borrower opted out at the provider: an opt-out event is due in the same transaction."""
    OURS = "ours"
    """Our configuration or our bug: sender unfit, region off, body too long. Nothing about the borrower."""
    ACCOUNT = "account"
    """The provider account is unusable (suspended, wrong credentials): the whole channel stops."""
    UNLISTED = "unlisted"
    """A refusal whose code no table lists: no automatic retry, an alert on first sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider has it; whether it arrived is a receipt's business."""

    ref: str
    """The provider's own id of the message or call (Twilio sid, Message-ID)."""
    held: bool = False
    """The provider keeps it until a time of its own (scheduled, its own quiet hours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Permanently refused; nothing was sent and nothing will be."""

    cause: RefusalCause
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Certainly nothing was taken; the same attempt may be repeated later."""

    code: str
    reason: str
    retry_after: timedelta | None = None
    account_wide: bool = False
    """Every send through this account will meet the same answer (rate limit, outage): a breaker's
    business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have gone: a time-out after the request was written, a cut connection, a 5xx, an unreadable
    answer."""

    code: str
    reason: str


Outcome = Accepted | Rejected | Busy | Unknown
