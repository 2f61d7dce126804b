"""What came after contacts, counted: each payment, promise, reply or harm goes to the latest contact about
its debt before it.

What is over is read from its counts; only contacts of the last days are looked up. Nothing here says that a
contact was the cause, whatever was drawn by lot: a round in which nothing was sent has no contact, so that
contacts of groups are no fair comparison. Rounds are (`service/dispatch/learning/experiment.py`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from service.dispatch.audit.attribution import BEGINNING, NEVER, WAITS, grouped
from service.dispatch.audit.prices import Prices, prices_of, said
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.errors import FieldError, InvalidRequest
from service.model.actor import Actor
from service.model.outcome import BY, MEASURES, UNKNOWN, WINDOW
from service.store import outcomes
from service.store.outcomes import CountRow

Z95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of which span, and by what the rows are told apart. The span is made of whole days of UTC."""

    since: datetime
    until: datetime
    """Not included."""
    by: tuple[str, ...] = ()
    prices: Prices = field(default_factory=dict)
    """Without any nothing is said of what contacts cost."""

    @property
    def days(self) -> tuple[date, date]:
        """The first day, and the day after the last."""
        last = self.until.astimezone(UTC) - timedelta(microseconds=1)
        return self.since.astimezone(UTC).date(), last.date() + timedelta(days=1)


LONGEST = timedelta(days=92)
"""The longest span of a report."""
USUAL = timedelta(days=28)
"""The span where none is named."""


def wanted_of(
    since: datetime | None,
    until: datetime | None,
    names: str | None,
    now: datetime,
    prices: str | None = None,
) -> Wanted:
    """What is asked for; `names` and `prices` with commas between. Raises InvalidRequest with every fault."""
    until = until or now
    since = since or until - USUAL
    by = tuple(names.split(",")) if names else ()
    field_errors = []
    if not timedelta(0) < until - since <= LONGEST:
        detail = f"expected an instant after `from`, at most {LONGEST.days} days after it"
        field_errors.append(FieldError(pointer="/query/to", detail=detail, code="span"))
    if len(set(by)) < len(by) or not set(by) <= set(BY):
        detail = f"expected some of {', '.join(BY)}, each once, with commas between"
        field_errors.append(FieldError(pointer="/query/by", detail=detail, code="unknown-word"))
    named = prices_of(prices)
    if isinstance(named, FieldError):
        field_errors.append(named)
    if field_errors or isinstance(named, FieldError):
        raise InvalidRequest("the query does not fit", field_errors=field_errors)
    return Wanted(since=since, until=until, by=by, prices=named)


@dataclass(slots=True)
class Row:
    """The counts of one group."""

    contacts: int = 0
    mature: int = 0
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Contacts that were followed by it, by measure."""
    matured: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The same among those whose window is over."""
    cost: Decimal | None = Decimal(0)
    """Of our own contacts; None where one of them went by a channel that has no price."""

    def add(self, one: CountRow, prices: Prices, *, mature: bool) -> None:
        """Add counted contacts. Those that were reported have no template: somebody else paid for them."""
        if one.template != UNKNOWN:
            price = prices.get(one.channel)
            self.cost = None if self.cost is None or price is None else self.cost + one.contacts * price
        self.contacts += one.contacts
        self.mature += one.contacts * mature
        for name in MEASURES:
            number = getattr(one, name)
            self.counts[name] += number
            self.matured[name] += number * mature


async def report(runtime: Runtime, actor: Actor, wanted: Wanted) -> dict[str, Any]:
    """The rows of a span, in the order of their groups. A limited key sees the contacts of its creditors
    alone."""
    (found,) = (await reports(runtime, actor, wanted, (wanted.by,))).found
    return found


class Reports(NamedTuple):
    """Reports on one span."""

    found: list[dict[str, Any]]
    left_out: bool
    """Contacts of the last days were many, and are not looked up: they are in no row."""


FEW = 2000
"""Contacts that are looked up at once where nobody asked for it: it takes a moment for each."""


async def reports(
    runtime: Runtime,
    actor: Actor,
    wanted: Wanted,
    every: Iterable[tuple[str, ...]],
    *,
    all_fresh: bool = True,
) -> Reports:
    """A report by each of `every`, of one look. Without `all_fresh` contacts that are not counted for good
    yet are left out where they are many."""
    first, end = wanted.days
    made = _midnight(first), _midnight(end)
    cells = await each(runtime, lambda one: _counts(one, wanted, all_fresh=all_fresh))
    parts = [part for one in cells for part in one.parts]
    return Reports(
        [_report(parts, actor, by, made, wanted.prices) for by in every], any(one.left_out for one in cells)
    )


class Counts(NamedTuple):
    """A cell's counts, each with whether their window is over."""

    parts: list[tuple[list[CountRow], bool]]
    left_out: bool


async def _counts(runtime: Runtime, wanted: Wanted, *, all_fresh: bool) -> Counts:
    now = runtime.clock.now()
    first, end = wanted.days
    made = _midnight(first), _midnight(end)
    async with runtime.database.transaction() as connection:
        await outcomes.share(connection)
        since = await outcomes.counted_until(connection)
        counted = await outcomes.read(connection, first, end)
        due = since or BEGINNING
        many = not all_fresh and await outcomes.some(connection, _not_counted(due, made), FEW) >= FEW
        fresh = (
            []
            if many
            else await outcomes.count(connection, (due, NEVER), waits=WAITS, made=made, window=WINDOW, at=now)
        )
    parts = [(counted, True)]
    parts += [(grouped(one for one in fresh if one.mature is mature), mature) for mature in (False, True)]
    return Counts(parts, many)


def _not_counted(due: datetime, made: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """When contacts were made that are not counted for good."""
    return (max(made[0], due - WAITS) if due > BEGINNING else made[0]), made[1]


def _report(
    parts: Iterable[tuple[Iterable[CountRow], bool]],
    actor: Actor,
    by: tuple[str, ...],
    made: tuple[datetime, datetime],
    prices: Prices,
) -> dict[str, Any]:
    rows: defaultdict[tuple[str, ...], Row] = defaultdict(Row)
    for some, mature in parts:
        for one in some:
            if _visible(actor, one):
                rows[tuple(_group(one, by))].add(one, prices, mature=mature)
    return {
        "from": made[0],
        "to": made[1],
        "by": list(by),
        "window_days": WINDOW.days,
        "rows": [
            dict(zip(by, group, strict=True)) | _document(row, prices) for group, row in sorted(rows.items())
        ],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _visible(actor: Actor, one: CountRow) -> bool:
    return actor.creditors is None or (one.creditor != UNKNOWN and actor.may_see(one.creditor))


def _group(one: CountRow, by: Iterable[str]) -> Iterator[str]:
    for name in by:
        yield (one.arm_group or "none") if name == "group" else getattr(one, name)


def _document(row: Row, prices: Prices) -> dict[str, Any]:
    return {
        "contacts": row.contacts,
        "mature": row.mature,
        "not_mature": row.contacts - row.mature,
        **({"cost": None if row.cost is None else said(row.cost)} if prices else {}),
        **{
            name: {"count": row.counts[name], "mature": row.matured[name]}
            | wilson(row.matured[name], row.mature)
            for name in MEASURES
        },
    }


def wilson(hits: int, of: int) -> dict[str, float | None]:
    """The share `hits / of` and its 95 % interval (Wilson 1927), rounded to six digits; None where there is
    nothing to divide by."""
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
