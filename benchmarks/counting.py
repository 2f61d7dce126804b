"""A worker process as `benchmarks.instant` that says at its end what its claims brought: `python -m
benchmarks.counting`. What it prints after `ready` is one line of JSON, by `Claims`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from benchmarks import instant
from service.cli.working import run_loop
from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.rounds import Round
from service.worker import pipeline


class Claims(NamedTuple):
    """What the claims of a worker brought."""

    asked: int = 0
    """Claims."""
    empty: int = 0
    """Of these, those that found nothing."""
    claimed: int = 0
    """Deliveries."""
    marked: int = 0
    """Of these, those that were marked in the transaction of their decision."""


class _Counting:
    """Stands between a worker and its claims."""

    def __init__(self) -> None:
        self.seen = Claims()

    async def claim(self, *given: Any, **named: Any) -> Round:
        round_ = await claim_and_decide(*given, **named)
        one = Claims(1, int(not round_.claimed), round_.claimed, len(round_.dialed))
        self.seen = Claims(*(sum(pair) for pair in zip(self.seen, one, strict=True)))
        return round_


async def main() -> None:
    """Work until SIGTERM, then say what was counted."""
    counting = _Counting()
    pipeline.claim_and_decide = counting.claim  # type: ignore[attr-defined]
    await instant.main()
    print(json.dumps(counting.seen), flush=True)


if __name__ == "__main__":
    run_loop(main())
