"""Lists for people: a table on a terminal, aligned lines elsewhere, JSON on request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import typer

Row = Mapping[str, Any]
Column = tuple[str, Callable[[Row], object]]
"""A heading, and what stands under it."""


def show_list(
    rows: Iterable[Row], columns: Sequence[Column], *, as_json: bool, nothing: str, what: str = "items"
) -> None:
    """Print a list, which may come page after page. `nothing` is said where it is empty."""
    found = _counted(rows, what)
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo(nothing)
        return
    cells = [[_said(read(row)) for _, read in columns] for row in found]
    headings = [heading for heading, _ in columns]
    if sys.stdout.isatty():
        _draw(headings, cells)
        return
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for line in (headings, *cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _counted(rows: Iterable[Row], what: str) -> list[Row]:
    """All of them; on a terminal with how many came so far, where they take more than a moment."""
    if not sys.stderr.isatty():
        return list(rows)
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,} {task.description}")
    found: list[Row] = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        for row in rows:
            found.append(row)
            progress.advance(task)
    return found


def _draw(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)


def _said(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%SZ")
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
        case _:
            return str(value)


def show_fields(document: Row, *, as_json: bool, leave_out: Iterable[str] = ()) -> None:
    """Print a document: a line for each field that is no document itself."""
    if as_json:
        print_json(document)
        return
    shown = {
        name: one for name, one in document.items() if name not in leave_out and not isinstance(one, dict)
    }
    width = max(map(len, shown), default=0)
    for name, one in shown.items():
        if isinstance(one, list) and any(isinstance(part, dict) for part in one):
            continue
        typer.echo(f"{name.replace('_', ' '):<{width}}  {_said(one)}")


def print_json(document: object) -> None:
    """For machines: two spaces, UTC as Z."""
    options = orjson.OPT_UTC_Z | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options).decode())
