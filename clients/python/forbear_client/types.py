"""Generated from the OpenAPI document by `make clients`; not to be edited."""

from __future__ import annotations

from typing import Literal, NotRequired, Optional, TypeAlias, Union

from typing_extensions import TypedDict

ActivateBody = TypedDict(
    'ActivateBody',
    {
        'from': NotRequired[str | None]
    },
    closed=True,
)


class Alive(TypedDict):
    """
    The process answers.
    """

    status: Literal['ok']
    """
    It answers.
    """


class AskedFor(TypedDict):
    """
    What waits for a second key.
    """

    at: str
    """
    Since when.
    """
    by: str
    """
    Who asked.
    """
    reason: str
    """
    Why.
    """


class Attempt(TypedDict):
    """
    One hand-over to a provider.
    """

    id: str
    """
    Such as `ntc_….sms.1`.
    """
    number: int
    """
    Which attempt of the delivery, from 1.
    """
    state: str
    """
    Where it stands: `reserved`, `dialing`, or what it ended as.
    """
    outcome: str | None
    """
    What came of the contact, such as `delivered` or `busy`; null while nobody knows.
    """
    at: str
    """
    When its slot was taken.
    """
    dialed_at: str | None
    """
    When the hand-over began; null where it did not.
    """
    settled_at: str | None
    """
    When the provider's answer was stored.
    """
    adapter: str
    """
    Which adapter handed it over.
    """
    provider_ref: str | None
    """
    The provider's id of the message or call.
    """
    code: str | None
    """
    The provider's code.
    """
    reason: str | None
    """
    One sentence about the outcome.
    """


class BorrowerDocument(TypedDict, closed=True):
    """
    The borrower.
    """

    id: NotRequired[str | None]
    """
    A name for the borrower.
    """
    address: NotRequired[str | None]
    """
    Informative: where the borrower lives.
    """
    zones_by_source: NotRequired[dict[Literal['stated', 'address', 'phone'], list[str]]]
    """
    Candidate time zones (tz database) by what says so: `stated`, `address`, `phone`.
    """
    phone_area_code: NotRequired[str | None]
    """
    The area code of the telephone, where a rule looks at it.
    """
    debt_groups: NotRequired[list[list[str]]]
    """
    Debts that count as one, such as those of one account.
    """
    days_past_due: NotRequired[int | None]
    """
    Days since the oldest debt fell due; negative before.
    """
    jurisdiction: NotRequired[str | None]
    """
    Where the borrower is (ISO 3166).
    """


class BoundBy(TypedDict):
    """
    Why a policy binds.
    """

    policy: str
    """
    Name and version, such as `us-reg-f@2`.
    """
    place: str | None
    """
    The policy's own place; null where nothing is known of the borrower's.
    """
    evidence: Literal['stated', 'postal_code', 'country', 'account', 'phone'] | None
    """
    What says that the borrower is there.
    """


class Budget(TypedDict):
    """
    What a cap leaves.
    """

    policy: str
    """
    The policy's name.
    """
    rule: str
    """
    The rule's id.
    """
    window: str
    """
    The window in words, such as `within 7 consecutive days`.
    """
    limit: int
    """
    Contacts that the window may hold.
    """
    used: int
    """
    Contacts that it holds now.
    """
    remaining: int
    """
    Contacts that are left.
    """
    next_free_at: str | None
    """
    When the next one becomes free; null while some are left.
    """
    citation: str
    """
    The paragraph that sets the cap.
    """


Id: TypeAlias = str


class CancelBody(TypedDict, closed=True):
    """
    Which notices: those of an id, or every one with a reference.
    """

    ids: NotRequired[list[Id] | None]
    """
    Ids of notices.
    """
    reference: NotRequired[str | None]
    """
    Every notice with this reference.
    """


class Category(TypedDict):
    """
    What a kind of notice alone decides.
    """

    name: str
    """
    What a notice names.
    """
    means: str
    """
    What it is for.
    """
    priority: int
    """
    0 is served first.
    """
    life_seconds: int
    """
    A notice without `expires_at` expires so long after it falls due.
    """
    resend_unknown: bool
    """
    An attempt without outcome may be repeated: twice is better than never.
    """
    templates: list[str]
    """
    Which may be sent under it now.
    """


class CategoryPage(TypedDict):
    """
    Every category.
    """

    items: list[Category]
    """
    All of them.
    """
    next_cursor: None
    """
    There is one page.
    """


class ConsentBody(TypedDict, closed=True):
    """
    A consent that was given at onboarding.
    """

    channel: Literal['sms', 'email', 'voice', 'voice_prerecorded', 'ringless_vm', 'im', 'whatsapp', 'letter', 'any']
    """
    To which contacts it is a consent.
    """
    at: NotRequired[str | None]
    """
    When it was given; without it when the borrower was stored.
    """
    given_to: NotRequired[Literal['collector', 'creditor'] | None]
    """
    To whom it was given.
    """


class CosignatureBody(TypedDict, closed=True):
    """
    What a witness says.
    """

    cell: NotRequired[int]
    """
    Of which cell's log.
    """
    size: int
    """
    Of the checkpoint that is cosigned.
    """
    cosignature: str
    """
    A signature line of c2sp.org/tlog-cosignature, without its newline.
    """


class DebtBody(TypedDict, closed=True):
    """
    About what: one debt, with its amounts as decimal strings.
    """

    id: str
    """
    The upstream system's own id of the debt.
    """
    account_id: NotRequired[str | None]
    """
    The upstream system's own id of the account.
    """
    creditor: str
    """
    Whose debt it is, by the creditor's name.
    """
    currency: str
    """
    Of every amount (ISO 4217), such as `USD`.
    """
    principal: str
    """
    Decimal string: what was lent.
    """
    due_on: str
    """
    The day on which it fell, or falls, due.
    """
    days_past_due: int
    """
    Negative before the due date.
    """
    amount_due: str
    """
    With fees.
    """
    late_fees: str
    """
    Decimal string: the part of the amount that is fees.
    """
    jurisdiction: NotRequired[str | None]
    """
    Of the account, where it is not the borrower's.
    """


class DoublyRobust(TypedDict):
    """
    The same estimate, helped by what was learned.
    """

    per_1000: float
    """
    In 1,000 decisions.
    """
    low: float
    """
    The lower end of its 95 % interval.
    """
    high: float
    """
    The upper end of its 95 % interval.
    """


class EndpointBody(TypedDict, closed=True):
    """
    Where events of which types go; `creditor` narrows them to one creditor's.
    """

    url: str
    """
    Where the requests go; https unless its network is allowed by a setting.
    """
    types: list[Literal['notice.accepted', 'notice.done', 'delivery.due', 'delivery.deferred', 'delivery.sending', 'delivery.accepted', 'delivery.held_by_provider', 'delivery.delivered', 'delivery.undelivered', 'delivery.rejected', 'delivery.suppressed', 'delivery.held', 'delivery.exhausted', 'delivery.expired', 'delivery.cancelled', 'delivery.unknown', 'event.recorded', 'suppression.added', 'suppression.lifted', 'inbound.unmatched', 'policy.activated', 'policy.retired', 'log.checkpoint', 'delivery.*', 'event.*', 'inbound.*', 'log.*', 'notice.*', 'policy.*', 'suppression.*']]
    """
    Which types of events, such as `delivery.*`.
    """
    creditor: NotRequired[str | None]
    """
    Only this creditor's events; null for all.
    """
    description: NotRequired[str]
    """
    For people.
    """
    enabled: NotRequired[bool]
    """
    Events are sent to it.
    """


class EndpointChange(TypedDict, closed=True):
    """
    What changes; what is left out stays. `creditor` null takes the limit away.
    """

    url: NotRequired[str | None]
    """
    Where the requests go.
    """
    types: NotRequired[list[Literal['notice.accepted', 'notice.done', 'delivery.due', 'delivery.deferred', 'delivery.sending', 'delivery.accepted', 'delivery.held_by_provider', 'delivery.delivered', 'delivery.undelivered', 'delivery.rejected', 'delivery.suppressed', 'delivery.held', 'delivery.exhausted', 'delivery.expired', 'delivery.cancelled', 'delivery.unknown', 'event.recorded', 'suppression.added', 'suppression.lifted', 'inbound.unmatched', 'policy.activated', 'policy.retired', 'log.checkpoint', 'delivery.*', 'event.*', 'inbound.*', 'log.*', 'notice.*', 'policy.*', 'suppression.*']] | None]
    """
    Which types of events, such as `delivery.*`.
    """
    creditor: NotRequired[str | None]
    """
    Only this creditor's events; null for all.
    """
    description: NotRequired[str | None]
    """
    For people.
    """
    enabled: NotRequired[bool | None]
    """
    Events are sent to it.
    """


class EraseBody(TypedDict, closed=True):
    """
    Why the borrower is forgotten; stands in the log, so it must not name the person.
    """

    reason: str
    """
    Why, in one line; it stands in the log.
    """


DebtId: TypeAlias = str


DiscussedItem: TypeAlias = str


