"""What every rule kind is made of: the fields that all share, when a rule applies, and the answers that a rule may give.

A rule answers for one instant, with everything but time standing still: permitted, and until when; or not, and the first instant
at which it might be. Such a bound may be early, never late: the search asks again there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from policies.facts import ADDRESS_KINDS, CHANNELS, CONTENT_CLASSES, EVENT_TYPES, RECIPIENTS
from policies.rules.medium import consented
from policies.verdict import Kind
from policies.view import View
from policies.windows import start_of_date
from policies.zones import NoSuchZone, zone

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


def _known_zone(basis: str) -> str:
    name = basis.removeprefix("fixed:")
    if name != basis:
        try:
            zone(name)
        except NoSuchZone:
            raise ValueError(f"expected a zone of the IANA database, got {name!r}") from None
    return basis


ZoneBasis = Annotated[
    str,
    StringConstraints(pattern=r"^(all|phone|address|landline|fixed:[A-Za-z_+\-/0-9]+)$", max_length=80),
    AfterValidator(_known_zone),
]
"""How candidate zones are read: every one, those of the telephone or the address first, a landline's telephone first, or one zone."""


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


@dataclass(frozen=True, slots=True)
class Open:
    """Permitted at the instant, and at least until `until` (None: no end in sight)."""

    until: datetime | None = None
    then_shut: bool = False
    """At `until` the rule surely objects, if nothing happens meanwhile: to know that, it need not be asked there."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Not permitted; time helps at `opens` at the earliest, or never (`opens` None, then `kind` says what follows)."""

    opens: datetime | None
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = Kind.DEFER


Answer = Open | Shut
OPEN = Open()


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of some instants; None stands for never."""
    return min((one for one in instants if one is not None), default=None)


class Span(BaseModel):
    """A range of whole numbers, both ends included."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    min: int | None = None
    """The least."""
    max: int | None = None
    """The most."""

    def holds(self, value: int | None) -> bool:
        """Whether a value lies within; an unknown one does, which is the stricter reading."""
        if value is None:
            return True
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


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
            return overdue is None or overdue.holds(view.facts.borrower.days_past_due)

        return matches


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
    """The one reply to an inbound message through the same medium."""
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
    """Any of these events has happened."""

    def holds(self, view: View, at: datetime) -> bool:
        """Whether any ground is given at `at`."""
        return any(ground(view, at) for ground in self.grounds())

    def grounds(self) -> tuple[Callable[[View, datetime], bool], ...]:
        """The grounds that are set, made once for many messages."""
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
            found.append(lambda view, at: any(event.at <= at for event in view.of(*events)))
        return tuple(found)


_STATED: Mapping[str, Callable[[View, datetime], bool]] = {
    "reply": lambda view, _: view.replies(),
    "requested_callback": lambda view, _: view.proposal.requested_callback,
    "time_consent": lambda view, _: view.proposal.time_consent,
    "required_by_law": lambda view, _: view.proposal.required_by_law,
    "third_party_requested": lambda view, _: view.proposal.third_party_requested,
    "consent": consented,
}


class Effective(BaseModel):
    """Dates between which a rule or pack holds: the first day, and the first day on which it holds no longer."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )
    from_: date | None = Field(default=None, alias="from")
    """The first day."""
    until: date | None = None
    """The first day on which it holds no longer."""


def ends_with(effective: Effective, zones: tuple[ZoneInfo, ...], answer: Answer) -> Answer:
    """A wait lasts no longer than the law that asks for it; what no time helps is not helped by the law's end either."""
    if effective.until is None or isinstance(answer, Open) or answer.opens is None or not zones:
        return answer
    return replace(
        answer, opens=min(answer.opens, max(start_of_date(effective.until, zone) for zone in zones))
    )


class RuleSpec(BaseModel, ABC):
    """The fields that every rule kind shares."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )
    id: Slug
    """Names the rule within its policy."""
    citation: str = Field(min_length=1, max_length=400)
    """The paragraph that the rule rests on; it stands in every finding."""
    confidence: Literal["high", "medium", "low"] | None = None
    """How sure the reading is, where it differs from the policy's."""
    note: str | None = Field(default=None, max_length=2000)
    """What a reader should know."""
    when: Matcher = Matcher()
    """Which messages the rule looks at."""
    unless: Exemption = Exemption()
    """When it stands back although it looks at the message."""
    effective: Effective = Effective()
    """The dates between which the rule holds."""
    zones: ZoneBasis | None = None
    """How this rule reads the candidate zones, where it differs from its pack."""

    def ask(self, view: View, at: datetime, basis: str) -> Answer:
        """Whether the message is permitted at `at`: the shared conditions, then the rule's own."""
        return self.weigh(view, at, basis) if self.when.matches(view) else OPEN

    def weigh(self, view: View, at: datetime, basis: str) -> Answer:
        """The answer on a message that the rule looks at."""
        basis = self.zones or basis
        begins, ended = self._effective(view, at, basis)
        if ended:
            return OPEN
        if begins is not None and at < begins:
            return Open(begins)
        if self.unless.holds(view, at):
            return Open(view.next_change(at))
        return ends_with(self.effective, view.zones(basis), self.judge(view, at, basis))

    def _effective(self, view: View, at: datetime, basis: str) -> tuple[datetime | None, bool]:
        """When the rule begins, in the first candidate zone where it does, and whether it has ended everywhere."""
        first, last = self.effective.from_, self.effective.until
        if first is None and last is None:
            return None, False
        zones = view.zones(basis)
        if not zones:
            return None, False
        begins = min(start_of_date(first, zone) for zone in zones) if first else None
        ended = last is not None and all(at >= start_of_date(last, zone) for zone in zones)
        return begins, ended

    @abstractmethod
    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """The rule's own answer."""

    def warns(self, view: View, at: datetime, basis: str) -> tuple[str, ...]:
        """Factors that do not block; only `warn` rules have any."""
        del view, at, basis
        return ()

    def speaks_of(self) -> frozenset[str] | None:
        """The types of events without any of which the rule permits everything; None where it has to be asked in any case."""
        return None

    def lookback_days(self) -> int:
        """How many days of contacts the rule may look at."""
        return 0
