"""Cases and questions: facts as a document, judged by named policies; a case also knows its answer.

The form of a policy's own cases, case files, and `POST /v1/evaluate`. Unknown fields are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from policies.addresses import Address
from policies.decide import decide
from policies.derived_events import derived_events, received
from policies.document_errors import DocumentError, document_errors_of, pointer
from policies.facts import (
    ADDRESS_KINDS,
    CHANNELS,
    CONTENT_CLASSES,
    DAYS,
    EVENT_TYPES,
    MESSAGE_ELEMENTS,
    OUTCOMES,
    RECIPIENTS,
    SENDER_ROLES,
    Borrower,
    Event,
    Facts,
    Proposal,
)
from policies.policy import Policy, parse_policy, parse_policy_document
from policies.reply_classifier import classify
from policies.verdict import Kind, Verdict
from policies.zones import NoSuchZone, zone

MOST_EVENTS = 10_000
M = TypeVar("M", bound=BaseModel)


def _chosen(value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise ValueError(f"expected one of {', '.join(allowed)}")
    return value


def _one_of(allowed: tuple[str, ...]) -> Any:
    return BeforeValidator(lambda value: _chosen(value, allowed))


def _instant(value: Any) -> Any:
    if not isinstance(value, str | datetime):
        raise ValueError("expected an instant with an offset, like 2026-04-01T18:00:00-04:00")  # noqa: TRY004 - Pydantic collects ValueErrors
    return value


def _clock(value: Any) -> Any:
    """A number would be read as seconds; the day's end has no time of its own and is what an open end
    says."""
    if value is not None and not isinstance(value, str | time):
        raise ValueError("expected a time of day, like 20:00")
    return None if value in {"24:00", "24:00:00"} else value


def _nothing(value: Any) -> Any:
    return () if value is None else value


def _day(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise ValueError("expected a date, like 2026-04-01")  # noqa: TRY004 - as above
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Clock = Annotated[time | None, BeforeValidator(_clock)]
Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ChannelName = Annotated[str, _one_of(CHANNELS)]
AnyChannel = Annotated[str, _one_of((*CHANNELS, "any"))]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class InconvenientDocument(_Model):
    """Some days, all day or between two times."""

    days: tuple[Annotated[str, _one_of(DAYS)], ...] = DAYS
    from_: Clock = Field(default=None, alias="from")
    to: Clock = None


class EventDocument(_Model):
    """One event of the history."""

    type: Annotated[str, _one_of(EVENT_TYPES)]
    at: Instant
    tz: Text | None = None
    channel: AnyChannel | None = None
    direction: Literal["out", "in"] | None = None
    outcome: Annotated[str, _one_of(OUTCOMES)] | None = None
    to: Text | None = None
    debt_ids: tuple[Id, ...] | None = None
    discussed: tuple[Id, ...] | None = None
    account_id: Id | None = None
    creditor: Id | None = None
    category: Id | None = None
    content_class: Annotated[str, _one_of(CONTENT_CLASSES)] | None = None
    address: Address | None = None
    address_kind: Annotated[str, _one_of(ADDRESS_KINDS)] | None = None
    wrong_party: Flag = False
    requested_by_consumer: Flag = False
    in_response_to: Id | None = None
    ref: Id | None = None
    event_id: Id | None = None
    scope: Literal["address", "medium"] | None = None
    topic: Id | None = None
    via: Text | None = None
    words: Text | None = None
    text: Text | None = None
    source: Text | None = None
    given_to: Literal["collector", "creditor"] | None = None
    only_dates: tuple[Day, ...] | None = None
    inconvenient: tuple[InconvenientDocument, ...] | None = None
    from_: Clock = Field(default=None, alias="from")
    until: Day | None = None
    result: Literal["not_reassigned", "reassigned"] | None = None
    mailed: Day | None = None
    expires_at: Instant | None = None
    note: Text | None = None

    @field_validator("to")
    @classmethod
    def _person_or_time(cls, value: str | None, given: ValidationInfo) -> str | None:
        """Of agreed hours the end, of everything else the person who was addressed."""
        if value is None:
            return None
        if given.data.get("type") != "agreed_hours":
            return str(_chosen(value, RECIPIENTS))
        if _clock(value) is None:
            return None
        try:
            time.fromisoformat(value)
        except ValueError:
            raise ValueError("expected a time of day, like 20:00") from None
        return value

    def event(self) -> Event:
        """The event itself."""
        given = self.model_dump(
            by_alias=True,
            exclude={"at", "tz", "note", "inconvenient"},
            exclude_none=True,
            exclude_defaults=True,
        )
        given["type"] = self.type
        if self.type == "agreed_hours" and isinstance(given.get("to"), str):
            given["to"] = time.fromisoformat(given["to"])
        if self.inconvenient is not None:
            given["inconvenient"] = [
                one.model_dump(by_alias=True, exclude_none=True) for one in self.inconvenient
            ]
        return Event.from_document(given, at=self.at)


class BorrowerDocument(_Model):
    """The borrower."""

    id: Id | None = None
    address: Address | None = None
    zones_by_source: dict[Literal["stated", "address", "phone"], tuple[Text, ...]] = Field(
        default_factory=dict
    )
    phone_area_code: Text | None = None
    debt_groups: tuple[tuple[Id, ...], ...] = ()
    days_past_due: Annotated[int, Field(ge=-36500, le=36500, strict=True)] | None = None
    jurisdiction: Text | None = None


class ProposedDocument(_Model):
    """The message to judge."""

    at: Instant
    tz: Text | None = None
    channel: ChannelName
    to: Annotated[str, _one_of(RECIPIENTS)] = "consumer"
    sender_role: Annotated[str, _one_of(SENDER_ROLES)] = "third_party"
    debt_ids: tuple[Id, ...] | None = None
    content_class: Annotated[str, _one_of(CONTENT_CLASSES)] | None = None
    category: Id | None = None
    creditor: Id | None = None
    account_id: Id | None = None
    address: Address | None = None
    address_kind: Annotated[str, _one_of(ADDRESS_KINDS)] | None = None
    in_response_to: Id | None = None
    topic: Id | None = None
    tier: Id | None = None
    template: Id | None = None
    optout_notice: Flag | None = None
    elements: tuple[Annotated[str, _one_of(MESSAGE_ELEMENTS)], ...] | None = None
    contains_marketing: Flag = False
    publicly_viewable: Flag = False
    requested_callback: Flag = False
    required_by_law: Flag = False
    third_party_requested: Flag = False
    check_text_safe_harbor: Flag = False
    time_consent: Flag = False
    occasion_bar: Text | None = None


class QuestionDocument(_Model):
    """What a decision is asked about."""

    policies: tuple[Any, ...] = Field(min_length=1, max_length=50)
    borrower: BorrowerDocument
    debt_ids: Annotated[tuple[Id, ...], BeforeValidator(_nothing)] = ()
    history: Annotated[
        tuple[EventDocument, ...], BeforeValidator(_nothing), Field(max_length=MOST_EVENTS)
    ] = ()
    proposed: ProposedDocument
    holidays: Annotated[tuple[Day, ...], BeforeValidator(_nothing)] = ()


class ExpectedDocument(BaseModel):
    """The answer of a case; reasons, warnings and local times are informative."""

    model_config = ConfigDict(extra="allow", frozen=True)
    verdict: Literal["allow", "defer", "suppress", "hold"]
    defer_until: Instant | None = None


class CaseDocument(BaseModel):
    """A case: a question with its answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: Id
    title: Text = ""
    pack: Text | None = None
    borrower: BorrowerDocument
    debt_ids: Annotated[tuple[Id, ...], BeforeValidator(_nothing)] = ()
    history: Annotated[tuple[EventDocument, ...], BeforeValidator(_nothing)] = ()
    proposed: ProposedDocument
    holidays: Annotated[tuple[Day, ...], BeforeValidator(_nothing)] = ()
    expected: ExpectedDocument


