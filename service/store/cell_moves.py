"""SQL about moves of buckets between cells: their list at home, and what the two cells keep of one that runs.

A move is a row at home with a state. It only ever goes on by compare-and-set, so that of two processes that
carry the same move one stops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from service.errors import Unavailable
from service.store.database import Connection, Database
from service.store.own_names import own_key
from service.store.query import Query

PLANNED, COPYING, CATCHING, STOPPED, GIVEN, ARRIVED, DONE = STATES = (
    "planned",
    "copying",
    "catching_up",
    "stopped",
    "given",
    "arrived",
    "done",
)
"""In their order. Up to `stopped` a move can be given up; from `given` on the bucket is the target's."""
MOVER_LOCK = 0x464F524D
"""Advisory lock at home: one process at a time moves buckets."""


class Move(NamedTuple):
    """A move of some buckets from a cell to another."""

    move_no: int
    buckets: Sequence[int]
    source: int
    target: int
    state: str
    asked_at: datetime
    asked_by: str
    borrowers: int | None
    """How many there were as it began."""
    row_count: int | None
    """What arrived."""
    digest: bytes | None
    began_at: datetime | None
    stopped_at: datetime | None
    opened_at: datetime | None
    done_at: datetime | None
    tidied_at: datetime | None
    """When the source was taken out of the directory of numbers."""


COLUMNS = ", ".join(name if name != "buckets" else "buckets::bigint[] AS buckets" for name in Move._fields)
ASK = """
INSERT INTO cell_moves (buckets, source, target, state, asked_at, asked_by)
SELECT string_to_array(u.buckets, ',')::smallint[], $2, $3, 'planned', $4, $5
FROM unnest($1::text[]) WITH ORDINALITY AS u (buckets, place) ORDER BY u.place
"""
UNFINISHED = Query(Move, f"SELECT {COLUMNS} FROM cell_moves WHERE done_at IS NULL ORDER BY move_no")
UNTIDIED = Query(
    Move,
    f"SELECT {COLUMNS} FROM cell_moves WHERE done_at IS NOT NULL AND tidied_at IS NULL ORDER BY move_no",
)
NOTE_TIDIED = "UPDATE cell_moves SET tidied_at = $2 WHERE move_no = $1"
ONE = Query(Move, f"SELECT {COLUMNS} FROM cell_moves WHERE move_no = $1")
LAST = Query(Move, f"SELECT {COLUMNS} FROM cell_moves ORDER BY move_no DESC LIMIT $1")
ADVANCE = """
UPDATE cell_moves SET state = $3,
    began_at = CASE WHEN $3 = 'copying' THEN $4 ELSE began_at END,
    stopped_at = CASE WHEN $3 = 'stopped' THEN $4 ELSE stopped_at END,
    opened_at = CASE WHEN $3 = 'arrived' THEN $4 ELSE opened_at END,
    done_at = CASE WHEN $3 = 'done' THEN $4 ELSE done_at END
WHERE move_no = $1 AND state = $2
"""
NOTE_COUNT = "UPDATE cell_moves SET borrowers = $2 WHERE move_no = $1"
NOTE_ARRIVED = "UPDATE cell_moves SET borrowers = $2, row_count = $3, digest = $4 WHERE move_no = $1"
GIVE_UP = "DELETE FROM cell_moves WHERE move_no = $1 AND state IN ('planned', 'copying', 'catching_up')"
TURN = f"SELECT pg_try_advisory_lock({own_key('$1::bigint')})"
LEAVE_TURN = f"SELECT pg_advisory_unlock({own_key('$1::bigint')})"


async def ask(
    connection: Connection, groups: Sequence[Sequence[int]], source: int, target: int, at: datetime, by: str
) -> None:
    """Plan moves of groups of buckets, in their order."""
    texts = [",".join(map(str, group)) for group in groups]
    await connection.execute(ASK, texts, source, target, at, by)


async def unfinished(connection: Connection) -> list[Move]:
    """The moves that are not done, the oldest first."""
    return await UNFINISHED.all(connection)


async def untidied(connection: Connection) -> list[Move]:
    """Moves that are done, and whose source still stands in the directory of numbers."""
    return await UNTIDIED.all(connection)


async def note_tidied(connection: Connection, move_no: int, at: datetime) -> None:
    """It stands there no more."""
    await connection.execute(NOTE_TIDIED, move_no, at)


async def last(connection: Connection, limit: int) -> list[Move]:
    """The newest moves."""
    return await LAST.all(connection, limit)


