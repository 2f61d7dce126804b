"""What is kept from coming all at once: many texts to one number, and all that a window held back at the
instant at which it opens.

Phone networks block a number that gets too much: 20 identical messages an hour, or 100 of any kind. A fifth
below that we wait, since two workers may look at the same instant. Whatever a provider may have taken counts,
retries too. These bounds hold beside every policy, no category is free of them, and they hold for the number:
what several borrowers who share it get is counted together (`shared.py`), but for the sandbox, whose numbers
are anybody's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from policies.facts import Event
from service.store.attempts import AttemptKey
from service.store.hourly_counts import HourlyCount

ALIKE, ANY = 16, 80
"""Identical messages, and messages of any kind, that one number may get in one hour."""
HOUR = timedelta(hours=1)
SANDBOX = "sandbox"
"""The adapter with no phone network behind it: its magic numbers, and the few that are reserved for fiction,
are anybody's."""

_WHOLE: Mapping[bytes, int] = MappingProxyType({})
_NOWHERE: Mapping[AttemptKey, HourlyCount] = MappingProxyType({})
OPENINGS = 1000
"""Instants at which windows open that are remembered."""
PER_SECOND = 50
"""How much of what waits for one instant falls due in each second after it, for each worker."""
LONGEST_SPREAD = timedelta(minutes=15)


def is_near_limit(history: Sequence[Event], at: datetime) -> bool:
    """Whether so much went to the borrower within the hour that the bounds must be looked at; cheap, and most
    often no."""
    if len(history) < ALIKE:
        return False
    since = at - HOUR
    recent = [event for event in history if event.at > since]
    return sum(event.type == "contact" and event.direction == "out" for event in recent) >= ALIKE


def too_many(
    marks: Iterable[tuple[AttemptKey, bytes]],
    hourly_counts: Mapping[AttemptKey, HourlyCount],
    parts: Mapping[bytes, int] = _WHOLE,
    elsewhere: Mapping[AttemptKey, HourlyCount] = _NOWHERE,
) -> dict[AttemptKey, datetime]:
    """Of attempts about to be marked, those that must wait, and until when. What is let through counts for
    those after it.

    `parts`: numbers whose bounds several cells divide among themselves, and among how many; `elsewhere`: what
    went to them from the other cells, which counts against the whole."""
    alike: dict[tuple[bytes, bytes], int] = {}
    every: dict[bytes, int] = {}
    found: dict[AttemptKey, datetime] = {}
    for key, body in marks:
        count = hourly_counts.get(key)
        if count is None:
            continue
        same, number = (count.address, body), count.address
        of, more = parts.get(number, 1), (alike.get(same, 0), every.get(number, 0))
        everywhere = count if key not in elsewhere else count.plus(elsewhere[key])
        if _is_used_up(count, more, ALIKE // of, ANY // of) or _is_used_up(everywhere, more, ALIKE, ANY):
            found[key] = everywhere.oldest + HOUR
        else:
            alike[same], every[number] = alike.get(same, 0) + 1, every.get(number, 0) + 1
    return found


def _is_used_up(count: HourlyCount, more: tuple[int, int], alike: int, every: int) -> bool:
    return count.alike + more[0] >= alike or count.every + more[1] >= every


class Spread:
    """Spreads what waits for the same instant over the time after it, so that a window does not open with
    everything at once."""

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._waiting: OrderedDict[datetime, int] = OrderedDict()

    def place(self, until: datetime, expires_at: datetime) -> datetime:
        """When the next delivery that may go at `until` falls due: whole seconds later where many came before
        it, and never past half of what is left before it expires."""
        number = self._waiting.get(until, 0)
        self._waiting[until] = number + 1
        if len(self._waiting) > OPENINGS:
            self._waiting.popitem(last=False)
        later = timedelta(seconds=number // PER_SECOND % int(LONGEST_SPREAD.total_seconds()))
        return until + max(timedelta(), min(later, (expires_at - until) / 2))
