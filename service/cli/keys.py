"""`forbear keys`: API keys made, listed, revoked and rotated by whoever holds the settings."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import orjson
import typer

from service.cli.nouns import noun_app
from service.cli.runtime import opened_runtime
from service.clock import SystemClock
from service.dispatch.access.keys import (
    IssuedKey,
    create_key,
    key_document,
    list_keys,
    revoke_key,
    rotate_key,
)
from service.dispatch.runtime import Runtime
from service.errors import ForbearError, SetupError
from service.model.actor import Actor, Role
from service.model.key import KeyDraft

app = noun_app()

OPERATOR = Actor(name="operator:cli", role=Role.ADMIN)
"""Who acts here: the one who holds the settings and the secret key."""
Result = TypeVar("Result")
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
PAGE = 1000


def run_with_runtime(work: Callable[[Runtime], Awaitable[Result]]) -> Result:
    """Do something at the runtime of the settings; a refusal ends with its one line (2 for the settings, 1
    for the rest)."""

    async def with_runtime() -> Result:
        async with opened_runtime() as runtime:
            return await work(runtime)

    try:
        return asyncio.run(with_runtime())
    except ForbearError as error:
        lines = [
            error.detail,
            *(f"{field_error.pointer}: {field_error.detail}" for field_error in error.field_errors),
        ]
        typer.echo("\n".join(lines), err=True)
        raise typer.Exit(2 if isinstance(error, SetupError) else 1) from None


def print_json(document: object) -> None:
    """For machines: two spaces, UTC as Z."""
    sys.stdout.write(
        orjson.dumps(
            document, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        ).decode()
    )


def read_instant(text: str | None) -> datetime | None:
    """An instant of an option, in UTC where it says no offset."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("expected an instant such as 2027-01-01T00:00:00Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _show(issued: IssuedKey, *, as_json: bool) -> None:
    if as_json:
        print_json({"key": issued.fresh.text, **key_document(issued.key)})
        return
    typer.echo(issued.fresh.text)
    typer.echo(f"id {issued.key.id}, role {issued.key.role.value}; the key is shown this once", err=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    creditor: Annotated[
        list[str] | None, typer.Option(help="Limit it to this creditor; may be repeated.")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(min=1, help="Requests a minute that each API process answers.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="Until when it is good, such as 2027-01-01T00:00:00Z.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    if not name.isprintable() or not 1 <= len(name) <= 200:  # noqa: PLR2004
        raise typer.BadParameter("expected 1 to 200 printable characters as a name")
    draft = KeyDraft(
        name=name,
        role=role,
        creditors=frozenset(creditor) if creditor else None,
        rate_per_minute=rate,
        expires_at=read_instant(expires),
    )
    _show(run_with_runtime(lambda runtime: create_key(runtime, draft, OPERATOR)), as_json=as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List keys, newest first, also those that are no longer good."""
    keys = run_with_runtime(lambda runtime: list_keys(runtime, OPERATOR, after=None, limit=PAGE))
    if as_json:
        print_json([key_document(key) for key in keys])
        return
    at = SystemClock().now()
    for key in keys:
        limits = "all creditors" if key.creditors is None else ", ".join(sorted(key.creditors))
        typer.echo(f"{key.id}  {key.role.value:<8}  {key.refusal(at) or 'good':<7}  {key.name}  ({limits})")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")], as_json: Json = False
) -> None:
    """End a key: this service's API processes refuse it within two seconds."""
    key = run_with_runtime(lambda runtime: revoke_key(runtime, key_id, OPERATOR))
    if as_json:
        print_json(key_document(key))
    else:
        typer.echo(f"{key.id} is revoked")


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")],
    overlap_hours: Annotated[
        float, typer.Option(min=0.0, max=720.0, help="How long the old key stays good.")
    ] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a new key like an old one and print it, this once; the old one ends after the overlap."""
    overlap = timedelta(hours=overlap_hours)
    _show(
        run_with_runtime(lambda runtime: rotate_key(runtime, key_id, OPERATOR, overlap=overlap)),
        as_json=as_json,
    )
