"""Standard Webhooks: what a receiver checks a request by. HMAC-SHA256 over id, timestamp and body, a
signature for each secret that is good now, so that a secret can be replaced while receivers still know the
old one."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, as receivers are given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secrets_: Iterable[str], *, id_: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a request that is sent at `seconds` (Unix time); the same id marks every repeat of
    it."""
    signed = f"{id_}.{seconds}.".encode() + body
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_signature(one, signed)}" for one in secrets_),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
