"""Step 6, receipts: the provider's later word, applied by the state table in any order, once, with what it
adds to the facts.

A receipt can change what counted (not connected, wrong number) and can add events (opt-out, dead address).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from channels.message import Channel
from channels.receipt import Progress, Receipt
from service import tracing
from service.dispatch.decide.next_step import (
    FIRST_LOOK,
    LINE_BUSY,
    PROVIDER_BUSY,
    RECEIPT_OVERDUE,
    next_step,
    next_try,
)
from service.dispatch.events.addresses import address_event, learn
from service.dispatch.events.record import NOTHING, Recorded, reach_others
from service.dispatch.runtime import Runtime
from service.failpoints import reach
from service.ids import AttemptId
from service.log.append import Entry, append
from service.model.delivery import CLOSED, IN_FLIGHT, AttemptState, DeliveryState
from service.model.transition import DELIVERY_OF, SURPRISING, Step, on_receipt
from service.store import attempts, borrowers, notices, receipts
from service.store.attempts import AttemptKey, AttemptMove, DeliveryMove, Locked
from service.store.database import Connection
from service.store.events import EventRow
from service.store.wake import wake_workers


@dataclass(frozen=True, slots=True)
class ReceiptEffect:
    """What a receipt did: `advanced`, `repeated`, `conflict` or `unknown-attempt`."""

    effect: str
    state: str | None = None
    reason: str | None = None
    """What the receipt says in its own words."""
    recorded: Recorded = NOTHING
    """What it added to the facts: to be passed to `reach_others` after the commit."""


Told = Receipt | Callable[[Locked], Receipt]
"""A receipt, or how one follows from the attempt's row: whose mailbox a report speaks of stands there
alone."""


async def take_receipt(runtime: Runtime, attempt: AttemptId, told: Told, *, source: str) -> ReceiptEffect:
    """Apply a verified receipt; returns after the commit, so that the provider may forget it. `source` stands
    in the log."""
    notice = attempt.delivery.notice
    key = AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)
    runtime, at = runtime.of(notice.borrower), runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        row = (await attempts.lock(connection, [key])).get(key)
        if row is None:
            return ReceiptEffect("unknown-attempt")
        receipt = told if isinstance(told, Receipt) else told(row)
        effect = await apply_receipt(runtime, connection, row, receipt, at=at, source=source)
        reach("receipt.written")
    reach("receipt.committed")
    await reach_others(runtime, effect.recorded)
    return effect


async def apply_receipt(
    runtime: Runtime, connection: Connection, row: Locked, receipt: Receipt, *, at: datetime, source: str
) -> ReceiptEffect:
    """Apply a receipt inside a transaction that holds the borrower's and the attempt's row (reconciliation
    learns by look-ups)."""
    links = row.traceparent, row.notice_traceparent
    with tracing.linked("receipt", links, attributes={tracing.CHANNEL: row.channel}) as span:
        effect = await _apply(runtime, connection, row, receipt, at, source)
        if span is not None:
            outcome = receipt.outcome or Progress(receipt.progress).value
            span.put({tracing.ADAPTER: row.adapter or "", tracing.EFFECT: effect.effect})
            span.put({tracing.OUTCOME: outcome})
        return effect


async def _apply(
    runtime: Runtime, connection: Connection, row: Locked, receipt: Receipt, at: datetime, source: str
) -> ReceiptEffect:
    key = attempts.key_of(row)
    step = _step(row, receipt)
    fresh = await receipts.keep_receipt(
        connection,
        key,
        digest=receipt.digest,
        at=at,
        progress=receipt.progress,
        outcome=receipt.outcome,
        code=receipt.code,
        effect=step.effect,
        rang=receipt.rang,
        outcome_if_rang=receipt.outcome_if_rang,
    )
    if not fresh:
        return ReceiptEffect("repeated", row.state, receipt.reason)
    if receipt.rang or receipt.outcome_if_rang:
        receipt, step = await _with_ringing(connection, row, receipt, step)
    await _move(connection, row, receipt, step, at)
    # What was delivered reached the address: a later word that there is none (a forwarder's) speaks of
    # another.
    dead = receipt.address_dead and step.state is not AttemptState.DELIVERED and not _of_another(row, receipt)
    await append(connection, [_entry(row, receipt, step, at, source)])
    found = learned(row, receipt, at, dead=dead)
    if not found:
        return ReceiptEffect(step.effect, step.state, receipt.reason)
    recorded = await learn(runtime, connection, row, found, at=at, source=source)
    return ReceiptEffect(step.effect, step.state, receipt.reason, recorded)


def _step(row: Locked, receipt: Receipt) -> Step:
    """The table's answer; another message's id on our attempt is a conflict whatever it says."""
    state = AttemptState(row.state)
    if _of_another(row, receipt):
        return Step(state, "conflict")
    step = on_receipt(state, receipt.progress, named=row.provider_ref is not None)
    if state in SURPRISING and step.state in IN_FLIGHT and row.number < row.delivery_attempts:
        return Step(
            AttemptState.UNDELIVERED, "conflict"
        )  # a newer attempt is under way: this one counts, and settles nothing
    return step


async def _with_ringing(
    connection: Connection, row: Locked, receipt: Receipt, step: Step
) -> tuple[Receipt, Step]:
    """The receipt as it reads with what else the provider said of the attempt. Whether the phone rang and how
    the call ended are two words that come in any order, and only together do they say whether it reached
    somebody."""
    ended = await receipts.ended_ringing(connection, attempts.key_of(row))
    if ended is None or _of_another(row, receipt):
        return receipt, step
    receipt = replace(receipt, progress=Progress.UNDELIVERED, outcome=ended, again=False)
    return receipt, _step(row, receipt)


def _of_another(row: Locked, receipt: Receipt) -> bool:
    """Whether a receipt carries the id of another message than the attempt's."""
    return row.provider_ref is not None and bool(receipt.ref) and row.provider_ref != receipt.ref


