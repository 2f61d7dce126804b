"""Which policies bind a message: by every place that evidence points to, the sender's role, and the date;
each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from policies.places.codes import canonical, covers
from policies.places.whereabouts import Whereabouts
from policies.policy import Policy, with_rules

HOUSE = "house-strict"
"""Binds always: law packs are floors, and where the law has no number the house has one."""
UNKNOWN = "house-unknown"
"""Binds where nothing at all is known of the borrower's place."""
CEILINGS = frozenset(
    {"cap", "channel_exclusivity", "clock_window", "cool_off", "dial_cap", "fatigue", "min_gap"}
)
"""Kinds of rules that say when, and how often: the hours and caps of a part bind where the part is not
known."""
DAY = timedelta(days=1)


class BoundBy(NamedTuple):
    """Why a policy binds: which of its places, by which evidence; neither where nothing is known of the
    borrower's place."""

    policy: Policy
    place: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """The policies that bind, by name, and why those do that do not bind everywhere."""

    policies: tuple[Policy, ...]
    bound_by: tuple[BoundBy, ...] = ()


def binding(
    policies: Iterable[Policy],
    where: Whereabouts,
    *,
    sender_role: str,
    days_past_due: int | None,
    at: datetime,
) -> Binding:
    """The law packs that bind, the policies without a place, and the strict house policy with them.

    A pack binds where its jurisdictions cover a place that evidence points to, also on the day around its
    effective dates: the exact local date is the decision's business. Of a country (or a state) of which no
    part is known, the hours and caps of every part bind too, with `country` as their evidence. Where nothing
    is known at all, `house-unknown` binds."""
    found: list[Policy] = []
    reasons: list[BoundBy] = []
    for policy in policies:
        if policy.name == HOUSE:
            found.append(policy)
            continue
        bound = _bound(policy, where)
        if (
            bound is not None
            and policy.binds(sender_role=sender_role, days_past_due=days_past_due)
            and _is_near(policy, at)
        ):
            found.append(bound[0])
            reasons += bound[1]
    return Binding(
        policies=tuple(sorted(found, key=lambda policy: policy.name)),
        bound_by=tuple(
            sorted(reasons, key=lambda one: (one.policy.name, _ORDER.index(one.evidence), one.place or ""))
        ),
    )


_ORDER = ("stated", "postal_code", "country", "account", "phone", None)


def _is_near(policy: Policy, at: datetime) -> bool:
    return any(policy.in_effect_on((at + offset).date()) for offset in (-DAY, timedelta(0), DAY))


def _bound(policy: Policy, where: Whereabouts) -> tuple[Policy, list[BoundBy]] | None:
    """A policy, or the hours and caps of it, with the reasons why it binds; None where it does not."""
    if policy.name == UNKNOWN:
        return None if where.pointers else (policy, [BoundBy(policy)])
    match = policy.document.match
    if match.never_auto:
        return None
    if match.jurisdictions is None:
        return policy, []
    places = _places(policy)
    reasons = [
        BoundBy(policy, place, pointer.source)
        for place in places
        for pointer in where.pointers
        if covers(place, pointer.place)
    ]
    if reasons:
        return policy, list(dict.fromkeys(reasons))
    return _of_a_part(policy, [one for one in places if any(covers(place, one) for place in where.unsure)])


@lru_cache(maxsize=1024)
def _places(policy: Policy) -> tuple[str, ...]:
    """The places that a policy names, each in its one spelling."""
    return tuple(canonical(one) for one in policy.document.match.jurisdictions or ())


def _of_a_part(policy: Policy, places: list[str]) -> tuple[Policy, list[BoundBy]] | None:
    limits = ceilings(policy) if places else None
    if limits is None:
        return None
    return limits, [BoundBy(limits, place, "country") for place in places]


@lru_cache(maxsize=1024)
def ceilings(policy: Policy) -> Policy | None:
    """A policy with none but its hours and caps; None where it has neither."""
    return with_rules(policy, CEILINGS)
