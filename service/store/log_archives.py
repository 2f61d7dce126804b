"""SQL of the log's archives: what was written out, where it lies, and how it is dropped from the store.

What is dropped goes from the low end, a few rounds of the sequencer at a time, so that the log begins at a
size
that has a checkpoint whenever somebody looks. Its tiles stay: 33 bytes an entry prove what is left and what
was
archived. Entries of a borrower under a legal hold stay as they are, and `log_kept` knows their indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store import log_tree
from service.store.database import Connection
from service.store.log_contents import BITS
from service.store.query import Query

FIRST = """
SELECT COALESCE((SELECT first FROM log_sequence ORDER BY first LIMIT 1),
                (SELECT size FROM log_checkpoints ORDER BY size DESC LIMIT 1), 0)
"""


class Archive(NamedTuple):
    """Entries [first, size) that were written out."""

    number: int
    first: int
    size: int
    note: str
    """The signed statement that what is before `size` was archived."""
    digest: bytes
    """SHA-256 of the file, and of the one with the details."""
    details_digest: bytes
    place: str
    """Where it lies, in the words of whoever archived it."""
    archived_at: datetime
    waits: bool
    """The entry that tells of it has no index yet."""


_COLUMNS = """
SELECT number, first, size, note, digest, details_digest, place, archived_at,
       EXISTS (SELECT FROM log_pending p WHERE p.transaction_id = a.transaction_id) AS waits FROM
       log_archives a
"""
LIST = Query(Archive, f"{_COLUMNS} ORDER BY number DESC")
WITH_DIGEST = Query(Archive, f"{_COLUMNS} WHERE digest = $1 ORDER BY number DESC LIMIT 1")
OF_INDEX = Query(Archive, f"{_COLUMNS} WHERE first <= $1 AND size > $1 ORDER BY number DESC LIMIT 1")

ADD = """
INSERT INTO log_archives (first, size, note, digest, details_digest, place, archived_at, transaction_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::xid8)
"""


class SignedSize(NamedTuple):
    """A checkpoint."""

    size: int
    root: bytes
    note: str
    cosignatures: str


_SIGNED = "SELECT size, root, note, cosignatures FROM log_checkpoints"
SIGNED_UP_TO = Query(SignedSize, f"{_SIGNED} WHERE size > $1 AND size <= $2 ORDER BY size DESC LIMIT 1")
SIGNED_BEYOND = Query(SignedSize, f"{_SIGNED} WHERE size > $1 ORDER BY size LIMIT 1")
SIGNED_AT = Query(SignedSize, f"{_SIGNED} WHERE size = $1")


class Detail(NamedTuple):
    """The encrypted detail of an entry."""

    log_index: int
    detail: bytes


HEADS = Query(SignedSize, f"{_SIGNED} WHERE size > $1 ORDER BY size LIMIT $2")

DETAILS = Query(
    Detail,
    """
SELECT s.first + n.place - 1 AS log_index, e.detail
FROM log_sequence s CROSS JOIN LATERAL unnest(s.entries) WITH ORDINALITY n (entry_id, place)
JOIN log_entries e ON e.entry_id = n.entry_id
WHERE s.first > $1::bigint - 256 AND s.first < $2::bigint AND s.first + n.place > $1
  AND s.first + n.place <= $2 AND e.detail IS NOT NULL
ORDER BY s.first, n.place
""",
)

DROP = """
WITH gone AS (
    DELETE FROM log_sequence WHERE first < $1 RETURNING first, entries
), numbered AS (
    SELECT g.first + n.place - 1 AS index, n.entry_id
    FROM gone g CROSS JOIN LATERAL unnest(g.entries) WITH ORDINALITY n (entry_id, place)
), kept AS (
    INSERT INTO log_kept (index, entry_id, borrower_id)
    SELECT n.index, n.entry_id, e.borrower_id
    FROM numbered n JOIN log_entries e ON e.entry_id = n.entry_id
    JOIN borrowers b ON b.borrower_id = e.borrower_id
    WHERE b.held_at IS NOT NULL
    RETURNING entry_id
)
DELETE FROM log_entries e USING numbered n
WHERE e.entry_id = n.entry_id AND NOT EXISTS (SELECT FROM kept k WHERE k.entry_id = n.entry_id)
"""

LET_GO = """
WITH free AS (
    DELETE FROM log_kept k
    WHERE NOT EXISTS (SELECT FROM borrowers b WHERE b.borrower_id = k.borrower_id AND b.held_at IS NOT NULL)
    RETURNING borrower_id, entry_id
)
DELETE FROM log_entries e USING free f WHERE e.borrower_id = f.borrower_id AND e.entry_id = f.entry_id
"""

FORGET_CONTENTS = tuple(
    f"DELETE FROM {table}"
    f" WHERE stretch < (SELECT entry_id >> {BITS} FROM log_entries ORDER BY entry_id LIMIT 1)"
    for table in ("log_contents", "log_spans")
)

COUNT_KEPT = "SELECT count(*) FROM log_kept"


class KeptEntry(NamedTuple):
    """An entry that stays although it was archived."""

    log_index: int
    at: datetime
    kind: str
    actor: str
    borrower_id: UUID
    notice_no: int | None
    channel: str | None
    verdict: str | None
    policies: Sequence[str] | None
    leaf: str | None


KEPT = Query(
    KeptEntry,
    """
