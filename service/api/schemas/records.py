"""The shapes of what is answered about borrowers: profiles, timelines, holds, suppressions, events and
messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.answers import BoundBy, Finding, Problem, Shape, StoredVerdict, VerdictKind


class KnownAddress(Shape):
    """An address with what is known about it."""

    address: str
    """Telephone number in E.164 form, or mailbox."""
    kind: str | None = None
    """Such as `mobile` or `work_phone`; absent where it is not known."""
    source: str | None = None
    """Where it comes from, such as `given_by_borrower`; absent where it is not known."""


class Addresses(Shape):
    """Where a borrower can be reached; null for a channel without an address."""

    sms: str | KnownAddress | None = None
    """Telephone number for texts (E.164), alone or with what is known about it."""
    voice: str | KnownAddress | None = None
    """Telephone number for calls (E.164), alone or with what is known about it."""
    email: str | KnownAddress | None = None
    """Mailbox, alone or with what is known about it."""
    whatsapp: str | KnownAddress | None = None
    """Telephone number for WhatsApp (E.164), alone or with what is known about it."""


class BorrowerProfile(Shape):
    """A borrower as stored last."""

    id: str
    """The upstream system's own id."""
    name: str | None
    """As messages print it."""
    language: str
    """In which messages are written (BCP 47)."""
    jurisdiction: str | None
    """Where the borrower is stated to be (ISO 3166)."""
    time_zone: str | None
    """Where the borrower is known to be (tz database)."""
    postal_code: str | None
    """Of the borrower's address."""
    country: str | None
    """Of the borrower's address (ISO 3166)."""
    addresses: Addresses
    """At most one a channel."""
    created_at: datetime
    """When the borrower was stored first."""
    updated_at: datetime
    """When the profile was stored last."""


class Kept(Shape):
    """A rule that keeps records after an erasure."""

    policy: str
    """The policy's name."""
    version: str
    """Its version."""
    rule: str
    """The rule's id."""
    citation: str
    """The paragraph that demands it."""
    until: datetime | None
    """From when on the records may go; null where that is not known yet."""


class Erasure(Shape):
    """What an erasure did."""

    erased_at: datetime
    """When the borrower's key and rows were destroyed first."""
    deliveries_cancelled: int
    """Deliveries that were stopped."""
    in_flight: int
    """Deliveries that a provider had taken already: they cannot be called back."""
    kept: list[Kept]
    """What keeps bare records, without the person, and until when."""


class LegalHold(Shape):
    """A hold: while it stands nothing of the borrower goes."""

    placed_at: datetime
    """Since when it stands."""
    placed_by: str
    """Who placed it, such as `key:…`."""
    because: str
    """Why."""


class Happened(Shape):
    """One thing that happened to a borrower."""

    at: datetime
    """When."""
    kind: Literal["attempt", "delivery", "event"]
    """What it is about: a hand-over to a provider, the state of a delivery, a recorded fact."""
    type: str
    """Of an event its type, such as `opt_out`; else `contact` or `delivery`."""
    channel: str | None
    """Which channel, or which one the law sees (`voice_prerecorded`)."""
    outcome: str | None
    """What became of a contact, such as `conversation`."""
    state: str | None
    """Of an attempt or a delivery."""
    reason: str | None
    """One sentence why."""
    delivery: str | None
    """The id of the delivery that it belongs to."""


class Budget(Shape):
    """What a cap leaves."""

    policy: str
    """The policy's name."""
    rule: str
    """The rule's id."""
    window: str
    """The window in words, such as `within 7 consecutive days`."""
    limit: int
    """Contacts that the window may hold."""
    used: int
    """Contacts that it holds now."""
    remaining: int
    """Contacts that are left."""
    next_free_at: datetime | None
    """When the next one becomes free; null while some are left."""
    citation: str
    """The paragraph that sets the cap."""


