"""Whether a webhook is the service's own (Standard Webhooks, v1). Only the standard library is needed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from . import types as t

TOLERANCE_SECONDS = 300


class WebhookRefused(Exception):
    """The request is not the service's, or is too old: answer 400 and do nothing."""


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> t.WebhookEvent:
    """The event of a request. `body` is the octets as they came; `secrets` one `whsec_…`, or two while one replaces the other; `now` in
    seconds since 1970. The `webhook-id` is equal in every repeat: what was handled before under it is to be answered 200 and left.

    Raises WebhookRefused."""
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        id_, timestamp = lowered["webhook-id"], lowered["webhook-timestamp"]
        given = lowered["webhook-signature"]
    except KeyError as error:
        raise WebhookRefused(f"the header {error.args[0]} is missing") from None
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise WebhookRefused("webhook-timestamp is no number of seconds")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise WebhookRefused("webhook-timestamp is too far from now")
    signed = f"{id_}.{timestamp}.".encode() + body
    wanted = [_signature(one, signed) for one in ([secrets] if isinstance(secrets, str) else secrets)]
    offered = [one.partition(",")[2] for one in given.split() if one.startswith("v1,")]
    if not any(hmac.compare_digest(one.encode(), other) for one in offered for other in wanted):
        raise WebhookRefused("no signature fits")
    return cast("t.WebhookEvent", json.loads(body))


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("expected a secret such as whsec_ and base64") from None
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
