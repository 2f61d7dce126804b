"""`forbear log`: verify, export, explain, replay, checkpoint."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from service.cli.keys import OPERATOR
from service.cli.nouns import noun_app
from service.cli.progress import bar
from service.cli.runtime import has_store, opened_runtime
from service.dispatch.audit.log import add_log_key, begin_export, retire_log_keys
from service.dispatch.runtime import Runtime
from service.dispatch.what_if.replay import replay as replay_entry
from service.errors import SetupError
from service.ids import NoticeId
from service.log.explain import explain as explain_notice
from service.log.export import export as export_log
from service.log.heads import Heads
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.verify import (
    CheckpointInvalid,
    Finding,
    KeptCheckpoint,
    Report,
    Verification,
    lines_of,
    read_checkpoint,
)
from service.log.verify_store import verify_store
from service.store import log_tree

app = noun_app()

T = TypeVar("T")
Cell = Annotated[int, typer.Option(min=0, help="Of which cell's log; home's is 0.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def verify(
    export: Annotated[
        Path | None, typer.Argument(help="An export (JSON lines); without one the live log is read.")
    ] = None,
    *,
    key: Annotated[
        str | None,
        typer.Option(help="The verifier key that you kept; without one the live log's own is trusted."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help=(
                "A checkpoint that you kept, may be given several times; without one EXPORT.checkpoint, "
                "else the live log's."
            )
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Re-derive the whole log and compare it with checkpoints. Exit 1 where it does not hold, naming the
    first wrong entry."""
    try:
        notes = [path.read_text(encoding="utf-8") for path in checkpoint or _beside(export)]
        report = asyncio.run(
            _verify_live(key, notes) if export is None else _verify_export(export, key, notes)
        )
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot be read: {error}") from None
    except CheckpointInvalid as error:
        report = Report(entries=0, size=0, root="", findings=(Finding(index=None, what=str(error)),))
    if as_json:
        findings = [{"index": one.index, "what": one.what} for one in report.findings]
        typer.echo(
            json.dumps(
                {
                    "holds": report.holds,
                    "entries": report.entries,
                    "size": report.size,
                    "root": report.root,
                    "findings": findings,
                }
            )
        )
    elif report.holds:
        typer.echo(f"The log holds: {report.entries} entries, root {report.root}.")
    else:
        for one in report.findings:
            typer.echo(f"entry {one.index}: {one.what}" if one.index is not None else one.what, err=True)
    if not report.holds:
        raise typer.Exit(1)


def _beside(export: Path | None) -> list[Path]:
    """The checkpoint that `forbear log export --output` wrote with the export."""
    path = None if export is None else export.with_name(export.name + ".checkpoint")
    return [] if path is None or not path.exists() else [path]


async def _verify_export(path: Path, key: str | None, notes: list[str]) -> Report:
    """A file, against what the auditor kept; what was not kept is asked of the live log."""
    total = _total(path)
    if key is None or not notes:
        if not has_store():
            raise typer.BadParameter(
                "there is no log here to ask: give --key (from /v1/log/key) and --checkpoint (from "
                "/v1/log/checkpoint)"
            )
        async with opened_runtime() as runtime:
            key = key or (await current_verifier_keys(runtime.database, runtime.vault))[0]
            if not notes:
                notes = await _own_checkpoint(runtime, total)
    verification = Verification([read_checkpoint(note, key) for note in notes])
    with path.open("rb") as file, bar("Verifying", total) as advance:
        for line in lines_of(file):
            if not verification.take(line):
                break
            verification.hashes.clear()
            advance(1)
    return verification.report()


async def _own_checkpoint(runtime: Runtime, size: int) -> list[str]:
    async with runtime.database.connection() as connection:
        note = await log_tree.checkpoint_up_to(connection, size)
    return [] if note is None else [note]


async def _verify_live(key: str | None, notes: list[str]) -> Report:
    """The store itself: the entries, the tree they make, and every stored tile of it."""
    async with opened_runtime() as runtime:
        heads = Heads()
        report = await _verify_cell(runtime, key, notes, look=heads.take)
        if not report.holds:
            return report
        if heads.finding is not None:
            return replace(report, findings=(heads.finding,))
        named = heads.of_others()
        for number in sorted({*named, *range(1, len(runtime.cells.all))}):
            if number >= len(runtime.cells.all):
                gone = Finding(index=None, what=f"cell {number}, whose log home's names, is missing")
                return replace(report, findings=(gone,))
            found = await _verify_cell(runtime.cells.all[number], None, [], also=named.get(number, ()))
            report = replace(report, entries=report.entries + found.entries)
            if not found.holds:
                return replace(report, findings=tuple(_in_cell(number, one) for one in found.findings))
        return report


def _in_cell(number: int, one: Finding) -> Finding:
    at = "" if one.index is None else f"entry {one.index}: "
    return Finding(index=None, what=f"cell {number}: {at}{one.what}")


