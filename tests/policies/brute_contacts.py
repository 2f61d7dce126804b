"""What the brute force counts: minutes and their clocks, contacts, whose, to whom, about what, with which
outcome, in which period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from policies.facts import Event, Facts
from policies.zones import zone

CALLS = {"voice", "voice_prerecorded", "ringless_vm"}
SELF = {"consumer", "spouse", "executor", "guardian", "parent_of_minor"}
NEVER_SPOKEN = {"sms", "email", "im", "letter"}
NO_RING = {"busy", "not_in_service", "bounced"}
NOBODY_THERE = NO_RING | {
    "no_voicemail_available",
    "recorded_message_no_voicemail",
    "rang_no_answer",
    "voicemail_available_not_left",
}
LEFT_OUT: Mapping[str, set[str]] = {
    "attempt": set(),
    "ring": NO_RING,
    "messageable": NO_RING | {"no_voicemail_available", "recorded_message_no_voicemail"},
    "reached": NOBODY_THERE,
    "conversation": NOBODY_THERE | {"voicemail_left", "answered_dropped", "delivered"},
    "delivered": NOBODY_THERE,
}

Document = Mapping[str, Any]


def contacts(facts: Facts) -> list[Event]:
    wrong = [event for event in facts.events if event.type == "wrong_number"]
    return [
        event
        for event in sorted(facts.events, key=lambda one: one.at)
        if event.type == "contact"
        and not event.wrong_party
        and not any(one.address and one.address == event.address and event.at <= one.at for one in wrong)
    ]


def group_of(facts: Facts, debt: str) -> str:
    return next((group[0] for group in facts.borrower.debt_groups if debt in group), debt)


def is_for(facts: Facts, event: Event) -> bool:
    """Whether an event that permits names the message's channel, address and creditor, where it names any."""
    p = facts.proposal
    return (
        (event.channel in {None, "any", p.channel} or (event.channel == "voice" and p.channel in CALLS))
        and (event.scope == "medium" or event.address in {None, p.address})
        and (event.creditor is None or p.creditor in {None, event.creditor})
    )


def is_of(named: str | None, about: str | None) -> bool:
    """Whether what names an account or a topic, or none, is about this one; nobody knows what one is about
    that is not said."""
    return named is None or named == about


def is_for_matter(facts: Facts, event: Event) -> bool:
    """Whether what permits is for the message's account and topic."""
    p = facts.proposal
    return is_of(event.account_id, p.account_id) and is_of(event.topic, p.topic)


PERMISSIONS = {"consent", "opt_in", "consent_call", "hardship_answered", "dispute_resolved"}


def concerns_message(facts: Facts, event: Event) -> bool:
    """Whether what must come before is of no other creditor, account or topic, and a permission of no other
    channel or address."""
    if len({event.creditor, facts.proposal.creditor} - {None}) > 1 or not is_for_matter(facts, event):
        return False
    return event.type not in PERMISSIONS or is_for(facts, event)


def reaches(facts: Facts, lift: Event, debt: str | None) -> bool:
    """Whether what lifts speaks of this debt, or of all, or the restriction named none."""
    alike = next((some for some in facts.borrower.debt_groups if debt in some), (debt,))
    return debt is None or lift.debt_ids is None or not set(alike).isdisjoint(lift.debt_ids)


def freeing(
    facts: Facts, event: Event, lifts: Sequence[str], *, by_debt: bool = False
) -> Callable[[datetime], bool]:
    """Whether events of these types free, in a minute, each debt that a restriction closes: those that it
    names, or else the message's; `by_debt`: of those that it names the message's alone."""
    named = event.debt_ids
    if named is None:
        closed = facts.debt_ids
    elif by_debt:
        mine = {group_of(facts, one) for one in named}
        closed = tuple(one for one in facts.debt_ids if group_of(facts, one) in mine)
    else:
        closed = tuple(named)
    later = [
        one
        for one in facts.events
        if one.type in lifts
        and one.at > event.at
        and is_for(facts, one)
        and is_of(one.account_id, event.account_id or facts.proposal.account_id)
        and is_of(one.topic, event.topic or facts.proposal.topic)
    ]
    of_each = [[one for one in later if reaches(facts, one, debt)] for debt in closed or (None,)]
    if not all(of_each):
        return lambda _: False
    return lambda at: all(any(permits(facts, one, at) for one in some) for some in of_each)


