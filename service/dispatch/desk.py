"""What every use case works with: the store, the keys, the clock, the rules and the templates in force."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from service.clock import Clock
from service.dispatch.overlaps import Overlaps
from service.dispatch.shelf import Shelf
from service.store.database import Database
from service.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Built once by the wiring, passed to every use case."""

    database: Database
    vault: Vault
    clock: Clock
    shelf: Shelf
    """Policies, templates and creditors in force, read through from the store."""
    base_url: str
    """The public base of receipt and unsubscribe URLs, without a trailing slash."""
    simulations: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(1), compare=False, repr=False
    )
    """One simulation at a time in a process: it takes a core for as long as it lasts."""
    overlaps: Overlaps = field(default_factory=Overlaps, compare=False, repr=False)
    """The numbers that this process is storing."""
