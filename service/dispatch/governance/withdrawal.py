"""Taking a policy out of force, and going back to an earlier text: each takes a reason and two keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.dispatch.access.keys import check_unlimited
from service.dispatch.governance.existing import existing
from service.dispatch.governance.policies import (
    RETIRE,
    ROLL_BACK,
    binds,
    entry_of,
    refresh,
    state_of,
    version_document,
    waiting_for,
)
from service.dispatch.governance.second_key import second_key
from service.dispatch.runtime import Runtime
from service.errors import Conflict
from service.log.append import append
from service.model.actor import Actor
from service.store import policies
from service.store.database import Connection
from service.store.policies import StoredVersion
from service.store.second_keys import Asked
from service.store.wake import wake_in_force


async def retire_policy(
    runtime: Runtime, name: str, version: int, actor: Actor, *, reason: str
) -> tuple[dict[str, Any], bool]:
    """Let a version bind no more, or never; returns it, and whether it is done. One that binds, or is to
    bind, takes two keys: the first asks, the second does it. Raises Conflict where nothing of a name that the
    settings bind would be left."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await policies.lock_name(connection, name)
        row = existing(await policies.lock(connection, name, version))
        state, asked = state_of(row, at), None
        if state != "retired":
            _check_left(runtime, name, row, await policies.versions(connection, name), at)
            if state == "active":
                asked, is_new = await second_key(
                    connection, RETIRE, name, version, actor=actor, reason=reason, at=at
                )
                if asked is None:
                    entry = entry_of(
                        "policy.retirement_asked", name, version, row.digest, actor, at, reason=reason
                    )
                    await append(connection, [entry] if is_new else [])
                    return await _asked_for(connection, row, at), False
            await policies.retire(connection, name, version, at)
            entry = entry_of(
                "policy.retired", name, version, row.digest, actor, at, reason=reason, **_asker(asked)
            )
            await append(connection, [entry])
            await wake_in_force(connection)
            row = existing(await policies.lock(connection, name, version))
    await refresh(runtime)
    return version_document(row, at), True


async def roll_back_policy(
    runtime: Runtime, name: str, version: int, actor: Actor, *, reason: str
) -> tuple[dict[str, Any], bool]:
    """Bind by the text of an earlier version again, from now on: a new version, whose author is who asked and
    whose approver is the second key. Returns it, and whether it is done. Raises Conflict for a version that
    never bound, or that binds now."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await policies.lock_name(connection, name)
        row = existing(await policies.lock(connection, name, version))
        if state_of(row, at) != "retired" or row.active_from is None:
            raise Conflict("only a version that was in force and is no more can be rolled back to")
        asked, is_new = await second_key(
            connection, ROLL_BACK, name, version, actor=actor, reason=reason, at=at
        )
        if asked is None:
            entry = entry_of("policy.rollback_asked", name, version, row.digest, actor, at, reason=reason)
            await append(connection, [entry] if is_new else [])
            return await _asked_for(connection, row, at), False
        new = (await policies.versions(connection, name))[0].version + 1
        await policies.insert(
            connection,
            name=name,
            version=new,
            document=row.document,
            digest=row.digest,
            at=at,
            actor=asked.asked_by,
        )
        await policies.mark_tested(connection, name, new, at)
        await policies.mark_approved(connection, name, new, at, actor.name)
        await policies.activate(connection, name, new, at)
        further = {"active_from": at.isoformat(), "rolled_back_to": version, "reason": reason}
        entry = entry_of("policy.activated", name, new, row.digest, actor, at, **further, **_asker(asked))
        await append(connection, [entry])
        await wake_in_force(connection)
        row = existing(await policies.lock(connection, name, new))
    await refresh(runtime)
    return version_document(row, at), True


def _asker(asked: Asked | None) -> dict[str, str]:
    return {} if asked is None else {"asked_by": asked.asked_by}


async def _asked_for(connection: Connection, row: StoredVersion, at: datetime) -> dict[str, Any]:
    """A version with what waits for a second key."""
    return version_document(row, at) | await waiting_for(connection, row.name, row.version)


def _check_left(
    runtime: Runtime, name: str, row: StoredVersion, known: list[StoredVersion], at: datetime
) -> None:
    """A name that FORBEAR_POLICIES binds must go on existing: what ships, or another version in force."""
    if (
        name in runtime.in_force.shipped_policies
        or name not in (*(runtime.in_force.names or ()), *runtime.in_force.further)
        or not binds(row, at)
    ):
        return
    if not any(binds(one, at) for one in known if one.version != row.version):
        raise Conflict("the settings bind this policy by name, and no other version of it is in force")
