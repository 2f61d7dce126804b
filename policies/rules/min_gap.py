"""Minimum gaps: so many local dates must lie between two contacts ("once every second day")."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from policies.phrases import number
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.rules.counting import Counting
from policies.view import View
from policies.windows import start_of


class MinGap(RuleSpec):
    """The next contact is permitted `dates` local dates after the last one's date."""

    SENTENCES: ClassVar[Sentences] = {
        "gap.short": {
            "en": "the last of the {what} was on {date}; the next is permitted {days} days after that date",
            "es": (
                "el último contacto de este tipo ({what}) fue el {date}; el siguiente se permite {days} "
                "días después de esa fecha"
            ),
            "zh-CN": "上一次{what}在 {date}；下一次须在该日之后第 {days} 天起",
        },
    }
    EXAMPLE: ClassVar[str] = "dates: 2\ncount: {counts: reached}"

    kind: Literal["min_gap"]
    dates: int = Field(ge=1, le=366)
    """How many local dates later the next is permitted."""
    count: Counting = Counting()
    """Which contacts count."""
    what: str = "contacts"
    """What is counted, as the finding says it."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut until the gap has passed in every candidate zone."""
        since = at - timedelta(days=self.lookback_days())
        before = [one for one in self.count.select(view, since) if one.at <= at]
        zones = view.zones(basis)
        if not before:
            return PERMIT
        opens = at
        for zone in zones:
            day = view.wall(before[-1].at, zone).ordinal + self.dates
            if view.wall(at, zone).ordinal < day:
                opens = max(opens, start_of(day, zone, at))
        if opens <= at:
            return PERMIT
        last = date.fromordinal(view.wall(before[-1].at, zones[0]).ordinal)
        return Refuse(opens, "gap.short", {"what": self.what, "date": last.isoformat(), "days": self.dates})

    def lookback_days(self) -> int:
        """The gap's days."""
        return self.dates + 2

    def demands(self) -> Iterator[str]:
        """The gap, and what counts."""
        yield (
            f"After the last of the {self.what} the next is permitted {number(self.dates, 'day')} after "
            "its date."
        )
        yield self.count.words()
