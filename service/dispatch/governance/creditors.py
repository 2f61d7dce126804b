"""Creditors as borrowers see them: the name, and how to reach them. Every message ends with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.message import Channel
from service.dispatch.runtime import Runtime
from service.errors import FieldError, Forbidden, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import creditors
from service.store.creditors import StoredCreditor
from service.store.wake import wake_in_force


async def put_creditor(
    runtime: Runtime,
    creditor: str,
    *,
    name: str,
    phone: str | None,
    email: str | None,
    url: str | None,
    senders: Mapping[str, str],
    actor: Actor,
) -> tuple[dict[str, Any], bool]:
    """Store a profile; returns it and whether it is new. `senders`: by channel, the account of the settings
    that its messages leave by. Raises Forbidden for somebody else's creditor, and InvalidRequest for a
    sender that these settings do not have."""
    _check(actor, creditor)
    _check_senders(runtime, senders)
    at = runtime.clock.now()
    contact = {"phone": phone, "email": email, "url": url}
    async with runtime.database.transaction() as connection:
        created = await creditors.put(
            connection,
            creditor=creditor,
            name=name,
            contact=contact,
            senders=senders,
            at=at,
            actor=actor.name,
        )
        public = {"creditor": creditor, "name": name, "contact": contact, "senders": dict(senders)}
        await append(connection, [Entry.of("creditor.changed", at, actor.name, public=public)])
        await wake_in_force(connection)
    await refresh(runtime)
    return await get_creditor(runtime, creditor, actor), created


async def get_creditor(runtime: Runtime, creditor: str, actor: Actor) -> dict[str, Any]:
    """One profile. Raises NotFound."""
    async with runtime.database.connection() as connection:
        row = await creditors.find(connection, creditor)
    if row is None or not actor.may_see(creditor):
        raise NotFound("this creditor has no profile")
    return _document(row)


async def list_creditors(
    runtime: Runtime, actor: Actor, *, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Profiles by name; those that the actor may see."""
    mine = None if actor.creditors is None else sorted(actor.creditors)
    async with runtime.database.connection() as connection:
        return [_document(row) for row in await creditors.page(connection, after, mine, limit)]


async def refresh(runtime: Runtime) -> None:
    """Put what just changed on this process's in_force at once; the others are told."""
    async with runtime.database.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())


def _check(actor: Actor, creditor: str) -> None:
    if not actor.may_see(creditor):
        field_error = FieldError(
            pointer="/path/creditor",
            detail="expected a creditor that this key is limited to",
            code="other-creditor",
        )
        raise Forbidden("this key is limited to other creditors", field_errors=[field_error])


def _check_senders(runtime: Runtime, senders: Mapping[str, str]) -> None:
    wrong = [
        FieldError(
            pointer=f"/senders/{channel}",
            detail=f"expected one of {known}, got {sender!r}"
            if (known := ", ".join(sorted(runtime.in_force.senders.get(channel, ()))))
            else f"expected none: FORBEAR_SENDERS names no account that serves {channel}",
            code="unknown-sender",
        )
        for channel, sender in senders.items()
        if sender not in runtime.in_force.senders.get(channel, ())
    ]
    if wrong:
        raise InvalidRequest("these settings do not have such an account", field_errors=wrong)


def _document(row: StoredCreditor) -> dict[str, Any]:
    return {
        "creditor": row.creditor,
        "name": row.name,
        **row.contact,
        "senders": {channel.value: (row.senders or {}).get(channel.value) for channel in Channel},
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
    }
