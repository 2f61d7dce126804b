"""`forbear policy`: documents checked, tested by cases, simulated, explained and compared; only a simulation
needs the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from policies.case import QuestionInvalid, differs, judge_case, parse_case
from policies.coverage import Coverage, PolicyCoverage
from policies.difference import Difference, FieldChange, difference
from policies.draft import parse_draft
from policies.policy import Policy, PolicyInvalid, parse_policy
from policies.review import AHEAD
from service.cli.documents import (
    known_policies,
    named_policies,
    policy_or_file,
    print_json,
    read_text,
    read_yaml,
)
from service.cli.explaining import explain_question, explained, prose
from service.cli.nouns import noun_app
from service.cli.pages import law, reference, schema
from service.cli.reviewing import review_and_print
from service.cli.simulating import simulate_and_print
from service.clock import SystemClock

app = noun_app()

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Files = Annotated[
    list[Path],
    typer.Argument(help="Policy documents, YAML or JSON.", exists=True, dir_okay=False, readable=True),
]


@app.command()
def check(files: Files, as_json: Json = False) -> None:
    """Read documents and name every error by line and path. Exit 1 where there is one."""
    found = [_checked(path) for path in files]
    if as_json:
        print_json(found)
    else:
        for one in found:
            typer.echo(
                f"{one['file']}: "
                + (f"good, {one['rules']} rules, {one['cases']} cases" if one["good"] else "not good")
            )
            for error in one["errors"]:
                typer.echo(
                    f"  {error['line'] or '?'}: {error['path'] or '/'}: {error['expected']}; got "
                    f"{error['got']}"
                )
    raise typer.Exit(0 if all(one["good"] for one in found) else 1)


def _checked(path: Path) -> dict[str, Any]:
    try:
        policy = parse_draft(read_text(path))
    except PolicyInvalid as error:
        errors = [
            {"path": one.path, "line": one.line, "expected": one.expected, "got": one.got}
            for one in error.errors
        ]
        return {"file": str(path), "good": False, "errors": errors}
    return {
        "file": str(path),
        "good": True,
        "errors": [],
        "name": policy.name,
        "rules": len(policy.rules),
        "cases": len(policy.document.cases),
        "digest": policy.digest,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What a run of cases found."""

    cases: int
    differences: tuple[str, ...]
    coverage: tuple[PolicyCoverage, ...] = ()


