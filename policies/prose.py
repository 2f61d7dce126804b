"""Rules in prose: what a policy demands, in sentences with its numbers, for people who never saw the fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from policies.facts import DAYS
from policies.phrases import (
    ROLES,
    SCOPES,
    channels,
    counting,
    event,
    kinds,
    listed,
    number,
    persons,
    plain,
    span,
)
from policies.rules.bar import Bar
from policies.rules.base import Exemption, Matcher, RuleSpec
from policies.rules.cap import Cap
from policies.rules.channel_exclusivity import ChannelExclusivity
from policies.rules.clock_window import ClockWindow, days_of
from policies.rules.consent import Consent
from policies.rules.content import Content
from policies.rules.cool_off import CoolOff
from policies.rules.designation import Designation
from policies.rules.min_gap import MinGap
from policies.rules.one_shot import OneShot
from policies.rules.override import Override
from policies.rules.recipient import Recipient
from policies.rules.retain import Retain
from policies.rules.tier import Tier
from policies.rules.wait_after import WaitAfter
from policies.rules.warn import Warn


def describe(rule: RuleSpec) -> tuple[str, ...]:
    """A rule's sentences: what it demands, of which messages, when it stands back, and from when until when."""
    own = _OWN[type(rule)](rule)
    return tuple(
        one
        for one in (
            *own,
            _looks_at(rule.when),
            _stands_back(rule.unless),
            _lasts(rule),
            reads_zones(rule.zones),
        )
        if one
    )


def _looks_at(when: Matcher) -> str:
    parts: list[str] = []
    for name, words in (
        ("channels", channels), ("to", persons), ("sender_roles", lambda one: listed(ROLES[role] for role in one)),
        ("address_kinds", lambda one: f"addresses that are {kinds(one)}"), ("content_classes", lambda one: f"the content {kinds(one)}"),
        ("categories", lambda one: f"the category {kinds(one)}"), ("creditors", lambda one: f"the creditor {listed(one)}"),
        ("tiers", lambda one: f"the tier {kinds(one)}"),
    ):  # fmt: skip
        if (value := getattr(when, name)) is not None:
            lead = {"channels": "by ", "to": "to ", "address_kinds": "to ", "sender_roles": "from "}.get(
                name, "with "
            )
            parts.append(lead + words(value))
    for name, words in (
        ("not_to", lambda one: f"not to {persons(one)}"), ("not_address_kinds", lambda one: f"not to addresses that are {kinds(one)}"),
        ("not_content_classes", lambda one: f"not with the content {kinds(one)}"),
        ("not_categories", lambda one: f"not of the category {kinds(one)}"),
    ):  # fmt: skip
        if value := getattr(when, name):
            parts.append(words(value))
    if when.days_past_due is not None:
        parts.append(f"about debts {span(when.days_past_due)}")
    return f"It looks only at messages {', '.join(parts)}." if parts else ""


_GROUNDS: Mapping[str, str] = {
    "reply": "for the one reply to the borrower's own message",
    "requested_callback": "for a call that the borrower asked for",
    "time_consent": "where the borrower lawfully consented to this hour",
    "required_by_law": "where the law requires the message",
    "third_party_requested": "where the third party asked to be contacted again",
    "consent": "where the borrower consented to the channel",
}


def _stands_back(unless: Exemption) -> str:
    parts = [words for name, words in _GROUNDS.items() if getattr(unless, name)]
    if unless.days_past_due_over is not None:
        parts.append(f"where the debt is more than {number(unless.days_past_due_over, 'day')} past due")
    if unless.content_classes:
        parts.append(f"for the content {kinds(unless.content_classes)}")
    if unless.events:
        parts.append(f"after {listed(event(one) for one in unless.events)}")
    return f"It stands back {listed(parts)}." if parts else ""


def _lasts(rule: RuleSpec) -> str:
    first, last = rule.effective.from_, rule.effective.until
    match first, last:
        case None, None:
            return ""
        case _, None:
            return f"It holds from {first} on."
        case None, _:
            return f"It holds until the end of the day before {last}."
        case _:
            return f"It holds from {first} until the end of the day before {last}."


_ZONES: Mapping[str, str] = {
    "all": "Every candidate time zone of the borrower must permit the instant.",
    "phone": "The time zones of the telephone number decide, where there are any.",
    "address": "The time zones of the address decide, where there are any.",
    "landline": "The time zones of a landline's number decide, where there are any.",
}


