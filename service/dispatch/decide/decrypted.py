"""Opens what is encrypted of a notice and of its borrower: what cases are made of, and what the hand-over
needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from policies.evidence import Evidence
from policies.facts import Event
from policies.fast_init import fast_init
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
    evidence = evidence_of(
        profile,
        jurisdiction=row.jurisdiction,
        country=row.country,
        time_zone=row.time_zone,
        account=debt.jurisdiction,
    )
    subject = Subject(
        profile=profile,
        known_since=row.created_at,
        where=zones.where(row.profile_digest, evidence),
        debt_id=row.debt_id,
        account_id=row.account_id,
        creditor=row.creditor,
        sender_role=row.sender_role,
        category=row.category,
        template=row.template,
        days_past_due=row.days_past_due,
        stated_at=row.accepted_at,
        in_response_to=content.get("in_response_to"),
        expires_at=row.expires_at,
    )
    return Decrypted(data_key=data_key, debt=debt, subject=subject)


def evidence_of(
    profile: Profile,
    *,
    jurisdiction: str | None,
    country: str | None,
    time_zone: str | None,
    account: str | None,
) -> Evidence:
    """Everything that says where a borrower may be; `account` is the jurisdiction of the debt's account."""
    phones = tuple(one.address for channel, one in sorted(profile.addresses.items()) if channel != "email")
    return Evidence(
        stated=jurisdiction,
        country=country,
        postal_code=profile.postal_code,
        account=account,
        time_zone=time_zone,
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
