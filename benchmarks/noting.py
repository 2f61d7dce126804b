"""`python benchmarks/noting.py BORROWER…`: notes the events of these borrowers as a build notes them when
they are recorded, by that build's own files on `PYTHONPATH`. A build that notes nothing does nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from uuid import UUID

import asyncpg

ROOMS = "service.store.repeats", "service.store.events"
"""Where builds have had it, the newest first."""

Compact = Callable[[asyncpg.Connection, Sequence[UUID]], Awaitable[None]]


def compacting() -> Compact | None:
    """What notes them, where this build does."""
    for room in ROOMS:
        with suppress(ImportError, AttributeError):
            found: Compact = import_module(room).compact
            return found
    return None


async def note(compact: Compact, borrowers: Sequence[UUID]) -> None:
    """Note what is stored of them."""
    connection = await asyncpg.connect(os.environ["FORBEAR_DATABASE_URL"])
    try:
        await compact(connection, borrowers)
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules are not the build's
    if (found := compacting()) is not None:
        asyncio.run(note(found, [UUID(one) for one in sys.argv[1:]]))
