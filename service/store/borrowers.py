"""SQL about borrowers and their addresses. Whoever writes events or decides holds the borrower's row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from service.store.copies import Rows
from service.store.database import Connection
from service.store.pg_copy import bytea, timestamptz, uuid, word
from service.store.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerRow:
    """A borrower as stored: what is personal is encrypted."""

    borrower_id: UUID
    data_key: bytes = field(repr=False)
    """Wrapped."""
    profile_digest: bytes
    encrypted: bytes = field(repr=False)
    language: str
    jurisdiction: str | None
    country: str | None
    time_zone: str | None


class StoredBorrower(NamedTuple):
    """A borrower as stored; what is personal is encrypted, and gone with the key where the borrower was
    erased."""

    borrower_id: UUID
    data_key: bytes | None
    """Wrapped."""
    profile_digest: bytes
    encrypted: bytes | None
    language: str
    jurisdiction: str | None
    country: str | None
    time_zone: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


SELECT_PROFILES = Query(
    StoredBorrower,
    """
SELECT borrower_id, data_key, profile_digest, sealed AS encrypted, language, jurisdiction, country, time_zone,
    revision, created_at,
       updated_at, erased_at
FROM borrowers WHERE borrower_id = ANY($1::uuid[])
""",
)


class Enrolled(NamedTuple):
    """What intake looks at of a stored borrower."""

    borrower_id: UUID
    data_key: bytes | None
    """Wrapped."""
    profile_digest: bytes
    encrypted: bytes | None
    language: str


SELECT_ENROLLED = Query(
    Enrolled,
    "SELECT borrower_id, data_key, profile_digest, sealed AS encrypted, language FROM borrowers "
    "WHERE borrower_id = ANY($1::uuid[])",
)

LOCK = (
    "SELECT borrower_id FROM borrowers WHERE borrower_id = ANY($1::uuid[]) "
    "ORDER BY borrower_id FOR NO KEY UPDATE"
)

INSERT = """
INSERT INTO borrowers (borrower_id, data_key, profile_digest, sealed, language, jurisdiction, country,
    time_zone,
                       created_at, updated_at)
SELECT *, $9, $9 FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::text[],
    $7::text[], $8::text[])
ON CONFLICT (borrower_id) DO NOTHING
RETURNING borrower_id
"""

UPDATE = """
UPDATE borrowers b
SET data_key = u.data_key, profile_digest = u.profile_digest, sealed = u.sealed, language = u.language,
    jurisdiction = u.jurisdiction, country = u.country, time_zone = u.time_zone, updated_at = $9,
        erased_at = NULL,
    revision = b.revision + 1
FROM (SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::text[],
    $7::text[], $8::text[])
      AS u (borrower_id, data_key, profile_digest, sealed, language, jurisdiction, country, time_zone)) u
WHERE b.borrower_id = u.borrower_id
"""

RETIRE_ADDRESSES = """
UPDATE addresses SET current = false WHERE borrower_id = ANY($1::uuid[]) AND current
"""

ADD_ADDRESSES = """
INSERT INTO addresses (borrower_id, channel, digest)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])
ON CONFLICT (borrower_id, channel, digest) DO UPDATE SET current = true
"""


class Counted(NamedTuple):
    """How many events a borrower has."""

    borrower_id: UUID
    events: int


BUMP = Query(
    Counted,
    """
UPDATE borrowers b SET revision = b.revision + 1, events = b.events + u.events
FROM unnest($1::uuid[], $2::int[]) AS u (borrower_id, events) WHERE b.borrower_id = u.borrower_id
RETURNING b.borrower_id, b.events
""",
)

REVOKE = """
UPDATE attempts a SET decided_revision = -1
FROM (SELECT borrower_id, notice_no, channel, number FROM attempts WHERE borrower_id = ANY($1::uuid[])
  AND state = 'reserved'
      ORDER BY borrower_id, notice_no, channel, number FOR NO KEY UPDATE) r
WHERE a.borrower_id = r.borrower_id AND a.notice_no = r.notice_no AND a.channel = r.channel
  AND a.number = r.number
