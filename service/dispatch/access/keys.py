"""API keys: made, listed, rotated with an overlap, revoked; every change is in the log, no secret is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from service.dispatch.runtime import Runtime
from service.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.key import ApiKey, FreshKey, KeyDraft, digest_of, fresh_key
from service.store import keys

OVERLAP = timedelta(hours=24)
"""How long the old key of a rotation stays good where the caller says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A new key with its text, which nobody can show again."""

    key: ApiKey
    fresh: FreshKey


async def create_key(runtime: Runtime, draft: KeyDraft, actor: Actor) -> IssuedKey:
    """Make a key. Raises InvalidRequest for one that would have expired, Forbidden for a maker who is
    limited."""
    at = runtime.clock.now()
    check_unlimited(actor)
    _check_expiry(draft.expires_at, at)
    fresh = fresh_key()
    key = ApiKey(
        id=fresh.id,
        name=draft.name,
        role=draft.role,
        creditors=draft.creditors,
        rate_per_minute=draft.rate_per_minute,
        created_at=at,
        created_by=actor.name,
        expires_at=draft.expires_at,
    )
    async with runtime.database.transaction() as connection:
        await keys.insert(connection, key, digest_of(fresh.text))
        await append(connection, [_entry("key.created", key, actor, at)])
    return IssuedKey(key=key, fresh=fresh)


async def list_keys(
    runtime: Runtime, actor: Actor, *, after: tuple[datetime, str] | None, limit: int
) -> list[ApiKey]:
    """Keys, newest first, also those that are no longer good. Never a secret, never a digest."""
    check_unlimited(actor)
    async with runtime.database.connection() as connection:
        return await keys.page(connection, after, limit)


async def revoke_key(runtime: Runtime, key_id: str, actor: Actor) -> ApiKey:
    """End a key now. Repeatable. Raises NotFound."""
    at = runtime.clock.now()
    check_unlimited(actor)
    async with runtime.database.transaction() as connection:
        key = await keys.lock(connection, key_id)
        if key is None:
            raise NotFound("there is no such key")
        if key.revoked_at is None:
            await keys.revoke(connection, key_id, at)
            key = replace(key, revoked_at=at)
            await append(connection, [_entry("key.revoked", key, actor, at)])
    return key


async def rotate_key(
    runtime: Runtime,
    key_id: str,
    actor: Actor,
    *,
    overlap: timedelta = OVERLAP,
    expires_at: datetime | None = None,
) -> IssuedKey:
    """A new key like the old one, which ends after `overlap`. Without `expires_at` the new one lives as long
    as the old was meant to. Raises NotFound, and Conflict for a key that is not good any more."""
    at = runtime.clock.now()
    check_unlimited(actor)
    _check_expiry(expires_at, at)
    fresh = fresh_key()
    async with runtime.database.transaction() as connection:
        old = await keys.lock(connection, key_id)
        if old is None:
            raise NotFound("there is no such key")
        refusal = old.refusal(at)
        if refusal is not None:
            raise Conflict(f"this key is {refusal}; make a new one instead")
        if expires_at is None and old.expires_at is not None:
            expires_at = at + (old.expires_at - old.created_at)
        ends = at + overlap if old.expires_at is None else min(old.expires_at, at + overlap)
        key = replace(
            old, id=fresh.id, created_at=at, created_by=actor.name, expires_at=expires_at, replaces=old.id
        )
        await keys.insert(connection, key, digest_of(fresh.text))
        await keys.expire(connection, old.id, ends)
        await append(connection, [_entry("key.rotated", key, actor, at, old_ends=ends)])
    return IssuedKey(key=key, fresh=fresh)


async def names_of_keys(runtime: Runtime) -> dict[str, str]:
    """Whose each key is, by its id, for pages that say who did something."""
    async with runtime.database.connection() as connection:
        return await keys.names(connection)


async def find_key(runtime: Runtime, key_id: str) -> tuple[ApiKey, bytes] | None:
    """A key and its digest, for whoever authenticates."""
    async with runtime.database.connection() as connection:
        return await keys.find(connection, key_id)


def check_unlimited(actor: Actor) -> None:
    """Raise Forbidden where a key that is limited to creditors would touch what concerns all of them."""
    if actor.creditors is not None:
        raise Forbidden("this key is limited to creditors; this concerns all of them")


def key_document(key: ApiKey) -> dict[str, Any]:
    """A key as the API shows it."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "creditors": None if key.creditors is None else sorted(key.creditors),
        "rate_per_minute": key.rate_per_minute,
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "replaces": key.replaces,
    }


def _check_expiry(expires_at: datetime | None, at: datetime) -> None:
    if expires_at is not None and expires_at <= at:
        field_error = FieldError(
            pointer="/expires_at", detail="expected an instant in the future", code="expired"
        )
        raise InvalidRequest("the key would have expired already", field_errors=[field_error])


def _entry(kind: str, key: ApiKey, actor: Actor, at: datetime, *, old_ends: datetime | None = None) -> Entry:
    public: dict[str, Any] = {
        "key": key.id,
        "role": key.role.value,
        "creditors": None if key.creditors is None else sorted(key.creditors),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
    }
    if old_ends is not None:
        public |= {"replaces": key.replaces, "old_ends_at": old_ends.isoformat()}
    return Entry.of(kind, at, actor.name, public=public)
