"""`forbear policy`: documents checked, tested by cases, explained and compared; no database is needed."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml

from policies.case import Case, QuestionInvalid, differs, judge_case, parse_case, parse_question
from policies.decide import decide
from policies.policy import Policy, PolicyInvalid, parse_policy
from service.dispatch.verdicts import verdict_document
from service.packs import shipped

app = typer.Typer(help="Check, test, explain and compare policies.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Files = Annotated[list[Path], typer.Argument(help="Policy documents, YAML or JSON.", exists=True, dir_okay=False, readable=True)]
LARGEST_FILE = 50_000_000


def _print(document: object) -> None:
    options = orjson.OPT_UTC_Z | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(document, option=options, default=str).decode())


def _read(path: Path) -> str:
    if path.stat().st_size > LARGEST_FILE:
        raise typer.BadParameter(f"{path}: larger than {LARGEST_FILE} bytes")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path}: expected UTF-8") from None


@app.command()
def check(files: Files, as_json: Json = False) -> None:
    """Read documents and name every fault by line and path. Exit 1 where there is one."""
    found = [_checked(path) for path in files]
    if as_json:
        _print(found)
    else:
        for one in found:
            typer.echo(f"{one['file']}: " + (f"good, {one['rules']} rules, {one['cases']} cases" if one["good"] else "not good"))
            for fault in one["faults"]:
                typer.echo(f"  {fault['line'] or '?'}: {fault['path'] or '/'}: {fault['expected']}; got {fault['got']}")
    raise typer.Exit(0 if all(one["good"] for one in found) else 1)


def _checked(path: Path) -> dict[str, Any]:
    try:
        policy = parse_policy(_read(path))
    except PolicyInvalid as error:
        faults = [{"path": one.path, "line": one.line, "expected": one.expected, "got": one.got} for one in error.faults]
        return {"file": str(path), "good": False, "faults": faults}
    return {
        "file": str(path),
        "good": True,
        "faults": [],
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


@app.command()
def test(
    names: Annotated[list[str] | None, typer.Argument(help="Policies whose own cases run; without names, all that ship.")] = None,
    cases: Annotated[Path | None, typer.Option(help="A file of cases to run instead.", exists=True, dir_okay=False)] = None,
    files: Annotated[list[Path] | None, typer.Option("--file", help="A document to test beside those that ship.", exists=True)] = None,
    as_json: Json = False,
) -> None:
    """Run cases and print what differs. Exit 1 where something does."""
    known = _known(files or ())
    run = _run_file(known, cases, names or ()) if cases is not None else _run_own(known, _named(known, names or ()))
    if as_json:
        _print({"cases": run.cases, "differences": run.differences})
    else:
        for line in run.differences:
            typer.echo(line)
        typer.echo(f"{run.cases} cases, {len(run.differences)} differ")
    raise typer.Exit(1 if run.differences else 0)


def _known(files: Iterable[Path]) -> Mapping[str, Policy]:
    """What ships, and the documents in `files`; a fault in one is wrong use."""
    found = dict(shipped())
    for path in files:
        try:
            policy = parse_policy(_read(path))
        except PolicyInvalid as error:
            raise typer.BadParameter(f"{path}: {error}") from None
        found[policy.name] = policy
    return found


def _named(known: Mapping[str, Policy], names: Iterable[str]) -> list[Policy]:
    missing = [name for name in names if name not in known]
    if missing:
        raise typer.BadParameter(f"no policy is named {', '.join(missing)}")
    return [known[name] for name in names] or list(known.values())


def _run_own(known: Mapping[str, Policy], chosen: Iterable[Policy]) -> _Run:
    count, lines = 0, []
    for policy in chosen:
        count += len(policy.document.cases)
        lines += [f"{policy.name}: {line}" for one in policy.document.cases if (line := _difference(one, known, policy))]
    return _Run(cases=count, differences=tuple(lines))


def _run_file(known: Mapping[str, Policy], path: Path, names: Iterable[str]) -> _Run:
    documents = _cases(path)
    wanted = set(names)
    if wanted:
        documents = [one for one in documents if isinstance(one, dict) and wanted & set(str(one.get("pack", "")).split("+"))]
    return _Run(cases=len(documents), differences=tuple(line for one in documents if (line := _difference(one, known, None))))


def _cases(path: Path) -> list[Any]:
    try:
        documents = yaml.load(_read(path), Loader=_TextDates)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    if isinstance(documents, dict) and isinstance(documents.get("cases"), list):
        documents = documents["cases"]
    if not isinstance(documents, list):
        raise typer.BadParameter(f"{path}: expected a list of cases")
    return documents


class _TextDates(yaml.SafeLoader):
    """Dates stay text, as in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        key: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _difference(document: Any, known: Mapping[str, Policy], own: Policy | None) -> str | None:
    named = document.get("id", "?") if isinstance(document, dict) else "?"
    try:
        case: Case = parse_case(document)
        return differs(case, judge_case(case, known, own))
    except QuestionInvalid as error:
        return f"{named}: {error}"
    except KeyError as error:
        return f"{named}: no policy is named {error.args[0]}"
    except (ValueError, OverflowError) as error:
        return f"{named}: {error}"


