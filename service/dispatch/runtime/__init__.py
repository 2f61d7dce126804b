"""What every use case works with: the store, the keys, the clock, the rules and the templates in force."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from channels.message import BY_MACHINE, Channel
from channels.webhook.networks import Networks
from service.clock import Clock
from service.dispatch.runtime.in_force import InForce
from service.store.database import Database
from service.vault import Vault


class Storing:
    """The numbers that one transaction stores."""

    __slots__ = ("again", "holders")

    def __init__(self) -> None:
        """None yet."""
        self.holders: list[tuple[UUID, bytes]] = []
        """Borrowers with the digests of their numbers."""
        self.again: set[bytes] = set()
        """The numbers that another transaction was storing meanwhile: they are looked at again after the
        commit."""


class Overlaps:
    """Every transaction of this process that stores numbers, by number."""

    def __init__(self) -> None:
        """None is under way."""
        self._by_number: dict[bytes, list[Storing]] = {}

    def enter(self, storing: Storing, holders: Iterable[tuple[UUID, bytes]]) -> None:
        """Note what a transaction is about to store. Where another stores the same number, both look again:
        whoever commits last sees both."""
        for holder in holders:
            storing.holders.append(holder)
            under_way = self._by_number.setdefault(holder[1], [])
            for other in under_way:
                if other is not storing:
                    other.again.add(holder[1])
                    storing.again.add(holder[1])
            under_way.append(storing)

    def leave(self, storing: Storing) -> None:
        """The transaction is over, and it was looked again."""
        for _, number in storing.holders:
            under_way = self._by_number.get(number)
            if under_way is not None:
                under_way[:] = [one for one in under_way if one is not storing]
                if not under_way:
                    del self._by_number[number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Built once by the wiring, passed to every use case."""

    database: Database
    vault: Vault
    clock: Clock
    in_force: InForce
    """Policies, templates and creditors in force, read through from the store."""
    base_url: str
    """The public base of receipt and unsubscribe URLs, without a trailing slash."""
    media: dict[str, str] = field(
        default_factory=lambda: {one.value: BY_MACHINE[one].value for one in Channel}
    )
    """How law sees a contact on each channel, as the adapters declare it; without any a machine speaks."""
    simulations: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(1), compare=False, repr=False
    )
    """One simulation at a time in a process: it takes a core for as long as it lasts."""
    inbound_days: int = 90
    """Days after which messages that no borrower has are forgotten."""
    networks: Networks = field(default_factory=Networks, compare=False, repr=False)
    """What webhooks may reach."""
    overlaps: Overlaps = field(default_factory=Overlaps, compare=False, repr=False)
    """The numbers that this process is storing."""
