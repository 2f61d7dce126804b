"""The first page: what waits for me, what happened today and in two weeks, whether the promise is kept, how
providers and the log are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from policies.review import review
from policies.windows import start_of_date
from policies.zones import zone as zone_named
from service.console.activity import led_to
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
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FRESH = timedelta(minutes=2)
"""A worker that was not there since then is gone."""
CAUSES, CAUSES_SHOWN = 40, 8
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "good": ("handed_over",),
        "idle": ("defer",),
        "stop": ("suppress",),
        "wait": ("hold",),
        "bad": ("failed", "unknown"),
    }
)
"""What each colour stands for, in the words of the list that it leads to. What is in no row is counted and
not drawn: what is allowed is handed over next."""
_KIND_OF = {word: kind for kind, words in KINDS.items() for word in words} | {"held": "wait"}
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
    shown = [one for one in found.counted if channel in {None, one.channel}]
    return page(
        "overview.html",
        visitor,
        at=at,
        waits={one.state: one for one in found.waits},
        todo=await _todo(runtime, visitor, found.waits, found.unheard, at),
        promise=_promise(found.shares, at),
        today=_today(shown, at, visitor.zone, channel),
        fortnight=_fortnight(shown, days, visitor.zone, channel),
        sums=_sums(shown, at, channel),
        by_channel=_by_channel(shown, at) if channel is None else (),
        causes=_causes(found.causes, days[0], channel),
        providers=_providers(found.health, found.handed, at, cells=len(runtime.cells.all)),
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
    handed: Sequence[Cause]
    """What came of hand-overs in the last day, by provider."""
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
            handed=await tallies.by_provider(connection, _first_hour(at), at + DAY),
            health=await tallies.health(connection, at - DAY),
            unheard=await unmatched.count_since(connection, _unheard_since(at)),
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
        handed=[row for part in parts for row in part.handed],
        health=[row for part in parts for row in part.health],
        unheard=sum(part.unheard for part in parts),
    )


def _both(one: Waiting | None, other: Waiting) -> Waiting:
    if one is None:
        return other
    ages = [age for age in (one.oldest_seconds, other.oldest_seconds) if age is not None]
    return Waiting(one.state, one.number + other.number, max(ages, default=None))


def _days(at: datetime, zone: str) -> list[datetime]:
    """The beginnings of the last days in the reader's zone, today's last: the first whole hour of each, since
    by the hour is how everything is counted."""
    where = zone_named(zone)
    today = at.astimezone(where).date()
    begins = (start_of_date(today - timedelta(days=back), where) for back in reversed(range(DAYS)))
    return [-(-(one - EPOCH) // HOUR) * HOUR + EPOCH for one in begins]


def _unheard_since(at: datetime) -> datetime:
    """From when on messages that nobody has are counted."""
    return at.replace(microsecond=0) - timedelta(days=DAYS)


async def _todo(
    runtime: Runtime, visitor: Visitor, waits: Sequence[Waiting], unheard: int, at: datetime
) -> dict[str, Any]:
    """What waits for whoever looks."""
    acts = visitor.key.role in {Role.OPS, Role.ADMIN}
    return {
        "held": sum(one.number for one in waits if one.state in {"held", "unknown"}),
        "unheard": unheard,
        "unheard_since": _unheard_since(at),
        "steps": await waits_for(runtime, visitor.actor) if acts else [],
    }


def _promise(rows: Iterable[Punctuality], at: datetime) -> list[dict[str, Any]]:
    """By channel: the share of the last day's hand-overs that kept the promise, and where these are."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        kept, missed = counts.get(row.channel, (0, 0))
        counts[row.channel] = (kept + row.kept, missed + row.missed)
    return [
        {
            "channel": channel,
            "count": kept + missed,
            "share": kept / (kept + missed),
            "href": led_to("handed_over", channel=channel, since=_first_hour(at)),
        }
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


def _sums(rows: Sequence[Counted], at: datetime, channel: str | None) -> Mapping[str, tuple[int, str]]:
    """Of the last day by colour: how many, and where they are."""
    since = _first_hour(at)
    found = _counts(row for row in rows if row.hour >= since)
    return {
        kind: (found.get(kind, 0), led_to(*words, channel=channel, since=since))
        for kind, words in KINDS.items()
    }


def _by_channel(rows: Sequence[Counted], at: datetime) -> list[tuple[str, Mapping[str, tuple[int, str]]]]:
    """The same of each channel on which anything happened."""
    found = [(one, _sums([row for row in rows if row.channel == one], at, one)) for one in CHANNELS]
    return [(one, sums) for one, sums in found if any(number for number, _ in sums.values())]


def _causes(rows: Iterable[Cause], since: datetime, channel: str | None) -> list[dict[str, Any]]:
    """The rules that decided most, and where their decisions are."""
    shown = [
        one
        for one in rows
        if _KIND_OF.get(one.what) in {"idle", "stop", "wait"} and channel in {None, one.channel}
    ]
    return [
        {
            **one._asdict(),
            "href": led_to(one.what, channel=one.channel, rule=one.because, since=since),
        }
        for one in shown[:CAUSES_SHOWN]
    ]


def _first_hour(at: datetime) -> datetime:
    """From when on the last 24 hours are counted: by the whole hour, this one included."""
    return at.replace(minute=0, second=0, microsecond=0) - DAY + HOUR


def _today(rows: Sequence[Counted], at: datetime, zone: str, channel: str | None) -> Columns:
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
            href=led_to(channel=channel, since=hour, before=hour + HOUR),
        )
        for hour in hours
    ]
    return stacked(buckets, tuple(KINDS), every=2)


def _fortnight(rows: Sequence[Counted], days: Sequence[datetime], zone: str, channel: str | None) -> Columns:
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
                href=led_to(channel=channel, since=begins, before=until),
            )
        )
    return stacked(buckets, tuple(KINDS))


def _rate(rows: Iterable[Cause], channel: str, adapter: str, since: datetime) -> dict[str, Any]:
    """Hand-overs by one provider in the last day, and of these what failed; and where they are."""
    mine = [row for row in rows if (row.channel, row.because) == (channel, adapter)]
    return {
        "taken": sum(row.number for row in mine if row.what == "handed_over"),
        "taken_href": led_to("handed_over", channel=channel, provider=adapter, since=since),
        "failed": sum(row.number for row in mine if row.what in KINDS["bad"]),
        "failed_href": led_to(*KINDS["bad"], channel=channel, provider=adapter, since=since),
    }


def _providers(
    rows: Iterable[Health], handed: Sequence[Cause], at: datetime, *, cells: int
) -> list[dict[str, Any]]:
    """Each adapter as its workers see it: stopped where one of them has stopped sending; how many hand-overs
    a second the settings give it, over all cells; and how much went by it."""
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
                **_rate(handed, channel, adapter, _first_hour(at)),
            }
        )
    return shown
