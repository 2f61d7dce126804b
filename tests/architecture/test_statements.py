"""What comes out of the store has a type: every statement, prepared on a real server, returns the columns that its row names."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg

from service.store.query import Query
from tests.architecture.test_hot_queries import modules_of_store

TYPES: Mapping[str, object] = {
    "uuid": UUID, "text": str, "varchar": str, "name": str, "bytea": bytes, "timestamptz": datetime, "interval": timedelta, "int2": int,
    "int4": int, "int8": int, "xid8": int, "bool": bool, "float8": float, "jsonb": Any, "text[]": Sequence[str], "bytea[]": Sequence[bytes],
    "int8[]": Sequence[int], "uuid[]": Sequence[UUID], "timestamptz[]": Sequence[datetime],
}  # fmt: skip
"""PostgreSQL's types, and what the driver makes of them."""


def queries() -> dict[str, Query[Any]]:
    """Every statement of the store that has a row type."""
    return {
        f"{module.__name__.rsplit('.', 1)[-1]}.{name}": value
        for module in modules_of_store()
        for name, value in vars(module).items()
        if isinstance(value, Query)
    }


def base_of(hint: object) -> object:
    """A field's type without None."""
    if get_origin(hint) in {typing.Union, types.UnionType}:
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


async def test_every_row_type_names_the_columns_of_its_statement(database_url: str) -> None:
    """Names, order and types; a misspelt column cannot be written any more, since rows are read by field."""
    connection = await asyncpg.connect(database_url)
    wrong: list[str] = []
    for name, query in queries().items():
        attributes = (await connection.prepare(query.sql)).get_attributes()
        hints = get_type_hints(query.row)
        if [one.name for one in attributes] != list(query.row._fields):
            wrong.append(f"{name}: {[one.name for one in attributes]} and not {query.row._fields}")
        wrong += [
            f"{name}.{one.name}: {one.type.name} and not {hints.get(one.name)}"
            for one in attributes
            if TYPES[one.type.name] != base_of(hints.get(one.name))
        ]
    await connection.close()
    assert [] == wrong
