"""COPY into several tables with one way to the server and back.

A client may send a query string of several COPY statements together with the data of all of them, each closed
by its CopyDone: the server reads on to the next as it comes to it, and drops what is left where one fails
(PostgreSQL, "Frontend/Backend Protocol", "COPY Operations"). The driver takes one COPY at a time, so that the
frames of those before the last are written to its transport here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_COPY_DONE = b"c\0\0\0\4"
_data_head = Struct(">ci").pack
_LENGTH_BYTES = 4


class Rows(NamedTuple):
    """Packed rows of one table, each the joined fields of `columns`, in order."""

    table: str
    columns: tuple[str, ...]
    packed: Sequence[bytes]


async def copy_all(connection: Any, rows: Sequence[Rows], then: Sequence[str] = ()) -> None:
    """Store rows of some tables in the caller's transaction, and run statements without arguments `then`. The
    server refuses a row with other fields than its table's columns.

    Raises the driver's error of whichever failed; nothing behind it was run. A release of the driver that
    hides its transport is asked table by table."""
    transport, copy_in = getattr(connection, "_transport", None), getattr(connection, "_copy_in", None)
    if not rows or transport is None or copy_in is None:
        for one in rows:
            await connection.copy_to_table(
                one.table, source=memoryview(_body(one)), columns=one.columns, format="binary"
            )
        if then:
            await connection.execute(";".join(then))
        return
    text = ";".join((*(_statement(one.table, one.columns) for one in rows), *then))
    bodies = [_body(one) for one in rows]
    if len(bodies) == 1:
        await copy_in(text, memoryview(bodies[0]), None)
    else:
        await copy_in(text, _last_of(transport, bodies), None)


async def _last_of(transport: Any, bodies: Sequence[bytes]) -> AsyncIterator[bytes]:
    """The last body, which the driver frames and closes itself; those before it are written when it is asked
    for, behind the query."""
    for body in bodies[:-1]:
        transport.write(b"".join((_data_head(b"d", len(body) + _LENGTH_BYTES), body, _COPY_DONE)))
    yield bodies[-1]


@lru_cache(maxsize=64)
def _statement(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'COPY "{table}" ({names}) FROM STDIN (FORMAT binary)'


def _body(rows: Rows) -> bytes:
    """Rows in COPY's binary form."""
    if not rows.packed:
        return _HEAD + _END
    count = len(rows.columns).to_bytes(2, "big")
    return b"".join((_HEAD, count, count.join(rows.packed), _END))
