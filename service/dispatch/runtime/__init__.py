"""What every use case works with: the store, the keys, the clock, the rules and the templates in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from channels.message import BY_MACHINE, Channel
from channels.webhook.networks import Networks
from service.clock import Clock
from service.dispatch.runtime.gathered import Gathered
from service.dispatch.runtime.in_force import InForce
from service.errors import Unavailable
from service.store.database import Database
from service.vault import Vault

T = TypeVar("T")


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


BUCKET_SHIFT = 128 - 12
"""A bucket of borrowers is the first 12 bits of their keys."""


class Cells:
    """The cells of a deployment: a runtime for each, home first. One that has a single cell never asks where
    anything lies.

    No transaction spans two. Who reads for a borrower asks `of`; who reads lists asks all, and is told where
    one is away: a list that silently lacks a cell would be taken for whole."""

    __slots__ = ("_buckets", "_formerly", "acts", "all", "directories", "epochs", "reread")

    def __init__(self, every: Iterable[Runtime] = ()) -> None:
        """Home first."""
        self.all = list(every)
        self.acts: Mapping[str, Callable[..., Awaitable[None]]] = {}
        """By kind, what one cell does in another beside copying suppressions
        (service/dispatch/reconcile/acts_of_cells.py)."""
        self.directories: dict[int, Gathered[tuple[bytes, int], Sequence[int]]] = {}
        """By cell, what this process enters into its part of the directory of numbers."""
        self._buckets: Sequence[int] = ()
        self._formerly: Mapping[int, Sequence[int]] = {}
        self.epochs = 0
        """Of the map that is known, all together: it grows with every bucket that moves."""
        self.reread: Callable[[], Awaitable[bool]] = _nothing_new
        """Asks whose each bucket is, and returns whether any has moved since it was asked last. Raises
        Unavailable where no cell can say."""

    @property
    def home(self) -> Runtime:
        """Where keys, policies, templates, creditors and whatever else belongs to no borrower live."""
        return self.all[0]

    @property
    def several(self) -> bool:
        """Whether there is more than home."""
        return len(self.all) > 1

    def of(self, borrower: UUID) -> Runtime:
        """The cell of a borrower."""
        return self._cell(borrower.int >> BUCKET_SHIFT) if self._buckets else self.all[0]

    def of_digest(self, digest: bytes) -> Runtime:
        """The cell that keeps what is found by a digest alone."""
        return self._cell(digest[0] << 4 | digest[1] >> 4) if self._buckets else self.all[0]

    def _cell(self, bucket: int) -> Runtime:
        cell = self._buckets[bucket]
        if cell >= len(self.all):
            raise Unavailable(f"this process does not know cell {cell}: start it with all of FORBEAR_CELLS")
        return self.all[cell]

    def with_log_of(self, borrower: UUID) -> list[Runtime]:
        """The cells whose logs tell of a borrower: the one that has them, then those that had."""
        now = self.of(borrower)
        before = self._formerly.get(borrower.int >> BUCKET_SHIFT, ())
        return [now, *(self.all[cell] for cell in before if cell != now.cell and cell < len(self.all))]

    def learn_map(
        self, buckets: Sequence[int], formerly: Mapping[int, Sequence[int]] | None = None, epochs: int = 0
    ) -> None:
        """Take over whose each bucket is, and whose those were that moved."""
        if self.epochs != epochs:
            for one in self.all:
                one.entered.clear()  # what was known of the directory is asked again
        self._buckets, self._formerly, self.epochs = buckets, formerly or {}, epochs

    def others(self, runtime: Runtime) -> list[Runtime]:
        """Every cell but one."""
        return [one for one in self.all if one is not runtime]

    def by_cell(self, items: Iterable[T], borrower_of: Callable[[T], UUID]) -> list[tuple[Runtime, list[T]]]:
        """Items by the cell of their borrower, home first."""
        found: dict[int, list[T]] = {}
        for item in items:
            found.setdefault(self.of(borrower_of(item)).cell, []).append(item)
        return [(self.all[cell], found[cell]) for cell in sorted(found)]


async def _nothing_new() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """One cell's: built by the wiring, passed to every use case."""

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
    cell: int = 0
    """Which cell; 0 is home."""
    entered: set[bytes] = field(default_factory=set, compare=False, repr=False)
    """Of several cells: the numbers that this process knows to stand in the directory for this one."""
    gathered: dict[str, Gathered[Any, Any]] = field(default_factory=dict, compare=False, repr=False)
    """What shares transactions with others of its kind that come at the same time, by kind."""
    name_spaces: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """By API key, in which space its names of events live."""
    joined: Cells | None = field(default=None, compare=False, repr=False)
    """All of them, this one too, where there are several."""

    @property
    def cells(self) -> Cells:
        """Every cell of the deployment; most often this is the only one."""
        return self.joined or Cells([self])

    def of(self, borrower: UUID) -> Runtime:
        """The cell of a borrower."""
        return self if self.joined is None else self.joined.of(borrower)

    @property
    def home(self) -> Database:
        """The store of what belongs to no borrower."""
        return self.database if self.joined is None else self.joined.home.database
