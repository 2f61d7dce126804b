"""What Vonage posts to us: receipts, messages from borrowers, the turns of a call. Nothing is believed
before its signature holds: a JWT (RFC 7519, HS256) that names the digest of the octets.

The URL is not signed: the attempt's own signed token in the path ties a request to its attempt. An old one is
not refused, since a receipt that comes twice changes nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import orjson

from channels.callback import (
    JSON,
    Answered,
    Callback,
    Forged,
    Listener,
    NoSuchCallback,
    Played,
    Pressed,
    Reply,
    Turn,
    Unreadable,
    check_json,
    json_object,
)
from channels.message import Channel
from channels.receipt import Inbound, Receipt
from channels.script import Script
from channels.vonage.codes import call_receipt
from channels.vonage.ncco import CHOICE, END, LAST_CHOICE, render
from channels.vonage.texts import CHANNELS, parse_inbound, status_receipt

BEARER = "bearer "
ANSWER = "answer"
"""Where the words of a call are fetched, behind the call's URL."""


class VonageReceiver:
    """The accounts whose signature is believed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """The accounts' signature secrets."""
        self._secrets = [one.encode() for one in secrets]

    def verify(self, callback: Callback) -> None:
        """The signature of the token, and the digest of the octets in it. Raises CallbackError."""
        check_json(callback)
        said = callback.headers.get("authorization", "")
        if said[: len(BEARER)].lower() != BEARER:
            raise Forged("the signature does not fit")
        claims = _claims(said[len(BEARER) :].strip(), self._secrets)
        digest = hashlib.sha256(callback.body).hexdigest()
        if not hmac.compare_digest(str(claims.get("payload_hash")).encode(), digest.encode()):
            raise Forged("the signature does not fit")

    def parse(self, callback: Callback) -> Receipt | Turn:
        """A receipt, or a turn of a call. Raises CallbackError."""
        match callback.kind, callback.step:
            case Channel.SMS, None:
                document = json_object(callback, "a status of a text")
                _ref(document, "message_uuid")
                return status_receipt(document)
            case Channel.VOICE, step:
                return _of_call(json_object(callback, "an event"), step)
            case _:
                raise NoSuchCallback

    def parse_inbound(self, callback: Callback) -> Inbound:
        """A message from a borrower, by whichever channel it came to the application's one URL. To borrowers
        who call the number nothing of ours answers. Raises CallbackError."""
        if callback.kind != Channel.SMS:
            raise NoSuchCallback
        document = json_object(callback, "a message")
        _ref(document, "message_uuid")
        channel = CHANNELS.get(str(document.get("channel")))
        if channel is None:
            raise Unreadable("/channel", f"one of {', '.join(CHANNELS)}")
        return parse_inbound(document, channel)

    def reply(self, script: Script | None, receipt_url: str) -> Reply:
        """An NCCO; an empty one ends the call."""
        actions = [] if script is None else render(script, receipt_url)
        return Reply(body=orjson.dumps(actions).decode(), media_type=JSON)


def _of_call(event: dict[str, Any], step: str | None) -> Receipt | Turn:
    """A receipt of a call, or a turn of it. Raises CallbackError."""
    ref = str(event.get("uuid") or event.get("call_uuid") or "")
    match step:
        case None:
            _ref(event, "uuid", "call_uuid")
            return call_receipt(event)
        case step if step == ANSWER:
            return Answered(ref=ref, by=Listener.UNKNOWN)
        case step if step in {CHOICE, LAST_CHOICE}:
            return _choice(event, ref, more=step == CHOICE)
        case step if step == END:
            return Played(ref=ref)
        case _:
            raise NoSuchCallback


def _ref(document: dict[str, Any], *names: str) -> None:
    if not any(isinstance(document.get(name), str) and document[name] for name in names):
        raise Unreadable(f"/{names[0]}", "the provider's id")


def _choice(event: dict[str, Any], ref: str, *, more: bool) -> Turn:
    """A key. Without one what anybody may hear is said, where that is still to come, else the call ends."""
    dtmf = event.get("dtmf")
    digits = str(dtmf.get("digits") or "") if isinstance(dtmf, dict) else str(dtmf or "")
    if not digits and more:
        return Answered(ref=ref, by=Listener.MACHINE)
    return Pressed(ref=ref, key=digits[:1])


def _claims(token: str, secrets: Sequence[bytes]) -> dict[str, Any]:
    """The claims of a token that one of the secrets signed. Raises Forged."""
    signed, _, signature = token.rpartition(".")
    head, _, claims = signed.partition(".")
    try:
        given, found = _octets(signature), orjson.loads(_octets(claims))
        algorithm = orjson.loads(_octets(head)).get("alg")
    except (ValueError, AttributeError):
        raise Forged("the signature does not fit") from None
    good = any(hmac.compare_digest(hmac.digest(one, signed.encode(), "sha256"), given) for one in secrets)
    if algorithm != "HS256" or not good or not isinstance(found, dict):
        raise Forged("the signature does not fit")
    return found


def _octets(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