class Finding(TypedDict):
    """
    One rule's word on a message.
    """

    policy: str
    """
    The policy's name.
    """
    version: str
    """
    Its version.
    """
    rule: str
    """
    The rule's id within it.
    """
    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    The rule's own word.
    """
    until: str | None
    """
    Of a deferral: the rule's next permitted instant.
    """
    reason: str
    """
    One plain sentence with the numbers in it.
    """
    citation: str | None
    """
    The paragraph of the law, or the house's own rule.
    """


class FrontierPoint(TypedDict):
    """
    What another weighing of the harms would do.
    """

    harms_times: float
    """
    By how much the document's harms are multiplied.
    """
    restraint_share: float
    """
    The share of the known rounds in which nothing would be sent.
    """


class Happened(TypedDict):
    """
    One thing that happened to a borrower.
    """

    at: str
    """
    When.
    """
    kind: Literal['attempt', 'delivery', 'event']
    """
    What it is about: a hand-over to a provider, the state of a delivery, a recorded fact.
    """
    type: str
    """
    Of an event its type, such as `opt_out`; else `contact` or `delivery`.
    """
    channel: str | None
    """
    Which channel, or which one the law sees (`voice_prerecorded`).
    """
    outcome: str | None
    """
    What became of a contact, such as `conversation`.
    """
    state: str | None
    """
    Of an attempt or a delivery.
    """
    reason: str | None
    """
    One sentence why.
    """
    delivery: str | None
    """
    The id of the delivery that it belongs to.
    """


class Hashes(TypedDict):
    """
    The hashes of a proof, each in base64.
    """

    hashes: list[str]
    """
    In the order of RFC 6962.
    """


InboundMessage = TypedDict(
    'InboundMessage',
    {
        'id': str,
        'matched': Literal[False],
        'channel': str,
        'from': str,
        'words': str,
        'taken_for': str,
        'received_at': str,
        'provider': str,
        'ref': str,
    },
)


class InboundPage(TypedDict):
    """
    Messages that nobody has, the newest first.
    """

    items: list[InboundMessage]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


InconvenientBody = TypedDict(
    'InconvenientBody',
    {
        'days': NotRequired[list[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']] | None],
        'from': NotRequired[str | None],
        'to': NotRequired[str | None],
    },
    closed=True,
)


InconvenientDocument = TypedDict(
    'InconvenientDocument',
    {
        'days': NotRequired[list[str]],
        'from': NotRequired[str | None],
        'to': NotRequired[str | None],
    },
    closed=True,
)


JsonValue: TypeAlias = Optional[Union[bool, float, str, list["JsonValue"], dict[str, "JsonValue"]]]
"""
Any JSON value.
"""


class Kept(TypedDict):
    """
    A rule that keeps records after an erasure.
    """

    policy: str
    """
    The policy's name.
    """
    version: str
    """
    Its version.
    """
    rule: str
    """
    The rule's id.
    """
    citation: str
    """
    The paragraph that demands it.
    """
    until: str | None
    """
    From when on the records may go; null where that is not known yet.
    """


Creditor: TypeAlias = str


class KeyBody(TypedDict, closed=True):
    """
    What a new key may do, for whom, how often and how long.
    """

    name: str
    """
    The name.
    """
    role: Literal['producer', 'ops', 'auditor', 'admin']
    """
    What the key may do.
    """
    creditors: NotRequired[list[Creditor] | None]
    """
    Limits the key to these creditors; null for all.
    """
    rate_per_minute: NotRequired[int | None]
    """
    Requests a minute that each API process answers; null for no limit.
    """
    expires_at: NotRequired[str | None]
    """
    From when on it is of no use; null for never.
    """


class KeyRecord(TypedDict):
    """
    An API key; never its secret.
    """

    id: str
    """
    Names the key in the log and here.
    """
    name: str
    """
    For people.
    """
    role: Literal['producer', 'ops', 'auditor', 'admin']
    """
    What it may do.
    """
    creditors: list[str] | None
    """
    The creditors that it is limited to; null for all.
    """
    rate_per_minute: int | None
    """
    Requests a minute that each API process answers; null for no limit.
    """
    created_at: str
    """
    When it was made.
    """
    created_by: str
    """
    Who made it.
    """
    expires_at: str | None
    """
    From when on it is of no use.
    """
    revoked_at: str | None
    """
    When it was revoked.
    """
    replaces: str | None
    """
    The key that it was rotated from.
    """


class KnownAddress(TypedDict):
    """
    An address with what is known about it.
    """

    address: str
    """
    Telephone number in E.164 form, or mailbox.
    """
    kind: NotRequired[str | None]
    """
    Such as `mobile` or `work_phone`; absent where it is not known.
    """
    source: NotRequired[str | None]
    """
    Where it comes from, such as `given_by_borrower`; absent where it is not known.
    """


class LearningPolicyVersion(TypedDict):
    """
    One version of a learning policy; nothing is edited in place.
    """

    name: str
    """
    The policy's name.
    """
    version: int
    """
    Its number, from 1.
    """
    creditor: str
    """
    Whose it is; no other creditor's data is read.
    """
    stage: Literal['shadow', 'chance', 'live']
    """
    How far it may go.
    """
    state: Literal['draft', 'tested', 'approved', 'active', 'retired', 'stopped']
    """
    How far it came.
    """
    digest: str
    """
    SHA-256 of its canonical text, in hex.
    """
    sentences: list[str]
    """
    What the second key approves, in words.
    """
    created_at: str
    """
    When it was drafted.
    """
    created_by: str
    """
    Who drafted it.
    """
    tested_at: str | None
    """
    When it was said what it means.
    """
    approved_at: str | None
    """
    When a second key approved it.
    """
    approved_by: str | None
    """
    Which one.
    """
    active_from: str | None
    """
    Since when it chooses.
    """
    ended_at: str | None
    """
    When it was retired or stopped.
    """
    ended_by: str | None
    """
    By whom; `system` where a stop rule did it.
    """
    reason: str | None
    """
    Why.
    """
    document: str
    """
    Its text.
    """


class LearningPolicyVersions(TypedDict):
    """
    A learning policy with every version, the newest first.
    """

    name: str
    """
    Its name.
    """
    creditor: str
    """
    Whose it is.
    """
    active_version: int | None
    """
    The number of the one in force; null for none.
    """
    versions: list[LearningPolicyVersion]
    """
    The newest first.
    """


class LearningRun(TypedDict):
    """
    What came of a week's learning.
    """

    week: str
    """
    The Monday of the week.
    """
    at: str
    """
    When it ran last.
    """
    snapshot: str | None
    """
    What was learned; null where nothing was.
    """
    result: str
    """
    `learned`, or why nothing was.
    """


class LearningTest(TypedDict):
    """
    What a version means.
    """

    sentences: list[str]
    """
    In words.
    """
    rounds: int
    """
    Rounds that are known.
    """
    frontier: list[FrontierPoint] | None
    """
    What other weights would do on them; null where they are too few.
    """
    version: LearningPolicyVersion
    """
    The version as it stands now.
    """


class LegalHold(TypedDict):
    """
    A hold: while it stands nothing of the borrower goes.
    """

    placed_at: str
    """
    Since when it stands.
    """
    placed_by: str
    """
    Who placed it, such as `key:…`.
    """
    because: str
    """
    Why.
    """


class LegalHoldBody(TypedDict, closed=True):
    """
    Why nothing of the borrower may go; stands in the log, so it must not name the person.
    """

    because: str
    """
    Why, in one line; it stands in the log and must not name the person.
    """


class LiftBody(TypedDict, closed=True):
    """
    Why a suppression is lifted.
    """

    reason: str
    """
    Why, in one line; it stands in the log.
    """


class LogEntry(TypedDict):
    """
    One line of the dispatch log.
    """

    index: int | None
    """
    Its place in the log, from 0; null for the second before it is sealed.
    """
    at: str
    """
    When it happened.
    """
    kind: str
    """
    What happened, such as `decision` or `attempt.settled`.
    """
    actor: str
    """
    Who did it, such as `key:…`, `provider:…` or `system`.
    """
    borrower: str | None
    """
    The borrower's keyed digest, in hex; null for what is about none.
    """
    notice: str | None
    """
    The id of the notice.
    """
    channel: str | None
    """
    On which channel.
    """
    attempt: int | None
    """
    The number of the attempt.
    """
    verdict: Literal['allow', 'defer', 'suppress', 'hold'] | None
    """
    Of a decision.
    """
    policies: list[str]
    """
    The policies that bound it, with their versions, such as `us-reg-f@2`.
    """
    public: dict[str, JsonValue]
    """
    What stands openly in the leaf, by name; which names there are depends on the kind. Nothing personal.
    """
    detail: dict[str, JsonValue] | None
    """
    What the leaf commits to, by name, such as a decision's `facts` and `verdict`; `erased` where the borrower's key is gone, `unreadable` where it does not open.
    """
    leaf: str
    """
    The canonical text that was hashed, exactly.
    """
    cell: NotRequired[int | None]
    """
    In whose log it has its index; left out where there is one cell.
    """


class LogPage(TypedDict):
    """
    Entries, newest first.
    """

    items: list[LogEntry]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class MailAnswer(TypedDict):
    """
    What a mail was taken for.
    """

    taken_for: Literal['bounce', 'delivered', 'delayed', 'complaint', 'message', 'automatic']
    """
    The kind of mail.
    """
    delivery_id: str | None
    """
    The delivery that it is about; null where none is known.
    """
    effect: NotRequired[str | None]
    """
    What a report did, such as `advanced` or `repeated`.
    """
    state: NotRequired[str | None]
    """
    The delivery's state after it.
    """
    meaning: NotRequired[str | None]
    """
    What a person's words were taken for, such as `opt_out`.
    """


class MailboxBody(TypedDict, closed=True):
    """
    A mailbox, and what is known about it.
    """

    address: str
    """
    The mailbox.
    """
    kind: NotRequired[Literal['personal', 'work_email', 'unknown']]
    """
    What kind of address it is; unknown counts as a mobile where a machine speaks, and as work for nobody.
    """
    source: NotRequired[Literal['given_by_borrower', 'given_to_creditor', 'skip_trace', 'unknown']]
    """
    Where the address comes from.
    """


class Measure(TypedDict):
    """
    How often something came after the contacts of a group.
    """

    count: int
    """
    Contacts that it came after.
    """
    mature: int
    """
    Those of them whose window is over.
    """
    share: float | None
    """
    Of the mature contacts, from 0 to 1; null without any.
    """
    low: float | None
    """
    The lower end of its 95 % interval (Wilson).
    """
    high: float | None
    """
    The upper end of its 95 % interval (Wilson).
    """


class NewKey(TypedDict):
    """
    A key with its secret.
    """

    id: str
    """
    Names the key in the log and here.
    """
    name: str
    """
    For people.
    """
    role: Literal['producer', 'ops', 'auditor', 'admin']
    """
    What it may do.
    """
    creditors: list[str] | None
    """
    The creditors that it is limited to; null for all.
    """
    rate_per_minute: int | None
    """
    Requests a minute that each API process answers; null for no limit.
    """
    created_at: str
    """
    When it was made.
    """
    created_by: str
    """
    Who made it.
    """
    expires_at: str | None
    """
    From when on it is of no use.
    """
    revoked_at: str | None
    """
    When it was revoked.
    """
    replaces: str | None
    """
    The key that it was rotated from.
    """
    key: str
    """
    The secret, shown this once.
    """


class NewWebhookEndpoint(TypedDict):
    """
    An endpoint with its secret.
    """

    id: str
    """
    Such as `whk_…`.
    """
    url: str
    """
    Where the requests go.
    """
    types: list[str]
    """
    Which types of events, such as `delivery.*`.
    """
    creditor: str | None
    """
    Only this creditor's events; null for all.
    """
    description: str
    """
    For people.
    """
    enabled: bool
    """
    Events are sent to it.
    """
    disabled_reason: str | None
    """
    One sentence why it is disabled, such as that the receiver answered 410 Gone.
    """
    failing_since: str | None
    """
    Since when nothing was taken; null while it works.
    """
    previous_secret_until: str | None
    """
    Until when requests are signed by the secret before, too.
    """
    created_at: str
    """
    When it was made.
    """
    updated_at: str
    """
    When it changed last.
    """
    secret: str
    """
    `whsec_…`, shown this once.
    """


class NotJudged(TypedDict):
    """
    Decisions that could not be taken again.
    """

    facts_erased: int
    """
    The borrower was erased since.
    """
    facts_unreadable: int
    """
    Their facts do not open.
    """
    policy_gone: int
    """
    A policy that bound them has no text any more.
    """


class OffPolicy(TypedDict):
    """
    What another order would have brought, by logged chances (SNIPS), or that it cannot be said yet.
    """

    answer: Literal['estimated', 'cannot be said yet']
    """
    Whether it can be said.
    """
    decisions: int
    """
    Decisions that bear on it.
    """
    effective: float
    """
    How many equally weighted ones they are worth.
    """
    largest_weight: float
    """
    How many others the weightiest one stands for.
    """
    per_1000: float | None
    """
    In 1,000 decisions; null where it cannot be said.
    """
    low: float | None
    """
    The lower end of its 95 % interval.
    """
    high: float | None
    """
    The upper end of its 95 % interval.
    """
    dr: DoublyRobust | None
    """
    The doubly robust estimate.
    """


class OutcomeRow(TypedDict):
    """
    The counts of one group; it has a field for each name of `by`.
    """

    tier: NotRequired[str | None]
    """
    How far past due, where `by` names it: `before due`, `early`, `middle`, `late` or `unknown`.
    """
    template: NotRequired[str | None]
    """
    The template, where `by` names it.
    """
    channel: NotRequired[str | None]
    """
    The channel, where `by` names it.
    """
    band: NotRequired[str | None]
    """
    The three hours of the borrower's day, such as `08-11`, where `by` names it.
    """
    week: NotRequired[str | None]
    """
    The week of the year, such as `2026-W46`, where `by` names it.
    """
    creditor: NotRequired[str | None]
    """
    The creditor, where `by` names it.
    """
    group: NotRequired[str | None]
    """
    The group of an experiment, or `none`, where `by` names it.
    """
    contacts: int
    """
    Contacts of the span.
    """
    mature: int
    """
    Those whose window is over.
    """
    not_mature: int
    """
    Those whose window is not over yet.
    """
    cost: NotRequired[str | None]
    """
    What our own contacts cost, in plain digits, where `prices` names any; null where one of them went by a channel without a price.
    """
    reached: Measure
    """
    Contacts that were delivered, or that somebody or a mailbox answered.
    """
    payments: Measure
    """
    Payments.
    """
    promises: Measure
    """
    Promises to pay.
    """
    plan_requests: Measure
    """
    Requests for a payment plan.
    """
    replies: Measure
    """
    Messages from the borrower.
    """
    opt_outs: Measure
    """
    Opt-outs.
    """
    complaints: Measure
    """
    Complaints.
    """
    disputes: Measure
    """
    Disputes.
    """
    hang_ups: Measure
    """
    Calls that the borrower ended at once.
    """


class PhoneBody(TypedDict, closed=True):
    """
    A telephone number, and what is known about it.
    """

    address: str
    """
    The number (E.164).
    """
    kind: NotRequired[Literal['mobile', 'home_landline', 'work_phone', 'personal', 'unknown']]
    """
    Unknown counts as a mobile where a machine speaks.
    """
    source: NotRequired[Literal['given_by_borrower', 'given_to_creditor', 'skip_trace', 'unknown']]
    """
    Where the address comes from.
    """


class PlannedReceipt(TypedDict):
    """
    A receipt that the sandbox gave.
    """

    after_seconds: float
    """
    Seconds after the hand-over.
    """
    progress: str
    """
    What it said, such as `delivered`.
    """
    outcome: str | None
    """
    The contact's outcome; null while in flight.
    """
    code: str | None
    """
    The provider's code.
    """
    reason: str
    """
    One sentence.
    """
    digest: str | None
    """
    Equal for the same word said twice.
    """
    opted_out: bool
    """
    It said that the borrower opted out.
    """
    address_dead: bool
    """
    It said that the address is dead.
    """


class PolicySummary(TypedDict):
    """
    A policy, and which version of it binds.
    """

    name: str
    """
    Its name.
    """
    title: str | None
    """
    In words; null where no version is in force.
    """
    force: str | None
    """
    What gives it force: a law, a code, a contract or the house.
    """
    shipped: bool
    """
    It ships with the service, as version 0.
    """
    versions: int
    """
    How many there are.
    """
    latest_version: int
    """
    The number of the newest.
    """
    active_version: int | None
    """
    The number of the one in force; null for none.
    """
    digest: str | None
    """
    SHA-256 of the text in force, in hex.
    """


class PreviewChannel(TypedDict):
    """
    The verdict on one channel.
    """

    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    `allow`, `defer` (see `until`), `suppress`, or `hold` (a person must decide).
    """
    judged_as: str
    """
    How law sees the contact: `voice_prerecorded` where a machine speaks.
    """
    until: str | None
    """
    Of a deferral: the earliest instant that satisfies every rule at once.
    """
    too_late: NotRequired[bool]
    """
    `until` is not before the notice's end: the delivery is expired.
    """
    valid_until: str | None
    """
    Until when a message that is allowed may leave.
    """
    warnings: list[str]
    """
    Factors that do not block; `place_conflict`, `zone_conflict` and `place_unknown` are about the evidence of place.
    """
    findings: list[Finding]
    """
    Every rule that speaks against it.
    """
    bound_by: NotRequired[list[BoundBy]]
    """
    The laws that bind, by place and evidence; those that bind everywhere are not among them.
    """
    tzdata: str
    """
    The version of the zone data.
    """
    channel: Literal['sms', 'email', 'voice', 'whatsapp']
    """
    Which channel.
    """
    policies: list[str]
    """
    Every policy that binds, with its version, such as `house-strict@1`.
    """
    language: str | None
    """
    The language in which it would be sent; null where the template has no words for the channel.
    """
    segments: NotRequired[int | None]
    """
    A text's segments: what it costs.
    """
    encoding: NotRequired[Literal['GSM-7', 'UCS-2'] | None]
    """
    A text's alphabet.
    """
    forced_by: NotRequired[list[str] | None]
    """
    The characters that force UCS-2, with 70 instead of 160 to a segment.
    """


