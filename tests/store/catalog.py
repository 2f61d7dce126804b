"""What a schema asks of whoever reads and writes it, and whether a later one asks no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import asyncpg
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.store.migrate import config_on, in_steps

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> ''
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
  AND k.contype IN ('c', 'f', 'p', 'u', 'x')
"""
UNIQUE = """
SELECT t.relname, regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+ ON', 'INDEX ON')
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
  AND i.indisunique AND NOT i.indisprimary
"""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables with their columns, and what rows must keep to."""

    columns: dict[tuple[str, str], tuple[str, bool, bool]] = field(default_factory=dict)
    """By table and column: the type, whether a value is required, whether it comes by itself."""
    demands: frozenset[tuple[str, str]] = frozenset()
    """Constraints and unique indexes, by table."""

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


async def catalog(url: str) -> Catalog:
    """What a database has now."""
    connection = await asyncpg.connect(url)
    try:
        columns = {(row[0], row[1]): tuple(row)[2:] for row in await connection.fetch(COLUMNS)}
        demands = [tuple(row) for sql in (CONSTRAINTS, UNIQUE) for row in await connection.fetch(sql)]
    finally:
        await connection.close()
    return Catalog(columns, frozenset(demands))


def objections(before: Catalog, after: Catalog) -> list[str]:
    """Why a process that knows `before` cannot go on working on `after`; nothing where it can."""
    found = [f"{table}.{name} is gone" for table, name in before.columns.keys() - after.columns.keys()]
    for (table, name), (kind, required, given) in after.columns.items():
        if table not in before.tables:
            continue
        old = before.columns.get((table, name))
        if old is None:
            if required and not given:
                found.append(f"{table}.{name} is required of who does not know it")
        elif old[:2] != (kind, required):
            found.append(f"{table}.{name} was {old[0]}, is {kind}; required: was {old[1]}, is {required}")
    found += [f"{table}: {text}" for table, text in after.demands - before.demands if table in before.tables]
    return sorted(found)


async def change_to(url: str, revision: str, *, back: bool = False) -> None:
    """Bring a database to a revision, up or down."""

    async def connect() -> asyncpg.Connection[Any]:
        return await asyncpg.connect(url)

    move = command.downgrade if back else command.upgrade
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda one: in_steps(one, lambda: move(config_on(one), revision)))
        await connection.commit()
    await engine.dispose()
