"""The builder's policies: what the form asks for, with cases that pass on the very policy that it writes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from policies.draft import parse_draft
from service.console.builder import DAYS, built
from service.console.forms import Form
from service.dispatch.governance.policies import _run_cases
from service.errors import InvalidRequest
from service.packs import shipped

HEAD = {"name": "short-days", "title": "Only by day", "because": "house policy"}
TODAY = date(2026, 11, 24)
HOURS = {
    f"{side}_{day}": clock for day, _ in DAYS[:5] for side, clock in (("open", "11:00"), ("close", "13:00"))
}
TIERS: dict[str, Any] = {
    "tier_name_1": "early", "tier_from_1": "1", "tier_to_1": "30", "tier_channels_1": ["sms", "email"],
    "tier_limit_1": "1", "tier_days_1": "7", "tier_name_2": "late", "tier_from_2": "31",
    "tier_channels_2": ["email"],
}  # fmt: skip


def form(*parts: dict[str, Any]) -> Form:
    """A form with these fields."""
    fields = {name: value for part in (HEAD, *parts) for name, value in part.items()}
    return Form({name: value if isinstance(value, list) else [value] for name, value in fields.items()})


@pytest.mark.parametrize(
    ("parts", "rules"),
    [
        ([HOURS], ["hours"]),
        ([HOURS, {"calendar": "ES"}], ["hours"]),
        ([{"cap_limit_1": "2", "cap_days_1": "7"}], ["cap-1"]),
        ([{"cap_limit_1": "1", "cap_days_1": "1", "cap_channel_1": "voice", "cap_per_1": "debt"}], ["cap-1"]),
        ([{"cap_limit_1": "5", "cap_days_1": "30", "cap_limit_2": "1", "cap_days_2": "1"}],
        ["cap-1", "cap-2"]),
        ([TIERS], ["cap-1", "tier-1", "tier-2"]),
        ([HOURS, TIERS, {"cap_limit_1": "2", "cap_days_1": "7", "jurisdictions": "ES, US-MA"}],
         ["hours", "cap-1", "cap-2", "tier-1", "tier-2"]),
    ],
)  # fmt: skip
def test_what_is_built_is_a_policy_whose_cases_pass(parts: list[dict[str, Any]], rules: list[str]) -> None:
    """Each rule is there, has a case, and comes out as the case says."""
    name, text = built(form(*parts), TODAY)
    policy = parse_draft(text)
    assert ("short-days", rules) == (name, [rule.id for rule in policy.rules])
    assert len(policy.document.cases) >= len(rules)
    assert [] == _run_cases(policy, {**shipped(), policy.name: policy})


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({}, "open_mon"),
        ({"name": "Short Days", **HOURS}, "name"),
        ({"open_mon": "9", "close_mon": "17:00"}, "open_mon"),
        ({"open_mon": "17:00", "close_mon": "09:00"}, "close_mon"),
        ({"open_mon": "09:00"}, "close_mon"),
        ({"calendar": "spain", **HOURS}, "calendar"),
        ({"jurisdictions": "Spain", **HOURS}, "jurisdictions"),
        ({"cap_limit_1": "0", "cap_days_1": "7"}, "cap_limit_1"),
        ({"cap_limit_1": "3"}, "cap_days_1"),
        ({"tier_name_1": "early"}, "tier_from_1"),
        ({"tier_name_1": "early", "tier_from_1": "1"}, "tier_channels_1"),
        ({"tier_name_1": "a", "tier_from_1": "9", "tier_to_1": "3", "tier_channels_1": ["sms"]}, "tier_to_1"),
        ({"tier_name_1": "a", "tier_from_1": "1", "tier_channels_1": ["sms"], "tier_limit_1": "1"},
        "tier_days_1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field(part: dict[str, Any], field: str) -> None:
    """One field at a time, the first that does not fit."""
    with pytest.raises(InvalidRequest) as refused:
        built(form(part), TODAY)
    assert [f"/{field}"] == [one.pointer for one in refused.value.field_errors]
