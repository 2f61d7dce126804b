"""SQL about quotas: how many hand-overs at a time each worker may have under way with a provider. By the
database's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection
from service.store.own_names import own_key
from service.store.query import Query

LOCK = 0x464F5253
"""Advisory lock: one worker at a time divides."""
DIVIDE = f"SELECT pg_advisory_xact_lock({own_key('$1::bigint')})"


class WorkerQuota(NamedTuple):
    """What one worker holds of one lane."""

    lane: str
    worker: UUID
    held: int
    silent: bool
    steady: bool


ROWS = Query(
    WorkerQuota,
    """
SELECT lane, worker, held, beat_at < clock_timestamp() - $2::interval AS silent,
    steady_since <= clock_timestamp() - $2::interval AS steady
FROM worker_shares WHERE lane = ANY($1::text[]) ORDER BY lane, joined_at, worker
""",
)

DROP = "DELETE FROM worker_shares WHERE (lane, worker) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))"

BEAT = """
INSERT INTO worker_shares (lane, worker, held, joined_at, beat_at, steady_since)
SELECT u.lane, $1, u.held, t.at, t.at,
    CASE WHEN b.beat_at >= t.at - $4::interval THEN b.steady_since ELSE t.at END
FROM unnest($2::text[], $3::int[]) AS u (lane, held) CROSS JOIN (SELECT clock_timestamp() AS at OFFSET 0) t
LEFT JOIN worker_shares b ON b.lane = u.lane AND b.worker = $1
ON CONFLICT (lane, worker) DO UPDATE
SET held = EXCLUDED.held, beat_at = EXCLUDED.beat_at, steady_since = EXCLUDED.steady_since
"""

LEAVE = "DELETE FROM worker_shares WHERE worker = $1"

LIVING = "SELECT count(DISTINCT worker) FROM worker_shares WHERE beat_at >= clock_timestamp() - $1::interval"


async def living(connection: Connection, lapse: timedelta) -> int:
    """How many workers have beaten lately."""
    count: int = await connection.fetchval(LIVING, lapse)
    return count


async def lock(connection: Connection) -> None:
    """Divide alone, to the end of the transaction."""
    await connection.execute(DIVIDE, LOCK)


async def read(connection: Connection, lanes: Sequence[str], lapse: timedelta) -> list[WorkerQuota]:
    """What each worker holds of these lanes, by lane, whoever joined first at the head."""
    return await ROWS.all(connection, list(lanes), lapse)


async def drop(connection: Connection, keys: Sequence[tuple[str, UUID]]) -> None:
    """Take back what these workers hold, by lane and worker."""
    await connection.execute(DROP, [lane for lane, _ in keys], [worker for _, worker in keys])


async def beat(connection: Connection, worker: UUID, held: Mapping[str, int], lapse: timedelta) -> None:
    """Say that a worker lives, and how much it holds of each lane."""
    lanes = sorted(held)
    await connection.execute(BEAT, worker, lanes, [held[lane] for lane in lanes], lapse)


async def leave(connection: Connection, worker: UUID) -> None:
    """Give back everything that a worker holds."""
    await connection.execute(LEAVE, worker)