class ProblemError(TypedDict):
    """
    One thing that is wrong: a JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`.
    """

    pointer: str
    """
    Where it is (RFC 6901); empty for the whole body.
    """
    detail: str
    """
    One sentence: what was expected and what came.
    """
    code: str
    """
    A stable word for the kind of fault, such as `missing`.
    """


class ProposedDocument(TypedDict, closed=True):
    """
    The message to judge.
    """

    at: str
    """
    The instant that the decision is about, with an offset.
    """
    tz: NotRequired[str | None]
    """
    Informative: the zone that `at` was written in.
    """
    channel: str
    """
    How the person would be reached, as law sees it.
    """
    to: NotRequired[str]
    """
    Who would be reached.
    """
    sender_role: NotRequired[str]
    """
    What the sender is to the debt.
    """
    debt_ids: NotRequired[list[str] | None]
    """
    The debts that the message is about; none means all.
    """
    content_class: NotRequired[str | None]
    """
    What its words amount to in law.
    """
    category: NotRequired[str | None]
    """
    The category of its notice.
    """
    creditor: NotRequired[str | None]
    """
    Whose debt it is about.
    """
    account_id: NotRequired[str | None]
    """
    The account that it is about.
    """
    address: NotRequired[str | None]
    """
    The telephone number or mailbox, or any name that stands for it.
    """
    address_kind: NotRequired[str | None]
    """
    What kind of address it is, such as `mobile` or `work_email`.
    """
    in_response_to: NotRequired[str | None]
    """
    The `ref` of the borrower's own message or call that it answers.
    """
    topic: NotRequired[str | None]
    """
    What it is about, where a wish is limited to a topic.
    """
    tier: NotRequired[str | None]
    """
    The tier of care that it belongs to.
    """
    template: NotRequired[str | None]
    """
    By which template it is worded.
    """
    optout_notice: NotRequired[bool | None]
    """
    Its words say how to opt out.
    """
    elements: NotRequired[list[str] | None]
    """
    What its words hold, such as `contact_phone`.
    """
    contains_marketing: NotRequired[bool]
    """
    It advertises something.
    """
    publicly_viewable: NotRequired[bool]
    """
    Others could see it.
    """
    requested_callback: NotRequired[bool]
    """
    The borrower asked for this call.
    """
    required_by_law: NotRequired[bool]
    """
    The law requires it to be told.
    """
    third_party_requested: NotRequired[bool]
    """
    Somebody else than the borrower asked for it.
    """
    check_text_safe_harbor: NotRequired[bool]
    """
    Judge whether a text meets the safe harbor, too.
    """
    time_consent: NotRequired[bool]
    """
    The borrower agreed to this very time.
    """
    occasion_bar: NotRequired[str | None]
    """
    An occasion that bars contact, such as a funeral.
    """


class Reach(TypedDict):
    """
    How much of what waits a version binds.
    """

    open_deliveries: int
    """
    Waiting deliveries that it binds.
    """
    of: int
    """
    Waiting deliveries that were looked at.
    """
    complete: bool
    """
    These are all that wait.
    """
    warning: NotRequired[str | None]
    """
    A sentence where it binds none.
    """


class Ready(TypedDict):
    """
    The service can work.
    """

    status: Literal['ready']
    """
    It can.
    """
    schema: str
    """
    The revision of the database's schema.
    """


class ReasonBody(TypedDict, closed=True):
    """
    Why; it stands in the log.
    """

    reason: str
    """
    Why, in one line; it stands in the log.
    """


class ReceiptAnswer(TypedDict):
    """
    What a receipt did.
    """

    effect: str
    """
    Such as `advanced`, `repeated` or `conflict`.
    """
    state: NotRequired[str | None]
    """
    The delivery's state after it.
    """


Delivery1: TypeAlias = str


class ReleaseBody(TypedDict, closed=True):
    """
    Which deliveries, what becomes of them, and why; the reason stands in the log, so it must not name the
    person.
    """

    deliveries: list[Delivery1]
    """
    Ids of deliveries that are held.
    """
    how: Literal['decide_again', 'close', 'delivered', 'confirm', 'harmless']
    """
    What a person decided about them.
    """
    reason: str
    """
    Why, in one line; it stands in the log.
    """


