"""Which policies bind: by place, role, lateness and date; the strict house policy always."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.binding import HOUSE, binding
from policies.policy import Policy
from tests.policies.asking import AT, policy

RULE = {"kind": "retain", "days": 10}


def named(name: str, **header: Any) -> Policy:
    """A policy of that name."""
    return policy(RULE, name=name, **header)


HOUSE_POLICY = named(HOUSE)
US = named("us", match={"jurisdictions": ["US"]})
NY = named("ny", match={"jurisdictions": ["US-NY"]})
COLLECTORS = named("collectors", match={"jurisdictions": ["US"]}, binds={"sender_roles": ["third_party"]})
LATE = named("late", match={"jurisdictions": ["US"]}, binds={"days_past_due_over": 10})
SOON = named("soon", match={"jurisdictions": ["US"]}, effective={"from": "2026-07-15", "until": "2026-08-01"})
NAMED_ONLY = named("named-only", match={"jurisdictions": ["US"], "never_auto": True})
NOWHERE = named("nowhere")
ALL = (NOWHERE, NAMED_ONLY, SOON, LATE, COLLECTORS, NY, US, HOUSE_POLICY)


def bound(
    borrower: str | None, account: str | None = None, role: str = "original_creditor", overdue: int | None = 5, at: datetime = AT
) -> list[str]:
    """Names of what binds."""
    found = binding(ALL, borrower_jurisdiction=borrower, account_jurisdiction=account, sender_role=role, days_past_due=overdue, at=at)
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (["house-strict"], {"borrower": None}),
        (["house-strict"], {"borrower": "FR"}),
        (["house-strict", "soon", "us"], {"borrower": "US"}),
        (["house-strict", "soon", "us"], {"borrower": "US-CA"}),
        (["house-strict", "ny", "soon", "us"], {"borrower": "US-NY"}),
        (["house-strict", "ny", "soon", "us"], {"borrower": "US-NY-NYC"}),
        (["house-strict", "ny", "soon", "us"], {"borrower": "FR", "account": "US-NY"}),
        (["house-strict", "soon", "us"], {"borrower": "US", "account": "USA"}),
        (["collectors", "house-strict", "soon", "us"], {"borrower": "US", "role": "third_party"}),
        (["house-strict", "late", "soon", "us"], {"borrower": "US", "overdue": 11}),
        (["house-strict", "late", "soon", "us"], {"borrower": "US", "overdue": None}),
        (["house-strict", "us"], {"borrower": "US", "at": datetime(2026, 7, 13, 23, tzinfo=UTC)}),
        (["house-strict", "soon", "us"], {"borrower": "US", "at": datetime(2026, 8, 1, 23, tzinfo=UTC)}),
        (["house-strict", "us"], {"borrower": "US", "at": datetime(2026, 8, 2, 0, tzinfo=UTC)}),
    ],
)
def test_policies_bind_by_place_role_lateness_and_date(expected: list[str], given: dict[str, Any]) -> None:
    """A country covers its subdivisions, the account's place counts as the borrower's; on the day around its dates the decision says."""
    assert expected == bound(**given)
