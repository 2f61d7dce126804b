"""The way to PostgreSQL: one pool per process, transactions, and the driver's errors turned into ours.

The service can do nothing with a server that takes no writes. Of several hosts the one that does is taken,
and connections to one that was demoted are given up, so that the pool finds the new primary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import orjson

from service.errors import Moved, Unavailable
from service.store.copies import Rows, copy_all
from service.store.driver_types import teach_arrays
from service.store.failover import Hosts, is_lost, why_away

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

READ_ONLY = (asyncpg.ReadOnlySQLTransactionError, asyncpg.TargetServerAttributeNotMatched)
"""A standby, or a primary that was demoted."""

GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    *READ_ONLY,
    ConnectionError,
    OSError,
    asyncio.TimeoutError,
)
"""What the driver raises when the server is away, restarting, full or read-only (SQLSTATE classes 08, 53, 57,
58, and 25006): repeat later, nothing was committed (but for a lost reply to COMMIT, which every caller must
be able to repeat). A connection that the server has given up and not closed yet is an internal error to the
driver."""


def _encode_json(value: object) -> str:
    return orjson.dumps(value).decode()


KEEP_COMMITS = """
SELECT set_config(name, good, false)
FROM (VALUES ('synchronous_commit', 'off', 'on'), ('session_replication_role', 'replica', 'origin'))
    AS d (name, bad, good)
WHERE current_setting(name) = bad
"""
"""A 202 is durable, whatever a role's or a database's defaults say; what is stronger than `on` stays. And
triggers fire, of which one queues what the log has to sequence: whoever may not set that is refused."""


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.execute(KEEP_COMMITS)
    await connection.set_type_codec("jsonb", encoder=_encode_json, decoder=orjson.loads, schema="pg_catalog")
    teach_arrays(connection)  # last: the driver forgets them with each codec that is set


async def _leave(connection: asyncpg.Connection) -> None:
    """Nothing to undo when a connection goes back: what a session could keep, locks and settings, ends with
    its transaction.

    The driver's own reset is a round trip after every use of a connection."""


class Ending:
    """What a transaction writes at its end."""

    __slots__ = ("rows", "statements")

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: list[Rows] = []
        """They are copied in this order."""
        self.statements: list[str] = []
        """Without arguments; they come behind the rows."""

    def copy(self, rows: Rows) -> None:
        """Copy these too, if there are any."""
        if rows.packed:
            self.rows.append(rows)


