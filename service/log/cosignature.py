"""Cosignatures of witnesses (c2sp.org/tlog-cosignature, version 1): a third party states when it saw a
checkpoint, with Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.log.checkpoint import DASH

COSIGNATURE = b"\x04"
_BLOB_BYTES = 4 + 8 + 64
"""Key id, POSIX seconds, signature."""


class CosignatureInvalid(ValueError):
    """A line that is no cosignature of this checkpoint by a known witness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A third party whose word is taken."""

    name: str
    key_id: bytes
    public: bytes


def read_witness(text: str) -> Witness:
    """The witness of a verifier key `name+id+base64(0x04 || public key)`. Raises CosignatureInvalid."""
    try:
        name, id_, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise CosignatureInvalid("expected a verifier key like name+id+key") from error
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != COSIGNATURE or len(raw) != 33 or key_id.hex() != id_:  # noqa: PLR2004
        raise CosignatureInvalid(
            "the verifier key is not one of a cosignature/v1 witness, or its id does not fit"
        )
    return Witness(name=name, key_id=key_id, public=raw[1:])


def check_cosignature(line: str, body: str, witnesses: tuple[Witness, ...]) -> Witness:
    """The witness that signed `body`, a checkpoint's text with its last newline, by this line. Raises
    CosignatureInvalid."""
    name, _, encoded = line.removeprefix(DASH).rpartition(" ")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        blob = b""
    if not line.startswith(DASH) or len(blob) != _BLOB_BYTES:
        raise CosignatureInvalid("expected a line like `— name base64` that holds key id, time and signature")
    known = next((one for one in witnesses if one.name == name and one.key_id == blob[:4]), None)
    if known is None:
        raise CosignatureInvalid("this key is no witness of this log")
    message = f"cosignature/v1\ntime {int.from_bytes(blob[4:12], 'big')}\n{body}"
    try:
        Ed25519PublicKey.from_public_bytes(known.public).verify(blob[12:], message.encode())
    except InvalidSignature as error:
        raise CosignatureInvalid("the signature does not fit the checkpoint") from error
    return known
