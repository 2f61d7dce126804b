"""Keeps personal data unreadable without its keys: an envelope per borrower, keyed digests for look-ups,
signed tokens.

A borrower's data key is random, wrapped under `FORBEAR_SECRET_KEY` (AES-256-GCM), and encrypts name,
addresses and bodies; destroying it destroys them. Look-ups go by keyed BLAKE2b (RFC 7693), and URLs are
signed, under keys that are themselves wrapped in the store's keyring: rotating the secret key wraps keys
anew, and touches no digest, no token and nothing that is encrypted."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policies.places.telephones import comparable
from service.errors import SetupError

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_CHARS = 32
WRAPPED = b"data-key"
"""Binds a wrapped key to its purpose."""


_POOL_BYTES = 4096
_pool = BytesIO()


def random_bytes(size: int) -> bytes:
    """`size` bytes of the system's randomness, drawn by the page: a call to the kernel for each nonce costs
    a third of an encryption. Safe in threads and after a fork."""
    global _pool
    drawn = _pool.read(size)
    if len(drawn) < size:
        page = BytesIO(os.urandom(max(size, _POOL_BYTES)))
        drawn = page.read(size)  # before other threads can see it, so that it is never too short
        _pool = page
    return drawn


def _forget_pool() -> None:
    global _pool
    _pool = BytesIO()


os.register_at_fork(after_in_child=_forget_pool)  # two processes must never draw the same bytes


class DecryptionFailed(Exception):
    """An encrypted value does not open: another key, or changed bytes."""


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> AESGCM:
    """A cipher, kept for a moment, in memory only: spreading out its key costs more than using it, and a
    decision uses a borrower's key three times."""
    return AESGCM(key)


def encrypt(key: bytes, plain: bytes, *, context: bytes = b"") -> bytes:
    """Encrypt `plain` under `key`; `context` binds it to its place and must be given again to open it."""
    nonce = random_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, context)


def decrypt(key: bytes, encrypted: bytes, *, context: bytes = b"") -> bytes:
    """Decrypt what `encrypt` made. Raises DecryptionFailed."""
    try:
        return _cipher(key).decrypt(encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise DecryptionFailed("an encrypted value does not open with this key") from error


def authenticate(key: bytes, text: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) of `text` under `key`, in one step: an object for each new key costs several
    times as much."""
    return hmac.digest(key, text, "sha256")


def new_key() -> bytes:
    """A fresh data key."""
    return random_bytes(KEY_BYTES)


class SecretKeys:
    """FORBEAR_SECRET_KEY, which wraps, and FORBEAR_PREVIOUS_SECRET_KEYS, which still unwrap. Their `repr`
    shows none of them."""

    __slots__ = ("_current", "_previous")

    def __init__(self, current: bytes, previous: Sequence[bytes] = ()) -> None:
        """Each has KEY_BYTES bytes. Raises SetupError."""
        if any(len(one) != KEY_BYTES for one in (current, *previous)):
            raise SetupError("FORBEAR_SECRET_KEY: expected 32 bytes in base64")
        self._current = current
        self._previous = tuple(previous)

    def wrap(self, key: bytes) -> bytes:
        """A key as it may be stored."""
        return encrypt(self._current, key, context=WRAPPED)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key in `wrapped`. Raises DecryptionFailed."""
        try:
            return decrypt(self._current, wrapped, context=WRAPPED)
        except DecryptionFailed:
            for one in self._previous:
                with suppress(DecryptionFailed):
                    return decrypt(one, wrapped, context=WRAPPED)
            raise

    def rewrap(self, wrapped: bytes) -> bytes | None:
        """The same key wrapped under the current secret key; None where it is already. Raises
        DecryptionFailed."""
        try:
            decrypt(self._current, wrapped, context=WRAPPED)
        except DecryptionFailed:
            return self.wrap(self.unwrap(wrapped))
        return None


class Vault:
    """The keys of this deployment. Its `repr` shows none of them."""

    __slots__ = ("_lookup", "_make_uuid", "_own", "_secrets", "_tokens")

    def __init__(
        self,
        *,
        secrets: SecretKeys,
        lookup: bytes,
        tokens: bytes,
        make_uuid: Callable[[bytes], UUID] = lambda raw: UUID(bytes=raw),
    ) -> None:
        """`secrets` come from the settings; `lookup` and `tokens` unwrapped from the keyring; `make_uuid` may
        be the store's own way to a UUID of 16 bytes."""
        self._secrets = secrets
        self._make_uuid = make_uuid
        self._lookup = blake2b(key=lookup, digest_size=16)
        self._own = authenticate(lookup, b"own records")
        self._tokens = tokens

    def wrap(self, key: bytes) -> bytes:
        """A data key as it may be stored."""
        return self._secrets.wrap(key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key in `wrapped`. Raises DecryptionFailed."""
        return self._secrets.unwrap(wrapped)

    def rewrap(self, wrapped: bytes) -> bytes | None:
        """The same key wrapped under the current secret key; None where it is already. Raises
        DecryptionFailed."""
        return self._secrets.rewrap(wrapped)

    def encrypt_own(self, plain: bytes, *, context: bytes) -> bytes:
        """Encrypt what belongs to no borrower, under a key that follows from the deployment's own."""
        return encrypt(self._own, plain, context=context)

    def decrypt_own(self, encrypted: bytes, *, context: bytes) -> bytes:
        """Open what `encrypt_own` made. Raises DecryptionFailed."""
        return decrypt(self._own, encrypted, context=context)

    def borrower_key(self, upstream_id: str) -> UUID:
        """The key under which everything about a borrower lives: a keyed digest of the upstream id."""
        return self._make_uuid(self._look_up(b"borrower\0" + upstream_id.encode()))

    def address_digest(self, address: str) -> bytes:
        """What an address is found by, however it is written."""
        return self._look_up(b"address\0" + comparable(address).encode())

    def text_digest(self, purpose: str, text: str) -> bytes:
        """A keyed digest of some other text (reference, idempotency key), separated by purpose."""
        return self.bytes_digest(purpose, text.encode())

    def bytes_digest(self, purpose: str, content: bytes) -> bytes:
        """The same of what is bytes already."""
        return self._look_up(purpose.encode() + b"\0" + content)

    def _look_up(self, text: bytes) -> bytes:
        digest = self._lookup.copy()
        digest.update(text)
        return digest.digest()

    def sign(self, purpose: str, text: str) -> str:
        """`text` with its signature, safe in a URL path: `<text>~<hex>`."""
        return f"{text}~{self._tag(purpose, text)}"

    def _tag(self, purpose: str, text: str) -> str:
        return authenticate(self._tokens, f"{purpose}\0{text}".encode()).hex()[:_TAG_CHARS]

    def read_signed(self, purpose: str, token: str) -> str | None:
        """The text of a token that `sign` made for this purpose, or None. Constant-time."""
        text, _, tag = token.rpartition("~")
        return text if hmac.compare_digest(self._tag(purpose, text).encode(), tag.encode()) else None
