"""A verdict as the API, the delivery and the log show it: one shape everywhere."""

from __future__ import annotations

from typing import Any

from policies.verdict import Finding, Verdict
from policies.zones import TZDATA_VERSION


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """The contract's shape of a verdict."""
    return {
        "verdict": verdict.kind.value,
        "until": verdict.until,
        "too_late": verdict.too_late,
        "valid_until": verdict.valid_until,
        "warnings": list(verdict.warnings),
        "findings": [finding_document(finding) for finding in verdict.findings],
        "tzdata": TZDATA_VERSION,
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


def reason_of(verdict: Verdict) -> str | None:
    """The sentence that weighs most, for lists; all of them stand in the findings."""
    deciding = [finding for finding in verdict.findings if finding.kind == verdict.kind]
    return deciding[0].reason if deciding else None
