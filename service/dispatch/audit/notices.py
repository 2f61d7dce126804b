"""Reading and cancelling notices."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.dispatch.decide.verdicts import whole
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.errors import NotFound
from service.ids import AttemptId, DeliveryId, NoticeId
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.delivery import FINAL, DeliveryState
from service.store import borrowers, notices
from service.store.encrypted import decrypt_content, decrypt_profile
from service.store.notices import StoredAttempt, StoredDelivery, StoredNotice


async def read_notice(runtime: Runtime, id_: NoticeId, actor: Actor) -> dict[str, Any]:
    """One notice in the contract's shape. Raises NotFound, also where it is not the actor's business."""
    found = await read_notices(runtime, [(id_.borrower, id_.number)], actor)
    if not found:
        raise NotFound("there is no such notice")
    return found[0]


async def read_notices(
    runtime: Runtime, keys: Sequence[tuple[UUID, int]], actor: Actor
) -> list[dict[str, Any]]:
    """Several notices, in the order of `keys`; what the actor may not see is left out."""
    if runtime.joined is not None:
        parts = runtime.joined.by_cell(keys, lambda key: key[0])
        pages = await asyncio.gather(*(_read_in_cell(cell, some, actor) for cell, some in parts))
        found = {NoticeId.parse(one["id"]): one for page in pages for one in page}
        return [found[id_] for key in keys if (id_ := NoticeId(*key)) in found]
    return await _read_in_cell(runtime, keys, actor)


async def _read_in_cell(
    runtime: Runtime, keys: Sequence[tuple[UUID, int]], actor: Actor
) -> list[dict[str, Any]]:
    async with runtime.database.connection() as connection:
        rows, deliveries, attempts = await notices.read(connection, keys)
    by_notice: defaultdict[tuple[UUID, int], list[StoredDelivery]] = defaultdict(list)
    for row in deliveries:
        by_notice[(row.borrower_id, row.notice_no)].append(row)
    by_delivery: defaultdict[tuple[UUID, int, str], list[StoredAttempt]] = defaultdict(list)
    for one in attempts:
        by_delivery[(one.borrower_id, one.notice_no, one.channel)].append(one)
    found = {(row.borrower_id, row.notice_no): row for row in rows if actor.may_see(row.creditor)}
    return [_document(runtime, found[key], by_notice[key], by_delivery) for key in keys if key in found]


def is_done(row: StoredDelivery) -> bool:
    """Whether nothing further is owed on a delivery: an e-mail is done when the next hop has it and no
    look-up is due."""
    return row.state in FINAL or (row.state == DeliveryState.ACCEPTED and row.channel == "email")


def _document(
    runtime: Runtime,
    row: StoredNotice,
    deliveries: Sequence[StoredDelivery],
    attempts: dict[tuple[UUID, int, str], list[StoredAttempt]],
) -> dict[str, Any]:
    id_ = NoticeId(row.borrower_id, row.notice_no)
    order = {channel: position for position, channel in enumerate(row.channels)}
    ordered = sorted(deliveries, key=lambda one: order[one.channel])
    return {
        "id": str(id_),
        "status": "done" if all(is_done(one) for one in ordered) else "open",
        "accepted_at": row.accepted_at,
        **_encrypted(runtime, row),
        "debt_id": row.debt_id,
        "creditor": row.creditor,
        "category": row.category,
        "template": row.template,
        "language": row.language,
        "fan_out": row.fan_out,
        "channels": list(row.channels),
        "not_before": row.not_before,
        "expires_at": row.expires_at,
        "cancelled_at": row.cancelled_at,
        "updated_at": max(
            at for at in (row.cancelled_at, *(one.updated_at for one in ordered)) if at is not None
        ),
        "deliveries": [
            _delivery(
                id_,
                one,
                attempts.get((one.borrower_id, one.notice_no, one.channel), []),
                _waits_for(row, one),
            )
            for one in ordered
        ],
    }


def _waits_for(notice: StoredNotice, row: StoredDelivery) -> str | None:
    """Why a delivery waits that no policy was asked about yet; None where it does not."""
    if row.state != DeliveryState.DEFERRED or row.verdict is not None or row.attempts:
        return None
    place = list(notice.channels).index(row.channel)
    if notice.fan_out != "all" and place > 0:
        return (
            f"waits for an answer on an earlier channel ({', '.join(notice.channels[:place])}) until it "
            "is due"
        )
    return "waits for the instant before which the notice must not be sent"


def _encrypted(runtime: Runtime, row: StoredNotice) -> dict[str, Any]:
    """What of a notice is stored encrypted; nothing of a borrower who was erased."""
    found: dict[str, Any] = {"borrower_id": None, "reference": None, "metadata": {}}
    if row.data_key is None:
        return found
    data_key = runtime.vault.unwrap(row.data_key)
    content = decrypt_content(data_key, row.encrypted)
    if content is None:  # accepted before an erasure, of a borrower who came back since
        return found
    return {
        "borrower_id": decrypt_profile(data_key, row.profile).id,
        "reference": content["reference"],
        "metadata": content.get("metadata", {}),
    }


def _delivery(
    id_: NoticeId, row: StoredDelivery, attempts: Sequence[StoredAttempt], waits_for: str | None
) -> dict[str, Any]:
    delivery = DeliveryId(id_, row.channel)
    return {
        "id": str(delivery),
        "channel": row.channel,
        "state": row.state,
        "due_at": row.due_at,
        "reason": row.reason or waits_for,
        "attempts": [_attempt(delivery, one) for one in attempts],
        "verdict": whole(row.verdict),
        "updated_at": row.updated_at,
    }


def _attempt(delivery: DeliveryId, row: StoredAttempt) -> dict[str, Any]:
    return {
        "id": str(AttemptId(delivery, row.number)),
        "number": row.number,
        "state": row.state,
        "outcome": row.outcome,
        "at": row.at,
        "dialed_at": row.dialed_at,
        "settled_at": row.settled_at,
        "adapter": row.adapter,
        "provider_ref": row.provider_ref,
        "code": row.code,
        "reason": row.reason,
    }


async def cancel_notice(runtime: Runtime, id_: NoticeId, actor: Actor) -> dict[str, Any]:
    """Stop what has not left yet; what was handed over cannot be called back and says so in its state.
    Repeatable."""
    runtime, at = runtime.of(id_.borrower), runtime.clock.now()
    await read_notice(runtime, id_, actor)
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [id_.borrower])
        channels = await notices.cancel(connection, id_.borrower, id_.number, at)
        if channels is not None:
            # also where nothing could be stopped: what failed is not tried again, and no other channel
            # follows
            entry = Entry.of_borrower(
                "notice.cancelled",
                at,
                actor.name,
                id_.borrower,
                notice_no=id_.number,
                public={"channels": channels},
            )
            await append(connection, [entry])
    return await read_notice(runtime, id_, actor)


async def _named(runtime: Runtime, reference: bytes) -> list[NoticeId]:
    async with runtime.database.connection() as connection:
        return [NoticeId(*key) for key in await notices.with_references(connection, [reference])]


async def cancel_notices(
    runtime: Runtime,
    actor: Actor,
    *,
    ids: Sequence[NoticeId] = (),
    reference: str | None = None,
) -> tuple[list[dict[str, Any]], list[NoticeId]]:
    """Cancel several: those of `ids`, or every one with a reference. Returns each as it stands then, and the
    ids of which there is none.

    Raises NotFound where there is none at all."""
    found = list(dict.fromkeys(ids))
    if reference is not None:
        digest = runtime.vault.text_digest("reference", reference)
        parts = await each(runtime, lambda one: _named(one, digest))
        found = [one for part in parts for one in part]
    cancelled: list[dict[str, Any]] = []
    missing: list[NoticeId] = []
    for one in found:
        try:
            cancelled.append(await cancel_notice(runtime, one, actor))
        except NotFound:
            missing.append(one)
    if not cancelled:
        raise NotFound("there is no such notice")
    return cancelled, missing
