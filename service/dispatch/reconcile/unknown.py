"""Step 7, reconcile: what a crash, a silence or the calendar left behind gets a known state.

A lapsed lease on a reserved attempt gives the slot back: nothing was sent. On a dialing one it leaves an
attempt without outcome: `unknown`, counted, never sent again blindly. The provider is asked; where that
settles nothing, a person decides, or the category's rule that twice is better than never, and the log says
so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from channels.adapter import Adapter, CannotTell, Found, Sighting, Sought
from service import tracing
from service.dispatch.decide.next_step import FIRST_LOOK
from service.dispatch.events.record import NOTHING, Recorded, reach_others
from service.dispatch.receive.applying import apply_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.send.compose import attempt_id, digest_of_text, resend_allowed
from service.failpoints import reach
from service.log.append import Entry, append
from service.model.delivery import FINAL, AttemptState, DeliveryState
from service.store import attempts, borrowers, sweeps, tallies
from service.store.attempts import AttemptKey, AttemptMove, DeliveryMove, Locked
from service.store.database import Connection
from service.store.encrypted import decrypt_profile
from service.store.sweeps import Expired, ToLookUp
from service.store.wake import wake_workers

log = structlog.get_logger("reconcile")

LOOKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""Pauses between further look-ups of an unknown attempt, after the first minute."""
ACCEPTED_LOOKS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6), timedelta(hours=12))
"""Pauses between look-ups of an accepted attempt whose receipt does not come."""
LIST_MARGIN = timedelta(minutes=10)
SWEEP = 200
LOOK_UPS = 20
"""Questions to providers at a time."""
LOOK_UP_SECONDS = 30.0
"""How long one of them may take; well within the lease of its turn (service/store/sweeps.py)."""


async def sweep_lapsed(runtime: Runtime) -> int:
    """Settle attempts whose worker is gone; returns how many."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        keys = await attempts.lapsed(connection, SWEEP)
        if not keys:
            return 0
        with tracing.span("sweep", parent=tracing.ROOT, attributes={tracing.COUNT: len(keys)}):
            swept = await _sweep(connection, keys, at)
        reach("sweep.written")
    reach("sweep.committed")
    return swept


async def _sweep(connection: Connection, keys: Sequence[AttemptKey], at: datetime) -> int:
    rows = await attempts.lock(connection, keys)
    still = {key: row for key, row in rows.items() if row.delivery_lease == row.lease_token}
    reserved = [key for key, row in still.items() if row.state == AttemptState.RESERVED]
    dialing = [key for key, row in still.items() if row.state == AttemptState.DIALING]
    if reserved:
        await attempts.give_back(connection, reserved, at=at, reason="its worker is gone; nothing was sent")
        await wake_workers(connection)
    await _leave_unknown(connection, dialing, at)
    entries = [_lapsed_entry(key, still[key], at) for key in (*reserved, *dialing)]
    await append(connection, entries)
    return len(entries)


async def _leave_unknown(connection: Connection, keys: Sequence[AttemptKey], at: datetime) -> None:
    reason = "its worker ended while it was handed over: it may have gone"
    await attempts.move(
        connection,
        [
            AttemptMove(
                key=key,
                state=AttemptState.UNKNOWN,
                outcome="in_flight",
                settled_at=at,
                code="lapsed",
                reason=reason,
                look_up_at=at + FIRST_LOOK,
            )
            for key in keys
        ],
    )
    await attempts.move_deliveries(
        connection, [DeliveryMove(key=key, state=DeliveryState.UNKNOWN, reason=reason) for key in keys], at
    )


def _lapsed_entry(key: AttemptKey, row: Locked, at: datetime) -> Entry:
    kind = "attempt.released" if row.state == AttemptState.RESERVED else "attempt.unknown"
    return Entry.of_attempt(
        kind, at, "system", key, public={"reason": "lease lapsed", "adapter": row.adapter}
    )


async def sweep_expired(runtime: Runtime) -> int:
    """End deliveries whose notice has expired while they waited; returns how many."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        rows = await sweeps.expire(connection, at, SWEEP)
        if not rows:
            return 0
        with tracing.span("sweep", parent=tracing.ROOT, attributes={tracing.COUNT: len(rows)}):
            await append(connection, [_expired_entry(row, at) for row in rows])
    return len(rows)


