"""`python -m tests.chaos.seeded serve|worker`: the service with one bug in it, named by the variable below.
The checker must find the harm.

Each bug is one that a dispatcher could well have, put into the real one of this process alone; the service
itself has no such switch. Leases are short here, so that the harm comes soon."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from channels.outcome import Accepted
from service import wiring
from service.__main__ import main
from service.dispatch.decide import claim
from service.dispatch.decide.reserved import Dialed
from service.dispatch.reconcile import unknown
from service.dispatch.send.settle import Sent, settle
from service.settings import Settings
from service.store import attempts, decisions, queue
from service.store.attempts import AttemptKey, AttemptMove, DeliveryMove, Mark
from service.store.database import Connection
from service.worker import pipeline
from service.worker.lane import Lane
from service.worker.pace import Pace
from service.worker.sending import Sending

VARIABLE = "CHAOS_BUG"
SLOW = 0.1
"""Seconds between a decision and its being written."""
LOCKED = re.compile(
    r"(FROM borrowers b\s+WHERE b\.borrower_id = d\.borrower_id)\s+FOR NO KEY UPDATE SKIP LOCKED"
)


def claim_without_the_lock() -> None:
    """Two workers may decide about one borrower at the same instant, and take so long over it that they
    do."""
    queue.CLAIM.sql, found = LOCKED.subn(r"\1", queue.CLAIM.sql)
    assert 1 == found
    write = decisions.write_decisions

    async def later(*what: Any, **further: Any) -> None:
        await asyncio.sleep(SLOW)
        await write(*what, **further)

    claim.write_decisions = later  # type: ignore[attr-defined]


def no_dialing_mark() -> None:
    """Bytes leave while the store still says that nothing was sent."""

    async def marked(_: Connection, marks: Sequence[Mark], **__: Any) -> set[AttemptKey]:
        return {mark.key for mark in marks}

    attempts.dial = marked  # type: ignore[assignment]
    pipeline.composed_at_once = lambda *_: None  # type: ignore[attr-defined]


def lapsed_dialing_retried() -> None:
    """A worker that died while it handed over passes for one that had sent nothing."""

    async def give_back(connection: Connection, keys: Sequence[AttemptKey], at: datetime) -> None:
        await attempts.move(
            connection,
            [AttemptMove(key=key, state="released", outcome="not_sent", settled_at=at) for key in keys],
        )
        await attempts.move_deliveries(
            connection, [DeliveryMove(key=key, state="due", due_at=at) for key in keys], at
        )

    unknown._leave_unknown = give_back


def settled_before_the_send() -> None:
    """The store and the log have the outcome before the provider has the message."""
    send = Sending._send

    async def settled(self: Sending, lane: Lane, one: Dialed) -> None:
        await settle(
            self._settling._runtime,
            [Sent(key=one.reserved.key, outcome=Accepted(ref=""), at=self._clock.now())],
        )
        await send(self, lane, one)

    Sending._send = settled  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (claim_without_the_lock, no_dialing_mark, lapsed_dialing_retried, settled_before_the_send)
}


def hurry() -> None:
    """Leases of three seconds."""
    pace_of, pipeline.SEND_MARGIN = wiring.pace_of, 0.5

    def hurried(settings: Settings, cells: int = 1) -> Pace:
        return replace(pace_of(settings, cells), lease_seconds=3.0)

    wiring.pace_of = hurried


if __name__ == "__main__":
    hurry()
    BUGS.get(os.environ.get(VARIABLE, ""), lambda: None)()
    main()
