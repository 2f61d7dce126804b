"""Designations: times that the borrower named as inconvenient, recurring, until a date or until withdrawn
(12 CFR 1006.6(b)(1), cmt. 1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from policies.facts import DAYS, Event, Inconvenient
from policies.lifted import closed_debts
from policies.lookups import Lookup, lifting
from policies.order import follows
from policies.permissions import lifts_of, lifts_until
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest, refused_since
from policies.strictness import Kind
from policies.view import View
from policies.windows import DAY, Spans, advance, inside, merged, next_edge

LONGEST_SEARCH = 800
LIFTED_BY = ("designation_withdrawn",)
"""What withdraws a named time."""


class Designation(RuleSpec):
    """Shut at the times that the latest designations name, in every candidate zone."""

    SENTENCES: ClassVar[Sentences] = {
        "designation.inconvenient": {
            "en": "{time} on {date} in {zone} is a time that the borrower named as inconvenient ({named})",
            "es": (
                "las {time} del {date} en {zone} es una hora que la persona deudora declaró "
                "inconveniente ({named})"
            ),
            "zh-CN": "{zone} 当地时间 {date} {time} 属于借款人声明不便的时间（{named}）",
        },
    }
    EXAMPLE: ClassVar[str] = "unless: {time_consent: true}"

    kind: Literal["designation"]

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut inside a named time; open until the next one begins."""
        return _judge(view, at, basis, _named(view))

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Only for the rest of the named time in which the message came; what was named with it or after it
        shuts as ever."""
        named = _named(view)
        later = [event for event in named if not follows(inbound, event)]
        if isinstance(_judge(view, at, basis, later), Refuse):
            return False
        earlier = [event for event in named if follows(inbound, event)]
        return refused_since(lambda instant: _judge(view, instant, basis, earlier), inbound.at, at)

    def lookups(self) -> Iterator[Lookup]:
        """Every time that was named, and what withdrew it."""
        yield Lookup("designation", "times", "bars")
        yield from lifting(LIFTED_BY)

    def speaks_of(self) -> frozenset[str] | None:
        """Nothing is inconvenient before somebody says so."""
        return frozenset({"designation"})

    def demands(self) -> Iterator[str]:
        """What the borrower named."""
        yield "No message goes at a time that the borrower named as inconvenient."


def _named(view: View) -> list[Event]:
    return [event for event in view.of("designation") if event.inconvenient]


def _judge(view: View, at: datetime, basis: str, events: list[Event]) -> Answer:
    """What these designations say of an instant."""
    if not events:
        return PERMIT
    change = earliest(lifts_until(view, LIFTED_BY, at), *(event.at for event in events if event.at > at))
    standing = [event for event in events if event.at <= at and not _withdrawn(view, event, at)]
    opens: datetime | None = None
    refused: Refuse | None = None
    always = any(_is_always(event) for event in standing)
    for zone in view.zones(basis):
        here = view.wall(at, zone)
        spans = _spans(standing, here.ordinal)
        if not inside(spans, here.seconds):
            change = earliest(change, _turn(view, standing, at, zone, busy=True))
            continue
        free = None if always else _turn(view, standing, at, zone, busy=False)
        if free is None:
            return Refuse(None, "designation.inconvenient", _values(view, standing, at, zone), Kind.HOLD)
        if opens is None or free > opens:
            opens, refused = free, Refuse(free, "designation.inconvenient", _values(view, standing, at, zone))
    return refused if refused is not None else (Permit(change) if change else PERMIT)


def _withdrawn(view: View, event: Event, at: datetime) -> bool:
    ends = lifts_of(view, LIFTED_BY, at).ends(event, closed_debts(view, event))
    return ends is not None and ends <= at


def _is_always(event: Event) -> bool:
    """Whether every hour of every day is named, without an end: no search finds a free one."""
    return event.until is None and any(
        one.start is None and one.end is None and set(DAYS) <= {*one.days} for one in event.inconvenient
    )


def _spans(events: list[Event], day: int) -> Spans:
    """The named times of one local date, those that began the evening before included."""
    found: list[tuple[float, float]] = []
    for event in events:
        if event.until is not None and day > event.until.toordinal():
            continue
        for one in event.inconvenient:
            found += _of_day(one, day)
    return merged(found)


def _of_day(one: Inconvenient, day: int) -> list[tuple[float, float]]:
    today, yesterday = DAYS[(day + 6) % 7], DAYS[(day + 5) % 7]
    first = 0.0 if one.start is None else one.start.hour * 3600.0 + one.start.minute * 60
    last = float(DAY) if one.end is None else one.end.hour * 3600.0 + one.end.minute * 60
    if first < last:
        return [(first, last)] if today in one.days else []
    found = [(first, float(DAY))] if today in one.days else []
    return [*found, (0.0, last)] if yesterday in one.days else found


def _turn(view: View, events: list[Event], at: datetime, zone: ZoneInfo, *, busy: bool) -> datetime | None:
    """The next instant at which being inside a named time becomes `busy`; None where years bring none."""
    instant, here = at, view.wall(at, zone)
    first = here.ordinal
    while True:
        spans = _spans(events, here.ordinal)
        instant = advance(instant, zone, next_edge(spans, here.seconds) - here.seconds)
        here = view.wall(instant, zone)
        if inside(_spans(events, here.ordinal), here.seconds) is busy:
            return instant
        if here.ordinal - first > (LONGEST_SEARCH if not busy else 8):
            return None


def _values(view: View, events: list[Event], at: datetime, zone: ZoneInfo) -> dict[str, object]:
    here = view.wall(at, zone)
    named = "; ".join(_words(one) for event in events for one in event.inconvenient)
    clock = f"{int(here.seconds) // 3600:02d}:{int(here.seconds) % 3600 // 60:02d}"
    return {
        "time": clock,
        "date": date.fromordinal(here.ordinal).isoformat(),
        "zone": zone.key,
        "named": named,
    }


def _words(one: Inconvenient) -> str:
    days = ", ".join(one.days) if len(one.days) < len(DAYS) else "daily"
    if one.start is None and one.end is None:
        return days
    first = "00:00" if one.start is None else one.start.isoformat("minutes")
    last = "24:00" if one.end is None else one.end.isoformat("minutes")
    return f"{days} {first}-{last}"
