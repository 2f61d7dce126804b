"""A policy as it is handed in: besides the rules its own cases must be such that they can be run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from policies.case import QuestionInvalid, parse_case
from policies.document_errors import DocumentError, line_of
from policies.places.codes import canonical, is_place
from policies.policy import Policy, PolicyInvalid, lines_of, parse_policy
from policies.rules.base import Effective


def parse_draft(text: str | bytes) -> Policy:
    """A policy from YAML or JSON, each of its cases readable, each of its places one. Raises PolicyInvalid
    with every error.

    What is stored already is read by `parse_policy`: no case keeps a policy from binding."""
    policy = parse_policy(text)
    errors = [*_places(policy), *_for_nobody(policy)] + [
        replace(document_error, path=f"/cases/{position}{document_error.path}")
        for position, document in enumerate(policy.document.cases)
        for document_error in _case_errors(document)
    ]
    if errors:
        lines = lines_of(text)
        found = (
            replace(document_error, line=line_of(document_error.path, lines)) for document_error in errors
        )
        raise PolicyInvalid(tuple(sorted(found, key=lambda one: one.line or 0)))
    return policy


def _places(policy: Policy) -> Iterator[DocumentError]:
    """What of the jurisdictions is no place: a policy that names one binds nobody there."""
    for position, code in enumerate(policy.document.match.jurisdictions or ()):
        if not is_place(canonical(code)):
            expected = "expected a country or subdivision (ISO 3166), such as US or US-MA"
            yield DocumentError(
                path=f"/match/jurisdictions/{position}", line=None, expected=expected, got=code[:80]
            )


def _for_nobody(policy: Policy) -> Iterator[DocumentError]:
    """What can never hold: an empty list, where none would mean everybody, and a span without an end after
    its beginning. It would be in force and bind nobody."""
    document = policy.document
    yield from _empty("/match", document.match)
    yield from _empty("/binds", document.binds)
    yield from _spanless("/effective", document.effective)
    for position, rule in enumerate(policy.rules):
        yield from _empty(f"/rules/{position}/when", rule.when)
        yield from _spanless(f"/rules/{position}/effective", rule.effective)
        overdue = rule.when.days_past_due
        if overdue is not None and None not in (overdue.min, overdue.max) and overdue.min > overdue.max:  # type: ignore[operator]
            yield DocumentError(
                path=f"/rules/{position}/when/days_past_due",
                line=None,
                expected="expected a least that is not above the most",
                got=f"{overdue.min} to {overdue.max}",
            )


def _empty(path: str, chosen: BaseModel) -> Iterator[DocumentError]:
    for name, field in type(chosen).model_fields.items():
        if field.default is None and getattr(chosen, name) == ():
            expected = "expected at least one, or no such field for all of them"
            yield DocumentError(path=f"{path}/{name}", line=None, expected=expected, got="an empty list")


def _spanless(path: str, effective: Effective) -> Iterator[DocumentError]:
    first, last = effective.from_, effective.until
    if first is not None and last is not None and last <= first:
        expected = f"expected a day after {first}, the first"
        yield DocumentError(path=f"{path}/until", line=None, expected=expected, got=str(last))


def _case_errors(document: dict[str, Any]) -> Iterator[DocumentError]:
    try:
        parse_case(document)
    except QuestionInvalid as error:
        yield from error.errors
    except (OverflowError, ValueError) as error:
        expected = "expected a case that can be judged, its instants between 1970 and 2200"
        yield DocumentError(path="", line=None, expected=expected, got=str(error))
