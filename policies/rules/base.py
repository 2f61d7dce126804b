"""What every rule kind is made of: the fields that all share, when a rule applies, and the answers that a
rule may give.

A rule answers for one instant, with everything but time standing still: permitted, and until when; or not,
and the first instant at which it might be. Such a bound may be early, never late: the search asks again
there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from policies.facts import VOICE, Event
from policies.lookups import Lookup, happened, lifting, taking_back
from policies.rules.matching import Exemption, Matcher
from policies.strictness import Kind
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
"""How candidate zones are read: every one, those of the telephone or the address first, a landline's
telephone first, or one zone."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Permitted at the instant, and at least until `until` (None: no end in sight)."""

    until: datetime | None = None
    then_refuses: bool = False
    """At `until` the rule surely objects, if nothing happens meanwhile: to know that, it need not be asked
    there."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not permitted; time helps at `opens` at the earliest, or never (`opens` None, then `kind` says what
    follows)."""

    opens: datetime | None
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = Kind.DEFER


Answer = Permit | Refuse
PERMIT = Permit()


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of some instants; None stands for never."""
    return min((one for one in instants if one is not None), default=None)


def refused_since(judge: Callable[[datetime], Answer], since: datetime, at: datetime) -> bool:
    """Whether a rule that time opens was shut at `since` and has been shut without a break until `at`."""
    instant = since
    while True:
        answer = judge(instant)
        if isinstance(answer, Permit):
            return False
        if answer.opens is None or answer.opens > at or instant + _STEP > at:
            return True
        instant = max(answer.opens, instant + _STEP)


_STEP = timedelta(seconds=1)


class Effective(BaseModel):
    """Dates between which a rule or pack holds: the first day, and the first day on which it holds no
    longer."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )
    from_: date | None = Field(default=None, alias="from")
    """The first day."""
    until: date | None = None
    """The first day on which it holds no longer."""

    def turns(self) -> Iterator[tuple[date, str]]:
        """The days on which something changes by them."""
        if self.from_ is not None:
            yield self.from_, "it begins to hold"
        if self.until is not None:
            yield self.until, "it holds no longer"

    def words(self) -> str:
        """The dates as a sentence; empty where there are none."""
        match self.from_, self.until:
            case None, None:
                return ""
            case first, None:
                return f"It holds from {first} on."
            case None, last:
                return f"It holds until the end of the day before {last}."
            case _:
                first, last = self.from_, self.until
                return f"It holds from {first} until the end of the day before {last}."


def ends_with(effective: Effective, zones: tuple[ZoneInfo, ...], answer: Answer) -> Answer:
    """A wait lasts no longer than the law that asks for it; what no time helps is not helped by the law's end
    either."""
    if effective.until is None or isinstance(answer, Permit) or answer.opens is None:
        return answer
    return replace(
        answer, opens=min(answer.opens, max(start_of_date(effective.until, zone) for zone in zones))
    )


_ZONES: Mapping[str, str] = {
    "all": "Every candidate time zone of the borrower must permit the instant.",
    "phone": "The time zones of the telephone number decide, where there are any.",
    "address": "The time zones of the address decide, where there are any.",
    "landline": "The time zones of a landline's number decide, where there are any.",
}


def reads_zones(basis: str | None) -> str:
    """How the candidate zones are read, as a sentence."""
    if basis is None:
        return ""
    return (
        _ZONES.get(basis) or f"The time in {basis.removeprefix('fixed:')} decides, wherever the borrower is."
    )


Sentences = Mapping[str, Mapping[str, str]]
"""Sentences of findings by their name and language; their places are filled with the numbers of the
finding."""


