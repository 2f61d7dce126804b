"""Webhook endpoints as ops POST and PATCH them, and what is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from service.api.schemas.answers import Shape
from service.api.schemas.words import PROSE, VISIBLE, Closed, Instant, Line, Name
from service.model.webhook import TYPES, WILDCARDS

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "url": "https://core.example.com/forbear",
    "types": ["delivery.*", "notice.done"],
    "creditor": None,
    "description": "core banking",
}

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=VISIBLE)]
EventType = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=PROSE),
    Field(json_schema_extra={"enum": [*TYPES, *WILDCARDS]}),
]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=50)]


class EndpointBody(Closed):
    """Where events of which types go; `creditor` narrows them to one creditor's."""

    url: Url
    types: EventTypes
    creditor: Name | None = None
    description: Line = ""
    enabled: bool = True


class EndpointChange(Closed):
    """What changes; what is left out stays. `creditor` null takes the limit away."""

    url: Url | None = None
    types: EventTypes | None = None
    creditor: Name | None = None
    description: Line | None = None
    enabled: bool | None = None


class ReplayBody(Closed):
    """Which events go again: those of a time, `to` not included and now without it, or by their ids."""

    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    event_ids: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=VISIBLE)]] | None,
        Field(min_length=1, max_length=1000),
    ] = None


class WebhookEndpoint(Shape):
    """An endpoint; its secret is shown where it is made and where it is replaced."""

    id: str
    url: str
    types: list[str]
    creditor: str | None
    description: str
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


class NewWebhookEndpoint(WebhookEndpoint):
    """An endpoint with its secret."""

    secret: str


class WebhookEndpoints(Shape):
    """Every endpoint."""

    items: list[WebhookEndpoint]
    next_cursor: None


class WebhookAttempt(Shape):
    """A request, and what came of it."""

    event_id: str
    """The `webhook-id` of the request."""
    type: str
    number: int
    """Which try, from 1."""
    at: datetime
    delivered: bool
    status: int | None
    error: str | None
    """Why there was no answer."""
    milliseconds: int
    answer: str | None
    """The first kilobyte of the answer."""


class WebhookAttempts(Shape):
    """Requests, the newest first."""

    items: list[WebhookAttempt]
    next_cursor: str | None


class Replayed(Shape):
    """How many events were put on their way again."""

    queued: int


class WebhookData(Shape):
    """What an event is about: ids, states, the sender's own words. Never an address, a name or a text."""

    notice_id: str | None = None
    delivery_id: str | None = None
    borrower_id: str | None = None
    channel: str | None = None
    state: str | None = None
    """The delivery's; of a notice `open` or `done`."""
    reference: str | None = None
    metadata: dict[str, str] | None = None
    log_index: int | None = None
    """The entry of the dispatch log that says so."""


class WebhookEvent(Shape):
    """The body of a request. `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard
    Webhooks (v1)."""

    type: Literal[*TYPES, "webhook.test"]  # type: ignore[valid-type]
    timestamp: datetime
    data: WebhookData
