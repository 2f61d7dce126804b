"""Which policies bind a message: by the borrower's and the account's jurisdiction, the sender's role, and the date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from policies.policy import Policy

HOUSE = "house-strict"
"""Binds always: law packs are floors, and where the law has no number the house has one."""
DAY = timedelta(days=1)


def binding(
    policies: Iterable[Policy],
    *,
    borrower_jurisdiction: str | None,
    account_jurisdiction: str | None,
    sender_role: str,
    days_past_due: int | None,
    at: datetime,
) -> tuple[Policy, ...]:
    """The law packs that bind, and the strict house policy with them; the house policy alone where none does.

    A pack binds where its jurisdictions cover the borrower's or the account's, also on the day around its effective dates: the
    exact local date is the decision's business."""
    places = [place for place in (borrower_jurisdiction, account_jurisdiction) if place]
    found = [
        policy
        for policy in policies
        if policy.name == HOUSE
        or (
            covers(policy, places)
            and policy.binds(sender_role=sender_role, days_past_due=days_past_due)
            and any(policy.holds_on((at + offset).date()) for offset in (-DAY, timedelta(0), DAY))
        )
    ]
    return tuple(sorted(found, key=lambda policy: policy.name))


def covers(policy: Policy, places: list[str]) -> bool:
    """Whether a policy's jurisdictions cover any of these places; a country covers its subdivisions."""
    match = policy.document.match
    if match.never_auto or match.jurisdictions is None:
        return False
    return any(place == one or place.startswith(f"{one}-") for one in match.jurisdictions for place in places)
