"""What must come before: a message of some content only after something was done for the borrower, such as an
offer of forbearance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from policies.facts import Event
from policies.lookups import Lookup, happened, taking_back
from policies.order import follows
from policies.permissions import changes, concerns, in_force
from policies.phrases import TREATED, event, listed, number
from policies.rules.base import Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.matching import EventName
from policies.strictness import Kind
from policies.view import View
from policies.windows import start_of


class RequiredBefore(RuleSpec):
    """The messages that `when` names, an announcement of enforcement say, need one of `events` before them:
    about the same debts, at least `dates` and at most `within_dates` local dates ago, and neither undone
    since nor ended."""

    SENTENCES: ClassVar[Sentences] = {
        "required_before.missing": {
            "en": "this message may be sent only after {trigger}, of which nothing is known",
            "es": "este mensaje solo puede enviarse después de {trigger}, de lo que no consta nada",
            "zh-CN": "本消息须在{trigger}之后方可发送，但并无相关记录",
        },
        "required_before.running": {
            "en": "{trigger} was on {date}; this message is permitted {days} days after that date",
            "es": "{trigger} fue el {date}; este mensaje se permite {days} días después de esa fecha",
            "zh-CN": "{trigger}在 {date}；须在该日之后第 {days} 天起方可发送",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "events: [hardship_offered]\ndates: 14\nwithin_dates: 365\nwhen: {content_classes: "
        "[may_invoke_remedy, will_invoke_remedy]}"
    )

    kind: Literal["required_before"]
    events: tuple[EventName, ...] = Field(min_length=1)
    """What must have happened: any of them."""
    dates: int = Field(default=0, ge=0, le=3660)
    """How many local dates before the message at least."""
    within_dates: int | None = Field(default=None, ge=1, le=3660)
    """How many local dates before it at most; without a number it is good for ever."""
    per_debt: bool = True
    """It must have been about one of the message's debts, or about none in particular; of another creditor
    or account it never counts."""
    undone_by: tuple[EventName, ...] = ()
    """What undoes it."""
    verdict: Literal["suppress", "hold"] = "suppress"
    """What follows without it: the message is stopped or held for a person."""

    @model_validator(mode="after")
    def _possible(self) -> RequiredBefore:
        if self.within_dates is not None and self.within_dates < self.dates:
            raise ValueError("expected within_dates to be no less than dates")
        return self

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut where nothing that counts has happened, and until the wait after it has passed."""
        happened = [
            one for one in view.of(*self.events) if in_force(view, one, at) and self._counts(view, one, at)
        ]
        good = [until for one in happened if (until := self._good(view, one, at, basis)) is not None]
        if good:
            ends = max(good)
            bound = earliest(view.next_change(at), changes(view, happened, at))
            return Permit(earliest(None if ends == _EVER else ends, bound))
        waiting = [(begins, one) for one in happened if (begins := self._begins(view, one, at, basis)) > at]
        if waiting:
            begins, since = min(waiting, key=lambda one: one[0])
            values = {
                "trigger": since.type,
                "date": view.local_date(since.at).isoformat(),
                "days": self.dates,
            }
            return Refuse(begins, "required_before.running", values)
        later = min((one.at for one in view.of(*self.events) if one.at > at), default=None)
        kind = Kind.HOLD if self.verdict == "hold" else Kind.SUPPRESS
        return Refuse(later, "required_before.missing", {"trigger": " or ".join(self.events)}, kind)

    def _counts(self, view: View, one: Event, at: datetime) -> bool:
        if not concerns(view, one, any_debt=not self.per_debt):
            return False
        return not any(undo.at <= at and not follows(one, undo) for undo in view.of(*self.undone_by))

    def _begins(self, view: View, one: Event, at: datetime, basis: str) -> datetime:
        """From when on an event does, in every candidate zone; `at` where it does already."""
        begins = at
        for zone in view.zones(basis):
            day = view.wall(one.at, zone).ordinal + self.dates
            if view.wall(at, zone).ordinal < day:
                begins = max(begins, start_of(day, zone, at))
        return begins

    def _good(self, view: View, one: Event, at: datetime, basis: str) -> datetime | None:
        """Until when an event that does already is good; None where it does not."""
        if self._begins(view, one, at, basis) > at:
            return None
        if self.within_dates is None:
            return _EVER
        ends = [
            start_of(view.wall(one.at, zone).ordinal + self.within_dates + 1, zone, one.at)
            for zone in view.zones(basis)
        ]
        first = min(ends, default=_EVER)
        return first if first > at else None

    def whole_types(self) -> frozenset[str]:
        """What undoes, whatever it is about; what must come before, where any debt's will do."""
        return frozenset((*self.undone_by, *(() if self.per_debt else self.events)))

    def lookups(self) -> Iterator[Lookup]:
        """What must come before, and the latest that undoes it."""
        yield from happened(self.events, use="lifts")
        if not self.per_debt:
            yield from (Lookup(one, "latest", "lifts") for one in self.events)
        yield from (Lookup(one, "latest", "bars") for one in self.undone_by)
        yield from taking_back(self.events)

    def demands(self) -> Iterator[str]:
        """What must come before, how long before, and what follows without it."""
        events = listed(event(one) for one in self.events)
        about = " about the same debt" if self.per_debt else ""
        yield f"Without {events}{about} before it, a message is {TREATED[self.verdict]}."
        if self.dates:
            yield f"It must lie {number(self.dates, 'day')} before the message at least."
        if self.within_dates is not None:
            yield f"It is good for {number(self.within_dates, 'day')}."
        if self.undone_by:
            yield f"It is undone by {listed(event(one) for one in self.undone_by)}."


_EVER = datetime.max.replace(tzinfo=UTC)
