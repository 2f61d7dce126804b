"""`forbear notices`: sent, previewed, listed, shown, cancelled, explained and judged again, over HTTP with a
key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from service.cli.nouns import noun_app
from service.cli.remote import Remote, over_http, segment
from service.cli.tables import print_json, show_list

if TYPE_CHECKING:
    from service.dispatch.what_if.replay import FindPolicy

app = noun_app()

Id = Annotated[str, typer.Argument(help="The notice's id, such as ntc_….")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
File = Annotated[Path, typer.Argument(help="A file with the notice as JSON; - for standard input.")]
COLUMNS = (
    ("id", lambda one: one["id"]),
    ("status", lambda one: one["status"]),
    ("accepted", lambda one: one["accepted_at"]),
    ("borrower", lambda one: one["borrower_id"]),
    ("template", lambda one: one["template"]),
    ("deliveries", lambda one: [f"{each['channel']} {each['state']}" for each in one["deliveries"]]),
    ("reference", lambda one: one["reference"]),
)


def read_document(path: Path) -> Any:
    """The JSON of a file, or of standard input. Raises typer.BadParameter."""
    content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{path}: expected JSON: {error}") from None


@app.command()
@over_http
def send(
    remote: Remote,
    file: File,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Makes a repeat harmless: the same key and notice are one notice.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Hand over a notice. What it will do is asked by `preview`."""
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    found = remote.call("POST", "/v1/notices", body=read_document(file), headers=headers)
    if as_json:
        print_json(found)
    else:
        typer.echo(found["id"])


@app.command()
@over_http
def preview(remote: Remote, file: File, as_json: Json = False) -> None:
    """Say what would happen to a notice now, on each channel, and store nothing. Exit 1 where none would
    go."""
    found = remote.call("POST", "/v1/notices/preview", body=read_document(file))
    if as_json:
        print_json(found)
    else:
        for one in found["channels"]:
            until = f" until {one['until']:%Y-%m-%d %H:%M:%SZ}" if one["until"] else ""
            typer.echo(f"{one['channel']}: {one['verdict']}{until}")
            _say_findings(one["findings"])
    if all(one["verdict"] in {"suppress", "hold"} for one in found["channels"]):
        raise typer.Exit(1)


def _say_findings(findings: list[dict[str, Any]]) -> None:
    for one in findings:
        typer.echo(f"    because {one['reason']} ({one['citation']}; {one['policy']} {one['rule']})")


