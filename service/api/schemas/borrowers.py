"""A borrower's profile as it is PUT, and how it becomes a draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Discriminator, Field, Tag

from service.api.problems import OBJECT, TEXT
from service.api.schemas.words import (
    Closed,
    Country,
    FilledLine,
    Instant,
    Jurisdiction,
    Language,
    Mailbox,
    PhoneNumber,
    PostalCode,
    PrintedName,
    Zone,
)
from service.model.medium import law_channel
from service.model.notice import Address, BorrowerDraft, ConsentDraft

DEFAULT_LANGUAGE = "en"

BORROWER_EXAMPLE: dict[str, Any] = {
    "name": "Ana Ruiz",
    "language": "en-US",
    "jurisdiction": "US-MA",
    "time_zone": None,
    "postal_code": "02108",
    "country": "US",
    "addresses": {"sms": "+16175550123", "voice": "+16175550123", "email": "ana@example.com"},
    "consents": [{"channel": "sms", "at": "2026-01-05T10:00:00Z"}],
}


Source = Literal["given_by_borrower", "given_to_creditor", "skip_trace", "unknown"]
"""Where an address comes from: the borrower gave it to the sender, or to the creditor for whom the sender
collects; or it was found."""


class PhoneBody(Closed):
    """A telephone number, and what is known about it."""

    address: PhoneNumber
    kind: Literal["mobile", "home_landline", "work_phone", "personal", "unknown"] = "unknown"
    """Unknown counts as a mobile where a machine speaks."""
    source: Source = "unknown"


class MailboxBody(Closed):
    """A mailbox, and what is known about it."""

    address: Mailbox
    kind: Literal["personal", "work_email", "unknown"] = "unknown"
    source: Source = "unknown"


def _form(value: object) -> str:
    if type(value) is str:  # what it almost always is
        return TEXT
    return OBJECT if isinstance(value, Mapping | PhoneBody | MailboxBody) else TEXT


Phone = Annotated[Annotated[PhoneNumber, Tag(TEXT)] | Annotated[PhoneBody, Tag(OBJECT)], Discriminator(_form)]
"""A number alone, or with what is known about it."""
MailAddress = Annotated[
    Annotated[Mailbox, Tag(TEXT)] | Annotated[MailboxBody, Tag(OBJECT)], Discriminator(_form)
]


class AddressesBody(Closed):
    """Where the borrower can be reached: at most one address a channel."""

    sms: Phone | None = None
    voice: Phone | None = None
    email: MailAddress | None = None
    whatsapp: Phone | None = None


class ConsentBody(Closed):
    """A consent that was given at onboarding."""

    channel: Annotated[
        Literal[
            "sms", "email", "voice", "voice_prerecorded", "ringless_vm", "im", "whatsapp", "letter", "any"
        ],
        AfterValidator(law_channel),
    ]
    at: Instant | None = None
    given_to: Literal["collector", "creditor"] | None = None


class BorrowerBody(Closed):
    """A whole profile; it replaces the stored one."""

    id: Annotated[str, Field(max_length=128)] | None = None
    """May repeat the id of the path; another one is refused."""
    name: PrintedName | None = None
    language: Language | None = None
    jurisdiction: Jurisdiction | None = None
    time_zone: Zone | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    addresses: AddressesBody
    consents: Annotated[list[ConsentBody], Field(max_length=50)] | None = None


class EraseBody(Closed):
    """Why the borrower is forgotten; stands in the log, so it must not name the person."""

    reason: FilledLine


class LegalHoldBody(Closed):
    """Why nothing of the borrower may go; stands in the log, so it must not name the person."""

    because: FilledLine


class Profile(Protocol):
    """The fields that a notice's borrower and a PUT profile share."""

    @property
    def name(self) -> str | None: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102
    @property
    def jurisdiction(self) -> str | None: ...  # noqa: D102
    @property
    def time_zone(self) -> str | None: ...  # noqa: D102
    @property
    def postal_code(self) -> str | None: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def addresses(self) -> AddressesBody | None: ...  # noqa: D102
    @property
    def consents(self) -> list[ConsentBody] | None: ...  # noqa: D102


def borrower_draft(id_: str, body: Profile) -> BorrowerDraft:
    """The draft of a whole profile."""
    return BorrowerDraft(
        id=id_,
        name=body.name,
        language=body.language or DEFAULT_LANGUAGE,
        jurisdiction=body.jurisdiction,
        time_zone=body.time_zone,
        postal_code=body.postal_code,
        country=body.country,
        addresses={} if body.addresses is None else _addresses(body.addresses),
        consents=tuple(
            ConsentDraft(channel=one.channel, at=one.at, given_to=one.given_to) for one in body.consents or ()
        ),
    )


def _addresses(body: AddressesBody) -> dict[str, Address]:
    given = (
        ("sms", body.sms),
        ("voice", body.voice),
        ("email", body.email),
        ("whatsapp", body.whatsapp),
    )
    return {channel: Address(one) if type(one) is str else address_of(one) for channel, one in given if one}


def address_of(body: str | PhoneBody | MailboxBody) -> Address:
    """The address in a body."""
    if isinstance(body, str):
        return Address(body)
    return Address(
        body.address,
        None if body.kind == "unknown" else body.kind,
        None if body.source == "unknown" else body.source,
    )
