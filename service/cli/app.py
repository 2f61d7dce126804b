"""The commands of `forbear`. Exit codes: 0 done, 1 the answer is no, 2 wrong use.

Nouns live in files of their own and are imported when they are asked for, and so is whatever a command
needs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service.cli.nouns import WithNouns
from service.cli.starting import start_quickly
from service.errors import ForbearError, SetupError, where

app = typer.Typer(
    name="forbear",
    cls=WithNouns,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Dispatches lenders' notices under law packs, with a provable log.",
)


def _say_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from policies.zones import TZDATA_VERSION
        from service.store.migrate import head

        typer.echo(f"forbear {version('forbear')}, schema {head()}, zone data {TZDATA_VERSION}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Say which release this is.",
            is_eager=True,
            callback=lambda wanted: _say_version(wanted=wanted),
        ),
    ] = False,
) -> None:
    """Dispatches lenders' notices under law packs, with a provable log."""
    del version


@app.command()
def serve(
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve the API alone; run `forbear worker` beside it.")
    ] = False,
) -> None:
    """Serve the API, with a worker in the same process."""
    start_quickly()
    from service.cli.serving import serve as run_server
    from service.cli.working import run_loop

    run_loop(run_server(worker=not no_worker))


@app.command()
def worker(
    *,
    cell: Annotated[
        str, typer.Option(help="Work in this cell alone, by its place in FORBEAR_CELLS, home being 0.")
    ] = "all",
) -> None:
    """Run a worker alone: claims, decides, sends, settles, sequences the log."""
    start_quickly()
    from service.cli.working import run_loop, work

    if cell != "all" and not cell.isdecimal():
        raise SetupError(f"--cell: expected a number or all, got {cell!r}")
    run_loop(work(None if cell == "all" else int(cell)))


@app.command()
def consume() -> None:
    """Take notices and events from RabbitMQ, Kafka or SQS: FORBEAR_SOURCE__URL, __NAME and __KEY_ID say from
    where, and as whom."""
    start_quickly()
    from service.cli.working import consume as run_consumer
    from service.cli.working import run_loop

    run_loop(run_consumer())


@app.command()
def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False
) -> None:
    """Look at the installation: settings, database, clocks, secret key, log, disk, and law that changes soon.
    Exit 1 where it is bad."""
    from service.cli.doctor import examine

    examine(as_json=as_json)


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    import asyncio

    from service.cli.working import migrate_now

    changed = asyncio.run(migrate_now())
    typer.echo("The schema was brought up to date." if changed else "The schema is current.")


@app.command()
def reconcile(
    *,
    since: Annotated[
        str,
        typer.Option(
            help="When the backup was taken, or a little before: an instant such as 2027-01-01T00:00:00Z."
        ),
    ],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Write it down; without it nothing is changed.")
    ] = False,
    hold_unlisted: Annotated[
        bool,
        typer.Option(
            "--hold-unlisted",
            help="Hold also what was due on channels whose provider keeps no list, such as a mail server.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
) -> None:
    """After a restore, before any worker runs: ask the providers what left since then, and write what this
    store does not know.

    Each such message counts as a contact of the borrower; what waits and may have been it is held for a
    person."""
    from service.cli.reconciling import run_reconciliation

    run_reconciliation(since, apply=apply, hold_unlisted=hold_unlisted, as_json=as_json)


def run() -> None:
    """Run the command line; what a person can be told is one line, not a traceback."""
    try:
        app()
    except SetupError as error:
        typer.echo(f"forbear: {error.detail}", err=True)
        sys.exit(2)
    except ForbearError as error:
        typer.echo(f"forbear: {error.detail}", err=True)
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"forbear: {place}{error.strerror or error}", err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - a person gets one line, which says where to look
        typer.echo(
            f"forbear: an internal error, {type(error).__name__} at {' < '.join(where(error))}", err=True
        )
        sys.exit(1)
