"""Results that are looked at again: kept encrypted for a week, so that a page of one may be loaded twice and
nothing is done twice."""

from __future__ import annotations

import secrets
from typing import Any

import orjson

from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.store import console_results

_CONTEXT = b"console-result"


async def keep_result(runtime: Runtime, subject: str, **found: Any) -> str:
    """Keep a result; returns its id."""
    id_, at = secrets.token_urlsafe(12), runtime.clock.now()
    text = orjson.dumps({"at": at, **found}, default=str)
    async with runtime.database.transaction() as connection:
        encrypted = runtime.vault.encrypt_own(text, context=_CONTEXT)
        await console_results.keep(connection, id_, subject, at, encrypted)
    return id_


async def find_result(runtime: Runtime, id_: str, subject: str) -> dict[str, Any]:
    """A result that was kept. Raises NotFound for one that was forgotten, or is about something else."""
    async with runtime.database.connection() as connection:
        row = await console_results.find(connection, id_, subject) if id_.isprintable() else None
    if row is None:
        raise NotFound("there is no such result; results are kept for a week")
    found: dict[str, Any] = orjson.loads(runtime.vault.decrypt_own(row.encrypted, context=_CONTEXT))
    return found
