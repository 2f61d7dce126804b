"""Tamperings of the tables, seeded, as somebody with the password of the database can change them: every one
is found, and the right entry named. Two of each kind, and in the second tier two hundred."""

from __future__ import annotations

import random
from typing import Any

import pytest

from service.log.verify import CheckpointInvalid, read_checkpoint
from service.log.verify_store import verify_store
from service.store import log_sequence
from tests.log.kept import ENTRIES, HALF, Kept

TABLES = {
    "flip a leaf": (
        "UPDATE log_entries SET leaf = overlay(leaf PLACING '#' FROM $2::int) WHERE entry_id = (SELECT "
        "entry_id FROM numbered WHERE index = $1::int)"
    ),
    "change a readable column": (
        "UPDATE log_entries SET kind = 'other' WHERE $2::int > 0 AND entry_id = (SELECT entry_id FROM "
        "numbered WHERE index = $1::int)"
    ),
    "change an instant": (
        "UPDATE log_entries SET at = at + interval '1 second' * $2::int WHERE entry_id = (SELECT entry_id "
        "FROM numbered WHERE index = $1::int)"
    ),
    "delete an entry": (
        "DELETE FROM log_entries WHERE $2::int > 0 AND entry_id = (SELECT entry_id FROM numbered WHERE "
        "index = $1::int)"
    ),
    "delete a number": "DELETE FROM numbered WHERE index = $1::int AND $2::int > 0",
    "swap two entries": (
        "UPDATE numbered s SET entry_id = o.entry_id FROM numbered o"
        " WHERE $2::int > 0 AND s.index IN ($1::int, ($1::int + 11) % 600) AND o.index IN ($1::int, "
        "($1::int + 11) % 600) AND o.index <> s.index"
    ),
    "change a sequenced hash": (
        "UPDATE log_tiles SET hashes = overlay(hashes PLACING decode(repeat('00', 32), 'hex') FROM "
        "($1::int % 256) * 32 + 1)"
        " WHERE $2::int > 0 AND level = 0 AND tile = $1::int / 256"
    ),
    "shorten a tile": (
        "UPDATE log_tiles SET hashes = substring(hashes FOR ($1::int % 256) * 32) WHERE $2::int > 0 AND "
        "level = 0 AND tile = $1::int / 256"
    ),
    "change an inner hash": (
        "UPDATE log_tiles SET hashes = set_byte(hashes, $1::int % 2 * 32, (get_byte(hashes, $1::int % 2 * "
        "32) + $2::int) % 256) WHERE level = 1"
    ),
    "delete the end": "DELETE FROM numbered WHERE index >= $1::int AND $2::int > 0",
    "delete the end and the checkpoint that covers it": (
        "WITH gone AS (DELETE FROM log_checkpoints WHERE size > $1::int) DELETE FROM numbered WHERE index "
        ">= $1::int AND $2::int > 0"
    ),
    "add at the end": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, leaf FROM log_entries WHERE entry_id = (SELECT entry_id "
        "FROM numbered WHERE index = $1::int)"
        " RETURNING entry_id) INSERT INTO numbered SELECT 600, entry_id FROM added WHERE $2::int > 0"
    ),
    "insert an entry": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, overlay(leaf PLACING '#' FROM $2::int) FROM log_entries"
        " WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int) RETURNING entry_id),"
        " moved AS (UPDATE numbered SET index = index + 1 WHERE index >= $1::int)"
        " INSERT INTO numbered SELECT $1::int, entry_id FROM added"
    ),
    "change an entry with its hash": (
        "WITH changed AS (UPDATE log_entries SET leaf = replace(leaf, '\"number\":', '\"number\":' || "
        "($2::int % 9 + 1))"
        " WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int) RETURNING leaf)"
        " UPDATE log_tiles SET hashes = overlay(hashes PLACING sha256('\\x00'::bytea || convert_to(leaf, "
        "'UTF8')) FROM ($1::int % 256) * 32 + 1)"
        " FROM changed WHERE level = 0 AND tile = $1::int / 256"
    ),
}
UNFOLD = (
    "DROP TABLE IF EXISTS numbered",
    (
        "CREATE TEMP TABLE numbered AS SELECT first + place - 1 AS index, entry_id"
        " FROM log_sequence, unnest(entries) WITH ORDINALITY n (entry_id, place)"
    ),
)
"""One row for each entry, to be changed by the statements above."""
FOLD = (
    "DELETE FROM log_sequence",
    (
        "INSERT INTO log_sequence (first, entries, span)"
        " SELECT min(index), array_agg(entry_id ORDER BY index), int8range(min(entry_id), max(entry_id), "
        "'[]')"
        " FROM (SELECT *, index - row_number() OVER (ORDER BY index) AS island FROM numbered) n GROUP BY "
        "index / 256, island"
    ),
)


def named(what: str, at: int) -> int:
    """The entry that must be named."""
    match what:
        case "swap two entries":
            return min(at, (at + 11) % ENTRIES)
        case "change an inner hash":
            return 0
        case "add at the end":
            return ENTRIES
        case "change an entry with its hash":
            return 0 if at < HALF else HALF  # between two kept checkpoints, no closer
        case _:
            return at


