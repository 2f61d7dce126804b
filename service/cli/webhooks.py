"""`forbear webhooks`: endpoints made, listed, changed, tried and repeated by whoever holds the settings."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from service.cli.either import webhooks_at
from service.cli.keys import Json, print_json, read_instant
from service.cli.nouns import noun_app
from service.cli.remote import KEY, MAYBE_URL
from service.cli.tables import show_list
from service.clock import SystemClock
from service.dispatch.webhooks.endpoints import EndpointDraft

app = noun_app()

Id = Annotated[str, typer.Argument(help="The endpoint's id, as `list` shows it.")]
ENDPOINTS = (
    ("id", lambda one: one["id"]),
    ("url", lambda one: one["url"]),
    ("types", lambda one: one["types"]),
    ("creditor", lambda one: one["creditor"] or "all"),
    ("state", lambda one: "enabled" if one["enabled"] else f"disabled: {one['disabled_reason']}"),
)
ATTEMPTS = (
    ("at", lambda one: one["at"]),
    ("type", lambda one: one["type"]),
    ("event", lambda one: one["event_id"]),
    ("try", lambda one: one["number"]),
    ("came", lambda one: one["status"] if one["error"] is None else one["error"]),
    ("ms", lambda one: one["milliseconds"]),
)


def _show(found: dict[str, Any], secret: str | None = None, *, as_json: bool) -> None:
    if as_json:
        print_json(found if secret is None else {**found, "secret": secret})
        return
    if secret is not None:
        typer.echo(secret)
        typer.echo(f"id {found['id']}; the secret is shown this once", err=True)
        return
    state = "enabled" if found["enabled"] else f"disabled: {found['disabled_reason']}"
    limit = found["creditor"] or "all creditors"
    typer.echo(f"{found['id']}  {found['url']}  {', '.join(found['types'])}  ({limit})  {state}")


@app.command()
def create(
    target: Annotated[str, typer.Argument(metavar="URL", help="Where requests go, by https.")],
    type_: Annotated[
        list[str], typer.Option("--type", help="A type of events, such as delivery.*; may be repeated.")
    ],
    creditor: Annotated[str | None, typer.Option(help="Only this creditor's events.")] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """Make an endpoint and print its secret, this once."""
    draft = EndpointDraft(url=target, types=tuple(type_), creditor=creditor, description=description)
    found, secret = webhooks_at(url, key).create(draft)
    _show(found, secret, as_json=as_json)


@app.command("list")
def list_(as_json: Json = False, url: MAYBE_URL = None, key: KEY = None) -> None:
    """List endpoints, the oldest first."""
    found = webhooks_at(url, key).listed()
    show_list(found, ENDPOINTS, as_json=as_json, nothing="There is no endpoint.", what="endpoints")


def _enable(endpoint_id: str, *, enabled: bool, as_json: bool, url: str | None, key: str | None) -> None:
    draft = EndpointDraft(enabled=enabled)
    _show(webhooks_at(url, key).change(endpoint_id, draft), as_json=as_json)


@app.command()
def enable(endpoint_id: Id, as_json: Json = False, url: MAYBE_URL = None, key: KEY = None) -> None:
    """Send to an endpoint again; what it missed is sent by `replay`."""
    _enable(endpoint_id, enabled=True, as_json=as_json, url=url, key=key)


@app.command()
def disable(endpoint_id: Id, as_json: Json = False, url: MAYBE_URL = None, key: KEY = None) -> None:
    """Send nothing to an endpoint."""
    _enable(endpoint_id, enabled=False, as_json=as_json, url=url, key=key)


@app.command()
def delete(endpoint_id: Id, url: MAYBE_URL = None, key: KEY = None) -> None:
    """Forget an endpoint with what is on its way to it."""
    webhooks_at(url, key).delete(endpoint_id)
    typer.echo(f"{endpoint_id} is deleted")


@app.command()
def rotate(endpoint_id: Id, as_json: Json = False, url: MAYBE_URL = None, key: KEY = None) -> None:
    """Replace an endpoint's secret and print the new one, this once; the old one signs too for 24 hours."""
    found, secret = webhooks_at(url, key).rotate(endpoint_id)
    _show(found, secret, as_json=as_json)


def _came(one: dict[str, Any]) -> str:
    came = one["status"] if one["error"] is None else one["error"]
    return (
        f"{one['at']:%Y-%m-%dT%H:%M:%SZ}  {one['type']}  {one['event_id']}  {came}  {one['milliseconds']} ms"
    )


@app.command()
def test(endpoint_id: Id, as_json: Json = False, url: MAYBE_URL = None, key: KEY = None) -> None:
    """Send one request now; exit code 1 where it does not arrive."""
    found = webhooks_at(url, key).test(endpoint_id)
    if as_json:
        print_json(found)
    else:
        typer.echo(_came(found))
    if not found["delivered"]:
        raise typer.Exit(1)


@app.command()
def replay(
    endpoint_id: Id,
    since: Annotated[
        str | None, typer.Option("--from", help="From this instant on, such as 2027-01-01T00:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to this instant; now without it.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="The id of an event; may be repeated.")] = None,
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """Send events again, under the ids that they had: those of a time, or some by their ids."""
    begins, ends = read_instant(since), read_instant(until) or SystemClock().now()
    if (begins is None) == (not event):
        raise typer.BadParameter("expected either --from or --event")
    between = None if begins is None else (begins, ends)
    count = webhooks_at(url, key).replay(endpoint_id, between, event or ())
    if as_json:
        print_json({"queued": count})
    else:
        typer.echo(f"{count} events are on their way")


@app.command()
def attempts(
    endpoint_id: Id,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """List requests to an endpoint, the newest first."""
    found = webhooks_at(url, key).attempts(endpoint_id, limit)
    show_list(found, ATTEMPTS, as_json=as_json, nothing="Nothing was sent to it.", what="requests")
