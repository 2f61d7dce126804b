"""A store with a past, and borrowers with one: written by SQL into a build's own tables, whatever columns
they have by now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

BORROWERS = 20_000
EACH = 10
"""Settled deliveries of each borrower of the past."""
EVENTS = 10_000
"""Events of a borrower with a long history."""

_ID = "md5('past' || b)::uuid"
_AT = "now() - interval '40 days' - interval '1 hour' * (b % 500) - interval '30 days' * n"
_CONTACT = {
    "borrower_id": _ID,
    "notice_no": "n",
    "channel": "'sms'",
    "number": "1",
    "state": "'delivered'",
    "outcome": "'delivered'",
    "at": _AT,
    "reserved_at": _AT,
    "dialed_at": _AT,
    "settled_at": _AT,
    "lease_token": "1",
    "decided_revision": "1",
    "adapter": "'instant'",
    "provider_ref": "md5(b::text || n)",
    "address_digest": "decode(md5('address' || b), 'hex')",
    "body_digest": "decode(md5('body' || b), 'hex')",
    "debt_id": "'L-' || b",
    "account_id": "'A-' || b",
    "creditor": "'first-inclusive-bank'",
    "category": "'collection'",
    "content_class": "NULL",
    "medium": "'sms'",
}
_PAST: dict[str, dict[str, str]] = {
    "borrowers": {
        "borrower_id": _ID,
        "profile_digest": "''",
        "language": "'en'",
        "created_at": "now()",
        "updated_at": "now()",
        "sealed": "decode(repeat('00', 300), 'hex')",
        "data_key": "decode(repeat('00', 60), 'hex')",
    },
    "notices": {
        "borrower_id": _ID,
        "notice_no": "n",
        "accepted_at": _AT,
        "accepted_by": "'past'",
        "creditor": "'first-inclusive-bank'",
        "category": "'collection'",
        "template": "'overdue-reminder'",
        "template_version": "0",
        "sender_role": "'original_creditor'",
        "fan_out": "'all'",
        "wait": "interval '1 day'",
        "channels": "'{sms}'",
        "debt_id": "'L-' || b",
        "days_past_due": "22",
        "expires_at": _AT,
        "sealed": "decode(repeat('00', 300), 'hex')",
    },
    "deliveries": {
        "borrower_id": _ID,
        "notice_no": "n",
        "channel": "'sms'",
        "state": "'delivered'",
        "first_due_at": _AT,
        "priority": "4",
        "creditor": "'first-inclusive-bank'",
        "expires_at": _AT,
        "updated_at": _AT,
        "attempts": "1",
    },
    "attempts": _CONTACT,
}
_EVENT = {
    "event_id": "'reported' || n",
    "type": "'contact'",
    "at": "now() - interval '40 days' - interval '4 hours' * n",
    "learned_at": "now()",
    "channel": "'voice'",
    "outcome": "'rang_no_answer'",
    "document": """jsonb_build_object('creditor', 'first-inclusive-bank',
        'debt_ids', jsonb_build_array('L-' || n), 'ref', 'call-' || n)""",
}


def _insert(connection: psycopg.Connection, table: str, values: dict[str, str], source: str) -> None:
    """Fill those columns that the table has in this build."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
        (table,),
    ).fetchall()
    there = {row[0] for row in rows}
    used = {name: value for name, value in values.items() if name in there}
    connection.execute(
        f"INSERT INTO {table} ({', '.join(used)}) SELECT {', '.join(used.values())} FROM {source}"
    )  # type: ignore[call-overload]


def live(connection: psycopg.Connection, borrowers: int = BORROWERS) -> None:
    """Give a store a past: settled deliveries, whose outcomes are counted by now, and statistics taken in a
    quiet time."""
    for table, values in _PAST.items():
        numbers = "" if table == "borrowers" else f", generate_series(1, {EACH}) n"
        _insert(connection, table, values, f"generate_series(1, {borrowers}) b{numbers}")
    if connection.execute("SELECT to_regclass('outcome_progress')").fetchone() != (None,):
        connection.execute("INSERT INTO outcome_progress VALUES (true, now()) ON CONFLICT DO NOTHING")
    connection.execute("VACUUM ANALYZE")


def _of(due_at: datetime) -> str:
    return f"(SELECT borrower_id AS who FROM deliveries WHERE due_at = '{due_at.isoformat()}') d"


def contacts(connection: psycopg.Connection, due_at: datetime, each: int) -> None:
    """Earlier contacts of those whose delivery is due then: 8 to 28 days old, so that no cap is reached and
    all are looked at."""
    values: dict[str, Any] = _CONTACT | dict.fromkeys(
        ("at", "reserved_at", "dialed_at", "settled_at"),
        f"now() - interval '8 days' - interval '20 days' * n / {each}",
    )
    values |= {"borrower_id": "who", "debt_id": "'L'", "account_id": "'A'",
    "provider_ref": "md5(who::text || n)",
               "address_digest": "decode(md5(who::text), 'hex')",
               "body_digest": "decode(md5(who::text), 'hex')"}  # fmt: skip
    _insert(connection, "attempts", values, f"{_of(due_at)}, generate_series(1, {each}) n")


def events(connection: psycopg.Connection, due_at: datetime, each: int = EVENTS) -> None:
    """So many reported contacts of those whose delivery is due then, over the years, each about another debt.
    What a build notes of events as it records them, `COMPACT` does afterwards."""
    _insert(
        connection, "events", _EVENT | {"borrower_id": "who"}, f"{_of(due_at)}, generate_series(1, {each}) n"
    )


def borrowers_of(connection: psycopg.Connection, due_at: datetime) -> list[str]:
    """The ids of those whose delivery is due then."""
    return [str(row[0]) for row in connection.execute(f"SELECT who FROM {_of(due_at)}").fetchall()]


def release(connection: psycopg.Connection, due_at: datetime) -> int:
    """Let what waits for an instant be due now; how many deliveries that are."""
    return connection.execute("UPDATE deliveries SET due_at = now() WHERE due_at = %s", (due_at,)).rowcount


def accepted(connection: psycopg.Connection, due_at: datetime) -> int:
    """How many of what waited for an instant a provider has taken."""
    row = connection.execute(
        "SELECT count(*) FROM deliveries WHERE first_due_at = %s AND state = 'accepted'", (due_at,)
    ).fetchone()
    return 0 if row is None else int(row[0])
