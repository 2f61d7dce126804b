"""Consents: a channel that may be used only with the borrower's consent, of a kind, in a scope, and not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from policies.facts import Event
from policies.rules.base import OPEN, Answer, Open, RuleSpec, Shut
from policies.verdict import Kind
from policies.view import View
from policies.windows import start_of_date


class Consent(RuleSpec):
    """Requires a consent to the message's channel; an opt-out or a revocation takes it back.

    `topics`: an opt-out that names a topic revokes that topic only, until `all_topics_from` (47 CFR 64.1200(a)(10))."""

    kind: Literal["consent"]
    accepts: tuple[str, ...] = ("consent",)
    any_channel: bool = True
    """A consent to `any` channel is enough; else one to this very channel is needed."""
    per_debt: bool = False
    reassigned_ends: bool = False
    """A report that the number was reassigned ends every earlier consent."""
    days: int | None = Field(default=None, ge=1, le=3660)
    """Fresh for so long only: a consent, an inbound message through the channel, or a clean reassigned-number check."""
    topics: bool = False
    all_topics_from: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    confirmation_minutes: int | None = Field(default=None, ge=1, le=60)
    """One confirmation of an opt-out may follow within so many minutes, without marketing (64.1200(a)(12))."""
    only_if_asked: bool = False
    """Only where the message asks for the safe harbour (12 CFR 1006.6(d)(5))."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut without a consent that still holds."""
        if self.only_if_asked and not view.proposal.check_text_safe_harbor:
            return OPEN
        channel = view.proposal.channel
        given = [event for event in view.of(*self.accepts) if event.at <= at and self._covers(view, event)]
        if self.days is not None:
            return self._fresh(view, at, given)
        if not given:
            later = [event.at for event in view.of(*self.accepts) if event.at > at and self._covers(view, event)]
            kind = Kind.DEFER if later else Kind.SUPPRESS
            return Shut(min(later, default=None), "consent.missing", {"channel": channel}, kind)
        last = given[-1].at
        if self.reassigned_ends and (check := _reassigned(view, last, at)) is not None:
            return Shut(None, "consent.reassigned", {"date": check.at.date().isoformat()}, Kind.SUPPRESS)
        return self._kept(view, at, last, basis)

    def _covers(self, view: View, event: Event) -> bool:
        if event.type == "number_given":
            return event.channel is None or event.channel == view.proposal.channel or event.channel == "any"
        right = event.channel == view.proposal.channel or (self.any_channel and event.channel in {"any", None})
        return right and (not self.per_debt or view.about(event.debt_ids))

    def _kept(self, view: View, at: datetime, last: datetime, basis: str) -> Answer:
        """Open, unless the consent was taken back since; a topic's opt-out may begin to cover all topics on a later day."""
        channel = view.proposal.channel
        change: datetime | None = None
        for event in view.of("revoke_consent", "opt_out"):
            if not last <= event.at <= at or event.channel not in {channel, "any", None}:
                continue
            begins = self._covers_topic_from(view, event, basis)
            if begins is not None and begins > at:
                change = begins if change is None else min(change, begins)
                continue
            if begins is None:
                continue
            if self._confirms(view, event, at):
                until = event.at + timedelta(minutes=self.confirmation_minutes or 0)
                change = until if change is None else min(change, until)
                continue
            return Shut(None, "consent.revoked", {"channel": channel, "date": event.at.date().isoformat()}, Kind.SUPPRESS)
        return Open(change)

    def _covers_topic_from(self, view: View, event: Event, basis: str) -> datetime | None:
        """From when on a revocation covers the message's topic; None where it never does."""
        if not self.topics or event.topic is None or view.proposal.topic is None or event.topic == view.proposal.topic:
            return event.at
        if self.all_topics_from is None:
            return None
        zones = view.zones(basis)
        day = datetime.fromisoformat(self.all_topics_from).date()
        return min((start_of_date(day, zone) for zone in zones), default=event.at)

    def _confirms(self, view: View, event: Event, at: datetime) -> bool:
        if self.confirmation_minutes is None or view.proposal.content_class != "optout_confirmation":
            return False
        if view.proposal.contains_marketing or at >= event.at + timedelta(minutes=self.confirmation_minutes):
            return False
        sent = [one for one in view.contacts if one.content_class == "optout_confirmation" and event.at <= one.at <= at]
        return not sent

    def _fresh(self, view: View, at: datetime, given: list[Event]) -> Answer:
        """Whether something within the last `days` confirms that the number is still the borrower's."""
        channel = view.proposal.channel
        signs = [event.at for event in given]
        signs += [event.at for event in view.of("inbound") if event.at <= at and event.channel == channel]
        signs += [event.at for event in view.of("rnd_check") if event.at <= at and event.result == "not_reassigned"]
        span = timedelta(days=self.days or 0)
        if not signs:
            return Shut(None, "consent.missing", {"channel": channel}, Kind.SUPPRESS)
        if at - max(signs) >= span:
            values = {"channel": channel, "date": max(signs).date().isoformat(), "days": self.days}
            return Shut(None, "consent.expired", values, Kind.SUPPRESS)
        return Open(max(signs) + span)


def _reassigned(view: View, since: datetime, at: datetime) -> Event | None:
    found = [event for event in view.of("rnd_check") if since <= event.at <= at and event.result == "reassigned"]
    return found[-1] if found else None