def _expired_entry(row: Expired, at: datetime) -> Entry:
    public = {"expires_at": row.expires_at.isoformat(), "was": row.was}
    return Entry.of_delivery("delivery.expired", at, "system", row, public=public)


async def look_up_due(
    runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], *, limit: int = LOOK_UPS
) -> int:
    """Ask providers about attempts that are unknown, or accepted for too long, all at once; returns how many
    were asked about."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        rows = await sweeps.take_look_ups(connection, at, limit)
    if not rows:
        return 0
    reach("look_up.taken")
    with tracing.span("look-up", parent=tracing.ROOT, attributes={tracing.COUNT: len(rows)}):
        await _look_up_all(runtime, adapters, rows)
    return len(rows)


async def _look_up_all(
    runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], rows: Sequence[ToLookUp]
) -> None:
    by_borrower: dict[tuple[UUID, str], list[ToLookUp]] = {}
    for row in rows:
        by_borrower.setdefault((row.borrower_id, row.channel), []).append(row)
    found = await asyncio.gather(
        *(_look_up_each(runtime, adapters, some) for some in by_borrower.values()), return_exceptions=True
    )
    for error in found:
        if isinstance(error, BaseException):  # its turn comes again; the others have had theirs
            log.warning("look-up", action="look-up.failed", error=type(error).__name__)


async def _look_up_each(
    runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], rows: Sequence[ToLookUp]
) -> None:
    """One after the other: what one of them is found to be, the next one is not."""
    for row in rows:
        await _look_up(runtime, adapters, row)


async def _look_up(runtime: Runtime, adapters: Mapping[str, Sequence[Adapter]], row: ToLookUp) -> None:
    """Ask about one attempt and write down what was learned."""
    adapter = next((one for one in adapters.get(row.channel, ()) if one.name == row.adapter), None)
    if adapter is None:
        sighting: Sighting = CannotTell(
            reason=f"it was handed to {row.adapter}, which serves this channel no longer"
        )
    else:
        sighting = await _look(runtime, adapter, row)
    reach("look_up.answered")
    await _note_sighting(runtime, attempts.key_of(row), sighting)
    reach("look_up.committed")


async def _look(runtime: Runtime, adapter: Adapter, row: ToLookUp) -> Sighting:
    """Ask one provider, outside any transaction."""
    if row.data_key is None:
        return CannotTell(reason="the borrower was erased")
    key, data_key = attempts.key_of(row), runtime.vault.unwrap(row.data_key)
    address = decrypt_profile(data_key, row.encrypted).addresses.get(row.channel)
    to = "" if address is None else address.address
    since = (row.dialed_at or row.reserved_at) - LIST_MARGIN
    async with runtime.database.connection() as connection:
        owned = await attempts.owned_refs(connection, key, since)
    sought = Sought(
        attempt_id=str(attempt_id(key)),
        ref=row.provider_ref,
        to=to,
        wrote=None
        if row.body_digest is None
        else lambda text: digest_of_text(text, to, data_key) == row.body_digest,
        since=since,
        known_refs=owned - {row.provider_ref},
    )
    try:
        return await asyncio.wait_for(adapter.look_up(sought), LOOK_UP_SECONDS)
    except TimeoutError:
        return CannotTell(reason=f"no answer from the provider within {LOOK_UP_SECONDS:g} s", again=True)


async def _note_sighting(runtime: Runtime, key: AttemptKey, sighting: Sighting) -> None:
    async with runtime.database.transaction() as connection:
        recorded = await _noted(runtime, connection, key, sighting)
    await reach_others(runtime, recorded)


async def _noted(runtime: Runtime, connection: Connection, key: AttemptKey, sighting: Sighting) -> Recorded:
    at, recorded = runtime.clock.now(), NOTHING
    await borrowers.lock(connection, [key.borrower_id])
    row = (await attempts.lock(connection, [key])).get(key)
    if row is None or row.state not in {"unknown", "accepted", "held_by_provider"}:
        return recorded
    if isinstance(sighting, Found) and row.provider_ref is None:
        owned = await attempts.owned_refs(connection, key, row.reserved_at - LIST_MARGIN)
        if sighting.receipt.ref in owned:
            sighting = CannotTell(reason="another attempt was found to be that message meanwhile", again=True)
    if isinstance(sighting, Found):
        effect = await apply_receipt(
            runtime, connection, row, sighting.receipt, at=at, source=f"look-up:{row.adapter}"
        )
        recorded = effect.recorded
        row = (await attempts.lock(connection, [key]))[key]
        if row.state not in {"unknown", "accepted", "held_by_provider"}:
            return recorded
    await _look_again_or_hold(connection, key, row, sighting, at)
    return recorded


async def _look_again_or_hold(
    connection: Connection, key: AttemptKey, row: Locked, sighting: Sighting, at: datetime
) -> None:
    looked = row.looked_up + 1
    unknown = row.state == AttemptState.UNKNOWN
    pauses = LOOKS if unknown else ACCEPTED_LOOKS
    hopeless = unknown and isinstance(sighting, CannotTell) and not sighting.again
    if looked <= len(pauses) and not hopeless:
        await attempts.move(
            connection,
            [
                AttemptMove(
                    key=key,
                    state=row.state,
                    outcome=row.outcome,
                    look_up_at=at + pauses[looked - 1],
                    looked_up=looked,
                )
            ],
        )
        return
    await _give_up_looking(connection, key, row, sighting, looked, at)


async def _give_up_looking(
    connection: Connection, key: AttemptKey, row: Locked, sighting: Sighting, looked: int, at: datetime
) -> None:
    """The provider settles nothing: the delivery is held for a person, or repeated where the category says
    so.

    An e-mail that the next hop accepted stays accepted: no bounce came, and no further word is owed (RFC 5321
    §6.1)."""
    settles = row.state == AttemptState.UNKNOWN or key.channel == "email"
    await attempts.move(
        connection,
        [
            AttemptMove(
                key=key,
                state=row.state if settles else AttemptState.UNKNOWN,
                outcome=row.outcome,
                look_up_at=None,
                looked_up=looked,
            )
        ],
    )
    if row.delivery_state in FINAL or (row.state != AttemptState.UNKNOWN and key.channel == "email"):
        return
    if row.state != AttemptState.UNKNOWN:
        reason = "the provider accepted it and never said what became of it"
    else:
        reason = sighting.reason if isinstance(sighting, CannotTell) else "the provider does not know it"
    await _resend_or_hold(connection, key, row, reason, looked, at)


async def _resend_or_hold(
    connection: Connection, key: AttemptKey, row: Locked, reason: str, looked: int, at: datetime
) -> None:
    """Twice where the category says that this is better than never; else a person decides. The log says
    which."""
    if row.state == AttemptState.UNKNOWN and resend_allowed(row.notice_category):
        await sweeps.set_aside(connection, key, at)
        await attempts.move_deliveries(
            connection,
            [
                DeliveryMove(
                    key=key,
                    state=DeliveryState.DUE,
                    due_at=at,
                    reason="twice is better than never",
                    failed=True,
                )
            ],
            at,
        )
        kind = "delivery.resent"
    else:
        await attempts.move_deliveries(
            connection, [DeliveryMove(key=key, state=DeliveryState.HELD, reason=reason)], at
        )
        kind = "delivery.held"
        await tallies.note_held(connection, [key.channel], at)
    await append(
        connection,
        [
            Entry.of_attempt(
                kind,
                at,
                "system",
                key,
                public={"reason": reason, "looked_up": looked, "category": row.notice_category},
            )
        ],
    )
