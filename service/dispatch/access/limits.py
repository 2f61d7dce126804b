"""What a key that is limited to creditors may know of a borrower: of one of its creditors' alone, or of one
that it stored itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from service.errors import AnotherCreditor, NotFound
from service.model.actor import Actor
from service.store import borrowers
from service.store.database import Connection


async def check_borrower(connection: Connection, borrower: UUID, actor: Actor) -> None:
    """Raise NotFound where the borrower is nobody's whom this key may know; a stranger's borrower is as good
    as none."""
    if not await known_to(connection, [borrower], actor):
        raise NotFound("there is no such borrower")


async def known_to(connection: Connection, ids: Collection[UUID], actor: Actor) -> set[UUID]:
    """Those of these borrowers whom the key may know."""
    if actor.creditors is None:
        return set(ids)
    return await borrowers.of_creditors(connection, ids, sorted(actor.creditors))


async def alone_with(connection: Connection, ids: Collection[UUID], actor: Actor) -> set[UUID]:
    """Those of these borrowers whom no other creditor has than the key's own: whose profile it may change,
    and whose wishes it may lift."""
    if actor.creditors is None:
        return set(ids)
    return await borrowers.of_creditors_alone(connection, ids, sorted(actor.creditors))


def anothers_borrower() -> AnotherCreditor:
    """The refusal of a profile that other creditors rely on too."""
    return AnotherCreditor(
        "other creditors have this borrower too: a change of the profile needs a key for all of them"
    )


def without_others(entry: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """An entry as a limited key may read it: what a decision knew of other creditors is left out, and
    counted."""
    detail = entry["detail"]
    if actor.creditors is None or not isinstance(detail, dict) or "facts" not in detail:
        return entry
    events = detail["facts"]["events"]
    mine = [one for one in events if one.get("creditor") is None or one["creditor"] in actor.creditors]
    facts = {**detail["facts"], "events": mine, "events_of_others": len(events) - len(mine)}
    return {**entry, "detail": {**detail, "facts": facts}}
