"""What came after contacts, counted: each payment, promise, reply or harm goes to the latest contact about
its debt before it.

What is over is read from its counts; only contacts of the last days are looked up. Nothing here says that a
contact was the cause: nobody chose by lot whom to contact."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from service.dispatch.audit.attribution import BEGINNING, NEVER, WAITS, grouped
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

    @property
    def days(self) -> tuple[date, date]:
        """The first day, and the day after the last."""
        last = self.until.astimezone(UTC) - timedelta(microseconds=1)
        return self.since.astimezone(UTC).date(), last.date() + timedelta(days=1)


LONGEST = timedelta(days=92)
"""The longest span of a report."""
USUAL = timedelta(days=28)
"""The span where none is named."""


def wanted_of(since: datetime | None, until: datetime | None, names: str | None, now: datetime) -> Wanted:
    """What is asked for; `names` with commas between. Raises InvalidRequest with every fault."""
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
    if field_errors:
        raise InvalidRequest("the query does not fit", field_errors=field_errors)
    return Wanted(since=since, until=until, by=by)


@dataclass(slots=True)
class Row:
    """The counts of one group."""

    contacts: int = 0
    mature: int = 0
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Contacts that were followed by it, by measure."""
    matured: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The same among those whose window is over."""

    def add(self, one: CountRow, *, mature: bool) -> None:
        """Add counted contacts."""
        self.contacts += one.contacts
        self.mature += one.contacts * mature
        for name in MEASURES:
            number = getattr(one, name)
            self.counts[name] += number
            self.matured[name] += number * mature


async def report(runtime: Runtime, actor: Actor, wanted: Wanted) -> dict[str, Any]:
    """The rows of a span, in the order of their groups. A limited key sees the contacts of its creditors
    alone."""
    first, end = wanted.days
    made = _midnight(first), _midnight(end)
    rows: defaultdict[tuple[str, ...], Row] = defaultdict(Row)
    for parts in await each(runtime, lambda one: _counts(one, wanted)):
        for some, mature in parts:
            for one in some:
                if _visible(actor, one):
                    rows[tuple(_group(one, wanted.by))].add(one, mature=mature)
    return {
        "from": made[0],
        "to": made[1],
        "by": list(wanted.by),
        "window_days": WINDOW.days,
        "rows": [
            dict(zip(wanted.by, group, strict=True)) | _document(row) for group, row in sorted(rows.items())
        ],
    }


async def _counts(runtime: Runtime, wanted: Wanted) -> list[tuple[Iterable[CountRow], bool]]:
    """A cell's counts, each with whether their window is over."""
    now = runtime.clock.now()
    first, end = wanted.days
    made = _midnight(first), _midnight(end)
    async with runtime.database.transaction() as connection:
        await outcomes.share(connection)
        since = await outcomes.counted_until(connection)
        counted = await outcomes.read(connection, first, end)
        fresh = await outcomes.count(
            connection, (since or BEGINNING, NEVER), waits=WAITS, made=made, window=WINDOW, at=now
        )
    parts: list[tuple[Iterable[CountRow], bool]] = [(counted, True)]
    parts += [(grouped(one for one in fresh if one.mature is mature), mature) for mature in (False, True)]
    return parts


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _visible(actor: Actor, one: CountRow) -> bool:
    return actor.creditors is None or (one.creditor != UNKNOWN and actor.may_see(one.creditor))


def _group(one: CountRow, by: Iterable[str]) -> Iterator[str]:
    for name in by:
        yield (one.arm_group or "none") if name == "group" else getattr(one, name)


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
