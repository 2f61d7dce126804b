"""`forbear log`: verify, export, explain, replay, checkpoint."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from service.cli.keys import OPERATOR
from service.cli.log_archives import archive, archives, drop
from service.cli.log_names import origins, rename
from service.cli.log_verify import own_checkpoint, verify
from service.cli.nouns import noun_app
from service.cli.runtime import Cell, cell_of, opened_runtime
from service.dispatch.audit.log import add_log_key, begin_export, retire_log_keys
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.dispatch.what_if.replay import replay as replay_entry
from service.dispatch.what_if.replay import replay_archived
from service.errors import SetupError
from service.ids import NoticeId
from service.log.explain import explain as explain_notice
from service.log.explain import explain_archived
from service.log.export import export as export_log
from service.log.read import current_verifier_keys, latest_checkpoint

app = noun_app()
app.command()(verify)
app.command()(origins)
app.command()(rename)
app.command()(archive)
app.command()(archives)
app.command()(drop)

T = TypeVar("T")
FromArchive = Annotated[
    Path | None,
    typer.Option("--archive", help="Read it from this file, which `forbear log archive` wrote."),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


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
        runtime = cell_of(home, cell)
        sink = sys.stdout.buffer if output is None else output.open("wb")
        try:
            found = await begin_export(runtime, OPERATOR, form=form, first=0)
            size, before = found.size, found.beginning
            async for chunk in export_log(
                runtime.database, form, first=found.first, last=size, beginning=before
            ):
                sink.write(chunk)
            sink.flush()
        finally:
            if output is not None:
                sink.close()
        if output is not None:
            kept = output.with_name(output.name + ".checkpoint")
            kept.write_text("".join(await own_checkpoint(runtime, size)), encoding="utf-8")
            typer.echo(
                f"{size - found.first} entries written to {output}, their checkpoint to {kept}.", err=True
            )


@app.command()
def checkpoint(*, cell: Cell = 0, as_json: Json = False) -> None:
    """Print the last signed checkpoint: keep it somewhere else. Home's covers the logs of every cell."""
    asyncio.run(_checkpoint(cell, as_json=as_json))


async def _checkpoint(cell: int, *, as_json: bool) -> None:
    async with opened_runtime() as home:
        runtime = cell_of(home, cell)
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


@contextmanager
def _readable(archive: Path | None) -> Iterator[None]:
    """Say in one line which file cannot be read."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        if archive is None:
            raise
        raise typer.BadParameter(f"{archive} or its .details cannot be read: {error.strerror}") from None


@app.command()
def explain(
    notice: Annotated[str, typer.Argument(help="A notice's id.")],
    *,
    archive: FromArchive = None,
    as_json: Json = False,
) -> None:
    """Tell the story of one notice in plain sentences, or what an archive knows of it."""
    id_ = NoticeId.parse(notice)
    if id_ is None:
        raise typer.BadParameter("expected a notice's id, ntc_…")
    with _readable(archive):
        lines = asyncio.run(_explain(id_, archive))
    if not lines:
        typer.echo("The log has nothing about this notice.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(lines, ensure_ascii=False) if as_json else "\n".join(lines))


async def _explain(id_: NoticeId, archive: Path | None) -> list[str]:
    async with opened_runtime() as runtime:
        database = runtime.of(id_.borrower).database
        if archive is not None:
            return await explain_archived(database, runtime.vault, id_, archive)
        logs = [(one.database, keys_elsewhere(one)) for one in runtime.cells.with_log_of(id_.borrower)]
        return await explain_notice(logs, runtime.vault, id_)


@app.command()
def replay(
    index: Annotated[int, typer.Argument(help="The index of a decision or a learned choice in the log.")],
    *,
    archive: FromArchive = None,
    cell: Cell = 0,
    as_json: Json = False,
) -> None:
    """Take a logged decision, or a learned choice, again from its entry alone, and say whether it comes out
    the same."""
    with _readable(archive):
        result = asyncio.run(_replay(index, archive, cell))
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


async def _replay(index: int, archive: Path | None, cell: int) -> Any:
    async with opened_runtime() as home:
        runtime = cell_of(home, cell)
        if archive is not None:
            find = runtime.in_force.find_policy
            return await replay_archived(runtime.database, runtime.vault, find, index, archive)
        find, keys = runtime.in_force.find_policy, keys_elsewhere(runtime)
        return await replay_entry(runtime.database, runtime.vault, find, index, keys)
