"""Rows that we pack ourselves against the driver: what goes in by COPY comes out of the database as it
was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.ids import EPOCH, new_notice_numbers
from service.store import pg_copy
from service.store.copies import Rows, copy_all
from service.store.pg_copy import (
    RowExists,
    bigint,
    bytea,
    integer,
    interval,
    numbered,
    smallint,
    text,
    texts,
    timestamptz,
    uuid,
    word,
)

FIELDS = {
    "a": ("uuid", uuid),
    "b": ("text", text),
    "c": ("text", word),
    "d": ("bytea", bytea),
    "e": ("smallint", smallint),
    "f": ("integer", integer),
    "g": ("bigint", bigint),
    "h": ("timestamptz", timestamptz),
    "i": ("interval", interval),
    "j": ("text[]", texts),
}
ROWS = [
    (UUID(int=7), "", "sms", b"", 0, 0, 0, datetime(2000, 1, 1, tzinfo=UTC), timedelta(), ()),
    (
        UUID(int=2**128 - 1),
        'a\ttab, a \\N, a "quote", 中文, \U0001f512',
        "collection",
        b"\x00\xff\n",
        -(2**15),
        -(2**31),
        -(2**63),
        datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        timedelta(days=-3, microseconds=1),
        ("sms", "email", ""),
    ),
    (
        UUID(int=1),
        None,
        None,
        None,
        2**15 - 1,
        2**31 - 1,
        None,
        None,
        timedelta(hours=49, microseconds=999_999),
        None,
    ),
]


async def test_every_type_comes_back_as_it_was_packed(api: Any) -> None:
    """Also empty, missing, negative and extreme values, and texts that would break another form of COPY."""
    async with api.runtime.database.transaction() as connection:
        await connection.execute(
            f"CREATE TEMP TABLE packed ({', '.join(f'{name} {kind}' for name, (kind, _) in FIELDS.items())})"
        )
        packed = [
            b"".join(pack(value) for (_, pack), value in zip(FIELDS.values(), row, strict=True))  # type: ignore[operator]
            for row in ROWS
        ]  # type: ignore[operator]
        await pg_copy.copy(connection, "packed", tuple(FIELDS), packed)
        await pg_copy.copy(connection, "packed", tuple(FIELDS), [])
        found = await connection.fetch("SELECT * FROM packed")
    assert ROWS == [
        tuple(tuple(value) if isinstance(value, list) else value for value in row) for row in found
    ]


LETTERS, DIGITS = (Rows("letters", ("a",), [text("x"), text("y")]), Rows("digits", ("a",), [integer(1)]))


async def _tables(connection: Any) -> None:
    await connection.execute("CREATE TEMP TABLE letters (a text PRIMARY KEY)")
    await connection.execute("CREATE TEMP TABLE digits (a int PRIMARY KEY)")


async def _stored(connection: Any) -> list[list[Any]]:
    return [
        [row["a"] for row in await connection.fetch(f"SELECT a FROM {table} ORDER BY a")]
        for table in ("letters", "digits")
    ]


class _Hidden:
    """A connection that shows what the driver documents and no more."""

    def __init__(self, connection: Any) -> None:
        self.execute, self.copy_to_table = connection.execute, connection.copy_to_table


@pytest.mark.parametrize("hidden", [False, True])
async def test_several_tables_are_copied_at_once(api: Any, hidden: bool) -> None:
    """In their order, an empty one too, and a statement behind them sees them all; also where the driver
    hides its transport."""
    async with api.runtime.database.connection() as connection:
        await _tables(connection)
        asked = _Hidden(connection) if hidden else connection
        none = Rows("digits", ("a",), [])
        await copy_all(
            asked, [LETTERS, none, DIGITS], ["UPDATE digits SET a = (SELECT count(*) FROM letters)"]
        )
        await copy_all(asked, [], ["DELETE FROM letters WHERE a = 'x'"])
        await copy_all(asked, [])
        assert [["y"], [2]] == await _stored(connection)
        await connection.execute("DROP TABLE letters, digits")


@pytest.mark.parametrize("twice", [LETTERS, DIGITS])
async def test_a_row_that_is_there_ends_the_whole_copy(api: Any, twice: Rows) -> None:
    """Whichever table it is in: the frames that are still on their way are dropped, and the connection is as
    good as before."""
    async with api.runtime.database.connection() as connection:
        await _tables(connection)
        await copy_all(connection, [twice])
        before = await _stored(connection)
        await connection.execute("BEGIN")
        with pytest.raises(RowExists):
            await copy_all(connection, [LETTERS, DIGITS], ["COMMIT"])
        await connection.execute("ROLLBACK")
        assert before == await _stored(connection)
        assert 1 == await connection.fetchval("SELECT 1")
        await connection.execute("DROP TABLE letters, digits")


@given(some.integers(0, 2**128 - 1), some.integers(0, 2**63 - 1))
def test_a_notice_s_key_is_its_two_fields(borrower: int, number: int) -> None:
    """Packed at once or one by one."""
    assert uuid(UUID(int=borrower)) + bigint(number) == numbered(UUID(int=borrower), number)


@given(some.integers(1, 1000), some.timedeltas(timedelta(days=1), timedelta(days=40_000)))
def test_the_numbers_of_a_batch_differ_and_keep_their_order(count: int, since: timedelta) -> None:
    """However many notices of one borrower are accepted at one instant; whatever is accepted later has a
    larger number."""
    at = EPOCH + since
    numbers = list(new_notice_numbers(at, count))
    assert count == len(set(numbers))
    assert numbers == sorted(numbers)
    assert numbers[-1] < new_notice_numbers(at + timedelta(milliseconds=1), 1)[0]
