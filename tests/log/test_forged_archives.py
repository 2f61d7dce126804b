"""Whoever changes what was archived, what is left, or what is said of it, is found by both programs."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from service.log.verify import verify_lines
from tests.log.archiving import HELD, Store
from tests.log.test_tampering import stranger

__all__ = ["stranger"]

DAMAGE = {
    "a kept leaf": (
        "UPDATE log_entries SET leaf = replace(leaf, '\"number\":', '\"number\":1')"
        " WHERE entry_id = (SELECT min(entry_id) FROM log_kept)"
    ),
    "a kept field": "UPDATE log_entries SET kind = 'x' WHERE entry_id = (SELECT min(entry_id) FROM log_kept)",
    "a kept entry": "DELETE FROM log_entries WHERE entry_id = (SELECT min(entry_id) FROM log_kept)",
    "another index": "UPDATE log_kept SET index = index + 1 WHERE index = (SELECT max(index) FROM log_kept)",
    "an index that was not dropped": (
        "UPDATE log_kept SET index = 601 WHERE index = (SELECT max(index) FROM log_kept)"
    ),
    "an entry put back": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, leaf FROM log_entries ORDER BY entry_id LIMIT 1"
        " RETURNING entry_id)"
        " INSERT INTO log_sequence (first, entries, span)"
        " SELECT 5, ARRAY[entry_id], int8range(entry_id, entry_id, '[]') FROM added"
    ),
    "an entry kept that nobody held": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, leaf FROM log_entries ORDER BY entry_id LIMIT 1"
        " RETURNING entry_id, borrower_id) INSERT INTO log_kept SELECT 5, entry_id, borrower_id FROM added"
    ),
    "a hash of what was dropped": (
        "UPDATE log_tiles SET hashes = overlay(hashes PLACING decode(repeat('00', 32), 'hex') FROM 33)"
        " WHERE level = 0 AND tile = 1"
    ),
    "a tile of what was dropped": "DELETE FROM log_tiles WHERE level = 0 AND tile = 1",
    "more than was archived": (
        "WITH gone AS (DELETE FROM log_sequence WHERE first < 640 RETURNING entries)"
        " DELETE FROM log_entries WHERE entry_id IN (SELECT unnest(entries) FROM gone)"
    ),
    "an archive by hand": (
        "WITH gone AS (DELETE FROM log_sequence WHERE first < 640 RETURNING entries), told AS ("
        " INSERT INTO log_archives (first, size, note, digest, details_digest, place, archived_at)"
        " SELECT 600, 640, note, digest, details_digest, place, archived_at FROM log_archives)"
        " DELETE FROM log_entries WHERE entry_id IN (SELECT unnest(entries) FROM gone)"
    ),
    "a checkpoint that passes for a statement": (
        "WITH gone AS (DELETE FROM log_sequence WHERE first < 640 RETURNING entries), told AS ("
        " UPDATE log_archives SET size = 640, note = (SELECT note FROM log_checkpoints WHERE size = 640))"
        " DELETE FROM log_entries WHERE entry_id IN (SELECT unnest(entries) FROM gone)"
    ),
    "the statement": "DELETE FROM log_archives",
    "the head where it begins": "DELETE FROM log_checkpoints WHERE size = 600",
    "another's entry under a kept number": (
        "INSERT INTO log_entries (borrower_id, entry_id, at, kind, actor, leaf) OVERRIDING SYSTEM VALUE"
        " SELECT '00000000-0000-0000-0000-000000000009', entry_id, at, kind, actor, leaf FROM log_entries"
        " WHERE entry_id = (SELECT min(entry_id) FROM log_kept)"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", DAMAGE)
async def test_whoever_changes_an_archived_log_is_found(store: Store, what: str) -> None:
    """What stays of it, what was dropped of it, and how much of it was."""
    store.ledger.api.log_is_damaged = True
    await store.ledger.sql(
        HELD,
        UUID(int=3),
    )
    await store.drop(await store.archive(600))
    assert (await store.verify()).holds
    await store.ledger.sql(DAMAGE[what])
    assert not (await store.verify()).holds


async def test_forged_beginnings_are_refused_by_both_programs(store: Store, stranger: ModuleType) -> None:
    """Another size, another tree, another signature, a field twice or too many, and a beginning in the
    midst."""
    await store.drop(await store.archive(600))
    rest, keys = await store.rest(), await store.keys()
    notes = store.notes[-1:]
    kept = await store.kept(notes)
    theirs = [stranger.read_by_any(one, keys) for one in notes]
    said = json.loads(rest[0])

    def forged(**changes: Any) -> bytes:
        return json.dumps(said | changes, separators=(",", ":")).encode() + b"\n"

    flipped = [
        said["edge"][0][:5] + ("A" if said["edge"][0][5] != "A" else "B") + said["edge"][0][6:],
        *said["edge"][1:],
    ]
    other = store.notes[0]
    wrong = {
        "size": [forged(begins=599), *rest[1:]],
        "text": [forged(begins="600"), *rest[1:]],
        "nothing": [forged(begins=0), *rest[1:]],
        "edge": [forged(edge=flipped), *rest[1:]],
        "order": [forged(edge=said["edge"][::-1]), *rest[1:]],
        "fewer": [forged(edge=said["edge"][:-1]), *rest[1:]],
        "empty": [forged(edge=[]), *rest[1:]],
        "signature": [forged(checkpoint=said["checkpoint"].rpartition("—")[0]), *rest[1:]],
        "other note": [forged(checkpoint=other), *rest[1:]],
        "further field": [forged(more=1), *rest[1:]],
        "twice": [rest[0].replace(b'{"begins":600', b'{"begins":600,"begins":600'), *rest[1:]],
        "no line": [b'{"begins":\n', *rest[1:]],
        "left out": rest[1:],
        "entry left out": [rest[0], *rest[2:]],
        "in the midst": [*rest[:3], rest[0], *rest[3:]],
        "at the end": [*rest, rest[0]],
        "alone": rest[:1],
        "end cut": rest[:-1],
    }
    for what, lines in wrong.items():
        report = verify_lines(lines, kept, keys=keys)
        assert not report.holds, what
        with pytest.raises(stranger.Wrong):
            stranger.verify(lines, theirs, keys)
    assert verify_lines([rest[0], *rest], kept, keys=keys).holds, "said twice it says the same"
    assert not verify_lines(rest, kept).holds, "without a key nothing is signed"
    assert 600 == stranger.verify([rest[0], *rest], theirs, keys)[0]
