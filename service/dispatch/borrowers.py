"""Borrowers: storing a profile, reading it, and forgetting the person."""

from __future__ import annotations

from typing import Any

from service.dispatch.desk import Desk
from service.dispatch.enrol import store_profiles
from service.dispatch.profile import open_profile, profile_document
from service.errors import NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.notice import BorrowerDraft
from service.store import borrowers, erasure
from service.store.wake import wake_workers


async def put_borrower(desk: Desk, draft: BorrowerDraft, actor: Actor) -> tuple[dict[str, Any], bool]:
    """Store a whole profile; returns it and whether the borrower is new."""
    borrower = desk.vault.borrower_key(draft.id)
    async with desk.database.transaction() as connection:
        known = await borrowers.profiles(connection, [borrower])
        keys = await store_profiles(desk, connection, {borrower: draft}, known)
        row = (await borrowers.profiles(connection, [borrower]))[borrower]
        entry = Entry(
            kind="borrower.changed",
            at=desk.clock.now(),
            actor=actor.name,
            borrower=borrower,
            public={"revision": row["revision"]},
            detail={"channels": sorted(draft.addresses)},
            data_key=keys[borrower],
        )
        await append(connection, [entry])
    return profile_document(row, open_profile(keys[borrower], row["sealed"])), not known


async def get_borrower(desk: Desk, upstream_id: str, actor: Actor) -> dict[str, Any]:
    """A borrower's profile. Raises NotFound for one who is unknown or erased."""
    del actor
    borrower = desk.vault.borrower_key(upstream_id)
    async with desk.database.connection() as connection:
        row = (await borrowers.profiles(connection, [borrower])).get(borrower)
    if row is None or row["data_key"] is None:
        raise NotFound("there is no such borrower")
    return profile_document(row, open_profile(desk.vault.unwrap(row["data_key"]), row["sealed"]))


async def erase_borrower(desk: Desk, upstream_id: str, actor: Actor, reason: str | None = None) -> dict[str, Any]:
    """Destroy the borrower's key and rows; what law demands stays, without the person. The log still verifies.

    Stays: the entry that says so, the log's leaves (commitments only), opt-outs and their kin (keyed digests of addresses), and
    contacts as bare instants, so that a person who comes back is not contacted more than the law allows."""
    borrower, at = desk.vault.borrower_key(upstream_id), desk.clock.now()
    async with desk.database.transaction() as connection:
        if not await borrowers.lock(connection, [borrower]):
            raise NotFound("there is no such borrower")
        erased = await erasure.erase(connection, borrower, at)
        entry = Entry(
            kind="borrower.erased",
            at=at,
            actor=actor.name,
            borrower=borrower,
            public={"deliveries_cancelled": erased.cancelled, "in_flight": erased.in_flight, "reason": reason},
        )
        await append(connection, [entry])
        await wake_workers(connection)
    return {"erased_at": at, "deliveries_cancelled": erased.cancelled, "in_flight": erased.in_flight}
