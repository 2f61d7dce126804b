"""`forbear log origins` and `forbear log rename`: the names under which the log signs."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from service.cli.keys import OPERATOR
from service.cli.runtime import Cell, cell_of, opened_runtime
from service.dispatch.audit.log import log_names, rename_log
from service.log.origin import OriginInvalid, checked_origin


def origins(
    *, cell: Cell = 0, as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False
) -> None:
    """List the names under which the log signs and signed, the newest first, with the verifier keys of
    each."""
    found = asyncio.run(_origins(cell))
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        begins = (
            "waits for its entry to be sequenced"
            if one["since"] is None
            else f"beyond {one['since']} entries"
        )
        typer.echo(f"{one['origin']}  {begins}")
        for key in one["keys"]:
            typer.echo(f"    {key}")


async def _origins(cell: int) -> list[dict[str, Any]]:
    async with opened_runtime() as home:
        return await log_names(cell_of(home, cell))


def rename(
    origin: Annotated[
        str | None,
        typer.Argument(
            help="A host of yours and a path, such as log.example.com/dispatch; without it a name by chance."
        ),
    ] = None,
    *,
    cell: Cell = 0,
) -> None:
    """Let the log sign under another name. An entry, signed under the old name for the last time, names both.

    What was signed before stays verifiable with the keys that were kept; auditors and witnesses need the new
    key."""
    try:
        wanted = None if origin is None else checked_origin(origin)
    except OriginInvalid as error:
        raise typer.BadParameter(str(error)) from None
    before, now = asyncio.run(_rename(wanted, cell))
    typer.echo(
        f"{now} follows {before}, when the entry that says so is sequenced. Hand out its verifier key: "
        f"forbear log origins."
    )


async def _rename(origin: str | None, cell: int) -> tuple[str, str]:
    async with opened_runtime() as home:
        return await rename_log(cell_of(home, cell), OPERATOR, origin)
