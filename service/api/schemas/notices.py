"""A notice as an upstream system POSTs it, and how it becomes a draft."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from channels.content.currencies import decimals_of
from service.api.schemas.borrowers import AddressesBody, ConsentBody, borrower_draft
from service.api.schemas.places import place_errors
from service.api.schemas.words import (
    CategoryName,
    Closed,
    Country,
    Currency,
    Day,
    Id,
    IdempotencyKey,
    Instant,
    Jurisdiction,
    Language,
    Metadata,
    Money,
    Name,
    PostalCode,
    PrintedName,
    Slug,
    Wait,
    Zone,
)
from service.errors import FieldError, InvalidRequest
from service.model.notice import BorrowerDraft, Debt, FanOut, NoticeDraft, SenderRole

Channel = Literal["sms", "email", "voice", "whatsapp"]
MOST_NOTICES = 1000
LARGEST_OVERDUE = 36_500

NOTICE_EXAMPLE: dict[str, Any] = {
    "borrower": {
        "id": "B-1001",
        "name": "Ana Ruiz",
        "language": "en-US",
        "jurisdiction": "US-MA",
        "time_zone": None,
        "postal_code": "02108",
        "country": "US",
        "addresses": {"sms": "+16175550123", "voice": "+16175550123", "email": "ana@example.com"},
    },
    "debt": {
        "id": "L-77",
        "account_id": "A-9",
        "creditor": "first-inclusive-bank",
        "currency": "USD",
        "principal": "12000.00",
        "due_on": "2026-11-01",
        "days_past_due": 22,
        "amount_due": "431.25",
        "late_fees": "15.00",
    },
    "sender_role": "original_creditor",
    "category": "collection",
    "template": "overdue-reminder",
    "channels": ["sms", "email", "voice"],
    "fan_out": "all",
    "not_before": None,
    "expires_at": None,
    "reference": "core-banking-4711",
    "metadata": {"campaign": "november", "branch": "0042"},
}


class NoticeBorrower(Closed):
    """Who: the id alone once the borrower is known, or a whole profile, which replaces the stored one."""

    id: Id
    name: PrintedName | None = None
    language: Language | None = None
    jurisdiction: Jurisdiction | None = None
    time_zone: Zone | None = None
    """Where the borrower is known to be: it stands before the telephone's zone and is held against those of
    the address."""
    postal_code: PostalCode | None = None
    country: Country | None = None
    addresses: AddressesBody | None = None
    consents: Annotated[list[ConsentBody], Field(max_length=50)] | None = None


class DebtBody(Closed):
    """About what: one debt, with its amounts as decimal strings."""

    id: Id
    account_id: Id | None = None
    creditor: Name
    currency: Currency
    principal: Money
    due_on: Day
    days_past_due: Annotated[int, Field(ge=-LARGEST_OVERDUE, le=LARGEST_OVERDUE)]
    """Negative before the due date."""
    amount_due: Money
    """With fees."""
    late_fees: Money
    jurisdiction: Jurisdiction | None = None
    """Of the account, where it is not the borrower's."""


class NoticeBody(Closed):
    """What to tell whom, on which channels, until when."""

    borrower: NoticeBorrower
    debt: DebtBody
    sender_role: Literal["original_creditor", "third_party", "debt_buyer"]
    category: CategoryName
    template: Slug
    channels: Annotated[list[Channel], Field(min_length=1, max_length=3)]
    fan_out: Literal["all", "cascade", "adaptive"] = "all"
    """`adaptive` is `cascade`, where the creditor's learning policy may choose the first channel, the part of
    the day, or to send nothing."""
    wait: Wait | None = None
    """Not with `all`: how long what was delivered, or a mail that a mail server took, may go unanswered.
    Without it 24 hours."""
    not_before: Instant | None = None
    expires_at: Instant | None = None
    """Without it the category sets a bound."""
    reference: Id | None = None
    """The upstream system's own name for this notice; the list can be searched by it."""
    metadata: Metadata | None = None
    """Up to 20 pairs of strings of the upstream system's own; stored encrypted, and returned with the notice
    and in webhooks."""
    in_response_to: Id | None = None
    """The `ref` of the borrower's own message or call that this notice answers. The one answer through the
    same medium passes caps and hours; a call that the message asked for (`requested_by_consumer`) is one that
    the borrower asked for."""


class BatchItem(NoticeBody):
    """A notice of a batch; a key of its own makes a repeat of it harmless, in whatever batch it comes
    again."""

    idempotency_key: IdempotencyKey | None = None
    """Belongs to the API key, as the header Idempotency-Key does: the same key and notice answer with the
    first one's id."""


