"""Which messages a rule looks at, and when it stands back although it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from policies.facts import ADDRESS_KINDS, CHANNELS, CONTENT_CLASSES, EVENT_TYPES, RECIPIENTS
from policies.permissions import concerns, consented, in_force
from policies.phrases import ROLES, channels, event, kinds, listed, number, persons
from policies.view import View


def _word_of(words: tuple[str, ...]) -> Any:
    def known(word: str) -> str:
        if word not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return word

    return AfterValidator(known)


def _listed(words: tuple[str, ...]) -> Any:
    return Field(json_schema_extra={"enum": list(words)})


EventName = Annotated[str, _word_of(EVENT_TYPES), _listed(EVENT_TYPES)]
"""A type of event; a word that is none would never happen, and its rule never object."""
Person = Annotated[str, _word_of(RECIPIENTS), _listed(RECIPIENTS)]
AddressKind = Annotated[str, _word_of(ADDRESS_KINDS), _listed(ADDRESS_KINDS)]
ContentClass = Annotated[str, _word_of(CONTENT_CLASSES), _listed(CONTENT_CLASSES)]
ChannelName = Annotated[str, _word_of(CHANNELS), _listed(CHANNELS)]
Channel = Literal["voice", "voice_prerecorded", "ringless_vm", "sms", "email", "im", "letter"]


DEFAULT_REPLY_HOURS = 72
"""A weekend and the day after it."""


class Span(BaseModel):
    """A range of whole numbers, both ends included."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    min: int | None = None
    """The least."""
    max: int | None = None
    """The most."""

    def contains(self, value: int | None) -> bool:
        """Whether a value lies within; an unknown one does, which is the stricter reading."""
        if value is None:
            return True
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    def words(self) -> str:
        """Days past due as a reader says them."""
        match self.min, self.max:
            case None, None:
                return "any number of days past due"
            case None, int(most):
                return f"at most {number(most, 'day')} past due" if most > 0 else "not past due"
            case int(least), None:
                return f"at least {number(least, 'day')} past due"
            case _:
                return f"{self.min} to {number(self.max or 0, 'day')} past due"


