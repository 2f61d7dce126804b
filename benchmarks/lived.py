"""A store that has lived: borrowers, notices, deliveries, attempts and log entries of a quarter, planted by
SQL into a migrated database.

What is written: half as many notices as deliveries (sms and e-mail each), a tenth as many borrowers, an
attempt for four in five deliveries, one log entry for each delivery, which the sequencer's own bookkeeping
then covers. The borrowers have no keys any more, so that nothing need be encrypted. Columns are filled where
the schema has them, so that stores of other revisions can be planted too. Two million deliveries take a
minute or two and three gigabytes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from service.ids import notice_numbers_from
from service.store import log_contents
from service.store.database import open_database

DAYS = 90
CREDITORS = ("first-inclusive-bank", "second-bank", "third-bank", "harbour-credit")
RARE_CREDITOR = "tiny-lender"
"""Has one notice in fifty thousand."""
CHUNK = 100_000

_AT = "$3::timestamptz + $4::interval * g"
"""When the notice `g` was accepted."""
_WHO = "md5('lived' || g % $5::bigint)::uuid"
_NUMBER = "$6::bigint + $7::bigint * g"
_CREDITOR = (
    f"CASE WHEN g % 50000 = 17 THEN '{RARE_CREDITOR}' ELSE ('{{{','.join(CREDITORS)}}}'::text[])[1 "
    f"+ g % 4] END"
)
_MOVED = f"{_AT} + interval '1 minute' * (g % 600)"
_STATE = """CASE WHEN g > $8::bigint THEN (CASE WHEN g % 2 = 0 THEN 'due' ELSE 'deferred' END)
    WHEN c = 'email' THEN (CASE g % 10 WHEN 0 THEN 'undelivered' WHEN 1 THEN 'suppressed' ELSE 'accepted' END)
    ELSE (CASE g % 20 WHEN 0 THEN 'exhausted' WHEN 1 THEN 'suppressed' WHEN 2 THEN 'expired' WHEN 3 THEN
        'undelivered' ELSE 'delivered' END) END"""
"""The last notices wait; none is held, unknown, rejected or cancelled: where nothing matches is where lists
go wrong."""

_NOTICES = {
    "borrower_id": _WHO, "notice_no": _NUMBER, "accepted_at": _AT, "accepted_by": "'planted'",
    "creditor": _CREDITOR,
    "category": "CASE WHEN g % 10 = 0 THEN 'reminder' ELSE 'collection' END",
    "template": "CASE WHEN g % 10 = 0 THEN 'upcoming-payment' ELSE 'overdue-reminder' END",
    "template_version": "0",
    "sender_role": "'original_creditor'", "fan_out": "'all'", "wait": "interval '1 day'",
    "channels": "'{sms,email}'", "debt_id": "'L-' || g",
    "days_past_due": "22", "expires_at": f"{_AT} + interval '120 days'",
    "reference_digest": "decode(md5('ref' || g), 'hex')",
    "sealed": "decode(repeat('00', 150), 'hex')",
}  # fmt: skip
_DELIVERIES = {
    "borrower_id": _WHO, "notice_no": _NUMBER, "channel": "c", "state": _STATE,
    "due_at": f"CASE WHEN g > $8::bigint THEN {_AT} + interval '30 days' END",
    "first_due_at": _AT, "priority": "4", "creditor": _CREDITOR, "expires_at": f"{_AT} + interval '120 days'",
    "updated_at": _MOVED, "attempts": "1",
}  # fmt: skip
_ATTEMPTS = {
    "borrower_id": _WHO, "notice_no": _NUMBER, "channel": "c", "number": "1", "medium": "c",
    "state": "'delivered'", "outcome": "'delivered'",
    "at": _MOVED, "reserved_at": _MOVED, "dialed_at": _MOVED, "settled_at": _MOVED, "lease_token": "1",
    "decided_revision": "1", "adapter": "'instant'",
    "provider_ref": "md5(c || g)", "address_digest": "decode(md5('address' || g % $5::bigint), 'hex')",
    "body_digest": "decode(md5('body' || g), 'hex')",
    "debt_id": "'L-' || g", "creditor": _CREDITOR, "category": "'collection'",
}  # fmt: skip
_ENTRIES = {
    "borrower_id": _WHO, "at": _MOVED,
    "kind": "CASE WHEN c = 'sms' THEN 'decision' WHEN g % 3 = 0 THEN 'notice.accepted' ELSE "
            "'attempt.settled' END",
    "actor": "CASE WHEN c = 'email' AND g % 3 = 0 THEN 'core-' || g % 3 ELSE 'worker' END",
    "notice_no": _NUMBER, "channel": "c",
    "verdict": "CASE WHEN c = 'sms' THEN (CASE WHEN g % 5 = 0 THEN 'defer' ELSE 'allow' END) END",
    "policies": "CASE WHEN c = 'sms' THEN ARRAY['us-reg-f@1', 'us-' || g % 40 || '@1', 'house-strict@1'] END",
    "leaf": "'{\"borrower\":\"' || md5('lived' || g) || '\",\"kind\":\"planted\",\"at\":' || g || '}'",
}  # fmt: skip
_BOTH = "generate_series($1::bigint, $2::bigint) g CROSS JOIN unnest(ARRAY['sms', 'email']) c"
TABLES: dict[str, tuple[dict[str, str], str]] = {
    "notices": (_NOTICES, "generate_series($1::bigint, $2::bigint) g"),
    "deliveries": (_DELIVERIES, _BOTH),
    "attempts": (_ATTEMPTS, f"{_BOTH} WHERE g % 5 > 0"),
    "log_entries": (_ENTRIES, f"{_BOTH} ORDER BY g"),
}
BORROWERS = """
INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at, erased_at)
SELECT md5('lived' || g)::uuid, '', 'en', now(), now(), now() FROM generate_series(0, $1::bigint - 1) g
"""
SEALED = """
INSERT INTO log_sequence (first, entries, span)
SELECT min(place), array_agg(entry_id ORDER BY place), int8range(min(entry_id), max(entry_id), '[]')
FROM (SELECT entry_id, row_number() OVER (ORDER BY entry_id) - 1 AS place FROM log_entries) e
    GROUP BY place / 256
