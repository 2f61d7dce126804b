"""The decision: every rule is asked, every finding kept, the strictest wins; a deferral is the earliest
instant that satisfies all.

Pure: the same policies, facts and instant give the same verdict, whatever the order of rules and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from policies.binding import HOUSE
from policies.facts import Facts
from policies.policy import Policy
from policies.rules.base import PERMIT, Answer, Effective, Permit, Refuse, RuleSpec, earliest, ends_with
from policies.rules.matching import Exemption
from policies.strictness import STRICTNESS, Kind
from policies.suppressions import lifted_until, suppressed
from policies.verdict import Finding, Verdict
from policies.view import View
from policies.windows import start_of_date

HORIZON = timedelta(days=400)
MOST_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule of a policy, with what about it never changes from one decision to the next."""

    policy: Policy
    rule: RuleSpec
    concerns: Callable[[View], bool]
    """Whether the rule looks at the proposed message at all."""
    timeless: bool
    """Neither the policy nor the rule begins or ends."""
    judge: Callable[[View, datetime, str], Answer]
    """The rule's own answer, where nothing exempts the message from it."""
    basis: str
    """How the candidate zones are read."""
    speaks_of: frozenset[str] | None
    """The types of events without any of which it permits everything."""
    warns: bool


class NoPolicy(ValueError):
    """No policy was given: a decision without any rule is refused, never "allow"."""


def decide(
    policies: Sequence[Policy],
    facts: Facts,
    at: datetime,
    *,
    expires_at: datetime | None = None,
    horizon: timedelta = HORIZON,
) -> Verdict:
    """Judge one proposed message at `at` (aware).

    `defer.until` is the first instant from `at` on at which every rule at once permits it, if nothing else
    happens. Where that lies at or after `expires_at` the verdict says so (`too_late`); where there is none
    before `at + horizon` a person must decide. A rule that fails holds. Raises NoPolicy."""
    return decide_view(policies, View(facts), at, expires_at=expires_at, horizon=horizon)


def decide_view(
    policies: Sequence[Policy],
    view: View,
    at: datetime,
    *,
    expires_at: datetime | None = None,
    horizon: timedelta = HORIZON,
) -> Verdict:
    """The same of facts that are indexed already."""
    if not policies:
        raise NoPolicy("no policy binds; the strict house pack must")
    speaking, consulted = _speaking(_binding(policies, view), view.types)
    rules = [one for one in speaking if one.concerns(view)]
    refused, changes = _ask_all(rules, view, at)
    warnings, stopped = _warnings(rules, view, at), (*suppressed(view, at), *_astray(policies, view))
    if not refused and not stopped:
        ends = earliest(_ends(changes, view, at, at + horizon), lifted_until(view, at))
        return Verdict(kind=Kind.ALLOW, valid_until=ends, warnings=warnings, consulted=consulted)
    findings = (*stopped, *(_finding(one.policy, one.rule, answer) for one, answer in refused))
    kind = max((finding.kind for finding in findings), key=STRICTNESS.__getitem__)
    if kind is not Kind.DEFER:
        return Verdict(kind=kind, findings=findings, warnings=warnings, consulted=consulted)
    until = _search(
        rules if view.looks_ahead(at) else _unsettled(refused, changes), refused, view, at, at + horizon
    )
    kind, findings = _waits(findings, until, expires_at, at + horizon)
    return Verdict(
        kind=kind,
        until=until,
        too_late=until is not None and expires_at is not None and until >= expires_at,
        findings=findings,
        warnings=warnings,
        consulted=consulted,
    )


def _waits(
    findings: tuple[Finding, ...], until: datetime | None, expires_at: datetime | None, limit: datetime
) -> tuple[Kind, tuple[Finding, ...]]:
    """What a message gets that may go at `until` at the earliest, or at no instant before `limit`."""
    if until is None:
        nowhere = _beyond(findings, Kind.HOLD, "search.none", {"limit": limit.isoformat()})
        return Kind.HOLD, (*findings, nowhere)
    if expires_at is not None and until >= expires_at:
        instants = {"until": until.isoformat(), "expires": expires_at.isoformat()}
        return Kind.DEFER, (*findings, _beyond(findings, Kind.DEFER, "search.expires", instants))
    return Kind.DEFER, findings


