"""SQL about the time by the database's own clock."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query


class ServerTime(NamedTuple):
    """An instant by the database."""

    at: datetime


NOW = Query(ServerTime, "SELECT clock_timestamp() AS at")


async def now(connection: Connection) -> datetime:
    """Now, by the database."""
    return (await NOW.one(connection)).at