@app.command()
def test(
    names: Annotated[
        list[str] | None, typer.Argument(help="Policies whose own cases run; without names, all that ship.")
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="A file of cases to run instead.", exists=True, dir_okay=False)
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", help="A document to test beside those that ship.", exists=True),
    ] = None,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Name the rules that no case touches: in which it objects or warns."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Run cases and print what differs. Exit 1 where something does, and with --coverage where a rule is
    touched by no case."""
    known = known_policies(files or ())
    run = (
        _run_file(known, cases, names or ())
        if cases is not None
        else _run_own(known, named_policies(known, names or ()))
    )
    untouched = [one for one in run.coverage if one.untouched] if coverage else []
    if as_json:
        found: dict[str, Any] = {"cases": run.cases, "differences": run.differences}
        print_json(found | ({"coverage": [asdict(one) for one in run.coverage]} if coverage else {}))
    else:
        typer.echo("\n".join([*_differing(run, untouched), *(_touched(run, untouched) if coverage else [])]))
    raise typer.Exit(1 if run.differences or untouched else 0)


def _differing(run: _Run, untouched: Iterable[PolicyCoverage]) -> Iterator[str]:
    yield from run.differences
    for one in untouched:
        names = ", ".join(one.untouched)
        yield f"{one.policy}: {len(one.untouched)} of {one.rules} rules are touched by no case: {names}"
    yield f"{run.cases} cases, {len(run.differences)} differ"


def _touched(run: _Run, untouched: Iterable[PolicyCoverage]) -> Iterator[str]:
    rules = sum(one.rules for one in run.coverage)
    left = sum(len(one.untouched) for one in untouched)
    yield f"{rules - left} of {rules} rules in {len(run.coverage)} policies are touched"


def _run_own(known: Mapping[str, Policy], chosen: Iterable[Policy]) -> _Run:
    count, lines, coverage = 0, list[str](), Coverage()
    for policy in chosen:
        coverage.watch([policy])
        count += len(policy.document.cases)
        lines += [
            f"{policy.name}: {line}"
            for one in policy.document.cases
            if (line := _difference(one, known, policy, coverage))
        ]
    return _Run(cases=count, differences=tuple(lines), coverage=coverage.report())


def _run_file(known: Mapping[str, Policy], path: Path, names: Iterable[str]) -> _Run:
    documents = _cases(path)
    wanted, coverage = set(names), Coverage()
    if wanted:
        documents = [one for one in documents if isinstance(one, dict) and wanted & set(_packs(one))]
    coverage.watch(
        known[name] for one in documents if isinstance(one, dict) for name in _packs(one) if name in known
    )
    lines = tuple(line for one in documents if (line := _difference(one, known, None, coverage)))
    return _Run(cases=len(documents), differences=lines, coverage=coverage.report())


def _packs(document: Mapping[str, Any]) -> list[str]:
    return str(document.get("pack", "")).split("+")


def _cases(path: Path) -> list[Any]:
    documents = read_yaml(path)
    if isinstance(documents, dict) and isinstance(documents.get("cases"), list):
        documents = documents["cases"]
    if not isinstance(documents, list):
        raise typer.BadParameter(f"{path}: expected a list of cases")
    return documents


def _difference(
    document: Any, known: Mapping[str, Policy], own: Policy | None, coverage: Coverage
) -> str | None:
    named = document.get("id", "?") if isinstance(document, dict) else "?"
    try:
        case = parse_case(document)
        verdict = judge_case(case, known, own)
    except QuestionInvalid as error:
        return f"{named}: {error}"
    except KeyError as error:
        return f"{named}: no policy is named {error.args[0]}"
    except (ValueError, OverflowError) as error:
        return f"{named}: {error}"
    coverage.take(case, verdict, known, own)
    return differs(case, verdict)


@app.command()
def simulate(
    name: Annotated[str, typer.Argument(help="A policy's name.")],
    begin: Annotated[
        str,
        typer.Option(
            "--from", help="The first instant of the past to look at, such as 2026-11-01T00:00:00Z."
        ),
    ],
    end: Annotated[str, typer.Option("--to", help="The instant before which to stop.")],
    version: Annotated[
        int | None, typer.Option(min=0, help="A stored version, 0 for what ships; without it the newest.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A document that is not stored yet.", exists=True, dir_okay=False)
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, max=100_000, help="How many of the deliveries that change to list.")
    ] = 20,
    as_json: Json = False,
) -> None:
    """Take past decisions again as if a version had been in force, and say which come out otherwise. Exit 0,
    whatever they are."""
    if version is not None and file is not None:
        raise typer.BadParameter("expected --version or --file, not both")
    simulate_and_print(name, version, file, (begin, end), limit=limit, as_json=as_json)


@app.command()
def explain(
    names: Annotated[list[str] | None, typer.Argument(help="Policies to explain, or to judge by.")] = None,
    question: Annotated[
        Path | None,
        typer.Option(
            help="A question (the fields of a case; YAML or JSON) to judge.", exists=True, dir_okay=False
        ),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", help="A document to explain beside those that ship.", exists=True),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the findings on a question: en, es or zh-CN.")] = "en",
    as_json: Json = False,
) -> None:
    """Say in sentences what policies demand, or how and why they judge a question. Exit 1 where it would not
    be allowed."""
    known = known_policies(files or ())
    if question is not None:
        explain_question(known, question, names or (), language, as_json=as_json)
        return
    chosen = named_policies(known, [*(names or ()), *(one.name for one in map(_read_again, files or ()))])
    if as_json:
        print_json([explained(one) for one in chosen])
        return
    typer.echo("\n\n".join(prose(one) for one in chosen))


def _read_again(path: Path) -> Policy:
    return parse_policy(read_text(path))


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The name of a policy that ships, or a file.")],
    new: Annotated[str, typer.Argument(help="The same, to compare with.")],
    as_json: Json = False,
) -> None:
    """Say which rules come, go or change, field by field, and what they demand before and after. Exit 1 where
    something does."""
    known = known_policies()
    found = difference(policy_or_file(known, old), policy_or_file(known, new))
    if as_json:
        print_json(
            {"head": [asdict(one) for one in found.head], "rules": [asdict(one) for one in found.rules]}
        )
    else:
        typer.echo("\n".join(_told(found)) or "Nothing changes.")
    raise typer.Exit(1 if found else 0)


def _told(found: Difference) -> list[str]:
    lines = [_field(one) for one in found.head]
    for one in found.rules:
        lines.append(f"rule {one.rule} is {one.change}" + (":" if one.change == "changed" else ""))
        lines += [f"  {_field(field)}" for field in one.fields]
        lines += [f"  was: {one.was}"] if one.was is not None else []
        lines += [f"  now: {one.now}"] if one.now is not None else []
    return lines


def _field(one: FieldChange) -> str:
    return f"{one.path}: {_value(one.old)} becomes {_value(one.new)}"


def _value(value: Any) -> str:
    return "nothing" if value is None else orjson.dumps(value).decode()


@app.command()
def review(
    names: Annotated[
        list[str] | None, typer.Argument(help="Policies to look at; without names, all that ship.")
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--file", help="A document to look at too.", exists=True)
    ] = None,
    today: Annotated[
        str | None, typer.Option(help="The day to look from, such as 2026-11-29; without it today.")
    ] = None,
    ahead: Annotated[
        int, typer.Option(min=0, max=3660, help="How many days ahead a change is told of first.")
    ] = AHEAD.days,
    as_json: Json = False,
) -> None:
    """List rules by age of verification and confidence, days on which something changes, and citations that
    were replaced."""
    known = known_policies(files or ())
    chosen = named_policies(known, [*(names or ()), *(one.name for one in map(_read_again, files or ()))])
    try:
        day = SystemClock().now().date() if today is None else date.fromisoformat(today)
    except ValueError:
        raise typer.BadParameter("expected a date, like 2026-11-29, as --today") from None
    review_and_print(chosen, day, timedelta(days=ahead), as_json=as_json)


for page in (law, reference, schema):
    app.command()(page)