def permits(facts: Facts, event: Event, at: datetime) -> bool:
    """Whether what an event permits holds in a minute: it has happened, has not ended, and nothing that took
    it back stands."""
    if not event.at <= at or (event.expires_at is not None and event.expires_at <= at):
        return False
    if event.only_dates is not None:
        return False
    if event.type == "consent_call" and not _still_direct(facts, event, at):
        return False
    if event.type not in {"consent", "consent_call", "opt_in"}:
        return True
    return not any(
        event.at <= one.at <= at and shuts(facts, one) and not _given_back(facts, one, at)
        for one in facts.events
        if one.type in {"opt_out", "revoke_consent"}
    )


def shuts(facts: Facts, event: Event) -> bool:
    """Whether what closes a medium, or an address of it, closes the message's."""
    p = facts.proposal
    alike = {event.channel, p.channel}
    return (event.channel in {None, "any", p.channel} or alike <= CALLS or alike <= {"sms", "im"}) and (
        event.scope == "medium" or None in {event.address, p.address} or event.address == p.address
    )


def _still_direct(facts: Facts, event: Event, at: datetime) -> bool:
    """A direct consent: seven dates, not for single ones, until somebody spoke on the telephone."""
    days = [
        (at.astimezone(one).date() - event.at.astimezone(one).date()).days for one in zones_of(facts, "all")
    ]
    return max(days) < 7 and not any(
        event.at < one.at <= at and one.channel in CALLS and was_spoken(one) for one in contacts(facts)
    )


def _given_back(facts: Facts, taken: Event, at: datetime) -> bool:
    """Whether opt-ins free every debt of what took a consent back; here an opt-in counts whatever took it
    back since: that is asked by itself."""
    later = [
        one
        for one in facts.events
        if one.type == "opt_in"
        and taken.at < one.at <= at
        and is_for(facts, one)
        and one.only_dates is None
        and is_of(one.account_id, taken.account_id or facts.proposal.account_id)
        and is_of(one.topic, taken.topic or facts.proposal.topic)
        and (one.expires_at is None or at < one.expires_at)
    ]
    closed = facts.debt_ids if taken.debt_ids is None else taken.debt_ids
    return all(any(reaches(facts, one, debt) for one in later) for debt in closed or (None,))


def is_about(facts: Facts, debts: Sequence[str] | None) -> bool:
    return debts is None or bool(
        {group_of(facts, one) for one in debts} & {group_of(facts, one) for one in facts.debt_ids}
    )


def in_same_bucket(facts: Facts, one: Event, per: str) -> bool:
    p = facts.proposal
    match per:
        case "borrower":
            return one.to == p.to or {one.to, p.to} <= SELF
        case "person":
            return one.to == p.to
        case "debt":
            return one.to == p.to and is_about(facts, one.debt_ids)
        case "account":
            return (
                one.account_id == p.account_id
                if one.account_id and p.account_id
                else is_about(facts, one.debt_ids)
            )
        case "creditor":
            return not one.creditor or not p.creditor or one.creditor == p.creditor
        case _:
            return not one.address or not p.address or one.address == p.address


def was_spoken(one: Event) -> bool:
    """Or may have been, where nobody knows."""
    return one.outcome in {"conversation", "hung_up"} or (
        one.outcome == "unknown" and one.channel not in NEVER_SPOKEN
    )


def beginnings(facts: Facts, after: str, per: str) -> list[datetime]:
    """When a cap that begins with `after` may have begun."""
    if after == "conversation":
        return [one.at for one in contacts(facts) if was_spoken(one)]
    happened = [one for one in facts.events if one.type == after]
    return [one.at for one in happened if per != "debt" or is_about(facts, one.debt_ids)]


DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Minute:
    """A minute, and what the clocks of each zone show in it."""

    __slots__ = ("_here", "at")

    def __init__(self, at: datetime) -> None:
        """No clock is looked at yet."""
        self.at = at
        self._here: dict[int, datetime] = {}

    def here(self, where: ZoneInfo) -> datetime:
        """The wall clock of a zone."""
        found = self._here.get(id(where))
        if found is None:
            found = self._here[id(where)] = self.at.astimezone(where)
        return found


Judgement = Callable[[Minute], bool]


def zones_of(facts: Facts, basis: str) -> list[ZoneInfo]:
    sources = facts.borrower.zones_by_source
    phone, address = sources.get("phone", ()), sources.get("address", ())
    match basis:
        case "all":
            names = (*phone, *address)
        case "phone":
            names = phone or address
        case "address":
            names = address or phone
        case _:
            names = (basis.removeprefix("fixed:"),)
    return [zone(name) for name in names]


def counted_by(given: Document, facts: Facts) -> list[Event]:
    found = []
    for one in contacts(facts):
        channels = given.get("channels")
        if (
            one.direction == "out"
            and (channels is None or one.channel in channels)
            and one.outcome not in LEFT_OUT[given.get("counts", "attempt")]
            and one.content_class != "optout_confirmation"
            and in_same_bucket(facts, one, given.get("per", "borrower"))
            and not (given.get("not_consented") and consented(facts, one.at, apart_from=one))
        ):
            found.append(one)
    return found


def consented(facts: Facts, at: datetime, apart_from: Event | None = None) -> bool:
    """Direct consent to be called, for seven dates at most, until a conversation uses it up (12 CFR
    1006.14(b)(3)(i))."""
    for consent in facts.events:
        if consent.type != "consent_call" or consent.at > at or not _serves(facts, consent):
            continue
        if apart_from is not None and consent.address not in {None, apart_from.address}:
            continue
        if any(one.type == "revoke_consent" and consent.at <= one.at <= at for one in facts.events):
            continue
        talks = [
            one
            for one in contacts(facts)
            if was_spoken(one) and one.channel in CALLS and one is not apart_from
        ]
        if any(consent.at < one.at <= at and is_about(facts, one.discussed or one.debt_ids) for one in talks):
            continue
        if consent.expires_at is not None and at >= consent.expires_at:
            continue
        if all(
            _on_consented_date(consent, at.astimezone(one).date(), consent.at.astimezone(one).date())
            for one in zones_of(facts, "all")
        ):
            return True
    return False


def _serves(facts: Facts, consent: Event) -> bool:
    """Whether a direct consent is for such a message: given to the collector, and for its channel, number,
    creditor and one of its debts, where it names any."""
    p = facts.proposal
    return (
        consent.given_to != "creditor"
        and (consent.channel in {None, p.channel} or (consent.channel == "voice" and p.channel in CALLS))
        and consent.address in {None, p.address}
        and (consent.creditor is None or p.creditor in {None, consent.creditor})
        and is_about(facts, consent.debt_ids)
        and is_for_matter(facts, consent)
    )


def _on_consented_date(consent: Event, today: date, given: date) -> bool:
    if not given <= today < given + timedelta(days=7):
        return False
    return not consent.only_dates or today in consent.only_dates


def same_period(window: Document, day: date, today: date) -> bool:
    if "consecutive_dates" in window:
        return (today - day).days < window["consecutive_dates"]
    match window["calendar"]:
        case "day":
            return day == today
        case "week":
            return day.isocalendar()[:2] == today.isocalendar()[:2]
        case _:
            return (day.year, day.month) == (today.year, today.month)


def days_since(then: datetime, now: Minute, where: ZoneInfo) -> int:
    return (now.here(where).date() - then.astimezone(where).date()).days
