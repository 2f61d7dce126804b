"""What a provider says about the address that an attempt went to: opted out there, not in service, a
complaint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from service.dispatch.events.record import NewEvent, Origin, Recorded, record
from service.dispatch.runtime import Runtime
from service.store import borrowers
from service.store.attempts import Locked
from service.store.database import Connection
from service.store.events import EventRow


def address_event(row: Locked, kind: str, *, name: str, code: str | None, at: datetime) -> EventRow:
    """An event about the address of the attempt in `row`; a repeat of the same `name` about the same attempt
    is harmless."""
    attempt = f"{row.notice_no}.{row.channel}.{row.number}"
    return EventRow(
        borrower_id=row.borrower_id,
        event_id=f"{name}.{attempt}.{kind}"[:128],
        at=at,
        learned_at=at,
        type=kind,
        channel=row.channel,
        outcome=None,
        document={
            "scope": "address",
            "address": row.address_digest.hex(),
            "via": "provider",
            "source": code,
        },
        encrypted=None,
    )


async def learn(
    runtime: Runtime,
    connection: Connection,
    row: Locked,
    found: Sequence[EventRow],
    *,
    at: datetime,
    source: str,
) -> Recorded:
    """Record what a provider said about an attempt's address. The caller holds the borrower's row, and awaits
    `reach_others` after the commit."""
    profile = (await borrowers.profiles(connection, [row.borrower_id]))[row.borrower_id]
    key = None if profile.data_key is None else runtime.vault.unwrap(profile.data_key)
    origin = Origin(digest=row.address_digest, channel=row.channel)
    return await record(
        connection,
        [
            NewEvent(
                row=one,
                actor=source,
                data_key=key,
                origin=origin,
                notice_no=row.notice_no,
                attempt=row.number,
                public={"via": "provider"},
            )
            for one in found
        ],
        at=at,
    )
