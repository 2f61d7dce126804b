"""The shapes of answers, for the OpenAPI document and the tests that hold answers against them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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
Channel = Literal["sms", "email", "voice", "whatsapp"]


class Shape(BaseModel):
    """An answer; later versions may add fields. What a shape does not name is not answered."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class ProblemError(Shape):
    """One thing that is wrong: a JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`."""

    pointer: str
    """Where it is (RFC 6901); empty for the whole body."""
    detail: str
    """One sentence: what was expected and what came."""
    code: str
    """A stable word for the kind of fault, such as `missing`."""


class Problem(Shape):
    """A problem (RFC 9457)."""

    type: str
    """Which kind of problem: a stable URI, listed in the HTTP API's page of the documentation."""
    title: str
    """The kind in words."""
    status: int
    """The HTTP status."""
    detail: str
    """One sentence about this one; never an address, a name or a body."""
    instance: str | None = None
    """The request's id, as the log has it."""
    errors: list[ProblemError] | None = None
    """One entry for each error in a body, parameter or header."""


class Finding(Shape):
    """One rule's word on a message."""

    policy: str
    """The policy's name."""
    version: str
    """Its version."""
    rule: str
    """The rule's id within it."""
    verdict: VerdictKind
    """The rule's own word."""
    until: datetime | None
    """Of a deferral: the rule's next permitted instant."""
    reason: str
    """One plain sentence with the numbers in it."""
    citation: str | None
    """The paragraph of the law, or the house's own rule."""


class BoundBy(Shape):
    """Why a policy binds."""

    policy: str
    """Name and version, such as `us-reg-f@2`."""
    place: str | None
    """The policy's own place; null where nothing is known of the borrower's."""
    evidence: Literal["stated", "postal_code", "country", "account", "phone"] | None
    """What says that the borrower is there."""


class Verdict(Shape):
    """The decision on one message at one instant, with its reasons."""

    verdict: VerdictKind
    """`allow`, `defer` (see `until`), `suppress`, or `hold` (a person must decide)."""
    judged_as: str
    """How law sees the contact: `voice_prerecorded` where a machine speaks."""
    until: datetime | None
    """Of a deferral: the earliest instant that satisfies every rule at once."""
    too_late: bool = False
    """`until` is not before the notice's end: the delivery is expired."""
    valid_until: datetime | None
    """Until when a message that is allowed may leave."""
    warnings: list[str]
    """Factors that do not block; `place_conflict`, `zone_conflict` and `place_unknown` are about the evidence
    of place."""
    findings: list[Finding]
    """Every rule that speaks against it."""
    bound_by: list[BoundBy] = []
    """The laws that bind, by place and evidence; those that bind everywhere are not among them."""
    tzdata: str
    """The version of the zone data."""


class StoredVerdict(Verdict):
    """The decision that was taken last."""


class Attempt(Shape):
    """One hand-over to a provider."""

    id: str
    """Such as `ntc_….sms.1`."""
    number: int
    """Which attempt of the delivery, from 1."""
    state: str
    """Where it stands: `reserved`, `dialing`, or what it ended as."""
    outcome: str | None
    """What came of the contact, such as `delivered` or `busy`; null while nobody knows."""
    at: datetime
    """When its slot was taken."""
    dialed_at: datetime | None
    """When the hand-over began; null where it did not."""
    settled_at: datetime | None
    """When the provider's answer was stored."""
    adapter: str
    """Which adapter handed it over."""
    provider_ref: str | None
    """The provider's id of the message or call."""
    code: str | None
    """The provider's code."""
    reason: str | None
    """One sentence about the outcome."""


class Delivery(Shape):
    """The effort to bring one notice to one borrower on one channel."""

    id: str
    """Such as `ntc_….sms`."""
    channel: Channel
    """On which channel."""
    state: State
    """Where it stands."""
    due_at: datetime | None
    """When it is decided next; null where nothing is due."""
    reason: str | None = None
    """One sentence why it stands there."""
    attempts: list[Attempt]
    """Hand-overs to the provider, the oldest first."""
    verdict: StoredVerdict | None
    """The last decision; null before the first."""
    updated_at: datetime | None = None
    """When it changed last."""


