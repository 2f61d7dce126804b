"""What workers did with deliveries, newest first: the entries of the log behind the figures by the hour, with
what stands openly in them and nothing of what was decided on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from service.dispatch.access.keys import check_unlimited
from service.dispatch.audit.log import NEWEST, merged
from service.dispatch.runtime import Runtime
from service.ids import NoticeId
from service.log.read import EntryPage
from service.model.actor import Actor
from service.store import activity
from service.store.activity import DECISION, HELD, WHAT, Act, ActivityFilter

__all__ = ["WHAT", "ActivityFilter", "ActivityPage", "read_activity"]

FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """What happened, and below which number of each cell it goes on; None at the end."""

    items: list[dict[str, Any]]
    next_below: list[int] | None


async def read_activity(
    runtime: Runtime, wanted: ActivityFilter, actor: Actor, *, below: Sequence[int] | None, limit: int
) -> ActivityPage:
    """What happened in every cell. Raises Forbidden for a key that is limited to creditors: the figures
    concern all of them."""
    check_unlimited(actor)
    cells = runtime.cells.all
    places = list(below or [])
    if len(places) != len(cells):
        places = [NEWEST] * len(cells)

    async def of_cell(cell: Runtime, place: int) -> EntryPage:
        async with cell.database.connection() as connection:
            found, next_below = await activity.find(connection, replace(wanted, below=place), limit)
        numbers = [one.entry_id for one in found]
        return EntryPage(items=[_document(one) for one in found], next_below=next_below, numbers=numbers)

    pages = await asyncio.gather(*(of_cell(cell, place) for cell, place in zip(cells, places, strict=True)))
    items = merged(cells, pages, places, limit)
    return ActivityPage(items=items, next_below=places if any(place > 0 for place in places) else None)


def _document(act: Act) -> dict[str, Any]:
    leaf: dict[str, Any] = orjson.loads(act.leaf)
    public = leaf.get("public", {})
    rules = public.get("rules") or []
    return {
        "at": act.at,
        "what": _word(act, public),
        "channel": act.channel,
        "notice": str(NoticeId(act.borrower_id, act.notice_no)),
        "attempt": leaf.get("attempt"),
        "rule": rules[0] if rules else None,
        "further": rules[1:],
        "adapter": public.get("adapter"),
        "reason": public.get("reason") or public.get("code"),
        "until": public.get("until"),
        "index": act.log_index,
    }


def _word(act: Act, public: dict[str, Any]) -> str:
    if act.kind == HELD:
        return "hold"
    if act.kind == DECISION:
        return act.verdict or ""
    outcome = str(public.get("outcome"))
    return {"accepted": "handed_over", "unknown": "unknown"}.get(outcome, FAILED)
