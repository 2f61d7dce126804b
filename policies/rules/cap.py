"""Caps: at most so many contacts in a window. The proposed one counts too, so a cap of 7 is full when 7 were
made.

Windows are consecutive local dates, elapsed hours, or the calendar's day, week and month; dates must hold in
every candidate zone. A window may also be without end: then what it permits is all that there will ever be
(La. R.S. 9:3562(3))."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from policies.facts import Event, may_have_spoken
from policies.lookups import Lookup
from policies.phrases import event
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.counting import Counting
from policies.rules.direct_consent import consent_window
from policies.rules.matching import EventName
from policies.rules.window import Window
from policies.strictness import Kind
from policies.view import View


class Cap(RuleSpec):
    """At most `limit` counted contacts in the window."""

    SENTENCES: ClassVar[Sentences] = {
        "cap.full": {
            "en": "{used} of {limit} permitted {what} {window} have been made ({scope})",
            "es": "se han hecho {used} de {limit} {what} que se permiten {window} ({scope})",
            "zh-CN": "{window}允许的 {limit} 次{what}已使用 {used} 次（{scope}）",
        },
        "cap.none": {
            "en": "no {what} are permitted ({scope})",
            "es": "no se permite ningún contacto de este tipo: {what} ({scope})",
            "zh-CN": "不允许任何{what}（{scope}）",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "limit: 7\nwindow: {consecutive_dates: 7}\nwhat: calls\n"
        "count: {channels: [voice], counts: ring, per: debt}\nwhen: {channels: [voice]}"
    )
    kind: Literal["cap"]
    limit: int = Field(ge=0, le=1000)
    """How many are permitted; 0 permits none."""
    window: Window
    """The time over which they are counted."""
    count: Counting = Counting()
    """Which contacts count."""
    active_after: EventName | Literal["conversation"] | None = None
    """The cap begins with the first event of this type (`conversation` for a contact in which somebody
    answered); counted per debt, with the first that is about the message's debt."""
    what: str = "contacts"
    """What is counted, as the finding says it."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while the window is full and the proposed contact would count."""
        begins = self._begins(view)
        if self.active_after is not None and (begins is None or begins > at):
            return Permit(begins)
        if self.count.not_consented:
            consented, change = consent_window(view, at)
            if consented:
                return Permit(change)
        else:
            change = None
        counted = self._counted(view, at, begins)
        if len(counted) < self.limit:
            return PERMIT  # fewer than would fill it, wherever in the window they lie
        if self.window.ever and self.limit:
            return self._full_for_good(counted, at, change)
        used, opens = self._full(view, at, basis, counted)
        if opens is None:
            return Permit(None)
        if self.limit == 0:
            return Refuse(change, "cap.none", self._values(used), Kind.DEFER if change else Kind.SUPPRESS)
        return Refuse(earliest(opens, change), "cap.full", self._values(used))

    def _full_for_good(self, counted: list[Event], at: datetime, change: datetime | None) -> Answer:
        used = sum(one.at <= at for one in counted)
        if used < self.limit:
            return Permit(None)
        return Refuse(change, "cap.full", self._values(used), Kind.DEFER if change else Kind.SUPPRESS)

    def lookups(self) -> Iterator[Lookup]:
        """The first that is about the debt; of all, the first is known in any case."""
        if self.active_after is not None and self.count.per == "debt":
            yield Lookup(self.active_after, "debt", "tells")

    def speaks_of(self) -> frozenset[str] | None:
        """Contacts fill a cap; one of none is full without any."""
        return frozenset({"contact"}) if self.limit else None

    def _counted(self, view: View, at: datetime, begins: datetime | None) -> list[Event]:
        """What counts and may lie in the window; a day more than it is long, whatever the zone."""
        since = at - timedelta(days=self.window.days())
        return self.count.select(view, since if begins is None else max(since, begins))

    def _begins(self, view: View) -> datetime | None:
        if self.active_after is None:
            return None
        if self.active_after == "conversation":
            return min(
                (one.at for one in view.contacts if may_have_spoken(one.outcome, one.channel)), default=None
            )
        per_debt = self.count.per == "debt"
        events = view.of(self.active_after)
        return min((one.at for one in events if not per_debt or view.about(one.debt_ids)), default=None)

    def _values(self, used: int) -> dict[str, object]:
        scope = {"borrower": "per borrower", "number": "per number", "person": "per person called"}
        return {
            "used": used,
            "limit": self.limit,
            "what": self.what,
            "window": self.window.words(),
            "scope": scope.get(self.count.per, f"per {self.count.per}"),
        }

    def _full(
        self, view: View, at: datetime, basis: str, counted: list[Event]
    ) -> tuple[int, datetime | None]:
        """How many are in the window, and the first instant at which it has room; None where it has, or never
        will."""
        if self.window.ever and self.limit:
            return sum(one.at <= at for one in counted), None
        used, free = self.window.full(view, at, basis, counted, limit=max(1, self.limit))
        return used, (free or at) if self.limit == 0 else free

    def used(self, view: View, at: datetime, basis: str) -> tuple[int, datetime | None]:
        """For budgets: how many are used, and when the next slot is free (None: now)."""
        begins = self._begins(view)
        counted = self._counted(view, at, begins)
        if self.active_after is not None and (begins is None or begins > at):
            return 0, None
        return self._full(view, at, basis, counted)

    def whole_types(self) -> frozenset[str]:
        """None: it begins with the first, of all or about the debt."""
        return frozenset()

    def lookback_days(self) -> int:
        """The window's days."""
        return self.window.days()

    def whole_days(self) -> int:
        """The window's days; a window without end is full by the latest ones."""
        return 0 if self.window.ever and not self.count.not_consented else self.window.days()

    def most_counted(self) -> int:
        """As many as fill it."""
        return max(1, self.limit)

    def demands(self) -> Iterator[str]:
        """The number, the window, what counts."""
        window = self.window.words()
        counted = f"one {self.what.removesuffix('s')}" if self.limit == 1 else f"{self.limit} {self.what}"
        yield f"No {self.what} are permitted {window}." if self.limit == 0 else f"At most {counted} {window}."
        yield self.count.words()
        if self.active_after is not None:
            yield f"It begins with {event(self.active_after)}."
