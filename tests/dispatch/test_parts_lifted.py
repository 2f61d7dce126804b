"""What lifts a part (an account, a topic, single dates) of one restriction among very many: no more is open
by what a decision reads than by everything that was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from policies.strictness import Kind
from tests.dispatch.test_standing import RULES, told_row, verdicts

Said = list[tuple[str, dict[str, Any]]]


def others(name: str) -> Said:
    """A dozen of other debts, each lifted."""
    return [
        (type_, {"debt_ids": [f"{name}{number}"]})
        for number in range(12)
        for type_ in ("bankruptcy", "bankruptcy_dismissed")
    ]


async def judged(api: Any, borrower: UUID, said: Said) -> list[Kind]:
    """By all that there is, and by what a decision reads."""
    some = [*others("x"), *said, *others("y")]
    rows = [
        told_row(borrower, number, type_, 90 - number, **told) for number, (type_, told) in enumerate(some)
    ]
    return await verdicts(api, RULES[0], [replace(row, channel=None) for row in rows])


@pytest.mark.parametrize(
    "limited", [{"account_id": "k9"}, {"topic": "t9"}, {"only_dates": ["2026-01-01"]}], ids=str
)
async def test_what_lifts_a_part_takes_no_restriction_of_everything_away(
    api: Any, limited: dict[str, Any]
) -> None:
    """It goes on being looked at; what lifts all of it does take it away."""
    said: Said = [("bankruptcy", {}), ("bankruptcy_dismissed", limited)]
    assert [Kind.SUPPRESS, Kind.SUPPRESS] == await judged(api, UUID(int=5), said)
    said = [("bankruptcy", {}), ("bankruptcy_dismissed", {})]
    assert [Kind.ALLOW, Kind.ALLOW] == await judged(api, UUID(int=6), said)


@pytest.mark.parametrize("name", ["account_id", "topic"])
async def test_of_two_that_name_other_accounts_or_topics_each_stands_until_it_is_lifted(
    api: Any, name: str
) -> None:
    """The later one says not as much as the earlier."""
    taken: Said = [("bankruptcy", {name: "x1"}), ("bankruptcy", {name: "x2"})]
    lifted: Said = [("bankruptcy_dismissed", {name: "x2"})]
    assert [Kind.SUPPRESS, Kind.SUPPRESS] == await judged(api, UUID(int=7), taken + lifted)
    lifted += [("bankruptcy_dismissed", {name: "x1"})]
    assert [Kind.ALLOW, Kind.ALLOW] == await judged(api, UUID(int=8), taken + lifted)
