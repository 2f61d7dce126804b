"""The shapes of what is answered about policies, templates, creditors and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.answers import Shape, VerdictKind


class Senders(Shape):
    """By channel, the account of the deployment's settings that a creditor's messages leave by; null for the
    deployment's own."""

    sms: str | None
    """Of texts."""
    email: str | None
    """Of e-mails."""
    voice: str | None
    """Of calls."""
    whatsapp: str | None
    """Of WhatsApp messages."""


class CreditorProfile(Shape):
    """What every message says about who writes and how to reach them."""

    creditor: str
    """The creditor's name in notices and URLs."""
    name: str
    """The name that borrowers know."""
    phone: str | None
    """Telephone number (E.164)."""
    email: str | None
    """Mailbox."""
    url: str | None
    """Page."""
    senders: Senders
    """The accounts that its messages leave by."""
    updated_at: datetime
    """When it was stored last."""
    updated_by: str
    """Who stored it."""


class CreditorPage(Shape):
    """Creditors by name."""

    items: list[CreditorProfile]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class KeyRecord(Shape):
    """An API key; never its secret."""

    id: str
    """Names the key in the log and here."""
    name: str
    """For people."""
    role: Literal["producer", "ops", "auditor", "admin"]
    """What it may do."""
    creditors: list[str] | None
    """The creditors that it is limited to; null for all."""
    rate_per_minute: int | None
    """Requests a minute that each API process answers; null for no limit."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """Who made it."""
    expires_at: datetime | None
    """From when on it is of no use."""
    revoked_at: datetime | None
    """When it was revoked."""
    replaces: str | None
    """The key that it was rotated from."""


class NewKey(KeyRecord):
    """A key with its secret."""

    key: str
    """The secret, shown this once."""


class KeyPage(Shape):
    """Keys, newest first."""

    items: list[KeyRecord]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class PolicySummary(Shape):
    """A policy, and which version of it binds."""

    name: str
    """Its name."""
    title: str | None
    """In words; null where no version is in force."""
    force: str | None
    """What gives it force: a law, a code, a contract or the house."""
    shipped: bool
    """It ships with the service, as version 0."""
    versions: int
    """How many there are."""
    latest_version: int
    """The number of the newest."""
    active_version: int | None
    """The number of the one in force; null for none."""
    digest: str | None
    """SHA-256 of the text in force, in hex."""


class PolicyPage(Shape):
    """Policies by name."""

    items: list[PolicySummary]
    """One page."""
    next_cursor: str | None
    """Asks for the next page; null at the end."""


class AskedFor(Shape):
    """What waits for a second key."""

    at: datetime
    """Since when."""
    by: str
    """Who asked."""
    reason: str
    """Why."""


class Reach(Shape):
    """How much of what waits a version binds."""

    open_deliveries: int
    """Waiting deliveries that it binds."""
    of: int
    """Waiting deliveries that were looked at."""
    complete: bool
    """These are all that wait."""
    warning: str | None = None
    """A sentence where it binds none."""


class PolicyVersion(Shape):
    """One version of a policy; nothing is edited in place."""

    name: str
    """The policy's name."""
    version: int
    """Its number; 0 ships with the service."""
    state: Literal["draft", "tested", "approved", "active", "retired"]
    """How far it came."""
    in_force: bool
    """It binds now."""
    digest: str
    """SHA-256 of its text, in hex."""
    created_at: datetime | None
    """When it was drafted."""
    created_by: str
    """Who drafted it."""
    tested_at: datetime | None
    """When its own cases passed."""
    approved_at: datetime | None
    """When a second key approved it."""
    approved_by: str | None
    """Which one."""
    active_from: datetime | None
    """From when on it binds."""
    retired_at: datetime | None
    """From when on it does not."""
    document: str
    """Its text, as it was given."""
    retirement_asked: AskedFor | None = None
    """A retirement that waits for a second key."""
    rollback_asked: AskedFor | None = None
    """A return to this version that waits for a second key."""
    binds: Reach | None = None
    """Of a version that is in force, or will be."""


class PolicyVersions(Shape):
    """A policy with every version, the newest first."""

    name: str
    """Its name."""
    active_version: int | None
    """The number of the one in force; null for none."""
    versions: list[PolicyVersion]
    """The newest first; what ships is the last."""


class CaseRun(Shape):
    """What came of a version's own cases."""

    passed: bool
    """All of them came out as they should, and there is one."""
    cases: int
    """How many there are."""
    differences: list[str]
    """A line for each case that came out otherwise."""
    version: PolicyVersion
    """The version as it stands now."""


class NotJudged(Shape):
    """Decisions that could not be taken again."""

    facts_erased: int
    """The borrower was erased since."""
    facts_unreadable: int
    """Their facts do not open."""
    policy_gone: int
    """A policy that bound them has no text any more."""


class SimulatedDecisions(Shape):
    """How many decisions of the range were taken again."""

    total: int
    """Decisions in the range."""
    judged: int
    """Those that were taken again."""
    bound: int
    """Those that the version would have bound."""
    changed: int
    """Those that would have come out otherwise."""
    judged_by_other_text: int
    """Those whose policies or zone data are not quite those of then."""
    not_judged: NotJudged
    """Those that could not be taken again, by cause."""


Effect = Literal["waits", "waits_longer", "waits_less", "stopped", "held", "goes"]


class SimulatedChange(Shape):
    """Decisions that would have changed in one way."""

    effect: Effect
    """What becomes of the message."""
    from_: Annotated[VerdictKind, Field(alias="from")]
    """The verdict that was."""
    to: VerdictKind
    """The verdict that would have been."""
    decisions: int
    """How many."""
    deliveries: int
    """Of how many deliveries."""
    average_wait_hours: float | None
    """Hours that were added to their waits on average; negative where taken away, null where nothing
    waits."""


class VerdictBefore(Shape):
    """What was decided."""

    verdict: VerdictKind
    """The decision."""
    until: datetime | None
    """Of a deferral."""


class VerdictAfter(VerdictBefore):
    """What would have been decided."""

    reason: str | None
    """The sentence that weighs most."""


class SimulatedDelivery(Shape):
    """A delivery that would have gone otherwise."""

    delivery: str
    """Its id."""
    notice: str
    """The id of its notice."""
    channel: str
    """On which channel."""
    at: datetime
    """When it was decided."""
    effect: Effect
    """What becomes of it."""
    from_: Annotated[VerdictBefore, Field(alias="from")]
    """The decision that was."""
    to: VerdictAfter
    """The decision that would have been."""


class SimulatedDeliveries(Shape):
    """Deliveries that would have gone otherwise."""

    total: int
    """How many there are."""
    shown: int
    """How many of them are listed."""
    items: list[SimulatedDelivery]
    """The first of them."""


class SimulationAnswer(Shape):
    """Which decisions a version would have changed."""

    policy: str
    """The policy's name."""
    version: int | None
    """The version's number."""
    digest: str
    """SHA-256 of its text, in hex."""
    from_: Annotated[datetime, Field(alias="from")]
    """Decisions from then on."""
    to: datetime
    """And before then."""
    sentence: str
    """The result in words."""
    decisions: SimulatedDecisions
    """The counts."""
    changes: list[SimulatedChange]
    """The changes by kind."""
    deliveries: SimulatedDeliveries
    """The deliveries that change."""
