"""`forbear reports`: what was sent and what came after it, for whoever holds the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.keys import OPERATOR, Json, print_json, read_instant, run_with_runtime
from service.cli.nouns import noun_app
from service.dispatch.audit.outcomes import report, wanted_of
from service.dispatch.audit.tables import FORMS, has_parquet, table
from service.dispatch.runtime import Runtime
from service.errors import SetupError
from service.model.outcome import BY, MEASURES

app = noun_app()
PriceList = Annotated[
    str | None, typer.Option(help="What a contact of ours costs by channel, such as sms:0.0079,email:0.0004.")
]


@app.command()
def outcomes(
    by: Annotated[
        str | None, typer.Option(help=f"Tell rows apart by some of {', '.join(BY)}, with commas between.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="The first day, such as 2027-01-01; 28 days ago without it.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to this instant; now without it.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="csv or parquet, in place of lines for people.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file for csv or parquet; standard output without one."),
    ] = None,
    prices: PriceList = None,
    as_json: Json = False,
) -> None:
    """Say what came within seven days after contacts, with 95 % intervals. It never says that a contact was
    the cause."""
    if form is not None and form not in FORMS:
        raise typer.BadParameter("expected csv or parquet", param_hint="--format")
    if (as_json and form is not None) or (output is not None and form is None):
        raise typer.BadParameter("expected either --json, or --format with or without --output")
    if form == "parquet" and not has_parquet():
        raise SetupError(
            "--format parquet needs pyarrow, which is not installed: pip install 'forbear[parquet]'"
        )
    begins, ends = read_instant(since), read_instant(until)

    async def ask(runtime: Runtime) -> dict[str, Any]:
        return await report(runtime, OPERATOR, wanted_of(begins, ends, by, runtime.clock.now(), prices))

    found = run_with_runtime(ask)
    if as_json:
        print_json(found)
    elif form is not None:
        _write(table(found, form), output)
    else:
        typer.echo("\n".join(_lines(found)))


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        typer.get_binary_stream("stdout").write(content)
    else:
        output.write_bytes(content)


def _lines(found: dict[str, Any]) -> list[str]:
    """The report for a person: a line for each group, then its measures that are not nothing."""
    head = (
        f"Contacts from {found['from']:%Y-%m-%d} to before {found['to']:%Y-%m-%d}, and what came within "
        f"{found['window_days']} days after"
    )
    lines = [head] if found["rows"] else [head, "No contact."]
    for line in found["rows"]:
        group = ", ".join(str(line[name]) for name in found["by"]) or "all"
        cost = f", which cost {line['cost'] or 'an unknown sum'}" if "cost" in line else ""
        lines.append(f"{group}: {line['contacts']} contacts, {line['not_mature']} of them not mature{cost}")
        for name in MEASURES:
            one = line[name]
            if one["count"]:
                lines.append(f"  {name.replace('_', ' '):<14} {one['count']:>8}  {_share(one)}")
    return lines


def _share(one: dict[str, Any]) -> str:
    if one["share"] is None:
        return "nothing is mature"
    return f"{one['share']:.1%} of the mature ({one['low']:.1%} to {one['high']:.1%})"
