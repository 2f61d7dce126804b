"""What a call says once it is answered: minutes may lie between placing a call and its first word, so it is judged again.

The provider fetches the words by the signed id of the attempt. That proves that the call was placed, whatever became of our
request; and where the answer is "no" by now (an opt-out, the night, a cancelled notice) the call ends without a word. The notice
itself is for the person alone: whoever answers hears who is calling, and a machine a message that anybody may hear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

from channels.content.twiml import NO_MORE, THIS_IS_ME, hang_up_twiml, no_more_calls_twiml
from channels.message import VoiceContent
from channels.receipt import Progress, Receipt
from channels.twilio.receipts import heard
from policies.verdict import Kind
from service.dispatch.decide.facts import ZoneCache, events_of
from service.dispatch.decide.judge import Judged, judge
from service.dispatch.decide.opened import Forgotten, Opened, case_of, open_notice
from service.dispatch.decide.reserved import Reserved, first_communication
from service.dispatch.decide.verdicts import reason_of
from service.dispatch.events.record import NewEvent, Origin, reach_others, record
from service.dispatch.receive.receipts import apply_receipt, take_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import body_digest, compose
from service.failpoints import reach
from service.ids import AttemptId
from service.log.append import Entry, append
from service.model.category import overtaken
from service.model.delivery import AttemptState
from service.store import answers, attempts, borrowers, events
from service.store.answers import Spoken
from service.store.attempts import AttemptKey, Locked
from service.store.database import Connection
from service.store.events import EventRow

LIVE = frozenset(
    {AttemptState.DIALING, AttemptState.ACCEPTED, AttemptState.UNKNOWN, AttemptState.HELD_BY_PROVIDER}
)


class _Judged(NamedTuple):
    """The verdict on a call that was answered, with what speaking needs."""

    opened: Opened
    judged: Judged
    first_communication: bool


class Part(StrEnum):
    """What of a call's content is spoken."""

    OPENING = "opening"
    MESSAGE = "message"
    WORDS = "words"


def part_for(answered_by: str) -> Part:
    """What whoever answered may hear, by the provider's word on who it was."""
    return Part.MESSAGE if answered_by.startswith(("machine", "fax")) else Part.OPENING


def key_of(attempt: AttemptId) -> AttemptKey:
    """Where an attempt lives."""
    notice = attempt.delivery.notice
    return AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)


async def words_of_call(runtime: Runtime, attempt: AttemptId, *, ref: str, part: Part) -> str:
    """The TwiML of one part of an answered call, or a hang-up where it may not speak now. `ref`: the provider's id of the call."""
    key, at = key_of(attempt), runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        locked = (await attempts.lock(connection, [key])).get(key)
        row = await answers.spoken(connection, key)
        if locked is None or row is None or row.data_key is None or row.attempt_state not in LIVE:
            return hang_up_twiml()
        said = heard(ref, by_the_person=True) if part is Part.WORDS else _answered(ref)
        await apply_receipt(runtime, connection, locked, said, at=at, source="provider:twilio")
        judged = await _judge(runtime, connection, row, key, runtime.vault.unwrap(row.data_key), at)
        refusal = _refusal(row, judged, at)
        if refusal is not None or judged is None:
            await append(connection, [_entry(row, "call.hung_up", {"reason": refusal}, at)])
            return hang_up_twiml()
        message = compose(runtime, _reserved(row, judged), at)
        if not isinstance(message.content, VoiceContent):
            return hang_up_twiml()
        spoken = _twiml(message.content, part)
        digest = body_digest(replace(message.content, twiml=spoken), message.to, judged.opened.data_key)
        await append(connection, [_entry(row, "call.spoken", {"body": digest.hex(), "part": part.value}, at)])
        reach("call.written")
    reach("call.committed")
    return spoken


def _twiml(content: VoiceContent, part: Part) -> str:
    match part:
        case Part.OPENING:
            return content.opening
        case Part.MESSAGE:
            return content.message
        case Part.WORDS:
            return content.twiml
        case never:
            assert_never(never)


