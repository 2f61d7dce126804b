"""What commands about documents with versions share: policies and templates over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.tables import Column, print_json, show_list

Version = Annotated[int, typer.Argument(help="The number of a version.")]
OfVersion = Annotated[int | None, typer.Option(help="Print the text of this version.")]
Document = Annotated[Path, typer.Argument(help="The document, in YAML or JSON.", exists=True, dir_okay=False)]


def show_versions(
    found: Mapping[str, Any], version: int | None, columns: Sequence[Column], *, as_json: bool
) -> None:
    """List the versions of what was `found`, or print the text of one. Exit 1 where there is no such one."""
    if version is None:
        show_list(
            found["versions"], columns, as_json=as_json, nothing="There is no version.", what="versions"
        )
        return
    chosen = next((one for one in found["versions"] if one["version"] == version), None)
    if chosen is None:
        typer.echo(f"forbear: {found['name']} has no version {version}", err=True)
        raise typer.Exit(1)
    if as_json:
        print_json(chosen)
    else:
        typer.echo(chosen["document"].rstrip("\n"))
