"""How a worker works: how much at a time, and how long it waits."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a worker works; see WorkerSettings."""

    batch: int = 200
    loops: int = 3
    lease_seconds: float = 30.0
    poll_seconds: float = 1.0
    send_timeout_seconds: float = 10.0
    drain_seconds: float = 15.0
    concurrency: Mapping[str, int] = field(
        default_factory=lambda: {"sms": 64, "email": 32, "voice": 16, "whatsapp": 64}
    )
    """Hand-overs at a time by channel and adapter, all workers together."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Hand-overs a second by channel, all workers together; a channel without one has no limit of ours."""


LONGEST_MISS = 0.25


def ask_again_in(misses: int) -> float:
    """Seconds until what is due and was not found is asked for again: other workers have it in hand, or have
    just had it. Longer each time and never alike, so that several workers do not ask all the time and at the
    same one."""
    return min(LONGEST_MISS, math.ldexp(0.01, min(misses, 10))) * random.uniform(0.5, 1.0)  # noqa: S311
