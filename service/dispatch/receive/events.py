"""Events that happened elsewhere: an agent's call, a letter, an opt-out by post. Appended under the
borrower's row.

An `event_id` is a name within the caller's key and its rotated successors. It makes a repeat harmless, and
never stands for anything else: other content under it is refused. What was wrong is corrected by an event of
its own that names what it corrects; what restricts stays in force even then, until an event lifts it. What
lifts or permits is seen in its corrected form alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from policies.derived_events import received
from policies.facts import Event
from policies.order import opens
from policies.reply_classifier import Reading, classify
from service.dispatch.access.limits import alone_with, known_to
from service.dispatch.events.derived import derived_rows
from service.dispatch.events.record import NewEvent, reach_others, record
from service.dispatch.receive.event_claims import claim_names, free_names
from service.dispatch.receive.reading import load_words
from service.dispatch.runtime import Runtime
from service.errors import (
    AnotherCreditor,
    Conflict,
    FieldError,
    ForbearError,
    InvalidRequest,
    TooManyEvents,
    Unavailable,
)
from service.ids import CHANNELS, event_id
from service.model.actor import Actor
from service.model.event import EventDraft
from service.store import borrowers, event_names, keys, notices
from service.store.database import Connection
from service.store.encrypted import EVENT_CONTEXT
from service.store.event_names import EventName
from service.store.events import EventRow
from service.vault import encrypt

PERSONAL = frozenset({"words", "text", "address"})
"""Fields that are encrypted; an address also stays as a digest, for comparison."""
MOST, RESERVE = 10_000, 1_000
"""Events that a borrower may have: a decision looks at all of them. What restricts, or ends what is open
about a debt, is still taken from the reserve."""
FACTS = frozenset(
    {
        "contact",
        "inbound",
        "payment",
        "promise_to_pay",
        "plan_request",
        "notice_sent",
        "notice_mailed",
        "became_overdue",
    }
)
"""Types of plain facts: their correction stands in their place, as that of what lifts or permits does. What
restricts stays until it is lifted, a correction or not."""
STOPPING = frozenset({"inbound", "payment", "promise_to_pay"})
"""Those of them that end what is open: a message of the borrower, money that came, the word that it will."""

FOR_GOOD = {
    "address_confirmed": (
        "what stood against the address was lifted for good: record what is true of it (wrong_number, "
        "address_dead) and a confirmation of the right one"
    )
}
"""What no correction undoes, with what to do instead."""

Result = dict[str, Any] | ForbearError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A borrower to whom events may be added."""

    borrower: UUID
    data_key: bytes = field(repr=False)
    language: str
    room: int
    """How many more events there may be."""


@dataclass(slots=True, kw_only=True)
class _Item:
    """One event on its way into the store."""

    draft: EventDraft
    events: list[NewEvent]
    """The event, and what its words amount to."""
    name: EventName | None
    replaces: bool = False
    """Whether it stands in the place of what it corrects."""
    result: Result | None = None

    @property
    def row(self) -> EventRow:
        """The event itself."""
        return self.events[0].row


async def record_events(runtime: Runtime, drafts: Sequence[EventDraft], actor: Actor) -> list[Result]:
    """Append events; one result for each, in order. An `event_id` that the key used before makes a repeat
    harmless; with other content it is a Conflict, so that no fact is lost unseen. What a cell that is away
    should have recorded is its own error."""
    if any(draft.words is not None for draft in drafts):
        await load_words()
    space = await name_space(runtime, actor)
    if runtime.joined is None:
        return await _record_in_cell(runtime, drafts, actor, space)
    names = {
        place: _name_of(runtime, one, space) for place, one in enumerate(drafts) if one.event_id is not None
    }
    taken = await claim_names(runtime, names, space)
    results: dict[int, Result] = {place: _another_event() for place in taken}
    open_ = [place for place in range(len(drafts)) if place not in results]
    for cell, places in runtime.joined.by_cell(open_, lambda place: _key_of(runtime, drafts[place])):
        some: Sequence[Result]
        try:
            some = await _record_in_cell(cell, [drafts[place] for place in places], actor, space)
        except Unavailable as error:
            some = [error] * len(places)
        results.update(zip(places, some, strict=True))
    refused = [
        place
        for place in open_
        if isinstance(results[place], (InvalidRequest, AnotherCreditor, TooManyEvents))
    ]
    await free_names(runtime, [names[place] for place in refused if place in names], space)
    return [results[place] for place in range(len(drafts))]


def _key_of(runtime: Runtime, draft: EventDraft) -> UUID:
    return runtime.vault.borrower_key(draft.borrower_id)


def _name_of(runtime: Runtime, draft: EventDraft, space: str) -> EventName:
    return EventName(
        digest=runtime.vault.text_digest("event name", f"{space}\0{draft.event_id}"),
        borrower_id=_key_of(runtime, draft),
        content=_content(runtime, draft),
    )


