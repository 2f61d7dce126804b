"""What comes out of the store has a type: every statement, prepared on a real server, returns the columns
that its row names."""

from __future__ import annotations

import ast
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg

from service.store.query import Query
from tests.architecture.test_hot_queries import modules_of_store, statements

TYPES: Mapping[str, object] = {
    "uuid": UUID, "text": str, "varchar": str, "name": str, "bytea": bytes, "timestamptz": datetime,
    "date": date, "interval": timedelta, "int2": int,
    "int4": int, "int8": int, "xid8": int, "bool": bool, "float8": float, "jsonb": Any,
    "text[]": Sequence[str], "bytea[]": Sequence[bytes],
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


async def test_a_statement_that_returns_rows_has_a_type_for_them(database_url: str) -> None:
    """A bare string returns one column at the most, which its function names; fragments of statements are no
    statements."""
    connection = await asyncpg.connect(database_url)
    untyped: list[str] = []
    for name, text in statements().items():
        if name in queries():
            continue
        try:
            attributes = (await connection.prepare(text)).get_attributes()
        except asyncpg.PostgresSyntaxError:
            assert name in FRAGMENTS, name
            continue
        if len(attributes) > 1:
            untyped.append(name)
    await connection.close()
    assert [] == untyped


FRAGMENTS = {"backlog.CREDITORS", "backlog.LANES", "queue.CREDITORS", "log_entries.LIST"}
"""Parts of which statements are made, and the one that gets its conditions when it is asked."""

SQL = re.compile(
    r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE|CREATE TABLE)\b.*\b(?:FROM|VALUES|SET|\()",
    re.DOTALL,
)


def test_sql_stands_in_the_store_alone(modules: dict[str, ast.Module]) -> None:
    """No other module has a statement in a string, nor speaks to a connection."""
    found = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        if not name.startswith("service/store/")
        for node in ast.walk(module)
        if (isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value.strip()))
        or (
            isinstance(node, ast.Attribute)
            and node.attr in {"fetchrow", "fetchval", "executemany", "copy_records_to_table"}
        )
        or (
            isinstance(node, ast.Attribute)
            and node.attr in {"fetch", "execute"}
            and ast.unparse(node.value) == "connection"
        )
    ]
    assert [] == found


def test_no_record_of_the_driver_leaves_the_store(modules: dict[str, ast.Module]) -> None:
    """Rows are values with fields: nobody above the store knows columns by their names in strings, or the
    driver's type."""
    found = [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        if name.startswith("service/") and not name.startswith("service/store/")
        for node in ast.walk(module)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "row"
        and isinstance(node.slice, ast.Constant)
    ]
    assert [] == found


def test_nobody_but_the_judge_asks_the_engine(modules: dict[str, ast.Module]) -> None:
    """`policies.decide.decide` in the one judge, and the policies that bind in the catalogue that it asks."""
    places: dict[str, set[str]] = {"policies.decide": set(), "policies.binding": set()}
    for name, module in modules.items():
        for node in ast.walk(module):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module in places
                and name.startswith(("service/", "channels/"))
            ):
                wanted = {alias.name for alias in node.names} & {"decide", "binding"}
                if wanted:
                    places[node.module].add(name)
    assert {"service/dispatch/decide/judge.py"} == places["policies.decide"]
    assert {"service/dispatch/runtime/in_force.py"} == places["policies.binding"]
