"""Plans on a store with a past: every statement reaches its rows by key, whatever the statistics say about
what is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import psycopg
import pytest

from service.store.database import BY_KEY
from tests.architecture.test_hot_queries import HOT, statements

PAST = """
INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at, sealed, data_key)
SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, '', 'en', now(), now(), '', '' FROM
generate_series(1, 2000) n;
INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
template_version, sender_role, fan_out,
                     wait, channels, debt_id, days_past_due, expires_at, sealed)
SELECT b.borrower_id, n, now(), 'x', 'c', 'collection', 't', 0, 'original_creditor', 'all', '1 h', '{sms}',
'd', 1, now(), ''
FROM borrowers b, generate_series(1, 10) n;
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, priority, creditor, expires_at,
updated_at)
SELECT borrower_id, notice_no, 'sms', 'delivered', now(), 4, 'c', now(), now() FROM notices;
INSERT INTO attempts (borrower_id, notice_no, channel, number, state, at, reserved_at, lease_token,
decided_revision, address_digest,
                      debt_id, creditor, category, medium)
SELECT borrower_id, notice_no, 'sms', 1, 'delivered', now(), now(), 1, 1, '', 'd', 'c', 'collection', 'sms'
FROM notices;
INSERT INTO events (borrower_id, event_id, type, at, learned_at, document)
SELECT borrower_id, 'e' || notice_no, 'contact', now(), now(), '{}' FROM notices;
"""
BURST = """
UPDATE deliveries SET state = CASE notice_no % 3 WHEN 0 THEN 'due' WHEN 1 THEN 'sending' ELSE state END,
due_at = now();
UPDATE attempts SET state = 'dialing' WHERE notice_no % 3 = 1;
"""
GROWING = HOT | {"log_entries", "log_sequence"}
MADE_FOR = {
    "attempts_one_open": set[str](),
    "deliveries_waiting": {
        "after_restore.DUE",
        "backlog.OVERDUE",
        "backlog.OVERDUE_NEXT",
        "backlog.OVERDUE_ONES",
        "open_notices.SELECT_OPEN",
        "queue.CLAIM",
        "queue.NEXT_DUE",
    },
    "deliveries_expiring": {"sweeps.EXPIRE"},
    "deliveries_leased": {"attempts.LAPSED", "cell_moves.IN_HAND", "queue.EXTEND"},
    "deliveries_parked": {"backlog.PARKED", "review_queue.FIND"},
}
"""Partial indexes that look empty to the planner whenever nothing is under way, and the statements that may
be planned along each."""
READS_ALL = {
    "keyring.COUNT_DATA_KEYS": "how far a rotation of the secret key has come, for the person who runs it",
    "log_sequence.LOST": "a verification of the whole log; once a minute it reads the newest entries alone",
    "shared_numbers.DROP_FLAGS": "the few borrowers who share a number, in a background task",
}
"""Statements that walk a growing table, each with the reason why that is sound."""
PIECES = {
    "backlog.CREDITORS",
    "backlog.LANES",
    "log_entries.LIST",
    "queue.CREDITORS",
}
"""Parts of statements; the whole ones are looked at where they are put together."""


@pytest.fixture(scope="module")
def lived_in(server_url: str, template_database: str) -> Iterator[str]:
    """A store with twenty thousand settled deliveries; nothing is under way."""
    head, _, tail = server_url.partition("?")
    url = f"{head.rpartition('/')[0]}/forbear_past{'?' if tail else ''}{tail}"

    async def prepare(*scripts: str, at: str) -> None:
        connection = await asyncpg.connect(at)
        for script in scripts:
            await connection.execute(script)
        await connection.close()

    asyncio.run(prepare(f"CREATE DATABASE forbear_past TEMPLATE {template_database}", at=server_url))
    asyncio.run(prepare(PAST, at=url))
    yield url
    asyncio.run(prepare("DROP DATABASE forbear_past WITH (FORCE)", at=server_url))


def plans(url: str, *before: str) -> dict[str, list[dict[str, Any]]]:
    """The generic plan of every statement, as the nodes that it is made of. By psycopg, which can send text
    with open parameters."""
    found = {}
    with psycopg.connect(
        url, autocommit=True, options=" ".join(f"-c {key}={value}" for key, value in BY_KEY.items())
    ) as connection:
        if connection.info.server_version < 160_000:
            pytest.skip("EXPLAIN (GENERIC_PLAN) came with PostgreSQL 16")
        for statement in before:
            connection.execute(statement)  # type: ignore[call-overload]
        for name, sql in sorted(statements().items()):
            if name in PIECES or not any(table in sql for table in GROWING):
                continue
            row = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {sql}").fetchone()  # type: ignore[call-overload]
            assert row is not None
            found[name] = list(nodes(row[0][0]["Plan"]))
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and all below it."""
    yield plan
    for one in plan.get("Plans", []):
        yield from nodes(one)


@pytest.mark.parametrize("statistics", ["none", "quiet", "burst"])
def test_every_statement_reaches_its_rows_by_key(lived_in: str, statistics: str) -> None:
    """Without statistics, with those of a quiet time, and with those of a burst: no scan of a table that
    grows, and no reading along an index that only looks small. Plans of that kind made marks, settlements and
    claims some hundred times dearer in a burst."""
    before = {"none": (), "quiet": ("VACUUM ANALYZE",), "burst": (BURST, "VACUUM ANALYZE")}[statistics]
    wrong: dict[str, set[str]] = {}
    for name, found in plans(lived_in, *before).items():
        for node in found:
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING and name not in READS_ALL:
                wrong.setdefault(name, set()).add(f"scans {node['Relation Name']}")
            along = node.get("Index Name")
            if along in MADE_FOR and (
                name not in MADE_FOR[along] or "(borrower_id = " in node.get("Filter", "")
            ):
                wrong.setdefault(name, set()).add(f"reads along {along}")
    assert {} == wrong


def test_what_happened_to_borrowers_is_read_with_one_look_into_their_events(lived_in: str) -> None:
    """And unsorted: a second look, for what earlier releases had ranked, cost a borrower without events as
    much again. Direct consents are asked for only where a contact lies beyond those that are counted."""
    found = plans(lived_in, "VACUUM ANALYZE")["events.FACTS"]
    top = [node for node in found if node.get("Parent Relationship") in {"Member", "InitPlan"}]
    assert ["Member", "InitPlan", "Member"] == [node["Parent Relationship"] for node in top]
    assert 2 == sum(node.get("Relation Name") == "events" for node in found)
    assert not any("Sort" in node["Node Type"] for node in found[:1])


def test_no_reason_stands_for_a_statement_that_is_gone() -> None:
    """The lists of exceptions are no longer than they must be."""
    assert set() == (READS_ALL.keys() | PIECES).union(*MADE_FOR.values()) - statements().keys()
