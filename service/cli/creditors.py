"""`forbear creditors`: profiles of creditors, over HTTP with a key."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.nouns import noun_app
from service.cli.remote import Remote, over_http, segment
from service.cli.tables import show_fields, show_list

app = noun_app()

Name = Annotated[str, typer.Argument(help="The creditor's name in notices, such as first-inclusive-bank.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
COLUMNS = (
    ("creditor", lambda one: one["creditor"]),
    ("name", lambda one: one["name"]),
    ("phone", lambda one: one["phone"]),
    ("email", lambda one: one["email"]),
    ("url", lambda one: one["url"]),
)


@app.command("list")
@over_http
def list_(remote: Remote, as_json: Json = False) -> None:
    """List creditors by name."""
    show_list(
        remote.items("/v1/creditors"),
        COLUMNS,
        as_json=as_json,
        nothing="No creditor has a profile.",
        what="creditors",
    )


@app.command()
@over_http
def show(remote: Remote, creditor: Name, as_json: Json = False) -> None:
    """Show a creditor's profile."""
    show_fields(remote.call("GET", f"/v1/creditors/{segment(creditor)}"), as_json=as_json)


@app.command()
@over_http
def put(
    remote: Remote,
    creditor: Name,
    name: Annotated[str, typer.Option(help="The name that borrowers know.")],
    phone: Annotated[str | None, typer.Option(help="A telephone number in E.164 form.")] = None,
    email: Annotated[str | None, typer.Option(help="A mailbox.")] = None,
    page: Annotated[str | None, typer.Option(help="An https URL where help is.")] = None,
    sender: Annotated[
        list[str] | None,
        typer.Option(
            help="The account that its messages leave by on a channel, such as sms=acme; repeatable."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Store a creditor's whole profile: the name, and at least one way to reach the lender. Messages show it
    from now on."""
    senders = dict(_sender(one) for one in sender or ())
    body = {"name": name, "phone": phone, "email": email, "url": page, "senders": senders or None}
    show_fields(remote.call("PUT", f"/v1/creditors/{segment(creditor)}", body=body), as_json=as_json)


def _sender(text: str) -> tuple[str, str]:
    channel, _, name = text.partition("=")
    if not channel or not name:
        raise typer.BadParameter(f"expected a channel and a sender, such as sms=acme, got {text!r}")
    return channel, name