@app.command("list")
@over_http
def list_(
    remote: Remote,
    borrower: Annotated[str | None, typer.Option(help="Of this borrower.")] = None,
    reference: Annotated[str | None, typer.Option(help="With this reference.")] = None,
    creditor: Annotated[str | None, typer.Option(help="Of this creditor.")] = None,
    template: Annotated[str | None, typer.Option(help="Worded by this template.")] = None,
    category: Annotated[str | None, typer.Option(help="Of this category.")] = None,
    state: Annotated[str | None, typer.Option(help="With a delivery in this state.")] = None,
    status: Annotated[str | None, typer.Option(help="open or done.")] = None,
    since: Annotated[str | None, typer.Option("--updated-since", help="Changed since this instant.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    as_json: Json = False,
) -> None:
    """List notices, the newest first."""
    query = {
        "borrower": borrower,
        "reference": reference,
        "creditor": creditor,
        "template": template,
        "category": category,
        "state": state,
        "status": status,
        "updated_since": since,
    }
    found = remote.items("/v1/notices", query=query, most=limit)
    show_list(found, COLUMNS, as_json=as_json, nothing="No notice fits.", what="notices")


@app.command()
@over_http
def show(remote: Remote, notice: Id, as_json: Json = False) -> None:
    """Show a notice, where each delivery stands, and why."""
    found = remote.call("GET", f"/v1/notices/{segment(notice)}")
    if as_json:
        print_json(found)
    else:
        _say(found)


def _say(found: dict[str, Any]) -> None:
    typer.echo(
        f"{found['id']}: {found['status']}, {found['template']} to "
        f"{found['borrower_id'] or 'somebody who was erased'}"
    )
    for one in found["deliveries"]:
        due = f", due {one['due_at']:%Y-%m-%d %H:%M:%SZ}" if one["due_at"] else ""
        typer.echo(f"  {one['channel']}: {one['state']}{due}{': ' + one['reason'] if one['reason'] else ''}")
        for attempt in one["attempts"]:
            came = attempt["outcome"] or "no word yet"
            typer.echo(f"    attempt {attempt['number']} by {attempt['adapter']}: {attempt['state']}, {came}")
        _say_findings((one["verdict"] or {}).get("findings", []))


@app.command()
@over_http
def cancel(
    remote: Remote,
    notices: Annotated[list[str] | None, typer.Argument(help="Ids of notices.")] = None,
    reference: Annotated[str | None, typer.Option(help="Every notice with this reference instead.")] = None,
    as_json: Json = False,
) -> None:
    """Stop what of notices has not left yet; what was handed over cannot be called back."""
    if bool(notices) == (reference is not None):
        raise typer.BadParameter("expected either ids or --reference")
    body: dict[str, Any] = {"ids": notices} if notices else {"reference": reference}
    found = remote.call("POST", "/v1/notices/cancel", body=body)
    if as_json:
        print_json(found)
        return
    for one in found["items"]:
        _say(one)
    for id_ in found["missing"]:
        typer.echo(f"{id_}: there is no such notice", err=True)


@app.command()
@over_http
def explain(remote: Remote, notice: Id, as_json: Json = False) -> None:
    """Tell the story of a notice in plain sentences, from the dispatch log. Takes an auditor's key."""
    from service.log.explain import story_of

    entries = list(remote.items("/v1/log", query={"notice": notice}))
    if not entries:
        typer.echo("forbear: the log says nothing about this notice", err=True)
        raise typer.Exit(1)
    lines = [line for entry in reversed(entries) for line in story_of(entry)]
    if as_json:
        print_json(lines)
    else:
        typer.echo("\n".join(lines))


@app.command()
@over_http
def replay(remote: Remote, notice: Id, as_json: Json = False) -> None:
    """Take every decision about a notice again, here, from its entry alone. Exit 1 where one comes out
    otherwise."""
    from service.dispatch.what_if.replay import replay_document

    find = _finder(remote)
    entries = list(remote.items("/v1/log", query={"notice": notice, "kind": "decision"}))
    found = [(entry, replay_document(entry, find)) for entry in reversed(entries)]
    if as_json:
        print_json(
            [
                {
                    "index": entry["index"],
                    "channel": entry["channel"],
                    "logged": one.logged,
                    "verdict": one.verdict,
                }
                | {"same": one.same, "gone": one.gone}
                for entry, one in found
            ]
        )
    else:
        for entry, one in found:
            typer.echo(f"{entry['at']:%Y-%m-%d %H:%M:%SZ} {entry['channel']}: {one.sentence()}")
    if not found:
        typer.echo("forbear: nothing was decided about this notice", err=True)
    if not found or not all(one.same for _, one in found):
        raise typer.Exit(1)


def _finder(remote: Remote) -> FindPolicy:
    """Finds policies by their digest: among those that ship here, then among the versions that the service
    has."""
    from policies.policy import Policy, PolicyInvalid, parse_policy
    from service.packs import shipped

    texts: dict[str, Policy] = {one.digest: one for one in shipped().values()}

    def find(name: str, version: str, digest: str) -> Policy | None:
        del version
        if digest not in texts:
            for one in remote.call("GET", f"/v1/policies/{segment(name)}")["versions"]:
                try:
                    policy = parse_policy(one["document"])
                except PolicyInvalid:  # of another release
                    continue
                texts[policy.digest] = policy
        return texts.get(digest)

    return find