def _warnings(rules: Sequence[Bound], view: View, at: datetime) -> tuple[str, ...]:
    """Factors that do not block, each once; what the evidence of place does not agree on comes first."""
    warning = [one for one in rules if one.warns]
    place = view.facts.borrower.place_warnings
    return (
        (*place, *sorted({text for one in warning for text in one.rule.warns(view, at, one.policy.zones)}))
        if warning
        else place
    )


def _astray(policies: Sequence[Policy], view: View) -> tuple[Finding, ...]:
    """The finding on a borrower of whom nobody can tell where they are: the local hour cannot be judged then,
    whatever binds.

    It stands back where the hour is no matter: the confirmation of an opt-out, and an hour that the borrower
    consented to."""
    held, proposal = view.facts.borrower.place_held, view.proposal
    if held is None or proposal.time_consent or proposal.content_class == "optout_confirmation":
        return ()
    policy = next((one for one in policies if one.name == HOUSE), policies[0])
    finding = Finding(
        policy=policy.name,
        version=policy.version,
        rule="place",
        kind=Kind.HOLD,
        until=None,
        citation="house policy: nothing is sent where nobody can tell where the borrower is",
        message=held,
    )
    return (finding,)


def bound_rules(policies: Sequence[Policy], view: View) -> tuple[Bound, ...]:
    """The rules of those policies that bind the sender, in an order that does not depend on how they were
    given."""
    return _arranged(_binding(policies, view))[0]


def _binding(policies: Sequence[Policy], view: View) -> tuple[Policy, ...]:
    return _bound(tuple(policies), view.proposal.sender_role, view.facts.borrower.days_past_due)


@lru_cache(maxsize=4096)
def _bound(policies: tuple[Policy, ...], role: str, overdue: int | None) -> tuple[Policy, ...]:
    """Those that bind a sender of this role where a debt is so many days past due."""
    return tuple([policy for policy in policies if policy.binds(sender_role=role, days_past_due=overdue)])


@lru_cache(maxsize=1024)
def _speaking(
    policies: tuple[Policy, ...], types: frozenset[str]
) -> tuple[tuple[Bound, ...], tuple[str, ...]]:
    """Their rules without those that permit everything where only events of these types are known; and the
    names of all."""
    rules, names = _arranged(policies)
    return tuple(one for one in rules if one.speaks_of is None or one.speaks_of & types), names


@lru_cache(maxsize=256)
def _arranged(policies: tuple[Policy, ...]) -> tuple[tuple[Bound, ...], tuple[str, ...]]:
    """The rules of these policies in their one order, and their names."""
    found = [
        Bound(
            policy=policy,
            rule=rule,
            concerns=rule.when.test(),
            timeless=policy.document.effective == rule.effective == Effective(),
            judge=rule.judge if rule.unless == Exemption() else rule.answer,
            basis=rule.zones or policy.zones,
            speaks_of=rule.speaks_of(),
            warns=type(rule).warns is not RuleSpec.warns,
        )
        for policy in policies
        for rule in policy.rules
    ]
    found.sort(key=lambda one: (one.policy.name, one.rule.id))
    return tuple(found), tuple([f"{one.policy.name}/{one.rule.id}" for one in found])


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """When the answer of a rule that permits may change."""

    at: datetime
    bound: Bound
    surely: bool
    """It surely objects then, if nothing happens meanwhile."""


def _unsettled(refused: Sequence[tuple[Bound, Refuse]], changes: Sequence[Change]) -> list[Bound]:
    """The rules whose answer may still change: one that permits without an end need not be asked again."""
    return [bound for bound, _ in refused] + [change.bound for change in changes]


def ask(policy: Policy, rule: RuleSpec, view: View, at: datetime) -> Answer:
    """One rule's answer; a rule that fails answers with a hold."""
    return _asked(rule.ask, view, at, policy.zones)


def _asked(judge: Callable[[View, datetime, str], Answer], view: View, at: datetime, basis: str) -> Answer:
    try:
        answer = judge(view, at, basis)
    except Exception as error:  # noqa: BLE001 - fail closed: a broken rule must not let a message through
        return Refuse(None, "rule.failed", {"error": type(error).__name__}, Kind.HOLD)
    if isinstance(answer, Permit) and answer.until is not None and answer.until <= at:
        return Refuse(None, "rule.failed", {"error": "its answer lies in the past"}, Kind.HOLD)
    return answer


