"""`forbear retention`: what may go by the policies' rules, tried before it is done; and legal holds."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.keys import OPERATOR, Json, print_json, run_with_runtime
from service.cli.nouns import noun_app
from service.cli.progress import bar
from service.dispatch.records.legal_holds import list_legal_holds, place_legal_hold, release_legal_hold
from service.dispatch.records.retention import Report, run_retention
from service.dispatch.runtime import Runtime
from service.store import retention

app = noun_app()
Borrower = Annotated[str, typer.Argument(help="The borrower's id in the upstream system.")]


@app.command()
def run(
    *,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Let them go; without it nothing is changed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say which records no policy keeps any more, by rule and citation; with --apply let them go.

    It may be ended and started again at any time, while the service runs."""
    report = run_with_runtime(lambda runtime: _run(runtime, apply=apply))
    if as_json:
        print_json(report.document())
        return
    verb = "went" if report.applied else "would go"
    for _, line in sorted(report.lines.items()):
        typer.echo(
            f"{line.policy}@{line.version}/{line.rule} ({line.citation}): {line.notices} notices of "
            f"{line.debts} debts {verb}"
        )
    typer.echo(
        f"{report.notices} notices {verb}, {report.erased} of {report.borrowers} borrowers as a whole; "
        f"{report.kept} are still kept, "
        f"{report.on_hold} by a legal hold alone; of {report.unruled} no policy says when they may go."
    )
    if report.unmatched:
        typer.echo(f"{report.unmatched} messages from addresses that no borrower has {verb}.")
    if report.contacts:
        typer.echo(f"{report.contacts} reported contacts of borrowers who were erased {verb}.")
    if (report.notices or report.unmatched or report.contacts) and not report.applied:
        typer.echo("Nothing was changed. Run it with --apply to let them go.")


async def _run(runtime: Runtime, *, apply: bool) -> Report:
    async with runtime.database.connection() as connection:
        total = await retention.count(connection)
    with bar("Looking", total) as advance:
        return await run_retention(runtime, OPERATOR, apply=apply, progress=advance)


@app.command()
def hold(
    borrower: Borrower,
    because: Annotated[str, typer.Option(help="Why; stands in the log, so it must not name the person.")],
) -> None:
    """Place a legal hold: nothing of this borrower goes, neither by retention nor by an erasure."""
    if not because.isprintable() or not 1 <= len(because) <= 200:  # noqa: PLR2004
        raise typer.BadParameter("expected 1 to 200 printable characters", param_hint="--because")
    _, placed = run_with_runtime(lambda runtime: place_legal_hold(runtime, borrower, OPERATOR, because))
    typer.echo("The hold stands." if placed else "A hold stood already; it stays as it was.")


@app.command()
def release(borrower: Borrower) -> None:
    """End a legal hold. Exit 1 where none stands."""
    run_with_runtime(lambda runtime: release_legal_hold(runtime, borrower, OPERATOR))
    typer.echo("The hold is gone.")


@app.command()
def holds(*, as_json: Json = False) -> None:
    """List the borrowers under a legal hold, the oldest hold first."""
    found = run_with_runtime(list_legal_holds)
    if as_json:
        print_json(found)
        return
    for one in found:
        typer.echo(
            f"{one['borrower'] or 'erased'}  since {one['placed_at']:%Y-%m-%d}  by {one['placed_by']}: "
            f"{one['because']}"
        )
    if not found:
        typer.echo("No legal hold stands.")
