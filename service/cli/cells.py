"""`forbear cells`: the databases of a deployment, and which borrowers are where."""

from __future__ import annotations

from typing import Any

import typer

from service.cli.keys import Json, run_with_runtime
from service.cli.nouns import noun_app
from service.cli.tables import show_list
from service.dispatch.records.cells import cells_status

app = noun_app()


@app.callback()
def cells() -> None:
    """The databases of a deployment, and which borrowers are where."""


@app.command()
def status(as_json: Json = False) -> None:
    """Say of each cell whether it can be reached, what it holds, and what it still owes the others. Exits 1
    where one is away."""
    found = run_with_runtime(cells_status)
    columns = (
        ("cell", lambda one: one["cell"]),
        ("state", _state),
        ("buckets", lambda one: one["buckets"]),
        ("borrowers", lambda one: one.get("borrowers")),
        ("log", lambda one: one.get("log_entries")),
        ("unsequenced", lambda one: one.get("unsequenced")),
        ("owes", _owes),
    )
    show_list(found, columns, as_json=as_json, nothing="There are no cells.", what="cells")
    if not all(one["reachable"] for one in found):
        raise typer.Exit(1)


def _state(one: Any) -> str:
    return f"schema {one['schema']}" if one["reachable"] else str(one["detail"])


def _owes(one: Any) -> str:
    owed = one.get("owes") or ()
    return ", ".join(f"{one['number']} to cell {one['cell']}" for one in owed) or "nothing"