async def _move(connection: Connection, row: Locked, receipt: Receipt, step: Step, at: datetime) -> None:
    before = AttemptState(row.state)
    if step.state is before and (step.effect != "repeated" or receipt.outcome in {None, row.outcome}):
        return
    key = attempts.key_of(row)
    await attempts.move(connection, [_attempt_move(row, key, receipt, step, at)])
    if step.state is before and not (receipt.rang and row.delivery_state == DeliveryState.DEFERRED):
        return
    move = _delivery_move(row, key, receipt, step.state, at)
    if move is None:
        return
    await attempts.move_deliveries(connection, [move], at)
    follower = next_step(row, move.state, at, receipt.outcome)
    if follower is not None:
        await notices.insert_deliveries(connection, [follower])
    if follower is not None or move.due_at is not None:
        await wake_workers(connection)


def _attempt_move(row: Locked, key: AttemptKey, receipt: Receipt, step: Step, at: datetime) -> AttemptMove:
    look_in = {
        AttemptState.ACCEPTED: RECEIPT_OVERDUE,
        AttemptState.HELD_BY_PROVIDER: RECEIPT_OVERDUE,
        AttemptState.UNKNOWN: FIRST_LOOK,  # a receipt that settles nothing must not be the last word either
    }.get(step.state)
    return AttemptMove(
        key=key,
        state=step.state,
        outcome=receipt.outcome or ("in_flight" if row.outcome == "not_sent" else row.outcome),
        settled_at=at,
        provider_ref=receipt.ref or None,
        code=receipt.code,
        reason=receipt.reason or None,
        look_up_at=None if look_in is None else at + look_in,
    )


def _delivery_move(
    row: Locked, key: AttemptKey, receipt: Receipt, state: AttemptState, at: datetime
) -> DeliveryMove | None:
    """Where the delivery goes with its attempt; an older attempt's late word does not move a delivery that
    went on."""
    if row.number < row.delivery_attempts:
        return None
    if row.delivery_state in CLOSED and state is not AttemptState.DELIVERED:
        return None
    if state is AttemptState.UNDELIVERED and (receipt.again or _line_was_busy(row, receipt)):
        return _again(row, key, receipt, at)
    return DeliveryMove(key=key, state=DELIVERY_OF[state], reason=receipt.reason or None)


def _line_was_busy(row: Locked, receipt: Receipt) -> bool:
    return bool(row.channel == Channel.VOICE and receipt.outcome == "busy")


def _again(row: Locked, key: AttemptKey, receipt: Receipt, at: datetime) -> DeliveryMove:
    """Nobody was reached, for a cause that passes: another attempt on schedule, or the end of them."""
    call = row.channel == Channel.VOICE
    due = next_try(
        LINE_BUSY if call else PROVIDER_BUSY,
        failures=row.failures + 1,
        at=at,
        retry_after=None,
        jitter=0.0,
    )
    if _line_was_busy(row, receipt):
        reason = "the line was busy"
    else:
        reason = "the call did not get through" if call else f"the provider sent nothing: {receipt.reason}"
    if due is not None and due < row.expires_at and row.cancelled_at is None:
        return DeliveryMove(key=key, state=DeliveryState.DEFERRED, due_at=due, reason=reason, failed=True)
    return DeliveryMove(key=key, state=DeliveryState.EXHAUSTED, reason=f"{reason} every time", failed=True)


def learned(row: Locked, receipt: Receipt, at: datetime, *, dead: bool) -> list[EventRow]:
    """What the receipt says about the address: an opt-out at the provider, or that it is the borrower's no
    longer."""
    kinds = [("opt_out", receipt.opted_out or receipt.unwanted), ("address_dead", dead)]
    return [
        address_event(row, kind, name=f"receipt_{receipt.digest}", code=receipt.code, at=at)
        for kind, holds in kinds
        if holds
    ]


def _entry(row: Locked, receipt: Receipt, step: Step, at: datetime, source: str) -> Entry:
    return Entry.of_attempt(
        "receipt",
        at,
        source,
        row,
        public={
            "code": receipt.code,
            "effect": step.effect,
            "outcome": receipt.outcome,
            "progress": Progress(receipt.progress).value,
            "reason": receipt.reason,
            "ref": receipt.ref,
            "state": step.state.value,
        },
    )
