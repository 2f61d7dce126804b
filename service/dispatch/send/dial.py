"""Step 4, dial: right before the hand-over a batched transaction marks attempts as dialing, after looking
again.

Only a committed mark may be followed by bytes. A mark is refused where the lease was lost, the delivery was
cancelled, the verdict is no longer valid, or anything was learned about the borrower since the decision: such
an attempt is released and the delivery decided anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from channels.content.render import NotOnChannel
from channels.message import Channel, Message, SmsContent, WhatsAppContent
from service.dispatch.decide.next_step import RECEIPT_OVERDUE
from service.dispatch.decide.reserved import Composed, Dialed, Reserved
from service.dispatch.number_limits.calls import REASON as TOO_MANY_CALLS
from service.dispatch.number_limits.calls import Divided, too_many_calls
from service.dispatch.number_limits.calls_of_cells import divided_calls
from service.dispatch.number_limits.directory import parts
from service.dispatch.number_limits.hourly import ANY, HOUR, SANDBOX, too_many
from service.dispatch.number_limits.texts_of_cells import texts_elsewhere
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import body_digest, compose
from service.failpoints import reach
from service.log.append import Entry, append, copied
from service.model.delivery import DeliveryState
from service.store import attempts, shared_numbers, tallies
from service.store.attempts import AttemptKey, DeliveryMove, Mark
from service.store.calls import Call
from service.store.database import Connection, Ending
from service.store.hourly_counts import HourlyCount, hourly_counts
from service.store.shared_numbers import SharedText
from service.store.wake import WAKE_WORKERS, wake_workers

log = structlog.get_logger("dial")


async def dial(runtime: Runtime, batch: Sequence[Reserved], *, send_within: float) -> list[Dialed]:
    """Mark what may still be sent; everything else of the batch is given back or held. Returns after the
    commit."""
    at = runtime.clock.now()
    deadline = runtime.clock.monotonic() + send_within
    composed, broken = _compose_all(runtime, batch)
    marks = sorted(map(_mark, composed))  # who holds several attempts takes them in one order
    near_limit = {reserved.key.borrower_id for reserved in batch if reserved.near_limit}
    shared, calls = _shared_texts(runtime, composed), _calls(runtime, composed)
    divided = await divided_calls(runtime, calls, at)
    elsewhere = await texts_elsewhere(runtime, shared, at)
    last = Ending()
    async with runtime.database.planned_once(last) as connection:
        if shared or calls:
            numbers = {text.number for text in shared} | {call.number for call in calls}
            await shared_numbers.lock(connection, numbers)
        waits: dict[AttemptKey, datetime] = {}
        if near_limit or shared:
            waits = await _wait_for_room(runtime, connection, marks, near_limit, shared, elsewhere, at)
        waits |= await _wait_for_a_day(connection, marks, calls, divided, at) if calls else {}
        marks = [mark for mark in marks if mark.key not in waits]
        marked = await attempts.dial(
            connection, marks, at=at, send_within=send_within, look_in=RECEIPT_OVERDUE
        )
        if unmarked := [mark.key for mark in marks if mark.key not in marked]:
            back = await attempts.give_back(connection, unmarked, at=at, reason=CHANGED)
            last.copy(copied(_released(key, CHANGED, at) for key in back))
            last.statements.append(WAKE_WORKERS)
        last.copy(copied(_all_variables(composed, marked, at)))
        if broken:
            await _hold_broken(connection, broken, at)
        if shared:
            await shared_numbers.record(connection, [text for text in shared if text.key in marked], at)
        reach("dial.written")
    reach("dial.committed")
    return [
        Dialed(reserved=reserved, message=message, deadline=deadline)
        for reserved, message in composed
        if reserved.key in marked
    ]


CHANGED = "something changed between the decision and the hand-over"


async def _hold_broken(connection: Connection, broken: Sequence[tuple[Reserved, str]], at: datetime) -> None:
    """What cannot be rendered waits for a person."""
    reasons = {reserved.key: reason for reserved, reason in broken}
    back = await attempts.give_back(connection, list(reasons), at=at, reason="it cannot be rendered")
    moves = [DeliveryMove(key=key, state=DeliveryState.HELD, reason=reasons[key]) for key in back]
    await attempts.move_deliveries(connection, moves, at)
    await append(connection, [_held(key, reasons[key], at) for key in back])
    await tallies.note_held(connection, [key.channel for key in back], at)


def composed_at_once(runtime: Runtime, reserved: Reserved, at: datetime) -> Composed | None:
    """The message of an attempt that may be marked in the transaction of its decision. None where more must
    be looked at first, such as what else its number got, and where it cannot be rendered: `dial` sees to
    those."""
    looked_at = reserved.near_limit or reserved.shares
    if looked_at or reserved.key.channel in {Channel.VOICE, Channel.WHATSAPP}:
        return None
    try:
        message = compose(runtime, reserved, at)
    except Exception:  # noqa: BLE001 - `dial` meets it again, and says so
        return None
    return Composed(message, body_digest(message.content, message.to, reserved.decrypted.data_key))


def _mark(one: tuple[Reserved, Message]) -> Mark:
    reserved, message = one
    digest = body_digest(message.content, message.to, reserved.decrypted.data_key)
    return Mark(reserved.key, digest, reserved.suppressions)


async def _wait_for_room(
    runtime: Runtime,
    connection: Connection,
    marks: Sequence[Mark],
    near_limit: Collection[UUID],
    shared: Sequence[SharedText],
    elsewhere: Mapping[AttemptKey, HourlyCount],
    at: datetime,
) -> dict[AttemptKey, datetime]:
    """Put off what one phone number would get too much of; returns it, and until when.

    The caller is alone with the numbers to the end of the transaction: what is marked here, the next one
    counts."""
    await attempts.lock_in_order(connection, [mark.key for mark in marks])
    waits: dict[AttemptKey, datetime] = {}
    if shared:
        texts = [(text.key, text.words) for text in shared]
        waits |= too_many(
            texts,
            await shared_numbers.hourly_counts(connection, shared, at=at, since=at - HOUR, most=ANY),
            await parts(runtime, connection, (text.number for text in shared)),
            elsewhere,
        )
    alone = [
        (key, body)
        for key, body, _ in marks
        if key.borrower_id in near_limit and key.channel == Channel.SMS and key not in waits
    ]
    if alone:
        waits |= too_many(alone, await hourly_counts(connection, alone, at=at, within=HOUR))
    if waits:
        await put_off(connection, waits, at, TOO_MANY_TEXTS)
    return waits


async def _wait_for_a_day(
    connection: Connection,
    marks: Sequence[Mark],
    calls: Sequence[Call],
    divided: Mapping[bytes, Divided],
    at: datetime,
) -> dict[AttemptKey, datetime]:
    """Put off calls to numbers that were called often enough within a day; returns them, and until when."""
    waits = await too_many_calls(connection, calls, at, divided)
    if waits:
        await attempts.lock_in_order(connection, [mark.key for mark in marks])
        await put_off(connection, waits, at, TOO_MANY_CALLS)
    return waits


def _calls(runtime: Runtime, composed: Sequence[tuple[Reserved, Message]]) -> list[Call]:
    """Of what is about to be handed over, the calls, in the order in which rows are locked."""
    return sorted(
        Call(
            key=reserved.key,
            number=runtime.vault.address_digest(message.to),
            holder=reserved.key.borrower_id if reserved.adapter == SANDBOX else None,
        )
        for reserved, message in composed
        if message.channel is Channel.VOICE
    )


def _shared_texts(runtime: Runtime, composed: Sequence[tuple[Reserved, Message]]) -> list[SharedText]:
    """Of what is about to be handed over, the texts to numbers that others have too; in the sandbox no phone
    network stands behind one."""
    return [
        SharedText(
            key=reserved.key,
            number=runtime.vault.address_digest(message.to),
            words=runtime.vault.text_digest("shared text", f"{message.to}\0{message.content.body}"),
        )
        for reserved, message in composed
        if reserved.shares and reserved.adapter != SANDBOX and isinstance(message.content, SmsContent)
    ]


TOO_MANY_TEXTS = "the phone networks take no more messages to this number within the hour"


async def put_off(
    connection: Connection, waits: Mapping[AttemptKey, datetime], at: datetime, reason: str
) -> None:
    """Release reserved attempts; each delivery waits for the instant that it is given."""
    back = await attempts.give_back(connection, list(waits), at=at, reason=reason)
    moves = [
        DeliveryMove(key=key, state=DeliveryState.DEFERRED, due_at=waits[key], reason=reason) for key in back
    ]
    await attempts.move_deliveries(connection, moves, at)
    await append(connection, [_released(key, reason, at) for key in back])


def _compose_all(
    runtime: Runtime, batch: Sequence[Reserved]
) -> tuple[list[tuple[Reserved, Message]], list[tuple[Reserved, str]]]:
    """Render everything; what cannot be rendered is held for a person with the reason."""
    at = runtime.clock.now()
    composed: list[tuple[Reserved, Message]] = []
    broken: list[tuple[Reserved, str]] = []
    for reserved in batch:
        try:
            composed.append((reserved, compose(runtime, reserved, at)))
        except NotOnChannel as error:
            broken.append((reserved, str(error)))
        except Exception as error:
            log.exception("compose", action="compose.failed", template=reserved.template)
            broken.append(
                (reserved, f"the template {reserved.template} cannot be rendered: {type(error).__name__}")
            )
    return composed, broken


def _all_variables(
    composed: Sequence[tuple[Reserved, Message]], marked: Collection[AttemptKey], at: datetime
) -> list[Entry]:
    return [
        _variables(reserved, message, at)
        for reserved, message in composed
        if reserved.key in marked and isinstance(message.content, WhatsAppContent)
    ]


def _variables(reserved: Reserved, message: Message, at: datetime) -> Entry:
    """What was put into an approved text, whose words lie with the provider: which text it is stands openly,
    what stands at its places under the borrower's key."""
    content = message.content
    assert isinstance(content, WhatsAppContent)  # noqa: S101 - asked before
    return Entry.of_delivery(
        "attempt.variables",
        at,
        "system",
        reserved.key,
        attempt=reserved.key.number,
        public={"approved": content.approved.get(reserved.adapter), "in_session": reserved.in_session},
        detail={"variables": dict(content.variables)},
        data_key=reserved.decrypted.data_key,
    )


def _released(key: AttemptKey, reason: str, at: datetime) -> Entry:
    return Entry.of_attempt("attempt.released", at, "system", key, public={"reason": reason})


def _held(key: AttemptKey, reason: str, at: datetime) -> Entry:
    return Entry.of_attempt("delivery.held", at, "system", key, public={"reason": reason})


async def give_back(runtime: Runtime, keys: Sequence[AttemptKey], *, reason: str) -> None:
    """Release reserved attempts that this process will not send."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        back = await attempts.give_back(connection, keys, at=at, reason=reason)
        if back:
            await append(connection, [_released(key, reason, at) for key in back])
            await wake_workers(connection)
        reach("give_back.written")
    reach("give_back.committed")
