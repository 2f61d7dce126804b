"""`forbear log`: verify, export, explain, replay, checkpoint."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.desk import opened_desk
from service.ids import NoticeId
from service.log.explain import explain as explain_notice
from service.log.export import export as export_log
from service.log.export import sealed_size
from service.log.read import current_verifier_keys, latest_checkpoint
from service.log.replay import replay as replay_entry
from service.log.verify import CheckpointInvalid, KeptCheckpoint, Report, read_checkpoint, verify_lines

app = typer.Typer(no_args_is_help=True, help="Verify, export and read the dispatch log.")

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def verify(
    export: Annotated[Path | None, typer.Argument(help="An export (JSON lines); without one the live log is read.")] = None,
    *,
    key: Annotated[str | None, typer.Option(help="The verifier key that you kept; without one the live log's own is trusted.")] = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="A checkpoint that you kept; may be given several times.")] = None,
    as_json: Json = False,
) -> None:
    """Re-derive the whole log and compare it with checkpoints. Exit 1 where it does not hold, naming the first wrong entry."""
    report = asyncio.run(_verify(export, key, checkpoint or []))
    if as_json:
        findings = [{"index": one.index, "what": one.what} for one in report.findings]
        typer.echo(
            json.dumps({"holds": report.holds, "entries": report.entries, "size": report.size, "root": report.root, "findings": findings})
        )
    elif report.holds:
        typer.echo(f"The log holds: {report.entries} entries, root {report.root}.")
    else:
        for one in report.findings:
            typer.echo(f"entry {one.index}: {one.what}" if one.index is not None else one.what, err=True)
    if not report.holds:
        raise typer.Exit(1)


async def _verify(export: Path | None, key: str | None, kept: list[Path]) -> Report:
    notes = [path.read_text(encoding="utf-8") for path in kept]
    if export is not None:
        if key is None or not notes:
            raise typer.BadParameter(
                "an export is verified against a checkpoint and the verifier key that you kept: give --key and --checkpoint"
            )
        with export.open("rb") as file:
            return _checked(file, notes, key, _total(export))
    async with opened_desk() as desk:
        live = await latest_checkpoint(desk.database)
        key = key or (await current_verifier_keys(desk.database, desk.vault))[-1]
        if live is not None:
            notes.append(live)
        lines: list[bytes] = []
        async for chunk in export_log(desk.database, "jsonl"):
            lines += chunk.splitlines()
        return _checked(iter(lines), notes, key, len(lines))


def _total(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _checked(lines: Any, notes: list[str], key: str, total: int) -> Report:
    try:
        kept: list[KeptCheckpoint] = [read_checkpoint(note, key) for note in notes]
    except CheckpointInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if not sys.stderr.isatty():
        return verify_lines(lines, kept)
    with typer.progressbar(length=total, label="Verifying", file=sys.stderr) as bar:
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            bar.update(count - done)
            done = count

        return verify_lines(lines, kept, progress=progress)


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="jsonl, csv or parquet.")] = "jsonl",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; standard output without one.")] = None,
) -> None:
    """Write the sealed log in the order of its index."""
    if form not in {"jsonl", "csv", "parquet"}:
        raise typer.BadParameter("expected jsonl, csv or parquet", param_hint="--format")
    asyncio.run(_export(form, output))


async def _export(form: str, output: Path | None) -> None:
    async with opened_desk() as desk:
        sink = sys.stdout.buffer if output is None else output.open("wb")
        try:
            async for chunk in export_log(desk.database, form):
                sink.write(chunk)
            sink.flush()
        finally:
            if output is not None:
                sink.close()
        if output is not None:
            typer.echo(f"{await sealed_size(desk.database)} entries written to {output}.", err=True)


@app.command()
def checkpoint(*, as_json: Json = False) -> None:
    """Print the last signed checkpoint: keep it somewhere else."""
    asyncio.run(_checkpoint(as_json=as_json))


async def _checkpoint(*, as_json: bool) -> None:
    async with opened_desk() as desk:
        note = await latest_checkpoint(desk.database)
        keys = await current_verifier_keys(desk.database, desk.vault)
    if note is None:
        typer.echo("Nothing is sealed yet.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps({"checkpoint": note, "keys": keys}) if as_json else note, nl=as_json)


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
    async with opened_desk() as desk:
        return await explain_notice(desk.database, desk.vault, id_)


@app.command()
def replay(
    entry: Annotated[int, typer.Argument(help="The number of a decision's entry (its `entry` in the log).")], *, as_json: Json = False
) -> None:
    """Take a logged decision again from its entry alone, and say whether it comes out the same."""
    result = asyncio.run(_replay(entry))
    if as_json:
        typer.echo(json.dumps({"same": result.same, "verdict": result.verdict, "logged": result.logged, "gone": list(result.gone)}))
    else:
        typer.echo(result.sentence())
    if not result.same:
        raise typer.Exit(1)


async def _replay(entry: int) -> Any:
    async with opened_desk() as desk:
        return await replay_entry(desk.database, desk.vault, desk.shelf.find_policy, entry)
