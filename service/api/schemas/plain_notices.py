"""Drafts of notices straight from what a reader of JSON gives, without a model between them.

Most bodies are plain: members that the model knows, texts that are what they seem. Each of their values is
judged by the very type that the model gives its field, and what a campaign's notices have in common once for
all of them. Whatever is not plain is judged by the model, which alone says what is wrong with a body: nothing
is refused here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import ConfigDict, TypeAdapter

from channels.content.currencies import decimals_of
from service.api.schemas.borrowers import DEFAULT_LANGUAGE, AddressesBody
from service.api.schemas.notices import (
    DEFAULT_WAIT,
    FAN_OUTS,
    LARGEST_OVERDUE,
    MOST_NOTICES,
    ROLES,
    DebtBody,
    NoticeBody,
    NoticeBorrower,
)
from service.api.schemas.places import place_errors_of
from service.api.schemas.words import (
    CategoryName,
    Country,
    Currency,
    Day,
    Id,
    Instant,
    Jurisdiction,
    Language,
    Mailbox,
    Metadata,
    Money,
    Name,
    PhoneNumber,
    PostalCode,
    PrintedName,
    Slug,
    Zone,
)
from service.model.notice import Address, BorrowerDraft, Debt, FanOut, NoticeDraft, SenderRole


class _NotPlain(ValueError):
    """The model shall judge it."""


def _judge(type_: Any) -> Callable[[Any], Any]:
    """What judges a value by a type. Raises ValidationError, a ValueError."""
    return TypeAdapter(type_, config=_STRICT).validator.validate_python


_STRICT = ConfigDict(strict=True)
_id, _name, _metadata, _money = _judge(Id), _judge(PrintedName), _judge(Metadata), _judge(Money)
_ADDRESS = {
    "sms": _judge(PhoneNumber),
    "voice": _judge(PhoneNumber),
    "email": _judge(Mailbox),
    "whatsapp": _judge(PhoneNumber),
}
"""By channel, in the order in which a model's addresses become a draft's."""
_is_plain_id = re.compile("[!-~]([ -~]{0,126}[!-~])?").fullmatch
_is_plain_money = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?").fullmatch
"""Most of what the types allow, found by itself in a third of the time."""
_MOST_CHANNELS = 3
_KNOWN_ONLY, _IN_BATCH = {"id"}, {"notices"}
_IN_NOTICE, _IN_DEBT = frozenset(NoticeBody.model_fields), frozenset(DebtBody.model_fields)
_IN_BORROWER, _IN_ADDRESSES = frozenset(NoticeBorrower.model_fields), frozenset(AddressesBody.model_fields)


def plain_draft(document: Any) -> NoticeDraft | None:
    """The draft of a notice that is plain; None where the model has to judge it. `document`: what orjson
    reads, each of whose members is there once."""
    try:
        return _draft(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def plain_drafts(document: Any) -> list[NoticeDraft] | None:
    """The same of a batch, all of whose notices have to be plain."""
    if type(document) is not dict or document.keys() != _IN_BATCH:
        return None
    notices, found = document["notices"], list[NoticeDraft]()
    if type(notices) is not list or not 1 <= len(notices) <= MOST_NOTICES:
        return None
    for one in notices:
        draft = plain_draft(one)
        if draft is None:
            return None
        found.append(draft)
    return found


def _draft(body: dict[str, Any]) -> NoticeDraft:
    if not _IN_NOTICE.issuperset(body) or body.get("wait") is not None:
        raise _NotPlain
    terms = _terms(
        body["sender_role"],
        body["category"],
        body["template"],
        tuple(body["channels"]) if type(body["channels"]) is list else None,
        body.get("fan_out", "all"),
        body.get("not_before"),
        body.get("expires_at"),
    )
    metadata = body.get("metadata")
    return NoticeDraft(
        borrower=_borrower(body["borrower"], terms.channels),
        debt=_debt(body["debt"]),
        sender_role=terms.sender_role,
        category=terms.category,
        template=terms.template,
        channels=terms.channels,
        fan_out=terms.fan_out,
        wait=terms.wait,
        not_before=terms.not_before,
        expires_at=terms.expires_at,
        reference=_known(body.get("reference")),
        in_response_to=_known(body.get("in_response_to")),
        metadata={} if metadata is None else _metadata(metadata),
    )


class _Terms(NamedTuple):
    """What the notices of a campaign have in common."""

    sender_role: SenderRole
    category: str
    template: str
    channels: tuple[str, ...]
    fan_out: FanOut
    wait: timedelta
    not_before: datetime | None
    expires_at: datetime | None


@lru_cache(maxsize=1024)
def _terms(
    sender_role: str,
    category: str,
    template: str,
    channels: tuple[str, ...] | None,
    fan_out: str,
    not_before: str | None,
    expires_at: str | None,
) -> _Terms:
    """These words, judged. Raises ValueError, KeyError or TypeError."""
    if not channels or len(channels) > _MOST_CHANNELS or not _IN_ADDRESSES.issuperset(channels):
        raise _NotPlain
    if len(set(channels)) != len(channels) or (fan_out == "adaptive" and "whatsapp" in channels):
        raise _NotPlain
    begins, ends = _instant(not_before), _instant(expires_at)
    if begins is not None and ends is not None and begins >= ends:
        raise _NotPlain
    return _Terms(
        sender_role=ROLES[sender_role],
        category=_judge(CategoryName)(category),
        template=_judge(Slug)(template),
        channels=channels,
        fan_out=FAN_OUTS[fan_out],
        wait=DEFAULT_WAIT,
        not_before=begins,
        expires_at=ends,
    )


def _instant(value: str | None) -> datetime | None:
    return None if value is None else _as_json(Instant, value)


def _as_json(type_: Any, value: Any) -> Any:
    """A value judged as the JSON that it came from."""
    return TypeAdapter(type_, config=_STRICT).validate_json(orjson.dumps(value))


def _one_id(value: Any) -> str:
    if _is_plain_id(value) is not None:
        return str(value)
    return str(_id(value))


def _known(value: Any) -> str | None:
    return None if value is None else _one_id(value)


def _borrower(body: dict[str, Any], channels: tuple[str, ...]) -> BorrowerDraft:
    id_ = _one_id(body["id"])
    if body.keys() == _KNOWN_ONLY:
        return BorrowerDraft(id=id_, known_only=True)
    if not _IN_BORROWER.issuperset(body) or body.get("consents") not in (None, []):
        raise _NotPlain
    place = _place(
        body.get("language"),
        body.get("jurisdiction"),
        body.get("time_zone"),
        body.get("postal_code"),
        body.get("country"),
    )
    addresses = _addresses(body["addresses"])
    for channel in channels:
        if channel not in addresses:
            raise _NotPlain
    name = body.get("name")
    return BorrowerDraft(
        id=id_,
        name=None if name is None else _name(name),
        language=place.language,
        jurisdiction=place.jurisdiction,
        time_zone=place.time_zone,
        postal_code=place.postal_code,
        country=place.country,
        addresses=addresses,
        consents=(),
    )


class _Place(NamedTuple):
    """What many borrowers have in common."""

    language: str
    jurisdiction: str | None
    time_zone: str | None
    postal_code: str | None
    country: str | None


@lru_cache(maxsize=4096)
def _place(
    language: str | None,
    jurisdiction: str | None,
    time_zone: str | None,
    postal_code: str | None,
    country: str | None,
) -> _Place:
    """These words, judged by themselves and together. Raises ValueError."""
    found = _Place(
        language=_maybe(Language, language) or DEFAULT_LANGUAGE,
        jurisdiction=_maybe(Jurisdiction, jurisdiction),
        time_zone=_maybe(Zone, time_zone),
        postal_code=_maybe(PostalCode, postal_code),
        country=_maybe(Country, country),
    )
    if place_errors_of(found.jurisdiction, found.country, found.postal_code):
        raise _NotPlain
    return found


def _maybe(type_: Any, value: Any) -> str | None:
    return None if value is None else str(_judge(type_)(value))


def _addresses(given: dict[str, Any]) -> dict[str, Address]:
    if not _IN_ADDRESSES.issuperset(given):
        raise _NotPlain
    found: dict[str, Address] = {}
    number = None
    for channel, judge in _ADDRESS.items():
        one = given.get(channel)
        if one is None:
            continue
        if one != number:  # texts and calls mostly go to one
            judge(one)
        if channel != "email":
            number = one
        elif one == number:
            raise _NotPlain
        found[channel] = Address(one)
    return found


class _Books(NamedTuple):
    """What the debts of a creditor's portfolio have in common."""

    creditor: str
    currency: str
    least: int
    """How many signs the decimals of an amount in it take, with their point."""
    due_on: date
    jurisdiction: str | None