@app.command()
def explain(
    names: Annotated[list[str] | None, typer.Argument(help="Policies to explain, or to judge by.")] = None,
    question: Annotated[
        Path | None, typer.Option(help="A question (the fields of a case; YAML or JSON) to judge.", exists=True, dir_okay=False)
    ] = None,
    language: Annotated[str, typer.Option(help="Of the sentences: en or zh-CN.")] = "en",
    as_json: Json = False,
) -> None:
    """Say what policies demand, or how and why they judge a question. Exit 1 where it would not be allowed."""
    known = _known(())
    if question is None:
        _explain_policies(_named(known, names or ()), as_json=as_json)
        return
    _explain_question(known, question, names or (), language, as_json=as_json)


def _explain_policies(chosen: Iterable[Policy], *, as_json: bool) -> None:
    if as_json:
        _print([one.document.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"cases"}) for one in chosen])
        return
    for policy in chosen:
        about = policy.document
        typer.echo(f"{policy.name} {policy.version}: {about.title} ({about.force}; {about.citation}; verified {about.verified_on})")
        for rule in policy.rules:
            given = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"id", "kind", "citation", "note"})
            typer.echo(f"  {rule.id} [{rule.model_dump()['kind']}] {rule.citation}")
            typer.echo(f"    {orjson.dumps(given).decode()}")


def _explain_question(known: Mapping[str, Policy], path: Path, names: Iterable[str], language: str, *, as_json: bool) -> None:
    if language not in {"en", "zh-CN"}:
        raise typer.BadParameter("expected en or zh-CN as language")
    try:
        document = yaml.load(_read(path), Loader=_TextDates)  # noqa: S506 - a SafeLoader
        if isinstance(document, dict):
            document = {key: document[key] for key in document if key in _QUESTION}
            document["policies"] = [one.name for one in _named(known, names)] if names else document.get("policies", [])
        asked = parse_question(document)
        bound = [known[one] if isinstance(one, str) else one for one in asked.policies]
    except (yaml.YAMLError, QuestionInvalid, PolicyInvalid) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    except KeyError as error:
        raise typer.BadParameter(f"no policy is named {error.args[0]}") from None
    verdict = decide(bound, asked.facts, asked.at)
    if as_json:
        _print(verdict_document(verdict))
    else:
        until = f" until {verdict.until.isoformat()}" if verdict.until is not None else ""
        typer.echo(f"{verdict.kind.value}{until}")
        for finding in verdict.findings:
            typer.echo(f"  {finding.policy}/{finding.rule}: {finding.say(language)} [{finding.citation}]")
    raise typer.Exit(0 if verdict.kind.value == "allow" else 1)


_QUESTION = ("policies", "borrower", "debt_ids", "history", "proposed", "holidays")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The name of a policy that ships, or a file.")],
    new: Annotated[str, typer.Argument(help="The same, to compare with.")],
) -> None:
    """Show what changes from one document to another, without regard to comments and order of keys. Exit 1 where something does."""
    known = _known(())
    lines = list(difflib.unified_diff(_canonical(known, old), _canonical(known, new), old, new, lineterm=""))
    for line in lines:
        typer.echo(line)
    raise typer.Exit(1 if lines else 0)


def _canonical(known: Mapping[str, Policy], named: str) -> list[str]:
    policy = known.get(named)
    if policy is None:
        path = Path(named)
        if not path.is_file():
            raise typer.BadParameter(f"{named} is neither a policy that ships nor a file")
        try:
            policy = parse_policy(_read(path))
        except PolicyInvalid as error:
            raise typer.BadParameter(f"{named}: {error}") from None
    document = policy.document.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"cases"})
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120).splitlines()
