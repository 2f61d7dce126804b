"""Everything that a decision may look at, frozen: the borrower, the events, and the message that is
proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from policies.fast_init import fast_init, sparse_init

CHANNELS = ("voice", "voice_prerecorded", "ringless_vm", "sms", "email", "im", "letter")
VOICE = frozenset({"voice", "voice_prerecorded", "ringless_vm"})
ELECTRONIC = frozenset({"sms", "email", "im"})
OUTCOMES = (
    "conversation", "rang_no_answer", "voicemail_left", "voicemail_available_not_left",
    "no_voicemail_available",
    "recorded_message_no_voicemail", "answered_dropped", "busy", "not_in_service", "delivered", "bounced",
    "in_flight",
    "hung_up", "unknown",
)  # fmt: skip
RECIPIENTS = (
    "consumer", "spouse", "guarantor", "attorney", "creditor", "cra", "contact_person", "relative", "sibling",
    "location_third_party", "executor", "guardian", "parent_of_minor",
)  # fmt: skip
SENDER_ROLES = ("third_party", "original_creditor", "debt_buyer")
ADDRESS_KINDS = ("mobile", "home_landline", "personal", "work_phone", "work_email", "home_mail")
CONTENT_CLASSES = (
    "optout_confirmation", "consent_request", "reminder", "location", "locate_only", "termination_notice",
    "may_invoke_remedy", "will_invoke_remedy", "hardship_answer", "required_notice",
)  # fmt: skip
EVENT_TYPES = (
    "contact", "inbound", "opt_out", "opt_in", "consent", "consent_call", "revoke_consent", "cease",
    "cease_withdrawn", "attorney",
    "attorney_unresponsive", "attorney_consents", "attorney_withdrawn", "employer_prohibits",
    "home_inconvenient", "designation",
    "designation_withdrawn", "agreed_hours", "rnd_check", "notice_sent", "notice_mailed", "became_overdue",
    "debtor_unreachable",
    "contact_person_refused", "wrong_number", "address_dead", "dispute", "dispute_resolved", "bankruptcy",
    "bankruptcy_dismissed",
    "deceased", "hardship_request", "hardship_answered", "person_hold", "person_release", "payment",
    "promise_to_pay", "number_given",
    "unclear_words", "help", "automatic_reply", "contact_deferred",
    "hardship_offered", "complaint", "address_confirmed", "plan_request", "profiling_objection",
)  # fmt: skip
SPOKEN = frozenset({"conversation", "hung_up"})
"""Outcomes of a contact in which somebody answered. Whoever hangs up was reached: what a conversation closes,
a hang-up closes too; what a conversation opens or answers, it does not."""
UNKNOWN = "unknown"
"""The outcome of a contact that is over, or may never have been, and of which nobody knows what came. It has
the worse of both for whoever makes it: it counts as a contact, and closes what a conversation closes where
somebody may have spoken, and it opens, clears, renews and answers nothing."""
PERHAPS_SPOKEN = SPOKEN | {UNKNOWN}
"""Outcomes of a call in which somebody answered, or may have."""
WRITTEN = ELECTRONIC | {"letter"}
"""Channels on which nobody speaks."""
SUPPRESSION = "suppression"
"""The type of what stands against an address, and how a wish came that another borrower said from it."""
MESSAGE_ELEMENTS = ("creditor_name", "contact_phone", "debt_advice")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def may_have_spoken(outcome: str | None, channel: str | None) -> bool:
    """Whether somebody answered a contact with this outcome, or may have."""
    return outcome in PERHAPS_SPOKEN and (outcome != UNKNOWN or channel not in WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconvenient:
    """Times that a borrower named as inconvenient: some weekdays, all day or between two wall-clock times."""

    days: tuple[str, ...] = DAYS
    start: time | None = None
    end: time | None = None


@sparse_init
@dataclass(frozen=True, kw_only=True)
class Event:
    """A dated fact about a borrower. A contact is an event in which somebody tried to reach the borrower."""

    type: str
    at: datetime
    channel: str | None = None
    direction: str = "out"
    outcome: str | None = None
    to: str = "consumer"
    debt_ids: tuple[str, ...] | None = None
    discussed: tuple[str, ...] | None = None
    account_id: str | None = None
    creditor: str | None = None
    category: str | None = None
    content_class: str | None = None
    address: str | None = None
    address_kind: str | None = None
    wrong_party: bool = False
    requested_by_consumer: bool = False
    in_response_to: str | None = None
    ref: str | None = None
    event_id: str | None = None
    scope: str | None = None
    topic: str | None = None
    via: str | None = None
    words: str | None = None
    text: str | None = None
    source: str | None = None
    given_to: str | None = None
    only_dates: tuple[date, ...] | None = None
    inconvenient: tuple[Inconvenient, ...] = ()
    start: time | None = None
    end: time | None = None
    until: date | None = None
    result: str | None = None
    mailed: date | None = None
    expires_at: datetime | None = None
    meaning: str | None = None
    recorded: int | None = None
    """The number of its recording, where a store recorded it: who comes later has a higher one, whatever the
    clocks say."""

    kin: ClassVar[tuple[Kin, int] | None] = None
    """Those that it is alike to, and the number that its id begins with; None for one that stands alone."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any], *, at: datetime) -> Event:
        """An event from its JSON form, which `to_document` made or an edge validated."""
        values: dict[str, Any] = {
            name: _read(name, value) if name in _FORMED else value
            for name, value in document.items()
            if value is not None
        }
        if "from" in values:
            values["start"] = values.pop("from")
        if "to" in values and isinstance(values["to"], time):
            values["end"] = values.pop("to")
        if "direction" not in values and values.get("type") == "inbound":
            values["direction"] = "in"
        return cls(
            at=at.astimezone(UTC),
            **{name: value for name, value in values.items() if name in _NAMES and name != "at"},
        )

    def to_document(self) -> dict[str, Any]:
        """The JSON form: what differs from the plain value, without `at`."""
        given = vars(self)
        return {
            name: value if type(value) is str else _write(name, value)
            for name in sorted(given, key=_PLACES.__getitem__)
            if name in _PLAIN and (value := given[name]) is not (plain := _PLAIN[name]) and value != plain
        }


