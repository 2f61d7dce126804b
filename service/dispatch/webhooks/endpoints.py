"""Endpoints: made, changed, tested, their secrets replaced, their events sent again. Every change stands in
the log."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channels.webhook.networks import refusal_of
from channels.webhook.sender import Sender
from channels.webhook.signature import headers, new_secret
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.dispatch.webhooks.copies import copy_endpoints
from service.dispatch.webhooks.payload import event_name, event_of, test_body
from service.errors import Conflict, FieldError, InvalidRequest, NotFound, Unavailable
from service.ids import event_id
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.webhook import TEST, TYPES, WILDCARDS
from service.store import webhook_outbox, webhooks
from service.store.database import Connection
from service.store.webhooks import Attempt, Endpoint

URL, SECRET, ANSWER = b"webhook-url", b"webhook-secret", b"webhook-answer"
MOST_ENDPOINTS = 100
OVERLAP = timedelta(hours=24)
"""How long the old secret signs too, once it is replaced."""
TRIES = 20
"""How often it is tried to let the database write events, a moment apart: who writes deliveries is waited
for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDraft:
    """What an endpoint is made of, or changed to; None leaves a thing as it is."""

    url: str | None = None
    types: tuple[str, ...] | None = None
    creditor: str | None = None
    description: str | None = None
    enabled: bool | None = None


def url_of(runtime: Runtime, row: Endpoint) -> str:
    """Where requests go."""
    return runtime.vault.decrypt_own(row.url, context=URL).decode()


def secrets_of(runtime: Runtime, row: Endpoint, at: datetime) -> list[str]:
    """The secrets that sign at `at`, the newest first."""
    good = [row.secret]
    if row.previous_secret is not None and row.previous_until is not None and at < row.previous_until:
        good.append(row.previous_secret)
    return [runtime.vault.decrypt_own(one, context=SECRET).decode() for one in good]


