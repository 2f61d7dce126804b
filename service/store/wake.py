"""LISTEN and NOTIFY: wakes workers when something is due, and shelves when a policy or template changed."""

from __future__ import annotations

from service.store.database import Connection

DUE = "forbear_due"
SHELF = "forbear_shelf"


async def wake_workers(connection: Connection) -> None:
    """Tell the workers, at commit, that something is due. Equal notifications of one transaction are sent once."""
    await connection.execute(f"NOTIFY {DUE}")


async def wake_shelves(connection: Connection) -> None:
    """Tell every process, at commit, that policies, templates or creditors changed."""
    await connection.execute(f"NOTIFY {SHELF}")
