"""`forbear log origins` and `forbear log rename`: the names of the log, and what a setting may say about
them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.errors import SetupError
from service.log.sequence import sequence_once
from service.store.database import open_database
from service.store.keyring import open_vault

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_log.py"


def sequence(url: str) -> None:
    """A round of the sequencer, as a worker does it."""

    async def once() -> None:
        database = await open_database(url, connections=2)
        try:
            async with database.connection() as connection:
                await sequence_once(connection, await open_vault(connection, b"k" * 32))
        finally:
            await database.close()

    asyncio.run(once())


def keys_of(forbear: Any) -> list[str]:
    return [key for one in json.loads(forbear("log", "origins", "--json").output) for key in one["keys"]]


def export(forbear: Any, url: str) -> None:
    """The whole log and its checkpoint, in the folder of the test."""
    for _ in range(2):  # the first writes the entry that the second one shows
        forbear("log", "export", "--output", "log.jsonl")
        sequence(url)
    answer = forbear("log", "export", "--output", "log.jsonl")
    assert 0 == answer.exit_code, answer.output


@pytest.mark.slow
def test_a_renamed_log_is_verified_by_both_keys_with_either_program(
    forbear: Any, database_url: str, tmp_path: Path
) -> None:
    """The kept checkpoint is under the old name, that of the export under the new one; one key alone says
    which is missing."""
    export(forbear, database_url)
    kept = (tmp_path / "log.jsonl.checkpoint").read_text()
    (tmp_path / "kept.txt").write_text(kept)
    old = keys_of(forbear)[0]
    done = forbear("log", "rename", "log.example.com/dispatch")
    assert 0 == done.exit_code, done.output
    assert "log.example.com/dispatch follows forbear.example/dispatch-log/" in done.output
    sequence(database_url)
    export(forbear, database_url)
    new = keys_of(forbear)[0]
    assert new.startswith("log.example.com/dispatch+")
    files = ("--checkpoint", "kept.txt", "--checkpoint", "log.jsonl.checkpoint")
    answer = forbear("log", "verify", "log.jsonl", "--key", old, "--key", new, *files)
    assert 0 == answer.exit_code, answer.output
    one = forbear("log", "verify", "log.jsonl", "--key", new, *files)
    assert (1, True) == (one.exit_code, "a log that was renamed has a key for each name" in one.output)
    live = forbear("log", "verify", "--checkpoint", "kept.txt")
    assert 0 == live.exit_code, live.output
    command = [sys.executable, str(VERIFIER), "log.jsonl", "kept.txt", "log.jsonl.checkpoint", "--key", old]
    assert 0 == subprocess.run([*command, "--key", new], cwd=tmp_path, check=False).returncode
    alone = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (1, True) == (alone.returncode, "which is one of log.example.com/dispatch" in alone.stderr)


def test_the_names_are_listed_with_where_each_begins(forbear: Any, database_url: str) -> None:
    first = json.loads(forbear("log", "origins", "--json").output)
    assert 0 == forbear("log", "rename").exit_code
    waiting = forbear("log", "origins").output
    assert "waits for its entry to be sequenced" in waiting
    assert "beyond 0 entries" in waiting
    again = forbear("log", "rename")
    assert again.exit_code != 0
    sequence(database_url)
    found = json.loads(forbear("log", "origins", "--json").output)
    assert [1, 0] == [one["since"] for one in found]
    assert first[0]["origin"] == found[1]["origin"] != found[0]["origin"]


def test_a_setting_names_a_fresh_log_alone(forbear: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has a name keeps it; a text that is none stops the start in one line."""
    monkeypatch.setenv("FORBEAR_LOG_ORIGIN", "log.example.com/one")
    assert ["log.example.com/one"] == [
        one["origin"] for one in json.loads(forbear("log", "origins", "--json").output)
    ]
    monkeypatch.setenv("FORBEAR_LOG_ORIGIN", "log.example.com/two")
    answer = forbear("log", "origins", "--json")
    assert ["log.example.com/one"] == [one["origin"] for one in json.loads(answer.output)]
    assert "log.example.com/one; FORBEAR_LOG_ORIGIN says log.example.com/two" in forbear("doctor").output
    monkeypatch.setenv("FORBEAR_LOG_ORIGIN", "log example")
    answer = forbear("log", "origins")
    assert isinstance(answer.exception, SetupError)
    assert answer.exception.detail.startswith("FORBEAR_LOG_ORIGIN: expected a host of yours")
    assert "\n" not in answer.exception.detail


def test_the_doctor_asks_to_rename_a_log_that_has_the_name_of_many(forbear: Any, database_url: str) -> None:
    assert "ok   log's name: forbear.example/dispatch-log/" in forbear("doctor").output

    async def age() -> None:
        database = await open_database(database_url, connections=2)
        async with database.connection() as connection:
            await connection.execute("UPDATE log_origins SET origin = 'forbear.example/dispatch-log'")
        await database.close()

    asyncio.run(age())
    assert "look log's name: forbear.example/dispatch-log is what many" in forbear("doctor").output