class Notice(Shape):
    """A notice and where it stands."""

    id: str
    """Such as `ntc_…`."""
    status: Literal["open", "done"]
    """`done`: nothing further is owed on any delivery."""
    accepted_at: datetime
    """When it was stored."""
    reference: str | None
    """The upstream system's own name for it."""
    borrower_id: str | None
    """The upstream system's own id; null where the borrower was erased since."""
    debt_id: str
    """The upstream system's own id of the debt."""
    creditor: str
    """Whose debt it is."""
    category: str
    """What kind of notice, one of `GET /v1/categories`."""
    template: str
    """By which template it is worded."""
    language: str
    """The borrower's (BCP 47)."""
    channels: list[Channel]
    """The channels that were asked for, in order."""
    fan_out: Literal["all", "cascade", "adaptive"]
    """Every channel on its own, one after the other, or so and chosen by what was learned."""
    not_before: datetime | None
    """Nothing goes before."""
    expires_at: datetime
    """Nothing goes from then on."""
    cancelled_at: datetime | None
    """When it was cancelled."""
    updated_at: datetime
    """When it or one of its deliveries changed last."""
    metadata: dict[str, str]
    """The upstream system's own pairs of strings."""
    deliveries: list[Delivery]
    """One for each channel that is tried; of a cascade those that had their turn."""


class CancelAnswer(Shape):
    """What became of the notices that were to be cancelled."""

    items: list[Notice]
    """The notices as they stand now."""
    missing: list[str]
    """Ids of which there is no notice."""
    next_cursor: None
    """There is one page."""


class AcceptedNotice(Notice):
    """A notice that was stored just now: nothing is decided yet."""


class BatchAccepted(Notice):
    """An item of a batch that was accepted."""

    replayed: bool = False
    """Its `idempotency_key` was used before: this is the first one's id."""


class BatchRefused(Shape):
    """An item of a batch that was not accepted."""

    problem: Problem
    """Why."""


class BatchAnswer(Shape):
    """One result for each notice, in order."""

    results: list[BatchAccepted | BatchRefused]
    """The accepted notice, or the problem of this one item."""


class NoticePage(Shape):
    """Notices, newest first, or as they changed."""

    items: list[Notice]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class Category(Shape):
    """What a kind of notice alone decides."""

    name: str
    """What a notice names."""
    means: str
    """What it is for."""
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
    """All of them."""
    next_cursor: None
    """There is one page."""


class PreviewChannel(Verdict):
    """The verdict on one channel."""

    channel: Channel
    """Which channel."""
    policies: list[str]
    """Every policy that binds, with its version, such as `house-strict@1`."""
    language: str | None
    """The language in which it would be sent; null where the template has no words for the channel."""
    segments: int | None = None
    """A text's segments: what it costs."""
    encoding: Literal["GSM-7", "UCS-2"] | None = None
    """A text's alphabet."""
    forced_by: list[str] | None = None
    """The characters that force UCS-2, with 70 instead of 160 to a segment."""


class PreviewAnswer(Shape):
    """What would happen to a notice now."""

    at: datetime
    """The instant of the decision."""
    channels: list[PreviewChannel]
    """One for each channel, in order."""


class ReplyAnswer(Shape):
    """What a borrower's reply did."""

    borrowers: int
    """How many borrowers have the number that it came from."""
    taken_for: str
    """What the words were taken for, such as `opt_out`; `unclear` where a person must read them."""
    probably: str | None
    """What unclear words were probably meant for, such as `deceased`."""


class Hashes(Shape):
    """The hashes of a proof, each in base64."""

    hashes: list[str]
    """In the order of RFC 6962."""


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]
    """It answers."""