async def one(connection: Connection, move_no: int) -> Move | None:
    """A move as it stands; None where it was given up."""
    return await ONE.first(connection, move_no)


async def advance(connection: Connection, move: Move, state: str, at: datetime) -> bool:
    """Bring a move to its next state; False where another process did."""
    return str(await connection.execute(ADVANCE, move.move_no, move.state, state, at)) == "UPDATE 1"


async def note_count(connection: Connection, move_no: int, borrowers: int) -> None:
    """How many borrowers there are to be moved."""
    await connection.execute(NOTE_COUNT, move_no, borrowers)


async def note_arrived(
    connection: Connection, move_no: int, borrowers: int, row_count: int, digest: bytes | None
) -> None:
    """What has arrived, when the source stood still."""
    await connection.execute(NOTE_ARRIVED, move_no, borrowers, row_count, digest)


async def give_up(connection: Connection, move_no: int) -> bool:
    """Forget a move whose buckets are still the source's and open."""
    return str(await connection.execute(GIVE_UP, move_no)) == "DELETE 1"


async def take_turn(connection: Connection) -> bool:
    """Whether this connection may move buckets, until it gives that back or ends."""
    return bool(await connection.fetchval(TURN, MOVER_LOCK))


async def leave_turn(connection: Connection) -> None:
    """Let another process move buckets."""
    await connection.execute(LEAVE_TURN, MOVER_LOCK)


FILL = "INSERT INTO cell_filled (cell, filled_at) VALUES ($1, $2) ON CONFLICT (cell) DO NOTHING"
FILLED = "SELECT cell FROM cell_filled"


async def note_filled(connection: Connection, cell: int, at: datetime) -> None:
    """At home: a cell has what every cell has, and may get borrowers."""
    await connection.execute(FILL, cell, at)


async def filled(connection: Connection) -> set[int]:
    """Cells that were added since the deployment began."""
    return {row["cell"] for row in await connection.fetch(FILLED)}


# in the source

JOURNAL = "SELECT cells_journal($1, $2)"
JOURNAL_TIMEOUT = "SET LOCAL lock_timeout = '1500ms'"
"""Longer than `deadlock_timeout`, after which PostgreSQL's own vacuum of a table gives way."""
LEAVE = """
INSERT INTO cell_leaving (bucket, move_no) SELECT b, $2 FROM unnest($1::smallint[]) AS u (b)
ON CONFLICT (bucket) DO UPDATE SET move_no = EXCLUDED.move_no
"""
LEAVES = "SELECT EXISTS (SELECT FROM cell_leaving WHERE move_no = $1)"
ANY_LEAVES = "SELECT EXISTS (SELECT FROM cell_leaving)"
STAY = "DELETE FROM cell_leaving WHERE bucket = ANY($1::smallint[])"
DRAIN = "INSERT INTO cell_draining (bucket) SELECT * FROM unnest($1::smallint[]) ON CONFLICT DO NOTHING"
UNDRAIN = "DELETE FROM cell_draining WHERE bucket = ANY($1::smallint[])"
IN_HAND = """
SELECT count(*) FROM deliveries d
WHERE d.lease_until IS NOT NULL AND d.lease_until > now() AND cell_bucket(d.borrower_id) = ANY($1::smallint[])
"""
STOP = """
UPDATE cell_buckets SET is_open = $3 WHERE bucket = ANY($1::smallint[]) AND cell = $2 AND is_open <> $3
"""
WRITERS = "SELECT ARRAY(SELECT x::text FROM pg_snapshot_xip(pg_current_snapshot()) AS x) FROM alembic_version"
"""A table of one row stands in it so that it is answered where the tables are, also behind a coordinator."""
STILL = """
SELECT count(*) FROM unnest($1::text[]) AS u (x), alembic_version
WHERE pg_xact_status(x::xid8) = 'in progress'
"""
RECORDINGS = "SELECT last_value FROM recordings"
ADVANCE_RECORDINGS = "SELECT cells_advance_recordings($1)"


async def journal(database: Database, table: str, *, wanted: bool) -> None:
    """Begin or end noting what is touched of a table, in a transaction of its own: it waits for whoever
    writes the table, and raises Unavailable where that lasts for longer than others may be kept waiting."""
    try:
        async with database.transaction() as connection:
            await connection.execute(JOURNAL_TIMEOUT)
            await connection.execute(JOURNAL, table, wanted)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise Unavailable("long transactions write now; come back shortly", retry_after=1) from error


