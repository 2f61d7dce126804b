"""The shapes of what auditors and operators read: the dispatch log, the report of outcomes, readiness."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from service.api.schemas.answers import Shape, VerdictKind


class LogEntry(Shape):
    """One line of the dispatch log."""

    index: int | None
    """Its place in the log, from 0; null for the second before it is sealed."""
    at: datetime
    """When it happened."""
    kind: str
    """What happened, such as `decision` or `attempt.settled`."""
    actor: str
    """Who did it, such as `key:…`, `provider:…` or `system`."""
    borrower: str | None
    """The borrower's keyed digest, in hex; null for what is about none."""
    notice: str | None
    """The id of the notice."""
    channel: str | None
    """On which channel."""
    attempt: int | None
    """The number of the attempt."""
    verdict: VerdictKind | None
    """Of a decision."""
    policies: list[str]
    """The policies that bound it, with their versions, such as `us-reg-f@2`."""
    public: dict[str, JsonValue]
    """What stands openly in the leaf, by name; which names there are depends on the kind. Nothing
    personal."""
    detail: dict[str, JsonValue] | None
    """What the leaf commits to, by name, such as a decision's `facts` and `verdict`; `erased` where the
    borrower's key is gone, `unreadable` where it does not open."""
    leaf: str
    """The canonical text that was hashed, exactly."""
    cell: int | None = None
    """In whose log it has its index; left out where there is one cell."""


class LogPage(Shape):
    """Entries, newest first."""

    items: list[LogEntry]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class Measure(Shape):
    """How often something came after the contacts of a group."""

    count: int
    """Contacts that it came after."""
    mature: int
    """Those of them whose window is over."""
    share: float | None
    """Of the mature contacts, from 0 to 1; null without any."""
    low: float | None
    """The lower end of its 95 % interval (Wilson)."""
    high: float | None
    """The upper end of its 95 % interval (Wilson)."""


class OutcomeRow(Shape):
    """The counts of one group; it has a field for each name of `by`."""

    tier: str | None = None
    """How far past due, where `by` names it: `before due`, `early`, `middle`, `late` or `unknown`."""
    template: str | None = None
    """The template, where `by` names it."""
    channel: str | None = None
    """The channel, where `by` names it."""
    band: str | None = None
    """The three hours of the borrower's day, such as `08-11`, where `by` names it."""
    week: str | None = None
    """The week of the year, such as `2026-W46`, where `by` names it."""
    creditor: str | None = None
    """The creditor, where `by` names it."""
    group: str | None = None
    """The group of an experiment, or `none`, where `by` names it."""
    contacts: int
    """Contacts of the span."""
    mature: int
    """Those whose window is over."""
    not_mature: int
    """Those whose window is not over yet."""
    cost: str | None = None
    """What our own contacts cost, in plain digits, where `prices` names any; null where one of them went by a
    channel without a price."""
    reached: Measure
    """Contacts that were delivered, or that somebody or a mailbox answered."""
    payments: Measure
    """Payments."""
    promises: Measure
    """Promises to pay."""
    plan_requests: Measure
    """Requests for a payment plan."""
    replies: Measure
    """Messages from the borrower."""
    opt_outs: Measure
    """Opt-outs."""
    complaints: Measure
    """Complaints."""
    disputes: Measure
    """Disputes."""
    hang_ups: Measure
    """Calls that the borrower ended at once."""


class OutcomeReport(Shape):
    """What came after contacts; never that it was because of them."""

    from_: Annotated[datetime, Field(alias="from")]
    """Contacts from then on."""
    to: datetime
    """And before then."""
    by: list[str]
    """By what the rows are told apart."""
    window_days: int
    """How many days after a contact something counts to it."""
    rows: list[OutcomeRow]
    """One for each group, in the order of their names."""


class Ready(Shape):
    """The service can work."""

    status: Literal["ready"]
    """It can."""
    schema_: Annotated[str, Field(alias="schema")]
    """The revision of the database's schema."""
