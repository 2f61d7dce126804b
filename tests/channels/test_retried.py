"""Trying again inside one attempt: only a connection that was refused, and only for a part of the time."""

from __future__ import annotations

import asyncio

import pytest

from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.retried import REFUSED, SHARE, retried

NOT_THERE = Busy(code=REFUSED, reason="not there")


async def test_a_refused_connection_is_tried_again_until_the_provider_is_there():
    """No byte of the message left, so nobody can get it twice; each try is told how much time is left."""
    answers: list[Outcome] = [NOT_THERE, NOT_THERE, Accepted(ref="1")]
    left: list[float] = []

    async def hand_over(seconds: float) -> Outcome:
        left.append(seconds)
        return answers.pop(0)

    assert Accepted(ref="1") == await retried(hand_over, 60.0)
    assert sorted(left, reverse=True) == left
    assert 3 == len(left)
    assert left[0] <= 60.0


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(ref="1"),
        Busy(code="429", reason="later"),
        Unknown(code="timeout", reason="?"),
        Rejected(cause=RefusalCause.OURS, code="1", reason="no"),
    ],
)
async def test_nothing_else_is_ever_tried_again(outcome):
    """Whatever the provider said, or may have heard, ends the attempt."""
    calls = 0

    async def hand_over(_: float) -> Outcome:
        nonlocal calls
        calls += 1
        return outcome

    assert outcome == await retried(hand_over, 60.0)
    assert 1 == calls


async def test_a_provider_that_is_not_there_gets_its_share_of_the_time_and_no_more():
    """The last answer stands; the attempt's own time-out is not used up."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def hand_over(_: float) -> Outcome:
        return NOT_THERE

    assert NOT_THERE == await retried(hand_over, 1.0)
    assert SHARE <= loop.time() - began < 60.0
