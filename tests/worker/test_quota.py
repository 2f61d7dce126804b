"""What a provider takes at a time is divided among the workers that live: fairly, never more than it takes,
also while parts move."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from channels.message import Channel
from service.clock import SystemClock
from service.store.database import Connection
from service.worker import quota
from service.worker.quota import GOOD, LAPSE, LaneQuota, Quotas, part
from tests.worker.test_lanes import Door, accept, looked, to, until, worker

LANE = "sms:first"


def nothing() -> None:
    """Nobody waits for a change."""


def of(api: Any, limit: int) -> tuple[Quotas, LaneQuota]:
    """One more worker."""
    lane = LaneQuota(api.runtime.clock, LANE, limit)
    return Quotas(api.runtime, [lane], nothing), lane


async def sql(api: Any, statement: str, *arguments: Any) -> Any:
    """Do something to the table."""
    async with api.runtime.database.transaction() as connection:
        return await connection.fetchval(statement, *arguments)


async def age(api: Any, by: timedelta) -> None:
    """Let time go by, for the workers and for the store."""
    await sql(
        api,
        "UPDATE worker_shares SET beat_at = beat_at - $1::interval, steady_since = steady_since - "
        "$1::interval",
        by,
    )
    api.clock.move(by)


async def in_turn(rounds: int, *workers: Quotas) -> None:
    """Everybody beats, again and again."""
    for _ in range(rounds):
        for one in workers:
            await one.beat()


@pytest.mark.parametrize(("limit", "workers"), [(64, 1), (64, 3), (10, 4), (2, 3), (1, 5), (7, 7)])
def test_the_parts_are_the_whole_and_differ_by_one_at_the_most(limit, workers):
    """Whoever joined first gets what does not divide."""
    parts = [part(limit, workers, rank) for rank in range(workers)]
    assert limit == sum(parts)
    assert max(parts) - min(parts) <= 1
    assert sorted(parts, reverse=True) == parts


async def test_the_first_worker_has_all_and_the_next_ones_their_parts_once_they_are_free(api):
    """Nobody takes what another one still holds; and what somebody has under way, they hold."""
    (first, one), (second, two) = of(api, 10), of(api, 10)
    assert await first.beat()
    assert (10, 10) == (one.size, one.granted)
    one.sending = 8
    assert not await second.beat()
    assert 0 == two.size
    await in_turn(2, first, second)
    assert (5, 2) == (one.size, two.size)
    one.sending = 5
    await in_turn(1, first, second)
    assert (5, 5) == (one.size, two.size)


async def test_with_more_workers_than_hand_overs_at_a_time_the_last_ones_have_none(api):
    """Fail closed: the limit binds, not a right to one; what they were to send is another's."""
    every = [of(api, 2) for _ in range(3)]
    await in_turn(3, *(one for one, _ in every))
    assert [1, 1, 0] == [lane.size for _, lane in every]
    assert every[2][1].is_none
    await every[0][0].leave()
    await in_turn(2, every[1][0], every[2][0])
    assert [1, 1] == [lane.size for _, lane in every[1:]]


async def test_a_worker_without_a_beat_begins_nothing_and_its_part_goes_to_those_that_beat(api):
    """First it stops by itself, a second later the others take over."""
    (first, one), (second, two) = of(api, 10), of(api, 10)
    await in_turn(3, first, second)
    assert (5, 5) == (one.size, two.size)
    for _ in range(3):
        await age(api, timedelta(seconds=2))
        await second.beat()
    assert (0, 10) == (one.size, two.size)
    assert 1 == await api.count("worker_shares")
    await in_turn(3, first, second)
    assert (5, 5) == (one.size, two.size)


async def test_after_an_outage_of_the_store_nobody_passes_for_dead(api):
    """Everybody was silent: whoever is back first must not take what the others have under way."""
    (first, one), (second, two) = of(api, 10), of(api, 10)
    await in_turn(3, first, second)
    one.sending, two.sending = 5, 5
    await age(api, timedelta(minutes=1))
    await second.beat()
    assert 5 == two.size
    await age(api, timedelta(seconds=1))
    await first.beat()
    assert (5, 5) == (one.size, two.size)


async def test_a_worker_that_is_new_does_not_declare_another_one_dead(api):
    """It has not seen that the store answered all the while; once it has, it may."""
    (gone, _), (fresh, lane) = of(api, 4), of(api, 4)
    await gone.beat()
    await age(api, timedelta(seconds=6))
    await fresh.beat()
    assert 0 == lane.size
    for _ in range(3):
        await age(api, timedelta(seconds=2))
        await fresh.beat()
    assert 4 == lane.size


def test_a_worker_stops_before_its_part_is_given_away():
    """Otherwise two could use it."""
    assert timedelta(seconds=GOOD) < LAPSE


