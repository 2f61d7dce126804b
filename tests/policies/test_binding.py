"""Which policies bind: by place, role, lateness and date; the strict house policy always."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from policies.binding import HOUSE, binding
from policies.policy import Policy, parse_policy
from tests.policies.asking import AT, policy

SHIPPED = tuple(
    parse_policy(file.read_text(encoding="utf-8"))
    for file in sorted(files("policies.packs").iterdir(), key=str)
    if file.name.endswith(".yaml")
)
RULE = {"kind": "designation"}


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
    borrower: str | None,
    account: str | None = None,
    role: str = "original_creditor",
    overdue: int | None = 5,
    at: datetime = AT,
) -> list[str]:
    """Names of what binds."""
    found = binding(
        ALL,
        borrower_jurisdiction=borrower,
        account_jurisdiction=account,
        sender_role=role,
        days_past_due=overdue,
        at=at,
    )
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


@pytest.mark.parametrize(
    ("place", "role", "overdue", "packs"),
    [
        ("US-MA", "third_party", 22, ["us-ma-940cmr7", "us-reg-f", "us-tcpa"]),
        ("US-MA", "original_creditor", 22, ["us-ma-940cmr7", "us-tcpa"]),
        ("US-NY", "debt_buyer", 22, ["us-ny-23nycrr1", "us-reg-f", "us-tcpa"]),
        ("US-NY-NYC", "third_party", 22, ["us-ny-23nycrr1", "us-nyc-5-77", "us-reg-f", "us-tcpa"]),
        ("US-NY-NYC", "original_creditor", 22, ["us-nyc-5-77", "us-tcpa"]),
        ("US-DC", "original_creditor", 30, ["us-tcpa"]),
        ("US-DC", "original_creditor", 31, ["us-dc-28-3814", "us-tcpa"]),
        ("US-FL", "original_creditor", 1, ["us-fl-fccpa", "us-tcpa"]),
        ("US-WA", "original_creditor", 1, ["us-tcpa"]),
        ("US-WA", "debt_buyer", 1, ["us-reg-f", "us-tcpa", "us-wa-19.16.250"]),
        ("US-CA", "original_creditor", 1, ["us-ca-1788.17", "us-tcpa"]),
        ("US-WV", "third_party", 1, ["us-reg-f", "us-tcpa", "us-wv-46a-2-125"]),
        ("US-TX", "third_party", 1, ["us-reg-f", "us-tcpa"]),
    ],
)
def test_which_packs_of_the_united_states_bind(place: str, role: str, overdue: int, packs: list[str]) -> None:
    """The federal rules and the state's, as the sender is bound; the same where it is the account that lies there."""
    at = datetime(2026, 11, 24, 17, tzinfo=UTC)
    for borrower, account in ((place, None), (None, place), ("US", place)):
        found = binding(
            SHIPPED,
            borrower_jurisdiction=borrower,
            account_jurisdiction=account,
            sender_role=role,
            days_past_due=overdue,
            at=at,
        )
        assert [HOUSE, *packs] == [one.name for one in found]


def test_new_york_citys_rules_begin_with_september_2026() -> None:
    """6 RCNY 5-77 as amended: on the eve it is asked about, and the decision says that it does not bind yet."""
    for day, bound_ in ((30, False), (31, True)):
        at = datetime(2026, 8, day, 12, tzinfo=UTC)
        found = binding(
            SHIPPED,
            borrower_jurisdiction="US-NY-NYC",
            account_jurisdiction=None,
            sender_role="third_party",
            days_past_due=5,
            at=at,
        )
        assert bound_ is ("us-nyc-5-77" in [one.name for one in found])
