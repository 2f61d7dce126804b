"""Of a provider that speaks over a connection which we keep, and posts nothing: the port by which its
receipts, and what borrowers write, come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from channels.receipt import Inbound, Receipt


class SessionLost(Exception):
    """The session could not be made, or ended; the message says why and shows no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One thing that the provider said."""

    said: Receipt | Inbound
    attempt_id: str | None = None
    """The attempt that a receipt is about, where this process knows it."""
    refs: tuple[str, ...] = ()
    """The readings of the provider's id in a receipt, the likeliest first: some say one id in two ways."""
    about: str = field(default="", repr=False)
    """The address that a receipt is about."""


Take = Callable[[Pushed], Awaitable[bool]]
"""Stores what was said; False where it cannot be now, so that the provider must say it again."""


@runtime_checkable
class Listens(Protocol):
    """What such an adapter does besides."""

    @property
    def name(self) -> str:
        """The adapter's."""

    async def listen(self, take: Take) -> None:
        """Keep a session in which the provider speaks, and answer each word after `take` has stored it.
        Always raises SessionLost at last; whoever calls it waits and calls again."""
