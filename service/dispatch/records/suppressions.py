"""Suppressions as people and systems keep them: listed, added from what the lender knows already, lifted with
a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from service.dispatch.access.keys import check_unlimited
from service.dispatch.events.record import NewEvent, Recorded, added_entry, lifted_entry, reach_others, record
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import send_on
from service.errors import NotFound
from service.log.append import append
from service.model.actor import Actor
from service.model.suppression import CONFIRMABLE
from service.store import borrowers, cells, suppressions
from service.store.cells import Owed
from service.store.database import Connection
from service.store.events import EventRow
from service.store.suppressions import Draft, Suppression

NOTE_CONTEXT = b"suppression"
PREFIX = "sup_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionDraft:
    """What is to be suppressed."""

    address: str = field(repr=False)
    channel: str
    reason: str
    note: str | None = field(default=None, repr=False)


async def add_suppressions(
    runtime: Runtime, drafts: Sequence[SuppressionDraft], actor: Actor, *, via: str
) -> list[tuple[dict[str, Any], bool]]:
    """Add suppressions; each with whether it is new, in order. One that stands already is renewed: nothing
    that was said before this lifts it. Whoever may add may restrict, also with a key that is limited to
    creditors."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        rows = [_row(runtime, draft, actor, via, at) for draft in drafts]
        added = {
            (one.digest, one.channel, one.reason): one for one in await suppressions.add(connection, rows, at)
        }
        await append(connection, [added_entry(one, at, actor.name) for one in added.values() if one.new])
        standing = {
            (one.digest, one.channel, one.reason): one
            for one in await suppressions.standing(connection, [row.digest for row in rows])
        }
    await reach_others(runtime, Recorded(closed=frozenset(row.digest for row in rows)))
    keys = [(row.digest, row.channel, row.reason) for row in rows]
    return [(_document(runtime, standing[key]), added[key].new) for key in keys]


def _row(runtime: Runtime, draft: SuppressionDraft, actor: Actor, via: str, at: datetime) -> Draft:
    return Draft(
        digest=runtime.vault.address_digest(draft.address),
        channel=draft.channel,
        reason=draft.reason,
        at=at,
        actor=actor.name,
        via=via,
        said_by=(),
        note=None
        if draft.note is None
        else runtime.vault.encrypt_own(draft.note.encode(), context=NOTE_CONTEXT),
    )


async def count_standing(runtime: Runtime, drafts: Sequence[SuppressionDraft]) -> int:
    """How many of these stand already: what a dry run says."""
    keys = {(runtime.vault.address_digest(draft.address), draft.channel, draft.reason) for draft in drafts}
    async with runtime.database.connection() as connection:
        found = await suppressions.standing(connection, [digest for digest, _, _ in keys])
    return len(keys & {(one.digest, one.channel, one.reason) for one in found})


async def list_suppressions(
    runtime: Runtime,
    actor: Actor,
    *,
    address: str | None = None,
    channel: str | None = None,
    reason: str | None = None,
    lifted: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Suppressions, the newest first; with `lifted` also those that stand no more. Addresses are kept as
    digests: who names one finds what stands against it. Raises Forbidden for a key that is limited to
    creditors."""
    check_unlimited(actor)
    async with runtime.database.connection() as connection:
        rows = await suppressions.page(
            connection,
            digest=None if address is None else runtime.vault.address_digest(address),
            channel=channel,
            reason=reason,
            lifted=lifted,
            before=before,
            limit=limit,
        )
    return [_document(runtime, row) for row in rows]


async def lift_suppression(runtime: Runtime, id_: str, actor: Actor, reason: str) -> dict[str, Any]:
    """Lift one, with a reason that stands beside it. Repeatable. Raises NotFound, and Forbidden for a key
    that is limited to creditors.

    What said that the address is not the borrower's, or is dead, is answered in the history of each who has
    it, as `address_confirmed` would: the event that said so bars by itself. A wish stays with the person who
    said it, until that person takes it back."""
    check_unlimited(actor)
    at, number = runtime.clock.now(), number_of(id_)
    async with runtime.database.transaction() as connection:
        before = None if number is None else await suppressions.one(connection, number)
        if before is None:
            raise NotFound("there is no such suppression")
        having = await borrowers.with_addresses(connection, [before.digest], None)
        ids = having.get(before.digest, []) if before.reason in CONFIRMABLE else []
        await borrowers.lock(connection, ids)
        because = runtime.vault.encrypt_own(reason.encode(), context=NOTE_CONTEXT)
        row = await suppressions.lift(
            connection, before.suppression_id, at=at, actor=actor.name, because=because
        )
        if row is None:
            return _document(runtime, await suppressions.one(connection, before.suppression_id) or before)
        await append(connection, [lifted_entry(row, at, actor.name)])
        await record(connection, await _confirmations(runtime, connection, row, ids, actor.name, at), at=at)
        if runtime.joined is not None and row.reason in CONFIRMABLE:
            others = [one.cell for one in runtime.joined.others(runtime)]
            await cells.owe(connection, others, LIFTED, row.digest, about=str(row.suppression_id))
    await send_on(runtime)
    return _document(runtime, row)


LIFTED = "lifted"


async def act_lifted(source: Runtime, other: Runtime, one: Owed) -> None:
    """Say in another cell too that an address is that of whoever has it, since a person lifted what said
    otherwise."""
    async with source.database.connection() as connection:
        row = await suppressions.one(connection, int(one.about or 0))
    if row is None or row.lifted_at is None:
        return
    async with other.database.transaction() as connection:
        having = await borrowers.with_addresses(connection, [row.digest], None)
        ids = having.get(row.digest, [])
        await borrowers.lock(connection, ids)
        found = await _confirmations(other, connection, row, ids, row.lifted_by or "system", row.lifted_at)
        await record(connection, found, at=other.clock.now())


async def _confirmations(
    runtime: Runtime,
    connection: Connection,
    row: Suppression,
    ids: Sequence[UUID],
    actor: str,
    at: datetime,
) -> list[NewEvent]:
    """For each borrower who has the address, that it is theirs and in service."""
    profiles = await borrowers.profiles(connection, ids)
    return [
        NewEvent(
            row=EventRow(
                borrower_id=borrower,
                event_id=f"lifted.{PREFIX}{row.suppression_id}",
                at=at,
                learned_at=at,
                type="address_confirmed",
                channel=row.channel,
                outcome=None,
                document={"address": row.digest.hex(), "via": "suppression"},
                encrypted=None,
            ),
            actor=actor,
            data_key=None if profile.data_key is None else runtime.vault.unwrap(profile.data_key),
            public={"via": "suppression"},
        )
        for borrower, profile in profiles.items()
    ]


def number_of(id_: str) -> int | None:
    """The number in an id, or None where it is none of ours."""
    digits = id_.removeprefix(PREFIX)
    good = id_.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) <= 18  # noqa: PLR2004
    return int(digits) if good else None


def _document(runtime: Runtime, row: Suppression) -> dict[str, Any]:
    return {
        "id": f"{PREFIX}{row.suppression_id}",
        "channel": row.channel,
        "reason": row.reason,
        "said_at": row.at,
        "recorded_at": row.recorded_at,
        "added_by": row.actor,
        "via": row.via,
        "note": _open(runtime, row.note),
        "lifted_at": row.lifted_at,
        "lifted_by": row.lifted_by,
        "lifted_because": _open(runtime, row.lifted_because),
    }


def _open(runtime: Runtime, encrypted: bytes | None) -> str | None:
    return None if encrypted is None else runtime.vault.decrypt_own(encrypted, context=NOTE_CONTEXT).decode()
