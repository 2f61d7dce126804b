"""Caps on dials that nobody answered: a number that rings in vain is left alone for the rest of the
window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from policies.facts import VOICE, Event
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.rules.counting import ANSWERED, SCOPES, Scope, in_scope
from policies.rules.window import Window
from policies.view import View


class DialCap(RuleSpec):
    """At most `limit` calls in the window that nobody answered; the next one waits. A voicemail, a busy line
    and a call whose outcome is not known were answered by nobody. Other channels are not looked at."""

    SENTENCES: ClassVar[Sentences] = {
        "dial_cap.full": {
            "en": "{used} of {limit} permitted unanswered calls {window} have been made ({scope})",
            "es": "se han hecho {used} de las {limit} llamadas sin respuesta permitidas {window} ({scope})",
            "zh-CN": "{window}允许的 {limit} 次无人接听的拨打已使用 {used} 次（{scope}）",
        }
    }
    EXAMPLE: ClassVar[str] = "limit: 6\nwindow: {calendar: day}\nper: number"

    kind: Literal["dial_cap"]
    limit: int = Field(ge=1, le=1000)
    """How many unanswered calls are permitted."""
    window: Window
    """The time over which they are counted."""
    per: Scope = "number"
    """In which bucket: per number, debt, account, creditor, borrower, or person addressed."""
    cleared_by_answer: bool = False
    """A call that somebody answered clears the count; without it only time does."""

    @field_validator("window")
    @classmethod
    def _ends(cls, value: Window) -> Window:
        if value.ever:
            raise ValueError("expected a window that ends")
        return value

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while the window is full of calls that nobody answered."""
        if view.proposal.channel not in VOICE:
            return PERMIT
        counted = self._unanswered(view, at)
        if len(counted) < self.limit:
            return PERMIT
        used, opens = self.window.full(view, at, basis, counted, limit=self.limit)
        if opens is None:
            return PERMIT
        values = {
            "used": used,
            "limit": self.limit,
            "window": self.window.words(),
            "scope": f"per {self.per}",
        }
        return Refuse(opens, "dial_cap.full", values)

    def _unanswered(self, view: View, at: datetime) -> list[Event]:
        calls = [
            one
            for one in view.contacts_since(at - timedelta(days=self.window.days()))
            if one.channel in VOICE
            and one.direction == "out"
            and one.at <= at
            and in_scope(view, one, self.per)
        ]
        if self.cleared_by_answer:
            answered = max((one.at for one in calls if one.outcome in ANSWERED), default=None)
            calls = [one for one in calls if answered is None or one.at > answered]
        return [one for one in calls if one.outcome not in ANSWERED]

    def speaks_of(self) -> frozenset[str] | None:
        """Calls."""
        return frozenset({"contact"})

    def counts_written(self) -> bool:
        """Never."""
        return False

    def lookback_days(self) -> int:
        """The window's days."""
        return self.window.days()

    def most_counted(self) -> int:
        """As many as fill it."""
        return self.limit

    def demands(self) -> Iterator[str]:
        """The number, the window, and what clears it."""
        calls = "one call" if self.limit == 1 else f"{self.limit} calls"
        yield f"At most {calls} that nobody answered {self.window.words()}, {SCOPES[self.per]}."
        if self.cleared_by_answer:
            yield "A call that somebody answered clears the count."
