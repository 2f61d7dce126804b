"""SQL about cells: which one a database is, which buckets of borrowers are whose, and what one still owes the
others.

The map at home is the one that counts; every cell has a copy of it, by which it refuses rows of borrowers who
are another's. Of two entries of a bucket the one of the later epoch holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from service.errors import Unavailable
from service.store.database import Connection
from service.store.query import Query

BUCKETS = 4096
"""Of borrowers, by the first 12 bits of their keys; as many as there can ever be cells."""


class Identity(NamedTuple):
    """Which cell a database is."""

    deployment: UUID
    cell: int
    """0 is home."""
    cells: int
    """How many there are."""


class Bucket(NamedTuple):
    """Whose a bucket is."""

    bucket: int
    cell: int
    epoch: int
    """How many times it has been given to a cell."""
    is_open: bool = True
    """Whether its cell takes writes; not while it is handed over."""
    formerly: str = ""
    """The cells that had it before, with commas: their logs hold what was decided there."""


IDENTITY = Query(Identity, "SELECT deployment, cell, cells FROM cell_identity")
NAME = """
INSERT INTO cell_identity (deployment, cell, cells) VALUES ($1, $2, $3)
ON CONFLICT (single) DO UPDATE SET cells = EXCLUDED.cells WHERE cell_identity.cells < EXCLUDED.cells
"""
"""A process that still goes by fewer takes none away."""
MAP = Query(
    Bucket,
    """
SELECT bucket, cell, epoch, is_open, array_to_string(formerly, ',') AS formerly FROM cell_buckets
ORDER BY bucket
""",
)
PUT_MAP = """
INSERT INTO cell_buckets (bucket, cell, epoch, is_open, formerly)
SELECT u.bucket, u.cell, u.epoch, u.is_open, string_to_array(u.formerly, ',')::smallint[]
FROM unnest($1::smallint[], $2::smallint[], $3::int[], $4::boolean[], $5::text[])
    AS u (bucket, cell, epoch, is_open, formerly)
ON CONFLICT (bucket) DO UPDATE
SET cell = EXCLUDED.cell, epoch = EXCLUDED.epoch, is_open = EXCLUDED.is_open, formerly = EXCLUDED.formerly
WHERE cell_buckets.epoch < EXCLUDED.epoch
"""
EPOCHS = "SELECT COALESCE(sum(epoch), 0)::bigint FROM cell_buckets"
GUARD = "SELECT cells_guard($1)"
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '800ms'"
ANY_BORROWER = "SELECT true FROM borrowers LIMIT 1"
COPIED = "SET LOCAL forbear.copied = 'on'"
"""What is copied from another cell is not sent on. A statement that sets, and no function that does: a
coordinator hands it to the server that has the tables."""


class GuardWaits(Unavailable):
    """Somebody holds a lock on a table that the guard is put on: a long transaction, or PostgreSQL's own
    vacuum for a moment."""


async def identity(connection: Connection) -> Identity | None:
    """Which cell this database is; None where it never was one of several."""
    return await IDENTITY.first(connection)


async def name(connection: Connection, deployment: UUID, cell: int, cells: int) -> None:
    """Make this database a cell of a deployment, or tell it how many there are now."""
    await connection.execute(NAME, deployment, cell, cells)


async def bucket_map(connection: Connection) -> list[Bucket]:
    """Whose each bucket is, as this cell knows it."""
    return await MAP.all(connection)


async def epochs(connection: Connection) -> int:
    """A number that grows whenever a bucket moves, as this cell knows it."""
    found: int = await connection.fetchval(EPOCHS)
    return found


async def put_map(connection: Connection, rows: Sequence[Bucket]) -> None:
    """Take over what of this map is newer than what is known here."""
    await connection.execute(PUT_MAP, *(list(column) for column in zip(*rows, strict=True)))


async def guard(connection: Connection) -> None:
    """Refuse rows of other cells' borrowers from now on, and send suppressions on. Waits for whoever writes;
    raises Unavailable where that lasts for longer than may be waited for."""
    await connection.execute(LOCK_TIMEOUT)
    try:
        await connection.execute(GUARD, True)
    except asyncpg.LockNotAvailableError as error:
        raise GuardWaits("long transactions write now; come back shortly", retry_after=1) from error


async def has_borrowers(connection: Connection) -> bool:
    """Whether anybody is stored here."""
    return bool(await connection.fetchval(ANY_BORROWER))


async def do_not_send_on(connection: Connection) -> None:
    """To the end of the transaction, what is written is a copy."""
    await connection.execute(COPIED)


class Owed(NamedTuple):
    """Something that another cell is to do."""

    message_no: int
    kind: str
    """`suppression`: take over a row; `inbound`, `mail`, `lifted`: act on what a person wrote, or decided;
    `register`, `share`: note who has a number."""
    digest: bytes | None
    """Of the address that it is about."""
    about: str | None
    encrypted: bytes | None
    created_at: datetime
    handed_on: bool
    """It was another cell's to do before: it is not handed on once more."""


