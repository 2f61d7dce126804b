"""`forbear log export` on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg


def test_an_export_by_command_is_an_entry_of_the_log(forbear, database_url, tmp_path):
    """As it is by the API: who took a copy stands there."""
    path = tmp_path / "log.jsonl"
    done = forbear("log", "export", "--output", str(path))
    assert 0 == done.exit_code, done.output
    assert (path.exists(), (tmp_path / "log.jsonl.checkpoint").exists()) == (True, True)

    async def exports() -> list[str]:
        connection = await asyncpg.connect(database_url)
        try:
            return [
                row["actor"]
                for row in await connection.fetch("SELECT actor FROM log_entries WHERE kind = 'log.exported'")
            ]
        finally:
            await connection.close()

    assert ["operator:cli"] == asyncio.run(exports())


def test_an_export_that_cannot_be_written_says_so_in_one_line(forbear, database_url, tmp_path):
    """A folder that is not there, and a full disk: wrong use, no trace, and never a file that passes for
    whole."""
    for path, why in (
        (tmp_path / "nowhere" / "log.jsonl", "No such file or directory"),
        (Path("/dev/full"), "No space left on device"),
    ):
        done = forbear("log", "export", "--format", "csv", "--output", str(path))
        assert (2, f"forbear: {path} cannot be written: {why}; the export is not whole\n") == (
            done.exit_code,
            done.stderr,
        )