def document(runtime: Runtime, row: Endpoint) -> dict[str, Any]:
    """An endpoint as the API shows it: never a secret."""
    return {
        "id": row.endpoint_id,
        "url": url_of(runtime, row),
        "types": list(row.types),
        "creditor": row.creditor,
        "description": row.description,
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "failing_since": row.failing_since,
        "previous_secret_until": row.previous_until if row.previous_secret is not None else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


async def _check(runtime: Runtime, actor: Actor, draft: EndpointDraft) -> None:
    field_errors: list[FieldError] = []
    known = {*TYPES, *WILDCARDS}
    field_errors += [
        FieldError(
            pointer=f"/types/{place}",
            detail=f"expected one of {', '.join(sorted(known))}",
            code="unknown-type",
        )
        for place, one in enumerate(draft.types or ())
        if one not in known
    ]
    if draft.url is not None and (refusal := await refusal_of(draft.url, runtime.networks)) is not None:
        field_errors.append(FieldError(pointer="/url", detail=refusal, code="refused"))
    if field_errors:
        raise InvalidRequest("the endpoint does not fit; nothing was stored", field_errors=field_errors)
    if draft.creditor is not None and not actor.may_see(draft.creditor):
        raise _not_yours()


def _not_yours() -> InvalidRequest:
    field_error = FieldError(
        pointer="/creditor", detail="expected a creditor that this key is limited to", code="creditor"
    )
    return InvalidRequest("the key's creditors do not cover this", field_errors=[field_error])


async def create(runtime: Runtime, actor: Actor, draft: EndpointDraft) -> tuple[dict[str, Any], str]:
    """Make an endpoint; returns it and its secret. Raises InvalidRequest, Conflict, Unavailable."""
    await _check(runtime, actor, draft)
    if actor.creditors is not None and draft.creditor is None:
        raise _not_yours()
    at, secret = runtime.clock.now(), new_secret()
    row = Endpoint(
        endpoint_id=event_id("whk"),
        url=runtime.vault.encrypt_own((draft.url or "").encode(), context=URL),
        types=draft.types or (),
        creditor=draft.creditor,
        description=draft.description or "",
        secret=runtime.vault.encrypt_own(secret.encode(), context=SECRET),
        previous_secret=None,
        previous_until=None,
        enabled=draft.enabled is not False,
        disabled_reason=None if draft.enabled is not False else "disabled by a person",
        failures=0,
        failing_since=None,
        created_at=at,
        created_by=actor.name,
        updated_at=at,
    )
    await _store(runtime, row, actor)
    await copy_endpoints(runtime)
    return document(runtime, row), secret


async def _store(runtime: Runtime, row: Endpoint, actor: Actor) -> None:
    """Store a new endpoint, and let the database write events from that commit on; who writes deliveries is
    waited for."""
    for left in reversed(range(TRIES)):
        try:
            async with runtime.database.transaction() as connection:
                if len(await webhooks.every(connection)) >= MOST_ENDPOINTS:
                    raise Conflict(f"there are {MOST_ENDPOINTS} endpoints, which is the most")
                await webhooks.insert(connection, row)
                await append(connection, [_entry("webhook.created", row, actor, row.created_at)])
                await webhooks.write_events(connection)
        except Unavailable:
            if not left:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def _entry(kind: str, row: Endpoint, actor: Actor, at: datetime, **further: Any) -> Entry:
    public = {
        "webhook": row.endpoint_id,
        "types": list(row.types),
        "creditor": row.creditor,
        "enabled": row.enabled,
        **further,
    }
    return Entry.of(kind, at, actor.name, public=public)


async def _one(connection: Connection, actor: Actor, endpoint_id: str, *, lock: bool = False) -> Endpoint:
    row = await webhooks.one(connection, endpoint_id, lock=lock)
    if row is None or (
        actor.creditors is not None and (row.creditor is None or not actor.may_see(row.creditor))
    ):
        raise NotFound("there is no such endpoint")
    return row


async def listed(runtime: Runtime, actor: Actor) -> list[dict[str, Any]]:
    """Every endpoint that is the actor's business, the oldest first."""
    async with runtime.database.connection() as connection:
        rows = await webhooks.every(connection)
    return [
        document(runtime, row)
        for row in rows
        if actor.creditors is None or (row.creditor is not None and actor.may_see(row.creditor))
    ]


async def read(runtime: Runtime, actor: Actor, endpoint_id: str) -> dict[str, Any]:
    """One endpoint. Raises NotFound."""
    async with runtime.database.connection() as connection:
        return document(runtime, await _one(connection, actor, endpoint_id))


async def change(
    runtime: Runtime, actor: Actor, endpoint_id: str, draft: EndpointDraft, *, for_all: bool = False
) -> dict[str, Any]:
    """Change what the draft gives; `for_all` takes the creditor away. Raises NotFound, InvalidRequest."""
    await _check(runtime, actor, draft)
    if for_all and actor.creditors is not None:
        raise _not_yours()
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        row = await _one(connection, actor, endpoint_id, lock=True)
        enabled = row.enabled if draft.enabled is None else draft.enabled
        again = enabled and not row.enabled
        row = row._replace(
            url=row.url if draft.url is None else runtime.vault.encrypt_own(draft.url.encode(), context=URL),
            types=draft.types or row.types,
            creditor=None if for_all else draft.creditor or row.creditor,
            description=row.description if draft.description is None else draft.description,
            enabled=enabled,
            disabled_reason=None if enabled else row.disabled_reason or "disabled by a person",
            failures=0 if again else row.failures,
            failing_since=None if again else row.failing_since,
            updated_at=at,
        )
        await webhooks.update(connection, row)
        await append(connection, [_entry("webhook.changed", row, actor, at)])
        if again:
            await webhook_outbox.hurry(connection, endpoint_id, at, at)
    await copy_endpoints(runtime)
    return document(runtime, row)


async def delete(runtime: Runtime, actor: Actor, endpoint_id: str) -> None:
    """Forget an endpoint with what is on its way to it. Raises NotFound."""
    async with runtime.database.transaction() as connection:
        row = await _one(connection, actor, endpoint_id, lock=True)
        await webhooks.delete(connection, endpoint_id)
        await append(connection, [_entry("webhook.deleted", row, actor, runtime.clock.now())])
    with suppress(Unavailable):  # without an endpoint the triggers write nothing; the next change stops them
        async with runtime.database.transaction() as connection:
            await webhooks.write_events(connection)
    await copy_endpoints(runtime)


async def rotate(runtime: Runtime, actor: Actor, endpoint_id: str) -> tuple[dict[str, Any], str]:
    """Replace the secret; the old one signs beside it for a day. Raises NotFound."""
    at, secret = runtime.clock.now(), new_secret()
    async with runtime.database.transaction() as connection:
        row = await _one(connection, actor, endpoint_id, lock=True)
        row = row._replace(
            secret=runtime.vault.encrypt_own(secret.encode(), context=SECRET),
            previous_secret=row.secret,
            previous_until=at + OVERLAP,
            updated_at=at,
        )
        await webhooks.update(connection, row)
        await append(connection, [_entry("webhook.rotated", row, actor, at)])
    await copy_endpoints(runtime)
    return document(runtime, row), secret


async def test(runtime: Runtime, actor: Actor, endpoint_id: str) -> dict[str, Any]:
    """Send one request now, also to an endpoint that is disabled, and say what came of it. Raises
    NotFound."""
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        row = await _one(connection, actor, endpoint_id)
    id_, body = uuid.uuid4(), test_body(endpoint_id, at)
    signed = headers(
        secrets_of(runtime, row, at), id_=event_name(id_), seconds=int(at.timestamp()), body=body
    )
    sender = Sender(runtime.networks)
    try:
        came = await sender.post(url_of(runtime, row), body, signed)
    finally:
        await sender.close()
    attempt = Attempt(
        0,
        id_,
        TEST,
        1,
        at,
        came.status,
        came.error,
        came.milliseconds,
        runtime.vault.encrypt_own(came.body, context=ANSWER) if came.body else None,
    )
    async with runtime.database.transaction() as connection:
        await webhooks.keep_attempts(connection, endpoint_id, [attempt])
    return attempt_document(runtime, attempt)


def attempt_document(runtime: Runtime, one: Attempt) -> dict[str, Any]:
    """A request, and what came of it."""
    answer = None
    if one.answer is not None:
        answer = runtime.vault.decrypt_own(one.answer, context=ANSWER).decode("utf-8", "replace")
    return {
        "event_id": event_name(one.event_id),
        "type": one.type,
        "number": one.number,
        "at": one.at,
        "delivered": one.status is not None and 200 <= one.status < 300,  # noqa: PLR2004
        "status": one.status,
        "error": one.error,
        "milliseconds": one.milliseconds,
        "answer": answer,
    }


async def attempts(
    runtime: Runtime, actor: Actor, endpoint_id: str, *, after: Sequence[int | None] = (), limit: int
) -> tuple[list[dict[str, Any]], list[int | None] | None]:
    """Requests to an endpoint of every cell, the newest first; and where the list goes on: by cell, the
    number of the last one that was listed, None where none was. Raises NotFound, and Unavailable where a cell
    is away."""
    async with runtime.database.connection() as connection:
        await _one(connection, actor, endpoint_id)

    async def of_cell(cell: Runtime) -> list[tuple[int, Attempt]]:
        below = after[cell.cell] if cell.cell < len(after) else None
        async with cell.database.connection() as connection:
            rows = await webhooks.attempts(connection, endpoint_id, below, limit + 1)
        return [(cell.cell, row) for row in rows]

    pages = await each(runtime, of_cell)
    found = in_order(pages, lambda one: (one[1].at, one[0], one[1].attempt_no), limit + 1)
    places = [after[cell] if cell < len(after) else None for cell in range(len(pages))]
    for cell, row in found[:limit]:
        places[cell] = row.attempt_no
    documents = [attempt_document(runtime, row) for _, row in found[:limit]]
    return documents, places if len(found) > limit else None


async def replay(
    runtime: Runtime,
    actor: Actor,
    endpoint_id: str,
    *,
    between: tuple[datetime, datetime] | None = None,
    names: Sequence[str] = (),
) -> int:
    """Send events again, under their own ids: those of a time, or by id. How many were put on their way.
    Raises NotFound, InvalidRequest."""
    ids = [event_of(one) for one in names]
    field_errors = [
        FieldError(pointer=f"/event_ids/{place}", detail="expected the id of an event, evt_…", code="invalid")
        for place, one in enumerate(ids)
        if one is None
    ]
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing is sent again", field_errors=field_errors)
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        row = await _one(connection, actor, endpoint_id)
    known = [one for one in ids if one is not None]

    async def again(cell: Runtime) -> int:
        async with cell.database.transaction() as connection:
            return await webhook_outbox.again(
                connection, endpoint_id, at, row.types, row.creditor, between=between, ids=known
            )

    count = sum(await each(runtime, again))
    async with runtime.database.transaction() as connection:
        await append(connection, [_entry("webhook.replayed", row, actor, at, events=count)])
    return count
