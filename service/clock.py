"""The only place that reads the clock. Everything else takes the time as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SKEW = timedelta(minutes=5)
"""By how much another's clock may differ from ours: what is dated so far ahead means now."""


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump, for deadlines inside one process."""


class SystemClock:
    """The machine's clock."""

    def __init__(self, error: timedelta = timedelta()) -> None:
        """`error`: how wrong the clock is to be, which only the fault campaign wants."""
        self._error = error

    def now(self) -> datetime:
        """The present instant, aware, in UTC, to the microsecond (what PostgreSQL keeps)."""
        return datetime.now(UTC) + self._error

    def monotonic(self) -> float:
        """Seconds since some fixed point; unaffected by wall-clock changes."""
        return time.monotonic()


class MovableClock:
    """A clock that stands still until it is moved: for tests, rehearsals and simulations."""

    def __init__(self, at: datetime) -> None:
        """Start at `at` (aware)."""
        self._at = at.astimezone(UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        """The instant to which the clock was last moved."""
        return self._at

    def monotonic(self) -> float:
        """Seconds by which the clock was moved so far."""
        return self._seconds

    def move(self, by: timedelta) -> None:
        """Move on by `by`."""
        self._at += by
        self._seconds += by.total_seconds()