class Kin:
    """What events have in common that differ in nothing but their instant and the number that their id begins
    with: most of a borrower's history is alike, and is made, and written down, as one."""

    __slots__ = ("_common", "_document", "end")

    def __init__(self, end: str, **common: Any) -> None:
        """`end`: what every id ends with; `common`: the fields, without `at`, `event_id` and `recorded`."""
        if not _NAMES.issuperset(common):
            raise TypeError(f"unknown: {sorted(common.keys() - _NAMES)}")
        self._common = common
        self._document: dict[str, Any] | None = None
        self.end = end

    @property
    def document(self) -> dict[str, Any]:
        """The JSON form of what they have in common. Not to be changed."""
        if self._document is None:
            self._document = {
                name: value if type(value) is str else _write(name, value)
                for name, value in self._common.items()
                if value is not (plain := getattr(Event, name, None)) and value != plain
            }
        return self._document

    def events(self, instants: Iterable[datetime], numbers: Iterable[int]) -> list[Event]:
        """An event for each instant."""
        common, end, found = self._common, self.end, []
        for at, number in zip(instants, numbers, strict=True):
            event = _new(Event)
            _fill(
                event, "__dict__", {**common, "at": at, "event_id": f"{number}{end}", "kin": (self, number)}
            )
            found.append(event)
        return found


_new, _fill = object.__new__, object.__setattr__


