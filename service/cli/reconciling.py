"""`forbear reconcile`: what left since a backup, as the providers list it, tried before it is written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

import typer

from service.adapters import adapters_of
from service.cli.keys import OPERATOR, print_json, read_instant, run_with_runtime
from service.clock import SystemClock
from service.dispatch.reconcile.after_restore import Report, reconcile_since
from service.dispatch.reconcile.restored import Line
from service.dispatch.runtime import Runtime
from service.settings import load
from service.worker.sandbox import StoredSandbox

LONG = 10_000


def run_reconciliation(since: str, *, apply: bool, hold_unlisted: bool, as_json: bool) -> None:
    """Compare, report, and write where it is wanted."""
    begins = read_instant(since)
    if begins is None or begins > SystemClock().now():
        raise typer.BadParameter(
            "expected an instant that has passed, such as 2027-01-01T00:00:00Z", param_hint="--since"
        )

    async def work(runtime: Runtime) -> Report:
        adapters = adapters_of(load(), StoredSandbox(runtime))
        async with AsyncExitStack() as stack:
            for adapter in (one for some in adapters.values() for one in some):
                stack.push_async_callback(adapter.close)
            return await reconcile_since(
                runtime,
                adapters,
                OPERATOR,
                since=begins,
                apply=apply,
                hold_unlisted=hold_unlisted,
                progress=_tell(as_json=as_json),
            )

    report = run_with_runtime(work)
    if as_json:
        print_json(report.document())
        return
    for line in report.lines:
        typer.echo(_sentence(line, report, hold_unlisted=hold_unlisted))
    if not report.applied:
        typer.echo("Nothing was changed. Run it with --apply, while no worker runs, to write it down.")


def _tell(*, as_json: bool) -> Callable[[int], None]:
    """A line for each page of a long list: nobody knows before its end how long it is."""
    seen = 0

    def advance(count: int) -> None:
        nonlocal seen
        before, seen = seen, seen + count
        if not as_json and seen // LONG > before // LONG:
            typer.echo(f"{seen:,} messages looked at", err=True)

    return advance


def _sentence(line: Line, report: Report, *, hold_unlisted: bool) -> str:
    """What came of one adapter."""
    name, would = f"{line.channel} through {line.adapter}", "" if report.applied else "would be "
    if not line.can_list:
        rest = (
            f"{line.held} deliveries that were due {would}held"
            if hold_unlisted
            else "compare its own log, or hold what was due: --hold-unlisted"
        )
        return f"{name}: cannot list what it sent; {rest}."
    return (
        f"{name}: {line.listed} left since {report.since:%Y-%m-%dT%H:%M:%SZ}; {line.known} are known, "
        f"{line.unsettled} are looked up later, "
        f"{line.strangers} went to nobody here; {line.unknown} {would}recorded as contacts, {line.held} "
        f"deliveries {would}held; "
        f"{line.inbound} messages from borrowers {would}taken."
    )
