"""SQL about pace: the rate that all workers share with a provider, and how punctual hand-overs were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query

BOOK = """
WITH booked AS (
    INSERT INTO rates AS r (name, booked_until) VALUES ($1, now() + $2::interval)
    ON CONFLICT (name) DO UPDATE SET booked_until =
        GREATEST((r.booked_until AT TIME ZONE 'UTC' + $2::interval) AT TIME ZONE 'UTC', EXCLUDED.booked_until)
    RETURNING booked_until
)
SELECT extract(epoch FROM booked_until - $2::interval - now())::float8 FROM booked
"""

COUNT = """
INSERT INTO punctuality AS p (channel, hour, kept, missed)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[])
ON CONFLICT (channel, hour) DO UPDATE SET kept = p.kept + EXCLUDED.kept, missed = p.missed + EXCLUDED.missed
"""


class Punctuality(NamedTuple):
    """Hand-overs of one channel and hour that kept and that missed the promise."""

    channel: str
    hour: datetime
    kept: int
    missed: int


SHARES = Query(
    Punctuality,
    "SELECT channel, hour, kept, missed FROM punctuality WHERE hour >= $1 ORDER BY hour, channel",
)

FORGET = "DELETE FROM punctuality WHERE hour < $1"


async def book(connection: Connection, name: str, *, count: int, per_second: float) -> float:
    """Book `count` hand-overs of a rate that all workers share; returns the seconds to wait before the first
    of them."""
    seconds: float = await connection.fetchval(BOOK, name, timedelta(seconds=count / per_second))
    return max(0.0, seconds)


async def count_punctual(
    connection: Connection, counts: Mapping[tuple[str, datetime], tuple[int, int]]
) -> None:
    """Add hand-overs that kept and that missed the promise, by channel and hour."""
    keys = sorted(counts)
    await connection.execute(
        COUNT,
        [channel for channel, _ in keys],
        [hour for _, hour in keys],
        [counts[key][0] for key in keys],
        [counts[key][1] for key in keys],
    )


async def punctuality(connection: Connection, since: datetime) -> list[Punctuality]:
    """Kept and missed hand-overs by channel and hour, oldest first."""
    return await SHARES.all(connection, since)


async def forget(connection: Connection, before: datetime) -> None:
    """Drop hours that are too old to be asked about."""
    await connection.execute(FORGET, before)
