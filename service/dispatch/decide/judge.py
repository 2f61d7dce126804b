"""The one judge: finds the policies that bind a case, and asks the engine. Pure: no connection, no runtime,
no clock.

Whoever wants to know what may happen asks here, and nobody else asks the engine: deciding, preview, timeline,
retention, evaluation, simulation, replay, and a call that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from policies.binding import Binding
from policies.decide import decide, decide_view
from policies.facts import Facts
from policies.fast_init import fast_init
from policies.policy import Policy
from policies.rules.tier import Tier
from policies.verdict import Verdict
from policies.view import View
from service.dispatch.decide.case import Case, Law, Matter, StatedCase


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with everything that it was taken on."""

    case: Case | StatedCase
    binding: Binding
    """The policies that bind, and why."""
    facts: Facts
    verdict: Verdict

    @property
    def bound(self) -> tuple[Policy, ...]:
        """The policies that bind."""
        return self.binding.policies


class Bound(NamedTuple):
    """What binds, and the days past due on which it was found."""

    days_past_due: int | None
    binding: Binding


def bind(law: Law, matter: Matter, at: datetime, days: int | None = None) -> Bound:
    """The policies that bind at `at`, without asking them. `days`: those past due then, where they are known
    already."""
    days = matter.days_past_due_at(at) if days is None else days
    return Bound(days, law.binding(matter.where, sender_role=matter.sender_role, days_past_due=days, at=at))


@lru_cache(maxsize=1024)
def tier_of(policies: tuple[Policy, ...], days_past_due: int | None) -> str | None:
    """The name of the tier into which the policies that bind put a debt; the first one's where several do."""
    if days_past_due is None:
        return None
    tiers = (rule for policy in policies for rule in policy.rules if isinstance(rule, Tier))
    return next((tier.name for tier in tiers if tier.band.contains(days_past_due)), None)


def judge(case: Case | StatedCase, at: datetime, bound: Bound | None = None) -> Judged:
    """The verdict on a case at `at`, which is aware. `bound`: what binds its subject then, where that was
    found already. Raises NoPolicy where nothing binds."""
    days, binding = bind(case.law, case.subject, at) if bound is None else bound
    facts = case.facts(days, tier_of(binding.policies, days))
    verdict = decide(binding.policies, facts, at, expires_at=case.subject.expires_at)
    return Judged(case=case, binding=binding, facts=facts, verdict=verdict)


def judge_each(cases: Mapping[str, Case], at: datetime, bound: Bound) -> dict[str, Judged]:
    """The verdicts on messages about one subject, by channel: what binds it and what happened are the same
    for all, and looked up once."""
    days, binding = bound
    tier, view = tier_of(binding.policies, days), None
    found: dict[str, Judged] = {}
    for channel, case in cases.items():
        facts = case.facts(days, tier)
        view = View(facts) if view is None else view.through(facts)
        verdict = decide_view(binding.policies, view, at, expires_at=case.subject.expires_at)
        found[channel] = Judged(case=case, binding=binding, facts=facts, verdict=verdict)
    return found