"""
"""In the order in which marks take their attempts. A mark that is being written looks at the revision of its
own snapshot. So the attempts are written too: whoever comes second waits for the first, and what is said to
hold from now on does hold."""

OF_CREDITORS = """
SELECT b.borrower_id FROM borrowers b
WHERE b.borrower_id = ANY($1::uuid[])
  AND (b.enrolled_for && $2::text[]
       OR EXISTS (SELECT 1 FROM notices n WHERE n.borrower_id = b.borrower_id
       AND n.creditor = ANY($2::text[])))
"""

OF_CREDITORS_ALONE = """
SELECT b.borrower_id FROM borrowers b
WHERE b.borrower_id = ANY($1::uuid[]) AND COALESCE(b.enrolled_for <@ $2::text[], true)
  AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.borrower_id = b.borrower_id
  AND n.creditor <> ALL($2::text[]))
"""


EVENTS = Query(
    Counted,
    "SELECT borrower_id, events FROM borrowers WHERE borrower_id = ANY($1::uuid[])",
)

ENROL_FOR = "UPDATE borrowers SET enrolled_for = $2 WHERE borrower_id = $1"

BY_ADDRESS = """
SELECT DISTINCT borrower_id FROM addresses WHERE digest = $1 AND channel = ANY($2::text[])
ORDER BY borrower_id
"""


class Holder(NamedTuple):
    """Who has or had an address."""

    digest: bytes
    borrower_id: UUID


BY_ADDRESSES = Query(
    Holder,
    """
SELECT DISTINCT digest, borrower_id FROM addresses
WHERE digest = ANY($1::bytea[]) AND ($2::text[] IS NULL OR channel = ANY($2::text[])) ORDER BY borrower_id
""",
)


class Address(NamedTuple):
    """An address that a borrower has."""

    borrower_id: UUID
    channel: str
    digest: bytes


CURRENT = Query(
    Address,
    "SELECT borrower_id, channel, digest FROM addresses WHERE borrower_id = ANY($1::uuid[]) "
    "AND current ORDER BY borrower_id, digest",
)


async def profiles(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, StoredBorrower]:
    """The stored rows of these borrowers; unknown ids are left out."""
    return {row.borrower_id: row for row in await SELECT_PROFILES.all(connection, list(set(ids)))}


async def enrolled(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Enrolled]:
    """What intake looks at of these borrowers; unknown ids are left out."""
    return {row.borrower_id: row for row in await SELECT_ENROLLED.all(connection, list(set(ids)))}


async def lock(connection: Connection, ids: Iterable[UUID]) -> set[UUID]:
    """Lock the rows of these borrowers to the end of the transaction, in one order, so that nobody
    deadlocks."""
    return {row["borrower_id"] for row in await connection.fetch(LOCK, sorted(set(ids)))}


async def of_creditors(connection: Connection, ids: Iterable[UUID], creditors: Sequence[str]) -> set[UUID]:
    """Those of these borrowers who have a notice of one of the creditors, or were stored for one."""
    return {
        row["borrower_id"] for row in await connection.fetch(OF_CREDITORS, sorted(set(ids)), list(creditors))
    }


async def event_counts(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many events each of these borrowers has."""
    return {row.borrower_id: row.events for row in await EVENTS.all(connection, list(set(ids)))}


async def of_creditors_alone(
    connection: Connection, ids: Iterable[UUID], creditors: Sequence[str]
) -> set[UUID]:
    """Those of these borrowers who have no notice of any other creditor, and were stored for no other."""
    rows = await connection.fetch(OF_CREDITORS_ALONE, sorted(set(ids)), list(creditors))
    return {row["borrower_id"] for row in rows}


async def enrol_for(connection: Connection, borrower: UUID, creditors: Sequence[str]) -> None:
    """Note for whom a borrower was stored who has no notice yet."""
    await connection.execute(ENROL_FOR, borrower, list(creditors))


async def bump(connection: Connection, added: Mapping[UUID, int]) -> dict[UUID, int]:
    """Mark that facts changed: attempts decided on the old revision are decided again before they dial.
    `added`: how many events each borrower got; returns how many each has now. The caller holds the rows.

    Returns when no mark on the old revision is under way any more."""
    wanted = sorted(added)
    rows = await BUMP.all(connection, wanted, [added[one] for one in wanted])
    await connection.execute(REVOKE, wanted)
    return {row.borrower_id: row.events for row in rows}


