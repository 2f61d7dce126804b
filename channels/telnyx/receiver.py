"""What Telnyx posts to us: receipts and messages from borrowers. Nothing is believed before its Ed25519
signature holds.

The signature is over the time and the octets, and not over the URL: the attempt's own signed token in the
path ties a receipt to its attempt. An old time is not refused: Telnyx repeats what was not taken, and a
receipt that comes twice changes nothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from channels.callback import (
    JSON,
    Callback,
    Forged,
    NoSuchCallback,
    Reply,
    Turn,
    Unreadable,
    check_json,
    json_object,
)
from channels.message import Channel
from channels.receipt import Inbound, Receipt
from channels.script import Script
from channels.telnyx.receipts import message_receipt, parse_inbound

SIGNATURE, TIMESTAMP = "telnyx-signature-ed25519", "telnyx-timestamp"
RECEIVED = "message.received"
OF_OURS = frozenset({"message.sent", "message.finalized"})


class TelnyxReceiver:
    """The accounts whose signature is believed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """The accounts' public keys, as the portal shows them (base64)."""
        self._keys = [Ed25519PublicKey.from_public_bytes(base64.b64decode(one)) for one in keys]

    def verify(self, callback: Callback) -> None:
        """The signature over the octets as they came. Raises CallbackError."""
        check_json(callback)
        try:
            signature = base64.b64decode(callback.headers.get(SIGNATURE, ""), validate=True)
        except ValueError:
            raise Forged("the signature does not fit") from None
        signed = callback.headers.get(TIMESTAMP, "").encode() + b"|" + callback.body
        if not any(_fits(key, signature, signed) for key in self._keys):
            raise Forged("the signature does not fit")

    def parse(self, callback: Callback) -> Receipt | Turn:
        """A receipt. Raises CallbackError."""
        if (callback.kind, callback.step) != (Channel.SMS, None):
            raise NoSuchCallback
        event, message = _event(callback)
        if event not in OF_OURS:
            raise Unreadable("/data/event_type", f"one of {', '.join(sorted(OF_OURS))}")
        if not isinstance(message.get("id"), str) or not message["id"]:
            raise Unreadable("/data/payload/id", "the id of a message")
        return message_receipt(message)

    def parse_inbound(self, callback: Callback) -> Inbound:
        """A message from a borrower, however it was written. Raises CallbackError."""
        if callback.kind != Channel.SMS:
            raise NoSuchCallback
        event, message = _event(callback)
        if event != RECEIVED:
            raise Unreadable("/data/event_type", RECEIVED)
        inbound = parse_inbound(message)
        if not inbound.ref:
            raise Unreadable("/data/payload/id", "the id of a message")
        return inbound

    def reply(self, script: Script | None, receipt_url: str) -> Reply:
        """Nothing is said: an empty answer with a 200 is all that Telnyx waits for."""
        del script, receipt_url
        return Reply(body="{}", media_type=JSON)


def _event(callback: Callback) -> tuple[str, dict[str, Any]]:
    """The type of the event, and its message. Raises Unreadable."""
    data = json_object(callback, "an event").get("data")
    payload = data.get("payload") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(payload, dict):
        raise Unreadable("/data/payload", "an event with the message that it is about")
    return str(data.get("event_type") or ""), payload


def _fits(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
