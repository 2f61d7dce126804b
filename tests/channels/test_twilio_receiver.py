"""Twilio's door: signed callbacks become receipts and turns of a call in our words; anything else is refused
by its name."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from channels.callback import (
    Answered,
    Callback,
    Forged,
    Listener,
    NoSuchCallback,
    OtherType,
    Played,
    Pressed,
    Unreadable,
)
from channels.receipt import Receipt
from channels.script import SILENT_END
from channels.testing import keeps_the_receiver
from channels.twilio.receiver import TwilioReceiver

SID, OTHER, CALL = "AC" + "0" * 32, "AC" + "1" * 32, {"CallSid": "CA" + "0" * 32}
URL = "https://forbear.example.com/v1/receipts/twilio/voice/aB3-_"
RECEIVER = TwilioReceiver({SID: "first-token", OTHER: "other-token"})


def callback(
    form: dict[str, str], kind: str = "voice", step: str | None = None, token: str = "first-token"
) -> Callback:
    """What Twilio posts, signed."""
    url = URL if step is None else f"{URL}/{step}"
    return Callback(
        url=url,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-twilio-signature": RequestValidator(token).compute_signature(url, form),
        },
        body=urlencode(form).encode(),
        kind=kind,
        step=step,
    )


@pytest.mark.parametrize(
    ("form", "kind", "step", "said"),
    [
        (
            {**CALL, "AnsweredBy": "human"},
            "voice",
            "twiml",
            Answered(ref=CALL["CallSid"], by=Listener.PERSON),
        ),
        (
            {**CALL, "AnsweredBy": "machine_end_beep"},
            "voice",
            "twiml",
            Answered(ref=CALL["CallSid"], by=Listener.MACHINE),
        ),
        ({**CALL, "AnsweredBy": "fax"}, "voice", "twiml", Answered(ref=CALL["CallSid"], by=Listener.MACHINE)),
        (
            {**CALL, "AnsweredBy": "unknown"},
            "voice",
            "twiml",
            Answered(ref=CALL["CallSid"], by=Listener.UNKNOWN),
        ),
        (CALL, "voice", "twiml", Answered(ref=CALL["CallSid"], by=Listener.UNKNOWN)),
        ({**CALL, "Digits": "9"}, "voice", "digits", Pressed(ref=CALL["CallSid"], key="9")),
        ({**CALL, "Digits": ""}, "voice", "digits", Played(ref=CALL["CallSid"])),
        (CALL, "voice", "digits", Played(ref=CALL["CallSid"])),
    ],
)
def test_a_turn_of_a_call_is_read_and_its_forgeries_are_not(form, kind, step, said):
    """Who answered, which key, the end of the message."""
    assert said == keeps_the_receiver(RECEIVER, callback(form, kind, step))


def test_a_callback_for_another_url_is_not_believed():
    """Another attempt's, another step's: the URL is signed too."""
    given = callback({**CALL, "CallStatus": "busy"})
    for url in (f"{given.url}x", f"{given.url}/digits", given.url.replace("https", "http")):
        with pytest.raises(Forged):
            RECEIVER.verify(replace(given, url=url))


def test_a_receipt_is_read_and_its_forgeries_are_not():
    """Of a call and of a message."""
    assert isinstance(keeps_the_receiver(RECEIVER, callback({**CALL, "CallStatus": "busy"})), Receipt)
    assert isinstance(
        keeps_the_receiver(RECEIVER, callback({"MessageSid": "SM1", "MessageStatus": "sent"}, "sms")), Receipt
    )


@pytest.mark.parametrize(
    ("form", "token", "holds"),
    [
        ({"AccountSid": SID}, "first-token", True),
        ({"AccountSid": OTHER}, "other-token", True),
        ({}, "first-token", True),
        ({}, "other-token", False),
        ({"AccountSid": OTHER}, "first-token", False),
        ({"AccountSid": "AC" + "2" * 32}, "first-token", False),
    ],
)
def test_each_account_signs_with_its_own_token(form, token, holds):
    """A form that names none is the first one's."""
    given = callback({**CALL, **form}, token=token)
    if holds:
        RECEIVER.verify(given)
    else:
        with pytest.raises(Forged):
            RECEIVER.verify(given)


@pytest.mark.parametrize(
    ("kind", "step"), [("fax", None), ("sms", "twiml"), ("voice", "words"), ("email", None)]
)
def test_a_door_that_there_is_not(kind, step):
    """Twilio posts nothing there."""
    with pytest.raises(NoSuchCallback):
        RECEIVER.parse(callback({**CALL, "MessageSid": "SM1"}, kind, step))
    if kind != "sms":
        with pytest.raises(NoSuchCallback):
            RECEIVER.parse_inbound(callback({"MessageSid": "SM1"}, kind))


def test_what_is_no_form_of_twilios_is_named():
    """Another type, no id, endless fields."""
    with pytest.raises(OtherType, match="x-www-form-urlencoded"):
        RECEIVER.verify(
            Callback(url=URL, headers={"content-type": "application/json"}, body=b"{}", kind="voice")
        )
    with pytest.raises(Unreadable, match="id") as caught:
        RECEIVER.parse(callback({"CallStatus": "busy"}))
    assert "/CallSid" == caught.value.pointer
    endless = Callback(
        url=URL,
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"a=1&" * 2000,
        kind="voice",
    )
    with pytest.raises(Unreadable, match="at most"):
        RECEIVER.verify(endless)


def test_the_answer_is_twiml():
    """Also where there is nothing to say."""
    assert ("<Response/>", "application/xml") == ((reply := RECEIVER.reply(None, "")).body, reply.media_type)
    assert "<Hangup" in RECEIVER.reply(SILENT_END, URL).body
