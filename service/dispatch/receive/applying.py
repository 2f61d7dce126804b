"""What a receipt does: applied by the state table in any order, once, with what it adds to the facts.

A receipt can change what counted (not connected, wrong number) and can add events (opt-out, dead address).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

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
from service.dispatch.events.record import NOTHING, Recorded
from service.dispatch.runtime import Runtime
from service.log.append import Entry, append, copied
from service.model.delivery import CLOSED, IN_FLIGHT, AttemptState, DeliveryState
from service.model.transition import DELIVERY_OF, SURPRISING, Step, on_receipt
from service.store import attempts, notices, receipts
from service.store.attempts import AttemptKey, AttemptMove, DeliveryMove, Locked
from service.store.database import Connection, Ending
from service.store.events import EventRow
from service.store.notices import DeliveryRow
from service.store.receipts import ReceiptRow
from service.store.wake import WAKE_WORKERS, wake_workers
from service.tracing import Span


@dataclass(frozen=True, slots=True)
class ReceiptEffect:
    """What a receipt did: `advanced`, `repeated`, `conflict` or `unknown-attempt`."""

    effect: str
    state: str | None = None
    reason: str | None = None
    """What the receipt says in its own words."""
    recorded: Recorded = NOTHING
    """What it added to the facts: to be passed to `reach_others` after the commit."""


class Said(NamedTuple):
    """A receipt with the row of its attempt, which is held."""

    row: Locked
    receipt: Receipt
    source: str


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What receipts write."""

    moves: list[AttemptMove] = field(default_factory=list)
    deliveries: list[DeliveryMove] = field(default_factory=list)
    followers: list[DeliveryRow] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    learned: list[tuple[int, Said, list[EventRow]]] = field(default_factory=list)
    """What was said about addresses, beside its receipt and that one's place."""

    @property
    def wakes(self) -> bool:
        """Whether anything is due, now or at another time."""
        return bool(self.followers) or any(move.due_at is not None for move in self.deliveries)


async def apply_receipt(
    runtime: Runtime, connection: Connection, row: Locked, receipt: Receipt, *, at: datetime, source: str
) -> ReceiptEffect:
    """Apply a receipt inside a transaction that holds the borrower's and the attempt's row (reconciliation
    learns by look-ups)."""
    (effect,) = await apply_all(runtime, connection, [Said(row, receipt, source)], at, None)
    return effect


async def apply_all(
    runtime: Runtime, connection: Connection, said: Sequence[Said], at: datetime, last: Ending | None
) -> list[ReceiptEffect]:
    """Apply receipts, one of an attempt at the most, each in a span of its own. What can be written with the
    COMMIT is left to `last`, where there is one."""
    with ExitStack() as stack:
        spans = [stack.enter_context(_span(one)) for one in said]
        effects = await _write_all(runtime, connection, said, at, last)
        for span, one, effect in zip(spans, said, effects, strict=True):
            if span is not None:
                outcome = one.receipt.outcome or Progress(one.receipt.progress).value
                span.put({tracing.ADAPTER: one.row.adapter or "", tracing.EFFECT: effect.effect})
                span.put({tracing.OUTCOME: outcome})
        return effects


def _span(said: Said) -> AbstractContextManager[Span | None]:
    links = said.row.traceparent, said.row.notice_traceparent
    return tracing.linked("receipt", links, attributes={tracing.CHANNEL: said.row.channel})


async def _write_all(
    runtime: Runtime, connection: Connection, said: Sequence[Said], at: datetime, last: Ending | None
) -> list[ReceiptEffect]:
    new = await receipts.keep(connection, [_kept(one) for one in said], at)
    ledger, effects = _Ledger(), list[ReceiptEffect]()
    for place, one in enumerate(said):
        if attempts.key_of(one.row) in new:
            effects.append(await _note(connection, ledger, place, one, at))
        else:
            effects.append(ReceiptEffect("repeated", one.row.state, one.receipt.reason))
    await attempts.move(connection, ledger.moves)
    await attempts.move_deliveries(connection, ledger.deliveries, at)
    if ledger.followers:
        await notices.insert_deliveries(connection, ledger.followers)
    await _end(connection, ledger, None if ledger.learned else last)
    for place, one, events in ledger.learned:
        recorded = await learn(runtime, connection, one.row, events, at=at, source=one.source)
        effects[place] = replace(effects[place], recorded=recorded)
    return effects


async def _end(connection: Connection, ledger: _Ledger, last: Ending | None) -> None:
    """Add the entries and wake the workers: with the COMMIT, or now, where more is written after it."""
    if last is None:
        await append(connection, ledger.entries)
        if ledger.wakes:
            await wake_workers(connection)
        return
    last.copy(copied(ledger.entries))
    if ledger.wakes:
        last.statements.append(WAKE_WORKERS)


def _kept(said: Said) -> ReceiptRow:
    receipt = said.receipt
    return ReceiptRow(
        key=attempts.key_of(said.row),
        digest=receipt.digest,
        progress=receipt.progress,
        outcome=receipt.outcome,
        code=receipt.code,
        effect=_step(said.row, receipt).effect,
        rang=receipt.rang,
        outcome_if_rang=receipt.outcome_if_rang,
    )


async def _note(
    connection: Connection, ledger: _Ledger, place: int, said: Said, at: datetime
) -> ReceiptEffect:
    """What a receipt that is new does."""
    row, receipt = said.row, said.receipt
    step = _step(row, receipt)
    if receipt.rang or receipt.outcome_if_rang:
        receipt, step = await _with_ringing(connection, row, receipt, step)
    _move(ledger, row, receipt, step, at)
    # What was delivered reached the address: a later word that there is none (a forwarder's) speaks of
    # another.
    dead = receipt.address_dead and step.state is not AttemptState.DELIVERED and not _of_another(row, receipt)
    ledger.entries.append(_entry(row, receipt, step, at, said.source))
    if found := learned(row, receipt, at, dead=dead):
        ledger.learned.append((place, said, found))
    return ReceiptEffect(step.effect, step.state, receipt.reason)


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


def _move(ledger: _Ledger, row: Locked, receipt: Receipt, step: Step, at: datetime) -> None:
    before = AttemptState(row.state)
    if step.state is before and (step.effect != "repeated" or receipt.outcome in {None, row.outcome}):
        return
    key = attempts.key_of(row)
    ledger.moves.append(_attempt_move(row, key, receipt, step, at))
    if step.state is before and not (receipt.rang and row.delivery_state == DeliveryState.DEFERRED):
        return
    move = _delivery_move(row, key, receipt, step.state, at)
    if move is None:
        return
    ledger.deliveries.append(move)
    follower = next_step(row, move.state, at, receipt.outcome)
    if follower is not None:
        ledger.followers.append(follower)


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
