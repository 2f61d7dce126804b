"""Old entries are archived and dropped: what is left verifies and proves as before, the archive verifies by
itself, and nothing goes that must stay."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from service.dispatch.audit import archives as use
from service.dispatch.audit.log import add_log_key, begin_export, rename_log, retire_log_keys
from service.errors import Conflict, NotFound
from service.log.archived import read_archive
from service.log.merkle import leaf_hash
from service.log.read import consistency, inclusion
from service.log.verify import read_by_any, verify_lines
from service.store import log_archives
from tests.log.archiving import HELD, OPERATOR, Store, lines_of
from tests.log.test_tampering import stranger

__all__ = ["stranger"]


async def test_what_is_left_of_a_dropped_log_verifies_against_every_checkpoint(store: Store) -> None:
    """Also against those that lie in what was dropped; new entries go on; the report says where it begins."""
    path = await store.archive(600)
    assert (600, 1001) == (len(lines_of(path)), await store.size())
    assert await store.verify() == await store.verify()
    assert 0 == await store.drop(path)
    await store.grow(50, 1000)
    report = await store.verify()
    assert (True, 600, 452) == (report.holds, report.first, report.entries), report.findings
    assert 452 == await store.size()


async def test_an_export_of_the_rest_verifies_alone_and_behind_its_archive(
    store: Store, stranger: ModuleType
) -> None:
    """Its first line is the signed statement of what was before; an older checkpoint asks for the archive."""
    path = await store.archive(600)
    await store.drop(path)
    rest, keys = await store.rest(), await store.keys()
    assert 600 == json.loads(rest[0])["begins"]
    archived = lines_of(path)
    for lines, notes, first in (
        (rest, store.notes[2:], 600),
        (archived + rest, store.notes, 0),
        (archived, store.notes[:3], 0),
    ):
        kept = await store.kept(notes)
        report = verify_lines(lines, kept, keys=keys)
        assert (True, first) == (report.holds, report.first), report.findings
        theirs = [stranger.read_by_any(one, keys) for one in notes]
        assert (first, kept[-1].size) == stranger.verify(lines, theirs, keys)
    early = verify_lines(rest, await store.kept(), keys=keys)
    assert "lies before entry 600, where this begins: give the archives" in early.findings[0].what
    with pytest.raises(stranger.Wrong, match="lies before entry 600"):
        stranger.verify(rest, [stranger.read_by_any(one, keys) for one in store.notes], keys)


async def test_a_beginning_counts_only_where_it_is_stated_that_the_rest_was_archived(
    store: Store, stranger: ModuleType
) -> None:
    """A part of a log does not pass for the log, though its checkpoint is signed; an archive does, for what
    it is."""
    path = await store.archive(600)
    await store.drop(path)
    second = await store.archive(640, "second.jsonl")
    lines, keys = lines_of(second), await store.keys()
    notes = [(second.parent / "second.jsonl.checkpoint").read_text()]
    kept = await store.kept(notes)
    theirs = [stranger.read_by_any(one, keys) for one in notes]
    report = verify_lines(lines, kept, keys=keys)
    assert (True, 600) == (report.holds, report.first), report.findings
    assert (600, 640) == stranger.verify(lines, theirs, keys)
    both = [*lines_of(path), *lines]
    assert verify_lines(both, kept, keys=keys).holds
    assert (0, 640) == stranger.verify(both, theirs, keys)
    said = json.loads(lines[0])
    assert "600\n" in said["checkpoint"]
    plain = json.dumps(said | {"checkpoint": store.notes[2]}, separators=(",", ":")).encode() + b"\n"
    assert store.notes[2].split("\n")[:3] == said["checkpoint"].split("\n")[:3]
    report = verify_lines([plain, *lines[1:]], kept, keys=keys)
    assert "no signed statement says that what is before it was archived" in report.findings[0].what
    with pytest.raises(stranger.Wrong, match="no signed statement says that what is before it was"):
        stranger.verify([plain, *lines[1:]], theirs, keys)


async def test_archives_follow_each_other_and_overlap_where_nothing_was_dropped(store: Store) -> None:
    """Each begins at what is here; one that was written and lost is written again."""
    first = await store.archive(307, "a.jsonl")
    second = await store.archive(600, "b.jsonl")
    assert (307, 600) == (len(lines_of(first)), len(lines_of(second)))
    await store.drop(second)
    third = await store.archive(1000, "c.jsonl")
    assert 600 == json.loads(lines_of(third)[0])["begins"]
    await store.drop(third)
    report = await store.verify()
    assert (True, 1003) == (report.holds, report.first), report.findings
    listed = await use.archives(store.runtime)
    assert [(600, 1003, False), (0, 600, False), (0, 307, False)] == [
        (one["first"], one["size"], one["here"]) for one in listed
    ]
    assert 0 == await store.drop(first), "what is gone already is no error"


async def test_every_proof_of_what_is_left_and_of_what_was_dropped_is_as_before(store: Store) -> None:
    """The tiles stay: paths, and that the log only grew since any checkpoint."""
    size = 1000
    database = store.runtime.database
    paths = {index: await inclusion(database, index, size) for index in range(0, size, 37)}
    grown = {old: await consistency(database, old, size) for old in range(1, size, 41)}
    await store.drop(await store.archive(640))
    assert paths == {index: await inclusion(database, index, size) for index in paths}
    assert grown == {old: await consistency(database, old, size) for old in grown}


async def test_a_drop_that_is_broken_off_anywhere_leaves_a_log_that_holds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of its transactions the log begins at a checkpoint, verifies, is exported, and the drop
    goes on."""
    path = await store.archive(640)
    monkeypatch.setattr(use, "DROP_AT_ONCE", 100)
    begins = []

    class Broken(Exception):
        pass

    def stop(_: int) -> None:
        raise Broken

    archive, _ = await use.archive_of(store.runtime, hashlib.sha256(path.read_bytes()).digest())
    while await use.left_of(store.runtime, archive):
        with pytest.raises(Broken):
            await use.drop(store.runtime, OPERATOR, archive, stop)
        store.notes.append(await store.ledger.sequence())
        report = await store.verify()
        assert report.holds, report.findings
        begins.append(report.first)
        rest, keys = await store.rest(), await store.keys()
        assert verify_lines(rest, await store.kept(store.notes[-1:]), keys=keys).holds
    assert [300, 307, 600, 640] == begins
    dropped = [json.loads(one)["leaf"] for one in await store.rest() if b'"log.dropped"' in one]
    assert [[0, 300], [300, 307], [307, 600], [600, 640]] == [
        [json.loads(one)["public"][name] for name in ("first", "size")] for one in dropped
    ]


