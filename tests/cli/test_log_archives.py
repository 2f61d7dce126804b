"""`forbear log archive`, `archives`, `drop` and `verify --archive`: the whole way, and what is refused."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.clock import SystemClock
from service.errors import Conflict, NotFound
from service.log.append import Entry, append
from service.store.database import open_database
from tests.cli.test_log_names import VERIFIER, keys_of, sequence


def write(url: str, days: int, count: int) -> None:
    """Entries from so many days ago, sequenced."""

    async def all_of_them() -> None:
        database, at = await open_database(url, connections=2), SystemClock().now() - timedelta(days=days)
        try:
            async with database.transaction() as connection:
                await append(
                    connection, [Entry.of("key.used", at, "x", public={"n": n}) for n in range(count)]
                )
        finally:
            await database.close()

    asyncio.run(all_of_them())
    sequence(url)


@pytest.fixture
def old(forbear: Any, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A log of three years; nothing waits for a sequencer, which each test runs itself."""
    monkeypatch.setattr("service.dispatch.audit.log.SEQUENCED_WITHIN", 0.0)
    for days in (900, 500, 100, 10):
        write(database_url, days, 30)
    return forbear


def archive(forbear: Any, url: str, name: str, days: int) -> None:
    answer = forbear("log", "archive", name, "--keep-days", str(days), "--place", "shelf 4")
    assert 0 == answer.exit_code, answer.output
    sequence(url)


def verify_with_theirs(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(VERIFIER), *arguments], cwd=folder, check=False, capture_output=True, text=True
    )


def test_archives_are_written_verified_dropped_and_verified_with_the_rest(
    old: Any, database_url: str, tmp_path: Path
) -> None:
    """Two archives and the rest, by both programs; the live log says where its beginning is."""
    key = keys_of(old)[0]
    archive(old, database_url, "a.jsonl", 800)
    dry = old("log", "drop", "a.jsonl")
    assert "30 entries would go; nothing was changed." in dry.output
    assert "30 entries were dropped." in old("log", "drop", "a.jsonl", "--apply").output
    archive(old, database_url, "b.jsonl", 200)
    assert 0 == old("log", "drop", "b.jsonl", "--apply").exit_code
    sequence(database_url)
    for _ in range(2):
        assert 0 == old("log", "export", "--output", "rest.jsonl").exit_code
        sequence(database_url)
    assert 0 == old("log", "export", "--output", "rest.jsonl").exit_code
    live = old("log", "verify")
    assert "It begins at entry 60: what is before it was archived" in live.output
    assert "in the archive of entries 0 to 29" in live.output
    assert "shelf 4" in live.output
    assert 60 == json.loads(old("log", "verify", "--json").output)["first"]
    rest = old("log", "verify", "rest.jsonl", "--key", key)
    assert (0, True) == (rest.exit_code, "It begins at entry 60" in rest.output), rest.output
    whole = old(
        "log", "verify", "--archive", "a.jsonl", "--archive", "b.jsonl", "rest.jsonl", "--key", key,
        "--checkpoint", "a.jsonl.checkpoint", "--checkpoint", "rest.jsonl.checkpoint",
    )  # fmt: skip
    assert (0, False) == (whole.exit_code, "It begins" in whole.output), whole.output
    theirs = verify_with_theirs(
        tmp_path, "--archive", "a.jsonl", "--archive", "b.jsonl", "rest.jsonl", "a.jsonl.checkpoint",
        "b.jsonl.checkpoint", "rest.jsonl.checkpoint", "--key", key,
    )  # fmt: skip
    assert 0 == theirs.returncode, theirs.stderr
    alone = verify_with_theirs(tmp_path, "rest.jsonl", "rest.jsonl.checkpoint", "--key", key)
    assert (0, True) == (alone.returncode, "It begins at entry 60" in alone.stdout), alone.stderr
    part = verify_with_theirs(tmp_path, "b.jsonl", "b.jsonl.checkpoint", "--key", key)
    assert (0, True) == (part.returncode, "It begins at entry 30" in part.stdout), part.stderr
    listed = json.loads(old("log", "archives", "--json").output)
    assert [(30, 60, False, "shelf 4"), (0, 30, False, "shelf 4")] == [
        (one["first"], one["size"], one["here"], one["place"]) for one in listed
    ]
    assert "dropped" in old("log", "archives").output


