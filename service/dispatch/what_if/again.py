"""What the policies would say now of deliveries that wait: nothing is stored, nothing is promised."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from service.dispatch.decide.decrypted import Forgotten, case_of, decrypt_notice
from service.dispatch.decide.facts import ZoneCache, events_of
from service.dispatch.decide.judge import judge
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.runtime import Runtime
from service.ids import DeliveryId
from service.model.actor import Actor
from service.store import events, open_notices
from service.store.ranks import Matter


async def judged_now(
    runtime: Runtime, ids: Sequence[DeliveryId], actor: Actor
) -> dict[DeliveryId, dict[str, Any] | None]:
    """The verdict on each of these deliveries as of now, as the contract shows one; None for one that cannot
    be judged any more, because the borrower was erased, has no address on the channel, or the notice is not
    the actor's business."""
    parts = runtime.cells.by_cell(ids, lambda one: one.notice.borrower)
    found = await asyncio.gather(*(_in_cell(cell, some, actor) for cell, some in parts))
    return {id_: verdict for part in found for id_, verdict in part.items()}


async def _in_cell(
    runtime: Runtime, ids: Sequence[DeliveryId], actor: Actor
) -> dict[DeliveryId, dict[str, Any] | None]:
    at, zones = runtime.clock.now(), ZoneCache()
    keys = list({(one.notice.borrower, one.notice.number) for one in ids})
    async with runtime.database.connection() as connection:
        rows = {
            (row.borrower_id, row.notice_no): row
            for row in await open_notices.read(connection, keys)
            if actor.may_see(row.creditor)
        }
        matters = [
            Matter(row.borrower_id, row.debt_id, row.account_id, row.creditor) for row in rows.values()
        ]
        borrowers = [row.borrower_id for row in rows.values()]
        found = await events.facts(connection, borrowers, runtime.in_force.reach(at), matters)
    history = events_of(*found, at)
    answers: dict[DeliveryId, dict[str, Any] | None] = {}
    for one in ids:
        row = rows.get((one.notice.borrower, one.notice.number))
        answers[one] = None
        if row is None or row.data_key is None:
            continue
        try:
            opened = decrypt_notice(zones, row, runtime.vault.unwrap(row.data_key))
        except Forgotten:
            continue
        case = case_of(runtime, opened.subject, one.channel, history.get(row.borrower_id, []))
        if case is not None:
            judged = judge(case, at)
            answers[one] = verdict_document(
                judged.verdict, judged.facts.proposal.channel, bound_by=judged.binding.bound_by
            )
    return answers
