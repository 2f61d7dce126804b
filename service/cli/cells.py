"""`forbear cells`: the databases of a deployment, which borrowers are where, and how they move."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from service.cli.keys import OPERATOR, Json, print_json, run_with_runtime
from service.cli.nouns import noun_app
from service.cli.progress import bar
from service.cli.tables import show_list
from service.dispatch.reconcile import growing
from service.dispatch.reconcile.growing import Plan
from service.dispatch.records.cells import cells_status, moves_status
from service.dispatch.runtime import Runtime
from service.store.cell_moves import Move

app = noun_app()
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Together = Annotated[
    int, typer.Option(min=1, max=256, help="Buckets that are copied, and stand still, at a time.")
]
Cell = Annotated[int, typer.Argument(min=0, help="The cell's place in FORBEAR_CELLS; home is 0.")]
To = Annotated[int, typer.Option("--to", min=0, help="The cell that takes them.")]


@app.callback()
def cells() -> None:
    """The databases of a deployment, which borrowers are where, and how they move."""


@app.command()
def status(as_json: Json = False) -> None:
    """Say of each cell whether it can be reached, what it holds, and what it still owes the others; and of
    each move how far it is. Exits 1 where a cell is away."""

    async def both(runtime: Runtime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return await cells_status(runtime), await moves_status(runtime)

    found, moves = run_with_runtime(both)
    if as_json:
        print_json({"cells": found, "moves": moves})
    else:
        columns = (
            ("cell", lambda one: one["cell"]),
            ("state", _state),
            ("buckets", lambda one: one["buckets"]),
            ("borrowers", lambda one: one.get("borrowers")),
            ("log", lambda one: one.get("log_entries")),
            ("unsequenced", lambda one: one.get("unsequenced")),
            ("owes", _owes),
        )
        show_list(found, columns, as_json=False, nothing="There are no cells.", what="cells")
        if moves:
            typer.echo("")
            show_list(moves, MOVE_COLUMNS, as_json=False, nothing="", what="moves")
    if not all(one["reachable"] for one in found):
        raise typer.Exit(1)


MOVE_COLUMNS = (
    ("move", lambda one: one["move"]),
    ("from", lambda one: one["from"]),
    ("to", lambda one: one["to"]),
    ("buckets", lambda one: one["buckets"]),
    ("state", lambda one: one["state"].replace("_", " ")),
    ("borrowers", lambda one: one["borrowers"]),
    ("copied", lambda one: None if one["percent"] is None else f"{one['percent']} %"),
    ("rows", lambda one: one["rows"]),
    ("stood still, s", lambda one: one["stood_still_seconds"]),
)


@app.command()
def add(cell: Cell, *, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make a cell that FORBEAR_CELLS names newly ready for borrowers: it gets the schema, its place, the map,
    and every suppression that stands anywhere; and the numbers of the others are entered into the directory.
    Repeatable; no borrower moves by it."""

    async def work(runtime: Runtime) -> dict[str, Any]:
        if not dry_run:
            await growing.check_processes(runtime)  # an older one stores numbers and enters none
        return await growing.add_cell(runtime, cell, OPERATOR, dry_run=dry_run)

    found = run_with_runtime(work)
    if as_json:
        print_json(found)
    elif dry_run:
        typer.echo(f"Cell {cell} is there and knows the others; it has {found['buckets']} buckets.")
    else:
        typer.echo(
            f"Cell {cell} is ready for borrowers; {found['suppressions']} suppressions were news to it, "
            f"{found['numbers']} numbers are in the directory. "
            f"forbear cells split 0 --to {cell} gives it half of home's."
        )


