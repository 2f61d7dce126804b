"""Counts contacts for good when their time is over: a day of them at a time, each once, under a lock; a crash
leaves nothing half."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from policies.evidence import Evidence
from policies.places.whereabouts import whereabouts
from service.dispatch.runtime import Runtime
from service.model.outcome import LATE, UNKNOWN, WINDOW, band_of, local_time, week_of
from service.model.suppression import channel_of
from service.store import outcomes
from service.store.outcomes import Counted, CountRow

BEGINNING, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
STEP = timedelta(days=1)
"""Of so much time the contacts are counted in one transaction."""
WAITS = WINDOW + LATE
"""How old a contact is when it is counted for good."""
_FIRST_SUM = CountRow._fields.index("contacts")
_KEYS = CountRow._fields[:_FIRST_SUM]
_SUMS = CountRow._fields[_FIRST_SUM:]


async def count_due(runtime: Runtime) -> int:
    """Count everything that is due now; returns how many contacts that were."""
    found, at = 0, runtime.clock.now()  # once: a clock that goes on would leave something due for ever
    while True:
        counted = await _count_day(runtime, at)
        if counted is None:
            return found
        found += counted


async def _count_day(runtime: Runtime, at: datetime) -> int | None:
    """One transaction; None where nothing is due any more at `at`."""
    async with runtime.database.transaction() as connection:
        await outcomes.hold(connection)
        since = await outcomes.counted_until(connection)
        if since is None:
            first = await outcomes.earliest(connection, at)
            until = at if first is None else min(at, first + WAITS + STEP)
            since = BEGINNING
        else:
            until = min(at, since + STEP)
        if until <= since:
            return None
        rows = await outcomes.count(
            connection, (since, until), waits=WAITS, made=(BEGINNING, NEVER), window=WINDOW, at=at
        )
        await outcomes.add(connection, grouped(rows), until)
    return sum(row.contacts for row in rows)


def grouped(rows: Iterable[Counted]) -> list[CountRow]:
    """The rows of quarters of an hour, put together by day, week and hours of the borrower's own clock."""
    sums: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0] * len(_SUMS))
    for row in rows:
        local = local_time(row.quarter, zone_of(row.time_zone, row.jurisdiction, row.country))
        key = (
            row.quarter.astimezone(UTC).date(),
            week_of(local or row.quarter),
            row.creditor,
            row.template,
            channel_of(row.channel) or row.channel,
            row.tier,
            UNKNOWN if local is None else band_of(local),
            row.arm_group,
        )
        found = sums[key]
        for place, name in enumerate(_SUMS):
            found[place] += getattr(row, name)
    return [CountRow(*key, *found) for key, found in sums.items()]  # type: ignore[arg-type]


def zone_of(stated: str | None, jurisdiction: str | None, country: str | None) -> str | None:
    """The one zone that a borrower's place can have; None where several are left, or none."""
    if stated is not None:
        return stated
    some = whereabouts(Evidence(stated=jurisdiction, country=country)).zones.values()
    names = {name for one in some for name in one}
    return names.pop() if len(names) == 1 else None
