"""Rows for COPY in its binary form (PostgreSQL, COPY, "Binary Format"), packed here: each function is named
after a type of the database and gives a field of it, its length included.

The driver looks up a codec for every value, and an accepted notice has fifty of them. What recurs from row to
row (the instants of one group, words such as a category) is packed once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from uuid import UUID

import asyncpg

from service.store.copies import Rows, copy_all
from service.store.database import Connection

NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_TEXT_OID = 25

_length = Struct(">i").pack
_two_bytes = Struct(">ih").pack
_four_bytes = Struct(">ii").pack
_eight_bytes = Struct(">iq").pack
_uuid = Struct(">i16s").pack
_numbered = Struct(">i16siq").pack
_interval = Struct(">iqii").pack
_array = Struct(">iiiii").pack
_empty_array = Struct(">iii").pack


RowExists = asyncpg.UniqueViolationError
"""A row of this key is in the table. The transaction is over."""


async def copy(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[bytes]) -> None:
    """Store `rows`, each the joined fields of `columns`, in order, in the caller's transaction.

    The server refuses a row with other fields than these. Raises RowExists."""
    await copy_all(connection, [Rows(table, tuple(columns), rows)])


def text(value: str | None) -> bytes:
    """A text."""
    if value is None:
        return NULL
    raw = value.encode()
    return _length(len(raw)) + raw


@lru_cache(maxsize=4096)
def word(value: str | None) -> bytes:
    """A text that recurs; never one about a person."""
    return text(value)


def bytea(value: bytes | None) -> bytes:
    """Bytes; also a text in UTF-8."""
    return NULL if value is None else _length(len(value)) + value


def uuid(value: UUID) -> bytes:
    """A UUID."""
    return _uuid(16, value.bytes)


def numbered(borrower: UUID, number: int) -> bytes:
    """Two fields, a UUID and a bigint: the key of a notice."""
    return _numbered(16, borrower.bytes, 8, number)


def boolean(value: bool) -> bytes:
    """Yes or no."""
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def smallint(value: int) -> bytes:
    """A number of two bytes."""
    return _two_bytes(2, value)


def integer(value: int) -> bytes:
    """A number of four bytes."""
    return _four_bytes(4, value)


def bigint(value: int | None) -> bytes:
    """A number of eight bytes."""
    return NULL if value is None else _eight_bytes(8, value)


@lru_cache(maxsize=4096)
def timestamptz(value: datetime | None) -> bytes:
    """An instant: microseconds since 2000."""
    return NULL if value is None else _eight_bytes(8, (value - _EPOCH) // _MICROSECOND)


@lru_cache(maxsize=256)
def interval(value: timedelta) -> bytes:
    """A span of time; days are kept apart from what is less than one."""
    return _interval(16, value % _DAY // _MICROSECOND, value // _DAY, 0)


@lru_cache(maxsize=4096)
def texts(value: tuple[str, ...] | None) -> bytes:
    """An array of texts that recur."""
    if value is None:
        return NULL
    if not value:
        return bytea(_empty_array(0, 0, _TEXT_OID))
    return bytea(_array(1, 0, _TEXT_OID, len(value), 1) + b"".join(map(text, value)))