def _ask_all(
    rules: Sequence[Bound], view: View, at: datetime
) -> tuple[list[tuple[Bound, Refuse]], list[Change]]:
    """Every rule that objects, and of those that permit, until when each surely does."""
    refused: list[tuple[Bound, Refuse]] = []
    changes: list[Change] = []
    for bound in rules:
        if bound.timeless:
            answer = _asked(bound.judge, view, at, bound.basis)
        else:
            answer = _answer(bound, view, at)
        if isinstance(answer, Refuse):
            refused.append((bound, answer))
        elif answer.until is not None:
            changes.append(Change(answer.until, bound, answer.then_refuses))
    return refused, changes


def _answer(bound: Bound, view: View, at: datetime) -> Answer:
    """One rule's answer, as long as its policy is in force."""
    policy = bound.policy
    if bound.timeless:
        return _asked(bound.judge, view, at, bound.basis)
    if _in_force(policy, view, at):
        answer = _asked(bound.rule.answer_in_time, view, at, policy.zones)
        return (
            answer
            if policy.document.effective.until is None
            else ends_with(policy.document.effective, view.zones("all"), answer)
        )
    begins = _comes_into_force(policy, view, at)
    return PERMIT if begins is None else Permit(begins)


def _ends(changes: list[Change], view: View, at: datetime, limit: datetime) -> datetime | None:
    """The first instant at which a rule that permits at `at` does not any more: the rule that may change
    first is asked again there."""
    foreseen = not view.looks_ahead(at)
    while changes:
        first = min(changes, key=_when)
        changes.remove(first)
        if first.at > limit or (first.surely and foreseen and first.bound.timeless):
            return first.at
        answer = _answer(first.bound, view, first.at)
        if isinstance(answer, Refuse):
            return first.at
        if answer.until is not None:
            changes.append(Change(answer.until, first.bound, answer.then_refuses))
    return None


_when = attrgetter("at")


def _in_force(policy: Policy, view: View, at: datetime) -> bool:
    """Whether the policy is in force on the local date, in any candidate zone."""
    effective = policy.document.effective
    if effective.from_ is None and effective.until is None:
        return True
    zones = view.zones("all")
    return any(policy.in_effect_on(at.astimezone(zone).date()) for zone in zones)


def _comes_into_force(policy: Policy, view: View, at: datetime) -> datetime | None:
    first = policy.document.effective.from_
    if first is None:
        return None
    begins = min(start_of_date(first, zone) for zone in view.zones("all"))
    return begins if begins > at else None


def _finding(policy: Policy, rule: RuleSpec, answer: Refuse) -> Finding:
    kind = answer.kind if answer.opens is None else Kind.DEFER
    return Finding(
        policy=policy.name,
        version=policy.version,
        rule=rule.id,
        kind=kind if kind is not Kind.ALLOW else Kind.HOLD,
        until=answer.opens,
        citation=rule.citation,
        message=answer.message,
        values=answer.values,
    )


def _search(
    rules: Sequence[Bound], refused: Sequence[tuple[Bound, Refuse]], view: View, at: datetime, limit: datetime
) -> datetime | None:
    """The fixed point: go to the latest of the objecting rules' instants and ask all again, until none
    objects."""
    instant = at
    for _ in range(MOST_STEPS):
        opens = [answer.opens for _, answer in refused]
        later = [one for one in opens if one is not None]
        if len(later) < len(opens) or max(later) <= instant:
            return None
        instant = max(later)
        if instant > limit:
            return None
        refused, _ = _ask_all(rules, view, instant)
        if not refused:
            return instant
    return None


def _beyond(findings: Sequence[Finding], kind: Kind, message: str, values: dict[str, str]) -> Finding:
    """What is said beside the findings where no permitted instant comes in time: in the name of the rule that
    bars longest."""
    longest = max(findings, key=lambda one: (one.until is None, one.until or _LONG_AGO))
    return replace(longest, kind=kind, until=None, message=message, values=values)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
