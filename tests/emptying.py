"""Takes everything out of a migrated database between two tests, by one connection that stays.

A connection of its own for each test costs the server five times as much as the emptying: it reads from the
catalogue anew what sixty tables, their indexes and their triggers are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import asyncpg

EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND (pid <> ALL ('{SPARED}') OR state <> 'idle');
DO $$ DECLARE name text; BEGIN
    FOR name IN
        SELECT tablename FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
        LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$;
SELECT setval(pg_get_serial_sequence('log_entries', 'entry_id'), 1, false);
SELECT cells_guard(false);
"""
"""Deleting from small tables costs a hundredth of what copying or truncating them does; and what a kept
connection has planned stays valid, since no table is altered."""

LOST = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError, OSError)
"""What an error of a connection is that a test has ended, by itself or with the server."""


@dataclass(slots=True)
class Emptying:
    """One connection to each database that was emptied, in an event loop of their own."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    connections: dict[str, asyncpg.Connection] = field(default_factory=dict)
    spared: dict[str, set[int]] = field(default_factory=dict)
    """Server processes by the URL of their database, whose idle connections are kept for the next test."""

    def empty(self, url: str) -> None:
        """Leave nothing in a database, and nobody connected to it but this connection and those spared."""
        self.loop.run_until_complete(self._empty(url))

    async def _empty(self, url: str) -> None:
        spared = {pid for pids in self.spared.values() for pid in pids}  # one database may have two URLs
        statements = EMPTY.replace("SPARED", ",".join(map(str, spared)))
        kept = self.connections.pop(url, None)
        if kept is not None:
            try:
                await kept.execute(statements)
            except LOST:
                kept.terminate()
            else:
                self.connections[url] = kept
                return
        self.connections[url] = await asyncpg.connect(url)
        await self.connections[url].execute(statements)

    def close(self) -> None:
        """End the connections and the loop."""
        for one in self.connections.values():
            one.terminate()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
