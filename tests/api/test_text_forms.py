"""A borrower's word is heard by whatever way it comes, and never refused for its form."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote_from_bytes

import pytest

from tests.api.as_twilio import ACCOUNT, PUBLIC, TOKEN, accept, post, send_due, states

PATH, NUMBER = "/v1/inbound/twilio/sms", "+12025550101"


async def said(api, number: int = 1, **form: str) -> None:
    """A message from the borrower; it is always taken."""
    given = {"From": NUMBER, "To": "+12025550100", "MessageSid": f"SM{number:032x}", **form}
    answer = await post(api, PATH, given)
    assert (200, "<Response/>") == (answer.status_code, answer.text)


@pytest.mark.parametrize("sender", [f"rcs:{NUMBER}", f"whatsapp:{NUMBER}", f"sms:{NUMBER}", f"{NUMBER} "])
async def test_a_stop_is_the_numbers_whatever_way_it_wrote(api, notice, sender):
    """RCS, WhatsApp, a scheme in front, a space behind."""
    await accept(api, notice, "email")
    await said(api, From=sender, Body="STOP")
    id_ = await accept(api, notice, "sms", reference="again")
    await send_due(api)
    assert {"sms": "suppressed"} == await states(api, id_)


@pytest.mark.parametrize(
    "form",
    [
        {"Body": "", "ButtonPayload": "STOP"},
        {"ButtonText": "STOP", "ButtonPayload": "btn_7"},
        {"Body": "Not interested, thanks", "ButtonPayload": "stop"},
        {"Body": "", "ListTitle": "Unsubscribe", "ListId": "row_2"},
        {"Body": "\n", "ButtonText": " ", "ButtonPayload": "unsubscribe"},
    ],
)
async def test_a_button_that_says_stop_is_a_stop(api, notice, form):
    """By its text or by the value behind it."""
    await accept(api, notice, "email")
    await said(api, **form)
    assert 1 == await api.count("events WHERE type = 'opt_out'")


async def test_the_value_behind_a_button_holds_nothing_by_being_a_name(api, notice):
    """What the person saw on it is what was said."""
    await accept(api, notice, "email")
    await said(api, Body="Thank you", ButtonPayload="btn_4711_accept_plan")
    assert 0 == await api.count("events WHERE type <> 'inbound' AND type <> 'consent'")


@pytest.mark.parametrize(
    "form",
    [
        {"Body": ""},
        {},
        {"Body": " \n"},
        {"Body": "", "NumMedia": "1", "MediaUrl0": "https://media.example.com/1"},
    ],
)
async def test_a_message_without_a_word_is_taken_and_holds(api, notice, form):
    """A picture may show a letter: a person looks before anything more is sent."""
    await accept(api, notice, "email")
    await said(api, **form)
    assert 1 == await api.count("events WHERE type = 'inbound'")
    assert 1 == await api.count("events WHERE type = 'unclear_words'")
    id_ = await accept(api, notice, "sms", reference="again")
    await send_due(api)
    assert {"sms": "held"} == await states(api, id_)


@pytest.mark.parametrize(
    "sender", ["VERIZON", "729725", "MyBank", "rcs:forbear_agent", "+1", "", "whatsapp:"]
)
async def test_a_sender_that_is_no_number_is_nobody_of_ours(api, notice, sender):
    """A carrier's own text, a name in letters: taken, and nobody's."""
    await accept(api, notice, "email")
    await said(api, From=sender, Body="STOP")
    assert 0 == await api.count("events WHERE type = 'opt_out'")
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


@pytest.mark.parametrize(
    "body",
    [
        b"STOP \xff",
        b"STOP\xe9",
        b"ST\x00OP\xff",
        b"d\xe9jenme en paz",
        "stop 🛑".encode()[:-1],
        b"\xe9\xe8\xff",
    ],
)
async def test_octets_that_are_no_utf8_are_taken(api, notice, body):
    """Signed as they are; whatever they mean, they are not lost."""
    await accept(api, notice, "email")
    form = {
        b"AccountSid": ACCOUNT.encode(),
        b"Body": body,
        b"From": NUMBER.encode(),
        b"MessageSid": b"SM" + b"c" * 32,
    }
    signed = (PUBLIC + PATH).encode() + b"".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(TOKEN.encode(), signed, hashlib.sha1).digest()).decode()
    posted = "&".join(f"{name.decode()}={quote_from_bytes(value)}" for name, value in form.items())
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
    forged = await api.client.post(PATH, content=posted, headers={**headers, "X-Twilio-Signature": "x"})
    assert 403 == forged.status_code
    assert 0 == await api.count("events WHERE type = 'inbound'")
    answer = await api.client.post(PATH, content=posted, headers={**headers, "X-Twilio-Signature": signature})
    assert 200 == answer.status_code, answer.text
    assert 1 == await api.count("events WHERE type = 'inbound'")
    if b"OP" in body:
        assert 1 == await api.count("events WHERE type = 'opt_out'")
