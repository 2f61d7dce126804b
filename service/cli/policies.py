"""`forbear policies`: the life of a stored policy over HTTP with a key: drafted, tested, simulated, approved,
active, retired.

Documents on this machine are the matter of `forbear policy`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from service.cli.documents import read_text
from service.cli.nouns import noun_app
from service.cli.remote import Remote, over_http, segment
from service.cli.tables import print_json, show_fields, show_list
from service.cli.versions import Document, OfVersion, Version, show_versions

app = noun_app()

Name = Annotated[str, typer.Argument(help="The policy's name.")]
Because = Annotated[str, typer.Option(help="Why, in one line; it stands in the log.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
SUMMARY = (
    ("name", lambda one: one["name"]),
    ("active", lambda one: one["active_version"]),
    ("newest", lambda one: one["latest_version"]),
    ("force", lambda one: one["force"]),
    ("title", lambda one: one["title"]),
)
VERSIONS = (
    ("version", lambda one: one["version"]),
    ("state", lambda one: one["state"]),
    ("in force", lambda one: one["in_force"]),
    ("drafted", lambda one: one["created_at"]),
    ("by", lambda one: one["created_by"]),
    ("approved by", lambda one: one["approved_by"]),
    ("from", lambda one: one["active_from"]),
    ("retired", lambda one: one["retired_at"]),
)


@app.command("list")
@over_http
def list_(remote: Remote, as_json: Json = False) -> None:
    """List policies by name, with the version that binds; 0 is the one that ships."""
    found = remote.items("/v1/policies")
    show_list(found, SUMMARY, as_json=as_json, nothing="There is no policy.", what="policies")


@app.command()
@over_http
def show(
    remote: Remote,
    name: Name,
    version: OfVersion = None,
    as_json: Json = False,
) -> None:
    """List the versions of a policy, the newest first, or print the text of one."""
    found = remote.call("GET", f"/v1/policies/{segment(name)}")
    show_versions(found, version, VERSIONS, as_json=as_json)


@app.command()
@over_http
def draft(
    remote: Remote,
    name: Name,
    file: Document,
    as_json: Json = False,
) -> None:
    """Store a document as a new draft; the same text as the newest version's is that version again."""
    text = read_text(file).encode()
    _show(
        remote.call("PUT", f"/v1/policies/{segment(name)}", body=text, kind="application/yaml"),
        as_json=as_json,
    )


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    show_fields(found, as_json=as_json, leave_out=("document",))
    reach = found.get("binds")
    if reach is not None and not as_json:
        typer.echo(
            reach.get("warning")
            or f"It binds {reach['open_deliveries']} of {reach['of']} deliveries that wait.",
            err=True,
        )


def _step(remote: Remote, name: str, version: int, step: str, body: dict[str, Any] | None = None) -> Any:
    return remote.call("POST", f"/v1/policies/{segment(name)}/versions/{version}/{step}", body=body)


@app.command()
@over_http
def test(remote: Remote, name: Name, version: Version, as_json: Json = False) -> None:
    """Run a version's own cases; a draft whose cases all pass is tested. Exit 1 where one differs."""
    found = _step(remote, name, version, "test")
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{found['cases']} cases, {len(found['differences'])} differences")
        for line in found["differences"]:
            typer.echo(f"  {line}")
    if not found["passed"]:
        raise typer.Exit(1)


@app.command()
@over_http
def simulate(
    remote: Remote,
    name: Name,
    version: Version,
    since: Annotated[str, typer.Option("--from", help="Decisions from this instant on.")],
    until: Annotated[str, typer.Option("--to", help="Decisions before this instant.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many changed deliveries to list.")] = 20,
    as_json: Json = False,
) -> None:
    """Take past decisions again as if a version had been in force, and say which come out otherwise."""
    found = _step(remote, name, version, "simulate", {"from": since, "to": until, "limit": limit})
    if as_json:
        print_json(found)
        return
    typer.echo(found["sentence"])
    for one in found["changes"]:
        typer.echo(f"  {one['effect']}: {one['decisions']} decisions, {one['from']} to {one['to']}")
    for one in found["deliveries"]["items"]:
        typer.echo(
            f"  {one['delivery']}: {one['effect']}{': ' + one['to']['reason'] if one['to']['reason'] else ''}"
        )


@app.command()
@over_http
def approve(remote: Remote, name: Name, version: Version, as_json: Json = False) -> None:
    """Approve a tested version; by another key than the author's."""
    _show(_step(remote, name, version, "approve"), as_json=as_json)


@app.command()
@over_http
def activate(
    remote: Remote,
    name: Name,
    version: Version,
    since: Annotated[str | None, typer.Option("--from", help="From this instant on; now without it.")] = None,
    as_json: Json = False,
) -> None:
    """Let an approved version bind; the one before it binds until then."""
    _show(_step(remote, name, version, "activate", {"from": since}), as_json=as_json)


@app.command()
@over_http
def retire(remote: Remote, name: Name, version: Version, because: Because, as_json: Json = False) -> None:
    """Let a version bind no more. One that binds takes two keys: the second call does it."""
    _show_pair(
        _step(remote, name, version, "retire", {"reason": because}), "retirement_asked", as_json=as_json
    )


@app.command()
@over_http
def rollback(remote: Remote, name: Name, version: Version, because: Because, as_json: Json = False) -> None:
    """Bind by the text of an earlier version again, as a new one. It takes two keys: the second call does
    it."""
    _show_pair(
        _step(remote, name, version, "rollback", {"reason": because}), "rollback_asked", as_json=as_json
    )


def _show_pair(found: dict[str, Any], asked: str, *, as_json: bool) -> None:
    _show(found, as_json=as_json)
    if found.get(asked) and not as_json:
        typer.echo("It is asked for: the same command with another key does it.", err=True)