@dataclass
class Book:
    """What the provider sees."""

    limit: int
    under_way: int = 0
    most: int = 0
    peak: int = 0
    begun: dict[int, int] = field(default_factory=dict)

    async def take(self, who: int, dice: random.Random) -> None:
        self.under_way += 1
        self.most, self.peak = max(self.most, self.under_way), max(self.peak, self.under_way)
        self.begun[who] = self.begun.get(who, 0) + 1
        try:
            await asyncio.sleep(dice.uniform(0.005, 0.08))
        finally:
            self.under_way -= 1


async def life(who: int, runtime: Any, book: Book, dice: random.Random, over: Callable[[], bool]) -> None:
    """One worker: it beats, and hands over as much at a time as it may, until its end."""
    lane = LaneQuota(runtime.clock, LANE, book.limit)
    mine = Quotas(runtime, [lane], nothing)
    beating = asyncio.create_task(mine.keep())
    sending: set[asyncio.Task[None]] = set()

    async def send() -> None:
        try:
            await book.take(who, dice)
        finally:
            lane.sending -= 1

    try:
        while not over():
            while lane.sending < lane.size:
                lane.sending += 1
                task = asyncio.create_task(send())
                sending.add(task)
                task.add_done_callback(sending.discard)
            await asyncio.sleep(dice.uniform(0.001, 0.01))
    finally:  # kill -9: nothing is given back, and its connections end with it
        for task in (beating, *sending):
            task.cancel()
        await asyncio.gather(beating, *sending, return_exceptions=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in (1, 2, 3))])
async def test_workers_that_come_and_die_never_have_more_under_way_than_the_limit(api, monkeypatch, seed):
    """Everybody hands over without a pause, at every moment as much as they may; parts move all the time."""
    monkeypatch.setattr(quota, "BEAT", 0.05)
    monkeypatch.setattr(quota, "SHORT_BEAT", 0.02)
    monkeypatch.setattr(quota, "GOOD", 0.4)
    monkeypatch.setattr(quota, "LAPSE", timedelta(seconds=0.6))
    dice, runtime = random.Random(seed), replace(api.runtime, clock=SystemClock())
    book = Book(limit=dice.choice([1, 3, 8, 20]))
    dead: set[int] = set()
    every: list[asyncio.Task[None]] = []
    for who in range(7):
        every.append(asyncio.create_task(life(who, runtime, book, dice, lambda who=who: who in dead)))  # type: ignore[misc]
        await asyncio.sleep(dice.uniform(0.1, 0.5))
        if who % 2:
            dead.add(dice.choice([one for one in range(who + 1) if one not in dead]))
    book.most = 0
    await asyncio.sleep(1.5)
    most, living = book.most, [who for who in range(7) if who not in dead]
    dead |= set(range(7))
    await asyncio.gather(*every)
    assert book.limit == book.peak, "never more, from the first moment to the last"
    assert book.limit == most, "what the dead had was taken over"
    if book.limit >= len(living):
        assert all(book.begun.get(who) for who in living)


async def test_what_a_worker_without_a_part_has_in_hand_goes_to_one_that_has(api, notice):
    """Two workers, one hand-over at a time: the second sends nothing until the first has left."""
    first, second = Door(Channel.SMS), Door(Channel.SMS)
    second.opened.set()
    one_at_a_time = {"concurrency": {"sms": 1}}
    async with worker(api, {"sms": [first]}, **one_at_a_time) as one:
        await accept(api, *(to(notice, number) for number in range(6)))
        assert await until(lambda: len(first.book) == 1)
        async with worker(api, {"sms": [second]}, **one_at_a_time) as other:
            await looked(other)
            assert (1, 0) == (first.most, len(second.book))
            assert 0 == other.in_hand
            first.opened.set()
            assert await until(lambda: len(first.book) == 6)
            assert 0 == len(second.book)
            await sql(
                api, "UPDATE worker_shares SET joined_at = joined_at - interval '1 hour' WHERE held = 0"
            )
            first.opened.clear()
            await accept(api, *(to(notice, 50 + number) for number in range(6)))
            assert await until(lambda: first.sending == 1 == one.in_hand), (
                "what it cannot send any more is given back"
            )
            assert [] == second.book
            first.opened.set()
            assert await until(lambda: len(second.book) == 5)
            assert (7, 1, 1) == (len(first.book), first.most, second.most)


async def test_a_store_that_does_not_answer_leaves_the_part_as_it_was_until_it_is_no_good(api, monkeypatch):
    """The worker tries again, and says so in its log."""
    mine, lane = of(api, 4)
    await mine.beat()
    tries = 0

    async def lock(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        raise OSError

    monkeypatch.setattr(quota.quota, "lock", lock)  # type: ignore[attr-defined]
    keeping = asyncio.create_task(mine.keep())
    assert await until(lambda: tries >= 1)
    assert 4 == lane.size
    api.clock.move(timedelta(seconds=GOOD))
    assert 0 == lane.size
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await mine.leave()
    assert 0 == await api.count("worker_shares")
