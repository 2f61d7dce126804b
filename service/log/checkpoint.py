"""Checkpoints: size and root of the log as a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "\u2014 "


class NoteInvalid(ValueError):
    """A text that is no signed note, or one that the key did not sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a note says."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The signed text, its last newline included."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(origin: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name || LF || 0x01 || public key)."""
    return hashlib.sha256(origin.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(origin: str, public: bytes) -> str:
    """`name+hex id+base64(0x01 || public key)`."""
    return f"{origin}+{key_id(origin, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def sign(checkpoint: Checkpoint, *keys: Ed25519PrivateKey) -> str:
    """The signed note: the body, a blank line, a signature line for each key."""
    body = checkpoint.body()
    lines = [signature_line(checkpoint.origin, key, body) for key in keys]
    return body + "\n" + "".join(lines)


def signature_line(name: str, key: Ed25519PrivateKey, body: str) -> str:
    """One signature line of a note."""
    public = key.public_key().public_bytes_raw()
    blob = key_id(name, public) + key.sign(body.encode())
    return f"{DASH}{name} {base64.b64encode(blob).decode()}\n"


def read_verifier_key(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of a verifier key. Raises NoteInvalid."""
    try:
        name, id_, blob = text.strip().split("+", 2)
        raw = base64.b64decode(blob, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteInvalid("expected a verifier key like name+id+key") from error
    if raw[:1] != ED25519 or len(raw) != 33 or key_id(name, raw[1:]).hex() != id_:  # noqa: PLR2004
        raise NoteInvalid("the verifier key is not an Ed25519 one, or its id does not fit")
    return name, bytes.fromhex(id_), raw[1:]


def open_note(note: str, verifier: str) -> Checkpoint:
    """The checkpoint in a note that `verifier` signed. Raises NoteInvalid."""
    name, id_, public = read_verifier_key(verifier)
    body, blank, signatures = note.partition("\n\n")
    if not blank:
        raise NoteInvalid("expected a blank line between text and signatures")
    body += "\n"
    for line in signatures.splitlines():
        if line.startswith(f"{DASH}{name} "):
            _verify(line.rsplit(" ", 1)[1], id_, public, body)
            return _parse(body)
    raise NoteInvalid(f"no signature by {name}")


def _verify(encoded: str, id_: bytes, public: bytes, body: str) -> None:
    try:
        blob = base64.b64decode(encoded, validate=True)
        if blob[:4] != id_:
            raise NoteInvalid("the signature is by another key")
        Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], body.encode())
    except (binascii.Error, InvalidSignature) as error:
        raise NoteInvalid("the signature does not fit") from error


def _parse(body: str) -> Checkpoint:
    lines = body.split("\n")
    try:
        return Checkpoint(origin=lines[0], size=int(lines[1]), root=base64.b64decode(lines[2], validate=True))
    except (IndexError, ValueError, binascii.Error) as error:
        raise NoteInvalid("expected origin, size and root") from error
