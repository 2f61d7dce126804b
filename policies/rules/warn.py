"""Warnings: factors that do not block but may rebut a presumption (12 CFR 1006.14(b)(2), cmt. 14(a))."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from policies.phrases import listed, number, plain
from policies.rules.base import PERMIT, Answer, RuleSpec
from policies.rules.counting import Counting
from policies.view import View


class Warn(RuleSpec):
    """Warns when at least `at_least` counted contacts lie within `minutes` or on the message's own local
    date, before it."""

    EXAMPLE: ClassVar[str] = "factor: rapid_succession\nat_least: 1\nminutes: 5"

    kind: Literal["warn"]
    factor: str
    """The factor's name, as the warning says it."""
    at_least: int = Field(ge=1, le=1000)
    """From how many counted contacts on."""
    minutes: int | None = Field(default=None, ge=1)
    """Within so many minutes before the message."""
    same_date: bool = False
    """On the message's own local date."""
    dates: int | None = Field(default=None, ge=1, le=366)
    """Within so many local dates, the message's own included."""
    count: Counting = Counting()
    """Which contacts count."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Never blocks."""
        del view, at, basis
        return PERMIT

    def warns(self, view: View, at: datetime, basis: str) -> tuple[str, ...]:
        """The factor, where it is given; asked only where the rule concerns the message."""
        since = at - timedelta(days=self.lookback_days(), minutes=self.minutes or 0)
        counted = [one for one in self.count.select(view, since) if one.at <= at]
        if self.minutes is not None:
            counted = [one for one in counted if at - one.at <= timedelta(minutes=self.minutes)]
        days = 1 if self.same_date else self.dates
        if days is not None:
            zones = view.zones(basis)
            counted = [
                one
                for one in counted
                if any(view.wall(at, zone).ordinal - view.wall(one.at, zone).ordinal < days for zone in zones)
            ]
        return (self.words(len(counted)),) if len(counted) >= self.at_least else ()

    def words(self, count: int) -> str:
        """The warning: the factor, the numbers behind it, the paragraph."""
        within = (
            [f"within the {self.minutes} minutes before this message"] if self.minutes is not None else []
        )
        within += (
            ["on its own date"]
            if self.same_date
            else [f"within {self.dates} days that end with its date"]
            if self.dates is not None
            else []
        )
        contacts = "1 earlier contact counts" if count == 1 else f"{count} earlier contacts count"
        return f"{self.factor}: {' '.join([contacts, *within])} ({self.citation})"

    def lookback_days(self) -> int:
        """The days that it counts."""
        return (self.dates or 1) + 2

    def most_counted(self) -> int:
        """As many as it warns of."""
        return self.at_least

    def demands(self) -> Iterator[str]:
        """The factor, and from how many contacts on."""
        within = [number(self.minutes, "minute")] if self.minutes is not None else []
        within += ["the same date"] if self.same_date else []
        within += [number(self.dates, "day")] if self.dates is not None and not self.same_date else []
        counted = f"{number(self.at_least, 'contact')} or more lie within {listed(within, 'and')} before"
        yield f"It warns of “{plain(self.factor)}” where {counted}."
        yield self.count.words()