class QuestionInvalid(ValueError):
    """A document that is no question or case."""

    def __init__(self, errors: tuple[DocumentError, ...]) -> None:
        """Keep the errors; the message has them all."""
        super().__init__("; ".join(str(document_error) for document_error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Facts, the instant, and by what to judge: names of policies and inline ones."""

    policies: tuple[str | Policy, ...]
    facts: Facts
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with its answer."""

    id: str
    title: str
    packs: tuple[str, ...]
    """Names of the policies that bind; empty: the policy that carries the case."""
    facts: Facts
    at: datetime
    verdict: str
    defer_until: datetime | None


def parse_question(document: Any) -> Question:
    """A question from its JSON form. Raises QuestionInvalid, or PolicyInvalid for an inline policy."""
    parsed = _validated(QuestionDocument, document)
    policies = tuple(_policy(one, f"/policies/{position}") for position, one in enumerate(parsed.policies))
    facts = _facts(parsed.borrower, parsed.debt_ids, parsed.history, parsed.proposed, parsed.holidays)
    return Question(policies=policies, facts=facts, at=parsed.proposed.at.astimezone(UTC))


def _policy(given: Any, path: str) -> str | Policy:
    if isinstance(given, str):
        return parse_policy(given) if "\n" in given else given
    if isinstance(given, Mapping):
        return parse_policy_document(given)
    document_error = DocumentError(
        path=path, line=None, expected="expected a policy's name or document", got=type(given).__name__
    )
    raise QuestionInvalid((document_error,))


def parse_case(document: Any) -> Case:
    """A case from its JSON form. Raises QuestionInvalid."""
    parsed = _validated(CaseDocument, document)
    facts = _facts(parsed.borrower, parsed.debt_ids, parsed.history, parsed.proposed, parsed.holidays)
    return Case(
        id=parsed.id,
        title=parsed.title,
        packs=tuple(parsed.pack.split("+")) if parsed.pack else (),
        facts=facts,
        at=parsed.proposed.at.astimezone(UTC),
        verdict=parsed.expected.verdict,
        defer_until=parsed.expected.defer_until,
    )


def judge_case(case: Case, policies: Mapping[str, Policy], own: Policy | None = None) -> Verdict:
    """The verdict on a case by the policies that it names, or by the one that carries it. Raises KeyError."""
    bound = [policies[name] for name in case.packs] if case.packs else [own] if own is not None else []
    return decide(bound, case.facts, case.at)


def differs(case: Case, verdict: Verdict) -> str | None:
    """What differs between a case's answer and a verdict, in one line; None where they agree. A hold is as
    good as a suppression."""
    expected, got = case.verdict, verdict.kind.value
    if expected != got and {expected, got} != {"suppress", "hold"}:
        until = f" until {verdict.until.isoformat()}" if verdict.until else ""
        return f"{case.id}: expected {expected}, got {got}{until}"
    if verdict.kind is Kind.DEFER and case.defer_until is not None and verdict.until != case.defer_until:
        got_until = verdict.until.isoformat() if verdict.until else "never"
        return f"{case.id}: expected until {case.defer_until.isoformat()}, got {got_until}"
    return None


def _facts(
    borrower: BorrowerDocument,
    debt_ids: tuple[str, ...],
    history: tuple[EventDocument, ...],
    proposed: ProposedDocument,
    holidays: tuple[date, ...],
) -> Facts:
    _check_zones(borrower)
    given = proposed.model_dump(exclude={"at", "tz", "debt_ids"})
    return Facts(
        borrower=Borrower(
            zones_by_source={source: names for source, names in borrower.zones_by_source.items() if names},
            debt_groups=borrower.debt_groups,
            days_past_due=borrower.days_past_due,
            jurisdiction=borrower.jurisdiction,
            phone_area_code=borrower.phone_area_code,
            address=borrower.address,
        ),
        debt_ids=proposed.debt_ids if proposed.debt_ids is not None else debt_ids,
        events=tuple(event for one in history for event in _events(one.event())),
        proposal=Proposal(**given),
        holidays=frozenset(holidays),
    )


def _events(one: Event) -> tuple[Event, ...]:
    """An event, and what its words amount to where it is a message from the borrower."""
    if one.type != "inbound" or one.words is None:
        return (one,)
    reading = classify(one.words, language_hint=None)
    return (received(one, reading), *derived_events(one, reading))


def _check_zones(borrower: BorrowerDocument) -> None:
    errors = []
    for source, names in borrower.zones_by_source.items():
        for position, name in enumerate(names):
            try:
                zone(name)
            except NoSuchZone:
                path = f"/borrower/zones_by_source/{source}/{position}"
                wanted = "expected a zone of the IANA database"
                errors.append(DocumentError(path=path, line=None, expected=wanted, got=name[:80]))
    if errors:
        raise QuestionInvalid(tuple(errors))


def _validated(model: type[M], document: Any) -> M:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise QuestionInvalid(document_errors_of(error.errors(include_url=False), pointer)) from None
