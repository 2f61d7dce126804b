"""Which rules the cases touch: a rule is touched by a case in which it objects, or warns. What no case
touches, nobody tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policies.case import Case
from policies.policy import Policy
from policies.rules.warn import Warn
from policies.verdict import Verdict


def _warns(rule: Warn, verdict: Verdict) -> bool:
    return any(
        one.startswith(f"{rule.factor}: ") and one.endswith(f"({rule.citation})") for one in verdict.warnings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCoverage:
    """How far the cases touch one policy."""

    policy: str
    rules: int
    untouched: tuple[str, ...]


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
        return PolicyCoverage(
            policy=policy.name,
            rules=len(policy.rules),
            untouched=tuple(rule.id for rule in policy.rules if (policy.name, rule.id) not in self.touched),
        )