"""
_CHECKPOINTS = {
    "size": "(SELECT count(*) FROM log_entries)", "root": "'\\x00'", "note": "'planted'",
    "horizon": "pg_snapshot_xmin(pg_current_snapshot())",
    "system_id": "(SELECT system_identifier::text FROM pg_control_system())",
}  # fmt: skip


async def _statement(connection: asyncpg.Connection, table: str, values: dict[str, str], source: str) -> str:
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
    )
    used = {name: value for name, value in values.items() if name in {row[0] for row in rows}}
    every = (
        "$1::bigint, $2::bigint, $3::timestamptz, $4::interval, $5::bigint, $6::bigint, $7::bigint, "
        "$8::bigint"
    )
    knows = f"WITH given AS (SELECT {every})"  # so that each argument has its type, used or not
    return f"{knows} INSERT INTO {table} ({', '.join(used)}) SELECT {', '.join(used.values())} FROM {source}"


async def plant(url: str, deliveries: int) -> None:
    """Fill an empty, migrated database, and take its statistics."""
    connection = await asyncpg.connect(url, timeout=60)
    try:
        notices, begins = deliveries // 2, datetime.now(UTC) - timedelta(days=DAYS)
        step = timedelta(days=DAYS) / notices
        first = notice_numbers_from(begins)
        numbers = (notice_numbers_from(begins + timedelta(days=DAYS)) - first) // notices
        borrowers, waiting_from = deliveries // 10, notices - min(20_000, notices // 20)
        arguments: tuple[Any, ...] = (begins, step, borrowers, first, numbers, waiting_from)
        await connection.execute(BORROWERS, borrowers)
        for table, (values, source) in TABLES.items():
            text = await _statement(connection, table, values, source)
            for start in range(1, notices + 1, CHUNK):
                await connection.execute(
                    text, start, min(notices, start + CHUNK - 1), *arguments, timeout=600
                )
        await connection.execute(SEALED, timeout=600)
        if await connection.fetchval("SELECT to_regclass('log_pending')") is not None:
            await connection.execute("TRUNCATE log_pending")
        checkpoint = await _statement(connection, "log_checkpoints", _CHECKPOINTS, "(SELECT) one")
        await connection.execute(checkpoint, None, None, *arguments)
        await connection.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await connection.close()


async def note(url: str) -> None:
    """Let the log's contents be noted, as the sequencer does."""
    store = await open_database(url, connections=1)
    try:
        noted = 1
        while noted:
            async with store.transaction() as connection:
                noted = await log_contents.note(connection, CHUNK)
    finally:
        await store.close()


def planted(url: str, deliveries: int) -> None:
    """The same, for those who have no loop."""
    asyncio.run(plant(url, deliveries))
    asyncio.run(note(url))
