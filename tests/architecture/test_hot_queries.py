"""The store shards by borrower without changing a query: every hot table has `borrower_id` in its key, every
hot query carries it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType

import asyncpg
import pytest

import service.store
from service.store.query import Query

HOT = {
    "addresses",
    "attempts",
    "borrowers",
    "choices",
    "deliveries",
    "events",
    "log_entries",
    "notices",
    "receipts",
    "sandbox_messages",
    "shared_numbers",
}
"""Tables that grow with borrowers and messages; distributed by borrower."""
APART = {
    "event_names": (
        "found by the digest of a key's name before the borrower is known; distributed by that digest"
    ),
    "suppressions": (
        "what belongs to an address, whoever has it; distributed by the address's digest, and small "
        "enough for a copy on every shard"
    ),
    "webhook_endpoints": "where events go: a hundred rows at the most, written by people",
    "webhook_events": (
        "what endpoints are told, in one order for all of them; it stays with its relay and is forgotten "
        "after a month"
    ),
    "webhook_outbox": "what is on its way to endpoints; it stays with the events",
    "webhook_attempts": "what came of requests to endpoints; it stays with the events",
    "cell_identity": "one row: which cell a database is",
    "cell_buckets": "a row for each bucket of borrowers, the same in every cell",
    "cell_outbox": "what a cell owes the others; it stays where it was written, and goes when it is settled",
    "cell_heads": "a row for each cell, at home",
    "cell_settled": "a row for each other cell",
    "cell_moves": "a row for each move of buckets, at home",
    "cell_filled": "a row for each cell that was added, at home",
    "cell_leaving": "a row for each bucket that leaves; in its old cell",
    "cell_draining": "the same, while workers let go of it",
    "cell_touched": "what is to be copied again of buckets that leave; in their old cell",
    "cell_arrivals": "borrowers on their way; in their new cell, until their bucket is its",
    "cell_arriving_keys": "the same, of what is found by a digest",
    "cell_given": "a row for each move out of a cell",
    "number_cells": "which cells have a number; it lies in the cell of the number's digest",
    "shared_cells": "numbers that borrowers of several cells have; in each of those cells",
    "unmatched_messages": "messages that no borrower has; they stay on one shard",
    "idempotency": (
        "found by the digest of a key before the borrower is known; distributed by that digest, and "
        "forgotten after two days"
    ),
    "shared_texts": (
        "what one number got within the hour, from whichever of its borrowers; distributed by the "
        "number's digest"
    ),
    "learning_cells": "a row for each week, segment and arm; names nobody, and each shard's counts add up",
    "learning_runs": "a row for each week and policy",
    "learning_snapshots": "a row for each week and policy; read by every process",
    "outcome_counts": (
        "a row for each day and group of contacts; names nobody, and each shard's counts add up"
    ),
    "outcome_progress": "one row: how far contacts were counted; one a shard",
    "log_pending": "entries that wait for their index; it stays with the entries",
    "log_sequence": "the log's own order; it stays with its sequencer",
    "log_contents": "which words are in which stretch of the log; it stays with its sequencer",
    "log_covered": "one row: how far the log is noted; it stays with its sequencer",
    "log_spans": "from when to when each stretch of the log goes; it stays with its sequencer",
    "log_words": "the combinations of words that ever occurred in the log; it stays with its sequencer",
    "log_tiles": "the tree over the whole log; it stays with its sequencer",
    "log_archives": "a row for each archive of the log; it stays with its sequencer",
    "log_kept": "entries that were archived and stay for a legal hold; it stays with its sequencer",
    "log_origins": "the log's names, a handful; they stay with its sequencer",
    "log_checkpoints": "one row a round; it stays with its sequencer",
}
PACE = {
    "punctuality": "a row for each channel and hour",
    "tallies": "a row for each hour, channel and rule",
    "provider_health": "a row for each worker and provider",
    "rates": "a row for each provider; the shards share the rate, so it stays on one",
    "worker_shares": (
        "a row for each worker and provider; the shards share what a provider takes at a time, so it "
        "stays on one"
    ),
}
REFERENCE = {
    "alembic_version",
    "api_keys",
    "console_results",
    "console_sessions",
    "creditors",
    "second_keys",
    "keyring",
    "learning_policies",
    "policies",
    "policy_texts",
    "templates",
}
"""Small tables that are read everywhere and written by people; a copy on every shard."""

ACROSS = {
    "attempts.LAPSED": "a sweep: per shard, along an index by lease",
    "borrowers.BY_ADDRESSES": (
        "a provider's list names addresses and no borrowers: asked of every shard, along an index by digest"
    ),
    "borrowers.BY_ADDRESS": (
        "an inbound message names an address and no borrower: asked of every shard, along an index by digest"
    ),
    "cells.ANY_BORROWER": "whether a database is empty, asked once as it becomes a cell",
    "cell_moves.IN_HAND": "while a bucket stands to be stopped: along an index by lease",
    "cell_rows.COUNT": "a move's progress: of each bucket, along the key",
    "cell_rows.EVERY": "a move compares what arrived: of each bucket, along the key",
    "cell_rows.EVERY_NUMBER": "numbers are entered as a cell is added: per shard, along an index by digest",
    "cell_rows.HELD": "numbers that borrowers left with: along an index by digest",
    "cell_rows.NUMBERS": "a move passes over a bucket's addresses: along the key",
    "cell_rows.PAGE": "a move passes over a bucket's borrowers: along the key",
    "calls.LAST_CALLS": "a number's calls by whomever: per shard, along an index of calls alone, added up",
    "review_queue.FIND": "a person's list: per shard, merged",
    "log_decisions.SEQUENCED": "a simulation reads the log in its own order; stays with the sequencer",
    "log_decisions.SEQUENCED_AT": "the same",
    "log_decisions.PENDING": "the same, by number, of those that wait for their index",
    "log_entries.LIST": "an auditor's list: by borrower where one is named, else per shard, merged",
    "log_contents.FOUND": "the sequencer reads along the log's own order",
    "log_entries.ONE": "an auditor opens one entry by its id",
    "log_sequence.EXPORT": "reads the log in its own order; stays with the sequencer",
    "log_decisions.ARCHIVED_BEFORE": "the first entry that is here, by its number",
    "log_archives.DETAILS": "an archive is read in the log's own order; stays with the sequencer",
    "log_archives.DROP": "what was archived goes in the log's own order, by number; one log per shard",
    "log_archives.LET_GO": "what stayed for a legal hold, by the key that was noted",
    "log_archives.KEPT": "the same, to be verified",
    "log_archives.FORGET_CONTENTS[0]": "the lowest number that is here; one log per shard",
    "log_archives.FORGET_CONTENTS[1]": "the same",
    "log_sequence.TAKE": "the sequencer takes what its queue names, by number; one log per shard",
    "log_sequence.LOST": "verification of the whole log, and once a minute of its newest entries",
    "keyring.COUNT_DATA_KEYS": "a rotation's progress bar: per shard, added",
    "keyring.DATA_KEYS": "a rotation passes over every borrower: per shard, along its key",
    "retention.COUNT": "a run's progress bar: per shard, added",
    "retention.LIST_LEGAL_HOLDS": "a person's list: per shard, merged, along an index of holds",
    "choices.COUNT_RIPE": "a sweep: per shard, along an index of what is not counted, joined by borrower",
    "choices.MATURED": (
        "an estimate over a creditor's rounds: per shard, along an index by creditor and time, put together"
    ),
    "choices.PENDING": "how many rounds are not over: per shard, added",
    "disparity.DISPARITY": (
        "an auditors' report over a creditor's rounds: per shard, along an index by creditor and time, "
        "added up"
    ),
    "feeds.ALIVE": "whether any payment came: per shard, along an index of blocks by time",
    "outcomes.COUNT": (
        "contacts of a span, whoever had them: per shard, along an index of blocks by time, joined by "
        "borrower, added up"
    ),
    "outcomes.SOME_MADE": "a person's report: whether there are more than a bound; per shard, by block range",
    "outcomes.SOME_REPORTED": "the same",
    "outcomes.FIRST_ATTEMPT": "once, before contacts were ever counted: per shard, the first of all",
    "outcomes.FIRST_REPORTED": "the same",
    "retention.PAGE": "a run passes over every borrower: per shard, along its key",
    "idempotency.READ": (
        "a repeat is answered in the borrower's language, which is looked up by the borrower of its first use"
    ),
    "notices.BY_REFERENCE": (
        "an upstream system's own name names no borrower: asked of every shard, along an index by digest"
    ),
    "after_restore.DUE": "a pass after a restore, by a person: per shard, along its key",
    "queue.CLAIM": "a worker claims on the shard to which it is bound",
    "queue.CREDITORS": "for whom anything waits: per shard, hopping along an index",
    "queue.EXTEND": "the heartbeat of a worker's own claims, on its shard",
    "queue.NEXT_DUE": "asks the shard to which the worker is bound",
    "sandbox.LIST": "the sandbox's list; never in production",
    "sandbox.TAKE": "the sandbox's own sweep; never in production",
    "shared_numbers.DROP_FLAGS": "a pass over the marks: per shard, along their key",
    "shared_numbers.OTHERS": (
        "who stores a profile asks once who else has its number: asked of every shard, along an index by "
        "digest"
    ),
    "shared_numbers.PAGE": "a pass over all numbers: every shard's index by digest, merged",
    "shared_numbers.UNFLAGGED": (
        "the first time that a number is shared, and in that pass: asked of every shard, along an index "
        "by digest"
    ),
    "sweeps.EXPIRE": "a sweep: per shard, along an index by expiry",
    "sweeps.TAKE_LOOK_UPS": "a sweep: per shard, along an index by time",
    "webhook_outbox.FRESH": (
        "the relay reads events in their order, and looks up notices and places in the log by their keys"
    ),
    "webhook_outbox.LEAVES": "the entries of events that leave, by their numbers; stays with the sequencer",
    "backlog.OVERDUE_ONES": "the overview's number, one by one: heads of the claims' index, per shard",
    "backlog.OVERDUE_NEXT": "the next page of it",
    "backlog.OWED_ONES": "the overview's number, one by one: per shard, along an index by look-up",
    "backlog.OWED_NEXT": "the next page of it",
    "backlog.OWED": "metrics: per shard, added",
    "backlog.CREDITORS": "the same",
    "backlog.LANES": "the same",
    "open_notices.SELECT_OPEN": (
        "what waits, along the index of the queue, for a person who activates a policy: per shard, put "
        "together"
    ),
    "backlog.OVERDUE": "metrics: per shard, added",
    "backlog.PARKED": "metrics: per shard, added",
}
"""Queries on hot tables that name no borrower, each with the reason why that is sound."""

STATEMENT = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE)\b")
MENTION = re.compile(
    rf"(?=\b(?:FROM|JOIN|INTO|UPDATE)\s+({'|'.join(sorted(HOT))})\b(?:\s+(?:AS\s+)?([a-z]\w*))?)"
    rf"|(?=,\s+({'|'.join(sorted(HOT))})\s+([a-z])\b)"
)
OPTIONAL = re.compile(r"\(\$\d+::\w+(?:\[\])? IS NULL OR [^)]*\)")
"""A filter that may be left out binds nothing."""
ANCHOR = re.compile(
    r"borrower_id\s*=\s*(?:ANY\(\s*)?\$\d"  # one borrower, or a batch of them
    r"|\(\s*(?:\w+\.)?borrower_id[^()]*\)\s*IN\s*\(SELECT \* FROM unnest\(\$1::uuid\[\]"
    r"|borrower_id = u\.borrower_id"  # rows that travel as arrays
    r"|INSERT INTO \w+ \(borrower_id"
)


def modules_of_store() -> list[ModuleType]:
    """Every module of the store but the migrations and the embedded server."""
    names = [
        one.name
        for one in pkgutil.iter_modules(service.store.__path__)
        if one.name not in {"embedded", "watchdog", "migrations"}
    ]
    return [importlib.import_module(f"service.store.{name}") for name in names]


def statements() -> dict[str, str]:
    """Every SQL statement of the store by module and name."""
    found: dict[str, str] = {}
    for module in modules_of_store():
        short = module.__name__.rsplit(".", 1)[-1]
        for name, value in vars(module).items():
            texts = (
                {name: value.sql}
                if isinstance(value, Query)
                else {name: value}
                if isinstance(value, str)
                else {}
            )
            if isinstance(value, tuple) and name.isupper():
                texts = {f"{name}[{number}]": one for number, one in enumerate(value) if isinstance(one, str)}
            found |= {
                f"{short}.{key}": text
                for key, text in texts.items()
                if not name.startswith("_") and STATEMENT.match(text)
            }
    return found


def hot_tables(statement: str) -> list[tuple[str, str]]:
    """The hot tables that a statement touches, each with its alias."""
    return [(one[1] or one[3], one[2] or one[4] or one[1]) for one in MENTION.finditer(statement)]


HOT_STATEMENTS = {name: text for name, text in statements().items() if hot_tables(text)}


def test_the_statements_are_found() -> None:
    """The test looks at the store's queries, and not at nothing."""
    assert {
        "queue.CLAIM",
        "attempts.DIAL",
        "events.FACTS",
        "erasure.STATEMENTS[0]",
        "notices.INSERT_DELIVERIES",
    } <= HOT_STATEMENTS.keys()


