"""`forbear templates`: the life of a template over HTTP with a key: drafted, looked at, approved by a second
key, active."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.documents import read_text
from service.cli.nouns import noun_app
from service.cli.remote import Remote, over_http, segment
from service.cli.tables import print_json, show_fields, show_list
from service.cli.versions import Document, OfVersion, Version, show_versions

app = noun_app()

Name = Annotated[str, typer.Argument(help="The template's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
SUMMARY = (
    ("name", lambda one: one["name"]),
    ("active", lambda one: one["active_version"]),
    ("newest", lambda one: one["latest_version"]),
    ("categories", lambda one: one["categories"]),
    ("languages", lambda one: one["languages"]),
    ("channels", lambda one: one["channels"]),
)
VERSIONS = (
    ("version", lambda one: one["version"]),
    ("state", lambda one: one["state"]),
    ("drafted", lambda one: one["created_at"]),
    ("by", lambda one: one["created_by"]),
    ("approved by", lambda one: one["approved_by"]),
    ("active since", lambda one: one["activated_at"]),
    ("why", lambda one: one["reason"]),
)


@app.command("list")
@over_http
def list_(remote: Remote, as_json: Json = False) -> None:
    """List templates by name; version 0 is the one that ships."""
    found = remote.items("/v1/templates")
    show_list(found, SUMMARY, as_json=as_json, nothing="There is no template.", what="templates")


@app.command()
@over_http
def show(
    remote: Remote,
    name: Name,
    version: OfVersion = None,
    as_json: Json = False,
) -> None:
    """List the versions of a template, the newest first, or print the text of one."""
    found = remote.call("GET", f"/v1/templates/{segment(name)}")
    show_versions(found, version, VERSIONS, as_json=as_json)


@app.command()
@over_http
def draft(
    remote: Remote,
    name: Name,
    file: Document,
    as_json: Json = False,
) -> None:
    """Store a document as a new version; the same text as the newest version's is that version again."""
    text = read_text(file).encode()
    found = remote.call("PUT", f"/v1/templates/{segment(name)}", body=text, kind="application/yaml")
    show_fields(found, as_json=as_json, leave_out=("document",))


@app.command()
@over_http
def preview(
    remote: Remote,
    name: Name,
    channel: Annotated[str, typer.Option(help="sms, email or voice.")],
    language: Annotated[str, typer.Option(help="A language tag (BCP 47), such as es-MX.")] = "en",
    version: Annotated[
        int | None, typer.Option(help="Which version; the one that new notices use without it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the exact words, on a debt that is made up. Nothing is sent."""
    body = {"channel": channel, "language": language, "version": version}
    found = remote.call("POST", f"/v1/templates/{segment(name)}/preview", body=body)
    if as_json:
        print_json(found)
        return
    words = found["content"]
    if words.get("subject"):
        typer.echo(f"Subject: {words['subject']}\n")
    typer.echo(words.get("body") or words.get("text"))
    if words.get("segments"):
        typer.echo(f"({words['segments']} segments of {words['encoding']})", err=True)


@app.command()
@over_http
def approve(remote: Remote, name: Name, version: Version, as_json: Json = False) -> None:
    """Approve a draft; by another key than the author's."""
    found = remote.call("POST", f"/v1/templates/{segment(name)}/versions/{version}/approve")
    show_fields(found, as_json=as_json, leave_out=("document",))


@app.command()
@over_http
def activate(
    remote: Remote,
    name: Name,
    version: Version,
    because: Annotated[str, typer.Option(help="Why, in one line; it stands in the log.")],
    as_json: Json = False,
) -> None:
    """Let new notices use an approved version; accepted notices keep theirs."""
    found = remote.call(
        "POST", f"/v1/templates/{segment(name)}/versions/{version}/activate", body={"reason": because}
    )
    show_fields(found, as_json=as_json, leave_out=("document",))
