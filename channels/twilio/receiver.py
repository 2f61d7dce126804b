"""What Twilio posts to us: receipts, the turns of a call, messages from borrowers. Nothing is believed before
its signature holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from channels.callback import (
    Answered,
    Callback,
    Forged,
    Listener,
    NoSuchCallback,
    OtherType,
    Played,
    Pressed,
    Reply,
    Turn,
    Unreadable,
)
from channels.message import Channel
from channels.receipt import Inbound, Receipt
from channels.script import Script
from channels.twilio.form import FORM, MOST_FIELDS, Octets, octets_of, other_words, text_form, text_of
from channels.twilio.receipts import call_receipt, message_receipt, parse_inbound
from channels.twilio.signature import verify
from channels.twilio.twiml import DIGITS, render

SIGNATURE = "x-twilio-signature"
XML = "application/xml"
WORDS = "twiml"
"""Where the words of a call are fetched, behind the call's URL."""
_REF = re.compile(r"[A-Za-z0-9]{2,64}")
_MACHINES = ("machine", "fax")


class TwilioReceiver:
    """The accounts whose signature is believed."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """Auth tokens by account SID; a form that names no account is the first one's."""
        self._tokens = dict(tokens)
        self._first = next(iter(tokens))

    def verify(self, callback: Callback) -> None:
        """The signature over the form as it came. Raises CallbackError."""
        octets = _octets(callback)
        account = octets.get(b"AccountSid")
        token = self._tokens.get(self._first if account is None else text_of(account))
        signature = callback.headers.get(SIGNATURE)
        if token is None or not verify(url=callback.url, form=octets, signature=signature, auth_token=token):
            raise Forged("the signature does not fit")

    def parse(self, callback: Callback) -> Receipt | Turn:
        """A receipt, or a turn of a call. Raises CallbackError."""
        form = text_form(_octets(callback))
        match callback.kind, callback.step:
            case Channel.SMS | Channel.WHATSAPP, None:
                return _receipt(form, message_receipt, "MessageSid", "SmsSid")
            case Channel.VOICE, None:
                return _receipt(form, call_receipt, "CallSid")
            case Channel.VOICE, step if step in {WORDS, DIGITS}:
                ref, key = _ref(form, "CallSid"), form.get("Digits", "")
                if step == WORDS:
                    return Answered(ref=ref, by=_listener(form.get("AnsweredBy", "")))
                return Pressed(ref=ref, key=key) if key else Played(ref=ref)
            case _:
                raise NoSuchCallback

    def parse_inbound(self, callback: Callback) -> Inbound:
        """A message from a borrower, however it was written. Raises CallbackError."""
        if callback.kind not in {Channel.SMS, Channel.WHATSAPP}:
            raise NoSuchCallback
        octets = _octets(callback)
        form = text_form(octets)
        _ref(form, "MessageSid", "SmsSid")
        return parse_inbound(form, other_words(octets))

    def reply(self, script: Script | None, receipt_url: str) -> Reply:
        """TwiML."""
        body = "<Response/>" if script is None else render(script, receipt_url)
        return Reply(body=body, media_type=XML)


def _octets(callback: Callback) -> Octets:
    if callback.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OtherType(FORM)
    try:
        return octets_of(callback.body)
    except ValueError:
        raise Unreadable("", f"a form with at most {MOST_FIELDS} fields") from None


def _receipt(form: Mapping[str, str], parse: Callable[[Mapping[str, str]], Receipt], *names: str) -> Receipt:
    _ref(form, *names)
    return parse(form)


def _ref(form: Mapping[str, str], *names: str) -> str:
    ref = next((form[name] for name in names if form.get(name)), "")
    if not _REF.fullmatch(ref):
        raise Unreadable(f"/{names[0]}", "the provider's id")
    return ref


def _listener(answered_by: str) -> Listener:
    if answered_by.startswith(_MACHINES):
        return Listener.MACHINE
    return Listener.PERSON if answered_by == "human" else Listener.UNKNOWN
