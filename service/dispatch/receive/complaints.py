"""A complaint (RFC 5965): a person called a mail of ours spam. No further mail goes to that mailbox, whoever
has it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from channels.email.incoming import Complaint
from service.dispatch.events.record import (
    NOTHING,
    NewEvent,
    Origin,
    Recorded,
    Said,
    added_entry,
    drafts_from,
    reach_others,
    record,
)
from service.dispatch.receive.inbound import CHANNELS_OF
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import WHOLE, Part
from service.ids import AttemptId
from service.log.append import Entry, append
from service.store import attempts, borrowers, suppressions
from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.events import EventRow

VIA = "complaint"


async def take_complaint(
    runtime: Runtime, complaint: Complaint, attempt: AttemptId | None, part: Part = WHOLE
) -> None:
    """In one cell, close the mailbox that the mail went to, and the mailboxes that the complaint names, for
    whoever has them."""
    at = runtime.clock.now()
    named = {runtime.vault.address_digest(mailbox) for mailbox in complaint.mailboxes}
    strangers = NOTHING
    async with runtime.database.transaction() as connection:
        if part.debt is not None:
            await part.debt.note(connection)
        about = await _about(connection, attempt)
        closed: dict[tuple[UUID, bytes], AttemptKey | None] = {}
        if about is not None:
            closed[about[0].borrower_id, about[1]] = about[0]
        for digest in sorted(named):
            for borrower in await borrowers.with_address(connection, digest, CHANNELS_OF["email"]):
                closed.setdefault((borrower, digest), None)
        ids = {borrower for borrower, _ in closed}
        await borrowers.lock(connection, ids)
        rows = await borrowers.profiles(connection, ids)
        keys = {
            borrower: None if row.data_key is None else runtime.vault.unwrap(row.data_key)
            for borrower, row in rows.items()
        }
        found = [
            _event(keys[borrower], borrower, digest, key, complaint.kind, (part.said_at or at, at))
            for (borrower, digest), key in closed.items()
            if borrower in keys
        ]
        recorded = await record(connection, found, at=at)
        if not part.told:
            unheld = named - {digest for _, digest in closed} - part.elsewhere
            strangers = await _of_nobody(connection, unheld, complaint.kind, at)
        if not (closed or strangers or part.told):
            public = {"taken_for": VIA, "feedback": complaint.kind}
            await append(connection, [Entry.of("inbound.unmatched", at, "provider:email", public=public)])
    await reach_others(runtime, recorded)
    await reach_others(runtime, strangers)


async def _about(connection: Connection, attempt: AttemptId | None) -> tuple[AttemptKey, bytes] | None:
    """The attempt that a complaint is about, and the digest of the address that it went to."""
    if attempt is None:
        return None
    notice = attempt.delivery.notice
    key = AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)
    row = (await attempts.known(connection, [key])).get(key)
    return None if row is None else (key, row.address_digest)


async def _of_nobody(connection: Connection, digests: set[bytes], kind: str, at: datetime) -> Recorded:
    """A mailbox that nobody has, or that somebody had who was erased: it is closed for whoever comes."""
    drafts = [
        draft
        for digest in sorted(digests)
        for draft in drafts_from(Said("complaint", at, "email", digest, via=VIA), None, actor="borrower")
    ]
    added = await suppressions.add(connection, drafts, at)
    entries = [added_entry(one, at, "borrower") for one in added if one.new]
    if entries:
        public = {"taken_for": VIA, "feedback": kind}
        entries.insert(0, Entry.of("inbound.unmatched", at, "provider:email", public=public))
    await append(connection, entries)
    return Recorded(closed=frozenset(one.digest for one in added))


def _event(
    data_key: bytes | None,
    borrower: UUID,
    digest: bytes,
    about: AttemptKey | None,
    kind: str,
    times: tuple[datetime, datetime],
) -> NewEvent:
    """One complaint about one mailbox, said at one time and learned at another; a second one about the same
    mail adds nothing."""
    at, learned_at = times
    name = f"{about.notice_no}.{about.number}" if about is not None else f"{at.timestamp():.0f}"
    event = EventRow(
        borrower_id=borrower,
        event_id=f"complaint_{name}_{digest.hex()[:8]}",
        at=at,
        learned_at=learned_at,
        type="complaint",
        channel="email",
        outcome=None,
        document={"scope": "address", "address": digest.hex(), "via": VIA},
        encrypted=None,
    )
    return NewEvent(
        row=event,
        actor="borrower",
        data_key=data_key,
        origin=Origin(digest=digest, channel="email"),
        notice_no=None if about is None else about.notice_no,
        attempt=None if about is None else about.number,
        public={"via": VIA, "feedback": kind},
    )