class Released(TypedDict):
    """
    Whether one delivery was released.
    """

    delivery: str
    """
    Its id.
    """
    released: bool
    """
    False where it was not held, or `why` says why it stays so.
    """
    why: str | None
    """
    Why one that is held was not released; null of every other.
    """


class Releases(TypedDict):
    """
    One result for each delivery, in order.
    """

    results: list[Released]
    """
    In the order of the request.
    """


class RenderedContent(TypedDict):
    """
    The exact words. Which parts there are depends on the channel.
    """

    body: NotRequired[str | None]
    """
    Of a text: its words.
    """
    segments: NotRequired[int | None]
    """
    Of a text: how many messages it costs.
    """
    encoding: NotRequired[Literal['GSM-7', 'UCS-2'] | None]
    """
    Of a text: its alphabet.
    """
    forced_by: NotRequired[list[str] | None]
    """
    Of a text: the characters that force UCS-2, with 70 instead of 160 to a segment.
    """
    sender_name: NotRequired[str | None]
    """
    Of an e-mail: who writes.
    """
    subject: NotRequired[str | None]
    """
    Of an e-mail.
    """
    text: NotRequired[str | None]
    """
    Of an e-mail its plain words; of a call all that may be said.
    """
    html: NotRequired[str | None]
    """
    Of an e-mail: its words in HTML.
    """
    opening: NotRequired[str | None]
    """
    Of a call: what is said first, to whoever answers.
    """
    message: NotRequired[str | None]
    """
    Of a call: what is said to the borrower alone.
    """


class Rendering(TypedDict):
    """
    A template on a specimen.
    """

    name: str
    """
    The template's name.
    """
    version: int
    """
    Which version.
    """
    channel: Literal['sms', 'email', 'voice', 'whatsapp']
    """
    For which channel.
    """
    language: str
    """
    The language that was asked for (BCP 47).
    """
    content: RenderedContent
    """
    The words.
    """


EventId: TypeAlias = str


ReplayBody = TypedDict(
    'ReplayBody',
    {
        'from': NotRequired[str | None],
        'to': NotRequired[str | None],
        'event_ids': NotRequired[list[EventId] | None],
    },
    closed=True,
)


class Replayed(TypedDict):
    """
    How many events were put on their way again.
    """

    queued: int
    """
    Events that are on their way.
    """


class ReplyAnswer(TypedDict):
    """
    What a borrower's reply did.
    """

    borrowers: int
    """
    How many borrowers have the number that it came from.
    """
    taken_for: str
    """
    What the words were taken for, such as `opt_out`; `unclear` where a person must read them.
    """
    probably: str | None
    """
    What unclear words were probably meant for, such as `deceased`.
    """


ReplyBody = TypedDict(
    'ReplyBody',
    {
        'from': str,
        'words': str,
        'channel': NotRequired[Literal['sms', 'whatsapp']],
    },
    closed=True,
)


class RestraintShare(TypedDict):
    """
    How often nothing was sent.
    """

    unanswered: int
    """
    After so many unanswered messages; 3 means three or more.
    """
    rounds: int
    """
    Rounds.
    """
    count: int
    """
    Those in which nothing was sent.
    """
    share: float | None
    """
    Of the rounds, from 0 to 1.
    """
    low: float | None
    """
    The lower end of its 95 % interval (Wilson).
    """
    high: float | None
    """
    The upper end of its 95 % interval (Wilson).
    """


class RotateBody(TypedDict, closed=True):
    """
    How long the old key stays good beside the new one.
    """

    overlap: NotRequired[str | int | None]
    """
    Without it 24 hours.
    """
    expires_at: NotRequired[str | None]
    """
    Of the new key; without it, it lives as long as the old one was meant to.
    """


class SandboxMessage(TypedDict):
    """
    A message that a sandbox adapter "sent". Which parts it has depends on the channel.
    """

    attempt: str
    """
    The id of the attempt.
    """
    notice: str | None
    """
    The id of the notice.
    """
    channel: str
    """
    On which channel.
    """
    to: str
    """
    The address.
    """
    language: str
    """
    The language of the words (BCP 47).
    """
    text: str
    """
    Its words; of an e-mail the plain ones, of a call all that may be said.
    """
    segments: NotRequired[int | None]
    """
    Of a text: how many messages it costs.
    """
    encoding: NotRequired[Literal['GSM-7', 'UCS-2'] | None]
    """
    Of a text: its alphabet.
    """
    variables: NotRequired[dict[str, str] | None]
    """
    Of a WhatsApp message: what stands at the places of the approved text.
    """
    subject: NotRequired[str | None]
    """
    Of an e-mail.
    """
    html: NotRequired[str | None]
    """
    Of an e-mail: its words in HTML.
    """
    opening: NotRequired[str | None]
    """
    Of a call: what is said first, to whoever answers.
    """
    message: NotRequired[str | None]
    """
    Of a call: what is said to the borrower alone.
    """
    keys: NotRequired[dict[str, str] | None]
    """
    Of a call: what each key of the telephone does, by key.
    """
    ref: str
    """
    The provider's id.
    """
    at: str
    """
    When it was "sent".
    """
    receipts: list[PlannedReceipt]
    """
    What was reported of it so far.
    """


class SandboxPage(TypedDict):
    """
    Messages, the newest first.
    """

    items: list[SandboxMessage]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class Senders(TypedDict):
    """
    By channel, the account of the deployment's settings that a creditor's messages leave by; null for the
    deployment's own.
    """

    sms: str | None
    """
    Of texts.
    """
    email: str | None
    """
    Of e-mails.
    """
    voice: str | None
    """
    Of calls.
    """
    whatsapp: str | None
    """
    Of WhatsApp messages.
    """


class SendersBody(TypedDict, closed=True):
    """
    By channel, the name of an account in FORBEAR_SENDERS; on a channel without one messages leave by the
    deployment's own account.
    """

    sms: NotRequired[str | None]
    """
    Of texts.
    """
    email: NotRequired[str | None]
    """
    Of e-mails.
    """
    voice: NotRequired[str | None]
    """
    Of calls.
    """
    whatsapp: NotRequired[str | None]
    """
    Of WhatsApp messages.
    """


class Share(TypedDict):
    """
    How often something came of rounds.
    """

    count: int
    """
    Rounds that it came of.
    """
    share: float | None
    """
    Of the mature rounds, from 0 to 1; null without any.
    """
    low: float | None
    """
    The lower end of its 95 % interval (Wilson).
    """
    high: float | None
    """
    The upper end of its 95 % interval (Wilson).
    """


SimulateBody = TypedDict(
    'SimulateBody',
    {
        'from': str,
        'to': str,
        'limit': NotRequired[int],
    },
    closed=True,
)


SimulatedChange = TypedDict(
    'SimulatedChange',
    {
        'effect': Literal['waits', 'waits_longer', 'waits_less', 'stopped', 'held', 'goes'],
        'from': Literal['allow', 'defer', 'suppress', 'hold'],
        'to': Literal['allow', 'defer', 'suppress', 'hold'],
        'decisions': int,
        'deliveries': int,
        'average_wait_hours': float | None,
    },
)


class SimulatedDecisions(TypedDict):
    """
    How many decisions of the range were taken again.
    """

    total: int
    """
    Decisions in the range.
    """
    judged: int
    """
    Those that were taken again.
    """
    bound: int
    """
    Those that the version would have bound.
    """
    changed: int
    """
    Those that would have come out otherwise.
    """
    judged_by_other_text: int
    """
    Those whose policies or zone data are not quite those of then.
    """
    not_judged: NotJudged
    """
    Those that could not be taken again, by cause.
    """


class Snapshot(TypedDict):
    """
    What was learned in one week.
    """

    digest: str
    """
    SHA-256 of its text, in hex.
    """
    creditor: str
    """
    Of whose rounds.
    """
    policy: str
    """
    Under which policy.
    """
    policy_digest: str
    """
    And which text of it.
    """
    week: str
    """
    The Monday of the week.
    """
    made_at: str
    """
    When it was learned.
    """
    lives_until: str
    """
    From then on the plain order holds.
    """


class SnapshotInFull(TypedDict):
    """
    What was learned, with everything that it chooses by.
    """

    digest: str
    """
    SHA-256 of its text, in hex.
    """
    creditor: str
    """
    Of whose rounds.
    """
    policy: str
    """
    Under which policy.
    """
    policy_digest: str
    """
    And which text of it.
    """
    week: str
    """
    The Monday of the week.
    """
    made_at: str
    """
    When it was learned.
    """
    lives_until: str
    """
    From then on the plain order holds.
    """
    named: dict[str, int]
    """
    Each point in millionths of a payment.
    """
    document: dict[str, JsonValue]
    """
    The text as it was hashed, as JSON: the points and their 256 draws.
    """


class SnapshotPage(TypedDict):
    """
    What was learned, the newest first.
    """

    items: list[Snapshot]
    """
    Without their points.
    """
    next_cursor: str | None
    """
    Always null: `limit` says how many.
    """


class SpecimenBody(TypedDict, closed=True):
    """
    What to show; without a debt, a made-up one.
    """

    channel: Literal['sms', 'email', 'voice', 'whatsapp']
    """
    For which channel.
    """
    language: str
    """
    In which language (BCP 47), such as `en-US`.
    """
    version: NotRequired[int | None]
    """
    Without one, the one that new notices use, else the newest.
    """
    borrower_name: NotRequired[str]
    """
    The name that the words are addressed to.
    """
    sender_role: NotRequired[Literal['original_creditor', 'third_party', 'debt_buyer']]
    """
    What the sender is to the debt.
    """
    first_communication: NotRequired[bool]
    """
    Word it as the first message about the debt.
    """
    debt: NotRequired[DebtBody | None]
    """
    The debt to show; without it one that is made up.
    """


class StopEvidence(TypedDict):
    """
    How far each stop rule is: evidence by betting, valid at every look.
    """

    harm: float
    """
    For more opt-outs and complaints than in the hold-out.
    """
    bound: float
    """
    For more of them than the policy's bound.
    """
    payments: float
    """
    For fewer payments than the share of the hold-out's that is asked for.
    """
    limit: float
    """
    At which any of them stops.
    """
    reason: str | None
    """
    Why it must stop; null where it need not.
    """


