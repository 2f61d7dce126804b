"""A text that a carrier's machine sends back in the borrower's place: ours did not arrive. It is the
provider's later word on the text that it answers, which no receipt may ever say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from channels.receipt import Inbound, Progress, Receipt
from service.dispatch.events.record import NOTHING, Recorded
from service.dispatch.receive.applying import apply_receipt
from service.dispatch.runtime import Runtime
from service.store import answers, attempts
from service.store.database import Connection

ANSWERS_WITHIN = timedelta(hours=24)
"""How long after a text such an answer is about it: carriers give up within a day."""
REASON = "a machine answered that it was not delivered"


async def tell_undelivered(
    runtime: Runtime,
    connection: Connection,
    ids: Sequence[UUID],
    inbound: Inbound,
    digest: bytes,
    at: datetime,
) -> Recorded:
    """Apply the answer to the newest attempt at this address, if one left within a day; the caller holds the
    borrowers' rows. What was delivered by the provider's word stays so: the answer is kept beside it, as
    evidence."""
    key = await answers.newest_attempt(connection, ids, inbound.channel, digest, at - ANSWERS_WITHIN)
    row = None if key is None else (await attempts.lock(connection, [key])).get(key)
    if row is None:
        return NOTHING
    receipt = Receipt(
        provider=inbound.provider,
        ref="",
        progress=Progress.UNDELIVERED,
        outcome="bounced",
        code=None,
        reason=REASON,
        digest=hashlib.sha256(f"{inbound.provider} {inbound.ref}".encode()).hexdigest(),
    )
    effect = await apply_receipt(
        runtime, connection, row, receipt, at=at, source=f"provider:{inbound.provider}"
    )
    return effect.recorded
