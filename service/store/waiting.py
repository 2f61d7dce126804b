"""SQL about what waits and for how long: the numbers behind the alarms."""

from __future__ import annotations

from datetime import datetime

from service.store.database import Connection, Row
from service.store.log_sequence import SEALED

SUMMARY = """
SELECT 'overdue' AS state, count(*) AS count, extract(epoch FROM $1 - min(due_at))::float8 AS oldest_seconds
FROM deliveries WHERE state IN ('due', 'deferred') AND due_at <= $1
UNION ALL
SELECT s.state, count(d.state), extract(epoch FROM $1 - min(d.updated_at))::float8
FROM unnest(ARRAY['held', 'unknown']) AS s (state)
LEFT JOIN deliveries d ON d.state = s.state
GROUP BY s.state
"""
OWED = """
SELECT s.state, count(a.state) AS count, extract(epoch FROM $1::timestamptz - min(a.settled_at))::float8 AS oldest_seconds
FROM unnest(ARRAY['accepted', 'held_by_provider']) AS s (state)
LEFT JOIN attempts a ON a.state = s.state AND a.look_up_at IS NOT NULL
GROUP BY s.state
"""
"""What the provider has is counted while a word is owed: an e-mail of which no bounce came stays accepted for good."""


UNSEALED = f"""
SELECT count(*) FROM (SELECT 1 FROM log_entries e
                      WHERE e.transaction_id >= COALESCE((SELECT horizon FROM log_checkpoints ORDER BY size DESC LIMIT 1), '0'::xid8)
                        AND e.entry_id > COALESCE((SELECT upper(span) - 100000 FROM log_sequence ORDER BY first DESC LIMIT 1), 0)
                        AND NOT {SEALED} LIMIT 100000) u
"""
"""What is before the horizon is sealed; beyond it something may be too, where the log came from another cluster."""


async def unsealed(connection: Connection) -> int:
    """How many of the last log entries wait for their seal; counts to 100,000."""
    count: int = await connection.fetchval(UNSEALED)
    return count


async def summary(connection: Connection, at: datetime) -> list[Row]:
    """How many deliveries are overdue, held, unknown or with the provider, and the age of the oldest in seconds."""
    return [*await connection.fetch(SUMMARY, at), *await connection.fetch(OWED, at)]
