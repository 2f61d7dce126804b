"""Creditors as borrowers see them: the name, and how to reach them. Every message ends with it."""

from __future__ import annotations

from typing import Any

from service.dispatch.runtime import Runtime
from service.errors import FieldError, Forbidden, NotFound
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
    actor: Actor,
) -> tuple[dict[str, Any], bool]:
    """Store a profile; returns it and whether it is new. Raises Forbidden for somebody else's creditor."""
    _check(actor, creditor)
    at = runtime.clock.now()
    contact = {"phone": phone, "email": email, "url": url}
    async with runtime.database.transaction() as connection:
        created = await creditors.put(
            connection, creditor=creditor, name=name, contact=contact, at=at, actor=actor.name
        )
        public = {"creditor": creditor, "name": name, "contact": contact}
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


def _document(row: StoredCreditor) -> dict[str, Any]:
    return {
        "creditor": row.creditor,
        "name": row.name,
        **row.contact,
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
    }
