"""When a worker asks again for what is due.

A lane for which a claim found less than was asked for is left alone until something is new: a notification,
the instant at which the next delivery falls due, or the poll. Otherwise every hand-over that ended would let
every lane be claimed for, and most of these claims would find nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime

from channels.senders import parts_of
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import queue
from service.store.queue import NextDue
from service.worker.lane import Lane, Lanes
from service.worker.pace import Pace, ask_again_in

EARLY = 0.002
"""Seconds by which a timer may come too early: it has the loop's resolution."""
PROBE = 50
"""Deliveries that a claim asks for where the last one found nothing."""
WHOLE_SECONDS = 1.0
"""How often a claim tries for everything that is due, whoever seems to have it in hand: that is a guess."""
FULL_PAUSE = 0.05
"""Seconds until it is asked again where no lane has room; a hand-over that ends comes before, mostly."""


def _now() -> float:
    return asyncio.get_running_loop().time()


class Outlook:
    """What is known of the time to come, by the clock of the loop: it is what waits."""

    def __init__(self, runtime: Runtime, lanes: Lanes, pace: Pace) -> None:
        """Everything is to be asked for."""
        self._runtime = runtime
        self._lanes = lanes
        self._pace = pace
        self._misses = 0
        """Claims, and looks for something to claim, in a row that found nothing."""
        self._whole_at = 0.0
        """When a claim is to try for everything again."""
        self._at: float | None = None
        """When lanes that found nothing are asked for again; None where that is to be found out."""
        self._routes: frozenset[str] = frozenset()
        """For which routes that holds."""
        self.number = 0
        """Of the news: what a claim that began before them did not find may be there."""

    def news(self) -> None:
        """Something may be due that nobody has claimed yet."""
        self._misses = 0
        self.clear()

    def most(self, room: int) -> int:
        """How much to claim where there is so much room. Where something is due and the last claims found
        nothing, other workers have it in hand: a claim that tries for it all the same walks past all that
        they hold, so that little is asked for."""
        return min(room, PROBE) if self._misses and _now() >= self._whole_at else room

    def looks_at_all(self) -> bool:
        """Whether the claim that is about to begin tries for what others seem to have in hand, too."""
        if _now() < self._whole_at:
            return False
        self._whole_at = _now() + WHOLE_SECONDS
        return True

    def clear(self) -> None:
        """Every lane is worth a claim."""
        self.number += 1
        self._at = None
        for lane in self._lanes:
            lane.is_sated = False

    async def look(self) -> None:
        """The same for the lanes on whose route something is due indeed, where the time to look has come."""
        if self._at is None or _now() < self._at - EARLY:
            return
        routes = frozenset(lane.route for lane in self._lanes.with_room())
        number, now = self.number, _now()
        ahead = await self._until_next_due(routes) if routes else 0.0
        if number != self.number:
            return  # all lanes are worth a claim already
        if ahead > 0:
            self._at, self._routes = now + min(ahead, self._pace.poll_seconds), routes
            return
        due = {route for route in routes if len(routes) == 1 or await self._until_next_due([route]) <= 0}
        if number == self.number:
            self.number, self._at = number + 1, None
            for lane in self._lanes:
                lane.is_sated = lane.is_sated and lane.route not in due

    def claimed(self, count: int) -> None:
        """A round of claims brought so many."""
        self._misses = 0 if count else self._misses + 1

    def found(self, lanes: Iterable[Lane], routes: Collection[str], *, is_full: bool, begun: int) -> None:
        """A claim for some lanes, which began with those news, found something on these routes: as much as
        was asked for, or less."""
        for lane in lanes:
            if not is_full:
                lane.is_sated = begun == self.number
            elif lane.route in routes:
                lane.is_sated = False

    async def pause(self) -> float:
        """Seconds to wait for news: until the next delivery that there is room for is due, or until the
        poll."""
        routes = frozenset(lane.route for lane in self._lanes.with_room())
        now = _now()
        if not routes:
            return FULL_PAUSE if self._at is None else max(0.0, min(FULL_PAUSE, self._at - now))
        if self._at is None or not routes <= self._routes:
            number, ahead = self.number, await self._until_next_due(routes)
            if number != self.number:
                return 0.0
            # what is due and was not found is in another worker's hands, or has just been
            ahead = min(ahead, self._pace.poll_seconds) if ahead > 0 else ask_again_in(self._misses)
            self._at, self._routes = now + ahead, routes
        return max(0.0, self._at - now)

    async def _until_next_due(self, routes: Iterable[str]) -> float:
        """Seconds; infinite where nothing waits, or nobody can be asked. What is due and in others' hands is
        looked at again a little later each time, and now and then as if nobody had it."""
        found, profiles = NextDue(None, None), self._runtime.in_force.assigned_senders
        with suppress(Unavailable):
            async with self._runtime.database.planned_once() as connection:
                found = await queue.next_due(connection, [*map(parts_of, sorted(routes))], profiles)
        due, free = self._seconds_to(found.due_at), self._seconds_to(found.free_at)
        if free <= 0 or due > 0 or _now() >= self._whole_at:
            return min(due, free)
        self._misses += 1
        return min(free, ask_again_in(self._misses))

    def _seconds_to(self, at: datetime | None) -> float:
        return math.inf if at is None else (at - self._runtime.clock.now()).total_seconds()
