"""Borrowers: storing a profile, reading it, and forgetting the person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from service.dispatch.access.limits import alone_with, anothers_borrower, check_borrower
from service.dispatch.intake.borrowers import enter_numbers, is_another, store_profiles
from service.dispatch.intake.checks import early_consents
from service.dispatch.number_limits.shared import storing_numbers
from service.dispatch.records.retained import demanded, keep_document, retained
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.forgotten import forget_elsewhere
from service.errors import Conflict, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.notice import BorrowerDraft
from service.store import borrowers, erasure, retention
from service.store.database import Connection
from service.store.encrypted import decrypt_profile, profile_document
from service.store.wake import wake_workers


async def put_borrower(runtime: Runtime, draft: BorrowerDraft, actor: Actor) -> tuple[dict[str, Any], bool]:
    """Store a whole profile; returns it and whether the borrower is new. Raises NotFound for a borrower of
    other creditors, AnotherCreditor for a change of one whom others have too, and InvalidRequest for a
    consent that is dated ahead."""
    if field_errors := list(early_consents(draft, runtime.clock.now())):
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)
    borrower = runtime.vault.borrower_key(draft.id)
    runtime = runtime.of(borrower)
    await enter_numbers(runtime, [draft])
    async with storing_numbers(runtime) as storing, runtime.database.transaction() as connection:
        known = await borrowers.profiles(connection, [borrower])
        if known:
            await check_borrower(connection, borrower, actor)
            await borrowers.lock(connection, known)
            known = await borrowers.profiles(connection, known)
            if is_another(runtime, draft, known[borrower]) and not await alone_with(connection, known, actor):
                raise anothers_borrower()
        keys = await store_profiles(runtime, connection, {borrower: draft}, known, storing)
        if not known and actor.creditors is not None:
            await borrowers.enrol_for(connection, borrower, sorted(actor.creditors))
        row = (await borrowers.profiles(connection, [borrower]))[borrower]
        entry = Entry.of_borrower(
            "borrower.changed",
            runtime.clock.now(),
            actor.name,
            borrower,
            public={"revision": row.revision},
            detail={"channels": sorted(draft.addresses)},
            data_key=keys[borrower],
        )
        await append(connection, [entry])
    return profile_document(row, decrypt_profile(keys[borrower], row.encrypted)), not known


async def get_borrower(runtime: Runtime, upstream_id: str, actor: Actor) -> dict[str, Any]:
    """A borrower's profile. Raises NotFound for one who is unknown or erased."""
    borrower = runtime.vault.borrower_key(upstream_id)
    runtime = runtime.of(borrower)
    async with runtime.database.connection() as connection:
        await check_borrower(connection, borrower, actor)
        row = (await borrowers.profiles(connection, [borrower])).get(borrower)
    if row is None or row.data_key is None:
        raise NotFound("there is no such borrower")
    return profile_document(row, decrypt_profile(runtime.vault.unwrap(row.data_key), row.encrypted))


async def erase_borrower(
    runtime: Runtime, upstream_id: str, actor: Actor, reason: str | None = None
) -> dict[str, Any]:
    """Destroy the borrower's key and rows; what law demands stays, without the person. The log still
    verifies.

    Stays: the entry that says so, the log's leaves (commitments only), opt-outs and their kin (keyed digests
    of addresses), and contacts as bare instants: for as long as a retention rule or a cap demands it, which
    `kept` names; `forbear retention run` lets them go then. Raises NotFound, and Conflict while a legal hold
    stands."""
    borrower, at = runtime.vault.borrower_key(upstream_id), runtime.clock.now()
    runtime = runtime.of(borrower)
    async with runtime.database.transaction() as connection:
        if not await borrowers.lock(connection, [borrower]):
            raise NotFound("there is no such borrower")
        row = (await retention.borrowers(connection, [borrower]))[borrower]
        if row.held_at is not None:
            raise Conflict(
                "a legal hold stands on this borrower: nothing of theirs may go before it is released"
            )
        kept = (
            await _keep(runtime, connection, borrower, at) if row.erased_at is None else list(row.kept or ())
        )
        erased = await erasure.erase(connection, borrower, at)
        await forget_elsewhere(runtime, connection, borrower)
        done = {"deliveries_cancelled": erased.cancelled, "in_flight": erased.in_flight, "kept": kept}
        entry = Entry.of_borrower(
            "borrower.erased",
            at,
            actor.name,
            borrower,
            public={**done, "reason": reason},
        )
        await append(connection, [entry])
        await wake_workers(connection)
    return {"erased_at": at, **done}


async def _keep(
    runtime: Runtime, connection: Connection, borrower: UUID, at: datetime
) -> list[dict[str, Any]]:
    """Note what keeps the bare rows that an erasure leaves, while it can still be known; returns the rules
    that do."""
    notices = (await retained(runtime, connection, [borrower], at, closing=True)).get(borrower, [])
    kept = [keep_document(one) for one in demanded(notices)]
    ends = [one.until or one.counts_until for one in notices]
    await retention.keep(connection, borrower, max(ends, default=at), kept)
    return kept
