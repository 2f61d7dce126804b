"""LISTEN and NOTIFY: wakes workers when something is due, and reads what is in force again when a policy or
template changed."""

from __future__ import annotations

from service.store.database import Connection

DUE = "forbear_due"
IN_FORCE = "forbear_shelf"


async def wake_workers(connection: Connection) -> None:
    """Tell the workers, at commit, that something is due. Equal notifications of one transaction are sent
    once."""
    await connection.execute(f"NOTIFY {DUE}")


async def wake_in_force(connection: Connection) -> None:
    """Tell every process, at commit, that policies, templates or creditors changed."""
    await connection.execute(f"NOTIFY {IN_FORCE}")
