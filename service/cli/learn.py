"""`forbear learn`: the weekly learning run by hand, orders held against each other, what was learned shown,
documents checked."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.keys import OPERATOR, Json, print_json, read_instant, run_with_runtime
from service.cli.nouns import noun_app
from service.dispatch.learning.disparity import read_disparity
from service.dispatch.learning.experiment import evaluate_policy
from service.dispatch.learning.run import Ran, learn
from service.dispatch.learning.snapshots import read_snapshot
from service.dispatch.runtime import Runtime
from service.learning.document import LearningPolicyInvalid, parse_learning_policy

app = noun_app()
SPAN = timedelta(days=56)
Since = Annotated[
    str | None, typer.Option("--from", help="Rounds from this instant on; 56 days ago without it.")
]
Until = Annotated[str | None, typer.Option("--to", help="Rounds before this instant; now without it.")]


@app.command()
def run(
    creditor: Annotated[str | None, typer.Option(help="Only this creditor's policy.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="As of this instant, such as 2027-01-01T00:00:00Z; now without it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Learn from the rounds whose time is over, once a week and policy. Exit 1 where there is too little, or
    a guard refuses."""
    moment = read_instant(at)

    async def work(runtime: Runtime) -> list[Ran]:
        return await learn(runtime, OPERATOR, creditor=creditor, at=moment, dry=dry_run)

    found = run_with_runtime(work)
    if as_json:
        print_json([asdict(one) for one in found])
    for one in found if not as_json else ():
        typer.echo(f"{one.policy} ({one.creditor}), week of {one.week}: {one.result}")
    if not found and not as_json:
        typer.echo("No learning policy is active.", err=True)
    if not found or not all(one.learned for one in found):
        raise typer.Exit(1)


@app.command()
def evaluate(
    name: Annotated[str, typer.Argument(help="The policy's name.")],
    since: Since = None,
    until: Until = None,
    target: Annotated[
        str, typer.Option(help="plain, nobody, or the digest of something that was learned.")
    ] = "nobody",
    as_json: Json = False,
) -> None:
    """Say what another order would have brought, in 1,000 rounds. Exit 1 where it cannot be said yet."""
    begins, ends = read_instant(since), read_instant(until)

    async def ask(runtime: Runtime) -> dict[str, Any]:
        last: datetime = ends or runtime.clock.now()
        return await evaluate_policy(
            runtime, name, OPERATOR, since=begins or last - SPAN, until=last, target=target
        )

    found = run_with_runtime(ask)
    if as_json:
        print_json(found)
    elif found["per_1000"] is None:
        typer.echo(f"It cannot be said yet: {found['decisions']} rounds, worth {found['effective']} alike.")
    else:
        typer.echo(
            f"{found['per_1000']:g} payments' worth in 1,000 rounds ({found['low']:g} to "
            f"{found['high']:g}), by {found['decisions']} rounds"
        )
    if found["per_1000"] is None:
        raise typer.Exit(1)


@app.command()
def show(
    digest: Annotated[str, typer.Argument(help="The digest of what was learned.")], as_json: Json = False
) -> None:
    """Show the points of what was learned, in thousandths of a payment, the largest first."""
    found = run_with_runtime(lambda runtime: read_snapshot(runtime, digest, OPERATOR))
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{found['policy']} ({found['creditor']}), week of {found['week']}, until "
        f"{found['lives_until']:%Y-%m-%d}"
    )
    for name, points in sorted(found["named"].items(), key=lambda one: -one[1]):
        typer.echo(f"{points / 1000:+9.1f}  {name}")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Learning policies, YAML or JSON.")],
    as_json: Json = False,
) -> None:
    """Read documents, name every error by line and path, and say what each means. Exit 1 where one is
    none."""
    found: list[dict[str, Any]] = []
    for path in files:
        try:
            policy = parse_learning_policy(path.read_bytes())
            found.append(
                {"file": str(path), "errors": [], "digest": policy.digest, "sentences": policy.sentences()}
            )
        except LearningPolicyInvalid as error:
            found.append({"file": str(path), "errors": [str(one) for one in error.errors]})
    if as_json:
        print_json(found)
    for one in found if not as_json else ():
        for line in one["errors"] or one["sentences"]:
            typer.echo(f"{one['file']}: {line}", err=bool(one["errors"]))
    if any(one["errors"] for one in found):
        raise typer.Exit(1)


@app.command()
def disparity(
    name: Annotated[str, typer.Argument(help="The policy's name.")],
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Say how a learned choice fell on people of each language and place, which it does not know. Nothing is
    learned from this."""
    begins, ends = read_instant(since), read_instant(until)

    async def ask(runtime: Runtime) -> dict[str, Any]:
        last: datetime = ends or runtime.clock.now()
        return await read_disparity(runtime, name, OPERATOR, since=begins or last - SPAN, until=last)

    found = run_with_runtime(ask)
    if as_json:
        print_json(found)
        return
    for one in found["rows"]:
        shares = ", ".join(
            f"{measure} {one[measure]['share']:.1%} ({one[measure]['low']:.1%} to {one[measure]['high']:.1%})"
            for measure in ("restrained", "early", "late", "payments", "harms")
        )
        typer.echo(
            f"{one['trait']} {one['value']}: {one['rounds']} rounds, {one['contacts_per_1000']:g} contacts "
            f"in 1,000; {shares}"
        )
    typer.echo(f"{found['hidden']} groups of fewer than 50 rounds are hidden.")
