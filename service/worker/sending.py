"""Hands over what is marked, and passes every outcome on to be settled.

What waits for its provider has a task of its own; whoever is answered at once goes on with the next in the
same one, so that as many tasks are made as hand-overs wait, and one more."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence

from channels.outcome import Busy, Outcome, Unknown
from service.clock import Clock
from service.dispatch.decide.reserved import Dialed, Reserved
from service.dispatch.send.settle import Sent
from service.failpoints import reach
from service.worker.gauges import Gauges
from service.worker.hand_over import hand_over
from service.worker.lane import Lane
from service.worker.settling import Settling

CUT = Unknown(code="cancelled", reason="the worker ended while it was handed over")


class Sending:
    """The hand-overs of this process."""

    def __init__(
        self,
        clock: Clock,
        gauges: Gauges,
        settling: Settling,
        *,
        timeout: float,
        ended: Callable[[Reserved], None],
    ) -> None:
        """`timeout`: seconds in which a provider must answer; `ended` hears of every attempt that is out of
        hand."""
        self._clock = clock
        self._gauges = gauges
        self._settling = settling
        self._timeout = timeout
        self._ended = ended
        self._marked: dict[Lane, deque[Dialed]] = {}
        """What no task has begun yet."""
        self._beginning: set[Lane] = set()
        """Lanes with a task that has not run yet."""
        self._tasks: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        """Whether anything is being handed over."""
        return bool(self._tasks)

    def begin(self, lane: Lane, dialed: Sequence[Dialed]) -> None:
        """Begin the hand-overs of what is marked."""
        if not dialed:
            return
        self._gauges.handed_over(
            lane.channel, [(one.reserved.due_at, one.message.created_at) for one in dialed]
        )
        self._settling.expect(len(dialed))
        self._marked.setdefault(lane, deque()).extend(dialed)
        self._go_on(lane)

    def cancel(self) -> None:
        """Cut what has not ended; its outcome is unknown."""
        for task in self._tasks:
            task.cancel()

    def _go_on(self, lane: Lane) -> None:
        """See to it that somebody begins what is left, should whoever runs now have to wait."""
        if lane in self._beginning or not self._marked[lane]:
            return
        self._beginning.add(lane)
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        self._beginning.discard(lane)
        marked = self._marked[lane]
        while marked:
            one = marked.popleft()
            self._go_on(lane)
            await self._send(lane, one)

    async def _send(self, lane: Lane, one: Dialed) -> None:
        """Hand over once. Whatever happens after this point, the outcome is settled."""
        late = self._too_late(one)
        outcome: Outcome = late or CUT
        try:
            if late is None:
                reach("send.begins")
                outcome = await hand_over(lane.adapter, one.message, self._timeout, one.reserved.traceparent)
                reach("send.answered")
        finally:
            lane.quota.sending -= 1
            now = self._clock.now()
            if late is None:
                lane.breaker.note(outcome)
                self._gauges.answered(
                    lane.channel, lane.adapter.name, outcome, now, is_stopped=lane.breaker.is_open
                )
            jitter = random.random()  # noqa: S311
            self._settling.put(Sent(key=one.reserved.key, outcome=outcome, at=now, jitter=jitter))
            self._ended(one.reserved)

    def _too_late(self, one: Dialed) -> Busy | None:
        """Why an attempt may not be handed over any more, though it is marked; None where it may. Nobody else
        hands it over, so nothing was taken."""
        if self._clock.monotonic() > one.deadline - self._timeout:
            return Busy(
                code="late",
                reason="the worker was stopped for too long between the mark and the hand-over",
                account_wide=True,  # no failure of this delivery's
            )
        if self._clock.now() >= one.reserved.until:
            return Busy(code="closed", reason="its time ended between the mark and the hand-over")
        return None
