"""What `forbear policy explain` says: a policy in sentences, and how and why a question is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from policies.binding import HOUSE, UNKNOWN
from policies.case import QuestionInvalid, parse_question
from policies.phrases import plain
from policies.policy import Policy, PolicyInvalid
from policies.rules.base import reads_zones
from policies.sentences import LANGUAGES
from service.cli.documents import named_policies, print_json, read_yaml
from service.dispatch.decide.case import Named, StatedCase
from service.dispatch.decide.judge import judge
from service.dispatch.decide.verdicts import verdict_document


def explained(policy: Policy) -> dict[str, Any]:
    """A policy for machines: its fields, and each rule's sentences beside them."""
    document: dict[str, Any] = policy.document.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"cases"}
    )
    for rule, fields in zip(policy.rules, document["rules"], strict=True):
        fields["says"] = list(rule.describe())
    for kept, fields in zip(policy.document.records, document.get("records", ()), strict=True):
        fields["says"] = [kept.words()]
    return document | {"digest": policy.digest, "binds_whom": _binds(policy)}


def prose(policy: Policy) -> str:
    """A policy for people: what it is, whom it binds, and each rule's sentences under its citation."""
    about = policy.document
    lines = [
        f"{policy.name}, version {policy.version}: {about.title}.",
        (
            f"{plain(about.force).capitalize()}; {about.citation}. Verified on {about.verified_on}, with "
            f"{about.confidence} confidence."
        ),
        " ".join((_binds(policy), reads_zones(about.zones))),
    ]
    lines += [f"Note: {' '.join(about.note.split())}"] if about.note else []
    for rule in policy.rules:
        lines += ["", f"{rule.id} [{rule.citation}]", *(f"  {sentence}" for sentence in rule.describe())]
        lines += [f"  Note: {' '.join(rule.note.split())}"] if rule.note else []
    lines += (
        ["", *(f"{one.id} [{one.citation}]\n  {one.words()}" for one in about.records)]
        if about.records
        else []
    )
    return "\n".join(lines)


def _binds(policy: Policy) -> str:
    """Whom a policy binds, and from when until when."""
    match, binds, effective = policy.document.match, policy.document.binds, policy.document.effective
    named = "Binds where FORBEAR_POLICIES names it" if match.never_auto else "Binds everywhere"
    own = {HOUSE: "Binds always", UNKNOWN: "Binds where nothing is known of the borrower's place"}
    text = own.get(policy.name, named)
    if match.jurisdictions is not None and not match.never_auto:
        text = f"Binds where the borrower or the account is in {' or '.join(match.jurisdictions)}"
    if binds.sender_roles is not None:
        text += f", and the sender is {' or '.join(plain(one) for one in binds.sender_roles)}"
    if binds.days_past_due_over is not None:
        text += f", and the debt is more than {binds.days_past_due_over} days past due"
    text += f"; from {effective.from_} on" if effective.from_ is not None else ""
    text += f"; until {effective.until}" if effective.until is not None else ""
    return f"{text}."


def explain_question(
    known: Mapping[str, Policy], path: Path, names: Iterable[str], language: str, *, as_json: bool
) -> None:
    """Judge the question in a file by the policies named, or by those it names, and print why; exit 1 unless
    allowed."""
    if language not in LANGUAGES:
        raise typer.BadParameter(f"expected {', '.join(LANGUAGES)} as language")
    document = read_yaml(path)
    if isinstance(document, dict):
        document = {key: document[key] for key in document if key in _QUESTION}
        document["policies"] = (
            [one.name for one in named_policies(known, names)] if names else document.get("policies", [])
        )
    try:
        asked = parse_question(document)
        bound = [known[one] if isinstance(one, str) else one for one in asked.policies]
    except (QuestionInvalid, PolicyInvalid) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    except KeyError as error:
        raise typer.BadParameter(f"no policy is named {error.args[0]}") from None
    case = StatedCase(law=Named(tuple(bound)), stated=asked.facts)
    verdict = judge(case, asked.at).verdict
    if as_json:
        print_json(verdict_document(verdict, asked.facts.proposal.channel))
    else:
        until = f" until {verdict.until.isoformat()}" if verdict.until is not None else ""
        typer.echo(f"{verdict.kind.value}{until}")
        for finding in verdict.findings:
            typer.echo(f"  {finding.policy}/{finding.rule}: {finding.say(language)} [{finding.citation}]")
    raise typer.Exit(0 if verdict.kind.value == "allow" else 1)


_QUESTION = ("policies", "borrower", "debt_ids", "history", "proposed", "holidays")
