"""Plans on a store with a past: every statement reaches its rows by key, whatever the statistics say about
what is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg
import pytest

from service.store.database import BY_KEY
from tests.architecture.test_hot_queries import HOT, statements

ID = "('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid"
PAST = """
INSERT INTO borrowers (borrower_id, profile_digest, language, created_at, updated_at, sealed, data_key)
SELECT :id, '', 'en', now(), now(), '', '' FROM generate_series(:first, :last) n;
INSERT INTO notices (borrower_id, notice_no, accepted_at, accepted_by, creditor, category, template,
template_version, sender_role, fan_out,
                     wait, channels, debt_id, days_past_due, expires_at, sealed)
SELECT b.borrower_id, n, now(), 'x', 'c', 'collection', 't', 0, 'original_creditor', 'all', '1 h', '{sms}',
'd', 1, now(), ''
FROM borrowers b, generate_series(1, 10) n WHERE :new;
INSERT INTO deliveries (borrower_id, notice_no, channel, state, first_due_at, priority, creditor, expires_at,
updated_at)
SELECT borrower_id, notice_no, 'sms', 'delivered', now(), 4, 'c', now(), now() FROM notices
WHERE :new;
INSERT INTO attempts (borrower_id, notice_no, channel, number, state, at, reserved_at, lease_token,
decided_revision, address_digest,
                      debt_id, creditor, category, medium)
