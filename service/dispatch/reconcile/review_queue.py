"""Deliveries that wait for a person: seen, and released one by one or in bulk, with a reason, in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.dispatch.decide.next_step import next_step
from service.dispatch.decide.verdicts import whole
from service.dispatch.events.record import Recorded, reach_others
from service.dispatch.reconcile.held_replies import (
    NOT_CONFIRMABLE,
    not_confirmable,
    probable,
    refusal,
    settle,
    unclear,
)
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.errors import NotFound
from service.ids import DeliveryId, NoticeId
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.delivery import DeliveryState
from service.store import borrowers, notices, review_queue
from service.store.database import Connection
from service.store.review_queue import LockedDelivery, Waiting
from service.store.wake import wake_workers


class Release(StrEnum):
    """What a person decides about a held delivery."""

    DECIDE_AGAIN = "decide_again"
    """Due now: every policy is asked again. An attempt that may have gone stays counted, and a new one may
    follow."""
    CLOSE = "close"
    """Not sent (any more): it ends as undelivered."""
    DELIVERED = "delivered"
    """The person knows that it arrived."""
    CONFIRM = "confirm"
    """The borrower's unclear words were what they were taken for: recorded as that event, and every policy is
    asked again."""
    HARMLESS = "harmless"
    """The borrower's unclear words ask nothing of us: every policy is asked again."""


DeliveryKey = tuple[UUID, int, str]
"""The borrower, the notice's number and the channel."""
SETTLING = frozenset({Release.CONFIRM, Release.HARMLESS})
"""What a person found about the borrower's own words."""


async def list_held(
    runtime: Runtime,
    actor: Actor,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
    creditor: str | None = None,
    state: str | None = None,
    channel: str | None = None,
) -> list[dict[str, Any]]:
    """Held and unknown deliveries, the oldest first, with why and since when; only those of a creditor, a
    state or a channel where one is named."""
    pages = await each(
        runtime,
        lambda one: _held_in_cell(
            one, actor, after=after, limit=limit, creditor=creditor, state=state, channel=channel
        ),
    )
    return pages[0] if len(pages) == 1 else in_order(pages, _place, limit, newest=False)


def _place(item: dict[str, Any]) -> tuple[datetime, str]:
    """Where a delivery stands in the list."""
    found = DeliveryId.parse(item["delivery"])
    return item["since"], "" if found is None else f"{found.notice.number}{found.channel}"


async def _held_in_cell(
    runtime: Runtime,
    actor: Actor,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
    creditor: str | None,
    state: str | None,
    channel: str | None,
) -> list[dict[str, Any]]:
    mine = None if actor.creditors is None else sorted(actor.creditors)
    if creditor is not None:
        mine = [creditor] if actor.may_see(creditor) else []
    async with runtime.database.connection() as connection:
        rows = await review_queue.find(connection, mine, after, limit, state=state, channel=channel)
        replies = await unclear(connection, {row.borrower_id for row in rows}, runtime.clock.now())
    return [_document(row, probable(replies.get(row.borrower_id, []))) for row in rows]


def _document(row: Waiting, probably: list[str]) -> dict[str, Any]:
    return {
        "delivery": str(DeliveryId(NoticeId(row.borrower_id, row.notice_no), row.channel)),
        "channel": row.channel,
        "state": row.state,
        "since": row.updated_at,
        "reason": row.reason,
        "creditor": row.creditor,
        "expires_at": row.expires_at,
        "may_have_gone": row.may_have_gone,
        "verdict": whole(row.verdict),
        "probably": probably,
    }


async def release(
    runtime: Runtime, ids: Sequence[DeliveryId], actor: Actor, *, reason: str, how: Release
) -> list[dict[str, Any]]:
    """Release held or unknown deliveries; one result for each, which says why one that is held was not.
    Raises NotFound when none of them is held, and InvalidRequest where words are confirmed and of none that
    is held anybody knows what they mean."""
    cells = (
        [(runtime, ids)]
        if runtime.joined is None
        else runtime.joined.by_cell(ids, lambda one: one.notice.borrower)
    )
    found: dict[str, dict[str, Any]] = {}
    for cell, some in cells:
        results = await _release_in_cell(cell, some, actor, reason=reason, how=how)
        found |= {one["delivery"]: one for one in results}
    if not any(one["released"] for one in found.values()):
        if any(one["why"] is not None for one in found.values()):
            raise refusal()
        raise NotFound("none of these deliveries is held")
    return [found[str(one)] for one in ids]


async def _release_in_cell(
    runtime: Runtime, ids: Sequence[DeliveryId], actor: Actor, *, reason: str, how: Release
) -> list[dict[str, Any]]:
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await borrowers.lock(connection, [one.notice.borrower for one in ids])
        keys = [(one.notice.borrower, one.notice.number, one.channel) for one in ids]
        rows = {
            key: row
            for key, row in (await review_queue.lock(connection, keys)).items()
            if actor.may_see(row.creditor)
        }
        refused: set[UUID] = set()
        if how is Release.CONFIRM:
            refused = await not_confirmable(connection, {borrower for borrower, _, _ in rows}, at)
        left = {key for key in rows if key[0] in refused}
        rows = {key: row for key, row in rows.items() if key not in left}
        recorded = Recorded()
        if rows:
            recorded = await _let_go(runtime, connection, rows, actor, reason=reason, how=how, at=at)
    await reach_others(runtime, recorded)
    return [
        {
            "delivery": str(one),
            "released": key in rows,
            "why": NOT_CONFIRMABLE if key in left else None,
        }
        for one, key in zip(ids, keys, strict=True)
    ]


async def _let_go(
    runtime: Runtime,
    connection: Connection,
    rows: Mapping[DeliveryKey, LockedDelivery],
    actor: Actor,
    *,
    reason: str,
    how: Release,
    at: datetime,
) -> Recorded:
    """Release these deliveries in a transaction that holds them and their borrowers."""
    state = {
        Release.DECIDE_AGAIN: DeliveryState.DUE,
        Release.CLOSE: DeliveryState.UNDELIVERED,
        Release.DELIVERED: DeliveryState.DELIVERED,
        Release.CONFIRM: DeliveryState.DUE,
        Release.HARMLESS: DeliveryState.DUE,
    }[how]
    recorded = Recorded()
    if how in SETTLING:
        found = {borrower for borrower, _, _ in rows}
        recorded = await settle(runtime, connection, found, actor, confirm=how is Release.CONFIRM, at=at)
    await review_queue.release(connection, list(rows), state=state, at=at, actor=actor.name, reason=reason)
    followers = [step for row in rows.values() if (step := next_step(row, state, at, None)) is not None]
    if followers:
        await notices.insert_deliveries(connection, followers)
    await append(connection, [_entry(row, actor, reason, how, at) for row in rows.values()])
    await wake_workers(connection)
    return recorded


def _entry(row: LockedDelivery, actor: Actor, reason: str, how: Release, at: datetime) -> Entry:
    return Entry.of_delivery(
        "delivery.released",
        at,
        actor.name,
        row,
        public={
            "how": how.value,
            "may_have_gone": row.may_have_gone,
            "was": row.state,
            "because": row.reason,
            "reason": reason,
        },
    )
