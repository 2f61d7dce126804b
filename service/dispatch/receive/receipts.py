"""Step 6, receipts: the provider's later word. Those that come at the same time share a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from channels.receipt import Receipt
from service.dispatch.events.record import reach_others
from service.dispatch.receive.applying import ReceiptEffect, Said, apply_all
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.gathered import Gathered
from service.errors import ForbearError, Moved
from service.failpoints import reach
from service.ids import AttemptId
from service.store import attempts, borrowers
from service.store.attempts import AttemptKey, Locked
from service.store.database import Ending

Told = Receipt | Callable[[Locked], Receipt]
"""A receipt, or how one follows from the attempt's row: whose mailbox a report speaks of stands there
alone."""


class Incoming(NamedTuple):
    """A receipt on its way in."""

    key: AttemptKey
    told: Told
    source: str


TOGETHER = 100
"""Receipts that share a transaction at the most."""
PATIENCE = 0.1
"""Seconds after which those that gathered wait no longer for a transaction that is under way."""


async def take_receipt(runtime: Runtime, attempt: AttemptId, told: Told, *, source: str) -> ReceiptEffect:
    """Apply a verified receipt; returns after the commit, so that the provider may forget it. `source` stands
    in the log.

    Those that come while a transaction is under way share the next one; each still waits for the commit that
    holds what it did. Raises what went wrong with this one alone."""
    notice = attempt.delivery.notice
    key = AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)
    runtime = runtime.of(notice.borrower)
    (effect,) = await _together(runtime).take([Incoming(key, told, source)])
    if isinstance(effect, Exception):
        raise effect
    await reach_others(runtime, effect.recorded)
    return effect


def _together(runtime: Runtime) -> Gathered[Incoming, ReceiptEffect | Exception]:
    if "receipts" not in runtime.gathered:
        runtime.gathered["receipts"] = Gathered(
            partial(_take_group, runtime), patience=PATIENCE, at_once=max(2, runtime.database.size // 4)
        )
    return runtime.gathered["receipts"]


async def _take_group(
    runtime: Runtime, begin: Callable[[], Sequence[Incoming]]
) -> list[ReceiptEffect | Exception]:
    group = begin()
    found: dict[int, ReceiptEffect | Exception] = {}
    for some in _apart(group):
        found |= zip(some, await _take_all(runtime, [group[place] for place in some]), strict=True)
    return [found[place] for place in range(len(group))]


def _apart(group: Sequence[Incoming]) -> Iterator[Sequence[int]]:
    """The places of receipts that may share a transaction: none holds two of a borrower, since the second is
    read by what the first did."""
    turns: dict[int, list[int]] = {}
    earlier = Counter[UUID]()
    for place, one in enumerate(group):
        turns.setdefault(earlier[one.key.borrower_id], []).append(place)
        earlier[one.key.borrower_id] += 1
    for turn in turns.values():
        for start in range(0, len(turn), TOGETHER):
            yield turn[start : start + TOGETHER]


async def _take_all(runtime: Runtime, group: Sequence[Incoming]) -> Sequence[ReceiptEffect | Exception]:
    """A group in one transaction; where that fails for a reason of its own, one by one, so that nobody's
    error is another's."""
    try:
        return await _store(runtime, group)
    except Exception as error:  # noqa: BLE001 - it is the result of whoever it belongs to
        if len(group) == 1 or (isinstance(error, ForbearError) and not isinstance(error, Moved)):
            return [error] * len(group)
    return [result for one in group for result in await _take_all(runtime, [one])]


async def _store(runtime: Runtime, group: Sequence[Incoming]) -> list[ReceiptEffect]:
    at, last = runtime.clock.now(), Ending()
    async with runtime.database.planned_once(last) as connection:
        await borrowers.lock(connection, [one.key.borrower_id for one in group])
        rows = await attempts.lock(connection, [one.key for one in group])
        known = [
            Said(row, one.told if isinstance(one.told, Receipt) else one.told(row), one.source)
            for one in group
            if (row := rows.get(one.key)) is not None
        ]
        effects = iter(await apply_all(runtime, connection, known, at, last) if known else ())
        reach("receipt.written")
    reach("receipt.committed")
    unknown = ReceiptEffect("unknown-attempt")
    return [next(effects) if one.key in rows else unknown for one in group]
