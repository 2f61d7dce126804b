"""SQL about what happened by the hour: decisions by the rule that decided, hand-overs by their outcome; and
how providers are.

Each is counted as its entry of the log is written, under that entry's instant, and `activity` lists those
entries. Counted by workers and added every few seconds: a worker that is killed loses what it counted since.
The log has every one of them."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from service.store.database import Connection
from service.store.query import Query


class Tally(NamedTuple):
    """What is counted: the hour, the channel, what happened, and the rule or provider that it came from."""

    hour: datetime
    channel: str
    what: str
    because: str


HANDED_OVER: Mapping[str, str] = MappingProxyType({"accepted": "handed_over", "unknown": "unknown"})
"""Outcomes of hand-overs by the word under which they are counted; every other one is `failed`."""
HELD = "held"
"""A delivery that came to a person without a verdict that holds it."""


def hour_of(at: datetime) -> datetime:
    """The hour in which something is counted."""
    return at.replace(minute=0, second=0, microsecond=0)


ADD = """
INSERT INTO tallies AS t (hour, channel, what, because, number)
SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (hour, channel, what, because) DO UPDATE SET number = t.number + EXCLUDED.number
"""


class Counted(NamedTuple):
    """How often something happened in an hour, whatever it came from."""

    hour: datetime
    channel: str
    what: str
    number: int


BY_HOUR = Query(
    Counted,
    """
SELECT hour, channel, what, sum(number)::bigint AS number FROM tallies
WHERE hour >= $1 AND hour < $2 GROUP BY hour, channel, what ORDER BY hour
""",
)


class Cause(NamedTuple):
    """How often a rule, or a provider, was what it came from."""

    what: str
    channel: str
    because: str
    number: int


BY_PROVIDER = Query(
    Cause,
    """
SELECT what, channel, because, sum(number)::bigint AS number FROM tallies
WHERE hour >= $1 AND hour < $2 AND what = ANY('{handed_over,failed,unknown}')
GROUP BY what, channel, because
""",
)

CAUSES = Query(
    Cause,
    """
SELECT what, channel, because, sum(number)::bigint AS number FROM tallies
WHERE hour >= $1 AND hour < $2 AND because <> '' GROUP BY what, channel, because
ORDER BY number DESC, because LIMIT $3
""",
)

FORGET = "DELETE FROM tallies WHERE hour < $1"


class Health(NamedTuple):
    """How a provider is, as one worker sees it."""

    channel: str
    adapter: str
    worker: str
    is_stopped: bool
    answered_at: datetime | None
    error: str | None
    error_at: datetime | None
    seen_at: datetime
    rate_per_second: float | None = None
    """How many hand-overs a second the settings allow, all workers of a cell together; None for no limit."""


SEE = """
INSERT INTO provider_health (channel, adapter, worker, is_stopped, answered_at, error, error_at, seen_at,
    rate_per_second)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::double precision[])
ON CONFLICT (channel, adapter, worker) DO UPDATE
SET is_stopped = EXCLUDED.is_stopped, answered_at = EXCLUDED.answered_at, error = EXCLUDED.error,
    error_at = EXCLUDED.error_at,
    seen_at = EXCLUDED.seen_at, rate_per_second = EXCLUDED.rate_per_second
"""

HEALTH = Query(
    Health,
    """
SELECT channel, adapter, worker, is_stopped, answered_at, error, error_at, seen_at, rate_per_second
FROM provider_health
WHERE seen_at >= $1 ORDER BY channel, adapter, worker
""",
)

FORGET_HEALTH = "DELETE FROM provider_health WHERE seen_at < $1"


async def add(connection: Connection, counts: Mapping[Tally, int]) -> None:
    """Add what was counted, in one order, so that two workers never wait for each other."""
    keys = sorted(counts)
    if keys:
        columns = zip(*keys, strict=True)
        await connection.execute(ADD, *map(list, columns), [counts[key] for key in keys])


async def by_hour(connection: Connection, since: datetime, until: datetime) -> list[Counted]:
    """What happened by hour and channel, oldest first."""
    return await BY_HOUR.all(connection, since, until)


async def causes(connection: Connection, since: datetime, until: datetime, limit: int) -> list[Cause]:
    """What it came from, the most frequent first."""
    return await CAUSES.all(connection, since, until, limit)


async def by_provider(connection: Connection, since: datetime, until: datetime) -> list[Cause]:
    """What came of hand-overs by channel and provider."""
    return await BY_PROVIDER.all(connection, since, until)


async def note_held(connection: Connection, channels: Iterable[str], at: datetime) -> None:
    """Count deliveries that come to a person elsewhere than by a claim, in the transaction that holds
    them."""
    await add(connection, collections.Counter(Tally(hour_of(at), channel, HELD, "") for channel in channels))


async def see(connection: Connection, rows: Sequence[Health]) -> None:
    """Write down how providers are."""
    if rows:
        ordered = sorted(rows, key=lambda one: one[:3])
        await connection.execute(SEE, *map(list, zip(*ordered, strict=True)))


async def health(connection: Connection, since: datetime) -> list[Health]:
    """How providers are, as each worker that was there since then saw it last."""
    return await HEALTH.all(connection, since)


async def forget(connection: Connection, before: datetime, gone: datetime) -> None:
    """Drop hours that are too old to be asked about, and workers that have not been there since `gone`."""
    await connection.execute(FORGET, before)
    await connection.execute(FORGET_HEALTH, gone)
