"""What an upstream system asks for, after validation and before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from policies.fast_init import fast_init


class FanOut(StrEnum):
    """How the channels of a notice relate."""

    ALL = "all"
    """Every channel, each on its own."""
    CASCADE = "cascade"
    """In order; the next one only when the one before failed or went unanswered for `wait`."""
    ADAPTIVE = "adaptive"
    """As a cascade, where the creditor's learning policy may choose the first channel, the part of the day,
    or to send nothing."""


class SenderRole(StrEnum):
    """Whose debt the sender collects; decides which law binds."""

    ORIGINAL_CREDITOR = "original_creditor"
    THIRD_PARTY = "third_party"
    DEBT_BUYER = "debt_buyer"


@fast_init
@dataclass(frozen=True, slots=True)
class Address:
    """Where a borrower can be reached on one channel, and what is known about it."""

    address: str = field(repr=False)
    """An E.164 number, or a mailbox."""
    kind: str | None = None
    """`mobile`, `home_landline`, `work_phone`, `personal`, `work_email`; None where nobody said."""
    source: str | None = None
    """`given_by_borrower`, `given_to_creditor`, `skip_trace`; None where nobody said."""


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """A consent that was given at onboarding."""

    channel: str
    at: datetime | None = None
    given_to: str | None = None


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerDraft:
    """A borrower as upstream describes them. `known_only` means that only the id was given."""

    id: str
    known_only: bool = False
    name: str | None = field(default=None, repr=False)
    language: str = "en"
    jurisdiction: str | None = None
    time_zone: str | None = None
    postal_code: str | None = field(default=None, repr=False)
    country: str | None = None
    addresses: Mapping[str, Address] = field(default_factory=dict)
    """By channel."""
    consents: tuple[ConsentDraft, ...] = ()


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """The debt that a notice is about; amounts in `currency` (ISO 4217)."""

    id: str
    account_id: str | None
    creditor: str
    currency: str
    principal: Decimal
    due_on: date
    days_past_due: int
    amount_due: Decimal
    late_fees: Decimal
    jurisdiction: str | None = None
    """Of the account, where it is not the borrower's (ISO 3166)."""


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """A validated request for a notice."""

    borrower: BorrowerDraft
    debt: Debt
    sender_role: SenderRole
    category: str
    template: str
    channels: tuple[str, ...]
    fan_out: FanOut = FanOut.ALL
    wait: timedelta = timedelta(hours=24)
    """Not with `all`: how long what was delivered, or a mail that a mail server took, may go unanswered."""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    in_response_to: str | None = None
    """The `ref` of the borrower's message or call that this notice answers."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The upstream system's own words about it; returned as they came."""
