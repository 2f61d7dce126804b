"""The auditors' disparity report: whether a choice that knows no language and no place falls on some of them
all the same.

Hours of prayer, shifts and disability show in hours; so proxies remain possible, and are looked for here. The
report is computed apart, and nothing that is learned reads it. Groups of fewer than fifty rounds are
hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.dispatch.audit.outcomes import wilson
from service.dispatch.learning.everywhere import traits
from service.dispatch.learning.governance import visible
from service.dispatch.runtime import Runtime
from service.model.actor import Actor

LEAST = 50


async def read_disparity(
    runtime: Runtime, name: str, actor: Actor, *, since: datetime, until: datetime
) -> dict[str, Any]:
    """The report on the rounds of [since, until). Raises NotFound."""
    async with runtime.database.connection() as connection:
        creditor = (await visible(connection, name, actor))[0].creditor
    rows = await traits(runtime, creditor, name, since, until)
    shown = [row for row in rows if row.rounds >= LEAST]
    return {
        "name": name,
        "creditor": creditor,
        "from": since,
        "to": until,
        "hidden": len(rows) - len(shown),
        "rows": [
            {
                "trait": row.trait,
                "value": row.value,
                "rounds": row.rounds,
                "contacts_per_1000": round(1000 * row.contacts / row.rounds, 1),
                **{
                    measure: {"count": getattr(row, measure)} | wilson(getattr(row, measure), row.rounds)
                    for measure in ("restrained", "early", "late", "payments", "harms")
                },
            }
            for row in shown
        ],
    }