def test_archives_in_the_wrong_order_or_with_one_left_out_are_found(
    old: Any, database_url: str, tmp_path: Path
) -> None:
    archive(old, database_url, "a.jsonl", 800)
    old("log", "drop", "a.jsonl", "--apply")
    archive(old, database_url, "b.jsonl", 200)
    key, end = keys_of(old)[0], ("--checkpoint", "b.jsonl.checkpoint")
    good = old("log", "verify", "--archive", "a.jsonl", "b.jsonl", "--key", key, *end)
    assert 0 == good.exit_code, good.output
    turned = old("log", "verify", "--archive", "b.jsonl", "a.jsonl", "--key", key, *end)
    assert 1 == turned.exit_code
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "short.jsonl").write_bytes(b"".join(lines[:-1]))
    cut = old("log", "verify", "--archive", "short.jsonl", "b.jsonl", "--key", key, *end)
    assert (1, True) == (cut.exit_code, "expected entry 29, found a beginning at 30" in cut.output), (
        cut.output
    )


def test_nothing_young_and_nothing_over_another_file_is_archived(
    old: Any, database_url: str, tmp_path: Path
) -> None:
    """Each refusal in one line; a run that was broken off leaves no file that passes for an archive."""
    assert 2 == old("log", "archive", "a.jsonl", "--keep-days", "89").exit_code
    assert 2 == old("log", "archive", "a.jsonl").exit_code
    assert isinstance(old("log", "archive", "a.jsonl", "--keep-days", "1000").exception, Conflict)
    assert [] == list(tmp_path.glob("a.jsonl*"))
    (tmp_path / "a.jsonl").write_text("mine")
    answer = old("log", "archive", "a.jsonl", "--keep-days", "90")
    assert (2, "mine") == (answer.exit_code, (tmp_path / "a.jsonl").read_text())
    for place in ("", "two\nlines", "x" * 301):
        assert 2 == old("log", "archive", "b.jsonl", "--keep-days", "90", "--place", place).exit_code
    nowhere = old("log", "archive", "nowhere/b.jsonl", "--keep-days", "90")
    assert (2, True) == (nowhere.exit_code, "nothing was archived" in nowhere.output), nowhere.output
    assert "Nothing of the log was archived." in old("log", "archives").output
    assert 2 == old("log", "verify", "--archive", "a.jsonl").exit_code


def test_a_damaged_store_is_not_archived(old: Any, database_url: str, tmp_path: Path) -> None:
    """What was written is read back, and does not hold."""

    async def damage() -> None:
        database = await open_database(database_url, connections=2)
        async with database.connection() as connection:
            await connection.execute("UPDATE log_entries SET kind = 'other' WHERE entry_id = 7")
        await database.close()

    asyncio.run(damage())
    answer = old("log", "archive", "a.jsonl", "--keep-days", "90")
    assert isinstance(answer.exception, Conflict)
    assert "nothing was archived: entry 6" in answer.exception.detail
    assert [] == list(tmp_path.glob("a.jsonl*"))


def test_only_the_files_that_the_log_tells_of_are_dropped(
    old: Any, database_url: str, tmp_path: Path
) -> None:
    archive(old, database_url, "a.jsonl", 800)
    assert 2 == old("log", "drop", "b.jsonl").exit_code
    details, content = tmp_path / "a.jsonl.details", (tmp_path / "a.jsonl").read_bytes()
    details.write_bytes(b"{}")
    assert isinstance(old("log", "drop", "a.jsonl", "--apply").exception, Conflict)
    details.write_bytes(b"")
    (tmp_path / "a.jsonl").write_bytes(content + b"\n")
    assert isinstance(old("log", "drop", "a.jsonl", "--apply").exception, NotFound)
    (tmp_path / "a.jsonl").write_bytes(content)
    assert 0 == old("log", "drop", "a.jsonl", "--apply").exit_code
