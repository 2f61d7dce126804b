"""What each cap leaves: for the borrower's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.decide import bound_rules
from policies.facts import Facts
from policies.policy import Policy
from policies.rules.cap import Cap
from policies.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One cap, as it stands for a message at an instant."""

    policy: str
    rule: str
    window: str
    limit: int
    used: int
    remaining: int
    next_free: datetime | None
    """When the next slot is free where none is left; None where one is, or where no time brings another."""
    citation: str


def budgets(policies: Sequence[Policy], facts: Facts, at: datetime) -> tuple[Budget, ...]:
    """The budget of every cap that looks at such a message."""
    view = View(facts)
    found: list[Budget] = []
    for bound in bound_rules(policies, view):
        policy, rule = bound.policy, bound.rule
        if not isinstance(rule, Cap) or not rule.when.matches(view):
            continue
        used, free = rule.used(view, at, rule.zones or policy.zones)
        found.append(
            Budget(
                policy=policy.name,
                rule=rule.id,
                window=rule.window.words(),
                limit=rule.limit,
                used=used,
                remaining=max(0, rule.limit - used),
                next_free=free,
                citation=rule.citation,
            )
        )
    return tuple(found)
