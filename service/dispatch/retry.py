"""When a delivery is tried again: schedules by channel, in the store between attempts; pure, jitter is passed in.

Waiting is not failing: deferrals by policy do not use up retries. A retry is a new attempt and meets every policy again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)

PROVIDER_BUSY = (MINUTE / 6, MINUTE / 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 120 * MINUTE, 360 * MINUTE)
"""The provider took nothing (refused connection, 429, 4xx of SMTP): soon, then ever later."""

LINE_BUSY = (30 * MINUTE, 120 * MINUTE)
"""The borrower's line was busy: the phone did not ring, so two more tries are no pressure."""

JITTER = 0.2
"""A fifth of the pause at the most is added, so that what failed together does not come back together."""


def next_try(
    schedule: tuple[timedelta, ...],
    *,
    failures: int,
    at: datetime,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime | None:
    """The instant of the next try after `failures` failed ones (this one included), or None when they are used up.

    `retry_after` is the provider's own word and wins where it is later; `jitter` lies in [0, 1)."""
    if failures > len(schedule):
        return None
    pause = schedule[failures - 1]
    if retry_after is not None:
        pause = max(pause, retry_after)
    return at + pause * (1 + JITTER * jitter)
