"""A circuit breaker for each adapter: where every send would meet the same answer, sending through it stops
for a while.

Open, nothing is claimed for it and what was reserved is given back: the channel's next adapter takes it, or
it waits as `due`, at no cost. After the pause one hand-over at a time is tried; its success closes the
breaker, its failure opens it again for longer."""

from __future__ import annotations

from datetime import timedelta

from channels.outcome import Busy, Outcome, RefusalCause, Rejected, Unknown
from service.clock import Clock

PAUSES = (timedelta(seconds=5), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))
FAILURES = 5
"""Hand-overs in a row that no provider answered; a word about the whole account opens at once."""


class Breaker:
    """The state of one adapter's provider, in one process."""

    def __init__(self, clock: Clock) -> None:
        """Closed at first."""
        self._clock = clock
        self._failures = 0
        self._openings = 0
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing may be sent now."""
        return self._until is not None and self._clock.monotonic() < self._until

    @property
    def is_trying(self) -> bool:
        """Whether the pause is over and the next hand-over decides."""
        return self._until is not None and self._clock.monotonic() >= self._until

    def note(self, outcome: Outcome) -> None:
        """Learn from the outcome of a hand-over."""
        match outcome:
            case Busy(account_wide=True, retry_after=asked):
                self._open(asked)
            case Rejected(cause=RefusalCause.ACCOUNT):
                self._open()
            case Unknown():
                self._failures += 1
                if self._failures >= FAILURES or self.is_trying:
                    self._open()
            case _:
                self._failures = self._openings = 0
                self._until = None

    def _open(self, asked: timedelta | None = None) -> None:
        """Stop for the next pause, or for as long as the provider asked for where that is longer."""
        if self.is_open:
            return
        pause = max(PAUSES[min(self._openings, len(PAUSES) - 1)], asked or timedelta())
        self._openings += 1
        self._failures = 0
        self._until = self._clock.monotonic() + pause.total_seconds()
