"""The rule of two keys: what takes something out of force, or back into it, is asked for by one key and done
by another.

The first call writes down who asks and why; the same call by a key of somebody else within a week does it. A
key that replaced another one by rotation is the same person's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from service.model.actor import Actor
from service.store import keys, second_keys
from service.store.database import Connection
from service.store.second_keys import Asked

PATIENCE = timedelta(days=7)
"""An ask that nobody answered for so long is void: one key must not act with another one's word of last
year."""
_KEY = "key:"


class Turn(NamedTuple):
    """Whose turn it is."""

    asked: Asked | None
    """The ask of another key, which is confirmed now; None where the change still waits for a second key."""
    is_new: bool
    """This ask was not there before."""


async def second_key(
    connection: Connection, change: str, name: str, version: int, *, actor: Actor, reason: str, at: datetime
) -> Turn:
    """Confirm another key's ask, or write down that `actor` asks.

    `change` names what is asked for, such as `policy.retire`. The caller holds the name's lock."""
    asked = await second_keys.find(connection, change, name, version)
    if asked is not None and at - asked.asked_at <= PATIENCE:
        if not await same_holder(connection, asked.asked_by, actor.name):
            await second_keys.forget(connection, change, name, version)
            return Turn(asked, is_new=False)
        if asked.reason == reason:
            return Turn(None, is_new=False)
    await second_keys.ask(connection, change, name, version, at=at, actor=actor.name, reason=reason)
    return Turn(None, is_new=True)


async def same_holder(connection: Connection, one: str, other: str) -> bool:
    """Whether two actors are one: the same, or keys that came from one another by rotation."""
    if one == other:
        return True
    if not (one.startswith(_KEY) and other.startswith(_KEY)):
        return False
    origins = [await keys.origin(connection, name.removeprefix(_KEY)) for name in (one, other)]
    return origins[0] == origins[1]


def asked_document(asked: Asked | None) -> dict[str, object] | None:
    """Who waits for a second key, as the API shows it."""
    return None if asked is None else {"at": asked.asked_at, "by": asked.asked_by, "reason": asked.reason}