class StoredVerdict(TypedDict):
    """
    The decision that was taken last.
    """

    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    `allow`, `defer` (see `until`), `suppress`, or `hold` (a person must decide).
    """
    judged_as: str
    """
    How law sees the contact: `voice_prerecorded` where a machine speaks.
    """
    until: str | None
    """
    Of a deferral: the earliest instant that satisfies every rule at once.
    """
    too_late: NotRequired[bool]
    """
    `until` is not before the notice's end: the delivery is expired.
    """
    valid_until: str | None
    """
    Until when a message that is allowed may leave.
    """
    warnings: list[str]
    """
    Factors that do not block; `place_conflict`, `zone_conflict` and `place_unknown` are about the evidence of place.
    """
    findings: list[Finding]
    """
    Every rule that speaks against it.
    """
    bound_by: NotRequired[list[BoundBy]]
    """
    The laws that bind, by place and evidence; those that bind everywhere are not among them.
    """
    tzdata: str
    """
    The version of the zone data.
    """


class Suppression(TypedDict):
    """
    A wish or fact that belongs to an address, whoever has it. The address itself is kept as a digest.
    """

    id: str
    """
    Such as `sup_94`.
    """
    address: NotRequired[str | None]
    """
    In the answer to the one who named it.
    """
    channel: str
    """
    On which channel, or `any`.
    """
    reason: str
    """
    Such as `opt_out` or `wrong_number`.
    """
    said_at: str
    """
    When it was said.
    """
    recorded_at: str
    """
    Since when it is in force.
    """
    added_by: str
    """
    Who recorded it, such as `borrower`, `provider:…` or `key:…`.
    """
    via: str
    """
    How it came, such as `api`, `reply` or `provider`.
    """
    note: str | None
    """
    What was noted with it.
    """
    lifted_at: str | None
    """
    When it was lifted; null while it stands.
    """
    lifted_by: str | None
    """
    Who lifted it.
    """
    lifted_because: str | None
    """
    Why it was lifted.
    """


class SuppressionBody(TypedDict, closed=True):
    """
    What is to be suppressed: one address on one channel, or on any.
    """

    address: str
    """
    Telephone number (E.164) or mailbox.
    """
    channel: Literal['sms', 'email', 'voice', 'whatsapp', 'any']
    """
    On which channel.
    """
    reason: Literal['opt_out', 'cease', 'complaint', 'wrong_number', 'reassigned', 'dead_address']
    """
    What was said or found.
    """
    note: NotRequired[str | None]
    """
    Whatever a person should know; kept encrypted.
    """


class SuppressionPage(TypedDict):
    """
    Suppressions, the newest first.
    """

    items: list[Suppression]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class TemplateSummary(TypedDict):
    """
    A template, and which version of it new notices use.
    """

    name: str
    """
    Its name.
    """
    categories: list[str]
    """
    Under which categories it may be sent.
    """
    content: str
    """
    What kind of text it is, such as `collection`.
    """
    languages: list[str]
    """
    In which languages it has words (BCP 47).
    """
    channels: list[str]
    """
    For which channels it has words.
    """
    shipped: bool
    """
    It ships with the service, as version 0.
    """
    versions: int
    """
    How many there are.
    """
    latest_version: int
    """
    The number of the newest.
    """
    active_version: int | None
    """
    The number of the one that new notices use; null for none.
    """


class TemplateVersion(TypedDict):
    """
    One version of a template; nothing is edited in place.
    """

    name: str
    """
    The template's name.
    """
    version: int
    """
    Its number; 0 ships with the service.
    """
    state: Literal['draft', 'approved', 'active', 'superseded']
    """
    How far it came.
    """
    digest: str
    """
    SHA-256 of its text, in hex.
    """
    created_at: str | None
    """
    When it was drafted.
    """
    created_by: str
    """
    Who drafted it.
    """
    approved_at: str | None
    """
    When a second key approved it.
    """
    approved_by: str | None
    """
    Which one.
    """
    activated_at: str | None
    """
    From when on new notices used it.
    """
    activated_by: str | None
    """
    Who activated it.
    """
    reason: str | None
    """
    Why it was activated.
    """
    document: str
    """
    Its text, as it was given.
    """
    languages: NotRequired[list[str] | None]
    """
    Of a new version: in which languages it has words.
    """
    channels: NotRequired[list[str] | None]
    """
    Of a new version: for which channels it has words.
    """


class TemplateVersions(TypedDict):
    """
    A template with every version, the newest first.
    """

    name: str
    """
    Its name.
    """
    latest_version: int
    """
    The number of the newest.
    """
    active_version: int | None
    """
    The number of the one that new notices use; null for none.
    """
    versions: list[TemplateVersion]
    """
    The newest first; what ships is the last.
    """


class Verdict(TypedDict):
    """
    The decision on one message at one instant, with its reasons.
    """

    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    `allow`, `defer` (see `until`), `suppress`, or `hold` (a person must decide).
    """
    judged_as: str
    """
    How law sees the contact: `voice_prerecorded` where a machine speaks.
    """
    until: str | None
    """
    Of a deferral: the earliest instant that satisfies every rule at once.
    """
    too_late: NotRequired[bool]
    """
    `until` is not before the notice's end: the delivery is expired.
    """
    valid_until: str | None
    """
    Until when a message that is allowed may leave.
    """
    warnings: list[str]
    """
    Factors that do not block; `place_conflict`, `zone_conflict` and `place_unknown` are about the evidence of place.
    """
    findings: list[Finding]
    """
    Every rule that speaks against it.
    """
    bound_by: NotRequired[list[BoundBy]]
    """
    The laws that bind, by place and evidence; those that bind everywhere are not among them.
    """
    tzdata: str
    """
    The version of the zone data.
    """


class VerdictAfter(TypedDict):
    """
    What would have been decided.
    """

    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    The decision.
    """
    until: str | None
    """
    Of a deferral.
    """
    reason: str | None
    """
    The sentence that weighs most.
    """


class VerdictBefore(TypedDict):
    """
    What was decided.
    """

    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    The decision.
    """
    until: str | None
    """
    Of a deferral.
    """


class WebhookAttempt(TypedDict):
    """
    A request, and what came of it.
    """

    event_id: str
    """
    The `webhook-id` of the request.
    """
    type: str
    """
    The event's type.
    """
    number: int
    """
    Which try, from 1.
    """
    at: str
    """
    When the request was made.
    """
    delivered: bool
    """
    The endpoint took it (2xx).
    """
    status: int | None
    """
    The HTTP status of its answer.
    """
    error: str | None
    """
    Why there was no answer.
    """
    milliseconds: int
    """
    From the request to the end of the answer.
    """
    answer: str | None
    """
    The first kilobyte of the answer.
    """


class WebhookAttempts(TypedDict):
    """
    Requests, the newest first.
    """

    items: list[WebhookAttempt]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class WebhookData(TypedDict):
    """
    What an event is about: ids, states, the sender's own words. Never an address, a name or a text.
    """

    notice_id: NotRequired[str | None]
    """
    The notice's id, such as `ntc_…`.
    """
    delivery_id: NotRequired[str | None]
    """
    The delivery's id, such as `ntc_….sms`.
    """
    borrower_id: NotRequired[str | None]
    """
    The upstream system's own id of the borrower.
    """
    channel: NotRequired[str | None]
    """
    The delivery's channel.
    """
    state: NotRequired[str | None]
    """
    The delivery's; of a notice `open` or `done`.
    """
    reference: NotRequired[str | None]
    """
    The upstream system's own name for a notice.
    """
    metadata: NotRequired[dict[str, str] | None]
    """
    The upstream system's own pairs of strings.
    """
    log_index: NotRequired[int | None]
    """
    The entry of the dispatch log that says so.
    """


class WebhookEndpoint(TypedDict):
    """
    An endpoint; its secret is shown where it is made and where it is replaced.
    """

    id: str
    """
    Such as `whk_…`.
    """
    url: str
    """
    Where the requests go.
    """
    types: list[str]
    """
    Which types of events, such as `delivery.*`.
    """
    creditor: str | None
    """
    Only this creditor's events; null for all.
    """
    description: str
    """
    For people.
    """
    enabled: bool
    """
    Events are sent to it.
    """
    disabled_reason: str | None
    """
    One sentence why it is disabled, such as that the receiver answered 410 Gone.
    """
    failing_since: str | None
    """
    Since when nothing was taken; null while it works.
    """
    previous_secret_until: str | None
    """
    Until when requests are signed by the secret before, too.
    """
    created_at: str
    """
    When it was made.
    """
    updated_at: str
    """
    When it changed last.
    """


class WebhookEndpoints(TypedDict):
    """
    Every endpoint.
    """

    items: list[WebhookEndpoint]
    """
    One page.
    """
    next_cursor: None
    """
    Asks for the next page; null at the end.
    """


class WebhookEvent(TypedDict):
    """
    The body of a request. `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard
    Webhooks (v1).
    """

    type: Literal['notice.accepted', 'notice.done', 'delivery.due', 'delivery.deferred', 'delivery.sending', 'delivery.accepted', 'delivery.held_by_provider', 'delivery.delivered', 'delivery.undelivered', 'delivery.rejected', 'delivery.suppressed', 'delivery.held', 'delivery.exhausted', 'delivery.expired', 'delivery.cancelled', 'delivery.unknown', 'event.recorded', 'suppression.added', 'suppression.lifted', 'inbound.unmatched', 'policy.activated', 'policy.retired', 'log.checkpoint', 'webhook.test']
    """
    What happened.
    """
    timestamp: str
    """
    When it happened.
    """
    data: WebhookData
    """
    What it is about.
    """


class Why(TypedDict):
    """
    Why a message came as it did, or did not come.
    """

    notice: str
    """
    The notice's id.
    """
    group: Literal['learned', 'holdout', 'plain', 'shadow', 'chance']
    """
    How it came about.
    """
    arm: str | None
    """
    The channel and the part of the day, or `none`; null where nothing was chosen.
    """
    policy: str | None
    """
    By which policy.
    """
    snapshot: str | None
    """
    By what was learned.
    """
    decided_at: str | None
    """
    When it was chosen.
    """
    planned_at: str | None
    """
    For when.
    """
    sentences: dict[str, str]
    """
    For the borrower, by language: `en`, `es`, `zh-CN`.
    """


FreeDocument: TypeAlias = dict[str, JsonValue]
"""
A document whose form is described by a schema of its own: of policies the one that `forbear policy schema` prints.
"""