@app.command()
def split(
    cell: Cell, *, to: To, together: Together = 8, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Move every second bucket of a cell to another, while everything works on. May be ended at any time;
    forbear cells move --resume goes on."""

    async def work(runtime: Runtime) -> dict[str, Any]:
        return await _moved(runtime, [await growing.plan_split(runtime, cell, to)], together, dry_run)

    _say(run_with_runtime(work), as_json=as_json)


@app.command()
def move(
    buckets: Annotated[
        str | None, typer.Argument(help="Buckets from 0 to 4095, such as 7 or 0-63,128.")
    ] = None,
    *,
    to: Annotated[int | None, typer.Option("--to", min=0, help="The cell that takes them.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what was asked for before.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Give up what has not been given; nothing is lost.")
    ] = False,
    together: Together = 8,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Move some buckets to another cell, while everything works on; go on with what was asked for before, or
    give it up."""
    wanted = buckets is not None and to is not None
    if wanted + resume + cancel != 1 or ((buckets is None) != (to is None)):
        raise typer.BadParameter("expected buckets and --to, or --resume, or --cancel")
    if cancel:
        given_up, too_far = run_with_runtime(growing.cancel)
        if as_json:
            print_json({"given_up": given_up, "too_far": too_far})
        else:
            typer.echo(f"{given_up} moves were given up; {too_far} are too far, and go on with --resume.")
        return

    async def work(runtime: Runtime) -> dict[str, Any]:
        if resume:
            return await _run(runtime, dry_run=dry_run)
        assert buckets is not None  # noqa: S101 - checked above
        assert to is not None  # noqa: S101
        plans = await growing.plan_move(runtime, _numbers(buckets), to)
        return await _moved(runtime, plans, together, dry_run)

    _say(run_with_runtime(work), as_json=as_json)


RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


def _numbers(text: str) -> list[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = RANGE.fullmatch(part.strip())
        if match is None:
            raise typer.BadParameter(f"expected buckets such as 7 or 0-63,128, got {part!r}")
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    if not found:
        raise typer.BadParameter("expected the lower bucket of a range first")
    return sorted(found)


async def _moved(runtime: Runtime, plans: list[Plan], together: int, dry_run: bool) -> dict[str, Any]:
    await growing.check_processes(runtime)
    if dry_run:
        return {"dry_run": True, "plans": [one.document() for one in plans], "moves": []}
    await growing.ask(runtime, plans, OPERATOR, together=together)
    found = await _run(runtime, dry_run=False)
    return {"dry_run": False, "plans": [one.document() for one in plans], **found}


async def _run(runtime: Runtime, *, dry_run: bool) -> dict[str, Any]:
    before = await moves_status(runtime, last=0)
    if dry_run:
        return {"dry_run": True, "plans": [], "moves": before}
    ended: list[Move] = []
    total = max(1, sum(one["buckets"] for one in before))
    with bar("Moving buckets", total) as advance:

        def said(one: Move) -> None:
            ended.append(one)
            advance(len(one.buckets))

        await growing.run(runtime, said=said)
    numbers = {one.move_no for one in ended}
    done = await moves_status(runtime, last=len(ended)) if ended else []
    return {"dry_run": False, "moves": [one for one in done if one["move"] in numbers]}


def _say(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for one in found.get("plans", ()):
        verb = "would move" if found["dry_run"] else "moved"
        typer.echo(
            f"{one['buckets']} buckets with {one['borrowers']} borrowers {verb} from cell {one['from']} "
            f"to cell {one['to']}."
        )
    moves = found["moves"]
    if found["dry_run"]:
        if moves:
            typer.echo(f"{len(moves)} moves would go on.")
        typer.echo("Nothing was changed.")
        return
    still = [one["stood_still_seconds"] for one in moves if one["stood_still_seconds"] is not None]
    rows = sum(one["rows"] or 0 for one in moves)
    longest = f"; no bucket stood still for more than {max(still)} s" if still else ""
    typer.echo(f"{len(moves)} moves are done, {rows} rows{longest}.")


def _state(one: Any) -> str:
    return f"schema {one['schema']}" if one["reachable"] else str(one["detail"])


def _owes(one: Any) -> str:
    owed = one.get("owes") or ()
    return ", ".join(f"{one['number']} to cell {one['cell']}" for one in owed) or "nothing"
