"""A decision is a value with its reasons: verdict, instants, and every finding in plain words with its
citation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from policies.fast_init import fast_init
from policies.sentences import sentence
from policies.strictness import STRICTNESS, Kind

__all__ = ["STRICTNESS", "Finding", "Kind", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's objection: what it says, with the numbers in it, and where it is written."""

    policy: str
    version: str
    rule: str
    kind: Kind
    until: datetime | None
    """The first instant at which this rule alone would permit it; None where time does not help."""
    citation: str
    message: str
    """Names the sentence (policies/sentences.py)."""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The sentence in English."""
        return sentence(self.message, self.values, "en")

    def say(self, language: str) -> str:
        """The sentence in `en`, `es` or `zh-CN`."""
        return sentence(self.message, self.values, language)


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision on one message at one instant."""

    kind: Kind
    until: datetime | None = None
    """`defer`: the earliest instant at which all rules at once permit it, if nothing else happens."""
    too_late: bool = False
    """`defer`: the message expires before `until`; it ends as expired, and nobody need look at it."""
    valid_until: datetime | None = None
    """`allow`: the first instant at which it would be allowed no longer; None where none is in sight."""
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    consulted: tuple[str, ...] = ()
    """Every rule that was asked, as `policy/rule`."""
