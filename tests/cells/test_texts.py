"""A number that borrowers of several cells have gets no more texts within an hour than one alone, whatever
went to it before they shared it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.number_limits.hourly import ALIKE
from service.dispatch.runtime import Runtime
from service.dispatch.send import dial
from tests.cells.conftest import TwoCells

NUMBER = "+12025550101"


@pytest.fixture(autouse=True)
def no_other_bound(two: TwoCells, monkeypatch: pytest.MonkeyPatch) -> None:
    """No policy's cap: what holds here holds beside every policy."""
    in_force = two.home.in_force
    hours = {"house-8-21": in_force.shipped_policies["house-8-21"]}
    monkeypatch.setattr(in_force, "shipped_policies", hours)
    monkeypatch.setattr(in_force, "names", tuple(hours))


async def wanted(two: TwoCells, cell: Runtime, notice: Mapping[str, Any], count: int) -> None:
    """So many notices in the same words, to that cell's borrower with the number."""
    name = two.name_in(cell)
    borrower = {**notice["borrower"], "id": name, "addresses": {"sms": NUMBER}}
    for number in range(count):
        await two.bench.accept({**notice, "borrower": borrower}, reference=f"{name}.{number}")


async def sent(two: TwoCells) -> int:
    """How many texts go now."""
    return len([one for one in await two.bench.work() if one.to == NUMBER])


async def test_texts_before_a_number_was_shared_count_for_whoever_shares_it(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """One cell sent all that may go within the hour: another sends none before it is over."""
    await wanted(two, two.home, plain, ALIKE)
    assert ALIKE == await sent(two)
    await wanted(two, two.other, plain, 5)
    assert 0 == await sent(two)
    two.bench.api.clock.move(timedelta(hours=1, seconds=1))
    assert 5 == await sent(two)


async def test_what_is_left_of_an_hour_is_the_other_cells(two: TwoCells, plain: dict[str, Any]) -> None:
    """Together never more than the whole, and each no more than its part from then on."""
    await wanted(two, two.home, plain, 10)
    assert 10 == await sent(two)
    await wanted(two, two.other, plain, 10)
    assert ALIKE - 10 == await sent(two)
    await wanted(two, two.home, plain, 1)
    assert 0 == await sent(two)


async def test_a_cell_that_is_away_keeps_no_text_of_another_waiting(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Each keeps to its part, and that suffices."""
    for cell in (two.home, two.other):
        await wanted(two, cell, plain, 1)
    names = {"sms": two.bench.providers["sms"].name}
    round_ = await claim_and_decide(two.home, ZoneCache(), limit=9, adapters=names, lease_seconds=30)
    assert round_.reserved
    with two.away(two.other):
        assert 1 == len(await dial.dial(two.home, round_.reserved, send_within=15.0))
