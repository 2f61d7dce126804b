"""Events that happened elsewhere: an agent's call, a letter, an opt-out by post. Appended under the borrower's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from policies.facts import Event
from policies.words import classify
from service.dispatch.access.limits import known_to
from service.dispatch.encrypted import SEAL_EVENT
from service.dispatch.receive.inbound import heard_rows
from service.dispatch.runtime import Runtime
from service.errors import Conflict, Fault, ForbearError, InvalidRequest
from service.ids import event_id
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.event import EventDraft
from service.store import borrowers, events
from service.store.database import Connection
from service.store.events import EventRow
from service.store.wake import wake_workers
from service.vault import seal

PERSONAL = frozenset({"words", "text", "address"})
"""Fields that are sealed; an address also stays as a digest, for comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A borrower to whom events may be added."""

    borrower: UUID
    data_key: bytes = field(repr=False)
    language: str | None


async def record_events(
    runtime: Runtime, drafts: Sequence[EventDraft], actor: Actor
) -> list[dict[str, Any] | ForbearError]:
    """Append events; one result for each, in order. An `event_id` that is known already makes a repeat harmless;
    one that names another event is a Conflict, so that no fact is lost unseen."""
    at = runtime.clock.now()
    keys = {draft.borrower_id: runtime.vault.borrower_key(draft.borrower_id) for draft in drafts}
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, keys.values())
        known = await _known(runtime, connection, keys, actor)
        rows, results = _rows(runtime, drafts, known, at)
        heard = [
            one
            for draft, row in zip(drafts, rows, strict=True)
            if row is not None
            for one in _heard(draft, row, known)
        ]
        every = [row for row in rows if row is not None] + heard
        new = await events.insert_events(connection, every) if every else set()
        stored = await events.kinds(connection, [row for row in rows if row is not None])
        await borrowers.bump(connection, {borrower for borrower, _ in new})
        wanted = [row for row in every if (row.borrower_id, row.event_id) in new]
        await append(
            connection,
            [entry_of(row, actor.name, known[row.borrower_id].data_key, at) for row in _once(wanted)],
        )
        if new:
            await wake_workers(connection)
    return [
        result if row is None else _told(row, stored, new) for row, result in zip(rows, results, strict=True)
    ]


def _told(
    row: EventRow,
    stored: Mapping[tuple[UUID, str], tuple[str, str | None]],
    new: AbstractSet[tuple[UUID, str]],
) -> dict[str, Any] | ForbearError:
    """What became of one event: recorded, known, or lost to its id, which somebody used for something else."""
    key = (row.borrower_id, row.event_id)
    if stored[key] != (row.type, row.channel):
        return Conflict(
            f"this event_id was first used for another event, of type {stored[key][0]}; this one is not recorded"
        )
    return {"event_id": row.event_id, "recorded": key in new}


def _once(rows: Sequence[EventRow]) -> list[EventRow]:
    return list({(row.borrower_id, row.event_id): row for row in rows}.values())


async def _known(
    runtime: Runtime, connection: Connection, keys: Mapping[str, UUID], actor: Actor
) -> dict[UUID, _Known]:
    rows = await borrowers.profiles(connection, await known_to(connection, set(keys.values()), actor))
    return {
        borrower: _Known(
            borrower=borrower, data_key=runtime.vault.unwrap(row.data_key), language=row.language
        )
        for borrower, row in rows.items()
        if row.data_key is not None
    }


def _rows(
    runtime: Runtime, drafts: Sequence[EventDraft], known: Mapping[UUID, _Known], at: datetime
) -> tuple[list[EventRow | None], list[Any]]:
    rows: list[EventRow | None] = []
    results: list[Any] = []
    for draft in drafts:
        borrower = known.get(runtime.vault.borrower_key(draft.borrower_id))
        if borrower is None:
            fault = Fault(
                pointer="/borrower_id",
                detail="expected a known borrower; this id is not known",
                code="unknown-borrower",
            )
            rows.append(None)
            results.append(InvalidRequest("the borrower is not known", faults=[fault]))
        else:
            rows.append(event_row(runtime, borrower.borrower, borrower.data_key, draft, at))
            results.append(None)
    return rows, results


def _heard(draft: EventDraft, row: EventRow, known: Mapping[UUID, _Known]) -> list[EventRow]:
    """What the words of a message that somebody else received amount to."""
    if draft.type != "inbound" or draft.words is None:
        return []
    said = Event(
        type="inbound",
        at=row.at,
        channel=row.channel,
        address=row.document.get("address"),
        debt_ids=draft.debt_ids or None,
    )
    return heard_rows(row, said, classify(draft.words, language_hint=known[row.borrower_id].language))


def event_row(runtime: Runtime, borrower: UUID, data_key: bytes, draft: EventDraft, at: datetime) -> EventRow:
    """An event as it is stored: what is personal sealed, the address as a digest."""
    fields = draft.document()
    personal = {name: fields.pop(name) for name in PERSONAL & fields.keys()}
    if "address" in personal:
        fields["address"] = runtime.vault.address_digest(personal["address"]).hex()
    return EventRow(
        borrower_id=borrower,
        event_id=draft.event_id or event_id("evt"),
        at=draft.at,
        learned_at=at,
        type=draft.type,
        channel=fields.pop("channel", None),
        outcome=fields.pop("outcome", None),
        document=fields,
        sealed=seal(data_key, orjson.dumps(personal), context=SEAL_EVENT) if personal else None,
    )


def entry_of(row: EventRow, actor: str, data_key: bytes, at: datetime) -> Entry:
    """The log entry of an event."""
    return Entry(
        kind="event.recorded",
        at=at,
        actor=actor,
        borrower=row.borrower_id,
        channel=row.channel if row.channel in {"sms", "email", "voice"} else None,
        public={"type": row.type, "happened_at": row.at.isoformat()},
        detail={"event_id": row.event_id, "channel": row.channel, "outcome": row.outcome, **row.document},
        data_key=data_key,
    )
