"""The steps of a worker, each in every cell: what a test does by hand, wherever its borrowers are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.reserved import Dialed, Reserved
from service.dispatch.decide.rounds import Round
from service.dispatch.runtime import Runtime
from service.dispatch.send import dial, settle
from service.dispatch.send.settle import Sent
from service.store.tallies import Tally


async def decide_all(runtime: Runtime, zones: ZoneCache, **further: Any) -> Round:
    """Steps 2 and 3; what every cell's round brought, put together."""
    rounds = [await claim_and_decide(cell, zones, **further) for cell in runtime.cells.all]
    if len(rounds) == 1:
        return rounds[0]
    verdicts, causes = Counter[str](), Counter[Tally]()
    for one in rounds:
        verdicts.update(one.verdicts)
        causes.update(one.causes)
    return Round(
        claimed=sum(one.claimed for one in rounds),
        reserved=[reserved for one in rounds for reserved in one.reserved],
        dialed=[dialed for one in rounds for dialed in one.dialed],
        verdicts=dict(verdicts),
        causes=dict(causes),
    )


async def dial_all(runtime: Runtime, reserved: Sequence[Reserved], *, send_within: float) -> list[Dialed]:
    """Step 4."""
    parts = runtime.cells.by_cell(reserved, lambda one: one.key.borrower_id)
    return [one for cell, some in parts for one in await dial.dial(cell, some, send_within=send_within)]


async def settle_all(runtime: Runtime, sent: Sequence[Sent]) -> None:
    """Step 5."""
    for cell, some in runtime.cells.by_cell(sent, lambda one: one.key.borrower_id):
        await settle.settle(cell, some)