async def _verify_cell(
    runtime: Runtime,
    key: str | None,
    notes: list[str],
    *,
    also: Sequence[KeptCheckpoint] = (),
    look: Callable[[bytes], None] = lambda _: None,
) -> Report:
    """One cell's log, against its own checkpoint, those that were kept, and what home's log says of it."""
    live = await latest_checkpoint(runtime.database)
    key = key or (await current_verifier_keys(runtime.database, runtime.vault))[0]
    kept = [read_checkpoint(note, key) for note in [*notes, *([] if live is None else [live])]]
    with bar("Verifying", max((one.size for one in kept), default=0)) as advance:
        return await verify_store(runtime.database, [*kept, *also], advance, look=look)


def _total(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="jsonl, csv or parquet.")] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; standard output without one.")
    ] = None,
    cell: Cell = 0,
) -> None:
    """Write the sequenced log in the order of its index. The export is itself an entry of the log."""
    if form not in {"jsonl", "csv", "parquet"}:
        raise typer.BadParameter("expected jsonl, csv or parquet", param_hint="--format")
    if form == "parquet" and find_spec("pyarrow") is None:
        raise SetupError(
            "--format parquet needs pyarrow, which is not installed: pip install 'forbear[parquet]'"
        )
    try:
        asyncio.run(_export(form, output, cell))
    except ConnectionError:
        raise
    except OSError as error:
        written = output if output is not None else "standard output"
        typer.echo(
            f"forbear: {written} cannot be written: {error.strerror}; the export is not whole", err=True
        )
        raise typer.Exit(2) from None


async def _export(form: str, output: Path | None, cell: int) -> None:
    async with opened_runtime() as home:
        runtime = _cell(home, cell)
        sink = sys.stdout.buffer if output is None else output.open("wb")
        try:
            size = await begin_export(runtime, OPERATOR, form=form, first=0)
            async for chunk in export_log(runtime.database, form, last=size):
                sink.write(chunk)
            sink.flush()
        finally:
            if output is not None:
                sink.close()
        if output is not None:
            kept = output.with_name(output.name + ".checkpoint")
            kept.write_text("".join(await _own_checkpoint(runtime, size)), encoding="utf-8")
            typer.echo(f"{size} entries written to {output}, their checkpoint to {kept}.", err=True)


@app.command()
def checkpoint(*, cell: Cell = 0, as_json: Json = False) -> None:
    """Print the last signed checkpoint: keep it somewhere else. Home's covers the logs of every cell."""
    asyncio.run(_checkpoint(cell, as_json=as_json))


def _cell(home: Runtime, number: int) -> Runtime:
    """Raises SetupError where there is none of that number."""
    every = home.cells.all
    if number >= len(every):
        raise SetupError(f"--cell: expected a number from 0 to {len(every) - 1}, got {number}")
    return every[number]


async def _checkpoint(cell: int, *, as_json: bool) -> None:
    async with opened_runtime() as home:
        runtime = _cell(home, cell)
        note = await latest_checkpoint(runtime.database)
        keys = await current_verifier_keys(runtime.database, runtime.vault)
    if note is None:
        typer.echo("Nothing is sequenced yet.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps({"checkpoint": note, "keys": keys}) if as_json else note, nl=as_json)


@app.command("rotate-key")
def rotate_key() -> None:
    """Add a key that signs checkpoints beside the one in use, and print its verifier key; `retire-key` ends
    the older one."""
    typer.echo(asyncio.run(_with_runtime(lambda runtime: add_log_key(runtime, OPERATOR))))


@app.command("retire-key")
def retire_key() -> None:
    """Let the newest key sign alone. Exit 1 where only one was in use."""
    retired = asyncio.run(_with_runtime(lambda runtime: retire_log_keys(runtime, OPERATOR)))
    if not retired:
        typer.echo("Only one key is in use; add one with `forbear log rotate-key` first.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{retired} older key retired; its checkpoints stay verifiable with its verifier key.")


async def _with_runtime(work: Callable[[Runtime], Awaitable[T]]) -> T:
    async with opened_runtime() as runtime:
        return await work(runtime)


@app.command()
def explain(notice: Annotated[str, typer.Argument(help="A notice's id.")], *, as_json: Json = False) -> None:
    """Tell the story of one notice in plain sentences."""
    id_ = NoticeId.parse(notice)
    if id_ is None:
        raise typer.BadParameter("expected a notice's id, ntc_…")
    lines = asyncio.run(_explain(id_))
    if not lines:
        typer.echo("The log has nothing about this notice.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(lines, ensure_ascii=False) if as_json else "\n".join(lines))


async def _explain(id_: NoticeId) -> list[str]:
    async with opened_runtime() as runtime:
        return await explain_notice(runtime.database, runtime.vault, id_)


@app.command()
def replay(
    index: Annotated[int, typer.Argument(help="The index of a decision or a learned choice in the log.")],
    *,
    as_json: Json = False,
) -> None:
    """Take a logged decision, or a learned choice, again from its entry alone, and say whether it comes out
    the same."""
    result = asyncio.run(_replay(index))
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "same": result.same,
                    "verdict": result.verdict,
                    "logged": result.logged,
                    "gone": list(result.gone),
                }
            )
        )
    else:
        typer.echo(result.sentence())
    if not result.same:
        raise typer.Exit(1)


async def _replay(index: int) -> Any:
    async with opened_runtime() as runtime:
        return await replay_entry(runtime.database, runtime.vault, runtime.in_force.find_policy, index)