async def test_entries_of_a_borrower_under_a_legal_hold_stay_until_it_is_released(store: Store) -> None:
    """With index, leaf and detail; verification holds them against the tree; the release lets them go."""
    borrower = UUID(int=3)
    await store.ledger.sql(
        HELD,
        borrower,
    )
    before = await store.ledger.sql(
        "SELECT * FROM log_entries WHERE borrower_id = $1 ORDER BY entry_id", borrower
    )
    path = await store.archive(600)
    kept = await store.drop(path)
    assert 55 == kept
    assert before == await store.ledger.sql(
        "SELECT * FROM log_entries WHERE borrower_id = $1 ORDER BY entry_id", borrower
    )
    report = await store.verify()
    assert (True, 600) == (report.holds, report.first), report.findings
    items = (await store.ledger.api.client.get("/v1/log", params={"limit": 1000})).json()["items"]
    held = [one["index"] for one in items if one["borrower"] == borrower.hex]
    assert len(before) == len(held)
    assert None not in held
    await store.ledger.sql("UPDATE borrowers SET held_at = NULL WHERE borrower_id = $1", borrower)
    assert 0 == await store.drop(path)
    assert (await store.verify()).holds
    assert 402 == await store.size()


async def test_a_beginning_is_signed_by_who_signs_now(store: Store) -> None:
    """After a key was rotated and the log renamed, the newest key alone verifies an export."""
    await store.drop(await store.archive(600))
    await add_log_key(store.runtime, OPERATOR)
    await retire_log_keys(store.runtime, OPERATOR)
    await rename_log(store.runtime, OPERATOR, "log.example.com/dispatch")
    await store.ledger.sequence()
    await store.grow(10, 1000)
    rest = await store.rest()
    note = await store.ledger.sequence()
    rest = await store.rest()
    keys = await store.ledger.keys()
    assert ["log.example.com/dispatch"] == [one.partition("+")[0] for one in keys]
    size = len(rest) - 1 + 600
    kept = read_by_any(note, keys)
    assert size == kept.size
    assert verify_lines(rest, [kept], keys=keys).holds


async def test_a_store_that_was_changed_signs_no_beginning(store: Store) -> None:
    """The log's key states nothing that it did not sign then."""
    await store.drop(await store.archive(600))
    await store.ledger.sql(
        "UPDATE log_tiles SET hashes = overlay(hashes PLACING decode(repeat('00', 32), 'hex') FROM 1)"
        " WHERE level = 1 AND tile = 0"
    )
    with pytest.raises(Conflict, match="run forbear log verify"):
        await begin_export(store.runtime, OPERATOR, form="jsonl", first=0)


