"""The worker: claims and decides, dials, sends with bounded concurrency, settles; drains on request.

Nothing is held while a provider answers, neither transaction nor connection. Every stage works in batches,
every stage is bounded: a worker claims no more than it can hand over soon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from channels.adapter import Adapter
from service.dispatch.decide.claim import AtOnce, claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.reserved import Dialed, Reserved
from service.dispatch.decide.rounds import Round
from service.dispatch.number_limits.hourly import Spread
from service.dispatch.runtime import Runtime
from service.dispatch.send.dial import composed_at_once, dial, give_back
from service.dispatch.send.settle import Sent
from service.errors import Unavailable
from service.model.category import PRIORITIES
from service.store import queue
from service.store.tallies import Tally
from service.worker.breaker import Breaker
from service.worker.gauges import Gauges
from service.worker.lane import Lane, Lanes
from service.worker.outlook import Outlook
from service.worker.pace import Pace
from service.worker.pacer import Pacer
from service.worker.quota import LaneQuota, Quotas
from service.worker.sending import Sending
from service.worker.settling import LONGEST_PAUSE, Settling

log = structlog.get_logger("worker")


class Pipeline:
    """One process's worker. `run` works until `stop` is set and everything in hand is settled or given
    back."""

    def __init__(
        self, runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], pace: Pace, gauges: Gauges
    ) -> None:
        """`adapters` by channel, in the order in which they are tried."""
        self._runtime = runtime
        self.check: Callable[[], None] = lambda: None
        """Raises Unavailable while nothing may be sent here."""
        self._pace = pace
        self._gauges = gauges
        self._zones = ZoneCache()
        self._spread = Spread()
        self._lanes = Lanes(
            self._lane(channel, adapter) for channel, some in adapters.items() for adapter in some
        )
        self._quotas = Quotas(runtime, (lane.quota for lane in self._lanes), self._quota_changed)
        self._settling = Settling(runtime, self._settled)
        self._sending = Sending(
            runtime.clock,
            gauges,
            self._settling,
            timeout=pace.send_timeout_seconds,
            ended=self._count_down,
        )
        self._marking: set[asyncio.Task[None]] = set()
        self._tokens: dict[int, int] = {}
        self._due = asyncio.Event()
        self._more = asyncio.Event()
        self._outlook = Outlook(runtime, self._lanes, pace)
        self._stopping = asyncio.Event()

    def _lane(self, channel: str, adapter: Adapter) -> Lane:
        name = f"{channel}:{adapter.name}"
        return Lane(
            adapter,
            breaker=Breaker(self._runtime.clock),
            pacer=Pacer(self._runtime, name, self._pace.rates.get(channel)),
            quota=LaneQuota(self._runtime.clock, name, self._pace.concurrency.get(channel, 16)),
            batch=self._pace.batch,
        )

    def _quota_changed(self) -> None:
        for lane in self._lanes:
            lane.changed.set()
        self.wake()

    def wake(self) -> None:
        """Something may be due now."""
        self._outlook.news()
        self._due.set()

    def stop(self) -> None:
        """Claim no more; finish what was handed over."""
        self._stopping.set()
        self._due.set()
        self._more.set()

    @property
    def in_hand(self) -> int:
        """Attempts that are reserved, dialing or unsettled in this process."""
        return sum(self._tokens.values())

    async def run(self) -> None:
        """Work until stopped, then drain within the bound of the pace."""
        settlers = [asyncio.create_task(self._settling.run()) for _ in range(2)]
        loops = (self._claim_loop, self._urgent_loop, *[self._help_loop] * (self._pace.loops - 1))
        stages = [asyncio.create_task(loop()) for loop in loops]
        dialers = [asyncio.create_task(self._dial_loop(lane)) for lane in self._lanes]
        hearts = [asyncio.create_task(self._heartbeat()), asyncio.create_task(self._quotas.keep())]
        try:
            await self._stopping.wait()
            await asyncio.gather(*stages)
            await self._drain(dialers)
        finally:
            tasks = (*stages, *dialers, *hearts, *settlers)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._quotas.leave()

    # claim and decide

    async def _claim_loop(self) -> None:
        """Claim as long as there is as much as is asked for, then wait for work: where nothing is due only
        this loop asks."""
        while not self._stopping.is_set():
            self._due.clear()
            if await self._claim_all():
                self._more.set()
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), await self._outlook.pause())
            await self._outlook.look()

    async def _help_loop(self) -> None:
        """Claim beside the others while there is more than one claim takes."""
        while not self._stopping.is_set():
            self._more.clear()
            await self._more.wait()
            while not self._stopping.is_set() and await self._claim_all():
                pass

    async def _claim_all(self) -> bool:
        """One claim for the lanes with room for which more may be due, or several; whether all that was asked
        for was there."""
        wanted = claimed = 0
        for lanes in self._lanes.claims():
            # asked again: another loop may have claimed meanwhile
            room = self._outlook.most(min(lane.room for lane in lanes))
            if room > 0:
                wanted += room
                claimed += await self._claim(lanes, room)
        if wanted:
            self._outlook.claimed(claimed)
        return claimed >= max(1, wanted)

    async def _urgent_loop(self) -> None:
        """What is urgent does not wait until a lane full of reminders has room again: it is claimed all the
        same, and overtakes."""
        while not self._stopping.is_set():
            await self._pause(URGENT_PAUSE)
            for lane in self._lanes.full():
                await self._claim([lane], URGENT_ROOM, URGENT)

    async def _claim(self, lanes: Sequence[Lane], room: int, priorities: Sequence[int] = PRIORITIES) -> int:
        begun = self._outlook.number
        try:
            round_ = await self._decide(lanes, room, priorities)
        except Unavailable as error:
            log.warning("claim", action="claim.unavailable", detail=error.detail)
            await self._pause(1.0)
            return 0
        except Exception:
            log.exception("claim", action="claim.failed")
            await self._pause(1.0)
            return 0
        self._gauges.decided(round_.verdicts)
        self._gauges.tallied(round_.causes)
        for reserved in round_.reserved:
            self._take(reserved).put(reserved)
        if priorities is PRIORITIES:
            self._outlook.found(lanes, round_.routes, is_full=round_.claimed >= room, begun=begun)
        for lane in lanes:
            mine = _through(lane, round_.dialed)
            for one in mine:
                self._take(one.reserved).in_hand += 1
            self._sending.begin(lane, mine)
        return round_.claimed

    def _take(self, reserved: Reserved) -> Lane:
        """Count an attempt as in hand; its lane."""
        self._tokens[reserved.token] = self._tokens.get(reserved.token, 0) + 1
        return self._lanes.of(reserved)

    async def _decide(self, lanes: Sequence[Lane], room: int, priorities: Sequence[int]) -> Round:
        """One round. What may be handed over at once counts as being sent until it is known how many there
        are."""
        self.check()
        free = {lane.route: min(room, lane.free) for lane in lanes}
        for lane in lanes:
            lane.quota.sending += free[lane.route]
            lane.claiming += free[lane.route]
        dialed: Sequence[Dialed] = ()
        try:
            round_ = await claim_and_decide(
                self._runtime,
                self._zones,
                limit=room,
                adapters={lane.route: lane.adapter.name for lane in lanes},
                lease_seconds=self._pace.lease_seconds,
                priorities=priorities,
                whole=priorities is not PRIORITIES or self._outlook.looks_at_all(),
                spread=self._spread,
                at_once=AtOnce(room=free, compose=composed_at_once, send_within=self._send_within),
            )
            dialed = round_.dialed
        finally:
            for lane in lanes:
                lane.quota.sending -= free[lane.route] - len(_through(lane, dialed))
                lane.claiming -= free[lane.route]
                lane.changed.set()
        return round_

    @property
    def _send_within(self) -> float:
        return self._pace.send_timeout_seconds + SEND_MARGIN

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # dial and send

    async def _dial_loop(self, lane: Lane) -> None:
        while True:
            batch, back = await lane.take()
            # Never cut in the middle: a mark whose commit nobody saw would leave an attempt that may have
            # gone.
            marking = asyncio.create_task(
                self._give_back(lane, batch) if back else self._dial_batch(lane, batch)
            )
            self._marking.add(marking)
            marking.add_done_callback(self._marking.discard)
            await asyncio.shield(marking)

    async def _give_back(self, lane: Lane, batch: list[Reserved]) -> None:
        """Return what cannot be sent through this lane now; it is due again, for another lane or another
        worker."""
        away = f"the provider {lane.adapter.name} of {lane.channel} is away"
        reason = away if lane.breaker.is_open else "other workers have all that the provider takes at a time"
        try:
            await give_back(self._runtime, [one.key for one in batch], reason=reason)
        except Exception as error:  # noqa: BLE001 - the lease gives the slots back
            log.warning(
                "give back", action="give_back.failed", error=type(error).__name__, attempts=len(batch)
            )
        self._finished(batch)

    async def _dial_batch(self, lane: Lane, batch: list[Reserved]) -> None:
        try:
            await lane.pacer.wait(len(batch))
            self.check()
            dialed = await dial(self._runtime, batch, send_within=self._send_within)
        except Exception as error:  # noqa: BLE001 - nothing may leave; the lease gives the slots back
            log.warning("dial", action="dial.failed", error=type(error).__name__, attempts=len(batch))
            dialed = []
            await self._pause(0.2)
        marked = {one.reserved.key for one in dialed}
        lane.quota.sending -= len(batch) - len(dialed)
        self._finished([reserved for reserved in batch if reserved.key not in marked])
        self._sending.begin(lane, dialed)

    def _count_down(self, reserved: Reserved) -> None:
        left = self._tokens.get(reserved.token, 0) - 1
        if left > 0:
            self._tokens[reserved.token] = left
        else:
            self._tokens.pop(reserved.token, None)
        lane = self._lanes.of(reserved)
        lane.in_hand -= 1
        lane.changed.set()
        if not lane.is_sated and not self._due.is_set() and lane.room > 0:
            self._due.set()

    def _finished(self, batch: list[Reserved]) -> None:
        for reserved in batch:
            self._count_down(reserved)

    def _settled(self, batch: Sequence[Sent], counted: Mapping[Tally, int]) -> None:
        self._gauges.settled(batch, counted)
        self._gauges.stopped((lane.channel, lane.adapter.name, lane.breaker.is_open) for lane in self._lanes)

    # heartbeat and drain

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self._pace.lease_seconds / 3)
            tokens = list(self._tokens)
            if not tokens:
                continue
            try:
                async with self._runtime.database.transaction() as connection:
                    await queue.extend(connection, tokens, self._pace.lease_seconds)
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                log.warning("heartbeat", action="heartbeat.failed", error=type(error).__name__)

    async def _drain(self, dialers: list[asyncio.Task[None]]) -> None:
        """Give back what was not dialed, wait for what was, cut what takes too long."""
        for task in dialers:
            task.cancel()
        await asyncio.gather(*dialers, *self._marking, return_exceptions=True)
        waiting = [reserved for lane in self._lanes for reserved in lane.take_all()]
        if waiting:
            with suppress(Exception):
                await give_back(
                    self._runtime, [reserved.key for reserved in waiting], reason="the worker is stopping"
                )
            self._finished(waiting)
        deadline = asyncio.get_running_loop().time() + self._pace.drain_seconds
        while (self._sending or self._settling.left) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        self._sending.cancel()
        await asyncio.sleep(0)
        while self._settling.left and asyncio.get_running_loop().time() < deadline + LONGEST_PAUSE:
            await asyncio.sleep(0.02)


URGENT = PRIORITIES[:3]
"""What a person waits for, or what protects one: fraud alerts, confirmations, answers to hardship, service
messages."""
URGENT_ROOM = 50
"""How much of it is claimed at a time for a lane that is full otherwise."""
URGENT_PAUSE = 0.25
SEND_MARGIN = 5.0
"""Seconds between the longest hand-over and the instant at which a sweep may call it lapsed."""


def _through(lane: Lane, dialed: Sequence[Dialed]) -> list[Dialed]:
    """Those that go through a lane's adapter."""
    mine = (lane.channel, lane.adapter.name)
    return [one for one in dialed if (one.reserved.key.channel, one.reserved.adapter) == mine]