async def _judge(
    runtime: Runtime, connection: Connection, row: Spoken, key: AttemptKey, data_key: bytes, at: datetime
) -> _Judged | None:
    """The verdict now, as if this call had not been placed yet: it must not stand in its own way. None where the notice can be read
    no more, or the borrower has no number."""
    stored, contacts = await events.facts(connection, [key.borrower_id], at - runtime.in_force.lookback(at))
    own = (key.notice_no, key.channel, key.number)
    others = [one for one in contacts if (one.notice_no, one.channel, one.number) != own]
    history = events_of(stored, others, at).get(key.borrower_id, [])
    try:
        opened = open_notice(ZoneCache(1), row, data_key)
    except Forgotten:
        return None
    case = case_of(runtime, opened.subject, row.channel, history)
    return None if case is None else _Judged(opened, judge(case, at), first_communication(history))


def _refusal(row: Spoken, judged: _Judged | None, at: datetime) -> str | None:
    if row.cancelled_at is not None:
        return "cancelled by the upstream system"
    if row.overtaken_by is not None:
        return overtaken(row.overtaken_by)
    if row.expires_at <= at:
        return "expired"
    if judged is None:
        return "the borrower has no voice address any more"
    verdict = judged.judged.verdict
    return None if verdict.kind is Kind.ALLOW else reason_of(verdict)


def _answered(ref: str) -> Receipt:
    return Receipt(
        provider="twilio",
        ref=ref,
        progress=Progress.ACCEPTED,
        outcome=None,
        code=None,
        reason="answered",
        digest=f"spoken:{ref}"[:64],
    )


def _reserved(row: Spoken, judged: _Judged) -> Reserved:
    return Reserved(
        key=attempts.key_of(row),
        token=0,
        opened=judged.opened,
        days_past_due=judged.judged.facts.borrower.days_past_due or 0,
        language=row.language,
        template=row.template,
        template_version=row.template_version,
        sender_role=row.sender_role,
        category=row.category,
        first_communication=judged.first_communication,
        valid_until=judged.judged.verdict.valid_until,
        expires_at=row.expires_at,
        due_at=row.due_at or row.dialed_at or row.accepted_at,
        priority=row.priority,
        adapter=row.adapter or "",
    )


def _entry(row: Spoken, kind: str, public: Mapping[str, str | None], at: datetime) -> Entry:
    return Entry(
        kind=kind,
        at=at,
        actor="provider:twilio",
        borrower=row.borrower_id,
        notice_no=row.notice_no,
        channel=row.channel,
        attempt=row.number,
        public=public,
    )


async def take_digits(runtime: Runtime, attempt: AttemptId, digits: str, *, ref: str) -> str:
    """What was pressed: 1 says that the person listens and asks for the words, 9 opts this number out of calls, for all debts. No key
    at all comes from the end of the message. Returns the TwiML that answers."""
    if digits == THIS_IS_ME:
        return await words_of_call(runtime, attempt, ref=ref, part=Part.WORDS)
    if digits == NO_MORE:
        return await _end_calls(runtime, attempt)
    if not digits:
        await take_receipt(runtime, attempt, heard(ref, by_the_person=False), source="provider:twilio")
    return hang_up_twiml()


async def _end_calls(runtime: Runtime, attempt: AttemptId) -> str:
    key, at = key_of(attempt), runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        row = (await attempts.lock(connection, [key])).get(key)
        if row is None:
            return hang_up_twiml()
        profile = (await borrowers.profiles(connection, [key.borrower_id]))[key.borrower_id]
        found = _pressed_no_more(runtime, row, f"keypad_{attempt}"[:128], at, profile.data_key)
        recorded = await record(connection, [found], at=at)
    await reach_others(runtime, recorded)
    return no_more_calls_twiml(profile.language)


def _pressed_no_more(
    runtime: Runtime, row: Locked, event_id: str, at: datetime, data_key: bytes | None
) -> NewEvent:
    event = EventRow(
        borrower_id=row.borrower_id,
        event_id=event_id,
        at=at,
        learned_at=at,
        type="opt_out",
        channel=row.channel,
        outcome=None,
        document={"scope": "address", "address": row.address_digest.hex(), "via": "keypad"},
        sealed=None,
    )
    return NewEvent(
        row=event,
        actor="borrower",
        data_key=None if data_key is None else runtime.vault.unwrap(data_key),
        origin=Origin(digest=row.address_digest, channel=row.channel),
        notice_no=row.notice_no,
        attempt=row.number,
        public={"via": "keypad"},
    )
