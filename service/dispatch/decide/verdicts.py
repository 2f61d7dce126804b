"""A verdict as the API, the delivery and the log show it: one shape everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from channels.content.formats import speaks
from policies.binding import BoundBy
from policies.verdict import Finding, Verdict
from policies.zones import TZDATA_VERSION

LANGUAGE_MISSING = "language_missing"
"""The warning that the borrower's language has no text in the template, which is sent in another one."""


def wording_warnings(language: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """What is to be said about the words of a message, beside what the policies say of it."""
    return () if not offered or speaks(language, offered) else (LANGUAGE_MISSING,)


def verdict_document(
    verdict: Verdict, medium: str, further: tuple[str, ...] = (), bound_by: Iterable[BoundBy] = ()
) -> dict[str, Any]:
    """The contract's shape of a verdict on a message through `medium`. `further`: warnings that are no
    policy's; `bound_by` says which place, by which evidence, each law that binds comes from."""
    return {
        "verdict": verdict.kind.value,
        "judged_as": medium,
        "until": verdict.until,
        "too_late": verdict.too_late,
        "valid_until": verdict.valid_until,
        "warnings": [*verdict.warnings, *further],
        "findings": [finding_document(finding) for finding in verdict.findings],
        "bound_by": [bound_by_document(one) for one in bound_by],
        "tzdata": TZDATA_VERSION,
    }


def kept(document: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict as its delivery keeps it: without what it does not say, which is most of an `allow`. It is
    written with every state that the delivery has."""
    return {name: value for name, value in document.items() if value}


def whole(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The contract's shape of what a delivery keeps, in whatever release it was written."""
    if stored is None:
        return None
    unsaid: dict[str, Any] = {
        "until": None,
        "too_late": False,
        "valid_until": None,
        "warnings": [],
        "findings": [],
        "bound_by": [],
    }
    first = {name: stored[name] for name in ("verdict", "judged_as") if name in stored}
    return {**first, **unsaid, **stored}


def restraint_document(policy: str, version: int, reason: str, medium: str) -> dict[str, Any]:
    """The contract's shape of a round in which a learned choice sends nothing: no rule was against it."""
    finding = {
        "policy": policy,
        "version": str(version),
        "rule": RESTRAINT,
        "verdict": "suppress",
        "until": None,
        "reason": reason,
        "citation": "the learning policy, which another key approved",
    }
    return {
        "verdict": "suppress",
        "judged_as": medium,
        "until": None,
        "too_late": False,
        "valid_until": None,
        "warnings": [],
        "findings": [finding],
        "bound_by": [],
        "tzdata": TZDATA_VERSION,
    }


RESTRAINT = "restraint"


def bound_by_document(one: BoundBy) -> dict[str, Any]:
    """The contract's shape of a reason why a policy binds; no place where nothing is known of the
    borrower's."""
    return {
        "policy": f"{one.policy.name}@{one.policy.version}",
        "place": one.place,
        "evidence": one.evidence,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """The contract's shape of a finding."""
    return {
        "policy": finding.policy,
        "version": finding.version,
        "rule": finding.rule,
        "verdict": finding.kind.value,
        "until": finding.until,
        "reason": finding.reason,
        "citation": finding.citation,
    }


def rule_of(verdict: Verdict) -> str | None:
    """The rule whose finding weighs most, as `policy/rule`."""
    deciding = _deciding(verdict)
    return f"{deciding.policy}/{deciding.rule}" if deciding is not None else None


def reason_of(verdict: Verdict) -> str | None:
    """The sentence that weighs most, for lists; all of them stand in the findings."""
    deciding = _deciding(verdict)
    return deciding.reason if deciding is not None else None


def _deciding(verdict: Verdict) -> Finding | None:
    return next((finding for finding in verdict.findings if finding.kind == verdict.kind), None)
