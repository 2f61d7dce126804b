"""The provider's later word on an attempt, in our vocabulary; its raw words ride along untouched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Progress(StrEnum):
    """Where the provider says the message stands, in order of rank: a later word never lowers an earlier
    one."""

    ACCEPTED = "accepted"
    """Queued, sending or sent: the provider has it."""
    HELD = "held_by_provider"
    """Scheduled or in the provider's own quiet hours."""
    UNDELIVERED = "undelivered"
    """It ended without reaching the borrower (or with a contact outcome that says how far it got)."""
    DELIVERED = "delivered"
    """It reached the handset, the mailbox, or a person or machine answered."""
    UNCLEAR = "unclear"
    """A final word that settles nothing (30008, an answering machine cut short)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One parsed receipt. `digest` is equal for the same word said twice."""

    provider: str
    ref: str
    """The provider's id of the message or call."""
    progress: Progress
    outcome: str | None
    """Contact outcome in the policies' vocabulary (`delivered`, `busy`, `conversation`, …), or None while in
    flight."""
    code: str | None
    reason: str
    digest: str
    opted_out: bool = False
    """The provider says the borrower opted out (Twilio 21610): an opt-out event is due."""
    address_dead: bool = False
    """The address is not in service or belongs to somebody else now."""
    again: bool = False
    """It reached nobody, for a cause that passes: the same may be tried again on schedule."""
    unwanted: bool = False
    """The person, or somebody on their behalf, refused it as unwanted: no more calls to this number (SIP 607,
    608)."""
    rang: bool = False
    """The phone rang; said while the call is still in flight."""
    outcome_if_rang: str | None = None
    """The outcome instead of `outcome`, where this attempt's phone is known to have rung, before or after
    this word came."""
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The white-listed provider fields, addresses and bodies removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message that a borrower sent to us."""

    provider: str
    ref: str
    from_address: str = field(repr=False)
    to_address: str = field(repr=False)
    words: str = field(repr=False)
    """What was written; empty where nothing was: a picture alone, a blank message."""
    also: tuple[str, ...] = field(default=(), repr=False)
    """What the same message says otherwise: the value behind a button that was tapped, octets that can be
    read in two ways. A refusal among them is believed."""
    media: int = 0
    """Pictures and other files that came with it; they are not fetched."""
    channel: str = "sms"
    """How it came."""
    whole: str | None = field(default=None, repr=False)
    """All that was written, where `words` leaves quotations out."""
    pressed: tuple[str, ...] = field(default=(), repr=False)
    """What a button or a list that the borrower tapped says."""
    provider_opt_out: str | None = None
    """`STOP`, `START` or `HELP` where the provider's own opt-out handling already acted (Twilio
    OptOutType)."""