OWED = Query(
    Owed,
    """
SELECT message_no, kind, digest, about, encrypted, created_at, handed_on FROM cell_outbox
WHERE cell = $1 ORDER BY message_no LIMIT $2
""",
)
OWE = """
INSERT INTO cell_outbox (cell, kind, digest, about, encrypted)
SELECT cell, $2, $3, $4, $5 FROM unnest($1::smallint[]) AS c (cell)
"""
HAND_ON = """
INSERT INTO cell_outbox (cell, kind, digest, about, encrypted, handed_on)
SELECT cell, $2, $3, $4, $5, true FROM unnest($1::smallint[]) AS c (cell)
"""
DONE = "DELETE FROM cell_outbox WHERE message_no = ANY($1::bigint[])"
OWED_ABOUT = "SELECT DISTINCT digest FROM cell_outbox WHERE cell = $1 AND digest = ANY($2::bytea[])"


async def owed(connection: Connection, cell: int, limit: int) -> list[Owed]:
    """What this cell still owes another, the oldest first."""
    return await OWED.all(connection, cell, limit)


async def owe(
    connection: Connection,
    cells: Sequence[int],
    kind: str,
    digest: bytes,
    *,
    about: str | None = None,
    encrypted: bytes | None = None,
) -> None:
    """Note, with what it follows from, that other cells are to do something."""
    if cells:
        await connection.execute(OWE, list(cells), kind, digest, about, encrypted)


async def hand_on(connection: Connection, cells: Sequence[int], one: Owed) -> None:
    """What another cell owed this one, these are to do, too."""
    await connection.execute(HAND_ON, list(cells), one.kind, one.digest, one.about, one.encrypted)


async def done(connection: Connection, messages: Sequence[int]) -> None:
    """These were done there."""
    await connection.execute(DONE, list(messages))


async def owed_about(connection: Connection, cell: int, digests: Sequence[bytes]) -> set[bytes]:
    """Of these addresses, those about which this cell still owes another something."""
    rows = await connection.fetch(OWED_ABOUT, cell, list(digests))
    return {row["digest"] for row in rows}


SETTLED = """
SELECT cell FROM cell_settled WHERE server_started = pg_postmaster_start_time()
"""
NOTE_SETTLED = """
INSERT INTO cell_settled (cell, server_started)
SELECT cell, pg_postmaster_start_time() FROM unnest($1::smallint[]) AS c (cell)
ON CONFLICT (cell) DO UPDATE SET server_started = EXCLUDED.server_started
WHERE cell_settled.server_started <> EXCLUDED.server_started
"""


async def settled_before(connection: Connection) -> set[int]:
    """The cells that owed this one nothing at some instant since its server started."""
    return {row["cell"] for row in await connection.fetch(SETTLED)}


async def note_settled(connection: Connection, cells: Sequence[int]) -> None:
    """These owe this cell nothing now."""
    await connection.execute(NOTE_SETTLED, list(cells))


