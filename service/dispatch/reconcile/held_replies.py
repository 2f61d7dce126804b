"""Replies that were not clear: what each was probably meant for, confirmed by a person as the event that it
was, or found harmless."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from policies.reading.reading import EVENTS
from service.dispatch.events.record import NewEvent, Recorded, record
from service.dispatch.runtime import Runtime
from service.errors import FieldError, InvalidRequest
from service.ids import event_id
from service.model.actor import Actor
from service.store import borrowers, events
from service.store.database import Connection
from service.store.events import EventRow, Reach, StoredEvent

UNCLEAR, HOLD, RELEASED = EVENTS["unclear"], "person_hold", "person_release"
SWITCHES = frozenset({"opt_out", "opt_in"})
CONFIRMED: Mapping[str, str] = {
    **{kind: type_ for kind, type_ in EVENTS.items() if type_ != UNCLEAR},
    "complaint": "complaint",
}
"""The event that words were, once a person has confirmed what they were probably meant for."""
NOT_CONFIRMABLE = (
    "expected words whose probable meaning is an event, and no other hold beside them; record what they say "
    "with POST /v1/events, then choose harmless"
)
TOLD = "designation"
"""Times or places that do not suit: a person writes down which, so that nothing can be confirmed by
itself."""


async def unclear(
    connection: Connection, ids: Collection[UUID], at: datetime
) -> Mapping[UUID, list[StoredEvent]]:
    """The unclear replies of borrowers that no person has read yet, the oldest first."""
    return await _unread(connection, ids, at, {UNCLEAR})


async def _unread(
    connection: Connection, ids: Collection[UUID], at: datetime, types: Collection[str]
) -> dict[UUID, list[StoredEvent]]:
    """Events of these types since a person last released the borrower, the oldest first."""
    found: dict[UUID, list[StoredEvent]] = {}
    known, _ = await events.facts(connection, ids, Reach(at, 1))
    for one in sorted(known, key=lambda one: one.at):
        if one.type == RELEASED:
            found.pop(one.borrower_id, None)
        elif one.type in types:
            found.setdefault(one.borrower_id, []).append(one)
    return found


def probable(replies: Collection[StoredEvent]) -> list[str]:
    """What unclear replies were probably meant for: a kind of event, or times that do not suit."""
    meant = (str(one.document.get("meaning")) for one in replies)
    return list(dict.fromkeys(one for one in meant if one in CONFIRMED or one == TOLD))


async def not_confirmable(connection: Connection, ids: Collection[UUID], at: datetime) -> set[UUID]:
    """Those of these borrowers whose words cannot be confirmed by themselves: there are none, of some nobody
    knows what they mean, some are about times, or a person put the borrower on hold besides. To release
    them would let messages go that may not be wanted."""
    held = await _unread(connection, ids, at, {UNCLEAR, HOLD})
    return {
        borrower
        for borrower in ids
        if not (said := held.get(borrower)) or not all(_confirmable(one) for one in said)
    }


def _confirmable(reply: StoredEvent) -> bool:
    return str((reply.document or {}).get("meaning")) in CONFIRMED


def refusal() -> InvalidRequest:
    """Nothing was confirmed: nobody knows as what."""
    return InvalidRequest(
        "nothing was released: there are no words, what they mean is not known, or they are about times",
        field_errors=[FieldError(pointer="/how", detail=NOT_CONFIRMABLE, code="not_confirmable")],
    )


async def settle(
    runtime: Runtime,
    connection: Connection,
    ids: Collection[UUID],
    actor: Actor,
    *,
    confirm: bool,
    at: datetime,
) -> Recorded:
    """Record what a person found: that the borrowers were released, and before it what their unclear words
    were confirmed as. The caller holds the borrowers' rows; with `confirm` all of them are confirmable."""
    replies = await unclear(connection, ids, at) if confirm else {}
    rows = await borrowers.profiles(connection, list(ids))
    found: list[NewEvent] = []
    for borrower, row in rows.items():
        key = None if row.data_key is None else runtime.vault.unwrap(row.data_key)
        said = [_confirmed(one, at) for one in replies.get(borrower, []) if _confirmable(one)]
        released = _row(borrower, RELEASED, None, {}, at)
        found += [NewEvent(row=one, actor=actor.name, data_key=key) for one in (*said, released)]
    return await record(connection, found, at=at)


def _confirmed(reply: StoredEvent, at: datetime) -> EventRow:
    """The event that a reply was, dated now and said where the reply was."""
    type_ = CONFIRMED[reply.document["meaning"]]
    document = {name: value for name, value in reply.document.items() if name != "meaning"}
    if type_ in SWITCHES:
        document = {name: value for name, value in document.items() if name != "debt_ids"} | {
            "scope": "address"
        }
    return _row(reply.borrower_id, type_, reply.channel, document, at)


def _row(
    borrower: UUID, type_: str, channel: str | None, document: Mapping[str, object], at: datetime
) -> EventRow:
    return EventRow(
        borrower_id=borrower,
        event_id=event_id("evt"),
        at=at,
        learned_at=at,
        type=type_,
        channel=channel,
        outcome=None,
        document=dict(document),
        encrypted=None,
    )
