"""Checkpoints: size and root of the log as a C2SP signed note (c2sp.org/signed-note,
c2sp.org/tlog-checkpoint), Ed25519."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"
DASH = "\u2014 "
ARCHIVED = "archived"
"""The extension that says that what is in this tree was archived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a note says."""

    origin: str
    size: int
    root: bytes
    extension: str = ""
    """A line more, which says what else is stated of this tree."""

    def body(self) -> str:
        """The signed text, its last newline included."""
        further = f"{self.extension}\n" if self.extension else ""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{further}"


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
