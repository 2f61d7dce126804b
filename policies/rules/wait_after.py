"""Waits: something must have happened (a notice sent, a debt overdue), and so many local dates must have
passed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from policies.lookups import Lookup, happened, taking_back
from policies.permissions import changes, concerns, in_force
from policies.phrases import TREATED, number, plain
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences
from policies.rules.matching import EventName
from policies.strictness import Kind
from policies.view import View
from policies.windows import start_of


class WaitAfter(RuleSpec):
    """Permitted `dates` local dates after the latest event of this type; `missing` says what holds where
    there is none."""

    SENTENCES: ClassVar[Sentences] = {
        "wait.running": {
            "en": "{trigger} on {date}; this message is permitted {days} days after that date",
            "es": "{trigger} el {date}; este mensaje se permite {days} días después de esa fecha",
            "zh-CN": "{date} {trigger}；须在该日之后第 {days} 天起方可发送",
        },
        "wait.missing": {
            "en": "what must come before this message has not happened: {trigger}",
            "es": "no ha ocurrido lo que debe preceder a este mensaje: {trigger}",
            "zh-CN": "发送本消息前必须发生的事项尚未发生：{trigger}",
        },
    }
    EXAMPLE: ClassVar[str] = "event: notice_sent\ndates: 10\nmissing: suppress"

    kind: Literal["wait_after"]
    event: EventName
    """The event that must have happened, not about another debt, creditor or account; where a message needs
    it, it must not have ended."""
    dates: int = Field(default=0, ge=0, le=3660)
    """How many local dates later the message is permitted."""
    missing: Literal["suppress", "hold", "permit"] = "suppress"
    """What follows where it has not happened: stopped, held for a person, or permitted."""
    days_past_due: bool = False
    """Where the event is missing, count from the days past due: the wait is over once they exceed `dates`."""
    first: bool = False
    """Count from the first such event instead of the latest."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while the event is missing or the wait runs in some candidate zone."""
        events = [event for event in view.of(self.event) if event.at <= at and view.about(event.debt_ids)]
        what = self.event.replace("_", " ")
        mine = [one for one in events if concerns(view, one)]
        if self.missing == "permit":
            holding = mine or events
        else:
            holding = [one for one in mine if in_force(view, one, at)]
        if not holding:
            return self._without(view, at, basis, what)
        since = holding[0] if self.first else events[-1]
        opens = at
        for zone in view.zones(basis):
            day = view.wall(since.at, zone).ordinal + self.dates
            if view.wall(at, zone).ordinal < day:
                opens = max(opens, start_of(day, zone, at))
        if opens <= at:
            return Permit(changes(view, holding, at))
        return Refuse(
            opens,
            "wait.running",
            {"trigger": what, "date": view.local_date(since.at).isoformat(), "days": self.dates},
        )

    def _without(self, view: View, at: datetime, basis: str, what: str) -> Answer:
        overdue = view.facts.borrower.days_past_due
        if self.days_past_due and overdue is not None:
            if overdue >= self.dates:
                return PERMIT
            return self._from_days_past_due(view, at, basis, overdue)
        if self.missing == "permit":
            return PERMIT
        later = [event.at for event in view.of(self.event) if event.at > at and concerns(view, event)]
        kind = Kind.SUPPRESS if self.missing == "suppress" else Kind.HOLD
        return Refuse(
            min(later, default=None), "wait.missing", {"trigger": what}, Kind.DEFER if later else kind
        )

    def _from_days_past_due(self, view: View, at: datetime, basis: str, overdue: int) -> Answer:
        """Days past due are a fact of the day on which they were stated: they do not grow while the search
        goes on."""
        zones = view.zones(basis)
        asked: dict[str, int] = view.memo(
            (id(self), "asked"), lambda: {zone.key: view.wall(at, zone).ordinal for zone in zones}
        )
        opens = at
        for zone in zones:
            day = asked[zone.key] + self.dates - overdue
            if view.wall(at, zone).ordinal < day:
                opens = max(opens, start_of(day, zone, at))
        if opens <= at:
            return PERMIT
        began = date.fromordinal(next(iter(asked.values())) - overdue).isoformat()
        return Refuse(
            opens,
            "wait.running",
            {"trigger": self.event.replace("_", " "), "date": began, "days": self.dates},
        )

    def asks_one_by_one(self) -> bool:
        """Of the first alone: the latest about a debt is looked at in any case."""
        return self.first and super().asks_one_by_one()

    def whole_types(self) -> frozenset[str]:
        """None: what is about other debts is left out."""
        return frozenset()

    def lookups(self) -> Iterator[Lookup]:
        """The first or the latest about the debt."""
        yield from happened((self.event,))
        yield from taking_back((self.event,))

    def demands(self) -> Iterator[str]:
        """The event, the days, and what holds without it."""
        which = "the first" if self.first else "the latest"
        yield (
            f"A message is permitted {number(self.dates, 'day')} after the date of {which} event "
            f"“{plain(self.event)}”."
        )
        yield f"Where there is none it is {TREATED[self.missing]}."
        if self.days_past_due:
            yield "Where there is none but the days past due are known, these are counted."
