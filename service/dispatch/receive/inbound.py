"""Messages from borrowers: their words become events at once; what is unclear stops us and waits for a person.

An opt-out holds for that address and channel, for all debts. One confirmation follows (`service/dispatch/receive/confirm.py`), but where the
provider's own opt-out handling has sent one already; the sender of the inbound message gets no other answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
import structlog

from channels.receipt import Inbound
from policies.facts import Event
from policies.heard import heard
from policies.words import ONLY_IF_OFFERED, Reading, classify, normalised, offered_in
from service.dispatch.encrypted import SEAL_EVENT
from service.dispatch.receive.confirm import confirm_opt_out
from service.dispatch.runtime import Runtime
from service.log.append import Entry, append
from service.store import answers, borrowers, events
from service.store.borrowers import StoredBorrower
from service.store.database import Connection
from service.store.events import EventRow
from service.store.wake import wake_workers
from service.vault import seal

log = structlog.get_logger("inbound")
CHANNELS_OF = {"sms": ("sms", "voice"), "email": ("email",)}
"""The channels of a borrower's addresses that a message may come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEffect:
    """What an inbound message did."""

    borrowers: int
    """How many borrowers use this address."""
    meaning: str | None
    """`opt_out`, `opt_in`, `cease`, …, `unclear`."""
    repeated: bool = False


async def take_inbound(runtime: Runtime, inbound: Inbound, *, confirm: bool = True) -> InboundEffect:
    """Store what a borrower wrote, for every borrower who uses that address; the provider's id makes a repeat harmless.

    `confirm`: whether an opt-out is confirmed, which is allowed within minutes and never later."""
    at = runtime.clock.now()
    digest = runtime.vault.address_digest(inbound.from_address)
    async with runtime.database.transaction() as connection:
        ids = await borrowers.with_address(connection, digest, CHANNELS_OF[inbound.channel])
        if not ids:
            await append(connection, [stranger(inbound, at)])
            return InboundEffect(borrowers=0, meaning=None)
        await borrowers.lock(connection, ids)
        rows = await borrowers.profiles(connection, ids)
        offered = await _offered(runtime, connection, ids, digest, inbound.words)
        reading = _reading(inbound, rows[ids[0]], offered)
        new = False
        for borrower in ids:
            new |= await record(runtime, connection, borrower, rows[borrower], inbound, reading, digest, at)
        if new:
            if confirm and reading.event_type == "opt_out" and inbound.provider_opt_out is None:
                await _confirm(runtime, connection, ids, rows, digest, at)
            await borrowers.bump(connection, ids)
            await wake_workers(connection)
    return InboundEffect(borrowers=len(ids), meaning=reading.kind, repeated=not new)


async def _confirm(
    runtime: Runtime,
    connection: Connection,
    ids: Sequence[UUID],
    rows: Mapping[UUID, StoredBorrower],
    digest: bytes,
    at: datetime,
) -> None:
    """Confirm an opt-out once. It is a courtesy: whatever goes wrong with it, the opt-out itself is recorded."""
    try:
        async with connection.transaction():
            await confirm_opt_out(runtime, connection, ids, rows, digest=digest, at=at)
    except Exception:
        log.exception("inbound", action="confirmation.failed")


async def _offered(
    runtime: Runtime, connection: Connection, ids: Sequence[UUID], digest: bytes, words: str
) -> frozenset[str]:
    """The short tokens that the last text to this number offered as a way out; looked up only where the message is such a token."""
    if normalised(words) not in ONLY_IF_OFFERED:
        return frozenset()
    last = await answers.last_to(connection, ids, "sms", digest)
    if last is None:
        return frozenset()
    template = runtime.in_force.template(last.template, last.template_version)
    return frozenset[str]().union(
        *(offered_in(str(parts.get("sms"))) for parts in template.document["languages"].values())
    )


def _reading(inbound: Inbound, row: StoredBorrower, offered: frozenset[str]) -> Reading:
    """What the words mean; where the provider's own opt-out handling acted, its word stands."""
    if inbound.provider_opt_out in PROVIDER_WORDS:
        return classify(inbound.provider_opt_out, language_hint=row.language, offered=offered)
    if not inbound.words.strip():
        return WORDLESS
    for words in inbound.also:
        other = classify(words, language_hint=row.language, offered=offered)
        if other.event_type not in OPEN:
            return other
    return classify(inbound.words, language_hint=row.language, offered=offered)


PROVIDER_WORDS = frozenset({"STOP", "START", "HELP"})
OPEN = frozenset({None, "unclear_words", "opt_in", "help"})
"""What another reading of a message may amount to without being believed before its words: the value behind a button is a name that a
machine gave, and most often means nothing. Where it is a refusal, the person tapped a refusal."""
WORDLESS = Reading(kind="unclear", confidence="unsure", matched="", event_type="unclear_words", confirm=True)
"""A picture alone may show a letter that tells us to stop, and a blank message may be one that was lost on its way: a person looks."""


async def record(
    runtime: Runtime,
    connection: Connection,
    borrower: UUID,
    row: StoredBorrower,
    inbound: Inbound,
    reading: Reading,
    digest: bytes,
    at: datetime,
) -> bool:
    """The message itself, and the event that its words amount to. False when both were known."""
    key = runtime.vault.unwrap(row.data_key) if row.data_key is not None else None
    said_so = {
        "words": inbound.words,
        "whole": inbound.whole,
        "also": list(inbound.also) or None,
        "media": inbound.media or None,
    }
    said_so = {name: value for name, value in said_so.items() if value is not None}
    sealed = None if key is None else seal(key, orjson.dumps(said_so), context=SEAL_EVENT)
    message = EventRow(
        borrower_id=borrower,
        event_id=f"inbound_{inbound.ref}",
        at=at,
        learned_at=at,
        type="inbound",
        channel=inbound.channel,
        outcome=None,
        document={"ref": inbound.ref, "address": digest.hex(), "meaning": reading.kind},
        sealed=sealed,
    )
    said = Event(type="inbound", at=at, channel=inbound.channel, address=digest.hex())
    rows = [message, *heard_rows(message, said, reading)]
    new = await events.insert_events(connection, rows)
    fresh = [one for one in rows if (one.borrower_id, one.event_id) in new]
    await append(connection, [_entry(one, reading, key) for one in fresh])
    return bool(new)


def _entry(event: EventRow, reading: Reading, key: bytes | None) -> Entry:
    return Entry(
        kind="event.recorded",
        at=event.learned_at,
        actor="borrower",
        borrower=event.borrower_id,
        channel=event.channel,
        public={"type": event.type, "confidence": reading.confidence, "meaning": reading.kind},
        detail={"event_id": event.event_id, **event.document},
        data_key=key,
    )


def heard_rows(message: EventRow, said: Event, reading: Reading) -> list[EventRow]:
    """The rows of what a message's words amount to; ids that follow from the message's keep a repeat harmless."""
    found: list[EventRow] = []
    for place, one in enumerate(heard(said, reading)):
        document = one.to_document()
        found.append(
            EventRow(
                borrower_id=message.borrower_id,
                event_id=f"{message.event_id}.meaning" + (f".{place}" if place else ""),
                at=message.at,
                learned_at=message.learned_at,
                type=document.pop("type"),
                channel=document.pop("channel", None),
                outcome=None,
                document=document,
                sealed=None,
            )
        )
    return found


def stranger(inbound: Inbound, at: datetime) -> Entry:
    """The log's entry about a message from an address that no borrower has."""
    return Entry(
        kind="inbound.unmatched", at=at, actor=f"provider:{inbound.provider}", public={"ref": inbound.ref}
    )