class Addresses(TypedDict):
    """
    Where a borrower can be reached; null for a channel without an address.
    """

    sms: NotRequired[str | KnownAddress | None]
    """
    Telephone number for texts (E.164), alone or with what is known about it.
    """
    voice: NotRequired[str | KnownAddress | None]
    """
    Telephone number for calls (E.164), alone or with what is known about it.
    """
    email: NotRequired[str | KnownAddress | None]
    """
    Mailbox, alone or with what is known about it.
    """
    whatsapp: NotRequired[str | KnownAddress | None]
    """
    Telephone number for WhatsApp (E.164), alone or with what is known about it.
    """


class AddressesBody(TypedDict, closed=True):
    """
    Where the borrower can be reached: at most one address a channel.
    """

    sms: NotRequired[str | PhoneBody | None]
    """
    For texts: a number (E.164), alone or with what is known about it.
    """
    voice: NotRequired[str | PhoneBody | None]
    """
    For calls: a number (E.164), alone or with what is known about it.
    """
    email: NotRequired[str | MailboxBody | None]
    """
    A mailbox, alone or with what is known about it.
    """
    whatsapp: NotRequired[str | PhoneBody | None]
    """
    For WhatsApp: a number (E.164), alone or with what is known about it.
    """


class BorrowerBody(TypedDict, closed=True):
    """
    A whole profile; it replaces the stored one.
    """

    id: NotRequired[str | None]
    """
    May repeat the id of the path; another one is refused.
    """
    name: NotRequired[str | None]
    """
    As messages print it; without links, numbers or threats.
    """
    language: NotRequired[str | None]
    """
    In which language (BCP 47), such as `en-US`.
    """
    jurisdiction: NotRequired[str | None]
    """
    Where the borrower is stated to be (ISO 3166), such as `US-MA`.
    """
    time_zone: NotRequired[str | None]
    """
    Where the borrower is known to be (tz database), such as `America/New_York`.
    """
    postal_code: NotRequired[str | None]
    """
    Of the borrower's address.
    """
    country: NotRequired[str | None]
    """
    Of the borrower's address (ISO 3166), such as `US`.
    """
    addresses: AddressesBody
    """
    Where the borrower can be reached: at most one address a channel.
    """
    consents: NotRequired[list[ConsentBody] | None]
    """
    Consents that were given at onboarding; they count when the borrower is stored for the first time.
    """


class BorrowerProfile(TypedDict):
    """
    A borrower as stored last.
    """

    id: str
    """
    The upstream system's own id.
    """
    name: str | None
    """
    As messages print it.
    """
    language: str
    """
    In which messages are written (BCP 47).
    """
    jurisdiction: str | None
    """
    Where the borrower is stated to be (ISO 3166).
    """
    time_zone: str | None
    """
    Where the borrower is known to be (tz database).
    """
    postal_code: str | None
    """
    Of the borrower's address.
    """
    country: str | None
    """
    Of the borrower's address (ISO 3166).
    """
    addresses: Addresses
    """
    At most one a channel.
    """
    created_at: str
    """
    When the borrower was stored first.
    """
    updated_at: str
    """
    When the profile was stored last.
    """


class ChannelOutlook(TypedDict):
    """
    What would happen now to a message like the last one about a debt, on one channel.
    """

    debt_id: str
    """
    The upstream system's own id of the debt.
    """
    creditor: str
    """
    Whose debt it is.
    """
    channel: str
    """
    The channel that was judged.
    """
    judged_as: str
    """
    How law sees the contact: `voice_prerecorded` where a machine speaks.
    """
    verdict: Literal['allow', 'defer', 'suppress', 'hold']
    """
    The decision now.
    """
    next_allowed_at: str | None
    """
    The next instant at which it would be allowed; null where none is known.
    """
    warnings: list[str]
    """
    Factors that do not block.
    """
    findings: list[Finding]
    """
    The rules that speak against it, each with its sentence and citation.
    """
    bound_by: list[BoundBy]
    """
    The laws that bind, by place and evidence.
    """
    budgets: list[Budget]
    """
    What every cap leaves.
    """


class CreditorBody(TypedDict, closed=True):
    """
    The name that borrowers know, and at least one way to reach the lender.
    """

    name: str
    """
    The name that borrowers know.
    """
    phone: NotRequired[str | None]
    """
    A telephone number (E.164).
    """
    email: NotRequired[str | None]
    """
    A mailbox.
    """
    url: NotRequired[str | None]
    """
    An https URL.
    """
    senders: NotRequired[SendersBody | None]
    """
    The accounts that its messages leave by; without it the deployment's own.
    """


class CreditorProfile(TypedDict):
    """
    What every message says about who writes and how to reach them.
    """

    creditor: str
    """
    The creditor's name in notices and URLs.
    """
    name: str
    """
    The name that borrowers know.
    """
    phone: str | None
    """
    Telephone number (E.164).
    """
    email: str | None
    """
    Mailbox.
    """
    url: str | None
    """
    Page.
    """
    senders: Senders
    """
    The accounts that its messages leave by.
    """
    updated_at: str
    """
    When it was stored last.
    """
    updated_by: str
    """
    Who stored it.
    """


class Delivery(TypedDict):
    """
    The effort to bring one notice to one borrower on one channel.
    """

    id: str
    """
    Such as `ntc_….sms`.
    """
    channel: Literal['sms', 'email', 'voice', 'whatsapp']
    """
    On which channel.
    """
    state: Literal['due', 'deferred', 'sending', 'accepted', 'held_by_provider', 'delivered', 'undelivered', 'rejected', 'suppressed', 'held', 'exhausted', 'expired', 'cancelled', 'unknown']
    """
    Where it stands.
    """
    due_at: str | None
    """
    When it is decided next; null where nothing is due.
    """
    reason: NotRequired[str | None]
    """
    One sentence why it stands there.
    """
    attempts: list[Attempt]
    """
    Hand-overs to the provider, the oldest first.
    """
    verdict: StoredVerdict | None
    """
    The last decision; null before the first.
    """
    updated_at: NotRequired[str | None]
    """
    When it changed last.
    """


class Erasure(TypedDict):
    """
    What an erasure did.
    """

    erased_at: str
    """
    When the borrower's key and rows were destroyed first.
    """
    deliveries_cancelled: int
    """
    Deliveries that were stopped.
    """
    in_flight: int
    """
    Deliveries that a provider had taken already: they cannot be called back.
    """
    kept: list[Kept]
    """
    What keeps bare records, without the person, and until when.
    """


EventBody = TypedDict(
    'EventBody',
    {
        'event_id': NotRequired[str | None],
        'corrects': NotRequired[str | None],
        'borrower_id': str,
        'type': Literal['contact', 'inbound', 'opt_out', 'opt_in', 'consent', 'consent_call', 'revoke_consent', 'cease', 'cease_withdrawn', 'attorney', 'attorney_unresponsive', 'attorney_consents', 'attorney_withdrawn', 'employer_prohibits', 'home_inconvenient', 'designation', 'designation_withdrawn', 'agreed_hours', 'rnd_check', 'notice_sent', 'notice_mailed', 'became_overdue', 'debtor_unreachable', 'contact_person_refused', 'wrong_number', 'address_dead', 'dispute', 'dispute_resolved', 'bankruptcy', 'bankruptcy_dismissed', 'deceased', 'hardship_request', 'hardship_answered', 'person_hold', 'person_release', 'payment', 'promise_to_pay', 'number_given', 'unclear_words', 'help', 'automatic_reply', 'contact_deferred', 'hardship_offered', 'complaint', 'address_confirmed', 'plan_request', 'profiling_objection'],
        'at': str,
        'channel': NotRequired[Literal['voice', 'voice_prerecorded', 'ringless_vm', 'sms', 'email', 'im', 'letter', 'whatsapp', 'any'] | None],
        'direction': NotRequired[Literal['out', 'in'] | None],
        'outcome': NotRequired[Literal['conversation', 'rang_no_answer', 'voicemail_left', 'voicemail_available_not_left', 'no_voicemail_available', 'recorded_message_no_voicemail', 'answered_dropped', 'busy', 'not_in_service', 'delivered', 'bounced', 'in_flight', 'hung_up', 'unknown'] | None],
        'to': NotRequired[str | None],
        'from': NotRequired[str | None],
        'debt_ids': NotRequired[list[DebtId] | None],
        'discussed': NotRequired[list[DiscussedItem] | None],
        'account_id': NotRequired[str | None],
        'creditor': NotRequired[str | None],
        'category': NotRequired[str | None],
        'wrong_party': NotRequired[bool | None],
        'in_response_to': NotRequired[str | None],
        'requested_by_consumer': NotRequired[bool | None],
        'address': NotRequired[str | None],
        'address_kind': NotRequired[Literal['mobile', 'home_landline', 'personal', 'work_phone', 'work_email', 'home_mail'] | None],
        'content_class': NotRequired[Literal['optout_confirmation', 'consent_request', 'reminder', 'location', 'locate_only', 'termination_notice', 'may_invoke_remedy', 'will_invoke_remedy', 'hardship_answer', 'required_notice'] | None],
        'ref': NotRequired[str | None],
        'words': NotRequired[str | None],
        'text': NotRequired[str | None],
        'scope': NotRequired[Literal['address', 'medium'] | None],
        'topic': NotRequired[str | None],
        'via': NotRequired[str | None],
        'given_to': NotRequired[Literal['collector', 'creditor'] | None],
        'only_dates': NotRequired[list[str] | None],
        'inconvenient': NotRequired[list[InconvenientBody] | None],
        'until': NotRequired[str | None],
        'mailed': NotRequired[str | None],
        'expires_at': NotRequired[str | None],
        'result': NotRequired[Literal['not_reassigned', 'reassigned'] | None],
        'source': NotRequired[str | None],
    },
    closed=True,
)


EventDocument = TypedDict(
    'EventDocument',
    {
        'type': str,
        'at': str,
        'tz': NotRequired[str | None],
        'channel': NotRequired[str | None],
        'direction': NotRequired[Literal['out', 'in'] | None],
        'outcome': NotRequired[str | None],
        'to': NotRequired[str | None],
        'debt_ids': NotRequired[list[str] | None],
        'discussed': NotRequired[list[str] | None],
        'account_id': NotRequired[str | None],
        'creditor': NotRequired[str | None],
        'category': NotRequired[str | None],
        'content_class': NotRequired[str | None],
        'address': NotRequired[str | None],
        'address_kind': NotRequired[str | None],
        'wrong_party': NotRequired[bool],
        'requested_by_consumer': NotRequired[bool],
        'in_response_to': NotRequired[str | None],
        'ref': NotRequired[str | None],
        'event_id': NotRequired[str | None],
        'scope': NotRequired[Literal['address', 'medium'] | None],
        'topic': NotRequired[str | None],
        'via': NotRequired[str | None],
        'words': NotRequired[str | None],
        'text': NotRequired[str | None],
        'source': NotRequired[str | None],
        'given_to': NotRequired[Literal['collector', 'creditor'] | None],
        'only_dates': NotRequired[list[str] | None],
        'inconvenient': NotRequired[list[InconvenientDocument] | None],
        'from': NotRequired[str | None],
        'until': NotRequired[str | None],
        'result': NotRequired[Literal['not_reassigned', 'reassigned'] | None],
        'mailed': NotRequired[str | None],
        'expires_at': NotRequired[str | None],
        'note': NotRequired[str | None],
    },
    closed=True,
)