class RuleSpec(BaseModel, ABC):
    """The fields that every rule kind shares."""

    SENTENCES: ClassVar[Sentences] = {}
    """What the findings of this kind say, in every language of `policies.sentences.LANGUAGES`."""
    EXAMPLE: ClassVar[str] = ""
    """The own fields of a real rule of this kind, in YAML: the reference page shows it."""

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
        return self.answer_in_time(view, at, basis) if self.when.matches(view) else PERMIT

    def answer_in_time(self, view: View, at: datetime, basis: str) -> Answer:
        """The answer on a message that the rule looks at."""
        basis = self.zones or basis
        begins, ended = self._effective(view, at, basis)
        if ended:
            return PERMIT
        if begins is not None and at < begins:
            return Permit(begins)
        return ends_with(self.effective, view.zones(basis), self.answer(view, at, basis))

    def answer(self, view: View, at: datetime, basis: str) -> Answer:
        """The answer of a rule that is in force: its own, unless it stands back."""
        exempt = self.exempt(view, at, basis)
        return self.judge(view, at, basis) if exempt is None else exempt

    def exempt(self, view: View, at: datetime, basis: str) -> Permit | None:
        """The answer where the rule stands back from the message; None where it does not."""
        for ground in self.unless.grounds:
            if ground(view, at):
                return Permit(view.next_change(at))
        return self.opened_by_reply(view, at, basis) if self.unless.reply else None

    def opened_by_reply(self, view: View, at: datetime, basis: str) -> Permit | None:
        """Whether the message is the one answer to an inbound message, and until when that opens this rule;
        None where it does not.

        An answer comes soon, through the same medium, about the same debts, and what the rule learned with or
        after the inbound message shuts as ever (12 CFR 1006, cmt. 6(b)(1)-2 and 14(h)(2)(ii))."""
        inbound = view.answers(at)
        if inbound is None:
            return None
        ends = inbound.at + self.unless.reply_lasts
        if at >= ends or not self.reopens(view, inbound, at, basis):
            return None
        return Permit(earliest(ends, view.next_change(at)))

    def reopens(self, view: View, inbound: Event, at: datetime, basis: str) -> bool:
        """Whether an inbound message opens this rule for its answer at `at`; kinds say what shuts again."""
        del view, inbound, at, basis
        return True

    def _effective(self, view: View, at: datetime, basis: str) -> tuple[datetime | None, bool]:
        """When the rule begins, in the first candidate zone where it does, and whether it has ended
        everywhere."""
        first, last = self.effective.from_, self.effective.until
        if first is None and last is None:
            return None, False
        zones = view.zones(basis)
        begins = min(start_of_date(first, zone) for zone in zones) if first else None
        ended = last is not None and all(at >= start_of_date(last, zone) for zone in zones)
        return begins, ended

    @abstractmethod
    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """The rule's own answer."""

    @abstractmethod
    def demands(self) -> Iterator[str]:
        """What the rule demands, in sentences with its numbers: each field of the kind is said where it is
        set."""

    def describe(self) -> tuple[str, ...]:
        """The rule's sentences: what it demands, of which messages, when it stands back, and from when until
        when."""
        shared = (self.when.words(), self.unless.words(), self.effective.words(), reads_zones(self.zones))
        return tuple(one for one in (*self.demands(), *shared) if one)

    def turns(self) -> Iterator[tuple[date, str]]:
        """The days on which the rule changes by itself."""
        yield from self.effective.turns()

    def warns(self, view: View, at: datetime, basis: str) -> tuple[str, ...]:
        """Factors that do not block; few kinds have any."""
        del view, at, basis
        return ()

    def speaks_of(self) -> frozenset[str] | None:
        """The types of events without any of which the rule permits everything; None where it has to be asked
        in any case."""
        return None

    def lookback_days(self) -> int:
        """How many days of contacts the rule may look at."""
        return 0

    def whole_days(self) -> int:
        """The days of which the rule may look at every contact; of what lies before them, at the latest ones
        of each kind."""
        return self.lookback_days()

    def counts_written(self) -> bool:
        """Whether the rule may count contacts through anything but a telephone call."""
        channels = getattr(getattr(self, "count", None), "channels", None)
        return channels is None or not VOICE.issuperset(channels)

    def counted_per(self) -> str:
        """In which bucket the rule counts, where it counts contacts."""
        return str(getattr(getattr(self, "count", None), "per", "borrower"))

    def consented_days(self) -> int:
        """The days in which the rule may ask of each contact whether a direct consent takes it out."""
        count = getattr(self, "count", None)
        return self.lookback_days() if count is not None and count.not_consented else 0

    def whole_types(self) -> frozenset[str]:
        """The types of events of which the rule may ask for all, whatever debts they are about: not for the
        latest, for the first, or for those about the message's debt alone."""
        return frozenset(one for field in _ONE_BY_ONE for one in _named(getattr(self, field, None)))

    def asks_one_by_one(self) -> bool:
        """Whether the rule asks of reported contacts one by one, as of other events: none stands for another
        then."""
        return any("contact" in _named(getattr(self, field, None)) for field in _ONE_BY_ONE)

    def lookups(self) -> Iterator[Lookup]:
        """What the rule looks up of events that are no contacts, beside the latest and the first of a type;
        without a word of the kind's own, every event of the types that it names."""
        for one in self.whole_types():
            yield Lookup(one, "borrower", "bars")
            yield Lookup(one, "borrower", "lifts")

    def shared_lookups(self) -> Iterator[Lookup]:
        """What any rule looks up to know whether it stands back."""
        if self.unless.consent:
            yield from lifting(("consent",))
        yield from happened(self.unless.events)
        yield from taking_back(self.unless.events)

    def most_counted(self) -> int:
        """How many contacts that differ in nothing but their instant the rule tells apart at most: it never
        asks for an older one."""
        return 1


_ONE_BY_ONE = ("event", "events", "lifted_by", "undone_by", "accepts", "active_after")
"""Fields that name types of events of which more matters than the latest, or whether there was one."""


def _named(value: Any) -> tuple[str, ...]:
    """The types that such a field names."""
    return (value,) if isinstance(value, str) else tuple(value or ())
