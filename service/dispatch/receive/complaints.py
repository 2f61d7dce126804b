"""A complaint (RFC 5965): a person called a mail of ours spam. No further mail goes to that mailbox."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from channels.email.incoming import Complaint
from service.dispatch.receive.inbound import CHANNELS_OF
from service.dispatch.runtime import Runtime
from service.ids import AttemptId
from service.log.append import Entry, append
from service.store import attempts, borrowers, events
from service.store.attempts import AttemptKey
from service.store.database import Connection
from service.store.events import EventRow
from service.store.wake import wake_workers

VIA = "complaint"


async def take_complaint(runtime: Runtime, complaint: Complaint, attempt: AttemptId | None) -> None:
    """Close the mailbox that the mail went to, and the mailboxes that the complaint names, for whoever has them."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        closed: dict[tuple[UUID, bytes], AttemptKey | None] = {}
        if attempt is not None:
            notice = attempt.delivery.notice
            key = AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)
            row = (await attempts.known(connection, [key])).get(key)
            if row is not None:
                closed[key.borrower_id, row.address_digest] = key
        for mailbox in complaint.mailboxes:
            digest = runtime.vault.address_digest(mailbox)
            for borrower in await borrowers.with_address(connection, digest, CHANNELS_OF["email"]):
                closed.setdefault((borrower, digest), None)
        if not closed:
            public = {"taken_for": VIA, "feedback": complaint.kind}
            await append(
                connection, [Entry(kind="inbound.unmatched", at=at, actor="provider:email", public=public)]
            )
            return
        await borrowers.lock(connection, sorted({borrower for borrower, _ in closed}))
        for (borrower, digest), about in closed.items():
            await _close(connection, borrower, digest, about, complaint.kind, at)
        await borrowers.bump(connection, sorted({borrower for borrower, _ in closed}))
        await wake_workers(connection)


async def _close(
    connection: Connection, borrower: UUID, digest: bytes, about: AttemptKey | None, kind: str, at: datetime
) -> None:
    """One opt-out of e-mail for one mailbox; a second complaint about the same mail adds nothing."""
    name = f"{about.notice_no}.{about.number}" if about is not None else f"{at.timestamp():.0f}"
    event = EventRow(
        borrower_id=borrower,
        event_id=f"complaint_{name}_{digest.hex()[:8]}",
        at=at,
        learned_at=at,
        type="opt_out",
        channel="email",
        outcome=None,
        document={"scope": "address", "address": digest.hex(), "via": VIA},
        sealed=None,
    )
    if not await events.insert_events(connection, [event]):
        return
    entry = Entry(
        kind="event.recorded",
        at=at,
        actor="borrower",
        borrower=borrower,
        notice_no=None if about is None else about.notice_no,
        channel="email",
        attempt=None if about is None else about.number,
        public={"type": "opt_out", "via": VIA, "feedback": kind},
    )
    await append(connection, [entry])