def _read(name: str, value: Any) -> Any:
    match name:
        case "debt_ids" | "discussed":
            return tuple(value)
        case "only_dates":
            return tuple(_date(one) for one in value)
        case "until" | "mailed":
            return _date(value)
        case "start" | "end" | "from":
            return _time(value)
        case "expires_at":
            return datetime.fromisoformat(value) if isinstance(value, str) else value
        case _:  # "inconvenient", the last of `_FORMED`
            return tuple(_inconvenient(one) for one in value)


def _inconvenient(value: Mapping[str, Any]) -> Inconvenient:
    start, end = value.get("from"), value.get("to")
    return Inconvenient(
        days=tuple(value.get("days") or DAYS),
        start=None if start is None else _time(start),
        end=None if end is None else _time(end),
    )


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


def _write(name: str, value: Any) -> Any:
    match name:
        case "only_dates":
            return [one.isoformat() for one in value]
        case "until" | "mailed" | "expires_at":
            return value.isoformat()
        case "start" | "end":
            return value.isoformat("minutes")
        case "inconvenient":
            return [_write_inconvenient(one) for one in value]
        case _:
            return list(value) if isinstance(value, tuple) else value


def _write_inconvenient(one: Inconvenient) -> dict[str, Any]:
    written: dict[str, Any] = {"days": list(one.days)}
    if one.start is not None:
        written["from"] = one.start.isoformat("minutes")
    if one.end is not None:
        written["to"] = one.end.isoformat("minutes")
    return written


EVENT_FIELDS = tuple(field.name for field in fields(Event))
_NAMES = frozenset(EVENT_FIELDS)
_FORMED = frozenset(
    {
        "debt_ids",
        "discussed",
        "only_dates",
        "until",
        "mailed",
        "start",
        "end",
        "from",
        "expires_at",
        "inconvenient",
    }
)
"""Fields whose JSON form is another one."""
_PLACES = {name: place for place, name in enumerate((*EVENT_FIELDS, "kin"))}
_PLAIN = {field.name: field.default for field in fields(Event) if field.name != "at"}


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """The natural person, as far as rules need to know."""

    zones_by_source: Mapping[str, tuple[str, ...]]
    """Candidate time zones by where each came from: `stated`, `address`, `phone`."""
    debt_groups: tuple[tuple[str, ...], ...] = ()
    """Debts that count as one (12 CFR 1006.14(b)(4): student loans under one account number)."""
    days_past_due: int | None = None
    jurisdiction: str | None = None
    phone_area_code: str | None = None
    address: str | None = None
    place_warnings: tuple[str, ...] = ()
    """What the evidence of place does not agree on (policies/places/whereabouts.py)."""
    place_held: str | None = None
    """The sentence that says why nobody can tell where the borrower is."""


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The message to judge. Missing values mean the plain case."""

    channel: str
    to: str = "consumer"
    sender_role: str = "third_party"
    category: str | None = None
    creditor: str | None = None
    account_id: str | None = None
    content_class: str | None = None
    address: str | None = None
    address_kind: str | None = None
    in_response_to: str | None = None
    topic: str | None = None
    tier: str | None = None
    template: str | None = None
    optout_notice: bool | None = None
    elements: tuple[str, ...] | None = None
    """What the text carries, of `MESSAGE_ELEMENTS`; None where nobody looked."""
    contains_marketing: bool = False
    publicly_viewable: bool = False
    requested_callback: bool = False
    required_by_law: bool = False
    third_party_requested: bool = False
    check_text_safe_harbor: bool = False
    time_consent: bool = False
    occasion_bar: str | None = None

    @property
    def plain_category(self) -> str | None:
        """The category with underscores, as rules name it."""
        return None if self.category is None else self.category.replace("-", "_")


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision looks at. Equal facts give equal verdicts, in any order of events."""

    borrower: Borrower
    debt_ids: tuple[str, ...]
    """The debts that the message is about."""
    events: tuple[Event, ...]
    proposal: Proposal
    holidays: frozenset[date] = frozenset()
    """Local dates that are holidays in this case, beside those of the packs' calendars."""
