"""What came after contacts, counted: each payment, promise, reply or harm goes to the latest contact about its debt before it.

Nothing here says that a contact was the cause: nobody chose by lot whom to contact."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.dispatch.runtime import Runtime
from service.model.actor import Actor
from service.model.suppression import channel_of
from service.store import outcomes
from service.store.outcomes import AnswerRow, ContactRow

WINDOW = timedelta(days=7)
"""How long what comes after a contact is counted to it."""
COUNTED: Mapping[str, str] = {
    "payment": "payments",
    "promise_to_pay": "promises",
    "plan_request": "plan_requests",
    "inbound": "replies",
    "opt_out": "opt_outs",
    "complaint": "complaints",
}
MEASURES = (*COUNTED.values(), "hang_ups")
BY = ("tier", "template", "channel", "band", "week", "creditor")
TIERS = ((91, "late"), (31, "middle"), (1, "early"))
"""From how many days past due a band of `tiered-care` begins."""
UNKNOWN = "unknown"
Z95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""
PAGE = 500
"""Borrowers that are read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of which span, and by what the rows are told apart."""

    since: datetime
    until: datetime
    """Not included."""
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Row:
    """The counts of one group."""

    contacts: int = 0
    mature: int = 0
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Contacts that were followed by it, by measure."""
    matured: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The same among those whose window is over."""


async def report(runtime: Runtime, actor: Actor, wanted: Wanted) -> dict[str, Any]:
    """The rows of a span, in the order of their groups. A limited key sees the contacts of its creditors alone."""
    now = runtime.clock.now()
    rows: dict[tuple[str, ...], Row] = {}
    after = UUID(int=0)
    end = wanted.until + WINDOW
    async with runtime.database.connection() as connection:
        while ids := await outcomes.page(connection, after, PAGE):
            made = await outcomes.contacts(connection, ids, wanted.since, end)
            if made:
                said = await outcomes.answers(connection, ids, wanted.since, end, list(COUNTED))
                _count(rows, made, attributed(made, said), wanted, actor, now)
            after = ids[-1]
    return {
        "from": wanted.since,
        "to": wanted.until,
        "by": list(wanted.by),
        "window_days": WINDOW.days,
        "rows": [
            dict(zip(wanted.by, group, strict=True)) | _document(row) for group, row in sorted(rows.items())
        ],
    }


def attributed(made: Sequence[ContactRow], said: Sequence[AnswerRow]) -> list[set[str]]:
    """What came of each contact in `made` (oldest first): a measure goes to the latest contact before it that is about one of its
    debts, if that is no longer ago than the window. A contact or an answer without debts is about all of them."""
    found: list[set[str]] = [{"hang_ups"} if one.outcome == "hung_up" else set() for one in made]
    places: defaultdict[UUID, list[int]] = defaultdict(list)
    for place, one in enumerate(made):
        places[one.borrower_id].append(place)
    for answer in said:
        before = (
            place
            for place in reversed(places[answer.borrower_id])
            if made[place].at <= answer.at and _shared(made[place].debts, answer.debts)
        )
        latest = next(before, None)
        if latest is not None and answer.at < made[latest].at + WINDOW:
            found[latest].add(COUNTED[answer.type])
    return found


def _shared(mine: Sequence[str] | None, others: Sequence[str] | None) -> bool:
    return mine is None or others is None or not set(mine).isdisjoint(others)


def _count(
    rows: dict[tuple[str, ...], Row],
    made: Sequence[ContactRow],
    found: Sequence[set[str]],
    wanted: Wanted,
    actor: Actor,
    now: datetime,
) -> None:
    for one, measures in zip(made, found, strict=True):
        if one.at >= wanted.until or (
            actor.creditors is not None and (one.creditor is None or not actor.may_see(one.creditor))
        ):
            continue
        row = rows.setdefault(tuple(_group(one, name) for name in wanted.by), Row())
        mature = one.at + WINDOW <= now
        row.contacts += 1
        row.mature += mature
        for measure in measures:
            row.counts[measure] += 1
            row.matured[measure] += mature


def _group(one: ContactRow, by: str) -> str:
    local = one.at.astimezone(ZoneInfo(one.time_zone) if one.time_zone else UTC)
    match by:
        case "tier":
            return _tier(one.days_past_due)
        case "template":
            return one.template or UNKNOWN
        case "channel":
            return channel_of(one.channel) or one.channel or UNKNOWN
        case "creditor":
            return one.creditor or UNKNOWN
        case "band":
            first = (local.hour - 8) // 3 * 3 + 8
            return f"{first % 24:02}-{(first + 3) % 24:02}" if one.time_zone else UNKNOWN
        case _:
            return f"{local:%G-W%V}"


def _tier(days: int | None) -> str:
    if days is None:
        return UNKNOWN
    return next((name for first, name in TIERS if days >= first), "before due")


def _document(row: Row) -> dict[str, Any]:
    return {
        "contacts": row.contacts,
        "mature": row.mature,
        "not_mature": row.contacts - row.mature,
        **{
            name: {"count": row.counts[name], "mature": row.matured[name]}
            | wilson(row.matured[name], row.mature)
            for name in MEASURES
        },
    }


def wilson(hits: int, of: int) -> dict[str, float | None]:
    """The share `hits / of` and its 95 % interval (Wilson 1927), rounded to six digits; None where there is nothing to divide by."""
    if of == 0:
        return {"share": None, "low": None, "high": None}
    share, squared = hits / of, Z95**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + squared / (4 * of**2)) / (1 + squared / of)
    return {
        "share": round(share, 6),
        "low": round(max(0.0, middle - half), 6),
        "high": round(min(1.0, middle + half), 6),
    }