async def leave(connection: Connection, buckets: Sequence[int], move_no: int) -> None:
    """From now on what is touched of these buckets is noted."""
    await connection.execute(LEAVE, list(buckets), move_no)


async def leaves(connection: Connection, move_no: int) -> bool:
    """Whether the buckets of a move have not left yet."""
    return bool(await connection.fetchval(LEAVES, move_no))


async def any_leaves(connection: Connection) -> bool:
    """Whether any bucket leaves."""
    return bool(await connection.fetchval(ANY_LEAVES))


async def stay(connection: Connection, buckets: Sequence[int]) -> None:
    """Not any more."""
    await connection.execute(STAY, list(buckets))


async def drain(connection: Connection, buckets: Sequence[int]) -> None:
    """No worker claims anything of these buckets."""
    await connection.execute(DRAIN, list(buckets))


async def undrain(connection: Connection, buckets: Sequence[int]) -> None:
    """Workers claim again."""
    await connection.execute(UNDRAIN, list(buckets))


async def in_hand(connection: Connection, buckets: Sequence[int]) -> int:
    """Deliveries of these buckets that workers have in hand."""
    found: int = await connection.fetchval(IN_HAND, list(buckets))
    return found


async def set_open(connection: Connection, buckets: Sequence[int], cell: int, *, wanted: bool) -> None:
    """Let a cell take writes of its buckets, or refuse them."""
    await connection.execute(STOP, list(buckets), cell, wanted)


async def writers(connection: Connection) -> list[str]:
    """The transactions that write now."""
    found: list[str] = await connection.fetchval(WRITERS)
    return found


async def still_write(connection: Connection, transactions: Sequence[str]) -> int:
    """How many of them have not ended."""
    found: int = await connection.fetchval(STILL, list(transactions))
    return found


async def recordings(connection: Connection) -> int:
    """How far the numbers are by which what was recorded is in order."""
    found: int = await connection.fetchval(RECORDINGS)
    return found


async def advance_recordings(connection: Connection, beyond: int) -> None:
    """Number what is recorded here from now on above what was recorded there."""
    await connection.execute(ADVANCE_RECORDINGS, beyond)


class Touched(NamedTuple):
    """What was touched while its bucket moves."""

    entry_no: int
    borrower_id: UUID | None
    table_name: str | None
    space: str | None
    digest: bytes | None


TOUCHED = Query(
    Touched,
    "SELECT entry_no, borrower_id, table_name, space, digest FROM cell_touched ORDER BY entry_no LIMIT $1",
)
COPIED = "DELETE FROM cell_touched WHERE entry_no = ANY($1::bigint[])"
FORGET_TOUCHED = "DELETE FROM cell_touched"


async def touched(connection: Connection, limit: int) -> list[Touched]:
    """What was touched and not copied again since, the oldest first."""
    return await TOUCHED.all(connection, limit)


async def copied(connection: Connection, entries: Sequence[int]) -> None:
    """It was copied."""
    await connection.execute(COPIED, list(entries))


async def forget_touched(connection: Connection) -> None:
    """Nothing moves any more."""
    await connection.execute(FORGET_TOUCHED)


# the map

GIVE = """
UPDATE cell_buckets SET cell = $2, epoch = epoch + 1, is_open = false,
    formerly = ARRAY(SELECT DISTINCT c FROM unnest(array_remove(formerly, $2) || cell) AS c ORDER BY c)
WHERE bucket = ANY($1::smallint[]) AND cell = $3
"""
GIVEN_AWAY = """
INSERT INTO cell_given (move_no, target, at) VALUES ($1, $2, $3) ON CONFLICT (move_no) DO NOTHING
"""
GIVEN_SINCE = "SELECT DISTINCT target FROM cell_given WHERE at > $1"


async def give(connection: Connection, buckets: Sequence[int], source: int, target: int) -> bool:
    """At home: these buckets are the target's, under an epoch of its own; False where one was not the
    source's."""
    tag = await connection.execute(GIVE, list(buckets), target, source)
    return str(tag) == f"UPDATE {len(buckets)}"


async def note_given(connection: Connection, move_no: int, target: int, at: datetime) -> None:
    """In the source: what others owe it from before may concern the target."""
    await connection.execute(GIVEN_AWAY, move_no, target, at)


async def given_since(connection: Connection, at: datetime) -> list[int]:
    """The cells that buckets went to since an instant."""
    return [row["target"] for row in await connection.fetch(GIVEN_SINCE, at)]
