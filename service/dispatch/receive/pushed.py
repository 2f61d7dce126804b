"""What a provider says over a session that we keep, and not to a URL: a receipt finds its attempt by the
provider's id among those of the borrowers who have or had the address that it is about."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from channels.adapter import Adapter
from channels.listening import Pushed
from channels.receipt import Inbound, Receipt
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.dispatch.send.compose import attempt_id
from service.errors import Unavailable
from service.ids import AttemptId
from service.store import borrowers, receipts
from service.store.receipts import Referred

WAITS = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each look for the attempt: a receipt may come before the answer that it follows is
stored."""


async def take_pushed(runtime: Runtime, adapter: Adapter, pushed: Pushed) -> bool:
    """Store what was said; False where it could not be, so that the provider has to say it again."""
    try:
        if isinstance(pushed.said, Inbound):
            await take_inbound(runtime, pushed.said)
            return True
        found = await _attempt_of(runtime, adapter, pushed)
        if found is None:
            return False
        attempt, ref = found
        receipt: Receipt = replace(pushed.said, ref=ref)
        effect = await take_receipt(runtime, attempt, receipt, source=f"provider:{adapter.name}")
    except Unavailable:
        return False
    return effect.effect != "unknown-attempt"


async def _attempt_of(runtime: Runtime, adapter: Adapter, pushed: Pushed) -> tuple[AttemptId, str] | None:
    """The attempt that a receipt is about, and the provider's id as it was stored; None where nobody knows
    it."""
    for wait in WAITS:
        await asyncio.sleep(wait)
        found = await _stored(runtime, adapter, pushed)
        if found is not None:
            return found
        if pushed.attempt_id is not None and (attempt := AttemptId.parse(pushed.attempt_id)) is not None:
            return attempt, pushed.refs[0]
    return None


async def _stored(runtime: Runtime, adapter: Adapter, pushed: Pushed) -> tuple[AttemptId, str] | None:
    digest = runtime.vault.address_digest(pushed.about)

    async def ask(cell: Runtime) -> list[Referred]:
        async with cell.database.connection() as connection:
            ids = await borrowers.with_address(connection, digest, [adapter.channel])
            if not ids:
                return []
            return await receipts.referred(connection, ids, adapter.channel, adapter.name, pushed.refs)

    answers = await reachable(runtime, ask)
    rows = [row for _, some in answers if not isinstance(some, Unavailable) for row in some]
    by_ref = {row.provider_ref: row for row in rows}
    row = next((by_ref[ref] for ref in pushed.refs if ref in by_ref), None)
    if row is not None:
        return attempt_id(receipts.key_of(row)), row.provider_ref
    away = next((some for _, some in answers if isinstance(some, Unavailable)), None)
    if away is not None:
        raise away
    return None
