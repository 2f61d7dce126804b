"""`forbear log verify`: the live log, or an export and the archives before it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from service.cli.progress import bar
from service.cli.runtime import has_store, opened_runtime
from service.dispatch.runtime import Runtime
from service.log.archived import what_is_gone
from service.log.heads import Heads
from service.log.read import known_verifier_keys, latest_checkpoint
from service.log.verify import (
    LONGEST,
    CheckpointInvalid,
    Finding,
    KeptCheckpoint,
    Report,
    Verification,
    lines_of,
    read_by_any,
)
from service.log.verify_store import verify_store
from service.store import log_tree

Export = Annotated[
    Path | None, typer.Argument(help="An export (JSON lines); without one the live log is read.")
]
Key = Annotated[
    list[str] | None,
    typer.Option(
        help="A verifier key that you kept, may be given several times; without one the live log's own are "
        "trusted."
    ),
]
KeptNote = Annotated[
    list[Path] | None,
    typer.Option(
        help="A checkpoint that you kept, may be given several times; without one EXPORT.checkpoint, else "
        "the live log's."
    ),
]
Before = Annotated[
    list[Path] | None,
    typer.Option(
        "--archive", help="With an export: what was archived before it, in its order; several times."
    ),
]


def verify(
    export: Export = None,
    *,
    key: Key = None,
    checkpoint: KeptNote = None,
    archive: Before = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Re-derive the whole log and compare it with checkpoints. Exit 1 where it does not hold, naming the
    first wrong entry."""
    if export is None and archive:
        raise typer.BadParameter("--archive goes with an export")
    try:
        notes = [path.read_text(encoding="utf-8") for path in checkpoint or _beside(export)]
        report = asyncio.run(
            _verify_live(key or [], notes)
            if export is None
            else _verify_export([*(archive or []), export], key or [], notes)
        )
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot be read: {error}") from None
    except CheckpointInvalid as error:
        report = Report(entries=0, size=0, root="", findings=(Finding(index=None, what=str(error)),))
    _say(report, live=export is None, as_json=as_json)
    if not report.holds:
        raise typer.Exit(1)


def _say(report: Report, *, live: bool, as_json: bool) -> None:
    """Print what came of it."""
    if as_json:
        findings = [{"index": one.index, "what": one.what} for one in report.findings]
        said = {"holds": report.holds, "first": report.first, "entries": report.entries}
        typer.echo(json.dumps(said | {"size": report.size, "root": report.root, "findings": findings}))
        return
    for one in report.findings:
        typer.echo(f"entry {one.index}: {one.what}" if one.index is not None else one.what, err=True)
    if report.holds:
        typer.echo(f"The log holds: {report.entries} entries, root {report.root}.")
        if report.first:
            typer.echo(f"It begins at entry {report.first}: {_before(live=live)}")


def _beside(export: Path | None) -> list[Path]:
    """The checkpoint that `forbear log export --output` wrote with the export."""
    path = None if export is None else export.with_name(export.name + ".checkpoint")
    return [] if path is None or not path.exists() else [path]


def _before(*, live: bool) -> str:
    """What is said of the entries before the first."""
    if not live:
        return "what is before it is in archives, which were not looked at."
    return f"what is before it was archived, and the stored hashes of it hold. {asyncio.run(_gone())}"


async def _gone() -> str:
    async with opened_runtime() as runtime, runtime.database.connection() as connection:
        return f"{await what_is_gone(connection)}"


async def _verify_export(paths: list[Path], keys: list[str], notes: list[str]) -> Report:
    """Files, one behind the other, against what the auditor kept; what was not kept is asked of the live
    log."""
    total = sum(map(_total, paths))
    if not keys or not notes:
        if not has_store():
            raise typer.BadParameter(
                "there is no log here to ask: give --key (from /v1/log/key) and --checkpoint (from "
                "/v1/log/checkpoint)"
            )
        async with opened_runtime() as runtime:
            keys = keys or await known_verifier_keys(runtime.database, runtime.vault)
            if not notes:
                notes = await own_checkpoint(runtime, _end(paths[-1]))
    kept = [read_by_any(note, keys) for note in notes]
    verification = Verification(kept, keys=keys)
    with bar("Verifying", total) as advance:
        for path in paths:
            with path.open("rb") as file:
                for line in lines_of(file):
                    if not verification.take(line):
                        return verification.report()
                    verification.hashes.clear()
                    advance(1)
    return verification.report()


async def own_checkpoint(runtime: Runtime, size: int) -> list[str]:
    """The largest checkpoint of the store that an export of this size reaches."""
    async with runtime.database.connection() as connection:
        note = await log_tree.checkpoint_up_to(connection, size)
    return [] if note is None else [note]


async def _verify_live(keys: list[str], notes: list[str]) -> Report:
    """The store itself: the entries, the tree they make, and every stored tile of it."""
    async with opened_runtime() as runtime:
        heads = Heads()
        report = await _verify_cell(runtime, keys, notes, look=heads.take)
        if not report.holds:
            return report
        if heads.finding is not None:
            return replace(report, findings=(heads.finding,))
        named = heads.of_others()
        for number in sorted({*named, *range(1, len(runtime.cells.all))}):
            if number >= len(runtime.cells.all):
                gone = Finding(index=None, what=f"cell {number}, whose log home's names, is missing")
                return replace(report, findings=(gone,))
            found = await _verify_cell(runtime.cells.all[number], [], [], also=named.get(number, ()))
            report = replace(report, entries=report.entries + found.entries)
            if not found.holds:
                return replace(report, findings=tuple(_in_cell(number, one) for one in found.findings))
        return report


def _in_cell(number: int, one: Finding) -> Finding:
    at = "" if one.index is None else f"entry {one.index}: "
    return Finding(index=None, what=f"cell {number}: {at}{one.what}")


async def _verify_cell(
    runtime: Runtime,
    keys: list[str],
    notes: list[str],
    *,
    also: Sequence[KeptCheckpoint] = (),
    look: Callable[[bytes], None] = lambda _: None,
) -> Report:
    """One cell's log, against its own checkpoint, those that were kept, and what home's log says of it."""
    live = await latest_checkpoint(runtime.database)
    known = await known_verifier_keys(runtime.database, runtime.vault)
    keys = keys or known
    kept = [read_by_any(note, keys) for note in [*notes, *([] if live is None else [live])]]
    with bar("Verifying", max((one.size for one in kept), default=0)) as advance:
        return await verify_store(runtime.database, [*kept, *also], advance, keys=[*keys, *known], look=look)


def _end(path: Path) -> int:
    """The size at which an export ends: one more than the index of its last line."""
    with path.open("rb") as file:
        file.seek(-min(LONGEST, path.stat().st_size), 2)
        lines = file.read().splitlines()
    try:
        return int(json.loads(lines[-1])["index"]) + 1
    except (IndexError, KeyError, TypeError, ValueError):
        return _total(path)


def _total(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
