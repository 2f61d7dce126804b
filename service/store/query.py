"""A statement and the type of its rows: what the database returns is a value with named, typed fields, made
by position.

A test prepares every statement on a real server and compares columns and types with the fields."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from service.store.database import Connection

R = TypeVar("R", bound=tuple[Any, ...])


class Query(Generic[R]):
    """A named statement that returns rows of one type; its fields are the statement's columns, in their
    order."""

    __slots__ = ("row", "sql")

    def __init__(self, row: type[R], sql: str) -> None:
        """`row`: a NamedTuple."""
        self.row = row
        self.sql = sql

    def _row(self, record: Any) -> R:
        return tuple.__new__(self.row, record)

    async def all(self, connection: Connection, *arguments: object) -> list[R]:
        """Every row."""
        return [self._row(record) for record in await connection.fetch(self.sql, *arguments)]

    async def first(self, connection: Connection, *arguments: object) -> R | None:
        """The first row; None where there is none."""
        record = await connection.fetchrow(self.sql, *arguments)
        return None if record is None else self._row(record)

    async def one(self, connection: Connection, *arguments: object) -> R:
        """The one row of a statement that always returns one."""
        return self._row(cast("Any", await connection.fetchrow(self.sql, *arguments)))