@pytest.mark.parametrize("rounds", [2 * len(TABLES), pytest.param(200, marks=pytest.mark.slow)])
async def test_every_tampering_of_the_tables_is_found(kept: Kept, ledger: Any, rounds: int) -> None:
    database = ledger.api.runtime.database
    assert (await verify_store(database, kept.checkpoints)).holds
    async with database.connection() as operator:
        await save(operator)
        for seed in range(rounds):
            dice = random.Random(1000 + seed)
            what = list(TABLES)[seed % len(TABLES)]
            at, number = dice.randrange(ENTRIES), dice.randint(1, 200)
            await operator.execute(TABLES[what], at, number)
            for statement in FOLD:
                await operator.execute(statement)
            report = await verify_store(database, kept.checkpoints)
            assert not report.holds, f"{what}, seed {seed}: not found"
            assert named(what, at) == report.findings[0].index, (
                f"{what} at {at}, seed {seed}: {report.findings}"
            )
            await restore(operator)
    assert (await verify_store(database, kept.checkpoints)).holds


async def test_a_log_that_was_rebuilt_and_signed_anew_is_found_by_who_kept_a_checkpoint(
    kept: Kept, ledger: Any
) -> None:
    """The operator changes an entry, computes every hash again and signs with a key of their own that they
    put in the place of the old one. To itself the log holds; the kept key refuses its checkpoint, and the
    kept checkpoint names where it differs."""
    runtime = ledger.api.runtime
    for seed in range(6):
        at = random.Random(seed).randrange(ENTRIES)
        async with runtime.database.connection() as operator:
            await save(operator)
            await operator.execute(
                "UPDATE log_entries SET leaf = replace(leaf, '\"number\":', '\"number\":7') WHERE entry_id "
                "= (SELECT entry_id FROM numbered WHERE index = $1)",
                at,
            )
            await operator.execute("DELETE FROM keyring WHERE name = 'log'")
            for table in ("log_sequence", "log_tiles", "log_checkpoints"):
                await operator.execute(f"DELETE FROM {table}")
            await operator.execute(
                "INSERT INTO log_pending (entries) SELECT array_agg(entry_id) FROM log_entries"
            )
            forged_note = await ledger.sequence()
            assert (
                await verify_store(runtime.database, [read_checkpoint(forged_note, (await ledger.keys())[0])])
            ).holds
            with pytest.raises(CheckpointInvalid):
                read_checkpoint(forged_note, kept.key)
            report = await verify_store(runtime.database, kept.checkpoints)
            assert (0 if at < HALF else HALF) == (None if report.holds else report.findings[0].index)
            await restore(operator)


SAVED = ("log_entries", "log_sequence", "log_tiles", "log_checkpoints", "keyring")


async def save(operator: Any) -> None:
    """Keep the rows as they are, in tables that end with the session."""
    for name in SAVED:
        await operator.execute(f"DROP TABLE IF EXISTS saved_{name}")
        await operator.execute(f"CREATE TEMP TABLE saved_{name} AS SELECT * FROM {name}")
    for statement in UNFOLD:
        await operator.execute(statement)


async def restore(operator: Any) -> None:
    """Put the rows back as they were."""
    async with operator.transaction():
        for name in SAVED:
            await operator.execute(f"DELETE FROM {name}")
            overriding = "OVERRIDING SYSTEM VALUE" if name == "log_entries" else ""
            await operator.execute(f"INSERT INTO {name} {overriding} SELECT * FROM saved_{name}")
        for statement in UNFOLD:
            await operator.execute(statement)


PAST_THE_QUEUE = {
    "an entry that was taken out of the queue": ("DELETE FROM log_pending",),
    "entries written while the trigger was off": (
        "ALTER TABLE log_entries DISABLE TRIGGER log_pending_add",
        (
            "INSERT INTO log_entries (borrower_id, at, kind, actor, notice_no, channel, verdict, policies, "
            "leaf)"
            " SELECT borrower_id, at, kind, actor, notice_no, channel, verdict, policies, leaf FROM "
            "log_entries LIMIT 3"
        ),
        "ALTER TABLE log_entries ENABLE TRIGGER log_pending_add",
    ),
}


@pytest.mark.parametrize("what", PAST_THE_QUEUE)
async def test_an_entry_without_an_index_that_waits_for_none_is_found(
    kept: Kept, ledger: Any, what: str
) -> None:
    """No export shows it, and no checkpoint covers it: only the store itself can tell."""
    database = ledger.api.runtime.database
    await ledger.write(3, first=ENTRIES)
    assert (await verify_store(database, kept.checkpoints)).holds
    for statement in PAST_THE_QUEUE[what]:
        await ledger.sql(statement)
    report = await verify_store(database, kept.checkpoints)
    assert ["3 entries have no index and wait for none"] == [
        finding.what.split(",")[0] for finding in report.findings
    ]
    async with database.connection() as connection:
        assert 3 == (await log_sequence.lost_among_newest(connection, 100))[0]
        assert (0, None) == await log_sequence.lost_among_newest(connection, 0)
    await ledger.sql(
        "INSERT INTO log_pending (entries) SELECT array_agg(entry_id) FROM log_entries"
    )  # what the runbook says to do once it is understood
    notes = [*kept.checkpoints, read_checkpoint(await ledger.sequence(), kept.key)]
    assert (await verify_store(database, notes)).holds