class BatchBody(Closed):
    """Up to 1,000 notices; each is judged alone."""

    notices: Annotated[list[BatchItem], Field(min_length=1, max_length=MOST_NOTICES)]


def body_digest(body: NoticeBody) -> bytes:
    """SHA-256 of a notice as it was sent: equal for equal members, whatever their order and the white space;
    without its own key."""
    return hashlib.sha256(
        body.model_dump_json(exclude={"idempotency_key"}, exclude_unset=True).encode()
    ).digest()


_KNOWN_ONLY = {"id"}
ROLES = {role.value: role for role in SenderRole}
FAN_OUTS = {one.value: one for one in FanOut}
DEFAULT_WAIT = timedelta(hours=24)


def notice_draft(body: NoticeBody) -> NoticeDraft:
    """The draft in a body. Raises InvalidRequest where its fields do not fit each other."""
    field_errors = _field_errors_in(body)
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)
    return NoticeDraft(
        borrower=_borrower(body.borrower),
        debt=debt_of(body.debt),
        sender_role=ROLES[body.sender_role],
        category=body.category,
        template=body.template,
        channels=tuple(body.channels),
        fan_out=FAN_OUTS[body.fan_out],
        wait=body.wait or DEFAULT_WAIT,
        not_before=body.not_before,
        expires_at=body.expires_at,
        reference=body.reference,
        in_response_to=body.in_response_to,
        metadata=body.metadata or {},
    )


def _field_errors_in(body: NoticeBody) -> list[FieldError]:
    """What no single field can say."""
    field_errors: list[FieldError] = []
    channels = body.channels
    if len(set(channels)) != len(channels):
        field_errors.append(
            FieldError(pointer="/channels", detail="expected each channel once", code="repeated")
        )
    if body.borrower.model_fields_set != _KNOWN_ONLY:
        field_errors += _address_errors(body)
        field_errors += place_errors(body.borrower, "/borrower")
    if body.wait is not None and body.fan_out == "all":
        field_errors.append(
            FieldError(
                pointer="/wait", detail="expected only with fan_out cascade or adaptive", code="needless"
            )
        )
    if body.fan_out == "adaptive" and "whatsapp" in channels:
        detail = "expected sms, email and voice with fan_out adaptive: nothing is learned of others"
        field_errors.append(FieldError(pointer="/channels", detail=detail, code="not-learned"))
    if body.not_before is not None and body.expires_at is not None and body.not_before >= body.expires_at:
        field_errors.append(
            FieldError(pointer="/expires_at", detail="expected an instant after not_before", code="order")
        )
    field_errors += _amount_errors(body.debt)
    return field_errors


def _amount_errors(debt: DebtBody) -> list[FieldError]:
    """Amounts with more decimals than their currency has."""
    decimals = decimals_of(debt.currency)
    least = decimals + 1
    field_errors: list[FieldError] = []
    for name, amount in (
        ("principal", debt.principal),
        ("amount_due", debt.amount_due),
        ("late_fees", debt.late_fees),
    ):
        if "." not in amount[:-least]:  # none has too many, mostly
            continue
        cents = amount.partition(".")[2]
        if cents[decimals:].strip("0"):
            detail = f"expected at most {decimals} decimals, as {debt.currency} has them; got {len(cents)}"
            field_errors.append(FieldError(pointer=f"/debt/{name}", detail=detail, code="decimals"))
    return field_errors


def _address_errors(body: NoticeBody) -> list[FieldError]:
    addresses = body.borrower.addresses
    if addresses is None:
        detail = "expected addresses in a whole profile; or give nothing but the id of a known borrower"
        return [FieldError(pointer="/borrower/addresses", detail=detail, code="missing")]
    none = [one for one in body.channels if getattr(addresses, one) is None]
    return (
        []
        if not none
        else [
            FieldError(
                pointer=f"/channels/{position}",
                detail=f"expected a channel that has an address; {channel} has none",
                code="no-address",
            )
            for position, channel in enumerate(body.channels)
            if channel in none
        ]
    )


def _borrower(body: NoticeBorrower) -> BorrowerDraft:
    if body.model_fields_set == _KNOWN_ONLY:
        return BorrowerDraft(id=body.id, known_only=True)
    return borrower_draft(body.id, body)


def debt_of(body: DebtBody) -> Debt:
    """The debt in a body."""
    return Debt(
        id=body.id,
        account_id=body.account_id,
        creditor=body.creditor,
        currency=body.currency,
        principal=Decimal(body.principal),
        due_on=body.due_on,
        days_past_due=body.days_past_due,
        amount_due=Decimal(body.amount_due),
        late_fees=Decimal(body.late_fees),
        jurisdiction=body.jurisdiction,
    )
