"""A lane: one adapter of one channel, with what waits for it, its breaker and its rate. A slow lane holds up
no other.

What is more urgent overtakes what waits already, and creditors take turns. A channel with several adapters
has a lane for each, in order: the first whose breaker lets it is taken, so that a provider that is away is
followed by the next."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from channels.adapter import Adapter
from channels.senders import route_of, sender_of
from service.dispatch.decide.reserved import Reserved
from service.worker.breaker import Breaker
from service.worker.pacer import Pacer
from service.worker.quota import LaneQuota

AHEAD = 2.0
"""Seconds of a provider's rate that one worker holds in hand: what is reserved early waits long, and keeps
others from it."""
AT_ONCE = 100
"""Hand-overs at a time from which on a claim is worth while that brings no more than are handed over at once:
what is claimed beyond them would be marked in a transaction of its own."""


class Lane:
    """What one process hands over through one adapter."""

    def __init__(
        self, adapter: Adapter, *, breaker: Breaker, pacer: Pacer, quota: LaneQuota, batch: int
    ) -> None:
        """`quota`: hand-overs at a time; `batch`: deliveries claimed at a time."""
        self.adapter = adapter
        self.channel = str(adapter.channel)
        self.route = route_of(self.channel, sender_of(adapter.name))
        """What is claimed for it: its channel, of the creditors whose account the adapter is."""
        self.breaker = breaker
        self.pacer = pacer
        self.quota = quota
        self.in_hand = 0
        """Attempts that are reserved, dialing or being handed over."""
        self.claiming = 0
        """Of what may be handed over at a time, what a claim that goes on may bring."""
        self.is_sated = False
        """The last claim for it brought less than was asked for: that it has more room changes nothing, and
        it is left alone until something is new (`service/worker/outlook.py`)."""
        self.changed = asyncio.Event()
        """Something arrived, or a hand-over ended."""
        self._batch = batch
        self._bound = (
            2 * batch if pacer.per_second is None else min(2 * batch, math.ceil(pacer.per_second * AHEAD))
        )
        self._waiting: list[tuple[int, int, int, Reserved]] = []
        """By priority, turn and arrival."""
        self._order = count()
        self._turns: dict[str, int] = {}
        """The last turn that each creditor's attempts were given."""
        self._turn = 0
        """The turn that is being dialed."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be sent now, so that what waits is given back: the provider is away, or other
        workers have all of it."""
        return self.breaker.is_open or self.quota.is_none

    @property
    def room(self) -> int:
        """How many more deliveries may be claimed for it now: nothing where that would be less than half of
        what it can hold."""
        if self.breaker.is_open or not self.quota.size:
            return 0
        if self.breaker.is_trying:
            return 0 if self.in_hand else 1
        room, most = min(self._batch, self._bound - self.in_hand), min(self._batch, self._bound)
        if self.takes_a_batch:
            room, most = min(room, self.free), min(most, self.quota.size)
        return room if 2 * room >= most else 0

    @property
    def takes_a_batch(self) -> bool:
        """Whether the provider takes so much at a time from this process that nothing need wait for it here:
        no more is claimed than is handed over the moment that it is decided, without a mark of its own."""
        return self.pacer.per_second is None and self.quota.size >= min(AT_ONCE, self._batch / 2)

    @property
    def is_wide(self) -> bool:
        """Whether there is so much room that it may be claimed for together with other lanes."""
        return 2 * self.room >= self._batch or (self.takes_a_batch and self.room > 0)

    @property
    def is_full(self) -> bool:
        """Whether only what is urgent may be claimed for it, and no claim goes on that brings it anyway."""
        if self.is_closed or self.breaker.is_trying or self.claiming:
            return False
        return self.room == 0 and self.quota.size > 0

    @property
    def ready(self) -> int:
        """How many attempts may be dialed now: a slice of the rate, one at a time after a pause of the
        breaker."""
        free = max(0, self.quota.size - self.quota.sending)
        if self.breaker.is_trying:
            free = 0 if self.quota.sending else min(1, free)
        slice_ = self.pacer.most
        return min(len(self._waiting), free if slice_ is None else min(free, slice_))

    @property
    def free(self) -> int:
        """How many attempts may be handed over the moment that they are decided: none where a rate is kept,
        where others wait already, and while the provider is away or being tried."""
        if (
            self.pacer.per_second is not None
            or self._waiting
            or self.breaker.is_open
            or self.breaker.is_trying
        ):
            return 0
        return max(0, self.quota.size - self.quota.sending)

    def put(self, reserved: Reserved) -> None:
        """Add an attempt that was reserved for this lane, one turn after its creditor's last: hundreds of one
        creditor's reminders let those of another pass in between."""
        self.in_hand += 1
        creditor = reserved.decrypted.debt.creditor
        turn = self._turns[creditor] = max(self._turn, self._turns.get(creditor, 0)) + 1
        heapq.heappush(self._waiting, (reserved.priority, turn, next(self._order), reserved))
        self.changed.set()

    async def take(self) -> tuple[list[Reserved], bool]:
        """Wait until something is to be done with what waits. Either as much as may be dialed now, the most
        urgent first, which counts as being sent until it is known not to be; or everything, and True: it is
        to be given back."""
        while not self.ready and not (self._waiting and self.is_closed):
            self.changed.clear()
            await self.changed.wait()
        if self.is_closed:
            return self.take_all(), True
        ready = self.ready
        self.quota.sending += ready
        return [self._next() for _ in range(ready)], False

    def _next(self) -> Reserved:
        _, turn, _, reserved = heapq.heappop(self._waiting)
        self._turn = max(self._turn, turn)
        return reserved

    def take_all(self) -> list[Reserved]:
        """Everything that was not dialed yet."""
        found = [reserved for *_, reserved in sorted(self._waiting)]
        self._waiting.clear()
        return found


class Lanes:
    """The lanes of every channel, in the order in which they are tried."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        """Those of one channel stand in their order."""
        self._lanes = tuple(lanes)
        self._by_name = {(lane.channel, lane.adapter.name): lane for lane in self._lanes}

    def __iter__(self) -> Iterator[Lane]:
        """Every lane."""
        return iter(self._lanes)

    def of(self, reserved: Reserved) -> Lane:
        """The lane for which an attempt was reserved."""
        return self._by_name[reserved.key.channel, reserved.adapter]

    def open(self) -> dict[str, Lane]:
        """By route the first lane that is not stopped, and not busy with the one hand-over that tries it."""
        found: dict[str, Lane] = {}
        for lane in self._lanes:
            if not lane.breaker.is_open and not (lane.breaker.is_trying and lane.in_hand):
                found.setdefault(lane.route, lane)
        return found

    def claims(self) -> list[Sequence[Lane]]:
        """The lanes with room for which more may be due, grouped by what is claimed together: the wide ones
        at once, each narrow one alone."""
        lanes = [lane for lane in self.open().values() if not lane.is_sated and lane.room]
        wide = [lane for lane in lanes if lane.is_wide]
        return [*([wide] if wide else []), *([lane] for lane in lanes if not lane.is_wide)]

    def with_room(self) -> list[Lane]:
        """All lanes with room."""
        return [lane for lane in self.open().values() if lane.room]

    def full(self) -> list[Lane]:
        """The lanes that hold as much as they may: only what is urgent is claimed for them."""
        return [lane for lane in self.open().values() if lane.is_full]
