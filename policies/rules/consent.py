"""Consents: a channel that may be used only with the borrower's consent, of a kind, in a scope, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from policies.facts import Event
from policies.rules.base import OPEN, Answer, EventName, Open, RuleSpec, Shut, earliest
from policies.rules.medium import expired, names_address, names_channel, revocations
from policies.verdict import Kind
from policies.view import View
from policies.windows import start_of, start_of_date


class Consent(RuleSpec):
    """Requires a consent to the message's channel; an opt-out or a revocation takes it back.

    `topics`: an opt-out that names a topic revokes that topic only, until `all_topics_from` (47 CFR 64.1200(a)(10))."""

    kind: Literal["consent"]
    accepts: tuple[EventName, ...] = ("consent",)
    """Events that are such a consent."""
    any_channel: bool = True
    """A consent to `any` channel is enough; else one to this very channel is needed."""
    per_debt: bool = False
    """The consent must be about the message's debt."""
    reassigned_ends: bool = False
    """A report that the number was reassigned ends every earlier consent."""
    days: int | None = Field(default=None, ge=1, le=3660)
    """Fresh for so many local dates only: a consent or an inbound message through the channel, renewed by a clean reassigned-number check."""
    direct: bool = False
    """A consent that was given to the creditor does not do (12 CFR 1006.6(b)(4), (d)(5)(ii))."""
    topics: bool = False
    """An opt-out that names a topic is about that topic."""
    texts_and_calls: bool = False
    """A revocation reaches automatic calls and texts alike, through whichever of them it came (64.1200(a)(10))."""
    all_topics_from: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The day from which it is about all of them."""
    confirmation_minutes: int | None = Field(default=None, ge=1, le=60)
    """One confirmation of an opt-out may follow within so many minutes, without marketing (64.1200(a)(12))."""
    only_if_asked: bool = False
    """Only where the message asks for the safe harbour (12 CFR 1006.6(d)(5))."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut without a consent that still holds."""
        if self.only_if_asked and not view.proposal.check_text_safe_harbor:
            return OPEN
        given = [event for event in view.of(*self.accepts) if self._covers(view, event)]
        past = [event for event in given if event.at <= at and not expired(event, at)]
        if self.days is not None:
            return self._fresh(view, at, past, basis)
        if not past:
            opens = min((event.at for event in given if event.at > at), default=None)
            return Shut(opens, "consent.missing", {"channel": view.proposal.channel}, Kind.SUPPRESS)
        since = max((event.at for event in past if event.type != "number_given"), default=_EVER)
        if self.reassigned_ends and (check := _reassigned(view, since, at)) is not None:
            return Shut(
                None, "consent.reassigned", {"date": view.local_date(check.at).isoformat()}, Kind.SUPPRESS
            )
        return self._kept(view, at, since, past[-1].expires_at, basis)

    def _covers(self, view: View, event: Event) -> bool:
        if self.direct and event.given_to == "creditor":
            return False
        right = (
            names_channel(event, view.proposal)
            if self.any_channel
            else event.channel == view.proposal.channel
        )
        return (
            right
            and names_address(event, view.proposal)
            and (not self.per_debt or view.about(event.debt_ids))
        )

    def _kept(self, view: View, at: datetime, since: datetime, change: datetime | None, basis: str) -> Answer:
        """Open, unless the consent was taken back since; a topic's opt-out may begin to cover all topics on a later day."""
        for event in revocations(view, since, at, together=self.texts_and_calls):
            begins = self._covers_topic_from(view, event, basis)
            if begins is None:
                continue
            if begins > at:
                change = earliest(change, begins)
                continue
            if self._confirms(view, event, at):
                change = earliest(change, event.at + timedelta(minutes=self.confirmation_minutes or 0))
                continue
            values = {"channel": view.proposal.channel, "date": view.local_date(event.at).isoformat()}
            return Shut(None, "consent.revoked", values, Kind.SUPPRESS)
        return Open(change)

    def _covers_topic_from(self, view: View, event: Event, basis: str) -> datetime | None:
        """From when on a revocation covers the message's topic; None where it never does."""
        if (
            not self.topics
            or event.topic is None
            or view.proposal.topic is None
            or event.topic == view.proposal.topic
        ):
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
        sent = [
            one
            for one in view.contacts
            if one.content_class == "optout_confirmation" and event.at <= one.at <= at
        ]
        return not sent

    def _fresh(self, view: View, at: datetime, given: list[Event], basis: str) -> Answer:
        """Whether the borrower wrote from the number or consented to it, and something within the last `days` local dates confirms
        that it is still theirs (12 CFR 1006.6(d)(5))."""
        channel = view.proposal.channel
        signs = [event.at for event in given]
        signs += [event.at for event in view.of("inbound") if event.at <= at and event.channel == channel]
        if not signs:
            return Shut(None, "consent.missing", {"channel": channel}, Kind.SUPPRESS)
        signs += [
            event.at for event in view.of("rnd_check") if event.at <= at and event.result == "not_reassigned"
        ]
        last, span = max(signs), (self.days or 0) + 1
        if (check := _reassigned(view, last, at)) is not None:
            return Shut(
                None, "consent.reassigned", {"date": view.local_date(check.at).isoformat()}, Kind.SUPPRESS
            )
        zones = view.zones(basis)
        ends = min(
            (start_of(view.wall(last, zone).ordinal + span, zone, last) for zone in zones), default=last
        )
        if at >= ends:
            values = {"channel": channel, "date": view.local_date(last).isoformat(), "days": self.days}
            return Shut(None, "consent.expired", values, Kind.SUPPRESS)
        return Open(ends)


_EVER = datetime.min.replace(tzinfo=UTC)
"""From when on a revocation counts against a number that was merely given: giving it once more takes no revocation back."""


def _reassigned(view: View, since: datetime, at: datetime) -> Event | None:
    found = [
        event for event in view.of("rnd_check") if since <= event.at <= at and event.result == "reassigned"
    ]
    return found[-1] if found else None
