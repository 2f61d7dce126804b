"""What was learned: tables of points that a person can read and argue with."""

from __future__ import annotations

from typing import Any

import orjson

from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.model.actor import Actor
from service.store import learning


async def list_snapshots(
    runtime: Runtime, actor: Actor, *, creditor: str | None, limit: int
) -> list[dict[str, Any]]:
    """What was learned for the creditors that the key sees, or for one of them, the newest first."""
    wanted = None if actor.creditors is None else sorted(actor.creditors)
    if creditor is not None:
        wanted = [creditor] if actor.may_see(creditor) else []
    async with runtime.database.connection() as connection:
        return [row._asdict() for row in await learning.snapshots(connection, wanted, limit)]


async def read_snapshot(runtime: Runtime, digest: str, actor: Actor) -> dict[str, Any]:
    """One of them in full. Raises NotFound, also where it is another creditor's."""
    async with runtime.database.connection() as connection:
        row = await learning.snapshot(connection, digest)
        if row is None or not actor.may_see(row.creditor):
            raise NotFound("nothing with this digest was learned")
        text = await learning.snapshot_text(connection, digest)
    snapshot = orjson.loads(text or "{}")
    named = dict(zip(snapshot["features"], snapshot["points"], strict=True))
    return {**row._asdict(), "named": named, "document": snapshot}
