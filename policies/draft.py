"""A policy as it is handed in: besides the rules its own cases must be such that they can be run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policies.case import QuestionInvalid, parse_case
from policies.faults import DocumentFault, line_of
from policies.places.codes import canonical, is_place
from policies.policy import Policy, PolicyInvalid, lines_of, parse_policy


def parse_draft(text: str | bytes) -> Policy:
    """A policy from YAML or JSON, each of its cases readable, each of its places one. Raises PolicyInvalid with every fault.

    What is stored already is read by `parse_policy`: no case keeps a policy from binding."""
    policy = parse_policy(text)
    faults = list(_places(policy)) + [
        replace(fault, path=f"/cases/{position}{fault.path}")
        for position, document in enumerate(policy.document.cases)
        for fault in _faults(document)
    ]
    if faults:
        lines = lines_of(text)
        found = (replace(fault, line=line_of(fault.path, lines)) for fault in faults)
        raise PolicyInvalid(tuple(sorted(found, key=lambda one: one.line or 0)))
    return policy


def _places(policy: Policy) -> Iterator[DocumentFault]:
    """What of the jurisdictions is no place: a policy that names one binds nobody there."""
    for position, code in enumerate(policy.document.match.jurisdictions or ()):
        if not is_place(canonical(code)):
            expected = "expected a country or subdivision (ISO 3166), such as US or US-MA"
            yield DocumentFault(
                path=f"/match/jurisdictions/{position}", line=None, expected=expected, got=code[:80]
            )


def _faults(document: dict[str, Any]) -> Iterator[DocumentFault]:
    try:
        parse_case(document)
    except QuestionInvalid as error:
        yield from error.faults
    except OverflowError:
        yield DocumentFault(path="", line=None, expected="expected instants between 1970 and 2200", got="")
    except ValueError as error:
        yield DocumentFault(path="", line=None, expected="expected a case that can be judged", got=str(error))