def _another_event() -> Conflict:
    return Conflict(
        "this event_id was first used for another event; this one is not recorded: give it an id of its own"
    )


async def _record_in_cell(
    runtime: Runtime, drafts: Sequence[EventDraft], actor: Actor, space: str
) -> list[Result]:
    at = runtime.clock.now()
    ids = {draft.borrower_id: runtime.vault.borrower_key(draft.borrower_id) for draft in drafts}
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, ids.values())
        known = await _known(runtime, connection, ids, actor)
        items = [
            _item(runtime, draft, known.get(ids[draft.borrower_id]), actor, space, at) for draft in drafts
        ]
        open_ = [item for item in items if isinstance(item, _Item)]
        await _refuse_others(connection, open_, actor)
        await _refuse_corrections(connection, open_, space)
        _refuse_too_many(open_, known)
        await _name(connection, open_, space)
        recorded = await record(
            connection, [one for item in open_ if item.result is None for one in item.events], at=at
        )
        corrections = [
            (item.row.borrower_id, stored_id(space, item.draft.corrects), item.row.event_id)
            for item in open_
            if item.result is None and item.draft.corrects is not None and item.replaces
        ]
        if corrections:
            await event_names.correct(connection, corrections)
            await notices.judge_again(connection, {one[0] for one in corrections}, CHANNELS, at=at)
    await reach_others(runtime, recorded)
    return [_result(item) if isinstance(item, _Item) else item for item in items]


async def name_space(runtime: Runtime, actor: Actor) -> str:
    """In which the actor's names of events live: the key that the actor's own came from by rotations, which
    never changes."""
    kind, _, key = actor.name.partition(":")
    if kind != "key":
        return actor.name
    space = runtime.name_spaces.get(key)
    if space is None:
        async with runtime.home.connection() as connection:
            space = f"key:{await keys.origin(connection, key)}"
        runtime.name_spaces[key] = space
    return space


def stored_id(space: str, name: str) -> str:
    """A name as it is stored: it never meets an id of ours, or of another key."""
    return f"@{space}:{name}"


def _result(item: _Item) -> Result:
    if item.result is not None:
        return item.result
    told: dict[str, Any] = {"event_id": item.draft.event_id or item.row.event_id, "recorded": True}
    if item.draft.corrects is not None:
        told |= {"corrects": item.draft.corrects, "corrected_still_holds": not item.replaces}
    return told


async def _known(
    runtime: Runtime, connection: Connection, ids: Mapping[str, UUID], actor: Actor
) -> dict[UUID, _Known]:
    rows = await borrowers.profiles(connection, await known_to(connection, set(ids.values()), actor))
    counts = await borrowers.event_counts(connection, rows)
    return {
        borrower: _Known(
            borrower=borrower,
            data_key=runtime.vault.unwrap(row.data_key),
            language=row.language,
            room=MOST - counts[borrower],
        )
        for borrower, row in rows.items()
        if row.data_key is not None
    }


def _item(
    runtime: Runtime, draft: EventDraft, known: _Known | None, actor: Actor, space: str, at: datetime
) -> _Item | ForbearError:
    if known is None:
        field_error = FieldError(
            pointer="/borrower_id",
            detail="expected a known borrower; this id is not known",
            code="unknown-borrower",
        )
        return InvalidRequest("the borrower is not known", field_errors=[field_error])
    row = event_row(runtime, known.borrower, known.data_key, draft, at)
    name = None
    if draft.event_id is not None:
        row = replace(row, event_id=stored_id(space, draft.event_id))
        name = EventName(
            digest=runtime.vault.text_digest("event name", f"{space}\0{draft.event_id}"),
            borrower_id=known.borrower,
            content=_content(runtime, draft),
        )
    rows = [row]
    reading = _reading(draft, known)
    if reading is not None:
        said = _said(draft, row)
        row = replace(row, type=received(said, reading).type)
        rows = [row, *derived_rows(row, said, reading)]
    return _Item(
        draft=draft,
        events=[NewEvent(row=one, actor=actor.name, data_key=known.data_key) for one in rows],
        name=name,
    )