async def test_nothing_is_dropped_that_the_log_does_not_tell_of(store: Store) -> None:
    """A file that was changed, one of another log, an archive whose entry waits, and one with a gap before
    it."""
    path = await store.archive(307)
    with pytest.raises(NotFound):
        await use.archive_of(store.runtime, hashlib.sha256(path.read_bytes() + b"\n").digest())
    digest = hashlib.sha256(path.read_bytes()).digest()
    planned = await use.plan(store.runtime, store.ledger.api.clock.now() + timedelta(seconds=600))
    await use.tell(store.runtime, OPERATOR, planned, digest=b"d" * 32, details_digest=b"e" * 32, place="x")
    with pytest.raises(Conflict, match="has no index yet"):
        await use.drop(store.runtime, OPERATOR, (await use.archive_of(store.runtime, b"d" * 32))[0])
    await store.ledger.sequence()
    await store.ledger.sql("UPDATE log_archives SET first = 307 WHERE digest = $1", b"d" * 32)
    with pytest.raises(Conflict, match="drop the one before it first"):
        await use.drop(store.runtime, OPERATOR, (await use.archive_of(store.runtime, b"d" * 32))[0])
    assert 0 == await use.drop(store.runtime, OPERATOR, (await use.archive_of(store.runtime, digest))[0])


async def test_an_archive_gives_its_entries_back_as_the_store_gave_them(store: Store) -> None:
    """Leaf, fields, detail and index; a file that was changed gives nothing."""
    path = await store.archive(300)
    async with store.runtime.database.connection() as connection:
        from service.store import log_entries

        before = [await log_entries.one(connection, index) for index in (0, 7, 299)]
    await store.drop(path)
    async with store.runtime.database.connection() as connection:
        after = await read_archive(connection, path, lambda one: one["index"] in {0, 7, 299})
        assert [
            one._replace(entry_id=two.entry_id) for one, two in zip(after, before, strict=True) if two
        ] == [one._replace(policies=one.policies or []) for one in before if one]
        with path.open("ab") as file:
            file.write(b"\n")
        with pytest.raises(Conflict, match="is not what the log tells of"):
            await read_archive(connection, path, lambda _: True)


async def test_an_archive_with_nothing_to_hold_is_refused(ledger: Any) -> None:
    """An empty log, a young one, and one whose rounds mix old and young."""
    runtime, now = ledger.api.runtime, ledger.api.clock.now()
    with pytest.raises(Conflict, match="nothing is archived"):
        await use.plan(runtime, now)
    await ledger.write(20)
    await ledger.sequence()
    for seconds in (0, 19):
        with pytest.raises(Conflict, match="nothing is archived"):
            await use.plan(runtime, now + timedelta(seconds=seconds))
    assert 20 == (await use.plan(runtime, now + timedelta(seconds=20))).size


async def test_what_goes_stands_in_the_words_of_the_log_no_more(store: Store) -> None:
    """Readings of the rest by kind go on; stretches that are gone are forgotten, also where they were never
    noted."""
    from service.log.sequence import note_contents

    await store.drop(await store.archive(600))
    async with store.runtime.database.connection() as connection:
        while await note_contents(connection, most=100):
            pass
    answer = await store.ledger.api.client.get("/v1/log", params={"kind": "decision", "limit": 1000})
    assert 134 == len(answer.json()["items"])
    assert 600 == await first_of(store)


async def first_of(store: Store) -> int:
    async with store.runtime.database.connection() as connection:
        return await log_archives.first(connection)


async def test_the_api_exports_and_proves_what_is_left(store: Store) -> None:
    """A part from beyond the beginning has no statement before it; a proof of what was dropped leads to the
    same root."""
    path = await store.archive(600)
    await store.drop(path)
    client = store.ledger.api.client
    lines = (await client.get("/v1/log/export")).content.splitlines()
    assert (600, 600) == (json.loads(lines[0])["begins"], json.loads(lines[1])["index"])
    part = (await client.get("/v1/log/export", params={"first": 700})).content.splitlines()
    assert 700 == json.loads(part[0])["index"]
    csv = (await client.get("/v1/log/export", params={"format": "csv"})).text.splitlines()
    assert csv[1].startswith("600,")
    leaf = json.loads(lines_of(path)[7])["leaf"]
    proof = (await client.get("/v1/log/proof", params={"index": 7, "size": 8})).json()["hashes"]
    assert 3 >= len(proof) > 0
    assert leaf_hash(leaf.encode())