class Waiting(NamedTuple):
    """What a cell owes another."""

    cell: int
    number: int
    oldest: datetime


WAITING = Query(
    Waiting,
    "SELECT cell, count(*) AS number, min(created_at) AS oldest FROM cell_outbox GROUP BY cell ORDER BY cell",
)


async def waiting(connection: Connection) -> list[Waiting]:
    """How much this cell owes each other, and since when."""
    return await WAITING.all(connection)


class Elsewhere(NamedTuple):
    """A number that borrowers of several cells have."""

    digest: bytes
    cells: Sequence[int]


REGISTER = """
INSERT INTO number_cells (digest, cell)
SELECT u.digest, u.cell FROM unnest($1::bytea[], $2::smallint[]) AS u (digest, cell)
ORDER BY u.digest, u.cell ON CONFLICT DO NOTHING
"""
HOLDERS = Query(
    Elsewhere,
    """
SELECT digest, array_agg(cell::bigint ORDER BY cell) AS cells FROM number_cells
WHERE digest = ANY($1::bytea[])
GROUP BY digest HAVING count(*) > 1
""",
)
SHARE = """
INSERT INTO shared_cells AS s (digest, cells)
SELECT u.digest, string_to_array(u.cells, ',')::smallint[]
FROM unnest($1::bytea[], $2::text[]) AS u (digest, cells) ORDER BY u.digest
ON CONFLICT (digest) DO UPDATE
SET cells = ARRAY(SELECT DISTINCT c FROM unnest(s.cells || EXCLUDED.cells) AS c ORDER BY c)
WHERE NOT s.cells @> EXCLUDED.cells
"""
SHARED = Query(
    Elsewhere, "SELECT digest, cells::bigint[] AS cells FROM shared_cells WHERE digest = ANY($1::bytea[])"
)


async def register(
    connection: Connection, entries: Collection[tuple[bytes, int]]
) -> dict[bytes, Sequence[int]]:
    """In the directory, note which cells' borrowers have these addresses, in a transaction of its own;
    returns those that several cells have now, and which."""
    await connection.execute(REGISTER, *(list(column) for column in zip(*entries, strict=True)))
    rows = await HOLDERS.all(connection, list({digest for digest, _ in entries}))
    return {row.digest: row.cells for row in rows}


async def share(connection: Connection, found: Mapping[bytes, Sequence[int]]) -> None:
    """Note in a cell which others have these addresses too."""
    if found:
        texts = [",".join(map(str, cells)) for cells in found.values()]
        await connection.execute(SHARE, list(found), texts)


async def shared(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, Sequence[int]]:
    """Of these addresses, those that borrowers of several cells have, and which cells."""
    rows = await SHARED.all(connection, list(digests))
    return {row.digest: row.cells for row in rows}


OTHER_PROCESSES = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^forbear( of |$)' AND application_name <> $1
"""


async def count_other_processes(connection: Connection, wanted: str) -> int:
    """Connections to this cell of processes that know other cells than are `wanted`."""
    found: int = await connection.fetchval(OTHER_PROCESSES, wanted)
    return found


UNREGISTER = "DELETE FROM number_cells WHERE digest = ANY($1::bytea[]) AND cell = $2"
UNSHARE = """
UPDATE shared_cells SET cells = array_remove(cells, $2) WHERE digest = ANY($1::bytea[]) AND $2 = ANY(cells)
"""
UNSHARED = "DELETE FROM shared_cells WHERE digest = ANY($1::bytea[]) AND cardinality(cells) < 2"


async def unregister(connection: Connection, digests: Sequence[bytes], cell: int) -> None:
    """In the directory: nobody of a cell has these addresses any more."""
    await connection.execute(UNREGISTER, list(digests), cell)


async def unshare(connection: Connection, digests: Sequence[bytes], cell: int) -> None:
    """In each cell: one cell fewer has these addresses."""
    await connection.execute(UNSHARE, list(digests), cell)
    await connection.execute(UNSHARED, list(digests))