def _columns(rows: Sequence[BorrowerRow]) -> tuple[list[object], ...]:
    return (
        [row.borrower_id for row in rows],
        [row.data_key for row in rows],
        [row.profile_digest for row in rows],
        [row.encrypted for row in rows],
        [row.language for row in rows],
        [row.jurisdiction for row in rows],
        [row.country for row in rows],
        [row.time_zone for row in rows],
    )


async def insert(connection: Connection, rows: Sequence[BorrowerRow], at: datetime) -> set[UUID]:
    """Store new borrowers; returns those that were new (another transaction may have been first)."""
    ordered = sorted(rows, key=lambda row: row.borrower_id)
    return {row["borrower_id"] for row in await connection.fetch(INSERT, *_columns(ordered), at)}


NEW_COLUMNS = (
    *("borrower_id", "data_key", "profile_digest", "sealed"),
    *("language", "jurisdiction", "country", "time_zone", "created_at", "updated_at"),
)


def _packed(row: BorrowerRow, now: bytes) -> bytes:
    """The row of a new borrower; `now`: its last two columns."""
    own = (uuid(row.borrower_id), bytea(row.data_key), bytea(row.profile_digest), bytea(row.encrypted))
    place = (word(row.language), word(row.jurisdiction), word(row.country), word(row.time_zone))
    return b"".join((*own, *place, now))


def new_rows(rows: Sequence[BorrowerRow], at: datetime) -> Rows:
    """New borrowers, as they are copied for half of what `insert` costs, on both sides. The copy raises
    RowExists where another transaction was first."""
    now = timestamptz(at) * 2
    ordered = sorted(rows, key=lambda row: row.borrower_id)
    return Rows("borrowers", NEW_COLUMNS, [_packed(row, now) for row in ordered])


def address_rows(addresses: Iterable[tuple[UUID, str, bytes]]) -> Rows:
    """The same for the addresses of new borrowers, which an erasure or a move may have left behind: the copy
    raises RowExists."""
    packed = [
        b"".join((uuid(borrower), word(channel), bytea(digest)))
        for borrower, channel, digest in sorted(addresses)
    ]
    return Rows("addresses", Address._fields, packed)


async def update(connection: Connection, rows: Sequence[BorrowerRow], at: datetime) -> None:
    """Replace the profiles of known borrowers; the caller holds their rows."""
    await connection.execute(UPDATE, *_columns(rows), at)
    await connection.execute(REVOKE, sorted(row.borrower_id for row in rows))


async def set_addresses(
    connection: Connection, changed: Sequence[UUID], addresses: Sequence[tuple[UUID, str, bytes]]
) -> None:
    """Store `addresses` (borrower, channel, digest) as current ones; the borrowers in `changed` keep no
    others."""
    if changed:
        await connection.execute(RETIRE_ADDRESSES, list(changed))
    if addresses:
        ordered = sorted(set(addresses))
        await connection.execute(ADD_ADDRESSES, *(list(column) for column in zip(*ordered, strict=True)))


async def current_addresses(connection: Connection, ids: Iterable[UUID]) -> list[Address]:
    """The addresses that borrowers have now."""
    return await CURRENT.all(connection, sorted(ids))


async def with_address(connection: Connection, digest: bytes, channels: Sequence[str]) -> list[UUID]:
    """The borrowers who have or had an address with this digest on any of these channels."""
    return [row["borrower_id"] for row in await connection.fetch(BY_ADDRESS, digest, list(channels))]


async def with_addresses(
    connection: Connection, digests: Sequence[bytes], channels: Sequence[str] | None
) -> dict[bytes, list[UUID]]:
    """The same for many addresses at once, by digest; without channels on any."""
    found: dict[bytes, list[UUID]] = {}
    for row in await BY_ADDRESSES.all(
        connection, list(digests), None if channels is None else list(channels)
    ):
        found.setdefault(row.digest, []).append(row.borrower_id)
    return found
