"""Trying again inside one attempt: only where the provider certainly took nothing, and only for a part of the
attempt's time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_delay, wait_random_exponential

from channels.outcome import Busy, Outcome

SHARE = 0.3
"""The share of an attempt's time in which a refused connection is tried again."""
REFUSED = "refused"
"""The code of a connection that was refused: no byte of the message left."""


async def retried(hand_over: Callable[[float], Awaitable[Outcome]], timeout: float) -> Outcome:
    """Call `hand_over` with the seconds that are left; again while its connection is refused, within a share
    of `timeout`."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    first = await hand_over(timeout)
    if not _was_refused(first):
        return first  # what almost every hand-over is: nothing is set up for a retry that is not to be
    spent = [first]

    async def once() -> Outcome:
        return spent.pop() if spent else await hand_over(max(0.05, begun + timeout - loop.time()))

    retrying = AsyncRetrying(
        retry=retry_if_result(_was_refused),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        stop=stop_after_delay(max(0.0, begun + timeout * SHARE - loop.time())),
        retry_error_callback=_last,
    )
    outcome: Outcome = await retrying(once)
    return outcome


def _was_refused(outcome: Any) -> bool:
    return isinstance(outcome, Busy) and outcome.code == REFUSED


def _last(state: RetryCallState) -> Any:
    assert state.outcome is not None  # noqa: S101 - tenacity sets it before it stops
    return state.outcome.result()
