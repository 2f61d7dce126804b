"""Cool-offs: after a trigger (a conversation, say) no contact for some days. In dates the trigger's own date
is day 1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from policies.facts import PERHAPS_SPOKEN, SPOKEN, UNKNOWN, VOICE, Event, may_have_spoken
from policies.phrases import channels, number
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.counting import SCOPES, Scope, in_scope
from policies.rules.direct_consent import consent_window
from policies.rules.matching import ChannelName
from policies.view import View, discussed_in
from policies.windows import start_of


class CoolOff(RuleSpec):
    """No contact for `dates` local dates (the trigger's date is the first) or `hours` after the trigger."""

    SENTENCES: ClassVar[Sentences] = {
        "cool_off.running": {
            "en": (
                "{trigger} took place on {date}; {what} is permitted again {length} later, counting that "
                "day as the first"
            ),
            "es": (
                "hubo {trigger} el {date}; {what} se permite de nuevo {length} después, contando ese día "
                "como el primero"
            ),
            "zh-CN": "{date} 发生了{trigger}；以该日为第一日起算，{length}后方可{what}",
        },
        "cool_off.hours": {
            "en": "{trigger} took place at {date}; {what} is permitted again {length} after it",
            "es": "hubo {trigger} el {date}; {what} se permite de nuevo {length} después",
            "zh-CN": "{date} 发生了{trigger}；此后满{length}方可{what}",
        },
    }
    EXAMPLE: ClassVar[str] = "trigger: conversation\ndates: 7\nper: debt"

    kind: Literal["cool_off"]
    trigger: Literal["conversation", "reached", "sent"] = "conversation"
    """What begins it: a conversation, a contact that reached somebody, or any contact."""
    trigger_channels: tuple[ChannelName, ...] | None = tuple(sorted(VOICE))
    """Channels of the contact that triggers it; None for all."""
    dates: int | None = Field(default=None, ge=1, le=366)
    """So many local dates, the trigger's own being the first."""
    hours: int | None = Field(default=None, ge=1, le=9000)
    """Or so many elapsed hours."""
    per: Scope = "debt"
    """In which bucket the trigger lies."""
    lifted_by_consent: bool = False
    """Direct consent to be called lifts it while it lasts (12 CFR 1006.14(b)(3)(i))."""
    what: str = "a call"
    """What is not permitted, as the finding says it."""

    @model_validator(mode="after")
    def _one(self) -> CoolOff:
        if (self.dates is None) == (self.hours is None):
            raise ValueError("expected exactly one of dates and hours")
        return self

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut from the trigger on, until the days have passed in every candidate zone."""
        last = self._last(view, at)
        if last is None:
            return PERMIT
        consented, change = consent_window(view, at) if self.lifted_by_consent else (False, None)
        if consented:
            return Permit(change)
        opens = self._opens(view, last, at, basis)
        if opens <= at:
            return PERMIT
        return Refuse(earliest(opens, change), self._message(), self._values(view, last, basis))

    def _message(self) -> str:
        return "cool_off.running" if self.dates is not None else "cool_off.hours"

    def _values(self, view: View, last: Event, basis: str) -> dict[str, object]:
        zones = view.zones(basis)
        day = last.at if self.dates is None else date.fromordinal(view.wall(last.at, zones[0]).ordinal)
        length = f"{self.dates} days" if self.dates is not None else f"{self.hours} hours"
        return {"trigger": self.trigger, "date": day.isoformat(), "what": self.what, "length": length}

    def _last(self, view: View, at: datetime) -> Event | None:
        """The last contact up to `at` that triggers it; what lies before the days of the cool-off is not
        looked at."""
        recent = view.contacts_since(at - timedelta(days=self.lookback_days()))
        return next((one for one in reversed(recent) if one.at <= at and self._is_trigger(view, one)), None)

    def _is_trigger(self, view: View, one: Event) -> bool:
        if self.trigger_channels is not None and one.channel not in self.trigger_channels:
            return False
        if self.trigger == "conversation" and (
            one.outcome not in PERHAPS_SPOKEN or not may_have_spoken(one.outcome, one.channel)
        ):
            return False
        if self.trigger == "reached" and one.outcome not in _REACHED:
            return False
        if self.per == "debt":
            return one.to == view.proposal.to and view.about(discussed_in(one))
        return in_scope(view, one, self.per)

    def _opens(self, view: View, last: Event, at: datetime, basis: str) -> datetime:
        if self.hours is not None:
            return last.at + timedelta(hours=self.hours)
        assert self.dates is not None  # noqa: S101 - validated
        opens = at
        for zone in view.zones(basis):
            day = view.wall(last.at, zone).ordinal + self.dates
            if view.wall(at, zone).ordinal < day:
                opens = max(opens, start_of(day, zone, at))
        return opens

    def lookback_days(self) -> int:
        """The days of the cool-off."""
        return (self.dates or (self.hours or 0) // 24) + 2

    def demands(self) -> Iterator[str]:
        """The trigger, the length, and what lifts it."""
        length = f"{number(self.dates, 'day')}, that day being the first" if self.dates is not None else ""
        length = length or number(self.hours or 0, "hour")
        through = "" if self.trigger_channels is None else f" by {channels(self.trigger_channels)}"
        what = self.what.removeprefix("a ")
        yield f"After {_TRIGGERS[self.trigger]}{through} there is no {what} for {length}, {SCOPES[self.per]}."
        if self.lifted_by_consent:
            yield "Direct consent to be called lifts it."


_REACHED = SPOKEN | {"voicemail_left", "answered_dropped", "delivered", "in_flight", UNKNOWN}
_TRIGGERS = {
    "conversation": "a conversation",
    "reached": "a contact that reached somebody",
    "sent": "any contact",
}
