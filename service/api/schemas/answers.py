"""The shapes of answers, for the OpenAPI document and the tests that hold answers against them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

State = Literal[
    "due",
    "deferred",
    "sending",
    "accepted",
    "held_by_provider",
    "delivered",
    "undelivered",
    "rejected",
    "suppressed",
    "held",
    "exhausted",
    "expired",
    "cancelled",
    "unknown",
]
VerdictKind = Literal["allow", "defer", "suppress", "hold"]


class Shape(BaseModel):
    """An answer; later versions may add fields."""

    model_config = ConfigDict(extra="allow")


class ProblemError(Shape):
    """One thing that is wrong: a JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`."""

    pointer: str
    detail: str
    code: str


class Problem(Shape):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[ProblemError] | None = None


class Finding(Shape):
    """One rule's word on a message."""

    policy: str
    version: str
    rule: str
    verdict: VerdictKind
    until: datetime | None
    reason: str
    citation: str | None


class BoundBy(Shape):
    """Why a policy binds."""

    policy: str
    place: str | None
    """The policy's own place; null where nothing is known of the borrower's."""
    evidence: Literal["stated", "postal_code", "country", "account", "phone"] | None


class Verdict(Shape):
    """The decision on one message at one instant, with its reasons."""

    verdict: VerdictKind
    judged_as: str
    """How law sees the contact: `voice_prerecorded` where a machine speaks."""
    until: datetime | None
    too_late: bool = False
    """`until` is not before the notice's end: the delivery is expired."""
    valid_until: datetime | None
    warnings: list[str]
    """Factors that do not block; `place_conflict`, `zone_conflict` and `place_unknown` are about the evidence of place."""
    findings: list[Finding]
    bound_by: list[BoundBy] = []
    """The laws that bind, by place and evidence; those that bind everywhere are not among them."""
    tzdata: str


class Attempt(Shape):
    """One hand-over to a provider."""

    id: str
    number: int
    state: str
    outcome: str | None
    at: datetime


class Delivery(Shape):
    """The effort to bring one notice to one borrower on one channel."""

    id: str
    channel: Literal["sms", "email", "voice"]
    state: State
    due_at: datetime | None
    attempts: list[Attempt]
    verdict: Verdict | None


class Notice(Shape):
    """A notice and where it stands."""

    id: str
    status: Literal["open", "done"]
    accepted_at: datetime
    reference: str | None
    borrower_id: str | None
    """The upstream system's own id; null where the borrower was erased since."""
    debt_id: str
    creditor: str
    category: str
    template: str
    language: str
    """The borrower's (BCP 47)."""
    channels: list[str]
    fan_out: Literal["all", "cascade"]
    not_before: datetime | None
    expires_at: datetime
    cancelled_at: datetime | None
    updated_at: datetime
    """When it or one of its deliveries changed last."""
    metadata: dict[str, str]
    deliveries: list[Delivery]


class CancelAnswer(Shape):
    """What became of the notices that were to be cancelled."""

    items: list[Notice]
    missing: list[str]
    """Ids of which there is no notice."""


class AcceptedNotice(Notice):
    """A notice that was stored just now: nothing is decided yet."""


class BatchResult(Shape):
    """The accepted notice (see its `id`), or the `problem` of this one item."""

    id: str | None = None
    replayed: bool = False
    """Its `idempotency_key` was used before: this is the first one's id."""
    problem: Problem | None = None


class BatchAnswer(Shape):
    """One result for each notice, in order."""

    results: list[BatchResult]


class Page(Shape):
    """One page of a list; `next_cursor` asks for the next one and is null at the end."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class NoticePage(Shape):
    """Notices, newest first."""

    items: list[Notice]
    next_cursor: str | None


class Category(Shape):
    """What a kind of notice alone decides."""

    name: str
    means: str
    priority: int
    """0 is served first."""
    life_seconds: int
    """A notice without `expires_at` expires so long after it falls due."""
    resend_unknown: bool
    """An attempt without outcome may be repeated: twice is better than never."""
    templates: list[str]
    """Which may be sent under it now."""


class CategoryPage(Shape):
    """Every category."""

    items: list[Category]
    next_cursor: None


class PreviewChannel(Verdict):
    """The verdict on one channel."""

    channel: Literal["sms", "email", "voice"]
    policies: list[str]
    language: str | None
    """The language in which it would be sent; null where the template has no words for the channel."""
    segments: int | None = None
    """A text's segments: what it costs."""
    encoding: Literal["GSM-7", "UCS-2"] | None = None
    forced_by: list[str] | None = None
    """The characters that force UCS-2, with 70 instead of 160 to a segment."""


class PreviewAnswer(Shape):
    """What would happen to a notice now."""

    at: datetime
    channels: list[PreviewChannel]


class ReplyAnswer(Shape):
    """What a borrower's reply did."""

    borrowers: int
    """How many borrowers have the number that it came from."""
    taken_for: str
    """What the words were taken for, such as `opt_out`; `unclear` where a person must read them."""
    probably: str | None
    """What unclear words were probably meant for, such as `deceased`."""


class Document(Shape):
    """A JSON object."""


class Hashes(Shape):
    """The hashes of a proof, each in base64."""

    hashes: list[str]


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]
