"""Fatigue: contacts that nobody answers help nobody, so the gap between them grows, up to a silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from policies.facts import Event
from policies.phrases import event, listed, number
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.rules.counting import Counting
from policies.rules.matching import EventName
from policies.view import View
from policies.windows import start_of


class Fatigue(RuleSpec):
    """Once `unanswered` contacts lie within `within_dates` without an answer, the next one waits `gap_dates`
    after the last one's date, and with each further one `factor` times as long, up to `longest_dates`. An
    answer begins it anew: a conversation, a contact that the borrower began, or one of `answered_by`; a call
    of which nobody knows whether it was answered begins nothing anew. By tier: `when` with its days past
    due."""

    SENTENCES: ClassVar[Sentences] = {
        "fatigue.resting": {
            "en": (
                "{used} contacts in a row went unanswered, the last on {date}; the next is permitted "
                "{days} days after that date"
            ),
            "es": (
                "{used} contactos seguidos quedaron sin respuesta, el último el {date}; el siguiente se "
                "permite {days} días después de esa fecha"
            ),
            "zh-CN": "已连续 {used} 次联系未获回应，最近一次在 {date}；下一次须在该日之后第 {days} 天起",
        }
    }
    EXAMPLE: ClassVar[str] = (
        "unanswered: 3\nwithin_dates: 60\ngap_dates: 4\nfactor: 2\nlongest_dates: 30\nwhen: "
        "{days_past_due: {min: 1, max: 30}}"
    )

    kind: Literal["fatigue"]
    unanswered: int = Field(ge=1, le=100)
    """From how many unanswered contacts on the gap is kept."""
    within_dates: int = Field(ge=1, le=366)
    """Only those count that lie in so many local dates, the last one's own included."""
    gap_dates: int = Field(ge=1, le=366)
    """The first gap: how many local dates after the last contact the next is permitted."""
    factor: float = Field(default=2, ge=1, le=10)
    """By how much each further unanswered contact multiplies the gap."""
    longest_dates: int = Field(ge=1, le=366)
    """The longest gap: the silence."""
    answered_by: tuple[EventName, ...] = (
        "inbound",
        "payment",
        "promise_to_pay",
        "hardship_request",
        "plan_request",
        "dispute",
    )
    """Events that are an answer, beside conversations and contacts that the borrower began."""
    count: Counting = Counting()
    """Which contacts count."""

    @model_validator(mode="after")
    def _grows(self) -> Fatigue:
        if self.longest_dates < self.gap_dates:
            raise ValueError("expected longest_dates to be no less than gap_dates")
        return self

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut until the gap after the last unanswered contact has passed in every candidate zone."""
        row = self._row(view, at)
        if len(row) < self.unanswered:
            return PERMIT
        opens, refused = at, None
        for zone in view.zones(basis):
            last = view.wall(row[-1].at, zone).ordinal
            used = self._lately(view, row, zone, last)
            gap = self._gap(used)
            if gap and view.wall(at, zone).ordinal < last + gap:
                free = start_of(last + gap, zone, at)
                if free > opens:
                    values = {"used": used, "date": date.fromordinal(last).isoformat(), "days": gap}
                    opens, refused = free, Refuse(free, "fatigue.resting", values)
        return refused if refused is not None else PERMIT

    def _row(self, view: View, at: datetime) -> list[Event]:
        """The counted contacts since the last answer, oldest first."""
        since = at - timedelta(days=self.lookback_days())
        answers = [one.at for one in view.of(*self.answered_by) if one.at <= at]
        answers += [one.at for one in view.contacts_since(since) if one.at <= at and _is_answer(one)]
        last = max(answers, default=None)
        return [
            one for one in self.count.select(view, since) if one.at <= at and (last is None or one.at > last)
        ]

    def _lately(self, view: View, row: list[Event], zone: ZoneInfo, last: int) -> int:
        """How many of them lie within the dates that end with the last one's."""
        return sum(view.wall(one.at, zone).ordinal > last - self.within_dates for one in row)

    def _gap(self, used: int) -> int:
        """The gap after so many unanswered contacts, in local dates; parts of a day are rounded up."""
        if used < self.unanswered:
            return 0
        gap = Fraction(self.gap_dates)
        for _ in range(used - self.unanswered):
            gap = min(gap * Fraction(str(self.factor)), Fraction(self.longest_dates))
        return ceil(gap)

    def speaks_of(self) -> frozenset[str] | None:
        """Contacts."""
        return frozenset({"contact"})

    def lookback_days(self) -> int:
        """The longest silence, and the dates before it in which contacts count."""
        return self.within_dates + self.longest_dates + 2

    def most_counted(self) -> int:
        """As many as make the gap the longest."""
        gap, factor, longest = (
            Fraction(self.gap_dates),
            Fraction(str(self.factor)),
            Fraction(self.longest_dates),
        )
        for used in range(self.unanswered, MOST_COUNTED):
            if min(gap * factor, longest) == gap:
                return used
            gap = min(gap * factor, longest)
        return MOST_COUNTED

    def demands(self) -> Iterator[str]:
        """From when on the gap is kept, how it grows, and what is an answer."""
        yield (
            f"After {number(self.unanswered, 'unanswered contact')} within "
            f"{number(self.within_dates, 'day')} the next waits"
            f" {number(self.gap_dates, 'day')}; each further one makes that {self.factor:g} times as long, "
            "up to"
            f" {number(self.longest_dates, 'day')}."
        )
        answers = [
            "a conversation",
            "a contact that the borrower began",
            *(event(one) for one in self.answered_by),
        ]
        yield f"It begins anew with {listed(answers)}."
        yield self.count.words()


MOST_COUNTED = 1000
"""A gap that grows so slowly that more contacts than this make it longer is told no further apart."""


def _is_answer(one: Event) -> bool:
    return one.outcome == "conversation" or one.direction == "in"
