"""A number that borrowers of several cells have is called no more than three times within a day."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.number_limits.calls import MOST_CALLS
from service.dispatch.number_limits.calls_of_cells import part
from service.dispatch.runtime import Runtime
from service.dispatch.send import dial
from tests.cells.conftest import TwoCells

NUMBER = "+12025550101"


async def call(two: TwoCells, cell: Runtime, notice: Mapping[str, Any], first: int, count: int = 1) -> int:
    """Notices by voice to so many borrowers of a cell who have the number; how many calls are placed."""
    await wanted(two, cell, notice, first, count)
    return await placed(two)


async def wanted(two: TwoCells, cell: Runtime, notice: Mapping[str, Any], first: int, count: int = 1) -> None:
    """The notices."""
    vault = two.home.vault
    names = (f"C-{number}" for number in itertools.count())
    its = (one for one in names if two.home.of(vault.borrower_key(one)) is cell)
    for name in itertools.islice(its, first, first + count):
        borrower = {**notice["borrower"], "id": name, "addresses": {"voice": NUMBER}}
        await two.bench.accept({**notice, "borrower": borrower, "reference": name}, "voice")


async def placed(two: TwoCells) -> int:
    """How many calls are placed now."""
    return len([one for one in await two.bench.work() if one.to == NUMBER])


@pytest.mark.parametrize("holders", [[0, 1], [1, 4], [0, 1, 2], [0, 3, 5, 6], list(range(16))], ids=str)
def test_the_parts_of_all_cells_are_the_whole(holders: list[int]) -> None:
    """However many have the number."""
    assert MOST_CALLS == sum(part(holders, cell) for cell in holders)


async def test_calls_before_a_number_was_shared_count_for_whoever_shares_it(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """One cell used up the day: a borrower who comes to another is not called before it is over."""
    assert 3 == await call(two, two.home, plain, 0, 3)
    assert 0 == await call(two, two.other, plain, 0)
    two.bench.api.clock.move(timedelta(hours=24, minutes=1))
    assert 1 == await placed(two)


async def test_each_cell_keeps_to_its_part(two: TwoCells, plain: dict[str, Any]) -> None:
    """Two and one, whoever dials first."""
    assert 1 == await call(two, two.other, plain, 0)
    assert 2 == await call(two, two.home, plain, 0, 3)
    assert 0 == await call(two, two.other, plain, 1, 2)


async def test_a_call_waits_for_a_cell_that_may_have_used_up_the_day(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """An hour at a time, until it can be asked."""
    assert 1 == await call(two, two.home, plain, 0)
    assert 1 == await call(two, two.other, plain, 0)
    await wanted(two, two.home, plain, 1)
    names = {"voice": two.bench.providers["voice"].name}
    round_ = await claim_and_decide(two.home, ZoneCache(), limit=9, adapters=names, lease_seconds=30)
    assert round_.reserved
    with two.away(two.other):
        assert [] == await dial.dial(two.home, round_.reserved, send_within=15.0)
    two.bench.api.clock.move(timedelta(hours=1, minutes=1))
    assert 1 == await placed(two)
