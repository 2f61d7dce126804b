"""What a call says once it is answered: minutes may lie between placing a call and its first word, so it is
judged again.

The provider fetches the words by the signed id of the attempt. That proves that the call was placed, whatever
became of our request; and where the answer is "no" by now (an opt-out, the night, a cancelled notice) the
call ends without a word. The notice itself is for the person alone: whoever answers hears who is calling, and
a machine a message that anybody may hear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

from channels.callback import Answered, HungUp, Listener, Played, Pressed, Turn
from channels.content.call import KEYS, no_more_calls
from channels.message import VoiceContent
from channels.receipt import Progress, Receipt
from channels.script import SILENT_END, Branch, Script
from policies.verdict import Kind
from service.dispatch.decide.decrypted import Decrypted, Forgotten, case_of, decrypt_notice
from service.dispatch.decide.facts import ZoneCache, events_of
from service.dispatch.decide.judge import Judged, judge
from service.dispatch.decide.reserved import Reserved, first_communication
from service.dispatch.decide.verdicts import reason_of
from service.dispatch.events.record import NewEvent, Origin, reach_others, record
from service.dispatch.receive.applying import apply_receipt
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import compose, digest_of_text
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
from service.store.ranks import Matter

LIVE = frozenset(
    {AttemptState.DIALING, AttemptState.ACCEPTED, AttemptState.UNKNOWN, AttemptState.HELD_BY_PROVIDER}
)


class _Judged(NamedTuple):
    """The verdict on a call that was answered, with what speaking needs."""

    decrypted: Decrypted
    judged: Judged
    first_communication: bool


class Part(StrEnum):
    """What of a call's content is spoken."""

    OPENING = "opening"
    MESSAGE = "message"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call that is under way, as its provider names it."""

    attempt: AttemptId
    provider: str
    ref: str
    """The provider's id of the call."""

    @property
    def source(self) -> str:
        """Who tells of it, in the log."""
        return f"provider:{self.provider}"

    def said(self, progress: Progress, outcome: str | None, reason: str, digest: str) -> Receipt:
        """A receipt of what the call itself shows."""
        return Receipt(
            provider=self.provider,
            ref=self.ref,
            progress=progress,
            outcome=outcome,
            code=None,
            reason=reason,
            digest=f"{digest}:{self.ref}"[:64],
        )


async def take_turn(runtime: Runtime, attempt: AttemptId, turn: Turn, *, provider: str) -> Script:
    """One turn of a call: what happened, and what is said next."""
    runtime = runtime.of(attempt.delivery.notice.borrower)
    call = Called(attempt=attempt, provider=provider, ref=turn.ref)
    match turn:
        case Answered(by=Listener.MACHINE):
            return await words_of_call(runtime, call, Part.MESSAGE)
        case Answered():
            return await words_of_call(runtime, call, Part.OPENING)
        case Pressed(key=key):
            return await _take_key(runtime, call, KEYS.get(key))
        case Played():
            left = call.said(Progress.DELIVERED, "voicemail_left", "voicemail left", "voicemail_left")
            await take_receipt(runtime, attempt, left, source=call.source)
        case HungUp():
            await take_receipt(runtime, attempt, _spoken_with(call), source=call.source)
        case never:
            assert_never(never)
    return SILENT_END


async def _take_key(runtime: Runtime, call: Called, branch: Branch | None) -> Script:
    """What was chosen: the person listens and asks for the notice, or opts this number out of calls, for all
    debts."""
    match branch:
        case Branch.NOTICE:
            return await words_of_call(runtime, call, Part.WORDS)
        case Branch.NO_CALLS:
            return await _end_calls(runtime, call.attempt)
        case None:
            return SILENT_END
        case never:
            assert_never(never)


def _spoken_with(call: Called) -> Receipt:
    """A person was on the line."""
    return call.said(Progress.DELIVERED, "conversation", "conversation", "conversation")


def key_of(attempt: AttemptId) -> AttemptKey:
    """Where an attempt lives."""
    notice = attempt.delivery.notice
    return AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)


async def words_of_call(runtime: Runtime, call: Called, part: Part) -> Script:
    """One part of an answered call, or its silent end where it may not speak now."""
    key, at = key_of(call.attempt), runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        locked = (await attempts.lock(connection, [key])).get(key)
        row = await answers.spoken(connection, key)
        if locked is None or row is None or row.data_key is None or row.attempt_state not in LIVE:
            return SILENT_END
        answered = call.said(Progress.ACCEPTED, None, "answered", "spoken")
        said = _spoken_with(call) if part is Part.WORDS else answered
        await apply_receipt(runtime, connection, locked, said, at=at, source=call.source)
        judged = await _judge(runtime, connection, row, key, runtime.vault.unwrap(row.data_key), at)
        refusal = _refusal(row, judged, at)
        if refusal is not None or judged is None:
            await append(connection, [_entry(row, call, "call.hung_up", {"reason": refusal}, at)])
            return SILENT_END
        message = compose(runtime, _reserved(row, judged), at)
        if not isinstance(message.content, VoiceContent):
            return SILENT_END
        spoken = _script(message.content, part)
        digest = digest_of_text(spoken.canonical(), message.to, judged.decrypted.data_key)
        public = {"body": digest.hex(), "part": part.value}
        await append(connection, [_entry(row, call, "call.spoken", public, at)])
        reach("call.written")
    reach("call.committed")
    return spoken


def _script(content: VoiceContent, part: Part) -> Script:
    match part:
        case Part.OPENING:
            return content.opening
        case Part.MESSAGE:
            return content.message
        case Part.WORDS:
            return content.notice
        case never:
            assert_never(never)


async def _judge(
    runtime: Runtime, connection: Connection, row: Spoken, key: AttemptKey, data_key: bytes, at: datetime
) -> _Judged | None:
    """The verdict now, as if this call had not been placed yet: it must not stand in its own way. None where
    the notice can be read no more, or the borrower has no number."""
    matter = Matter(key.borrower_id, row.debt_id, row.account_id, row.creditor)
    reach = runtime.in_force.reach(at)
    stored, contacts = await events.facts(connection, [key.borrower_id], reach, [matter])
    own = f"{key.notice_no}.{key.channel}.{key.number}"
    found = events_of(stored, contacts, at).get(key.borrower_id, [])
    history = [one for one in found if one.type != "contact" or one.event_id != own]
    try:
        decrypted = decrypt_notice(ZoneCache(1), row, data_key)
    except Forgotten:
        return None
    case = case_of(runtime, decrypted.subject, row.channel, history)
    return None if case is None else _Judged(decrypted, judge(case, at), first_communication(history))


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


def _reserved(row: Spoken, judged: _Judged) -> Reserved:
    return Reserved(
        key=attempts.key_of(row),
        token=0,
        decrypted=judged.decrypted,
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


def _entry(row: Spoken, call: Called, kind: str, public: Mapping[str, str | None], at: datetime) -> Entry:
    return Entry.of_attempt(kind, at, call.source, row, public=public)


async def _end_calls(runtime: Runtime, attempt: AttemptId) -> Script:
    key, at = key_of(attempt), runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [key.borrower_id])
        row = (await attempts.lock(connection, [key])).get(key)
        if row is None:
            return SILENT_END
        profile = (await borrowers.profiles(connection, [key.borrower_id]))[key.borrower_id]
        found = _pressed_no_more(runtime, row, f"keypad_{attempt}"[:128], at, profile.data_key)
        recorded = await record(connection, [found], at=at)
    await reach_others(runtime, recorded)
    return no_more_calls(profile.language)


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
        encrypted=None,
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