def reads_zones(basis: str | None) -> str:
    """How the candidate zones are read."""
    if basis is None:
        return ""
    return (
        _ZONES.get(basis) or f"The time in {basis.removeprefix('fixed:')} decides, wherever the borrower is."
    )


def _clock_window(rule: ClockWindow) -> Iterable[str]:
    rows = [
        f"{row}: {' and '.join(one.replace('-', ' to ') for one in spans) or 'none'}"
        for row, spans in rule.hours.items()
    ]
    named = {day for row in rule.hours for day in days_of(row)}
    closed = "" if len(named) == len(DAYS) else "; on days that are not named, never"
    yield f"Contact is permitted only in these hours of the borrower's local time: {'; '.join(rows)}{closed}."
    if rule.calendar is not None:
        yield f"Holidays are those of the calendar {rule.calendar}."
    if rule.also_holidays:
        yield f"Holidays are also {listed(map(str, rule.also_holidays), 'and')}."
    if rule.agreed_hours:
        yield "Hours agreed with the borrower take their place."


def _cap(rule: Cap) -> Iterable[str]:
    window = rule.window.words()
    counted = f"one {rule.what.removesuffix('s')}" if rule.limit == 1 else f"{rule.limit} {rule.what}"
    yield f"No {rule.what} are permitted {window}." if rule.limit == 0 else f"At most {counted} {window}."
    yield counting(rule.count)
    if rule.active_after is not None:
        yield f"It begins with {event(rule.active_after)}."


_TRIGGERS = {
    "conversation": "a conversation",
    "reached": "a contact that reached somebody",
    "sent": "any contact",
}


def _cool_off(rule: CoolOff) -> Iterable[str]:
    length = (
        f"{number(rule.dates, 'day')}, that day being the first"
        if rule.dates is not None
        else number(rule.hours or 0, "hour")
    )
    through = "" if rule.trigger_channels is None else f" by {channels(rule.trigger_channels)}"
    yield f"After {_TRIGGERS[rule.trigger]}{through} there is no {rule.what.removeprefix('a ')} for {length}, {SCOPES[rule.per]}."
    if rule.lifted_by_consent:
        yield "Direct consent to be called lifts it."


def _min_gap(rule: MinGap) -> Iterable[str]:
    yield f"After the last of the {rule.what} the next is permitted {number(rule.dates, 'day')} after its date."
    yield counting(rule.count)


def _channel_exclusivity(rule: ChannelExclusivity) -> Iterable[str]:
    yield "Once one channel was used in a calendar week (Monday to Sunday), no other one is until the next Monday."
    yield counting(rule.count)


_MISSING = {"suppress": "stopped", "hold": "held for a person", "permit": "permitted"}


def _wait_after(rule: WaitAfter) -> Iterable[str]:
    which = "the first" if rule.first else "the latest"
    yield f"A message is permitted {number(rule.dates, 'day')} after the date of {which} event “{plain(rule.event)}”."
    yield f"Where there is none it is {_MISSING[rule.missing]}."
    if rule.days_past_due:
        yield "Where there is none but the days past due are known, these are counted."


def _consent(rule: Consent) -> Iterable[str]:
    asked = " that asks for the safe harbour" if rule.only_if_asked else ""
    kinds = listed(event(one) if one != "consent" else "consent" for one in rule.accepts)
    yield f"A message{asked} needs the borrower's {kinds} to its channel, given and not taken back."
    if not rule.any_channel:
        yield "A consent to any channel is not enough: it must name this one."
    if rule.per_debt:
        yield "The consent must be about the same debt."
    if rule.direct:
        yield "A consent that was given to the creditor does not do."
    if rule.days is not None:
        yield f"It is good for {number(rule.days, 'day')}; a message from the borrower or a clean check of the number renews it."
    if rule.reassigned_ends:
        yield "A report that the number was reassigned ends every earlier consent."
    if rule.topics:
        until = "" if rule.all_topics_from is None else f" until {rule.all_topics_from}"
        yield f"An opt-out that names a topic is about that topic only{until}."
    if rule.texts_and_calls:
        yield "What ends texts ends automatic calls as well, and the other way round."
    if rule.confirmation_minutes is not None:
        yield f"One confirmation of an opt-out may follow within {number(rule.confirmation_minutes, 'minute')}."


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


