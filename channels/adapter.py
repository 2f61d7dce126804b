"""The port: what every adapter of every channel can do. One suite (`channels/testing.py`) is run by each of
them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from channels.message import Channel, Medium, Message
from channels.outcome import Outcome
from channels.receipt import Inbound, Receipt


class ChannelMisconfigured(ValueError):
    """A setting of a provider cannot be used; the message is one line that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """An attempt whose outcome we do not know, as the provider could recognise it."""

    attempt_id: str
    ref: str | None
    """The provider's id where we hold it; then the look-up is exact."""
    to: str = field(repr=False)
    wrote: Callable[[str], bool] | None = field(default=None, repr=False)
    """Whether a text is exactly the one that was handed over; None where only the address tells."""
    since: datetime
    """UTC; nothing earlier can be ours."""
    known_refs: frozenset[str] = frozenset()
    """Provider ids that other attempts own already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Exactly one message at the provider is this attempt."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The provider answered and knows no such message (yet: lists may lag)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotTell:
    """No look-up at this provider, no answer, or several candidates: a person decides."""

    reason: str
    candidates: Sequence[str] = ()
    again: bool = False
    """Asking later may tell."""


Sighting = Found | Absent | CannotTell


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One message or call in the provider's own list of what it sent for us."""

    to: str = field(repr=False)
    at: datetime
    """UTC: when it left, or was taken where it has not left."""
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInbound:
    """A message of a borrower in the same list."""

    at: datetime
    """UTC."""
    inbound: Inbound


class Adapter(Protocol):
    """One provider on one channel. Built once per process inside the running loop; `close` ends its
    connections."""

    @property
    def name(self) -> str:
        """As it stands in attempts and in the log: the provider's name, with `_backup` for its second
        account."""

    @property
    def channel(self) -> Channel:
        """The channel that it serves."""

    @property
    def medium(self) -> Medium:
        """How law sees a contact through it: what decisions judge, count and log."""

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand the message over within `timeout` seconds, at most once. Never raises for what a provider may
        do; cancellation propagates, and the caller then treats the attempt as `Unknown`."""

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask the provider what became of an attempt."""

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """Everything that was sent, and heard, since an instant (UTC), page by page; None where the provider
        keeps no list that can be read. Iterating raises whatever the provider's silence amounts to."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
