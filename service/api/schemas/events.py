"""Events as upstream systems report them: facts that happened elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from policies.facts import ADDRESS_KINDS, CHANNELS, CONTENT_CLASSES, EVENT_TYPES, OUTCOMES, RECIPIENTS
from service.api.schemas.words import (
    AnyAddress,
    Clock,
    Closed,
    Day,
    FilledLine,
    Id,
    Instant,
    Name,
    Prose,
    Slug,
)
from service.clock import SKEW
from service.errors import FieldError
from service.model.event import EventDraft, Inconvenient
from service.model.medium import law_channel

MOST_EVENTS = 1000

EVENT_EXAMPLES: dict[str, Any] = {
    "an agent's call": {
        "event_id": "call-8812",
        "borrower_id": "B-1001",
        "type": "contact",
        "at": "2026-11-02T15:04:00-05:00",
        "channel": "voice",
        "direction": "out",
        "outcome": "conversation",
        "debt_ids": ["L-77"],
    },
    "an opt-out by post": [
        {
            "event_id": "letter-17",
            "borrower_id": "B-1001",
            "type": "opt_out",
            "at": "2026-11-03T09:00:00Z",
            "channel": "sms",
            "scope": "medium",
            "via": "letter",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class OneOf:
    """Marks a text that must be one of some words."""

    values: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's way in: a closed set of words, compared by its compiled core."""
        del source, handler
        return core_schema.literal_schema(list(self.values))


class InconvenientBody(Closed):
    """Times that the borrower named as inconvenient; without days every day, without hours all day."""

    days: (
        Annotated[
            list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1, max_length=7)
        ]
        | None
    ) = None
    from_: Annotated[Clock | None, Field(alias="from")] = None
    to: Clock | None = None


EventType = Annotated[str, OneOf(EVENT_TYPES)]
AnyChannel = Annotated[str, OneOf((*CHANNELS, "whatsapp", "any")), AfterValidator(law_channel)]
Outcome = Annotated[str, OneOf(OUTCOMES)]
AddressKind = Annotated[str, OneOf(ADDRESS_KINDS)]
ContentClass = Annotated[str, OneOf(CONTENT_CLASSES)]


class EventBody(Closed):
    """One dated fact; `type` decides which fields mean something."""

    event_id: Id | None = None
    """Makes a repeat harmless; a name within the key and those that it was rotated to."""
    corrects: Id | None = None
    """The `event_id` of the event in whose place this one stands."""
    borrower_id: Id
    type: EventType
    at: Instant
    channel: AnyChannel | None = None
    direction: Literal["out", "in"] | None = None
    outcome: Outcome | None = None
    to: Annotated[str, StringConstraints(max_length=32)] | None = None
    """Of a contact: who was reached; of agreed hours: until when (HH:MM)."""
    from_: Annotated[Clock | None, Field(alias="from")] = None
    """Agreed hours: from when (HH:MM, local)."""
    debt_ids: Annotated[list[Id], Field(max_length=100)] | None = None
    discussed: Annotated[list[Id], Field(max_length=100)] | None = None
    account_id: Id | None = None
    creditor: Name | None = None
    category: Slug | None = None
    wrong_party: bool | None = None
    in_response_to: Id | None = None
    requested_by_consumer: bool | None = None
    address: AnyAddress | None = None
    address_kind: AddressKind | None = None
    content_class: ContentClass | None = None
    ref: Id | None = None
    words: Prose | None = None
    text: Prose | None = None
    scope: Literal["address", "medium"] | None = None
    topic: Slug | None = None
    via: FilledLine | None = None
    given_to: Literal["collector", "creditor"] | None = None
    only_dates: Annotated[list[Day], Field(max_length=366)] | None = None
    inconvenient: Annotated[list[InconvenientBody], Field(max_length=50)] | None = None
    until: Day | None = None
    mailed: Day | None = None
    expires_at: Instant | None = None
    result: Literal["not_reassigned", "reassigned"] | None = None
    source: Slug | None = None


def field_errors_in(body: EventBody, *, now: datetime, at: str = "") -> list[FieldError]:
    """What no single field can say; `at` is the pointer of the event."""
    field_errors: list[FieldError] = []
    if body.at > now + SKEW:
        field_errors.append(
            FieldError(
                pointer=f"{at}/at",
                detail="expected an instant that has passed: an event has happened",
                code="future",
            )
        )
    needed = NEEDED.get(body.type, ())
    field_errors += [
        FieldError(pointer=f"{at}/{name}", detail=f"expected a value: {body.type} needs it", code="missing")
        for name in needed
        if getattr(body, name) is None
    ]
    if body.to is not None:
        field_errors += _successor_errors(body, at)
    return field_errors


NEEDED = {
    "contact": ("channel",),
    "consent": ("channel",),
    "opt_out": ("channel",),
    "rnd_check": ("result",),
    "designation": ("inconvenient",),
    "opt_in": ("channel",),
    "address_confirmed": ("channel", "address"),
}


def _successor_errors(body: EventBody, at: str) -> list[FieldError]:
    if body.type == "agreed_hours":
        hour, _, minute = (body.to or "").partition(":")
        good = (
            len(hour) == len(minute) == 2  # noqa: PLR2004
            and hour.isascii()
            and hour.isdigit()
            and minute.isascii()
            and minute.isdigit()
        )
        if good and int(hour) < 24 and int(minute) < 60:  # noqa: PLR2004
            return []
        return [
            FieldError(pointer=f"{at}/to", detail="expected a local time of day as HH:MM", code="invalid")
        ]
    if body.to in RECIPIENTS:
        return []
    return [
        FieldError(pointer=f"{at}/to", detail=f"expected one of {', '.join(RECIPIENTS)}", code="unknown-word")
    ]


def event_draft(body: EventBody) -> EventDraft:
    """The draft in a body that has no misfits."""
    agreed = body.type == "agreed_hours"
    same: dict[str, Any] = {name: getattr(body, name) for name in _SAME}
    same |= {name: tuple(getattr(body, name) or ()) for name in ("debt_ids", "discussed", "only_dates")}
    return EventDraft(
        **same,
        to=None if agreed else body.to,
        start=body.from_,
        end=body.to if agreed else None,
        inconvenient=tuple(
            Inconvenient(days=tuple(one.days or ()), since=one.from_, to=one.to)
            for one in body.inconvenient or ()
        ),
    )


_SAME = tuple(
    name
    for name in EventBody.model_fields
    if name not in {"to", "from_", "debt_ids", "discussed", "only_dates", "inconvenient"}
)
