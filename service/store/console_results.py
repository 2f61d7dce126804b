"""SQL about results that are looked at again: what a simulation or a run of cases found, encrypted, for a
while."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query

KEEP = "INSERT INTO console_results (result_id, subject, made_at, encrypted) VALUES ($1, $2, $3, $4)"


class Result(NamedTuple):
    """A result, as it is kept."""

    made_at: datetime
    encrypted: bytes


FIND = Query(Result, "SELECT made_at, encrypted FROM console_results WHERE result_id = $1 AND subject = $2")

FORGET = "DELETE FROM console_results WHERE made_at < $1"


async def keep(connection: Connection, result_id: str, subject: str, at: datetime, encrypted: bytes) -> None:
    """Keep a result."""
    await connection.execute(KEEP, result_id, subject, at, encrypted)


async def find(connection: Connection, result_id: str, subject: str) -> Result | None:
    """A result about a subject; None where there is none, or it was forgotten."""
    return await FIND.first(connection, result_id, subject)


async def forget(connection: Connection, before: datetime) -> None:
    """Drop what is old."""
    await connection.execute(FORGET, before)
