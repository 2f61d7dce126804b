"""A reserved attempt: all that its hand-over needs, so that nothing is read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from channels.message import Message
from policies.facts import UNKNOWN, Event
from policies.fast_init import fast_init
from policies.rules.counting import UNANSWERED
from service.dispatch.decide.decrypted import Decrypted
from service.store.attempts import AttemptKey


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An allowed delivery with everything that its hand-over needs; nothing is read again."""

    key: AttemptKey
    token: int
    decrypted: Decrypted
    days_past_due: int
    """On the day of the decision, as the message says it."""
    language: str
    template: str
    template_version: int
    sender_role: str
    category: str
    first_communication: bool
    valid_until: datetime | None
    expires_at: datetime
    due_at: datetime
    priority: int
    adapter: str
    """The name of the adapter that it is to go through."""
    near_limit: bool = False
    """So much went to the borrower within the hour that the phone networks' bounds must be looked at."""
    in_session: bool = False
    """Its borrower wrote on this channel, from this address, within the day."""
    shares: bool = False
    """It is a text, and another borrower has or had a number of this one: the bounds must be looked at for
    both."""

    suppressions: str | None = None
    """What stood against its address when it was decided (`policies/suppressions.py`)."""
    traceparent: str | None = None
    """Of the decision, where it is traced."""

    @property
    def until(self) -> datetime:
        """No byte may leave from this instant on."""
        return min(self.valid_until or self.expires_at, self.expires_at)


class Composed(NamedTuple):
    """The exact message of an attempt, and the digest that fixes its bytes."""

    message: Message
    body_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialed:
    """A marked attempt: its bytes may leave until `deadline`."""

    reserved: Reserved
    message: Message = field(repr=False)
    deadline: float
    """In seconds of the monotonic clock: a process that was frozen must not send after it."""


def first_communication(history: Sequence[Event]) -> bool:
    """Whether nothing is known to have been said to the borrower yet: the first message says more (15 U.S.C.
    1692e(11)), and what nobody had, or nobody knows whether they had, was not the first."""
    return not any(
        event.type == "contact"
        and event.direction == "out"
        and event.outcome not in SAID_NOTHING
        and not event.wrong_party
        for event in history
    )


SAID_NOTHING = UNANSWERED | {"hung_up", "answered_dropped", UNKNOWN}
"""Outcomes of contacts in which the borrower may have been told nothing."""
