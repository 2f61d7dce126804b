"""Messages from borrowers: their words become events at once; what is unclear stops us and waits for a
person.

What is said from an address holds for the address, whoever has it (`service/dispatch/events/record.py`). A
message from an address that nobody has is kept encrypted, listed and counted, and an opt-out in it acts all
the same. One confirmation of an opt-out follows (`service/dispatch/receive/confirm.py`), but where the
provider's own opt-out handling has sent one already; the sender of the inbound message gets no other
answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import structlog

from channels.receipt import Inbound
from policies.derived_events import received
from policies.facts import Event
from policies.reply_classifier import ONLY_IF_OFFERED, Reading, classify, normalised, offered_in
from service.dispatch.events.derived import derived_rows
from service.dispatch.events.record import NewEvent, Origin, Recorded, reach_others, record
from service.dispatch.receive.confirm import confirm_opt_out
from service.dispatch.receive.not_delivered import tell_undelivered
from service.dispatch.receive.questions import asks_for
from service.dispatch.receive.reading import load_words
from service.dispatch.receive.unmatched import take_unmatched
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.dispatch.runtime.owed import send_on
from service.errors import Unavailable
from service.store import answers, borrowers, cells
from service.store.borrowers import StoredBorrower
from service.store.cells import Owed
from service.store.database import Connection
from service.store.encrypted import EVENT_CONTEXT
from service.store.events import EventRow
from service.vault import encrypt

log = structlog.get_logger("inbound")
CHANNELS_OF: Mapping[str, tuple[str, ...]] = {
    "sms": ("sms", "voice", "whatsapp"),
    "whatsapp": ("sms", "voice", "whatsapp"),
    "email": ("email",),
}
"""The channels of a borrower's addresses that a message may come from."""
ANSWER_WITHIN = timedelta(hours=24)
"""How long after a question of ours a "yes" answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEffect:
    """What an inbound message did."""

    borrowers: int
    """How many borrowers use this address."""
    taken_for: str
    """`opt_out`, `opt_in`, `cease`, …, `unclear`, `automatic`, `message`."""
    probably: str | None = None
    """What unclear words were probably meant for."""
    repeated: bool = False


async def take_inbound(
    runtime: Runtime, inbound: Inbound, *, confirm: bool = True, looks: int = 2
) -> InboundEffect:
    """Store what a borrower wrote, for every borrower who has or had that address, in whichever cell; the
    provider's id makes a repeat harmless.

    `confirm`: whether an opt-out is confirmed, which is allowed within minutes and never later. `looks`: how
    often it is looked who has the address, where they move to another cell meanwhile."""
    if runtime.joined is None:
        return await _take(runtime, inbound, confirm=confirm)
    digest = runtime.vault.address_digest(inbound.from_address)
    channels = CHANNELS_OF[inbound.channel]
    holding = await reachable(runtime, lambda one: _holders(one, digest, channels))
    having = [one for one, found in holding if not isinstance(found, Unavailable) and found]
    awake = having or [one for one, found in holding if not isinstance(found, Unavailable)]
    if not awake:
        raise Unavailable("no cell can be reached", retry_after=1)
    first = awake[0]
    others = [one.cell for one, found in holding if one is not first and found]
    effect = await _take(first, inbound, confirm=confirm, owed_by=others)
    await send_on(first)
    seen = next(len(found) for one, found in holding if one is first and not isinstance(found, Unavailable))
    if effect.borrowers < seen and looks > 1:
        return await take_inbound(runtime, inbound, confirm=confirm, looks=looks - 1)
    elsewhere = sum(
        len(found) for one, found in holding if one is not first and not isinstance(found, Unavailable)
    )
    return replace(effect, borrowers=effect.borrowers + elsewhere)


async def _holders(runtime: Runtime, digest: bytes, channels: Sequence[str]) -> list[UUID]:
    async with runtime.database.connection() as connection:
        return list(await borrowers.with_address(connection, digest, channels))


INBOUND = "inbound"
INBOUND_CONTEXT = b"cell inbound"


async def act_inbound(source: Runtime, other: Runtime, one: Owed) -> None:
    """Take in another cell what somebody wrote whose address borrowers have there too. It was confirmed where
    it came in."""
    said = orjson.loads(source.vault.decrypt_own(one.encrypted or b"", context=INBOUND_CONTEXT))
    said |= {name: tuple(said[name]) for name in ("also", "pressed")}
    inbound = Inbound(**said)
    if await _holders(other, one.digest or b"", CHANNELS_OF[inbound.channel]):
        await _take(other, inbound, confirm=False)


async def _take(
    runtime: Runtime, inbound: Inbound, *, confirm: bool, owed_by: Sequence[int] = ()
) -> InboundEffect:
    """In one cell; `owed_by`: the cells that are to take it too."""
    at = runtime.clock.now()
    origin = Origin(digest=runtime.vault.address_digest(inbound.from_address), channel=inbound.channel)
    recorded = Recorded()
    await load_words()
    async with runtime.database.transaction() as connection:
        if owed_by:
            said = runtime.vault.encrypt_own(orjson.dumps(inbound), context=INBOUND_CONTEXT)
            await cells.owe(connection, owed_by, INBOUND, origin.digest, encrypted=said)
        ids = sorted(await borrowers.with_address(connection, origin.digest, CHANNELS_OF[inbound.channel]))
        await borrowers.lock(connection, ids)
        rows = await borrowers.profiles(connection, ids)
        ids = [one for one in ids if one in rows]
        if not ids:
            meant = await _reading(runtime, connection, inbound, (), origin.digest, None, at)
            return await _of_nobody(runtime, connection, inbound, meant, origin, at)
        meant = await _reading(runtime, connection, inbound, ids, origin.digest, rows[ids[0]].language, at)
        events = (message_events(runtime, one, rows[one], inbound, meant, origin, at) for one in ids)
        recorded = await record(connection, [event for some in events for event in some], at=at)
        if recorded and meant.undelivered:
            told = await tell_undelivered(runtime, connection, ids, inbound, origin.digest, at)
            recorded = replace(recorded, new=recorded.new | told.new, closed=recorded.closed | told.closed)
        if recorded and confirm and meant.event_type == "opt_out" and inbound.provider_opt_out is None:
            await _confirm(runtime, connection, ids, rows, origin, at)
    await reach_others(runtime, recorded)
    return InboundEffect(
        borrowers=len(ids), taken_for=meant.kind, probably=meant.probably, repeated=not recorded
    )


async def _of_nobody(
    runtime: Runtime,
    connection: Connection,
    inbound: Inbound,
    reading: Reading,
    origin: Origin,
    at: datetime,
) -> InboundEffect:
    recorded = await take_unmatched(runtime, connection, inbound, reading, origin, at=at)
    return InboundEffect(
        borrowers=0, taken_for=reading.kind, probably=reading.probably, repeated=not recorded
    )


async def _confirm(
    runtime: Runtime,
    connection: Connection,
    ids: Sequence[UUID],
    rows: Mapping[UUID, StoredBorrower],
    origin: Origin,
    at: datetime,
) -> None:
    """Confirm an opt-out once. It is a courtesy: whatever goes wrong with it, the opt-out itself is
    recorded."""
    try:
        async with connection.transaction():
            await confirm_opt_out(
                runtime, connection, ids, rows, channel=origin.channel, digest=origin.digest, at=at
            )
    except Exception:
        log.exception("inbound", action="confirmation.failed")


TEXTED = frozenset({"sms", "whatsapp"})
"""Channels whose texts ask for an answer in a word."""
PROVIDER_WORDS = frozenset({"STOP", "START", "HELP"})
OPEN = frozenset({None, "unclear_words", "opt_in", "help"})
"""What another reading of a message may amount to without being believed before its words: the value behind a
button is a name that a machine gave, and most often means nothing. Where it is a refusal, the person tapped a
refusal."""
WORDLESS = Reading(kind="unclear", confidence="unsure", matched="", confirm=True)
"""A picture alone may show a letter that tells us to stop, and a blank message may be one that was lost on
its way: a person looks."""


async def _reading(
    runtime: Runtime,
    connection: Connection,
    inbound: Inbound,
    ids: Sequence[UUID],
    digest: bytes,
    language: str | None,
    at: datetime,
) -> Reading:
    """What the words mean, and what was tapped; where the provider's own opt-out handling acted, its word
    stands. "Yes" gives back nothing but as the answer to a question of ours, within its time."""
    if inbound.provider_opt_out in PROVIDER_WORDS:
        return classify(inbound.provider_opt_out, language_hint=language)
    if not inbound.words.strip():
        return WORDLESS
    by = inbound.channel
    offered = await _offered(runtime, connection, ids, by, digest, (inbound.words, *inbound.also))
    for words in inbound.also:
        other = classify(words, language_hint=language, offered=offered)
        if other.event_type not in OPEN and other.confidence != "likeness":
            return other  # a button's value is a program's name, which may resemble anything
    said = classify(inbound.words, language_hint=language, offered=offered)
    if not said.affirms or not ids or by not in TEXTED:
        return said
    texts = await answers.texts_since(connection, ids, by, digest, at - ANSWER_WITHIN)
    asked = asks_for(runtime.in_force, texts, by)
    return classify(inbound.words, language_hint=language, offered=offered, asked=asked)


async def _offered(
    runtime: Runtime,
    connection: Connection,
    ids: Sequence[UUID],
    channel: str,
    digest: bytes,
    said: Sequence[str],
) -> frozenset[str]:
    """The short tokens that the last text to this number offered as a way out; looked up only where the
    message is such a token."""
    short = any(normalised(one) in ONLY_IF_OFFERED for one in said)
    if not ids or not short or channel not in TEXTED:
        return frozenset()
    last = await answers.last_to(connection, ids, channel, digest)
    if last is None:
        return frozenset()
    template = runtime.in_force.template(last.template, last.template_version)
    return frozenset[str]().union(
        *(offered_in(str(parts.get(channel))) for parts in template.document["languages"].values())
    )


def message_events(
    runtime: Runtime,
    borrower: UUID,
    row: StoredBorrower,
    inbound: Inbound,
    reading: Reading,
    origin: Origin,
    at: datetime,
) -> list[NewEvent]:
    """The message itself, and the events that its words amount to."""
    key = runtime.vault.unwrap(row.data_key) if row.data_key is not None else None
    words = {
        "words": inbound.words,
        "whole": inbound.whole,
        "also": list(inbound.also) or None,
        "media": inbound.media or None,
    }
    words = {name: value for name, value in words.items() if value is not None}
    said = Event(type="inbound", at=at, channel=inbound.channel, address=origin.digest.hex())
    message = EventRow(
        borrower_id=borrower,
        event_id=f"inbound_{inbound.ref}",
        at=at,
        learned_at=at,
        type=received(said, reading).type,
        channel=inbound.channel,
        outcome=None,
        document={"ref": inbound.ref, "address": origin.digest.hex(), "meaning": reading.kind},
        encrypted=None if key is None else encrypt(key, orjson.dumps(words), context=EVENT_CONTEXT),
    )
    public = {"confidence": reading.confidence, "meaning": reading.kind}
    return [
        NewEvent(row=one, actor="borrower", data_key=key, origin=origin, public=public)
        for one in (message, *derived_rows(message, said, reading))
    ]
