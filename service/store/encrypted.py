"""A borrower's profile between its plain and its encrypted form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from service.ids import CHANNELS
from service.model.notice import Address, BorrowerDraft, Debt
from service.store.borrowers import BorrowerRow, StoredBorrower
from service.vault import DecryptionFailed, Vault, decrypt, encrypt, new_key

PROFILE_CONTEXT = b"profile"
NOTICE_CONTEXT = b"notice"
EVENT_CONTEXT = b"event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is personal about a borrower, decrypted."""

    id: str
    name: str | None = field(repr=False)
    postal_code: str | None = field(repr=False)
    addresses: Mapping[str, Address]
    """By channel."""


def profile_digest(vault: Vault, draft: BorrowerDraft) -> bytes:
    """Equal for equal profiles: tells an unchanged borrower without opening anything."""
    text = orjson.dumps(
        [
            draft.id,
            draft.name,
            draft.language,
            draft.jurisdiction,
            draft.time_zone,
            draft.postal_code,
            draft.country,
            [(channel, address_document(one)) for channel, one in sorted(draft.addresses.items())],
        ]
    )
    return vault.bytes_digest("profile", text)


def encrypted_row(
    vault: Vault, borrower: UUID, draft: BorrowerDraft, *, data_key: bytes | None = None
) -> tuple[BorrowerRow, bytes]:
    """The row to store, and its data key in the clear. A known borrower keeps its key."""
    key = data_key or new_key()
    plain = {
        "id": draft.id,
        "name": draft.name,
        "postal_code": draft.postal_code,
        "addresses": {channel: address_document(one) for channel, one in draft.addresses.items()},
    }
    row = BorrowerRow(
        borrower_id=borrower,
        data_key=vault.wrap(key),
        profile_digest=profile_digest(vault, draft),
        encrypted=encrypt(key, orjson.dumps(plain), context=PROFILE_CONTEXT),
        language=draft.language,
        jurisdiction=draft.jurisdiction,
        country=draft.country,
        time_zone=draft.time_zone,
    )
    return row, key


def decrypt_profile(key: bytes, encrypted: bytes | None) -> Profile:
    """Decrypt an encrypted profile. Raises DecryptionFailed, also where there is none any more."""
    if encrypted is None:
        raise DecryptionFailed("there is no profile")
    plain: dict[str, Any] = orjson.loads(decrypt(key, encrypted, context=PROFILE_CONTEXT))
    return Profile(
        id=plain["id"],
        name=plain["name"],
        postal_code=plain["postal_code"],
        addresses={channel: _address_of(one) for channel, one in plain["addresses"].items()},
    )


def address_document(one: Address) -> str | dict[str, str]:
    """An address as it is stored and shown: bare where nothing more is known about it."""
    if one.kind is None and one.source is None:
        return one.address
    return {"address": one.address, "kind": one.kind or UNKNOWN, "source": one.source or UNKNOWN}


UNKNOWN = "unknown"
"""The kind or source of an address of which nobody said anything."""


def _address_of(document: str | dict[str, str]) -> Address:
    if isinstance(document, str):
        return Address(document)
    kind, source = document["kind"], document["source"]
    return Address(
        document["address"], None if kind == UNKNOWN else kind, None if source == UNKNOWN else source
    )


def decrypt_content(key: bytes, encrypted: bytes) -> dict[str, Any] | None:
    """What is encrypted of a notice: its debt and its reference. None for a notice from before an erasure, or
    accepted while one went on: the key that encrypted it is destroyed, and the borrower has another one
    since."""
    try:
        content: dict[str, Any] = orjson.loads(decrypt(key, encrypted, context=NOTICE_CONTEXT))
    except DecryptionFailed:
        return None
    return content


def decrypt_debt(key: bytes, encrypted: bytes) -> dict[str, Any] | None:
    """The debt's document in an encrypted notice, or None where its key is destroyed."""
    content = decrypt_content(key, encrypted)
    return None if content is None else content["debt"]


def address_digests(vault: Vault, borrower: UUID, draft: BorrowerDraft) -> list[tuple[UUID, str, bytes]]:
    """What the addresses of a profile are found by. Several channels mostly share one number."""
    digests: dict[str, bytes] = {}
    found: list[tuple[UUID, str, bytes]] = []
    for channel, one in draft.addresses.items():
        digest = digests.get(one.address)
        if digest is None:
            digest = digests[one.address] = vault.address_digest(one.address)
        found.append((borrower, channel, digest))
    return found


def profile_document(row: StoredBorrower, profile: Profile) -> dict[str, Any]:
    """A borrower as the API shows it."""
    return {
        "id": profile.id,
        "name": profile.name,
        "language": row.language,
        "jurisdiction": row.jurisdiction,
        "time_zone": row.time_zone,
        "postal_code": profile.postal_code,
        "country": row.country,
        "addresses": {
            channel: None if one is None else address_document(one)
            for channel in CHANNELS
            for one in (profile.addresses.get(channel),)
        },
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def debt_document(debt: Debt) -> dict[str, Any]:
    """A debt as JSON; amounts as decimal strings."""
    return {
        "id": debt.id,
        "account_id": debt.account_id,
        "creditor": debt.creditor,
        "currency": debt.currency,
        "principal": str(debt.principal),
        "due_on": debt.due_on.isoformat(),
        "days_past_due": debt.days_past_due,
        "amount_due": str(debt.amount_due),
        "late_fees": str(debt.late_fees),
        "jurisdiction": debt.jurisdiction,
    }


def debt_of(document: dict[str, Any]) -> Debt:
    """The debt in a stored document."""
    return Debt(
        id=document["id"],
        account_id=document["account_id"],
        creditor=document["creditor"],
        currency=document["currency"],
        principal=Decimal(document["principal"]),
        due_on=date.fromisoformat(document["due_on"]),
        days_past_due=document["days_past_due"],
        amount_due=Decimal(document["amount_due"]),
        late_fees=Decimal(document["late_fees"]),
        jurisdiction=document.get("jurisdiction"),
    )