class ExperimentGroup(TypedDict):
    """
    The rounds of one group, and what came of them.
    """

    group: Literal['learned', 'holdout', 'plain', 'shadow', 'chance']
    """
    How they came about.
    """
    rounds: int
    """
    Rounds whose window is over.
    """
    not_mature: int
    """
    Rounds whose window is not over yet.
    """
    contacts_per_1000: float | None
    """
    Contacts in 1,000 rounds; null without any round.
    """
    payment: Share
    """
    Payments.
    """
    promise_to_pay: Share
    """
    Promises to pay.
    """
    plan_request: Share
    """
    Requests for a payment plan.
    """
    opt_out: Share
    """
    Opt-outs.
    """
    complaint: Share
    """
    Complaints.
    """
    hung_up: Share
    """
    Hang-ups.
    """


class HeldDelivery(TypedDict):
    """
    A delivery that waits for a person.
    """

    delivery: str
    """
    Its id.
    """
    channel: str
    """
    On which channel it would go.
    """
    state: Literal['held', 'unknown']
    """
    `unknown`: an attempt may have gone and nobody knows.
    """
    since: str
    """
    Since when it waits.
    """
    reason: str | None
    """
    One sentence why.
    """
    creditor: str
    """
    Whose notice it is.
    """
    expires_at: str
    """
    When it ends by itself.
    """
    may_have_gone: bool
    """
    An attempt may have reached the borrower.
    """
    verdict: StoredVerdict | None
    """
    The decision that holds it.
    """
    probably: list[str]
    """
    What the borrower's unclear words were probably meant for, such as `bankruptcy`.
    """


class HoldPage(TypedDict):
    """
    Deliveries that wait, the oldest first.
    """

    items: list[HeldDelivery]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class KeyPage(TypedDict):
    """
    Keys, newest first.
    """

    items: list[KeyRecord]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class LearningPolicyPage(TypedDict):
    """
    Learning policies, one version of each name.
    """

    items: list[LearningPolicyVersion]
    """
    The version in force, else the newest.
    """
    next_cursor: str | None
    """
    Always null: there are few.
    """


class Notice(TypedDict):
    """
    A notice and where it stands.
    """

    id: str
    """
    Such as `ntc_…`.
    """
    status: Literal['open', 'done']
    """
    `done`: nothing further is owed on any delivery.
    """
    accepted_at: str
    """
    When it was stored.
    """
    reference: str | None
    """
    The upstream system's own name for it.
    """
    borrower_id: str | None
    """
    The upstream system's own id; null where the borrower was erased since.
    """
    debt_id: str
    """
    The upstream system's own id of the debt.
    """
    creditor: str
    """
    Whose debt it is.
    """
    category: str
    """
    What kind of notice, one of `GET /v1/categories`.
    """
    template: str
    """
    By which template it is worded.
    """
    language: str
    """
    The borrower's (BCP 47).
    """
    channels: list[Literal['sms', 'email', 'voice', 'whatsapp']]
    """
    The channels that were asked for, in order.
    """
    fan_out: Literal['all', 'cascade', 'adaptive']
    """
    Every channel on its own, one after the other, or so and chosen by what was learned.
    """
    not_before: str | None
    """
    Nothing goes before.
    """
    expires_at: str
    """
    Nothing goes from then on.
    """
    cancelled_at: str | None
    """
    When it was cancelled.
    """
    updated_at: str
    """
    When it or one of its deliveries changed last.
    """
    metadata: dict[str, str]
    """
    The upstream system's own pairs of strings.
    """
    deliveries: list[Delivery]
    """
    One for each channel that is tried; of a cascade those that had their turn.
    """


class NoticeBorrower(TypedDict, closed=True):
    """
    Who: the id alone once the borrower is known, or a whole profile, which replaces the stored one.
    """

    id: str
    """
    The upstream system's own id.
    """
    name: NotRequired[str | None]
    """
    As messages print it; without links, numbers or threats.
    """
    language: NotRequired[str | None]
    """
    In which language (BCP 47), such as `en-US`.
    """
    jurisdiction: NotRequired[str | None]
    """
    Where the borrower is stated to be (ISO 3166), such as `US-MA`.
    """
    time_zone: NotRequired[str | None]
    """
    Where the borrower is known to be: it stands before the telephone's zone and is held against those of the address.
    """
    postal_code: NotRequired[str | None]
    """
    Of the borrower's address.
    """
    country: NotRequired[str | None]
    """
    Of the borrower's address (ISO 3166), such as `US`.
    """
    addresses: NotRequired[AddressesBody | None]
    """
    Where the borrower can be reached: at most one address a channel.
    """
    consents: NotRequired[list[ConsentBody] | None]
    """
    Consents that were given at onboarding; they count when the borrower is stored for the first time.
    """


class NoticePage(TypedDict):
    """
    Notices, newest first, or as they changed.
    """

    items: list[Notice]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


OutcomeReport = TypedDict(
    'OutcomeReport',
    {
        'from': str,
        'to': str,
        'by': list[str],
        'window_days': int,
        'rows': list[OutcomeRow],
    },
)


class PolicyPage(TypedDict):
    """
    Policies by name.
    """

    items: list[PolicySummary]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class PolicyVersion(TypedDict):
    """
    One version of a policy; nothing is edited in place.
    """

    name: str
    """
    The policy's name.
    """
    version: int
    """
    Its number; 0 ships with the service.
    """
    state: Literal['draft', 'tested', 'approved', 'active', 'retired']
    """
    How far it came.
    """
    in_force: bool
    """
    It binds now.
    """
    digest: str
    """
    SHA-256 of its text, in hex.
    """
    created_at: str | None
    """
    When it was drafted.
    """
    created_by: str
    """
    Who drafted it.
    """
    tested_at: str | None
    """
    When its own cases passed.
    """
    approved_at: str | None
    """
    When a second key approved it.
    """
    approved_by: str | None
    """
    Which one.
    """
    active_from: str | None
    """
    From when on it binds.
    """
    retired_at: str | None
    """
    From when on it does not.
    """
    document: str
    """
    Its text, as it was given.
    """
    retirement_asked: NotRequired[AskedFor | None]
    """
    A retirement that waits for a second key.
    """
    rollback_asked: NotRequired[AskedFor | None]
    """
    A return to this version that waits for a second key.
    """
    binds: NotRequired[Reach | None]
    """
    Of a version that is in force, or will be.
    """


class PolicyVersions(TypedDict):
    """
    A policy with every version, the newest first.
    """

    name: str
    """
    Its name.
    """
    active_version: int | None
    """
    The number of the one in force; null for none.
    """
    versions: list[PolicyVersion]
    """
    The newest first; what ships is the last.
    """


class PreviewAnswer(TypedDict):
    """
    What would happen to a notice now.
    """

    at: str
    """
    The instant of the decision.
    """
    channels: list[PreviewChannel]
    """
    One for each channel, in order.
    """


class Problem(TypedDict):
    """
    A problem (RFC 9457).
    """

    type: str
    """
    Which kind of problem: a stable URI, listed in the HTTP API's page of the documentation.
    """
    title: str
    """
    The kind in words.
    """
    status: int
    """
    The HTTP status.
    """
    detail: str
    """
    One sentence about this one; never an address, a name or a body.
    """
    instance: NotRequired[str | None]
    """
    The request's id, as the log has it.
    """
    errors: NotRequired[list[ProblemError] | None]
    """
    One entry for each error in a body, parameter or header.
    """


class QuestionDocument(TypedDict, closed=True):
    """
    What a decision is asked about.
    """

    policies: list[str | FreeDocument]
    """
    Names of policies, or whole documents.
    """
    borrower: BorrowerDocument
    """
    Of whom.
    """
    debt_ids: NotRequired[list[str]]
    """
    The borrower's debts.
    """
    history: NotRequired[list[EventDocument]]
    """
    What happened before, in any order.
    """
    proposed: ProposedDocument
    """
    The message to judge.
    """
    holidays: NotRequired[list[str]]
    """
    Dates that count as public holidays.
    """


SimulatedDelivery = TypedDict(
    'SimulatedDelivery',
    {
        'delivery': str,
        'notice': str,
        'channel': str,
        'at': str,
        'effect': Literal['waits', 'waits_longer', 'waits_less', 'stopped', 'held', 'goes'],
        'from': VerdictBefore,
        'to': VerdictAfter,
    },
)


