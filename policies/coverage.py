"""Which rules the cases touch: a rule is touched by a case in which it objects, or warns. What no case touches, nobody tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policies.case import Case
from policies.policy import Policy
from policies.rules.base import RuleSpec
from policies.rules.content import Content
from policies.rules.override import Override
from policies.rules.retain import Retain
from policies.rules.warn import Warn
from policies.verdict import Verdict


def decides(rule: RuleSpec) -> bool:
    """Whether a case can touch a rule at all: overrides, retention and mere disclosures decide nothing."""
    if isinstance(rule, Content):
        return bool(rule.required or rule.forbidden)
    return not isinstance(rule, Override | Retain)


def _warns(rule: Warn, verdict: Verdict) -> bool:
    return any(
        one.startswith(f"{rule.factor}: ") and one.endswith(f"({rule.citation})") for one in verdict.warnings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCoverage:
    """How far the cases touch one policy."""

    policy: str
    rules: int
    """Those that can be touched."""
    untouched: tuple[str, ...]
    silent: tuple[str, ...]
    """Rules that decide nothing."""


@dataclass(slots=True, kw_only=True)
class Coverage:
    """Collects what cases touch."""

    policies: dict[str, Policy] = field(default_factory=dict)
    touched: set[tuple[str, str]] = field(default_factory=set)

    def watch(self, policies: Iterable[Policy]) -> None:
        """Policies whose rules ought to be touched."""
        self.policies.update((one.name, one) for one in policies)

    def take(
        self, case: Case, verdict: Verdict, known: Mapping[str, Policy], own: Policy | None = None
    ) -> None:
        """What one case touches."""
        bound = [known[name] for name in case.packs] if case.packs else [own] if own is not None else []
        self.touched.update((finding.policy, finding.rule) for finding in verdict.findings)
        for policy in bound:
            warned = (rule for rule in policy.rules if isinstance(rule, Warn) and _warns(rule, verdict))
            self.touched.update((policy.name, rule.id) for rule in warned)

    def report(self) -> tuple[PolicyCoverage, ...]:
        """Each policy's part, by name."""
        return tuple(self._of(self.policies[name]) for name in sorted(self.policies))

    def _of(self, policy: Policy) -> PolicyCoverage:
        loud = [rule.id for rule in policy.rules if decides(rule)]
        return PolicyCoverage(
            policy=policy.name,
            rules=len(loud),
            untouched=tuple(id_ for id_ in loud if (policy.name, id_) not in self.touched),
            silent=tuple(rule.id for rule in policy.rules if rule.id not in loud),
        )