SELECT k.index AS log_index, e.at, e.kind, e.actor, k.borrower_id, e.notice_no, e.channel, e.verdict,
       e.policies, e.leaf
FROM log_kept k LEFT JOIN log_entries e ON e.borrower_id = k.borrower_id AND e.entry_id = k.entry_id
WHERE k.index >= $1 ORDER BY k.index LIMIT $2
""",
)


class BorrowersKey(NamedTuple):
    """A borrower's data key, wrapped."""

    borrower_id: UUID
    data_key: bytes


DATA_KEYS = Query(
    BorrowersKey,
    """
SELECT borrower_id, data_key FROM borrowers WHERE borrower_id = ANY($1::uuid[]) AND data_key IS NOT NULL
""",
)


async def first(connection: Connection) -> int:
    """The index of the first entry that has not been dropped; the log's size where every one has been."""
    index: int = await connection.fetchval(FIRST)
    return index


async def every(connection: Connection) -> list[Archive]:
    """Every archive, the newest first."""
    return await LIST.all(connection)


async def with_digest(connection: Connection, digest: bytes) -> Archive | None:
    """The archive whose file has this SHA-256."""
    return await WITH_DIGEST.first(connection, digest)


async def of_index(connection: Connection, index: int) -> Archive | None:
    """The newest archive that holds an entry."""
    return await OF_INDEX.first(connection, index)


async def add(connection: Connection, one: Archive) -> None:
    """Note an archive, in the transaction of the entry that tells of it."""
    values = (one.first, one.size, one.note, one.digest, one.details_digest, one.place, one.archived_at)
    await connection.execute(ADD, *values, await log_tree.transaction_id(connection))


async def signed_up_to(connection: Connection, after: int, size: int) -> SignedSize | None:
    """The largest checkpoint of more than `after` and at most `size` entries."""
    return await SIGNED_UP_TO.first(connection, after, size)


async def signed_beyond(connection: Connection, after: int) -> SignedSize | None:
    """The smallest checkpoint of more than `after` entries."""
    return await SIGNED_BEYOND.first(connection, after)


async def signed_at(connection: Connection, size: int) -> SignedSize | None:
    """The checkpoint of this very size."""
    return await SIGNED_AT.first(connection, size)


async def heads(connection: Connection, after: int, limit: int) -> list[SignedSize]:
    """The next checkpoints of more than `after` entries, the smallest first."""
    return await HEADS.all(connection, after, limit)


async def details(connection: Connection, first_: int, last: int) -> list[Detail]:
    """The details that are still there of the entries [first_, last)."""
    return await DETAILS.all(connection, first_, last)


async def drop(connection: Connection, size: int) -> None:
    """Drop every entry below `size`, which has a checkpoint, but for those of borrowers under a legal
    hold."""
    await connection.execute(DROP, size)


async def let_go(connection: Connection) -> None:
    """Drop the entries that stayed for a legal hold which was released since, and forget what was in
    stretches of the log that are gone."""
    await connection.execute(LET_GO)
    for statement in FORGET_CONTENTS:
        await connection.execute(statement)


async def count_kept(connection: Connection) -> int:
    """How many entries stay for a legal hold."""
    count: int = await connection.fetchval(COUNT_KEPT)
    return count


async def kept(connection: Connection, from_index: int, limit: int) -> list[KeptEntry]:
    """The next entries that stay for a legal hold; one without a leaf is gone all the same."""
    return await KEPT.all(connection, from_index, limit)


async def data_keys(connection: Connection, borrowers: Sequence[UUID]) -> dict[UUID, bytes]:
    """The wrapped keys of those of these borrowers who were not erased."""
    return {row.borrower_id: row.data_key for row in await DATA_KEYS.all(connection, list(borrowers))}
