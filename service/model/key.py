"""API keys: `fbr_<id>_<secret>`, kept as a digest, with a role, perhaps limited to creditors, to a rate, to a
time."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from service.model.actor import Actor, Role

_FORM = re.compile(r"fbr_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LENGTH = 12
_SECRET_BYTES = 32
LONGEST_KEY = 512
"""Characters; anything longer is no key of ours and is not even digested."""

BOOTSTRAP = "bootstrap"
"""The id of the admin key that comes from the settings and stands in no table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key as stored; its secret is known to its bearer alone."""

    id: str
    name: str
    role: Role
    creditors: frozenset[str] | None = None
    """The creditors that it is limited to; None for all."""
    rate_per_minute: int | None = None
    """Requests a minute that one API process answers; None for no limit."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    replaces: str | None = None
    """The key that this one was rotated from."""

    @property
    def actor(self) -> Actor:
        """Who acts when this key is used."""
        return Actor(name=f"key:{self.id}", role=self.role, creditors=self.creditors)

    def refusal(self, at: datetime) -> str | None:
        """Why the key is not good at `at` (`revoked`, `expired`), or None where it is."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "expired"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """What a new key shall be."""

    name: str
    role: Role
    creditors: frozenset[str] | None = None
    rate_per_minute: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FreshKey:
    """A key's text, shown once. `repr` does not show it."""

    id: str
    text: str = field(repr=False)


def fresh_key() -> FreshKey:
    """A new key of 256 random bits, with an id that may stand in logs."""
    id_ = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
    return FreshKey(id_, f"fbr_{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def key_id_of(text: str) -> str | None:
    """The id inside a key's text, or None where it has not our form."""
    match = _FORM.fullmatch(text)
    return match[1] if match else None


def digest_of(text: str) -> bytes:
    """What of a key is kept: SHA-256. A random key of 256 bits needs no slow digest."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
