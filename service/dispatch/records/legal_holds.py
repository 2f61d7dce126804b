"""Legal holds: while one stands on a borrower, nothing of theirs goes, neither by retention nor by an
erasure."""

from __future__ import annotations

from typing import Any

from service.dispatch.access.keys import check_unlimited
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.errors import NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import borrowers, retention
from service.store.encrypted import decrypt_profile
from service.store.retention import LegalHold, ListedLegalHold


async def place_legal_hold(
    runtime: Runtime, upstream_id: str, actor: Actor, because: str
) -> tuple[dict[str, Any], bool]:
    """Place a hold; one that stands stays as it is. Returns it, and whether it is new. Raises NotFound."""
    check_unlimited(actor)
    borrower, at = runtime.vault.borrower_key(upstream_id), runtime.clock.now()
    runtime = runtime.of(borrower)
    async with runtime.database.transaction() as connection:
        if not await borrowers.lock(connection, [borrower]):
            raise NotFound("there is no such borrower")
        placed = await retention.place_legal_hold(connection, borrower, at, actor.name, because)
        if placed:
            entry = Entry.of_borrower("hold.placed", at, actor.name, borrower, public={"because": because})
            await append(connection, [entry])
        row = await retention.legal_hold(connection, borrower)
    return _document(row), placed


async def release_legal_hold(runtime: Runtime, upstream_id: str, actor: Actor) -> None:
    """End a hold. Raises NotFound where none stands."""
    check_unlimited(actor)
    borrower = runtime.vault.borrower_key(upstream_id)
    runtime = runtime.of(borrower)
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [borrower])
        if not await retention.release_legal_hold(connection, borrower):
            raise NotFound("no legal hold stands on this borrower")
        await append(
            connection,
            [Entry.of_borrower("hold.released", runtime.clock.now(), actor.name, borrower)],
        )


async def read_legal_hold(runtime: Runtime, upstream_id: str, actor: Actor) -> dict[str, Any]:
    """The hold that stands. Raises NotFound."""
    check_unlimited(actor)
    borrower = runtime.vault.borrower_key(upstream_id)
    async with runtime.of(borrower).database.connection() as connection:
        row = await retention.legal_hold(connection, borrower)
    if row is None or row.held_at is None:
        raise NotFound("no legal hold stands on this borrower")
    return _document(row)


MOST = 10_000


async def list_legal_holds(runtime: Runtime) -> list[dict[str, Any]]:
    """Every hold, the oldest first, with the upstream id of the borrower."""
    rows = in_order(await each(runtime, _all), lambda row: row.held_at, MOST, newest=False)
    return [{"borrower": _id(runtime, row), **_document(row)} for row in rows]


async def _all(runtime: Runtime) -> list[ListedLegalHold]:
    async with runtime.database.connection() as connection:
        return await retention.list_legal_holds(connection, MOST)


def _id(runtime: Runtime, row: ListedLegalHold) -> str | None:
    """Known while the borrower is not erased."""
    return (
        None
        if row.data_key is None
        else decrypt_profile(runtime.vault.unwrap(row.data_key), row.encrypted).id
    )


def _document(row: ListedLegalHold | LegalHold | None) -> dict[str, Any]:
    return (
        {}
        if row is None
        else {"placed_at": row.held_at, "placed_by": row.held_by, "because": row.held_because}
    )
