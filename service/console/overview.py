"""The first page: what waits for me, what happened today and in two weeks, whether the promise is kept, how
providers and the log are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from policies.review import review
from policies.windows import start_of_date
from policies.zones import zone as zone_named
from service.console.access import may
from service.console.charts import Bucket, Columns, stacked
from service.console.forms import read_query
from service.console.pages import page
from service.console.routes import router, runtime_of, visitor_of
from service.console.sessions import Visitor
from service.dispatch.governance.pending import waits_for
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.ids import CHANNELS
from service.model.actor import Role
from service.store import backlog, log_tree, tallies, throughput, unmatched
from service.store.backlog import Waiting
from service.store.tallies import Cause, Counted, Health
from service.store.throughput import Punctuality

DAY, HOUR, DAYS = timedelta(hours=24), timedelta(hours=1), 14
FRESH = timedelta(minutes=2)
"""A worker that was not there since then is gone."""
CAUSES = 40
KINDS = ("good", "idle", "wait", "live", "bad")
_KIND_OF = {
    "handed_over": "good",
    "defer": "idle",
    "suppress": "wait",
    "hold": "live",
    "held": "live",
    "failed": "bad",
    "unknown": "bad",
}
"""The colour of what is counted; what stands in no row here is counted and not drawn: what is allowed is
handed over next."""
overview = router()


@overview.get("/console")
async def get_overview(request: Request) -> Response:
    """The numbers concern every creditor; a key that is limited to some sees none of them."""
    visitor, runtime = visitor_of(request), runtime_of(request)
    if visitor.actor.creditors is not None:
        return page("overview.html", visitor, waits=None)
    channel, at = read_query(request).choice("channel", CHANNELS), runtime.clock.now()
    days = _days(at, visitor.zone)
    found = await look(runtime, at=at, since=days[0])
    counted = found.counted
    shown = [one for one in counted if channel in {None, one.channel}]
    return page(
        "overview.html",
        visitor,
        at=at,
        waits={one.state: one for one in found.waits},
        todo=await _todo(runtime, visitor, found.waits, found.unheard),
        promise=_promise(found.shares),
        today=_today(shown, at, visitor.zone, may(visitor.key.role, "GET", "/console/log")),
        fortnight=_fortnight(shown, days, visitor.zone),
        sums=_sums(shown, at),
        causes=[one for one in found.causes if _KIND_OF.get(one.what) in {"idle", "wait", "live"}][:8],
        providers=_providers(found.health, counted, at, cells=len(runtime.cells.all)),
        counted_from=_first_hour(at),
        channel=channel,
        channels=CHANNELS,
        unsequenced=found.unsequenced,
        sequenced=found.sequenced,
        law=review(runtime.in_force.policies(at).values(), at.date()).reminders(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one cell tells of itself, or all of them together."""

    waits: Sequence[Waiting]
    shares: Sequence[Punctuality]
    unsequenced: int
    sequenced: int
    """Entries of the log; of several cells, of all their logs."""
    counted: Sequence[Counted]
    causes: Sequence[Cause]
    health: Sequence[Health]
    unheard: int


async def look(runtime: Runtime, *, at: datetime, since: datetime) -> Looked:
    """What waits now, and what happened since an instant, in every cell. Raises Unavailable where one is
    away."""
    return _together(await each(runtime, partial(_of_cell, at=at, since=since)))


async def _of_cell(runtime: Runtime, *, at: datetime, since: datetime) -> Looked:
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
        return Looked(
            waits=await backlog.summary(connection, at),
            shares=await throughput.punctuality(connection, at - DAY),
            unsequenced=await backlog.unsequenced(connection),
            sequenced=0 if head is None else head.size,
            counted=await tallies.by_hour(connection, since, at + DAY),
            causes=await tallies.causes(connection, since, at + DAY, CAUSES),
            health=await tallies.health(connection, at - DAY),
            unheard=await unmatched.count_since(connection, at - timedelta(days=DAYS)),
        )


def _together(parts: Sequence[Looked]) -> Looked:
    if len(parts) == 1:
        return parts[0]
    waits: dict[str, Waiting] = {}
    for row in (row for part in parts for row in part.waits):
        waits[row.state] = _both(waits.get(row.state), row)
    causes: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for cause in (cause for part in parts for cause in part.causes):
        causes[cause[:-1]] += cause.number
    return Looked(
        waits=list(waits.values()),
        shares=[row for part in parts for row in part.shares],
        unsequenced=sum(part.unsequenced for part in parts),
        sequenced=sum(part.sequenced for part in parts),
        counted=[row for part in parts for row in part.counted],
        causes=sorted((Cause(*key, number) for key, number in causes.items()), key=lambda one: -one.number),
        health=[row for part in parts for row in part.health],
        unheard=sum(part.unheard for part in parts),
    )


def _both(one: Waiting | None, other: Waiting) -> Waiting:
    if one is None:
        return other
    ages = [age for age in (one.oldest_seconds, other.oldest_seconds) if age is not None]
    return Waiting(one.state, one.number + other.number, max(ages, default=None))


def _days(at: datetime, zone: str) -> list[datetime]:
    """The beginnings of the last days in the reader's zone, today's last."""
    where = zone_named(zone)
    today = at.astimezone(where).date()
    return [start_of_date(today - timedelta(days=back), where) for back in reversed(range(DAYS))]


