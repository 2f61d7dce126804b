"""`forbear holds`: deliveries that wait for a person, listed and released over HTTP with a key."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.nouns import noun_app
from service.cli.remote import Remote, over_http
from service.cli.tables import print_json, show_list

app = noun_app()

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
COLUMNS = (
    ("delivery", lambda one: one["delivery"]),
    ("state", lambda one: one["state"]),
    ("since", lambda one: one["since"]),
    ("ends", lambda one: one["expires_at"]),
    ("may have gone", lambda one: one["may_have_gone"]),
    ("probably", lambda one: one["probably"]),
    ("why", lambda one: one["reason"]),
)


@app.command("list")
@over_http
def list_(
    remote: Remote,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 100,
    as_json: Json = False,
) -> None:
    """List deliveries that wait for a person, the oldest first."""
    found = remote.items("/v1/holds", most=limit)
    show_list(found, COLUMNS, as_json=as_json, nothing="Nothing waits for a person.", what="deliveries")


@app.command()
@over_http
def release(
    remote: Remote,
    deliveries: Annotated[list[str], typer.Argument(help="Ids of deliveries, as `list` shows them.")],
    how: Annotated[
        str,
        typer.Option(
            help="decide_again asks every policy again, close ends it unsent, delivered says that it arrived;"
            " of unclear words confirm takes them for what they probably mean, harmless for nothing."
        ),
    ],
    because: Annotated[str, typer.Option(help="Why, in one line; it stands in the log.")],
    as_json: Json = False,
) -> None:
    """Release deliveries. Exit 1 where one of them was not held."""
    body = {"deliveries": deliveries, "how": how, "reason": because}
    found = remote.call("POST", "/v1/holds/release", body=body)["results"]
    if as_json:
        print_json(found)
    else:
        for one in found:
            typer.echo(f"{one['delivery']}: {'released' if one['released'] else 'was not held'}")
    if not all(one["released"] for one in found):
        raise typer.Exit(1)
