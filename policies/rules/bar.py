"""Bars: an event after which nothing (but some content classes) may be sent: opt-out, cease, attorney,
workplace, death.

The scope says what it closes: the debts it names, the address, the medium, the kind of address, or the whole
borrower."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal, assert_never

from pydantic import Field

from policies.facts import Event, Proposal
from policies.lifted import closed_debts
from policies.lookups import By, Lookup, bars_all, lifting, taking_back
from policies.media import names_address, same_address, same_medium
from policies.order import follows, outlasting
from policies.permissions import changes, concerns, in_force, lifts_of, lifts_until
from policies.phrases import TREATED, event, listed, number, passing
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.matching import ContentClass, EventName
from policies.strictness import Kind
from policies.view import View

BarScope = Literal["borrower", "debt", "channel", "address", "creditor"]


class Bar(RuleSpec):
    """After one of `events`, until one of `lifted_by` or for `days`, the message is not permitted.

    Scope `channel` is an opt-out's: the event names a channel (or `any`), and with scope `address` in the
    event, one address of it."""

    SENTENCES: ClassVar[Sentences] = {
        "bar.event": {
            "en": "{event} ({date}) bars this message",
            "es": "{event} ({date}) impide este mensaje",
            "zh-CN": "{event}（{date}）禁止发送本消息",
        },
        "bar.until": {
            "en": "{event} ({date}) bars this message until {until}",
            "es": "{event} ({date}) impide este mensaje hasta {until}",
            "zh-CN": "{event}（{date}）在 {until} 之前禁止发送本消息",
        },
        "bar.proposal": {
            "en": "{what} bars this message",
            "es": "{what} impide este mensaje",
            "zh-CN": "{what}禁止发送本消息",
        },
        "bar.hold": {
            "en": "{event} ({date}) needs a person's decision before anything is sent",
            "es": "{event} ({date}) exige que una persona decida antes de enviar nada",
            "zh-CN": "{event}（{date}）须由人工决定后方可发送",
        },
    }
    EXAMPLE: ClassVar[str] = (
        "events: [cease]\nlifted_by: [cease_withdrawn]\nscope: debt\nallowed_content: [termination_notice]"
    )

    kind: Literal["bar"]
    events: tuple[EventName, ...] = ()
    """What shuts; or with `before`, what must have happened."""
    lifted_by: tuple[EventName, ...] = ()
    """What opens again, until it ends itself or is taken back."""
    scope: BarScope = "borrower"
    """What the event closes: everything about the borrower, the debts or the creditor it names, the channel
    with its address, or the address."""
    allowed_content: tuple[ContentClass, ...] = ()
    """Content classes that pass nevertheless; `optout_confirmation` passes once."""
    allowed_categories: tuple[str, ...] = ()
    """Categories that pass nevertheless."""
    days: int | None = Field(default=None, ge=1, le=36500)
    """How long it holds; without a number until it is lifted."""
    before: bool = False
    """The bar holds until the event happens: `events` are then what must have happened."""
    on: (
        Literal["publicly_viewable", "contains_marketing", "no_optout_notice", "occasion", "always"] | None
    ) = None
    """A property of the message itself that bars it, instead of an event."""
    verdict: Literal["suppress", "hold"] = "suppress"
    """Whether the message is stopped or held for a person."""
    confirmation_minutes: int | None = Field(default=None, ge=1, le=60)
    """How long after an opt-out its one confirmation may follow; without a number there is none (12 CFR
    1006.14(h)(2)(i))."""
    used_by_consumer: bool = False
    """Stands back where the borrower wrote from that kind of address (12 CFR 1006.6(d)(4)(i))."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut while an event that covers the message stands."""
        del basis
        if self._allowed(view):
            return PERMIT
        if self.on is not None:
            return self._of_proposal(view)
        if self.before:
            return self._until_happened(view, at)
        change: datetime | None = None
        covering = self._covering(view)
        lifts = lifts_of(view, self.lifted_by, at)
        for one in lifts.standing(covering, at, by_debt=self.scope == "debt"):
            if one.at > at:
                change = earliest(change, one.at)
                continue
            ends = self._ends(view, one, at)
            if ends is not None and ends <= at:
                continue
            if self._confirms(view, one, at):
                change = earliest(change, self._confirmed_by(one))
                continue
            return self._refused(view, one, ends)
        if covering:
            change = earliest(change, lifts_until(view, self.lifted_by, at))
        return Permit(change) if change is not None else PERMIT

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Closed again by what was learned with the inbound message or after it."""
        del basis
        if self.before or self.on is not None:
            return True
        later = [
            one
            for one in view.of(*self.events)
            if one.at <= at and not follows(inbound, one) and self._covers(view, one)
        ]
        return all((ends := self._ends(view, one, at)) is not None and ends <= at for one in later)

    def whole_types(self) -> frozenset[str]:
        """None where each debt is barred by what is about it."""
        of_debt = self.scope == "debt" and not self.before
        return frozenset() if of_debt else super().whole_types()

    def lookups(self) -> Iterator[Lookup]:
        """Its events by what they close, and what lifts them."""
        if self.on is not None:
            return
        if self.before:
            yield from (Lookup(one, by, "lifts") for one in self.events for by in _HAPPENED)
            yield from (Lookup(one, "latest", "bars") for one in self.lifted_by)
            yield from taking_back(self.events)
            return
        if self.scope == "borrower":
            yield from bars_all(self.events, self.lifted_by)
        else:
            by: By = "address" if self.scope == "channel" else self.scope
            yield from (Lookup(one, by, "bars") for one in self.events)
        yield from lifting(self.lifted_by)

    def speaks_of(self) -> frozenset[str] | None:
        """Its events, unless the message itself is barred, or their absence bars it."""
        return None if self.before or self.on is not None else frozenset(self.events)

    def _refused(self, view: View, event: Event, ends: datetime | None) -> Refuse:
        values = {"event": event.type, "date": view.local_date(event.at).isoformat()}
        if ends is not None:
            return Refuse(ends, "bar.until", {**values, "until": ends.isoformat(timespec="minutes")})
        if self.verdict == "hold":
            return Refuse(None, "bar.hold", values, Kind.HOLD)
        return Refuse(None, "bar.event", values, Kind.SUPPRESS)

    def _allowed(self, view: View) -> bool:
        p = view.proposal
        if p.category is not None and p.category.replace("-", "_") in self.allowed_categories:
            return True
        return p.content_class in self.allowed_content and p.content_class not in {
            None,
            "optout_confirmation",
        }

    def _of_proposal(self, view: View) -> Answer:
        p = view.proposal
        if not self._is_barred(p):
            return PERMIT
        what = {
            "publicly_viewable": "being visible to others",
            "contains_marketing": "marketing in the message",
            "no_optout_notice": "the missing opt-out line",
            "occasion": p.occasion_bar or "",
            "always": self.id.replace("-", " "),
        }[self.on or "always"]
        kind = Kind.HOLD if self.verdict == "hold" else Kind.SUPPRESS
        return Refuse(None, "bar.proposal", {"what": what}, kind)

    def _is_barred(self, proposal: Proposal) -> bool:
        match self.on:
            case "publicly_viewable":
                return proposal.publicly_viewable
            case "contains_marketing":
                return proposal.contains_marketing
            case "no_optout_notice":
                return proposal.optout_notice is False
            case "occasion":
                return proposal.occasion_bar is not None
            case "always" | None:
                return True
            case never:
                assert_never(never)

    def _until_happened(self, view: View, at: datetime) -> Answer:
        """Permitted only once one of the events has happened and nothing lifted it again."""
        happened = [
            event
            for event in view.of(*self.events)
            if self._same_kind(view, event) and concerns(view, event) and in_force(view, event, at)
        ]
        lifted = [event for event in view.of(*self.lifted_by) if event.at <= at]
        if standing := outlasting(happened, lifted):
            return Permit(changes(view, standing, at))
        return Refuse(
            None, "wait.missing", {"trigger": " or ".join(self.events).replace("_", " ")}, Kind.SUPPRESS
        )

    def _same_kind(self, view: View, event: Event) -> bool:
        return not self.used_by_consumer or (
            event.address_kind == view.proposal.address_kind and names_address(event, view.proposal)
        )

    def _covering(self, view: View) -> list[Event]:
        """The events that are about the proposed message; rules that ask alike share the answer."""
        found: list[Event] = view.memo(
            ("covering", self.events, self.scope, self.used_by_consumer),
            lambda: [one for one in view.of(*self.events) if self._covers(view, one)],
        )
        return found

    def _covers(self, view: View, event: Event) -> bool:
        p = view.proposal
        if self.used_by_consumer and _wrote_from(view):
            return False
        match self.scope:
            case "borrower":
                return True
            case "debt":
                return view.about(event.debt_ids)
            case "creditor":
                return event.creditor is None or p.creditor is None or event.creditor == p.creditor
            case "address":
                return event.address is None or event.address == p.address
            case "channel":
                return same_medium(event.channel, p.channel) and same_address(event, p.address)
            case never:
                assert_never(never)

    def _ends(self, view: View, event: Event, at: datetime) -> datetime | None:
        """When the bar of one event falls, by what lifts at `at`; None while nothing does. Several debts are
        free when the last of them is."""
        debts = closed_debts(view, event, by_debt=self.scope == "debt")
        expires = None if self.days is None else event.at + timedelta(days=self.days)
        return earliest(expires, lifts_of(view, self.lifted_by, at).ends(event, debts))

    def _confirmed_by(self, event: Event) -> datetime | None:
        return (
            None
            if self.confirmation_minutes is None
            else event.at + timedelta(minutes=self.confirmation_minutes)
        )

    def _confirms(self, view: View, event: Event, at: datetime) -> bool:
        """The one confirmation of an opt-out, within minutes, with nothing else in it."""
        p = view.proposal
        if (
            "optout_confirmation" not in self.allowed_content
            or p.content_class != "optout_confirmation"
            or p.contains_marketing
        ):
            return False
        last = self._confirmed_by(event)
        if last is not None and at >= last:
            return False
        return not any(
            one.content_class == "optout_confirmation" and event.at <= one.at <= at for one in view.contacts
        )

    def demands(self) -> Iterator[str]:
        """What bars, for how long, and what passes."""
        done = TREATED[self.verdict]
        if self.on is not None:
            yield f"{_BARRED_BY[self.on]} {done}."
        elif self.before:
            yield f"Until {listed(event(one) for one in self.events)} a message is {done}."
        else:
            length = "" if self.days is None else f" for {number(self.days, 'day')}"
            yield (
                f"After {listed(event(one) for one in self.events)} a message is {done}{length}, "
                f"{_REACH[self.scope]}."
            )
        if self.lifted_by:
            yield f"It ends with {listed(event(one) for one in self.lifted_by)}."
        yield from passing(self.allowed_content, self.allowed_categories)
        if self.confirmation_minutes is not None:
            yield f"One confirmation may follow within {number(self.confirmation_minutes, 'minute')}."
        if self.used_by_consumer:
            yield "It stands back where the borrower wrote from that kind of address."


def _wrote_from(view: View) -> bool:
    kind = view.proposal.address_kind
    return any(
        one.address_kind == kind
        and one.channel == view.proposal.channel
        and names_address(one, view.proposal)
        and concerns(view, one)
        for one in view.of("inbound")
    )


_HAPPENED: tuple[By, ...] = ("latest", "debt", "creditor", "address")
_BARRED_BY = {
    "publicly_viewable": "A message that others can see is",
    "contains_marketing": "A message that carries marketing is",
    "no_optout_notice": "A message without an opt-out line is",
    "occasion": "On an occasion such as a bereavement a message is",
    "always": "A message is always",
}
_REACH = {
    "borrower": "for everything about the borrower",
    "debt": "for the debts that it names",
    "channel": "for the channel and address that it names",
    "address": "for the address that it names",
    "creditor": "for the creditor that it names",
}