SELECT borrower_id, notice_no, 'sms', 1, 'delivered', now(), now(), 1, 1, '', 'd', 'c', 'collection', 'sms'
FROM notices WHERE :new;
INSERT INTO events (borrower_id, event_id, type, at, learned_at, document)
SELECT borrower_id, 'e' || notice_no, 'contact', now(), now(), '{}' FROM notices WHERE :new;
"""
BURST = """
UPDATE deliveries SET state = CASE notice_no % 3 WHEN 0 THEN 'due' WHEN 1 THEN 'sending' ELSE state END,
due_at = now();
UPDATE attempts SET state = 'dialing' WHERE notice_no % 3 = 1;
"""
BORROWERS = 2000
GROWING = HOT | {"log_entries", "log_sequence"}
LATE = HOT - {"sandbox_messages", "shared_numbers"}
KEYS = {
    *(f"{one}_pkey" for one in ("attempts", "borrowers", "deliveries", "events", "notices")),
    *("events_by_time", "events_aside", "notices_by_number"),
}
"""Of the tables that are filled here: their keys, and what goes as one."""
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
    "deliveries_listed_by_state": set[str](),
    "deliveries_listed_by_change": set[str](),
    "notices_listed_by_creditor": set[str](),
    "notices_listed_by_category": set[str](),
    "notices_listed_by_template": set[str](),
}
"""Indexes that look small to the planner, since nothing is under way or little is there, and the statements
that may be planned along each. Those of the lists are for statements that are put together as a list is asked
for (tests/store/test_notice_lists.py)."""
READS_ALL = {
    "keyring.COUNT_DATA_KEYS": "how far a rotation of the secret key has come, for the person who runs it",
    "log_sequence.LOST": "a verification of the whole log; once a minute it reads the newest entries alone",
    "shared_numbers.DROP_FLAGS": "the few borrowers who share a number, in a background task",
}
"""Statements that walk a growing table, each with the reason why that is sound."""
WALKS = READS_ALL | {
    "cells.ANY_BORROWER": "the first of all",
    "retention.COUNT": "how many borrowers a run has before it, for the person who asks for it",
}
"""The same, along an index."""
PIECES = {
    "backlog.CREDITORS",
    "backlog.LANES",
    "log_entries.LIST",
    "queue.CREDITORS",
}
"""Parts of statements; the whole ones are looked at where they are put together."""


def past(first: int, last: int) -> str:
    """The rows of the borrowers from one number to another, behind those that are there."""
    new = f"borrower_id >= {ID.replace('(n)', f'({first})')}"
    text = PAST.replace(":id", ID).replace(":new", new)
    return text.replace(":first", str(first)).replace(":last", str(last))


async def run(url: str, *scripts: str) -> None:
    """One after another, each committed."""
    connection = await asyncpg.connect(url)
    for script in scripts:
        await connection.execute(script)
    await connection.close()


@contextmanager
def database(server_url: str, template_database: str, name: str) -> Iterator[str]:
    """A migrated database with nothing in it, of which the server takes no statistics by itself."""
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    asyncio.run(run(server_url, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    asyncio.run(run(url, *(f"ALTER TABLE {one} SET (autovacuum_enabled = off)" for one in sorted(GROWING))))
    yield url
    asyncio.run(run(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def lived_in(server_url: str, template_database: str) -> Iterator[str]:
    """A store with twenty thousand settled deliveries; nothing is under way."""
    with database(server_url, template_database, "forbear_past") as url:
        asyncio.run(run(url, past(1, BORROWERS)))
        yield url


async def fill_beside_statistics(url: str, committed: int) -> None:
    """The same past, of which the server took its statistics while only so many borrowers with a notice were
    committed: pages in which it found no row."""
    filling = await asyncpg.connect(url)
    if committed:
        await filling.execute(past(1, committed).replace("(1, 10)", "(1, 1)"))
    async with filling.transaction():
        await filling.execute(past(committed + 1, BORROWERS))
        await run(url, "ANALYZE")
    await filling.close()


@pytest.fixture(scope="module", params=[0, 2])
def uncommitted(request: Any, server_url: str, template_database: str) -> Iterator[tuple[str, int]]:
    """A store with statistics that were taken beside a large transaction, and of how many rows."""
    with database(server_url, template_database, "forbear_uncommitted") as url:
        asyncio.run(fill_beside_statistics(url, request.param))
        yield url, request.param


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


def objections(url: str, *before: str, walks: bool = True) -> dict[str, set[str]]:
    """By statement what is wrong about its plan: a scan of a table that grows, an index that it was not made
    for, and with `walks` a key, or what goes as one, of which every row is read."""
    wrong: dict[str, set[str]] = {}
    for name, found in plans(url, *before).items():
        for node in found:
            along, by_borrower = node.get("Index Name"), "(borrower_id = " in node.get("Filter", "")
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING and name not in READS_ALL:
                wrong.setdefault(name, set()).add(f"scans {node['Relation Name']}")
            if along in MADE_FOR and (name not in MADE_FOR[along] or by_borrower):
                wrong.setdefault(name, set()).add(f"reads along {along}")
            if walks and along in KEYS and "Index Cond" not in node and name not in WALKS:
                wrong.setdefault(name, set()).add(f"walks {along}")
    return wrong


@pytest.mark.parametrize("statistics", ["none", "quiet", "burst"])
def test_every_statement_reaches_its_rows_by_key(lived_in: str, statistics: str) -> None:
    """Without statistics, with those of a quiet time, and with those of a burst: no scan of a table that
    grows, and no reading along an index that only looks small. Plans of that kind made marks, settlements and
    claims some hundred times dearer in a burst."""
    before = {"none": (), "quiet": ("VACUUM ANALYZE",), "burst": (BURST, "VACUUM ANALYZE")}[statistics]
    assert {} == objections(lived_in, *before)


@pytest.mark.slow
def test_statistics_of_rows_that_were_not_committed_lead_no_statement_astray(
    uncommitted: tuple[str, int],
) -> None:
    """With two rows in thousands of pages every statement goes by key all the same. With none at all a table
    looks as dear as one look into it, so that joins read it whole (the server takes no such statistics by
    itself, see below), and still nothing goes along an index of the lists."""
    url, rows = uncommitted
    assert {} == objections(url, walks=rows > 0)


@pytest.mark.slow
def test_a_claim_goes_by_key_even_where_no_row_was_counted(uncommitted: tuple[str, int]) -> None:
    """What each worker asks for all the time."""
    url, _ = uncommitted
    assert "queue.CLAIM" not in objections(url)


@pytest.mark.slow
async def test_the_server_takes_no_statistics_of_a_table_in_which_hardly_anything_happened(
    database_url: str,
) -> None:
    """By itself it would after fifty changes, and find nothing where the first rows are not committed."""
    connection = await asyncpg.connect(database_url)
    found = {
        row["relname"]: set(row["reloptions"] or ())
        for row in await connection.fetch(
            "SELECT relname::text, reloptions FROM pg_class WHERE relkind = 'r'"
        )
    }
    await connection.close()
    late = {f"autovacuum_{kind}_threshold=1000" for kind in ("analyze", "vacuum", "vacuum_insert")}
    assert [] == [table for table in sorted(LATE) if not late <= found[table]]


def test_what_happened_to_borrowers_is_read_with_one_look_into_their_events(lived_in: str) -> None:
    """And unsorted: a second look, for what earlier releases had ranked, cost a borrower without events as
    much again. Direct consents are asked for only where a contact lies beyond those that are counted."""
    found = plans(lived_in, "VACUUM ANALYZE")["events.FACTS"]
    top = [node for node in found if node.get("Parent Relationship") in {"Member", "InitPlan"}]
    assert ["Member", "InitPlan", "Member"] == [node["Parent Relationship"] for node in top]
    assert 2 == sum(node.get("Relation Name") == "events" for node in found)
    assert not any("Sort" in node["Node Type"] for node in found[:1])


WHOLE = {
    "ranks.COMPACT",
    "repeats.COMPACT",
    "repeats.COMPACT_CONSENTS",
    "repeats.COMPACT_CONTACTS",
    "repeats.COMPACT_OTHERS",
    "standing.SET_ASIDE",
}
"""Statements that are planned without nested loops (`joined_whole`)."""


@pytest.mark.parametrize("statistics", [(), ("VACUUM ANALYZE",)])
def test_what_is_joined_whole_is_what_some_borrowers_have(lived_in: str, statistics: tuple[str, ...]) -> None:
    """Each side of such a join names its borrowers. With one side that did not, each time that events of a
    borrower with many were noted every event of the store was read, six times over."""
    found = plans(lived_in, *statistics, "SET enable_hashjoin = on", "SET enable_nestloop = off")
    looked = [
        (name, node.get("Index Cond", ""))
        for name in WHOLE
        for node in found[name]
        if node.get("Index Name", "").startswith("events_")
    ]
    assert WHOLE == {name for name, _ in looked}
    assert [] == [name for name, condition in looked if "borrower_id = " not in condition]


def test_no_reason_stands_for_a_statement_that_is_gone() -> None:
    """The lists of exceptions are no longer than they must be."""
    assert set() == (WALKS.keys() | PIECES | WHOLE).union(*MADE_FOR.values()) - statements().keys()
