"""Bars for a term: an event after which nothing may be sent until the day that it names, or for a term that
the law sets."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar, Literal, assert_never
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from policies.facts import Event
from policies.lifted import closed_debts
from policies.lookups import Lookup, bars_all, lifting
from policies.order import follows
from policies.permissions import lifts_of, lifts_until
from policies.phrases import event, listed, number, passing
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.matching import ContentClass, EventName
from policies.view import View
from policies.windows import start_of


class TermBar(RuleSpec):
    """After one of `events` the message is not permitted until the event's own `until` (the last day of the
    silence, local), or for the rule's term where it names none; one of `lifted_by` ends it before."""

    SENTENCES: ClassVar[Sentences] = {
        "term_bar.running": {
            "en": "{event} ({date}) bars this message until the end of {last}",
            "es": "{event} ({date}) impide este mensaje hasta el final del {last}",
            "zh-CN": "{event}（{date}）在 {last} 结束之前禁止发送本消息",
        }
    }
    EXAMPLE: ClassVar[str] = (
        "events: [contact_deferred]\nmonths: 3\nscope: borrower\nallowed_content: [required_notice]"
    )

    kind: Literal["term_bar"]
    events: tuple[EventName, ...] = Field(min_length=1)
    """What shuts."""
    days: int | None = Field(default=None, ge=1, le=3660)
    """The term in local dates, the event's own being the first."""
    months: int | None = Field(default=None, ge=1, le=120)
    """Or in months: the first free date is the same day of the month, or the month's last."""
    scope: Literal["borrower", "debt", "creditor"] = "borrower"
    """What the event closes: everything about the borrower, or the debts or the creditor that it names."""
    lifted_by: tuple[EventName, ...] = ()
    """What opens again before the term ends, until it ends itself or is taken back."""
    allowed_content: tuple[ContentClass, ...] = ()
    """Content classes that pass nevertheless."""
    allowed_categories: tuple[str, ...] = ()
    """Categories that pass nevertheless."""

    @model_validator(mode="after")
    def _one(self) -> TermBar:
        if (self.days is None) == (self.months is None):
            raise ValueError("expected exactly one of days and months")
        return self

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut until the last of the terms has ended in every candidate zone."""
        proposal = view.proposal
        if (
            proposal.content_class in self.allowed_content
            or proposal.plain_category in self.allowed_categories
        ):
            return PERMIT
        change: datetime | None = None
        opens, event = at, None
        covering = [one for one in view.of(*self.events) if self._covers(view, one)]
        for one in covering:
            if one.at > at:
                change = earliest(change, one.at)
            elif (free := self._free(view, one, at, basis)) > opens:
                opens, event = free, one
        if event is None:
            until = lifts_until(view, self.lifted_by, at) if covering else None
            return Permit(earliest(change, until))
        last = date.fromordinal(self._last(view, event, basis))
        values = {
            "event": event.type,
            "date": view.local_date(event.at).isoformat(),
            "last": last.isoformat(),
        }
        return Refuse(opens, "term_bar.running", values)

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Closed again by what was learned with the inbound message or after it."""
        later = [
            one
            for one in view.of(*self.events)
            if one.at <= at and not follows(inbound, one) and self._covers(view, one)
        ]
        return all(self._free(view, one, at, basis) <= at for one in later)

    def whole_types(self) -> frozenset[str]:
        """None where each debt is barred by what is about it."""
        of_debt = self.scope == "debt"
        return frozenset() if of_debt else super().whole_types()

    def lookups(self) -> Iterator[Lookup]:
        """Its events by what they close, and what lifts them."""
        if self.scope == "borrower":
            yield from bars_all(self.events, self.lifted_by)
        else:
            yield from (Lookup(one, self.scope, "bars") for one in self.events)
        yield from lifting(self.lifted_by)

    def speaks_of(self) -> frozenset[str] | None:
        """Its events."""
        return frozenset(self.events)

    def _covers(self, view: View, one: Event) -> bool:
        creditor = view.proposal.creditor
        match self.scope:
            case "borrower":
                return True
            case "debt":
                return view.about(one.debt_ids)
            case "creditor":
                return one.creditor is None or creditor is None or one.creditor == creditor
            case never:
                assert_never(never)

    def _free(self, view: View, one: Event, at: datetime, basis: str) -> datetime:
        """The first instant after the silence of one event; `at` where that has passed."""
        debts = closed_debts(view, one, by_debt=self.scope == "debt")
        lifted = lifts_of(view, self.lifted_by, at).ends(one, debts)
        ends = at
        for zone in view.zones(basis):
            free = 1 + self._last_in(view, one, zone)
            if view.wall(at, zone).ordinal < free:
                ends = max(ends, start_of(free, zone, at))
        return ends if lifted is None else max(at, min(ends, lifted))

    def _last(self, view: View, one: Event, basis: str) -> int:
        """The last date of the silence, in the zone where it comes last."""
        return max(self._last_in(view, one, zone) for zone in view.zones(basis))

    def _last_in(self, view: View, one: Event, zone: ZoneInfo) -> int:
        if one.until is not None:
            return one.until.toordinal()
        first = view.wall(one.at, zone).ordinal
        return first + self.days - 1 if self.days is not None else _after_months(first, self.months or 1) - 1

    def demands(self) -> Iterator[str]:
        """What bars, for which term, and what passes."""
        term = number(self.days, "day") if self.days is not None else number(self.months or 0, "month")
        events = listed(event(one) for one in self.events)
        about = {
            "borrower": "",
            "debt": ", for the debts that it names",
            "creditor": ", for the creditor that it names",
        }
        yield (
            f"After {events} nothing is sent until the day that it names{about[self.scope]}; for {term} "
            "where it names none."
        )
        if self.lifted_by:
            yield f"It ends before with {listed(event(one) for one in self.lifted_by)}."
        yield from passing(self.allowed_content, self.allowed_categories)


def _after_months(first: int, months: int) -> int:
    """The ordinal of the date so many months after a date."""
    day = date.fromordinal(first)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1])).toordinal()
