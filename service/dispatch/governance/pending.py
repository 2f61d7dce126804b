"""What of policies, templates and learning policies waits for the word of one actor: what they may do next,
and nothing that they may not."""

from __future__ import annotations

from typing import NamedTuple

from service.dispatch.governance.second_key import PATIENCE, same_holder
from service.dispatch.runtime import Runtime
from service.model.actor import Actor
from service.store import pending


class Waits(NamedTuple):
    """A step that somebody may take."""

    kind: str
    """`policy`, `template` or `learning`."""
    name: str
    version: int
    step: str
    """`test`, `approve`, `activate`, `retire` or `rollback`."""


_STEPS = {
    ("policy", "draft"): "test",
    ("policy", "tested"): "approve",
    ("policy", "approved"): "activate",
    ("learning", "draft"): "test",
    ("learning", "tested"): "approve",
    ("learning", "approved"): "activate",
    ("template", "draft"): "approve",
    ("template", "approved"): "activate",
}
_CHANGES = {"policy.retire": "retire", "policy.roll_back": "rollback"}


async def waits_for(runtime: Runtime, actor: Actor) -> list[Waits]:
    """The steps that wait for this actor: an author is never asked to approve, and nobody to confirm what
    they asked for themselves."""
    found: list[Waits] = []
    async with runtime.database.connection() as connection:
        for one in await pending.versions(connection):
            if one.creditor is not None and not actor.may_see(one.creditor):
                continue
            step = _STEPS[one.kind, one.state]
            if step != "approve" or not await same_holder(connection, one.created_by, actor.name):
                found.append(Waits(one.kind, one.name, one.version, step))
        found += [
            Waits("policy", ask.name, ask.version, _CHANGES.get(ask.change, ask.change))
            for ask in await pending.changes(connection, runtime.clock.now() - PATIENCE)
            if not await same_holder(connection, ask.asked_by, actor.name)
        ]
    return found


async def is_author(runtime: Runtime, created_by: str, actor: Actor) -> bool:
    """Whether a version is the actor's own: then another key has to approve it."""
    async with runtime.database.connection() as connection:
        return await same_holder(connection, created_by, actor.name)