class ChannelOutlook(Shape):
    """What would happen now to a message like the last one about a debt, on one channel."""

    debt_id: str
    """The upstream system's own id of the debt."""
    creditor: str
    """Whose debt it is."""
    channel: str
    """The channel that was judged."""
    judged_as: str
    """How law sees the contact: `voice_prerecorded` where a machine speaks."""
    verdict: VerdictKind
    """The decision now."""
    next_allowed_at: datetime | None
    """The next instant at which it would be allowed; null where none is known."""
    warnings: list[str]
    """Factors that do not block."""
    findings: list[Finding]
    """The rules that speak against it, each with its sentence and citation."""
    bound_by: list[BoundBy]
    """The laws that bind, by place and evidence."""
    budgets: list[Budget]
    """What every cap leaves."""


class Timeline(Shape):
    """Everything that reached or did not reach one borrower, with what is left."""

    borrower: str
    """The upstream system's own id."""
    at: datetime
    """The instant that budgets and verdicts are about."""
    items: list[Happened]
    """What happened, newest first."""
    channels: list[ChannelOutlook]
    """For each debt and channel, what would happen now."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class EventResult(Shape):
    """What became of one event."""

    event_id: str | None = None
    """The event's id: yours, or one that was made for it."""
    recorded: bool | None = None
    """False where the same event was recorded before."""
    corrects: str | None = None
    """The event in whose place this one stands."""
    corrected_still_holds: bool | None = None
    """True where the corrected event restricts: only what lifts it ends it."""
    problem: Problem | None = None
    """Why this event of a list was not recorded."""


class EventResults(EventResult):
    """For one event its result; for a list `results`."""

    results: list[EventResult] | None = None
    """One for each event of a list, in order."""


class Suppression(Shape):
    """A wish or fact that belongs to an address, whoever has it. The address itself is kept as a digest."""

    id: str
    """Such as `sup_94`."""
    address: str | None = None
    """In the answer to the one who named it."""
    channel: str
    """On which channel, or `any`."""
    reason: str
    """Such as `opt_out` or `wrong_number`."""
    said_at: datetime
    """When it was said."""
    recorded_at: datetime
    """Since when it is in force."""
    added_by: str
    """Who recorded it, such as `borrower`, `provider:…` or `key:…`."""
    via: str
    """How it came, such as `api`, `reply` or `provider`."""
    note: str | None
    """What was noted with it."""
    lifted_at: datetime | None
    """When it was lifted; null while it stands."""
    lifted_by: str | None
    """Who lifted it."""
    lifted_because: str | None
    """Why it was lifted."""


class SuppressionPage(Shape):
    """Suppressions, the newest first."""

    items: list[Suppression]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class InboundMessage(Shape):
    """A message from an address that no borrower has."""

    id: str
    """Such as `inb_…`."""
    matched: Literal[False]
    """No borrower has the address."""
    channel: str
    """How it came."""
    from_: Annotated[str, Field(alias="from")]
    """The address that it came from."""
    words: str
    """What was written; empty where nothing was."""
    taken_for: str
    """What the words were taken for, such as `opt_out`."""
    received_at: datetime
    """When it came."""
    provider: str
    """Who handed it over."""
    ref: str
    """The provider's id of the message."""


class InboundPage(Shape):
    """Messages that nobody has, the newest first."""

    items: list[InboundMessage]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class HeldDelivery(Shape):
    """A delivery that waits for a person."""

    delivery: str
    """Its id."""
    channel: str
    """On which channel it would go."""
    state: Literal["held", "unknown"]
    """`unknown`: an attempt may have gone and nobody knows."""
    since: datetime
    """Since when it waits."""
    reason: str | None
    """One sentence why."""
    creditor: str
    """Whose notice it is."""
    expires_at: datetime
    """When it ends by itself."""
    may_have_gone: bool
    """An attempt may have reached the borrower."""
    verdict: StoredVerdict | None
    """The decision that holds it."""
    probably: list[str]
    """What the borrower's unclear words were probably meant for, such as `bankruptcy`."""


class HoldPage(Shape):
    """Deliveries that wait, the oldest first."""

    items: list[HeldDelivery]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class Released(Shape):
    """Whether one delivery was released."""

    delivery: str
    """Its id."""
    released: bool
    """False where it was not held, or `why` says why it stays so."""
    why: str | None
    """Why one that is held was not released; null of every other."""


class Releases(Shape):
    """One result for each delivery, in order."""

    results: list[Released]
    """In the order of the request."""
