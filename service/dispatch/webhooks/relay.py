"""Relays events to the endpoints that want them: once their transactions are sequenced, so that each has its
place in the log and stands behind everything that came before it. One process at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from service.dispatch.runtime import Runtime
from service.model.delivery import FINAL, OPEN
from service.model.webhook import CHECKPOINT, DELIVERY, EVENT_RECORDED, NOTICE_DONE, wants
from service.store import borrowers, log_tree, webhook_outbox, webhooks
from service.store.database import Connection
from service.store.log_tree import Head
from service.store.webhook_outbox import Fresh
from service.store.webhooks import Endpoint

BATCH = 1000
PATIENCE = timedelta(seconds=10)
"""An event waits for its place in the log for so long; then it leaves without."""
ENDING = frozenset({f"{DELIVERY}{state}" for state in FINAL} | {f"{DELIVERY}accepted"})


async def relay_once(runtime: Runtime) -> int:
    """Relay what is sequenced; how many events were looked at."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        if not await webhook_outbox.lead(connection):
            return 0
        endpoints = await webhooks.every(connection)
        head = await log_tree.head(connection)
        if not endpoints or head is None:
            return 0
        found = await webhook_outbox.fresh(connection, at - PATIENCE, BATCH)
        told = [(one.event_no, one.type, one.creditor) for one in found]
        indexes = await _indexes(connection, found)
        alone = await _alone(connection, found, endpoints)
        put = [
            (endpoint.endpoint_id, one.event_no)
            for one in found
            for endpoint in endpoints
            if endpoint.enabled and _wants(endpoint, one, alone)
        ]
        kept = {one.event_no for one in found for endpoint in endpoints if _wants(endpoint, one, alone)}
        await webhook_outbox.relayed(
            connection, [(number, indexes.get(number), creditor) for number, _, creditor in told]
        )
        put += await _done(connection, found, indexes, endpoints)
        put += await _checkpoint(runtime, connection, head, endpoints)
        await webhook_outbox.put(connection, put, at)
        await webhook_outbox.drop(connection, [one.event_no for one in found if one.event_no not in kept])
    return len(found)


def _wants(endpoint: Endpoint, one: Fresh, alone: Mapping[str, set[UUID]]) -> bool:
    """Whether an event is this endpoint's business: of its types, and of its creditor where it has one."""
    if not wants(tuple(endpoint.types), one.type):
        return False
    if endpoint.creditor is None:
        return True
    if one.notice_no is not None:
        return one.creditor == endpoint.creditor
    return one.type == EVENT_RECORDED and one.borrower_id in alone.get(endpoint.creditor, ())


async def _alone(
    connection: Connection, found: Sequence[Fresh], endpoints: Sequence[Endpoint]
) -> dict[str, set[UUID]]:
    """By creditor, the borrowers of recorded events who have no other: nobody learns of a borrower through
    another's events."""
    people = {
        one.borrower_id
        for one in found
        if one.type == EVENT_RECORDED and one.notice_no is None and one.borrower_id
    }
    creditors = {one.creditor for one in endpoints if one.creditor is not None}
    if not people:
        return {}
    return {one: await borrowers.of_creditors_alone(connection, people, [one]) for one in creditors}


async def _indexes(connection: Connection, found: Sequence[Fresh]) -> dict[int, int | None]:
    """The place in the log of each event: its own entry's, or that of the entry which its transaction wrote
    about it."""
    moved = [one for one in found if one.entry_id is None and one.borrower_id is not None]
    indexes = {one.event_no: one.log_index for one in found if one.entry_id is not None}
    if not moved:
        return indexes
    rows = await webhook_outbox.entries(
        connection,
        sorted({one.transaction_id for one in moved}),
        list({one.borrower_id for one in moved if one.borrower_id}),
    )
    by_key: dict[tuple[object, ...], int | None] = {}
    for row in rows:
        transaction, borrower = row.transaction_id, row.borrower_id
        by_key[transaction, borrower] = row.log_index
        by_key[transaction, borrower, row.notice_no] = row.log_index
        by_key[transaction, borrower, row.notice_no, row.channel] = row.log_index
    for one in moved:
        whole = (one.transaction_id, one.borrower_id, one.notice_no, one.channel)
        indexes[one.event_no] = next(
            (by_key[whole[:length]] for length in (4, 3, 2) if whole[:length] in by_key), None
        )
    return indexes


async def _done(
    connection: Connection,
    found: Sequence[Fresh],
    indexes: Mapping[int, int | None],
    endpoints: Sequence[Endpoint],
) -> list[tuple[str, int]]:
    """Notices on which nothing is owed after these events, and of which no further event waits: told once,
    behind what ended them."""
    last = {
        (one.borrower_id, one.notice_no): one
        for one in found
        if one.type in ENDING and one.borrower_id is not None and one.notice_no is not None
    }
    wanting = [one for one in endpoints if wants(tuple(one.types), NOTICE_DONE)]
    if not last or not wanting:
        return []
    keys = [(borrower, number) for borrower, number in last if borrower is not None and number is not None]
    put: list[tuple[str, int]] = []
    for row in await webhook_outbox.done(connection, keys, sorted(OPEN), [one.event_no for one in found]):
        takers = [one for one in wanting if one.creditor in {None, row.creditor}]
        if not takers:
            continue
        ending = last[row.borrower_id, row.notice_no]
        number = await webhook_outbox.add(
            connection,
            NOTICE_DONE,
            ending.at,
            notice=(row.borrower_id, row.notice_no),
            index=indexes.get(ending.event_no),
            creditor=row.creditor,
        )
        put += [(one.endpoint_id, number) for one in takers if one.enabled]
    return put


async def _checkpoint(
    runtime: Runtime, connection: Connection, head: Head, endpoints: Sequence[Endpoint]
) -> list[tuple[str, int]]:
    """The newest checkpoint, where somebody wants to hear of it and has not yet."""
    takers = [one for one in endpoints if one.creditor is None and wants(tuple(one.types), CHECKPOINT)]
    if not takers or head.size <= await webhook_outbox.told_size(connection):
        return []
    number = await webhook_outbox.add(connection, CHECKPOINT, runtime.clock.now(), index=head.size - 1)
    return [(one.endpoint_id, number) for one in takers if one.enabled]
