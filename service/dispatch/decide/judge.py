"""Weighs one delivery: opens what is sealed, freezes the facts, binds the policies and asks them. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from policies.decide import decide
from policies.facts import Event, Facts
from policies.policy import Policy
from policies.quick import quick
from policies.regions import narrowed
from policies.verdict import Verdict
from policies.zones import zone
from service.dispatch.decide.facts import ZoneCache, freeze
from service.dispatch.encrypted import Profile, debt_of, open_debt, open_profile
from service.dispatch.runtime import Runtime
from service.model.notice import Debt
from service.store.database import Row

NOWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is sealed of a notice and of its borrower, opened, with all that follows from it whatever the channel."""

    data_key: bytes = field(repr=False)
    profile: Profile = field(repr=False)
    debt: Debt
    zones: Mapping[str, tuple[str, ...]]
    days_past_due: int
    """On the day of the decision."""
    bound: tuple[Policy, ...]
    """The policies that bind."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A verdict with everything that it was taken on."""

    opened: Opened
    address_digest: bytes
    facts: Facts
    verdict: Verdict


class Forgotten(LookupError):
    """What the notice said is destroyed: the borrower was erased since, and stored again."""


def open_sealed(runtime: Runtime, zones: ZoneCache, row: Row, data_key: bytes, at: datetime) -> Opened:
    """Open a notice for a decision at `at`. `row` holds the columns of a claim, of any of the notice's channels. Raises Forgotten."""
    profile = open_profile(data_key, row["sealed"])
    document = open_debt(data_key, row["notice_sealed"])
    if document is None:
        raise Forgotten
    debt = debt_of(document)
    candidates = zones.zones(row, profile)
    overdue = days_past_due_at(row["days_past_due"], row["accepted_at"], at, candidates)
    bound = runtime.in_force.binding(
        borrower_jurisdiction=narrowed(row["jurisdiction"], profile.postal_code),
        account_jurisdiction=debt.jurisdiction,
        sender_role=row["sender_role"],
        days_past_due=overdue,
        at=at,
    )
    return Opened(
        data_key=data_key, profile=profile, debt=debt, zones=candidates, days_past_due=overdue, bound=bound
    )


def weigh(
    runtime: Runtime, opened: Opened, row: Row, history: Sequence[Event], at: datetime
) -> Weighed | None:
    """The verdict at `at` on the delivery of `row`; None where the borrower has no address on its channel any more.

    `history` is what counts until `at`."""
    address = opened.profile.addresses.get(row["channel"])
    if address is None:
        return None
    digest = runtime.vault.address_digest(address)
    facts = freeze(
        row, opened.profile, opened.zones, history, address_digest=digest, days_past_due=opened.days_past_due
    )
    verdict = decide(opened.bound, facts, at, expires_at=row["expires_at"])
    return Weighed(opened=opened, address_digest=digest, facts=facts, verdict=verdict)


def days_past_due_at(
    stated: int, accepted_at: datetime, at: datetime, zones: Mapping[str, tuple[str, ...]] = NOWHERE
) -> int:
    """Days past due at `at`: what upstream stated, and the dates that began since where the borrower is; in UTC where that is not known.

    The message says this number beside the due date, so that the two must fit on the day on which it leaves."""
    name = next((one for some in zones.values() for one in some), None)
    where = UTC if name is None else zone(name)
    return stated + max(0, (at.astimezone(where).date() - accepted_at.astimezone(where).date()).days)
