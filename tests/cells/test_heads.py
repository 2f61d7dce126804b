"""One proof over all: home's log names the heads of every cell's, and nothing can be taken away unseen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.cli.log_verify import _verify_cell
from service.dispatch.audit.heads import note_heads
from service.dispatch.runtime import Runtime
from service.log.export import export
from service.log.heads import Heads
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.sequence import sequence_once
from service.log.verify import Report
from service.store import log_tree
from tests.cells.conftest import TwoCells

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_log.py"


async def sequence(cell: Runtime) -> None:
    """Everything that waits in a cell."""
    async with cell.database.connection() as connection:
        assert await log_tree.lead(connection)
        await sequence_once(connection, cell.vault)
        await log_tree.resign(connection)


async def lived(two: TwoCells, plain: dict[str, Any]) -> None:
    """Notices in both cells, sequenced, and heads noted twice."""
    for _ in range(2):
        for cell in (two.home, two.other):
            await two.bench.accept(two.notice_in(cell, plain))
            await sequence(cell)
        assert await note_heads(two.home)
        await sequence(two.home)


async def verified(two: TwoCells) -> Report | str:
    """As `forbear log verify` goes about it: home, then every cell that home names."""
    heads = Heads()
    report = await _verify_cell(two.home, [], [], look=heads.take)
    if not report.holds:
        return report
    if heads.finding is not None:
        return heads.finding.what
    for number, kept in heads.of_others().items():
        if number >= len(two.home.cells.all):
            return f"cell {number} is missing"
        report = await _verify_cell(two.home.cells.all[number], [], [], also=kept)
        if not report.holds:
            return report
    return report


async def alter(cell: Runtime, *statements: str) -> None:
    """Behind the back of the service."""
    async with cell.database.connection() as connection:
        for one in statements:
            await connection.execute(one)


async def test_heads_hold_and_are_noted_only_where_another_cell_went_on(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Home's own entries make no head: it would never rest."""
    await lived(two, plain)
    assert not await note_heads(two.home)
    report = await verified(two)
    assert isinstance(report, Report)
    assert report.holds


async def test_the_proof_holds_after_an_erasure(two: TwoCells, plain: dict[str, Any]) -> None:
    """What is erased is erased in its cell, and every log verifies."""
    await lived(two, plain)
    answer = await two.bench.api.client.post(f"/v1/borrowers/{two.name_in(two.other)}/erase")
    assert 200 == answer.status_code
    await sequence(two.other)
    assert await note_heads(two.home)
    await sequence(two.home)
    report = await verified(two)
    assert isinstance(report, Report)
    assert report.holds


CUT = (
    "DELETE FROM log_checkpoints WHERE size > 2",
    "DELETE FROM log_sequence WHERE first >= 2",
)


@pytest.mark.parametrize("damage", ["entry", "head", "rewound", "cell"])
async def test_what_is_taken_away_is_found(two: TwoCells, plain: dict[str, Any], damage: str) -> None:
    """An entry of a cell, a head of home's, the newest part of a cell's log with its checkpoint, a whole
    cell."""
    await lived(two, plain)
    two.bench.api.log_is_damaged = True
    match damage:
        case "entry":
            await alter(two.other, "DELETE FROM log_entries WHERE kind = 'notice.accepted'")
        case "head":
            await alter(two.home, "DELETE FROM log_entries WHERE kind = 'cells.heads'")
        case "rewound":
            await alter(
                two.other, "DELETE FROM log_checkpoints WHERE size = (SELECT max(size) FROM log_checkpoints)"
            )
        case "cell":
            del two.home.cells.all[1:]
    report = await verified(two)
    assert isinstance(report, str) or not report.holds


async def exported(cell: Runtime, path: Path) -> Path:
    """A cell's export in a file."""
    async with cell.database.connection() as connection:
        head = await log_tree.head(connection)
    assert head is not None
    chunks = [chunk async for chunk in export(cell.database, "jsonl", last=head.size)]
    return write(path, b"".join(chunks))


def write(path: Path, content: bytes) -> Path:
    """A file with this in it."""
    path.write_bytes(content)
    return path


async def test_the_single_file_verifier_wants_every_cell(
    two: TwoCells, plain: dict[str, Any], tmp_path: Path
) -> None:
    """With the standard library alone: green with both exports, red without one, and with one that lacks an
    entry."""
    await lived(two, plain)
    home, other = (
        await exported(two.home, tmp_path / "0.jsonl"),
        await exported(two.other, tmp_path / "1.jsonl"),
    )
    note = await latest_checkpoint(two.home.database)
    assert note is not None
    (tmp_path / "note").write_text(note)
    [key] = await current_verifier_keys(two.home.database, two.home.vault)

    def run(*further: str) -> tuple[int, str]:
        words = [sys.executable, str(VERIFIER), str(home), str(tmp_path / "note"), "--key", key, *further]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert 0 == run("--cell", f"1={other}")[0], run("--cell", f"1={other}")
    status, said = run()
    assert (1, True) == (status, "cell 1" in said)
    other.write_bytes(b"".join(other.read_bytes().splitlines(keepends=True)[:-1]))
    status, said = run("--cell", f"1={other}")
    assert (1, True) == (status, said.startswith("cell 1: entry"))