def _bar(rule: Bar) -> Iterable[str]:
    done = _MISSING[rule.verdict]
    if rule.on is not None:
        yield f"{_BARRED_BY[rule.on]} {done}."
    elif rule.before:
        yield f"Until {listed(event(one) for one in rule.events)} a message is {done}."
    else:
        length = "" if rule.days is None else f" for {number(rule.days, 'day')}"
        yield f"After {listed(event(one) for one in rule.events)} a message is {done}{length}, {_REACH[rule.scope]}."
    if rule.lifted_by:
        yield f"It ends with {listed(event(one) for one in rule.lifted_by)}."
    passing = [f"the content {kinds(rule.allowed_content)}"] if rule.allowed_content else []
    passing += [f"the category {kinds(rule.allowed_categories)}"] if rule.allowed_categories else []
    if passing:
        yield f"Messages with {listed(passing)} pass."
    if rule.confirmation_minutes is not None:
        yield f"One confirmation may follow within {number(rule.confirmation_minutes, 'minute')}."
    if rule.used_by_consumer:
        yield "It stands back where the borrower wrote from that kind of address."


def _designation(_: Designation) -> Iterable[str]:
    yield "No message goes at a time that the borrower named as inconvenient."


def _one_shot(rule: OneShot) -> Iterable[str]:
    again = (
        f"; {listed(event(one) for one in rule.renewed_by)} permits another one" if rule.renewed_by else ""
    )
    yield f"One {rule.what} is permitted, once{again}."
    yield counting(rule.count)


def _recipient(rule: Recipient) -> Iterable[str]:
    yield f"A message may be addressed only to {persons(rule.allowed)}."
    if rule.also:
        after = f", after {listed(event(one) for one in rule.after)}" if rule.after else ""
        closed = (
            f", and no more after {listed(event(one) for one in rule.not_after)}" if rule.not_after else ""
        )
        yield f"With the content {kinds(rule.also_for)} it may also go to {persons(rule.also)}{after}{closed}."


_ELEMENTS = {
    "optout_notice": "a line that says how to opt out",
    "marketing": "marketing",
    "public": "words that others can see",
}


def _content(rule: Content) -> Iterable[str]:
    if rule.required:
        yield f"A message must carry {listed((_ELEMENTS[one] for one in rule.required), 'and')}."
    if rule.forbidden:
        yield f"A message must not carry {listed(_ELEMENTS[one] for one in rule.forbidden)}."
    if rule.discloses:
        yield f"Its template must print the disclosures {listed((plain(one) for one in rule.discloses), 'and')}."


def _tier(rule: Tier) -> Iterable[str]:
    through = channels(rule.channels) if rule.channels else "no channel"
    yield f"In the tier “{rule.name}” ({span(rule.band)}) messages go by {through} only."
    if rule.templates is not None:
        yield f"Its templates are {listed(rule.templates, 'and')}."
    if rule.tone is not None:
        yield f"Its tone: {rule.tone}."


def _warn(rule: Warn) -> Iterable[str]:
    within = [number(rule.minutes, "minute")] if rule.minutes is not None else []
    within += (
        ["the same date"] if rule.same_date else [number(rule.dates, "day")] if rule.dates is not None else []
    )
    yield f"It warns of “{plain(rule.factor)}” where {number(rule.at_least, 'contact')} or more lie within {listed(within, 'and')} before."
    yield counting(rule.count)


def _override(rule: Override) -> Iterable[str]:
    yield f"A person may set aside {listed(rule.rules)}, for {number(rule.longest_days, 'day')} at most; the deed is recorded."


def _retain(rule: Retain) -> Iterable[str]:
    since = {"last_contact": "the last contact", "contact": "the contact", "closed": "the debt is closed"}[
        rule.since
    ]
    yield f"Records of {rule.what} are kept for {number(rule.days, 'day')} after {since}. It stops no message."


_OWN: Mapping[type[RuleSpec], Callable[[Any], Iterable[str]]] = {
    Bar: _bar,
    Cap: _cap,
    ChannelExclusivity: _channel_exclusivity,
    ClockWindow: _clock_window,
    Consent: _consent,
    Content: _content,
    CoolOff: _cool_off,
    Designation: _designation,
    MinGap: _min_gap,
    OneShot: _one_shot,
    Override: _override,
    Recipient: _recipient,
    Retain: _retain,
    Tier: _tier,
    WaitAfter: _wait_after,
    Warn: _warn,
}
KINDS_OF_RULES = tuple(_OWN)