class Database:
    """A pool of connections to one database. Build it with `open_database`."""

    def __init__(self, pool: asyncpg.Pool, hosts: Hosts) -> None:
        """Wrap a pool that is open already."""
        self.pool = pool
        self._hosts = hosts
        self.barred: str | None = None
        """Why it may not be asked; None where it may."""
        self.stray: asyncio.Event | None = None
        """Set when a row of a borrower was refused who is another cell's."""

    @property
    def size(self) -> int:
        """Connections that the pool holds at the most."""
        return self.pool.get_max_size()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reading, outside a transaction. Raises Unavailable when the server is away."""
        if self.barred is not None:
            raise Unavailable(self.barred, retry_after=1)
        try:
            async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                try:
                    yield connection
                except RuntimeError as error:
                    if not is_lost(connection):
                        raise
                    # uvloop, where the driver writes to a connection that is gone, as in the middle of a COPY
                    raise ConnectionResetError(type(error).__name__) from error
        except READ_ONLY as error:
            await self.pool.expire_connections()
            raise Unavailable(
                "the database takes no writes: it is a standby, or was demoted", retry_after=1
            ) from error
        except GONE as error:
            raise Unavailable("the database cannot be reached", retry_after=1) from error
        except asyncpg.PostgresError as error:
            if error.sqlstate != STRAY:
                raise
            if self.stray is not None:
                self.stray.set()
            raise Moved("the borrower has moved to another cell", retry_after=1) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits at the end. Raises Unavailable when the server is
        away."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def ending_with(self, last: Ending, begin: str = "BEGIN") -> AsyncIterator[Connection]:
        """The same where `last`, which the caller may add to until the end, goes to the server together with
        the COMMIT: each way to it and back costs both sides as much as a small statement. No transaction of
        the driver's may be begun within it."""
        async with self.connection() as connection:
            await connection.execute(begin)
            try:
                yield connection
                await copy_all(connection, last.rows, (*last.statements, "COMMIT"))
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise

    @asynccontextmanager
    async def planned_once(self, last: Ending | None = None) -> AsyncIterator[Connection]:
        """The same for statements that come again and again, each with some hundred rows at a time: a
        connection plans them once, whatever they are about. By itself the server plans a statement anew for
        its first five uses, and for ever where it would expect less of the very values: one that claims takes
        a millisecond and a half to plan."""
        async with self.ending_with(last or Ending(), f"BEGIN; {_PLANNED_ONCE}") as connection:
            yield connection

    async def listen(self) -> asyncpg.Connection:
        """A connection of its own for LISTEN, outside the pool; the caller closes it. Raises one of GONE."""
        if self.barred is not None:
            raise ConnectionRefusedError(self.barred)
        return await self._hosts.connect(timeout=ACQUIRE_SECONDS)

    async def close(self) -> None:
        """Wait shortly for connections in use, then end them all."""
        try:
            await asyncio.wait_for(self.pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            self.pool.terminate()


async def check_writes(connection: Connection) -> None:
    """Raise the driver's error where this server takes no writes."""
    if await connection.fetchval("SHOW transaction_read_only", timeout=ACQUIRE_SECONDS) == "on":
        raise asyncpg.ReadOnlySQLTransactionError("the server takes no writes")


STRAY = "FC001"
"""What a cell raises for a row of a borrower who is another's (service/store/migrations): whoever meets it
went by an old map."""
ACQUIRE_SECONDS = 5.0
CLOSE_SECONDS = 5.0
_STATEMENT_CACHE = 200
OURS = {
    "application_name": "forbear",
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
}
"""What our statements mean rests on these, so that no default of a server, a database or a role may stand in
their place. In `repeatable read` concurrent acceptances fail each other; without standard strings the log's
leaf hash cannot be written."""
BY_KEY = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "random_page_cost": "1.1",
}
"""Every statement reaches its rows by key. A plan that was made while a table was small, and is kept for as
long as the connection lives, must not read the whole of it when it has grown."""
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
"""These are the plans that tests/store/test_plans.py holds."""
_WHOLE = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_nestloop = off"
_KEYED = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = on"


@asynccontextmanager
async def joined_whole(connection: Connection) -> AsyncIterator[None]:
    """For statements within a transaction that join what they compute of a borrower's rows to the same rows:
    each side is read once. With statistics of a time when the borrower had few, a nested loop would compare
    each of ten thousand rows with each. Each side names the borrowers itself (`borrower_id = ANY($1)`): the
    other side's list does not narrow it, and it would be the whole table."""
    await connection.execute(_WHOLE)
    yield
    await connection.execute(_KEYED)  # a failed transaction takes the settings with it


def processes_of(cells: int) -> str:
    """The name under which connections of a process stand that knows so many cells."""
    return OURS["application_name"] if cells == 1 else f"{OURS['application_name']} of {cells} cells"


async def open_database(url: str, *, connections: int, at_once: bool = True, cells: int = 1) -> Database:
    """Open the pool; without `at_once` it connects when it is first asked. `cells`: how many the process
    knows. Raises Unavailable when the server cannot be reached."""
    hosts = Hosts(url)
    try:
        pool = await asyncpg.create_pool(
            connect=cast("Any", hosts.connect),  # a method has no place in the driver's own annotation
            min_size=1 if at_once else 0,
            max_size=connections,
            init=_prepare,
            command_timeout=60,
            reset=_leave,
            statement_cache_size=_STATEMENT_CACHE,
            server_settings={**OURS, **BY_KEY, "application_name": processes_of(cells)},
        )
    except GONE as error:
        raise Unavailable(f"the database cannot be reached: {why_away(error)}", retry_after=1) from error
    return Database(pool, hosts)


def rows_changed(tag: Any) -> int:
    """How many rows a command changed, from its tag (`UPDATE 3`)."""
    return int(str(tag).rsplit(" ", 1)[-1])