class TemplatePage(TypedDict):
    """
    Templates by name.
    """

    items: list[TemplateSummary]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class Timeline(TypedDict):
    """
    Everything that reached or did not reach one borrower, with what is left.
    """

    borrower: str
    """
    The upstream system's own id.
    """
    at: str
    """
    The instant that budgets and verdicts are about.
    """
    items: list[Happened]
    """
    What happened, newest first.
    """
    channels: list[ChannelOutlook]
    """
    For each debt and channel, what would happen now.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class AcceptedNotice(TypedDict):
    """
    A notice that was stored just now: nothing is decided yet.
    """

    id: str
    """
    Such as `ntc_…`.
    """
    status: Literal['open', 'done']
    """
    `done`: nothing further is owed on any delivery.
    """
    accepted_at: str
    """
    When it was stored.
    """
    reference: str | None
    """
    The upstream system's own name for it.
    """
    borrower_id: str | None
    """
    The upstream system's own id; null where the borrower was erased since.
    """
    debt_id: str
    """
    The upstream system's own id of the debt.
    """
    creditor: str
    """
    Whose debt it is.
    """
    category: str
    """
    What kind of notice, one of `GET /v1/categories`.
    """
    template: str
    """
    By which template it is worded.
    """
    language: str
    """
    The borrower's (BCP 47).
    """
    channels: list[Literal['sms', 'email', 'voice', 'whatsapp']]
    """
    The channels that were asked for, in order.
    """
    fan_out: Literal['all', 'cascade', 'adaptive']
    """
    Every channel on its own, one after the other, or so and chosen by what was learned.
    """
    not_before: str | None
    """
    Nothing goes before.
    """
    expires_at: str
    """
    Nothing goes from then on.
    """
    cancelled_at: str | None
    """
    When it was cancelled.
    """
    updated_at: str
    """
    When it or one of its deliveries changed last.
    """
    metadata: dict[str, str]
    """
    The upstream system's own pairs of strings.
    """
    deliveries: list[Delivery]
    """
    One for each channel that is tried; of a cascade those that had their turn.
    """


class BatchAccepted(TypedDict):
    """
    An item of a batch that was accepted.
    """

    id: str
    """
    Such as `ntc_…`.
    """
    status: Literal['open', 'done']
    """
    `done`: nothing further is owed on any delivery.
    """
    accepted_at: str
    """
    When it was stored.
    """
    reference: str | None
    """
    The upstream system's own name for it.
    """
    borrower_id: str | None
    """
    The upstream system's own id; null where the borrower was erased since.
    """
    debt_id: str
    """
    The upstream system's own id of the debt.
    """
    creditor: str
    """
    Whose debt it is.
    """
    category: str
    """
    What kind of notice, one of `GET /v1/categories`.
    """
    template: str
    """
    By which template it is worded.
    """
    language: str
    """
    The borrower's (BCP 47).
    """
    channels: list[Literal['sms', 'email', 'voice', 'whatsapp']]
    """
    The channels that were asked for, in order.
    """
    fan_out: Literal['all', 'cascade', 'adaptive']
    """
    Every channel on its own, one after the other, or so and chosen by what was learned.
    """
    not_before: str | None
    """
    Nothing goes before.
    """
    expires_at: str
    """
    Nothing goes from then on.
    """
    cancelled_at: str | None
    """
    When it was cancelled.
    """
    updated_at: str
    """
    When it or one of its deliveries changed last.
    """
    metadata: dict[str, str]
    """
    The upstream system's own pairs of strings.
    """
    deliveries: list[Delivery]
    """
    One for each channel that is tried; of a cascade those that had their turn.
    """
    replayed: NotRequired[bool]
    """
    Its `idempotency_key` was used before: this is the first one's id.
    """


class BatchItem(TypedDict, closed=True):
    """
    A notice of a batch; a key of its own makes a repeat of it harmless, in whatever batch it comes
    again.
    """

    borrower: NoticeBorrower
    """
    To whom.
    """
    debt: DebtBody
    """
    About what.
    """
    sender_role: Literal['original_creditor', 'third_party', 'debt_buyer']
    """
    What the sender is to the debt.
    """
    category: str
    """
    What kind of notice, one of `GET /v1/categories`.
    """
    template: str
    """
    By which template it is worded.
    """
    channels: list[Literal['sms', 'email', 'voice', 'whatsapp']]
    """
    On which channels, in order of preference.
    """
    fan_out: NotRequired[Literal['all', 'cascade', 'adaptive']]
    """
    `adaptive` is `cascade`, where the creditor's learning policy may choose the first channel, the part of the day, or to send nothing.
    """
    wait: NotRequired[str | int | None]
    """
    Not with `all`: how long what was delivered, or a mail that a mail server took, may go unanswered. Without it 24 hours.
    """
    not_before: NotRequired[str | None]
    """
    Nothing goes before.
    """
    expires_at: NotRequired[str | None]
    """
    Without it the category sets a bound.
    """
    reference: NotRequired[str | None]
    """
    The upstream system's own name for this notice; the list can be searched by it.
    """
    metadata: NotRequired[dict[str, str] | None]
    """
    Up to 20 pairs of strings of the upstream system's own; stored encrypted, and returned with the notice and in webhooks.
    """
    in_response_to: NotRequired[str | None]
    """
    The `ref` of the borrower's own message or call that this notice answers. The one answer through the same medium passes caps and hours; a call that the message asked for (`requested_by_consumer`) is one that the borrower asked for.
    """
    idempotency_key: NotRequired[str | None]
    """
    Belongs to the API key, as the header Idempotency-Key does: the same key and notice answer with the first one's id.
    """


class BatchRefused(TypedDict):
    """
    An item of a batch that was not accepted.
    """

    problem: Problem
    """
    Why.
    """


class CancelAnswer(TypedDict):
    """
    What became of the notices that were to be cancelled.
    """

    items: list[Notice]
    """
    The notices as they stand now.
    """
    missing: list[str]
    """
    Ids of which there is no notice.
    """
    next_cursor: None
    """
    There is one page.
    """


class CaseRun(TypedDict):
    """
    What came of a version's own cases.
    """

    passed: bool
    """
    All of them came out as they should, and there is one.
    """
    cases: int
    """
    How many there are.
    """
    differences: list[str]
    """
    A line for each case that came out otherwise.
    """
    version: PolicyVersion
    """
    The version as it stands now.
    """


class CreditorPage(TypedDict):
    """
    Creditors by name.
    """

    items: list[CreditorProfile]
    """
    One page.
    """
    next_cursor: str | None
    """
    Asks for the next page; null at the end.
    """


class EventResult(TypedDict):
    """
    What became of one event.
    """

    event_id: NotRequired[str | None]
    """
    The event's id: yours, or one that was made for it.
    """
    recorded: NotRequired[bool | None]
    """
    False where the same event was recorded before.
    """
    corrects: NotRequired[str | None]
    """
    The event in whose place this one stands.
    """
    corrected_still_holds: NotRequired[bool | None]
    """
    True where the corrected event restricts: only what lifts it ends it.
    """
    problem: NotRequired[Problem | None]
    """
    Why this event of a list was not recorded.
    """


class EventResults(TypedDict):
    """
    For one event its result; for a list `results`.
    """

    event_id: NotRequired[str | None]
    """
    The event's id: yours, or one that was made for it.
    """
    recorded: NotRequired[bool | None]
    """
    False where the same event was recorded before.
    """
    corrects: NotRequired[str | None]
    """
    The event in whose place this one stands.
    """
    corrected_still_holds: NotRequired[bool | None]
    """
    True where the corrected event restricts: only what lifts it ends it.
    """
    problem: NotRequired[Problem | None]
    """
    Why this event of a list was not recorded.
    """
    results: NotRequired[list[EventResult] | None]
    """
    One for each event of a list, in order.
    """


class Experiment(TypedDict):
    """
    The state of an experiment.
    """

    name: str
    """
    The policy's name.
    """
    creditor: str
    """
    Whose it is.
    """
    version: int
    """
    The version in force, else the newest.
    """
    state: Literal['draft', 'tested', 'approved', 'active', 'retired', 'stopped']
    """
    How far it came.
    """
    stage: Literal['shadow', 'chance', 'live']
    """
    How far it may go.
    """
    approved_by: str | None
    """
    Who approved it.
    """
    active_from: str | None
    """
    Since when it chooses.
    """
    ended_at: str | None
    """
    When it ended.
    """
    reason: str | None
    """
    Why it ended.
    """
    groups: list[ExperimentGroup]
    """
    Each group; the hold-out is the plain order.
    """
    nobody: OffPolicy
    """
    Payments, were nobody written to.
    """
    evidence: StopEvidence
    """
    How far its stop rules are.
    """
    contacts_saved_per_1000: float | None
    """
    Contacts in 1,000 rounds of the hold-out beyond those where it was chosen; null where one of them has none.
    """
    restraint: list[RestraintShare]
    """
    How often nothing was sent, by unanswered messages.
    """
    snapshot: Snapshot | None
    """
    What was learned last.
    """
    snapshot_before: str | None
    """
    What was learned before that.
    """
    last_run: LearningRun | None
    """
    What came of this week's learning; null where it has not run.
    """


class NoticeBody(TypedDict, closed=True):
    """
    What to tell whom, on which channels, until when.
    """

    borrower: NoticeBorrower
    """
    To whom.
    """
    debt: DebtBody
    """
    About what.
    """
    sender_role: Literal['original_creditor', 'third_party', 'debt_buyer']
    """
    What the sender is to the debt.
    """
    category: str
    """
    What kind of notice, one of `GET /v1/categories`.
    """
    template: str
    """
    By which template it is worded.
    """
    channels: list[Literal['sms', 'email', 'voice', 'whatsapp']]
    """
    On which channels, in order of preference.
    """
    fan_out: NotRequired[Literal['all', 'cascade', 'adaptive']]
    """
    `adaptive` is `cascade`, where the creditor's learning policy may choose the first channel, the part of the day, or to send nothing.
    """
    wait: NotRequired[str | int | None]
    """
    Not with `all`: how long what was delivered, or a mail that a mail server took, may go unanswered. Without it 24 hours.
    """
    not_before: NotRequired[str | None]
    """
    Nothing goes before.
    """
    expires_at: NotRequired[str | None]
    """
    Without it the category sets a bound.
    """
    reference: NotRequired[str | None]
    """
    The upstream system's own name for this notice; the list can be searched by it.
    """
    metadata: NotRequired[dict[str, str] | None]
    """
    Up to 20 pairs of strings of the upstream system's own; stored encrypted, and returned with the notice and in webhooks.
    """
    in_response_to: NotRequired[str | None]
    """
    The `ref` of the borrower's own message or call that this notice answers. The one answer through the same medium passes caps and hours; a call that the message asked for (`requested_by_consumer`) is one that the borrower asked for.
    """


class SimulatedDeliveries(TypedDict):
    """
    Deliveries that would have gone otherwise.
    """

    total: int
    """
    How many there are.
    """
    shown: int
    """
    How many of them are listed.
    """
    items: list[SimulatedDelivery]
    """
    The first of them.
    """


SimulationAnswer = TypedDict(
    'SimulationAnswer',
    {
        'policy': str,
        'version': int | None,
        'digest': str,
        'from': str,
        'to': str,
        'sentence': str,
        'decisions': SimulatedDecisions,
        'changes': list[SimulatedChange],
        'deliveries': SimulatedDeliveries,
    },
)


class BatchAnswer(TypedDict):
    """
    One result for each notice, in order.
    """

    results: list[BatchAccepted | BatchRefused]
    """
    The accepted notice, or the problem of this one item.
    """


class BatchBody(TypedDict, closed=True):
    """
    Up to 1,000 notices; each is judged alone.
    """

    notices: list[BatchItem]
    """
    Up to 1,000.
    """
