"""Messages from addresses that no borrower has: kept encrypted and listed with what each was taken for; what
they ask for acts.

The one who wrote may be stored later, may have been erased, or may have another id: the wish is found through
the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from channels.receipt import Inbound
from policies.derived_events import derived_events
from policies.facts import Event
from policies.reply_classifier import Reading
from service.dispatch.access.keys import check_unlimited
from service.dispatch.events.record import (
    Origin,
    Recorded,
    Said,
    added_entry,
    drafts_from,
    lifted_entry,
    liftings_from,
)
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.ids import event_id
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import suppressions, unmatched
from service.store.database import Connection
from service.store.suppressions import Added
from service.store.unmatched import Unmatched

MESSAGE_CONTEXT = b"unmatched"


async def take_unmatched(
    runtime: Runtime,
    connection: Connection,
    inbound: Inbound,
    reading: Reading,
    origin: Origin,
    *,
    at: datetime,
) -> Recorded:
    """Keep a message, say so in the log, and let what it asks for act. A repeat changes nothing."""
    row = _row(runtime, inbound, reading, origin, at)
    if not await unmatched.keep(connection, row):
        return Recorded()
    asked = derived_events(
        Event(type="inbound", at=at, channel=inbound.channel, address=origin.digest.hex()), reading
    )
    added = await _close(connection, inbound, asked, origin, at)
    liftings = [
        lifting for one in asked if one.type == "opt_in" for lifting in liftings_from(one.channel, origin, at)
    ]
    lifted = await suppressions.lift_said(connection, liftings, at=at, actor="borrower")
    entry = unmatched_entry(inbound, reading.kind, at, message=row.message_id)
    entries = [entry, *(added_entry(one, at, "borrower") for one in added if one.new)]
    await append(connection, entries + [lifted_entry(one, at, "borrower") for one in lifted])
    return Recorded(closed=frozenset({origin.digest}))


async def _close(
    connection: Connection, inbound: Inbound, asked: Iterable[Event], origin: Origin, at: datetime
) -> list[Added]:
    drafts = [
        draft
        for one in asked
        for draft in drafts_from(Said(one.type, at, one.channel, None, via=one.via), origin, actor="borrower")
        if inbound.from_address
    ]
    return await suppressions.add(connection, drafts, at)


async def close_sender(
    connection: Connection, inbound: Inbound, reading: Reading, origin: Origin, *, at: datetime
) -> Recorded:
    """Let what a message asks for close the address that it came from, which is none of the borrower's who
    wrote it."""
    asked = derived_events(
        Event(type="inbound", at=at, channel=inbound.channel, address=origin.digest.hex()), reading
    )
    added = await _close(connection, inbound, asked, origin, at)
    await append(connection, [added_entry(one, at, "borrower") for one in added if one.new])
    return Recorded(closed=frozenset(one.digest for one in added))


def _row(runtime: Runtime, inbound: Inbound, reading: Reading, origin: Origin, at: datetime) -> Unmatched:
    said = {
        "from": inbound.from_address,
        "words": inbound.words,
        "whole": inbound.whole,
        "also": list(inbound.also),
        "media": inbound.media,
    }
    return Unmatched(
        message_id=event_id("inb"),
        channel=inbound.channel,
        digest=origin.digest,
        provider=inbound.provider,
        ref=inbound.ref,
        received_at=at,
        taken_for=reading.kind,
        encrypted=runtime.vault.encrypt_own(orjson.dumps(said), context=MESSAGE_CONTEXT),
    )


def unmatched_entry(inbound: Inbound, taken_for: str, at: datetime, *, message: str | None = None) -> Entry:
    """The log's entry about a message, or a report, that belongs to nobody."""
    return Entry.of(
        "inbound.unmatched",
        at,
        f"provider:{inbound.provider}",
        public={"ref": inbound.ref, "message": message, "taken_for": taken_for},
    )


async def list_unmatched(
    runtime: Runtime,
    actor: Actor,
    *,
    address: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Messages that nobody has, the newest first, with their words: a person must look at them. Raises
    Forbidden for a key that is limited to creditors: nobody knows whose they are."""
    check_unlimited(actor)
    digest = None if address is None else runtime.vault.address_digest(address)

    async def ask(cell: Runtime) -> Sequence[Unmatched]:
        async with cell.database.connection() as connection:
            return await unmatched.page(connection, digest=digest, after=after, limit=limit, since=since)

    rows = in_order(await each(runtime, ask), lambda row: (row.received_at, row.message_id), limit)
    return [_document(runtime, row) for row in rows]


def _document(runtime: Runtime, row: Unmatched) -> dict[str, Any]:
    said = orjson.loads(runtime.vault.decrypt_own(row.encrypted, context=MESSAGE_CONTEXT))
    return {
        "id": row.message_id,
        "matched": False,
        "channel": row.channel,
        "from": said["from"],
        "words": said["words"],
        "taken_for": row.taken_for,
        "received_at": row.received_at,
        "provider": row.provider,
        "ref": row.ref,
    }
