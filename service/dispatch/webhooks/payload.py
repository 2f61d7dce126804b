"""What a webhook says: ids, states, the sender's own reference and metadata, the place in the log. Never an
address, a name or a text; who needs more reads it with a key. It is made when it leaves, so that nothing
personal waits in the outbox; after an erasure a repeat says what is still known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from service.dispatch.runtime import Runtime
from service.ids import DeliveryId, NoticeId
from service.log.encode import decrypt_detail
from service.model.webhook import CHECKPOINT, DELIVERY, EVENT_RECORDED, NOTICE_ACCEPTED, NOTICE_DONE, TEST
from service.store import borrowers, log_tree, notices, webhook_outbox
from service.store.borrowers import StoredBorrower
from service.store.database import Connection
from service.store.encrypted import decrypt_content, decrypt_profile
from service.store.notices import StoredNotice
from service.store.webhook_outbox import Leaf, Leaving
from service.vault import DecryptionFailed


async def bodies(runtime: Runtime, connection: Connection, leaving: Sequence[Leaving]) -> list[bytes]:
    """The bodies of requests, in order."""
    keys = [
        (one.borrower_id, one.notice_no)
        for one in leaving
        if one.borrower_id is not None and one.notice_no is not None
    ]
    stored = {(row.borrower_id, row.notice_no): row for row in await notices.stored(connection, keys)}
    people = await borrowers.profiles(connection, {one.borrower_id for one in leaving if one.borrower_id})
    await _add_moved(runtime, keys, stored, people)
    leaves = await webhook_outbox.leaves(
        connection, [one.entry_id for one in leaving if one.entry_id is not None]
    )
    found = []
    for one in leaving:
        notice = _of(stored, one)
        person = people.get(one.borrower_id) if one.borrower_id else None
        data = _data(runtime, one, notice, person, leaves.get(one.entry_id or 0))
        if one.type == CHECKPOINT:
            data |= await _checkpoint(connection, one)
        found.append(body_of(one.type, one.at, data))
    return found


async def _add_moved(
    runtime: Runtime,
    keys: Sequence[tuple[UUID, int]],
    stored: dict[tuple[UUID, int], StoredNotice],
    people: dict[UUID, StoredBorrower],
) -> None:
    """What happened in a cell is told by that cell, also of borrowers who have left it since."""
    if runtime.joined is None:
        return
    missing = [key for key in keys if key[0] not in people]
    for one, some in runtime.joined.by_cell(missing, lambda key: key[0]):
        if one.cell != runtime.cell:
            async with one.database.connection() as connection:
                stored |= {
                    (row.borrower_id, row.notice_no): row for row in await notices.stored(connection, some)
                }
                people |= await borrowers.profiles(connection, {key[0] for key in some})


def _of(stored: Mapping[tuple[UUID, int], StoredNotice], one: Leaving) -> StoredNotice | None:
    if one.borrower_id is None or one.notice_no is None:
        return None
    return stored.get((one.borrower_id, one.notice_no))


def body_of(type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return orjson.dumps({"type": type_, "timestamp": at, "data": data}, option=orjson.OPT_UTC_Z)


def test_body(endpoint_id: str, at: datetime) -> bytes:
    """What a test of an endpoint says."""
    return body_of(TEST, at, {"endpoint_id": endpoint_id})


def _data(
    runtime: Runtime,
    one: Leaving,
    notice: StoredNotice | None,
    person: StoredBorrower | None,
    leaf: Leaf | None,
) -> dict[str, Any]:
    data_key = None if person is None or person.data_key is None else runtime.vault.unwrap(person.data_key)
    if one.borrower_id is None:
        return {**_of_entry(one.type, leaf), "log_index": one.log_index}
    id_ = None if one.notice_no is None else NoticeId(one.borrower_id, one.notice_no)
    found: dict[str, Any] = {
        "notice_id": None if id_ is None else str(id_),
        "delivery_id": str(DeliveryId(id_, one.channel)) if id_ is not None and one.channel else None,
        "borrower_id": _upstream_id(data_key, person),
        "channel": one.channel,
        "state": _state(one.type),
        **_of_notice(data_key, notice),
        "log_index": one.log_index,
    }
    if one.type == EVENT_RECORDED:
        found |= _of_event(data_key, leaf)
    return found


def _state(type_: str) -> str | None:
    """The delivery's, or the notice's."""
    if type_.startswith(DELIVERY):
        return type_.removeprefix(DELIVERY)
    return {NOTICE_ACCEPTED: "open", NOTICE_DONE: "done"}.get(type_)


def _upstream_id(data_key: bytes | None, person: StoredBorrower | None) -> str | None:
    if data_key is None or person is None:
        return None
    return decrypt_profile(data_key, person.encrypted).id


def _of_notice(data_key: bytes | None, notice: StoredNotice | None) -> dict[str, Any]:
    if notice is None:
        return {"reference": None, "metadata": {}}
    content = None if data_key is None else decrypt_content(data_key, notice.encrypted)
    return {
        "reference": None if content is None else content["reference"],
        "metadata": {} if content is None else content.get("metadata", {}),
        "debt_id": notice.debt_id,
        "creditor": notice.creditor,
        "category": notice.category,
    }


def _of_event(data_key: bytes | None, leaf: Leaf | None) -> dict[str, Any]:
    """The kind of a recorded event, when it happened, and its id as whoever recorded it named it."""
    if leaf is None:
        return {}
    read = orjson.loads(leaf.leaf)
    public = read.get("public", {})
    happened = public.get("happened_at")
    found = {
        "event_type": public.get("type"),
        "happened_at": happened and datetime.fromisoformat(happened),
        "event_id": None,
    }
    if data_key is not None and leaf.detail is not None:
        with suppress(DecryptionFailed):  # from before an erasure, of a borrower who came back
            found["event_id"] = decrypt_detail(data_key, read, leaf.detail)[0].get("event_id")
    return found


_SHOWN = ("suppression", "reason", "covers", "stops", "message", "taken_for", "active_from")
"""Of what stands openly in an entry about no borrower; a reason is a word of a closed list but for
policies."""


def _of_entry(type_: str, leaf: Leaf | None) -> dict[str, Any]:
    if leaf is None:
        return {}
    read = orjson.loads(leaf.leaf)
    shown = {
        name: value
        for name, value in read.get("public", {}).items()
        if name in _SHOWN and not (name == "reason" and type_.startswith("policy."))
    }
    for policy in read.get("policies", ())[:1]:
        shown["policy"], _, shown["version"] = policy.rpartition("@")
    return shown


async def _checkpoint(connection: Connection, one: Leaving) -> dict[str, Any]:
    size = (one.log_index or 0) + 1
    return {"size": size, "checkpoint": await log_tree.note_of(connection, size)}


def event_name(event_id: UUID) -> str:
    """An event's id as receivers see it: equal in every repeat."""
    return f"evt_{event_id.hex}"


def event_of(name: str) -> UUID | None:
    """The id in a name, or None."""
    head, _, tail = name.partition("_")
    try:
        found = UUID(hex=tail)
    except ValueError:
        return None
    return found if head == "evt" and name == event_name(found) else None