def _content(runtime: Runtime, draft: EventDraft) -> bytes:
    """A keyed digest of everything that an event says: equal where the events are."""
    said = [draft.borrower_id, draft.type, draft.at.isoformat(), draft.corrects, draft.document()]
    return runtime.vault.bytes_digest("event", orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


def _reading(draft: EventDraft, known: _Known) -> Reading | None:
    """What the words of a message that somebody else received mean."""
    if draft.type != "inbound" or draft.words is None:
        return None
    return classify(draft.words, language_hint=known.language)


def _said(draft: EventDraft, row: EventRow) -> Event:
    return Event(
        type="inbound",
        at=row.at,
        channel=row.channel,
        address=row.document.get("address"),
        debt_ids=draft.debt_ids or None,
    )


async def _refuse_others(connection: Connection, items: Sequence[_Item], actor: Actor) -> None:
    """A key that is limited to creditors lifts nothing of a borrower whom others have too."""
    lifting = [item for item in items if any(_lifts(one.row) for one in item.events)]
    if actor.creditors is None or not lifting:
        return
    alone = await alone_with(connection, {item.row.borrower_id for item in lifting}, actor)
    for item in lifting:
        if item.row.borrower_id not in alone:
            item.result = AnotherCreditor(
                "other creditors have this borrower too: what lifts a restriction needs a key for all of them"
            )


def _lifts(row: EventRow) -> bool:
    return opens(row.type, row.document.get("result"))


async def _refuse_corrections(connection: Connection, items: Sequence[_Item], space: str) -> None:
    """A correction names an event of the same key, borrower and type that nothing corrected yet."""
    correcting = {
        id(item): (item.row.borrower_id, stored_id(space, item.draft.corrects))
        for item in items
        if item.result is None and item.draft.corrects is not None
    }
    if not correcting:
        return
    found = await event_names.correctable(connection, list(correcting.values()))
    for item in items:
        key = correcting.get(id(item))
        if key is None:
            continue
        row, which = found.get(key), f"event of type {item.draft.type} of this key about this borrower"
        if row is None:
            item.result = _unfit(item, "unknown-event", "there is no such event to correct", which)
        elif row.type != item.draft.type:
            item.result = _unfit(item, "other-type", f"the event to correct is of type {row.type}", which)
        elif row.corrected_by not in {None, item.row.event_id}:
            which = f"{which}, that nothing corrects yet"
            item.result = _unfit(item, "corrected", "it is corrected already: name what corrects it", which)
        elif row.type in FOR_GOOD:
            which = f"{which}, which lifts no address"
            item.result = _unfit(item, "lifted-for-good", FOR_GOOD[row.type], which)
        else:
            item.replaces = row.type in FACTS or opens(row.type, row.result)


def _unfit(item: _Item, code: str, why: str, which: str) -> InvalidRequest:
    """Why what a correction names cannot be corrected by it."""
    detail = f"expected the event_id of an {which}; got {item.draft.corrects}"
    return InvalidRequest(why, field_errors=[FieldError(pointer="/corrects", detail=detail, code=code)])


def _refuse_too_many(items: Sequence[_Item], known: Mapping[UUID, _Known]) -> None:
    """Nobody has more than so many events: every decision about a borrower looks at all of them."""
    room = {borrower: one.room for borrower, one in known.items()}
    for item in items:
        if item.result is not None:
            continue
        borrower, needed = item.row.borrower_id, len(item.events)
        restricts = not any(_lifts(one.row) or one.row.type in FACTS - STOPPING for one in item.events)
        if room[borrower] - needed < (-RESERVE if restricts else 0):
            item.result = TooManyEvents(
                f"this borrower has {MOST} events, which is the most there may be; this one is not recorded"
            )
        else:
            room[borrower] -= needed


async def _name(connection: Connection, items: Sequence[_Item], space: str) -> None:
    """Take the names; a repeat is told so, and other content under a name is a conflict."""
    named = [item for item in items if item.result is None and item.name is not None]
    old = await event_names.legacy(
        connection,
        [(item.row.borrower_id, str(item.draft.event_id), item.row.type, item.row.at) for item in named],
    )
    first: dict[bytes, EventName] = {}
    for item in named:
        if item.name is not None:
            first.setdefault(item.name.digest, item.name)
    taken, used = await event_names.take(connection, space, list(first.values()))
    for item in named:
        name = item.name
        if name is None:
            continue
        if name.digest in taken and (item.row.borrower_id, str(item.draft.event_id)) not in old:
            taken.remove(name.digest)  # the first of its kind in this request
            used[name.digest] = name
        elif used.get(name.digest, name) == name:
            item.result = {"event_id": item.draft.event_id, "recorded": False}
        else:
            item.result = _another_event()


def event_row(runtime: Runtime, borrower: UUID, data_key: bytes, draft: EventDraft, at: datetime) -> EventRow:
    """An event as it is stored: what is personal encrypted, the address as a digest. What is dated ahead has
    happened now."""
    fields = draft.document()
    personal = {name: fields.pop(name) for name in PERSONAL & fields.keys()}
    if "address" in personal:
        fields["address"] = runtime.vault.address_digest(personal["address"]).hex()
    return EventRow(
        borrower_id=borrower,
        event_id=draft.event_id or event_id("evt"),
        at=min(draft.at, at),
        learned_at=at,
        type=draft.type,
        channel=fields.pop("channel", None),
        outcome=fields.pop("outcome", None),
        document=fields,
        encrypted=encrypt(data_key, orjson.dumps(personal), context=EVENT_CONTEXT) if personal else None,
    )
