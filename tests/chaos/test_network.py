"""A PostgreSQL that ends connections, seen through a network on which the end comes later than the word of
it."""

from __future__ import annotations

import asyncio
import socket
import time

import asyncpg
import pytest

from service.errors import Unavailable
from service.store.database import open_database
from tests.chaos.wire import Wire

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
    "application_name = 'forbear'"
)
LINGERS = 2.0


class Lingering(Wire):
    """What the server says arrives; that it hung up arrives later."""

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        time.sleep(LINGERS)
        super()._end(pair)


async def test_a_connection_that_the_server_has_given_up_is_a_store_that_is_away(database_url: str) -> None:
    """The driver calls it an error of its own to use such a connection; to whoever works it is `Unavailable`,
    and passes."""
    wire = Lingering(database_url, seed=1)
    database = await open_database(wire.url, connections=2)
    admin = await asyncpg.connect(database_url)
    try:
        async with database.connection() as connection:
            assert 1 == await connection.fetchval("SELECT 1")
        assert 1 == len(await admin.fetch(END_ALL))
        await asyncio.sleep(LINGERS / 4)
        with pytest.raises(Unavailable):
            async with database.transaction():
                pass
        await asyncio.sleep(LINGERS)
        async with database.connection() as connection:
            assert 1 == await connection.fetchval("SELECT 1")
    finally:
        await admin.close()
        await database.close()
        wire.close()
