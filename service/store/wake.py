"""LISTEN and NOTIFY: wakes workers when something is due, and reads what is in force again when a policy or
template changed. Each schema has channels of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import asyncpg

from service.store.database import Connection
from service.store.own_names import own_channel
from service.store.query import Query

DUE = own_channel("'forbear_due'")
IN_FORCE = own_channel("'forbear_shelf'")
WAKE_WORKERS = f"SELECT pg_notify({DUE}, '')"
WAKE_IN_FORCE = f"SELECT pg_notify({IN_FORCE}, '')"


class Channels(NamedTuple):
    """What the schema's channels are called."""

    due: str
    in_force: str


CHANNELS = Query(Channels, f"SELECT {DUE} AS due, {IN_FORCE} AS in_force")


async def wake_workers(connection: Connection) -> None:
    """Tell the workers, at commit, that something is due. Equal notifications of one transaction are sent
    once."""
    await connection.execute(WAKE_WORKERS)


async def wake_in_force(connection: Connection) -> None:
    """Tell every process, at commit, that policies, templates or creditors changed."""
    await connection.execute(WAKE_IN_FORCE)


async def hear(connection: asyncpg.Connection, due: Callable[[], None], in_force: Callable[[], None]) -> None:
    """Call these on either notification from now on, for as long as the connection lives."""
    names = await CHANNELS.one(connection)
    await connection.add_listener(names.due, lambda *_: due())
    await connection.add_listener(names.in_force, lambda *_: in_force())
