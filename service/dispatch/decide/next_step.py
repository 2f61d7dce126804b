"""What follows a failure or a silence: the next try, the next channel of a cascade, the next look at the
provider. Pure.

Waiting is not failing: deferrals by policy do not use up retries. A retry is a new attempt and meets every
policy again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from policies.facts import SPOKEN
from service.model.category import category_of
from service.model.delivery import DeliveryState
from service.model.place import DeliveryPlace
from service.store.notices import DeliveryRow

MINUTE = timedelta(minutes=1)

PROVIDER_BUSY = (MINUTE / 6, MINUTE / 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 120 * MINUTE, 360 * MINUTE)
"""The provider took nothing (refused connection, 429, a mail server's 4xx): soon, then ever later."""

LINE_BUSY = (30 * MINUTE, 120 * MINUTE)
"""The borrower's line was busy: the phone did not ring, so two more tries are no pressure."""

JITTER = 0.2
"""A fifth of the pause at the most is added, so that what failed together does not come back together."""

FIRST_LOOK = timedelta(minutes=1)
"""When the provider is first asked about an attempt without outcome."""
RECEIPT_OVERDUE = timedelta(minutes=10)
"""When the provider is asked about an accepted attempt whose receipt does not come."""

FAILED = frozenset(
    {DeliveryState.UNDELIVERED, DeliveryState.REJECTED, DeliveryState.EXHAUSTED, DeliveryState.SUPPRESSED}
)
"""States after which the next channel is due at once. `unknown` and `held` are not: the borrower may have
heard."""

ELSEWHERE = frozenset({"provider", "suppression"})
"""Through what an opt-out came that was said elsewhere: a provider's refusal or receipt told of it, or
somebody with the same address said it."""


def next_channel(channels: Sequence[str], channel: str) -> str | None:
    """The channel after `channel`, or None after the last."""
    position = list(channels).index(channel)
    return channels[position + 1] if position + 1 < len(channels) else None


class Step(DeliveryPlace, Protocol):
    """A delivery with its notice, as any row of the store that holds both."""

    @property
    def channels(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def fan_out(self) -> str: ...  # noqa: D102
    @property
    def wait(self) -> timedelta: ...  # noqa: D102
    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def creditor(self) -> str: ...  # noqa: D102
    @property
    def expires_at(self) -> datetime: ...  # noqa: D102
    @property
    def cancelled_at(self) -> datetime | None: ...  # noqa: D102


def next_step(row: Step, state: str, at: datetime, outcome: str | None) -> DeliveryRow | None:
    """The delivery that follows when the one in `row` (with its notice's columns) reaches `state`.

    An e-mail that the next hop took is waited for from then on: no further word of it is owed (RFC 5321
    §6.1). Nobody's answer is waited for where the notice was cancelled meanwhile: the claim that ends what
    follows may come at once."""
    if row.fan_out == "all":
        return None
    channel = next_channel(row.channels, row.channel)
    if channel is None or outcome in SPOKEN:
        return None
    if state in FAILED or (state == DeliveryState.EXPIRED and at < row.expires_at):
        due_at, waiting = at, DeliveryState.DUE
    elif state == DeliveryState.DELIVERED or (state == DeliveryState.ACCEPTED and row.channel == "email"):
        due_at, waiting = (
            (at + row.wait, DeliveryState.DEFERRED) if row.cancelled_at is None else (at, DeliveryState.DUE)
        )
    else:
        return None
    return DeliveryRow(
        borrower_id=row.borrower_id,
        notice_no=row.notice_no,
        channel=channel,
        state=waiting,
        due_at=due_at,
        first_due_at=due_at,
        priority=category_of(row.category).priority,
        creditor=row.creditor,
        expires_at=row.expires_at,
        updated_at=at,
    )


def next_try(
    schedule: tuple[timedelta, ...],
    *,
    failures: int,
    at: datetime,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime | None:
    """The instant of the next try after `failures` failed ones (this one included), or None when they are
    used up.

    `retry_after` is the provider's own word and wins where it is later; `jitter` lies in [0, 1)."""
    if failures > len(schedule):
        return None
    pause = schedule[failures - 1]
    if retry_after is not None:
        pause = max(pause, retry_after)
    return at + pause * (1 + JITTER * jitter)