async def _todo(runtime: Runtime, visitor: Visitor, waits: Sequence[Waiting], unheard: int) -> dict[str, Any]:
    """What waits for whoever looks."""
    acts = visitor.key.role in {Role.OPS, Role.ADMIN}
    return {
        "held": sum(one.number for one in waits if one.state in {"held", "unknown"}),
        "unheard": unheard,
        "steps": await waits_for(runtime, visitor.actor) if acts else [],
    }


def _promise(rows: Iterable[Punctuality]) -> list[dict[str, Any]]:
    """By channel: hand-overs of the last day, and the share of them that kept the promise."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        kept, missed = counts.get(row.channel, (0, 0))
        counts[row.channel] = (kept + row.kept, missed + row.missed)
    return [
        {"channel": channel, "count": kept + missed, "share": kept / (kept + missed)}
        for channel, (kept, missed) in sorted(counts.items())
        if kept + missed
    ]


def _counts(rows: Iterable[Counted]) -> Mapping[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        kind = _KIND_OF.get(row.what)
        if kind is not None:
            found[kind] += row.number
    return found


def _sums(rows: Sequence[Counted], at: datetime) -> Mapping[str, int]:
    """Of the last day."""
    found: defaultdict[str, int] = defaultdict(int)
    found.update(_counts(row for row in rows if row.hour >= _first_hour(at)))
    return found


def _first_hour(at: datetime) -> datetime:
    """From when on the last 24 hours are counted: by the whole hour, this one included."""
    return at.replace(minute=0, second=0, microsecond=0) - DAY + HOUR


def _led_to(hour: datetime, where: ZoneInfo, reads: bool) -> str:
    """What happened in an hour: its entries for who reads the log, else the notices of its day."""
    if reads:
        ends = hour + HOUR
        return f"/console/log?from={hour:%Y-%m-%dT%H:%M:%SZ}&to={ends:%Y-%m-%dT%H:%M:%SZ}"
    day = f"{hour.astimezone(where):%Y-%m-%d}"
    return f"/console/notices?from={day}&to={day}"


def _today(rows: Sequence[Counted], at: datetime, zone: str, reads: bool) -> Columns:
    """The last 24 hours, an hour a column."""
    where, last = zone_named(zone), at.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in reversed(range(24))]
    by_hour: defaultdict[datetime, list[Counted]] = defaultdict(list)
    for row in rows:
        by_hour[row.hour.astimezone(UTC)].append(row)
    buckets = [
        Bucket(
            label=f"{hour.astimezone(where):%H}",
            title=f"{hour.astimezone(where):%Y-%m-%d %H:%M %Z}",
            counts=_counts(by_hour[hour]),
            href=_led_to(hour, where, reads),
        )
        for hour in hours
    ]
    return stacked(buckets, KINDS, every=2)


def _fortnight(rows: Sequence[Counted], days: Sequence[datetime], zone: str) -> Columns:
    """Two weeks, a day a column."""
    where = zone_named(zone)
    ends = [*days[1:], None]
    buckets = []
    for begins, until in zip(days, ends, strict=True):
        local = begins.astimezone(where)
        inside = (row for row in rows if row.hour >= begins and (until is None or row.hour < until))
        buckets.append(
            Bucket(
                label=f"{local:%m-%d}",
                title=f"{local:%Y-%m-%d}",
                counts=_counts(inside),
                href=f"/console/notices?from={local:%Y-%m-%d}&to={local:%Y-%m-%d}",
            )
        )
    return stacked(buckets, KINDS)


def _rate(rows: Iterable[Counted], channel: str, at: datetime) -> dict[str, int]:
    """Hand-overs on a channel in the last 24 hours, and of these what failed."""
    day = [row for row in rows if row.channel == channel and row.hour >= _first_hour(at)]
    return {
        "taken": sum(row.number for row in day if row.what == "handed_over"),
        "failed": sum(row.number for row in day if row.what in {"failed", "unknown"}),
    }


def _providers(
    rows: Iterable[Health], counted: Sequence[Counted], at: datetime, *, cells: int
) -> list[dict[str, Any]]:
    """Each adapter as its workers see it: stopped where one of them has stopped sending; how many hand-overs
    a second the settings give it, over all cells; and how much goes by its channel."""
    found: dict[tuple[str, str], list[Health]] = {}
    for row in rows:
        found.setdefault((row.channel, row.adapter), []).append(row)
    shown = []
    for (channel, adapter), workers in sorted(found.items()):
        there = [one for one in workers if one.seen_at > at - FRESH]
        newest = max(workers, key=lambda one: one.seen_at)
        worst = max(workers, key=lambda one: (one.error_at is not None, one.error_at or one.seen_at))
        shown.append(
            {
                "channel": channel,
                "adapter": adapter,
                "workers": len(there),
                "stopped": sum(one.is_stopped for one in there),
                "answered_at": max((one.answered_at for one in workers if one.answered_at), default=None),
                "rate": None if newest.rate_per_second is None else newest.rate_per_second * cells,
                "error": worst.error,
                "error_at": worst.error_at,
                **_rate(counted, channel, at),
            }
        )
    return shown