class Matcher(BaseModel):
    """Which messages a rule looks at; a field that is not set matches everything."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    channels: tuple[Channel, ...] | None = None
    """Channels."""
    to: tuple[Person, ...] | None = None
    """Persons who are addressed."""
    not_to: tuple[Person, ...] = ()
    """Persons who are not looked at."""
    sender_roles: tuple[Literal["third_party", "original_creditor", "debt_buyer"], ...] | None = None
    """Who sends."""
    address_kinds: tuple[AddressKind, ...] | None = None
    """Kinds of addresses."""
    not_address_kinds: tuple[AddressKind, ...] = ()
    """Kinds of addresses that are not looked at."""
    content_classes: tuple[ContentClass, ...] | None = None
    """What the message is for."""
    not_content_classes: tuple[ContentClass, ...] = ()
    """Content that is not looked at."""
    categories: tuple[str, ...] | None = None
    """Categories of notices, with underscores."""
    not_categories: tuple[str, ...] = ()
    """Categories that are not looked at."""
    creditors: tuple[str, ...] | None = None
    """Creditors, by their ids."""
    tiers: tuple[str, ...] | None = None
    """Tiers that the lender states."""
    days_past_due: Span | None = None
    """A range of days past due; an unknown number is looked at."""

    def matches(self, view: View) -> bool:
        """Whether the proposed message is one of these."""
        return self.test()(view)

    def test(self) -> Callable[[View], bool]:
        """`matches`, made once for many messages: only the fields that are set are looked at."""
        wanted = [
            (attrgetter(name), frozenset(values))
            for name, field in _WANTED
            if (values := getattr(self, field)) is not None
        ]
        unwanted = [
            (attrgetter(name), frozenset(values))
            for name, field in _UNWANTED
            if (values := getattr(self, field))
        ]
        overdue = self.days_past_due

        def matches(view: View) -> bool:
            proposal = view.proposal
            for read, values in wanted:
                if read(proposal) not in values:
                    return False
            for read, values in unwanted:
                if read(proposal) in values:
                    return False
            return overdue is None or overdue.contains(view.facts.borrower.days_past_due)

        return matches

    def words(self) -> str:
        """Which messages, as a sentence; empty for every message."""
        parts = [lead + words(value) for name, lead, words in _SAID if (value := getattr(self, name))]
        if self.days_past_due is not None:
            parts.append(f"about debts {self.days_past_due.words()}")
        return f"It looks only at messages {', '.join(parts)}." if parts else ""


_SAID: tuple[tuple[str, str, Callable[[Iterable[str]], str]], ...] = (
    ("channels", "by ", channels),
    ("to", "to ", persons),
    ("sender_roles", "from ", lambda one: listed(ROLES[role] for role in one)),
    ("address_kinds", "to addresses that are ", kinds),
    ("content_classes", "with the content ", kinds),
    ("categories", "with the category ", kinds),
    ("creditors", "with the creditor ", listed),
    ("tiers", "with the tier ", kinds),
    ("not_to", "not to ", persons),
    ("not_address_kinds", "not to addresses that are ", kinds),
    ("not_content_classes", "not with the content ", kinds),
    ("not_categories", "not of the category ", kinds),
)


_WANTED = (
    ("channel", "channels"),
    ("to", "to"),
    ("sender_role", "sender_roles"),
    ("address_kind", "address_kinds"),
    ("content_class", "content_classes"),
    ("plain_category", "categories"),
    ("creditor", "creditors"),
    ("tier", "tiers"),
)
_UNWANTED = (
    ("to", "not_to"),
    ("address_kind", "not_address_kinds"),
    ("content_class", "not_content_classes"),
    ("plain_category", "not_categories"),
)
"""What of a message each field of a matcher is compared with."""


class Exemption(BaseModel):
    """When a rule stands back although it matches. Each field is one ground; any one of them is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    reply: bool = False
    """The one reply to an inbound message: soon, through its medium, about its debts. A rule of hours opens
    for the rest of the closed time in which the message came; what the borrower said with or after it shuts
    as ever."""
    reply_hours: int = Field(default=DEFAULT_REPLY_HOURS, ge=1, le=720)
    """For how many hours after the inbound message its reply may go."""
    requested_callback: bool = False
    """The borrower asked for this call."""
    time_consent: bool = False
    """Lawful consent to this hour."""
    required_by_law: bool = False
    """The law requires the message."""
    third_party_requested: bool = False
    """The third party asked to be contacted again."""
    consent: bool = False
    """The borrower consented to this channel."""
    days_past_due_over: int | None = None
    """More days past due than this; unknown is not more."""
    content_classes: tuple[ContentClass, ...] = ()
    """The message is one of these."""
    events: tuple[EventName, ...] = ()
    """Any of these events has happened, and neither ended nor was taken back."""

    @property
    def reply_lasts(self) -> timedelta:
        """How long after an inbound message its reply may go."""
        return timedelta(hours=self.reply_hours)

    @cached_property
    def grounds(self) -> tuple[Callable[[View, datetime], bool], ...]:
        """The grounds that are set, made once for many messages; a reply is a rule's own matter
        (`RuleSpec.opened_by_reply`)."""
        over, classes, events = self.days_past_due_over, self.content_classes, self.events
        found: list[Callable[[View, datetime], bool]] = [
            _STATED[name] for name in _STATED if getattr(self, name)
        ]
        if over is not None:
            found.append(
                lambda view, _: (
                    view.facts.borrower.days_past_due is not None and view.facts.borrower.days_past_due > over
                )
            )
        if classes:
            found.append(lambda view, _: view.proposal.content_class in classes)
        if events:
            found.append(
                lambda view, at: any(
                    concerns(view, event) and in_force(view, event, at) for event in view.of(*events)
                )
            )
        return tuple(found)

    def words(self) -> str:
        """When the rule stands back, as a sentence; empty where it never does."""
        parts = [words for name, words in _GROUNDS.items() if getattr(self, name)]
        if self.reply and self.reply_hours != DEFAULT_REPLY_HOURS:
            parts[0] += f" within {number(self.reply_hours, 'hour')}"
        if self.days_past_due_over is not None:
            parts.append(f"where the debt is more than {number(self.days_past_due_over, 'day')} past due")
        if self.content_classes:
            parts.append(f"for the content {kinds(self.content_classes)}")
        if self.events:
            parts.append(f"after {listed(event(one) for one in self.events)}")
        return f"It stands back {listed(parts)}." if parts else ""


_GROUNDS: Mapping[str, str] = {
    "reply": "for the one reply to the borrower's own message",
    "requested_callback": "for a call that the borrower asked for",
    "time_consent": "where the borrower lawfully consented to this hour",
    "required_by_law": "where the law requires the message",
    "third_party_requested": "where the third party asked to be contacted again",
    "consent": "where the borrower consented to the channel",
}
_STATED: Mapping[str, Callable[[View, datetime], bool]] = {
    "requested_callback": lambda view, _: view.proposal.requested_callback,
    "time_consent": lambda view, _: view.proposal.time_consent,
    "required_by_law": lambda view, _: view.proposal.required_by_law,
    "third_party_requested": lambda view, _: view.proposal.third_party_requested,
    "consent": consented,
}
