"""The states of a delivery and of an attempt, and what each event does in each of them. docs/states.md draws
this table.

A delivery is the effort to bring one notice to one borrower on one channel; an attempt is one hand-over to a
provider. Late, double and impossible events have an answer too: they are kept as evidence and move nothing
backwards."""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    DUE = "due"
    DEFERRED = "deferred"
    """Waiting for an instant: a policy's, a retry's, `not_before`, or a cascade's."""
    SENDING = "sending"
    """An attempt is reserved or dialing."""
    ACCEPTED = "accepted"
    """The provider has it; receipts will tell."""
    HELD_BY_PROVIDER = "held_by_provider"
    """The provider keeps it until a time of its own; the time of contact is not ours."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    HELD = "held"
    """A person must decide."""
    EXHAUSTED = "exhausted"
    """The retries are used up."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """It may have gone; never sent again blindly."""


WAITING = frozenset({DeliveryState.DUE, DeliveryState.DEFERRED})
"""What a worker may claim once it is due."""
OPEN = WAITING | {
    DeliveryState.SENDING,
    DeliveryState.ACCEPTED,
    DeliveryState.HELD_BY_PROVIDER,
    DeliveryState.HELD,
    DeliveryState.UNKNOWN,
}
FINAL = frozenset(DeliveryState) - OPEN
CLOSED = frozenset({DeliveryState.CANCELLED, DeliveryState.EXPIRED})
"""A delivery that was ended so stays so, whatever becomes of an attempt that was on its way; unless the
borrower heard it."""


class AttemptState(StrEnum):
    """Where an attempt stands. Every one but `released` and `refused` counts as a contact."""

    RESERVED = "reserved"
    """Its slot under the caps is taken; no byte may leave yet."""
    DIALING = "dialing"
    """The mark is committed: bytes may be on their way."""
    ACCEPTED = "accepted"
    HELD_BY_PROVIDER = "held_by_provider"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    """The provider certainly took nothing."""
    RELEASED = "released"
    """Given back before anything was sent."""


IN_FLIGHT = frozenset(
    {
        AttemptState.RESERVED,
        AttemptState.DIALING,
        AttemptState.ACCEPTED,
        AttemptState.HELD_BY_PROVIDER,
        AttemptState.UNKNOWN,
    }
)
UNCOUNTED = frozenset({AttemptState.REFUSED, AttemptState.RELEASED})
