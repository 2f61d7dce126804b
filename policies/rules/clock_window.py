"""Clock windows: the local hours in which contact is permitted, by weekday and holiday, in every candidate
zone.

Windows are half-open, `[open, close)`. A window that closes before it opens crosses midnight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo
from functools import cached_property
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from policies.calendars import CalendarName, HolidayName, falls_on, is_holiday
from policies.facts import DAYS, Event
from policies.lookups import Lookup, lifting
from policies.permissions import concerns, in_force
from policies.phrases import listed
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest, refused_since
from policies.strictness import Kind
from policies.view import View
from policies.windows import DAY, Spans, Wall, advance, inside, merged, next_edge, start_of

HOLIDAY = "holiday"
ON_HOLIDAYS = 7
"""The row of holidays, after those of the weekdays."""
_SPAN = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24(?=:00)):([0-5]\d)$", re.ASCII)
_TIME = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
_AGREED = {
    "start": re.compile(
        rf"\b(?:from|after|ab|desde)\s+{_TIME}"
        rf"|\b{_TIME.replace('hour', 'first').replace('minute', 'past')}\s*-",
        re.IGNORECASE,
    ),
    "end": re.compile(rf"(?:\b(?:to|until|till|before|bis|hasta)\s+|-\s*){_TIME}", re.IGNORECASE),
}
LONGEST_SEARCH = 800
"""Local days after which a search for an opening gives up."""
MOST_STRETCHES = 1024
_NONE_YET = (datetime.min.replace(tzinfo=UTC), PERMIT)


class ClockWindow(RuleSpec):
    """The hours in which contact is permitted. `hours` has one row for each day: `mon` … `sun` and `holiday`;
    rows may be named together (`mon-fri`); a day without a row is closed. Without a `holiday` row a holiday
    is a day like any other. Hours that cross midnight belong to the day on which they open; those of an
    ordinary evening end where a holiday begins."""

    SENTENCES: ClassVar[Sentences] = {
        "clock.outside": {
            "en": "{time} on {date} in {zone} is outside the permitted hours {hours}",
            "es": "las {time} del {date} en {zone} está fuera del horario permitido {hours}",
            "zh-CN": "{zone} 当地时间 {date} {time} 不在允许的时段（{hours}）之内",
        },
        "clock.closed_day": {
            "en": "{date} in {zone} is {day}, a day on which no contact is permitted",
            "es": "el {date} en {zone} es {day}, un día en que no se permite contactar",
            "zh-CN": "{zone} 当地日期 {date} 为{day}，当日不得联系",
        },
        "clock.no_zone": {
            "en": (
                "no time zone is known for the borrower, so that the local hour cannot be judged; a "
                "person must decide"
            ),
            "es": (
                "no se conoce la zona horaria de la persona deudora y no puede juzgarse la hora local; "
                "debe decidir una persona"
            ),
            "zh-CN": "无法得知借款人所在时区，不能判断当地时间；须由人工决定",
        },
        "clock.never": {
            "en": (
                "no moment lies within the permitted hours {hours} in all of {zones} at once; a person "
                "must decide"
            ),
            "es": (
                "ningún momento cae a la vez en el horario permitido {hours} en todas las zonas {zones}; "
                "debe decidir una persona"
            ),
            "zh-CN": "没有任何时刻能同时处于 {zones} 的允许时段（{hours}）之内；须由人工决定",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "hours:\n  mon-fri: 08:00-20:00\n  sat: [09:00-12:00, 13:00-16:00]\n  holiday: []\ncalendar: NL"
    )

    kind: Literal["clock_window"]
    hours: dict[str, list[str]] = Field(min_length=1)
    """Rows of hours like `08:00-21:00`, by `mon`, `mon-fri`, `sat,sun`, `daily` and `holiday`; an empty row
    is closed."""
    calendar: CalendarName | None = None
    """A calendar of the `holidays` package, like `NL`, `CA-QC`, or `CA:government` with a category beside the
    public holidays. The case's own holidays always count."""
    moved_holidays: bool = True
    """Days on which the calendar keeps a holiday that falls on a weekend are holidays too."""
    also_holidays: tuple[HolidayName, ...] = ()
    """Days that the law names beside the calendar's: `2024-05-10` once, `05-05` each year, `easter+1` counted
    from Western Easter."""
    agreed_hours: bool = False
    """Hours agreed with the borrower replace the default ones, until the agreement ends."""

    @field_validator("hours", mode="before", json_schema_input_type=dict[str, str | list[str] | None])
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            str(key): [spans] if isinstance(spans, str) else (spans or []) for key, spans in value.items()
        }

    @field_validator("hours")
    @classmethod
    def _rows(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for row, spans in value.items():
            days_of(row)
            for span in spans:
                if not _SPAN.match(span):
                    raise ValueError(f"expected hours like 08:00-21:00, got {span!r}")
        return value

    @cached_property
    def _table(self) -> tuple[dict[int, Spans], dict[int, Spans]]:
        """Spans by weekday, and those of holidays where they differ; and what of them lies on the day after,
        past midnight."""
        own: dict[int, list[tuple[float, float]]] = {day: [] for day in range(7)}
        after: dict[int, list[tuple[float, float]]] = {}
        for row, spans in self.hours.items():
            for day in days_of(row) or (ON_HOLIDAYS,):
                found = own.setdefault(day, [])
                for first, last in map(_parse, spans):
                    found.append((first, last if first < last else float(DAY)))
                    if last <= first:
                        after.setdefault(day, []).append((0.0, last))
        return {day: merged(spans) for day, spans in own.items()}, {
            day: merged(spans) for day, spans in after.items()
        }

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Permitted while every candidate zone is inside its window."""
        zones = view.zones(basis)
        if not view.is_placed(basis):
            return Refuse(None, "clock.no_zone", {}, Kind.HOLD)
        if self._is_own(view):
            return self._judge(view, at, zones)
        key = (zones, at.tzinfo)
        since, known = self._stretches.get(key, _NONE_YET)
        if since <= at and known.until is not None and at < known.until:
            return known
        answer = self._judge(view, at, zones)
        if isinstance(answer, Permit):
            if len(self._stretches) >= MOST_STRETCHES:
                self._stretches.clear()
            self._stretches[key] = at, answer
        return answer

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Only for the rest of the closed time in which the message came: one that came by day opens no
        night, and one that came in a night opens that night alone (12 CFR 1006, cmt. 6(b)(1)-2)."""
        return view.is_placed(basis) and refused_since(
            lambda instant: self.judge(view, instant, basis), inbound.at, at
        )

    def _is_own(self, view: View) -> bool:
        """Whether the borrower's facts change the hours, so that they are nobody else's."""
        return bool(view.facts.holidays) or (self.agreed_hours and bool(view.of("agreed_hours")))

    @cached_property
    def _stretches(self) -> dict[tuple[tuple[ZoneInfo, ...], tzinfo | None], tuple[datetime, Permit]]:
        """What the clock alone decides, by zones: since when it is known to be open without a break, and
        until when."""
        return {}

    def _judge(self, view: View, at: datetime, zones: tuple[ZoneInfo, ...]) -> Answer:
        closes: datetime | None = None
        opens: datetime | None = None
        refused: Refuse | None = None
        for zone in zones:
            here = view.wall(at, zone)
            spans = self.spans(view, here.ordinal, at)
            if inside(spans, here.seconds):
                closes = earliest(closes, self._change(view, at, zone, here, spans, opened=True))
                continue
            change = self._change(view, at, zone, here, spans, opened=False)
            if change is None:
                return Refuse(None, "clock.never", {"hours": self.words(), "zones": _names(zones)}, Kind.HOLD)
            if opens is None or change > opens:
                opens, refused = change, self._refused(view, zone, here, change)
        turns = view.next_change(at) if self.agreed_hours and view.of("agreed_hours") else None
        if refused is not None:
            return refused if turns is None else replace(refused, opens=earliest(opens, turns))
        if turns is not None:
            return Permit(earliest(closes, turns))
        return Permit(closes, then_refuses=True) if closes is not None else PERMIT

    def spans(self, view: View, ordinal: int, at: datetime) -> Spans:
        """The spans of a local date."""
        own, after = self._table
        row = self._row(view, ordinal)
        spans = own[row]
        if after:
            before = self._row(view, ordinal - 1)
            if before in after and (row != ON_HOLIDAYS or before == ON_HOLIDAYS):
                spans = merged((*spans, *after[before]))
        agreed = self._agreed(view, at)
        return _replaced(spans, agreed) if agreed is not None and spans and row != ON_HOLIDAYS else spans

    def _row(self, view: View, ordinal: int) -> int:
        """The row of the table that holds on a local date: its weekday's, or the holidays'."""
        if ON_HOLIDAYS in self._table[0] and self._is_holiday(view, date.fromordinal(ordinal)):
            return ON_HOLIDAYS
        return (ordinal + 6) % 7

    def _is_holiday(self, view: View, day: date) -> bool:
        return (
            view.is_holiday(day)
            or (self.calendar is not None and is_holiday(self.calendar, day, moved=self.moved_holidays))
            or falls_on(self.also_holidays, day)
        )

    def _agreed(self, view: View, at: datetime) -> tuple[float | None, float | None] | None:
        if not self.agreed_hours:
            return None
        events = [
            event for event in view.of("agreed_hours") if concerns(view, event) and in_force(view, event, at)
        ]
        if not events:
            return None
        last = events[-1]
        start, end = last.start, last.end
        if start is None and end is None and last.text:
            start, end = _worded(last.text, "start"), _worded(last.text, "end")
        return (None if start is None else _seconds(start), None if end is None else _seconds(end))

    def _change(
        self, view: View, at: datetime, zone: ZoneInfo, here: Wall, spans: Spans, *, opened: bool
    ) -> datetime | None:
        """The next instant at which being inside turns over in one zone; None where a search of years finds
        none."""
        instant, last = at, here.ordinal + LONGEST_SEARCH
        while here.ordinal <= last:
            edge = next_edge(spans, here.seconds)
            if opened or edge < DAY:
                instant = advance(instant, zone, edge - here.seconds)
            else:
                # Closed days are passed by their dates alone: a year of them costs less than a day's clock.
                days = range(here.ordinal + 1, last + 1)
                instant = start_of(
                    next((day for day in days if self.spans(view, day, instant)), last + 1), zone, instant
                )
            here = view.wall(instant, zone)
            spans = self.spans(view, here.ordinal, instant)
            if inside(spans, here.seconds) is not opened:
                return instant
        return None

    def _refused(self, view: View, zone: ZoneInfo, here: Wall, opens: datetime) -> Refuse:
        day = date.fromordinal(here.ordinal)
        values = {
            "time": _clock(here.seconds),
            "date": day.isoformat(),
            "zone": zone.key,
            "hours": self._hours(view, here.ordinal, opens),
        }
        if not self.spans(view, here.ordinal, opens):
            values["day"] = "a holiday" if self._is_holiday(view, day) else day.strftime("a %A")
            return Refuse(opens, "clock.closed_day", values)
        return Refuse(opens, "clock.outside", values)

    def _hours(self, view: View, ordinal: int, at: datetime) -> str:
        """The hours that a message of that date has to keep: those that were agreed, or the rule's own."""
        if self._agreed(view, at) is None or self._row(view, ordinal) == ON_HOLIDAYS:
            return self.words()
        return (
            ", ".join(f"{_clock(first)}-{_clock(last)}" for first, last in self.spans(view, ordinal, at))
            or self.words()
        )

    def lookups(self) -> Iterator[Lookup]:
        """The hours that were agreed for the message."""
        yield from super().lookups()
        if self.agreed_hours:
            yield from lifting(("agreed_hours",))

    def words(self) -> str:
        """The hours as a reader says them."""
        if len(self.hours) == 1:
            return ", ".join(next(iter(self.hours.values()))) or "none"
        return "; ".join(f"{row} {', '.join(spans) or 'none'}" for row, spans in self.hours.items())

    def demands(self) -> Iterator[str]:
        """The hours by day, and which days are holidays."""
        rows = [
            f"{row}: {' and '.join(one.replace('-', ' to ') for one in spans) or 'none'}"
            for row, spans in self.hours.items()
        ]
        named = {day for row in self.hours for day in days_of(row)}
        closed = "" if len(named) == len(DAYS) else "; on days that are not named, never"
        yield (
            "Contact is permitted only in these hours of the borrower's local time: "
            f"{'; '.join(rows)}{closed}."
        )
        if self.calendar is not None:
            kept = "" if self.moved_holidays else ", on the days on which they fall"
            yield f"Holidays are those of the calendar {self.calendar}{kept}."
        if self.also_holidays:
            yield f"Holidays are also {listed(map(str, self.also_holidays), 'and')}."
        if self.agreed_hours:
            yield "Hours agreed with the borrower take their place."


def days_of(row: str) -> tuple[int, ...]:
    """The weekdays of a row's name: `mon`, `mon-fri`, `sat,sun`, `daily`; empty for `holiday`. Raises
    ValueError."""
    if row == HOLIDAY:
        return ()
    if row == "daily":
        return tuple(range(7))
    found: list[int] = []
    for part in row.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"expected days like mon, mon-fri, daily or holiday, got {row!r}")
        begin = DAYS.index(first)
        end = DAYS.index(last) if dash else begin
        found += [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    return tuple(found)


def _parse(text: str) -> tuple[float, float]:
    match = _SPAN.match(text)
    assert match is not None  # noqa: S101 - validated
    first, last = (int(match[i]) * 3600.0 + int(match[i + 1]) * 60 for i in (1, 3))
    return first, last


def _replaced(spans: Spans, agreed: tuple[float | None, float | None]) -> Spans:
    """The first opening and the last close replaced by what was agreed."""
    first = spans[0][0] if agreed[0] is None else agreed[0]
    last = spans[-1][1] if agreed[1] is None else agreed[1]
    return ((first, last),) if first < last else spans


def _worded(text: str, which: Literal["start", "end"]) -> time | None:
    """The beginning or the end of hours that were agreed in words, like `from 07:00 to 23:00` or
    `07:00-23:00`."""
    match = _AGREED[which].search(text)
    if match is None:
        return None
    named = match.groupdict()
    hour, minute = (named["hour"], named["minute"]) if named["hour"] else (named["first"], named["past"])
    return time(int(hour), int(minute))


def _seconds(value: time) -> float:
    return value.hour * 3600.0 + value.minute * 60 + value.second


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"


def _names(zones: tuple[ZoneInfo, ...]) -> str:
    return ", ".join(zone.key for zone in zones)