async def test_every_hot_table_has_the_borrower_in_its_key(database_url: str) -> None:
    """The primary key and every unique index of a hot table hold `borrower_id`, as a distributed table needs
    it."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT c.relname AS table, i.indexrelid::regclass::text AS index, array_agg(a.attname::text) AS "
        "columns"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid "
        "AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2"
    )
    tables = {
        row[0]
        for row in await connection.fetch("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    }
    await connection.close()
    assert tables == HOT | APART.keys() | PACE.keys() | REFERENCE
    assert [] == [row["index"] for row in rows if row["table"] in HOT and "borrower_id" not in row["columns"]]
    assert HOT <= {row["table"] for row in rows}


@pytest.mark.parametrize("name", sorted(HOT_STATEMENTS))
def test_every_hot_query_names_its_borrowers_or_has_its_reason(name: str) -> None:
    """A query goes to the borrowers that it is given, or is listed with the reason why it goes to all."""
    assert (ANCHOR.search(OPTIONAL.sub("", HOT_STATEMENTS[name])) is None) == (name in ACROSS)


@pytest.mark.parametrize("name", sorted(HOT_STATEMENTS))
def test_every_join_of_hot_tables_goes_by_the_borrower(name: str) -> None:
    """Joined rows lie on one shard."""
    statement = HOT_STATEMENTS[name]
    tables = hot_tables(statement)
    bare = re.search(r"(?<![\w.])borrower_id = (?:ANY\()?\$", statement) is not None
    joined = "USING (borrower_id" in statement
    by_borrower = {
        table
        for table, alias in tables
        if joined or f"{alias}.borrower_id" in statement or (bare and alias == table)
    }
    touched = {table for table, _ in tables}
    assert len(touched) == 1 or touched == by_borrower


def test_no_reason_stands_for_a_query_that_is_gone() -> None:
    """The list of exceptions is no longer than it must be."""
    assert set() == ACROSS.keys() - HOT_STATEMENTS.keys()