@lru_cache(maxsize=4096)
def _books(creditor: str, currency: str, due_on: str, jurisdiction: str | None) -> _Books:
    """These words, judged. Raises ValueError."""
    known = str(_judge(Currency)(currency))
    return _Books(
        creditor=_judge(Name)(creditor),
        currency=known,
        least=decimals_of(known) + 1,
        due_on=_as_json(Day, due_on),
        jurisdiction=_maybe(Jurisdiction, jurisdiction),
    )


def _debt(body: Mapping[str, Any]) -> Debt:
    days = body["days_past_due"]
    if not _IN_DEBT.issuperset(body) or type(days) is not int or abs(days) > LARGEST_OVERDUE:
        raise _NotPlain
    books = _books(body["creditor"], body["currency"], body["due_on"], body.get("jurisdiction"))
    return Debt(
        id=_one_id(body["id"]),
        account_id=_known(body.get("account_id")),
        creditor=books.creditor,
        currency=books.currency,
        principal=_amount(body["principal"], books.least),
        due_on=books.due_on,
        days_past_due=days,
        amount_due=_amount(body["amount_due"], books.least),
        late_fees=_amount(body["late_fees"], books.least),
        jurisdiction=books.jurisdiction,
    )


def _amount(value: str, least: int) -> Decimal:
    """An amount. Raises ValueError for one with more decimals than its currency has, and TypeError."""
    if _is_plain_money(value) is None:
        _money(value)
    if "." in value[:-least]:
        raise _NotPlain
    return Decimal(value)
