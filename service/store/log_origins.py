"""SQL of the names under which the log signs, its origins (c2sp.org/tlog-checkpoint): one row a name, the
newest last.

A new name waits (`since` is NULL) until the entry that tells of it has its index; the round that gives it
one signs under the old name
for the last time. `since` is the size of that checkpoint: what is larger is signed under the new name."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store import log_tree
from service.store.database import Connection
from service.store.query import Query


class LogOrigin(NamedTuple):
    """A name of the log."""

    number: int
    origin: str
    since: int | None
    """The size beyond which checkpoints are signed under it; None while it waits."""
    named_at: datetime


LIST = Query(LogOrigin, "SELECT number, origin, since, named_at FROM log_origins ORDER BY number DESC")

NAME_FIRST = "INSERT INTO log_origins (number, origin, since) VALUES (1, $1, 0) ON CONFLICT DO NOTHING"

NEXT = "SELECT max(number) + 1 FROM log_origins HAVING count(*) = count(since)"
NAME_NEXT = """
INSERT INTO log_origins (number, origin, transaction_id) VALUES ($1, $2, $3::xid8)
ON CONFLICT DO NOTHING
"""

BEGIN = """
UPDATE log_origins o SET since = $1
WHERE since IS NULL AND NOT EXISTS (SELECT FROM log_pending p WHERE p.transaction_id = o.transaction_id)
"""


async def named(connection: Connection) -> list[LogOrigin]:
    """Every name, the newest first."""
    return await LIST.all(connection)


async def name_first(connection: Connection, origin: str) -> None:
    """Name a log that has no name; where another process was faster, theirs stands."""
    await connection.execute(NAME_FIRST, origin)


async def name_next(connection: Connection, origin: str) -> bool:
    """Let another name wait, in the transaction of the entry that tells of it; False where one waits already,
    or where the log had this name before."""
    number: int | None = await connection.fetchval(NEXT)
    if number is None:
        return False
    transaction = await log_tree.transaction_id(connection)
    return str(await connection.execute(NAME_NEXT, number, origin, transaction)).endswith(" 1")


async def begin(connection: Connection, size: int) -> None:
    """Let the name that waits begin after the checkpoint of this size, where its entry has an index by
    now."""
    await connection.execute(BEGIN, size)
