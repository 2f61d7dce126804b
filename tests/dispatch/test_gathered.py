"""Who comes while a group is under way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from service.dispatch.runtime.gathered import Gathered


async def test_what_comes_meanwhile_goes_together_and_each_gets_its_own() -> None:
    """The first alone, then everybody else at once, in order."""
    groups: list[list[int]] = []
    may_end = asyncio.Event()

    async def act(begin: Callable[[], Sequence[int]]) -> list[str]:
        group = list(begin())
        groups.append(group)
        if len(groups) == 1:
            await may_end.wait()
        return [str(one) for one in group]

    gathered = Gathered(act)
    first = asyncio.create_task(gathered.take([1, 2]))
    while not groups:
        await asyncio.sleep(0)
    others = [asyncio.create_task(gathered.take([number, -number])) for number in (3, 4)]
    await asyncio.sleep(0)
    may_end.set()
    assert ["1", "2"] == await first
    assert [["3", "-3"], ["4", "-4"]] == [await one for one in others]
    assert [[1, 2], [3, -3, 4, -4]] == groups


async def test_a_group_that_fails_fails_for_its_own_alone() -> None:
    """Before it began or after: who comes then finds a fresh one."""
    fails = iter(("before", "after", ""))

    async def act(begin: Callable[[], Sequence[int]]) -> Sequence[int]:
        how = next(fails)
        if how == "before":
            raise OSError(how)
        group = begin()
        if how == "after":
            raise OSError(how)
        return group

    gathered = Gathered(act)
    for how in ("before", "after"):
        with pytest.raises(OSError, match=how):
            await gathered.take([1])
    assert [2] == await gathered.take([2])


async def test_who_goes_away_does_not_take_the_others_along() -> None:
    """A request that is given up leaves the group as it is."""
    may_end = asyncio.Event()

    async def act(begin: Callable[[], Sequence[int]]) -> Sequence[int]:
        group = begin()
        await may_end.wait()
        return group

    gathered = Gathered(act)
    one, two = (asyncio.create_task(gathered.take([number])) for number in (1, 2))
    await asyncio.sleep(0)
    one.cancel()
    may_end.set()
    assert [2] == await two


async def test_a_group_that_takes_long_holds_the_next_up_no_longer_than_its_patience() -> None:
    """And no more are under way than may be."""
    may_end, begun = asyncio.Event(), list[int]()

    async def act(begin: Callable[[], Sequence[int]]) -> Sequence[int]:
        group = begin()
        begun.extend(group)
        await may_end.wait()
        return group

    gathered = Gathered(act, patience=0.01, at_once=2)
    some = []
    for number in (1, 2):
        some.append(asyncio.create_task(gathered.take([number])))
        while number not in begun:
            await asyncio.sleep(0.001)
    some += [asyncio.create_task(gathered.take([number])) for number in (3, 4)]
    await asyncio.sleep(0.05)
    assert [1, 2] == begun
    may_end.set()
    assert [[1], [2], [3], [4]] == await asyncio.gather(*some)
    assert [1, 2, 3, 4] == begun
