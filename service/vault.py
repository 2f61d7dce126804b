"""Keeps personal data unreadable without its keys: an envelope per borrower, keyed digests for look-ups, signed tokens.

A borrower's data key is random, wrapped under `FORBEAR_SECRET_KEY` (AES-256-GCM), and seals name, addresses and bodies;
destroying it destroys them. Look-ups go by HMAC-SHA256 under a look-up key that is itself wrapped in the store's keyring, so
that the secret key can be rotated without touching a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.errors import SetupError

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_CHARS = 32


class SealBroken(Exception):
    """A sealed value does not open: another key, or changed bytes."""


def seal(key: bytes, plain: bytes, *, context: bytes = b"") -> bytes:
    """Encrypt `plain` under `key`; `context` binds it to its place and must be given again to open it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, *, context: bytes = b"") -> bytes:
    """Decrypt what `seal` made. Raises SealBroken."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("a sealed value does not open with this key") from error


def new_key() -> bytes:
    """A fresh data key."""
    return secrets.token_bytes(KEY_BYTES)


class Vault:
    """The keys of this deployment. Its `repr` shows none of them."""

    __slots__ = ("_lookup", "_secret", "_tokens")

    def __init__(self, *, secret: bytes, lookup: bytes, tokens: bytes) -> None:
        """`secret` is FORBEAR_SECRET_KEY; `lookup` and `tokens` come unwrapped from the keyring."""
        if len(secret) != KEY_BYTES:
            raise SetupError("FORBEAR_SECRET_KEY: expected 32 bytes in base64")
        self._secret = secret
        self._lookup = lookup
        self._tokens = tokens

    def wrap(self, key: bytes) -> bytes:
        """A data key as it may be stored."""
        return seal(self._secret, key, context=b"data-key")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key in `wrapped`. Raises SealBroken."""
        return unseal(self._secret, wrapped, context=b"data-key")

    def borrower_key(self, upstream_id: str) -> UUID:
        """The key under which everything about a borrower lives: a keyed digest of the upstream id."""
        return UUID(bytes=hmac.digest(self._lookup, b"borrower\0" + upstream_id.encode(), hashlib.sha256)[:16])

    def address_digest(self, address: str) -> bytes:
        """What an address is found by; e-mail addresses are compared without case."""
        text = address.casefold() if "@" in address else address
        return hmac.digest(self._lookup, b"address\0" + text.encode(), hashlib.sha256)[:16]

    def text_digest(self, purpose: str, text: str) -> bytes:
        """A keyed digest of some other text (reference, idempotency key), separated by purpose."""
        return hmac.digest(self._lookup, purpose.encode() + b"\0" + text.encode(), hashlib.sha256)[:16]

    def sign(self, purpose: str, text: str) -> str:
        """`text` with its signature, safe in a URL path: `<text>~<hex>`."""
        tag = hmac.digest(self._tokens, f"{purpose}\0{text}".encode(), hashlib.sha256).hex()[:_TAG_CHARS]
        return f"{text}~{tag}"

    def read_signed(self, purpose: str, token: str) -> str | None:
        """The text of a token that `sign` made for this purpose, or None. Constant-time."""
        text, _, tag = token.rpartition("~")
        expected = hmac.digest(self._tokens, f"{purpose}\0{text}".encode(), hashlib.sha256).hex()[:_TAG_CHARS]
        return text if hmac.compare_digest(expected.encode(), tag.encode()) else None
