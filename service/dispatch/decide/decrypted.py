"""Opens what is encrypted of a notice and of its borrower: what cases are made of, and what the hand-over
needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from policies.evidence import Evidence
from policies.facts import Event
from policies.fast_init import fast_init
from policies.places.whereabouts import Whereabouts
from service.dispatch.decide.case import Case, Subject
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.runtime import Runtime
from service.model.notice import Debt
from service.store.answers import Spoken
from service.store.encrypted import Profile, debt_of, decrypt_content, decrypt_profile
from service.store.open_notices import OpenNotice
from service.store.queue import Claimed


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Decrypted:
    """What is encrypted of a notice and of its borrower, decrypted, with all that follows from it whatever
    the channel."""

    data_key: bytes = field(repr=False)
    debt: Debt
    subject: Subject

    @property
    def profile(self) -> Profile:
        """The borrower's profile."""
        return self.subject.profile


class Forgotten(LookupError):
    """What the notice said is destroyed: the borrower was erased since, and stored again."""


def decrypt_notice(zones: ZoneCache, row: Claimed | Spoken | OpenNotice, data_key: bytes) -> Decrypted:
    """Open the notice of a row, which may be about any of its channels. Raises Forgotten."""
    content = decrypt_content(data_key, row.notice_encrypted)
    if content is None:
        raise Forgotten
    profile, debt = decrypt_profile(data_key, row.encrypted), debt_of(content["debt"])
    subject = subject_of(
        row,
        row,
        profile,
        zones.where(row.profile_digest, evidence_of(profile, row, debt.jurisdiction)),
        in_response_to=content.get("in_response_to"),
        expires_at=row.expires_at,
    )
    return Decrypted(data_key=data_key, debt=debt, subject=subject)


class PlaceRow(Protocol):
    """What says where a borrower may be, in whatever row or draft."""

    @property
    def jurisdiction(self) -> str | None: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def time_zone(self) -> str | None: ...  # noqa: D102


class PersonRow(PlaceRow, Protocol):
    """A borrower's columns, in whatever row."""

    @property
    def created_at(self) -> datetime: ...  # noqa: D102


class DebtRow(Protocol):
    """A notice's columns that say which debt it is about, in whatever row."""

    @property
    def debt_id(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str | None: ...  # noqa: D102
    @property
    def creditor(self) -> str: ...  # noqa: D102
    @property
    def sender_role(self) -> str: ...  # noqa: D102
    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def template(self) -> str: ...  # noqa: D102
    @property
    def days_past_due(self) -> int: ...  # noqa: D102
    @property
    def accepted_at(self) -> datetime: ...  # noqa: D102


def subject_of(
    person: PersonRow,
    debt: DebtRow,
    profile: Profile,
    where: Whereabouts,
    *,
    in_response_to: str | None = None,
    expires_at: datetime | None = None,
) -> Subject:
    """A borrower, where they may be, and a debt that was written to them about."""
    return Subject(
        profile=profile,
        known_since=person.created_at,
        where=where,
        debt_id=debt.debt_id,
        account_id=debt.account_id,
        creditor=debt.creditor,
        sender_role=debt.sender_role,
        category=debt.category,
        template=debt.template,
        days_past_due=debt.days_past_due,
        stated_at=debt.accepted_at,
        in_response_to=in_response_to,
        expires_at=expires_at,
    )


def evidence_of(profile: Profile, person: PlaceRow, account: str | None) -> Evidence:
    """Everything that says where a borrower may be; `account` is the jurisdiction of the debt's account."""
    phones = tuple(one.address for channel, one in sorted(profile.addresses.items()) if channel != "email")
    return Evidence(
        stated=person.jurisdiction,
        country=person.country,
        postal_code=profile.postal_code,
        account=account,
        time_zone=person.time_zone,
        phones=phones,
    )


def case_of(runtime: Runtime, subject: Subject, channel: str, history: Sequence[Event]) -> Case | None:
    """The case of one delivery; None where the borrower has no address on its channel. `history` is what
    counts until it is judged."""
    address = subject.profile.addresses.get(channel)
    if address is None:
        return None
    return Case(
        law=runtime.in_force,
        subject=subject,
        medium=runtime.media[channel],
        address=address,
        address_digest=runtime.vault.address_digest(address.address).hex(),
        history=history,
    )
