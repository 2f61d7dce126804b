"""Consents: a channel that may be used only with the borrower's consent, of a kind, in a scope, and not for
ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from policies.facts import Event
from policies.lookups import Lookup, lifting, taking_back
from policies.media import names_address, names_channel, names_matter
from policies.order import follows, outlasting
from policies.permissions import end_of, has_ended, in_force, revocations
from policies.phrases import event, listed, number
from policies.rules.base import PERMIT, Answer, Permit, Refuse, RuleSpec, Sentences, earliest
from policies.rules.matching import EventName
from policies.strictness import Kind
from policies.view import View
from policies.windows import start_of, start_of_date


class Consent(RuleSpec):
    """Requires a consent to the message's channel; an opt-out or a revocation takes it back.

    `topics`: an opt-out that names a topic revokes that topic only, until `all_topics_from` (47 CFR
    64.1200(a)(10))."""

    SENTENCES: ClassVar[Sentences] = {
        "consent.missing": {
            "en": "the borrower has given no consent to contact by {channel}, which this rule requires",
            "es": "la persona deudora no ha consentido el contacto por {channel}, que esta regla exige",
            "zh-CN": "借款人未同意通过{channel}联系，而本规则要求事先同意",
        },
        "consent.revoked": {
            "en": "the borrower's consent to contact by {channel} was revoked on {date}",
            "es": "el consentimiento al contacto por {channel} se revocó el {date}",
            "zh-CN": "借款人已于 {date} 撤回对{channel}的同意",
        },
        "consent.expired": {
            "en": "the borrower's consent to contact by {channel} of {date} is more than {days} days old",
            "es": "el consentimiento al contacto por {channel} del {date} tiene más de {days} días",
            "zh-CN": "借款人于 {date} 对{channel}的同意已超过 {days} 天",
        },
        "consent.reassigned": {
            "en": "the number was reported as reassigned on {date}; the earlier consent was another person's",
            "es": (
                "el {date} se informó que el número se reasignó; el consentimiento anterior era de otra "
                "persona"
            ),
            "zh-CN": "该号码于 {date} 被报告已转让他人；此前的同意不再有效",
        },
    }
    EXAMPLE: ClassVar[str] = "accepts: [consent]\nany_channel: false\ndays: 60\nwhen: {channels: [sms]}"

    kind: Literal["consent"]
    accepts: tuple[EventName, ...] = ("consent",)
    """Events that are such a consent."""
    any_channel: bool = True
    """A consent to `any` channel is enough; else one to this very channel is needed."""
    reassigned_ends: bool = False
    """A report that the number was reassigned ends every earlier consent."""
    days: int | None = Field(default=None, ge=1, le=3660)
    """Fresh for so many local dates only: a consent or an inbound message through the channel, renewed by a
    clean reassigned-number check."""
    direct: bool = False
    """A consent that was given to the creditor does not do (12 CFR 1006.6(b)(4), (d)(5)(ii))."""
    topics: bool = False
    """An opt-out that names a topic is about that topic."""
    texts_and_calls: bool = False
    """A revocation reaches automatic calls and texts alike, through whichever of them it came
    (64.1200(a)(10))."""
    all_topics_from: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The day from which it is about all of them."""
    confirmation_minutes: int | None = Field(default=None, ge=1, le=60)
    """One confirmation of an opt-out may follow within so many minutes, without marketing
    (64.1200(a)(12))."""
    only_if_asked: bool = False
    """Only where the message asks for the safe harbour (12 CFR 1006.6(d)(5))."""

    only_if_chosen: bool = False
    """Only where the borrower chose channels at all: without any such consent nothing is asked for, with one
    only what it names goes."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut without a consent that still holds."""
        if self.only_if_asked and not view.proposal.check_text_safe_harbor:
            return PERMIT
        if self.only_if_chosen and not view.of(*self.accepts):
            return PERMIT
        given = [event for event in view.of(*self.accepts) if self._covers(view, event)]
        past = [event for event in given if event.at <= at and not has_ended(view, event, at)]
        if self.days is not None:
            return self._fresh(view, at, past, basis)
        if not past:
            opens = min((event.at for event in given if event.at > at), default=None)
            return Refuse(opens, "consent.missing", {"channel": view.proposal.channel}, Kind.SUPPRESS)
        strong = [event for event in past if event.type != "number_given"]
        checks = _reassigned(view, at) if self.reassigned_ends else []
        if checks and not outlasting(strong, checks):
            date_ = view.local_date(checks[-1].at).isoformat()
            return Refuse(None, "consent.reassigned", {"date": date_}, Kind.SUPPRESS)
        return self._kept(view, at, past, strong, basis)

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Closed again by what was taken back with the inbound message or after it."""
        del basis
        return all(follows(inbound, taken) for taken in revocations(view, at, together=self.texts_and_calls))

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
            and names_matter(event, view)
            and (event.type != "number_given" or _serves(view, event))
        )

    def _kept(self, view: View, at: datetime, past: list[Event], strong: list[Event], basis: str) -> Answer:
        """Open, unless every consent was taken back since; a topic's opt-out may begin to cover all topics on
        a later day. A number that was merely given takes no revocation back."""
        change: datetime | None = None
        taken: list[Event] = []
        for one in revocations(view, at, together=self.texts_and_calls):
            begins = self._covers_topic_from(view, one, basis)
            if begins is None:
                continue
            if begins > at:
                change = change if outlasting(strong, [one]) else earliest(change, begins)
            elif self._confirms(view, one, at):
                change = earliest(change, one.at + timedelta(minutes=self.confirmation_minutes or 0))
            else:
                taken.append(one)
        standing = outlasting(strong, taken) if taken else past
        if not standing:
            return _revoked(
                view, next((one for one in taken if not outlasting(strong[-1:], [one])), taken[-1])
            )
        change = earliest(change, view.next_change(at))
        ends = [end_of(view, one) for one in standing]
        return Permit(
            change if None in ends else earliest(change, max(one for one in ends if one is not None))
        )

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
        """Whether the borrower wrote from the number or consented to it and did not take that back, and
        something within the last `days` local dates confirms that it is still theirs (12 CFR
        1006.6(d)(5))."""
        channel = view.proposal.channel
        given += [event for event in view.of("inbound") if event.at <= at and event.channel == channel]
        taken = [
            one
            for one in revocations(view, at, together=self.texts_and_calls)
            if (begins := self._covers_topic_from(view, one, basis)) is not None and begins <= at
        ]
        signs = [one.at for one in outlasting(given, taken)]
        if not signs and given:
            return _revoked(view, taken[-1])
        if not signs:
            return Refuse(None, "consent.missing", {"channel": channel}, Kind.SUPPRESS)
        signs += [
            event.at
            for event in view.of("rnd_check")
            if event.result == "not_reassigned" and in_force(view, event, at)
        ]
        last, span = max(signs), (self.days or 0) + 1
        checks = [check for check in _reassigned(view, at) if check.at >= last]
        if checks:
            date_ = view.local_date(checks[-1].at).isoformat()
            return Refuse(None, "consent.reassigned", {"date": date_}, Kind.SUPPRESS)
        zones = view.zones(basis)
        ends = min(
            (start_of(view.wall(last, zone).ordinal + span, zone, last) for zone in zones), default=last
        )
        if at >= ends:
            values = {"channel": channel, "date": view.local_date(last).isoformat(), "days": self.days}
            return Refuse(None, "consent.expired", values, Kind.SUPPRESS)
        return Permit(earliest(ends, view.next_change(at)))

    def lookups(self) -> Iterator[Lookup]:
        """What is a consent, what takes it back, and whose the number is."""
        yield from lifting(self.accepts)
        yield from taking_back(("consent",))
        yield Lookup("rnd_check", "latest", "bars")

    def turns(self) -> Iterator[tuple[date, str]]:
        """Its dates, and the day from which an opt-out is about every topic."""
        yield from super().turns()
        if self.all_topics_from is not None:
            day = date.fromisoformat(self.all_topics_from)
            yield day, "an opt-out that names a topic begins to be about all of them"

    def demands(self) -> Iterator[str]:
        """Which consent, how far it reaches, and what ends it."""
        asked = " that asks for the safe harbour" if self.only_if_asked else ""
        accepted = listed(event(one) if one != "consent" else "consent" for one in self.accepts)
        yield f"A message{asked} needs the borrower's {accepted} to its channel, given and not taken back."
        if self.days is not None:
            renews = "a message from the borrower or a clean check of the number renews it"
            yield f"It is good for {number(self.days, 'day')}; {renews}."
        if self.topics:
            until = "" if self.all_topics_from is None else f" until {self.all_topics_from}"
            yield f"An opt-out that names a topic is about that topic only{until}."
        yield from (words for holds, words in self._limits() if holds)
        if self.confirmation_minutes is not None:
            yield (
                "One confirmation of an opt-out may follow within "
                f"{number(self.confirmation_minutes, 'minute')}."
            )

    def _limits(self) -> Iterator[tuple[bool, str]]:
        yield self.only_if_chosen, "It is asked for only where the borrower chose channels at all."
        yield not self.any_channel, "A consent to any channel is not enough: it must name this one."
        yield self.direct, "A consent that was given to the creditor does not do."
        yield self.reassigned_ends, "A report that the number was reassigned ends every earlier consent."
        yield (
            self.texts_and_calls,
            "What ends texts ends automatic calls as well, and the other way round.",
        )


def _revoked(view: View, by: Event) -> Refuse:
    values = {"channel": view.proposal.channel, "date": view.local_date(by.at).isoformat()}
    return Refuse(None, "consent.revoked", values, Kind.SUPPRESS)


def _reassigned(view: View, at: datetime) -> list[Event]:
    """The reports that the number was reassigned, oldest first."""
    return [event for event in view.of("rnd_check") if event.at <= at and event.result == "reassigned"]


GIVEN = frozenset({None, "given_by_borrower", "given_to_creditor"})
"""Sources of a number that the borrower gave; one that was found by a search was given by nobody."""


def _serves(view: View, event: Event) -> bool:
    """Whether a number that was given serves for this debt: the borrower gave it, and in the transaction that
    made the debt (FCC 07-232)."""
    return event.source in GIVEN and view.about(event.debt_ids)
