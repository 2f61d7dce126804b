"""WhatsApp through Twilio: one POST of an approved text and what stands at its places, and what comes
back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.adapter import CannotTell, ChannelMisconfigured, Found, Listed, ListedInbound
from channels.callback import Callback
from channels.meaning import Meaning
from channels.message import Channel, WhatsAppContent
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected
from channels.receipt import Progress, Receipt
from channels.testing import AT, keeps_the_port, keeps_the_receiver, message_on, sought_for, tells_no_secret
from channels.twilio.client import TwilioConfig
from channels.twilio.codes import CODES
from channels.twilio.provider import TwilioAccount
from channels.twilio.receiver import TwilioReceiver
from channels.twilio.sms import TwilioSms
from channels.twilio.whatsapp import TwilioWhatsApp
from tests.channels.test_twilio_receiver import callback as posted
from tests.channels.twilio_double import OURS, SID, TOKEN, Twilio, account, refusal, resource, twilio

W = Channel.WHATSAPP
APPROVED = "HX" + "0" * 32


def adapter(port: int, *, name: str = "twilio", sender: str = OURS) -> TwilioWhatsApp:
    """The account at the double."""
    return TwilioWhatsApp(account(port, from_number=None), name=name, sender=sender)


async def sent(double: Twilio, *, name: str = "twilio", **further: Any) -> Outcome:
    """The outcome of one message, which never shows an address."""
    one, message = adapter(double.port, name=name), message_on(W, **further)
    try:
        outcome = await one.send(message, timeout=5.0)
    finally:
        await one.close()
    tells_no_secret(outcome, message)
    return outcome


async def test_an_adapter_on_a_provider_that_is_well_keeps_the_port():
    """The same suite as every adapter."""
    async with twilio() as double:
        await keeps_the_port(adapter(double.port), W)


async def test_a_message_is_one_post_of_an_approved_text_and_its_variables():
    """No word of the text leaves: it lies with the provider. What stands at its places is JSON."""
    async with twilio() as double:
        assert isinstance(await sent(double), Accepted)
        [asked] = double.asked
    message = message_on(W)
    form = dict(asked.form)
    assert {"1": "Example Bank", "2": "canary-words"} == json.loads(form.pop("ContentVariables"))
    assert {
        "To": f"whatsapp:{message.to}",
        "From": f"whatsapp:{OURS}",
        "ContentSid": APPROVED,
        "StatusCallback": message.receipt_url,
        "ValidityPeriod": "7200",
    } == form


async def test_each_account_has_the_id_of_the_text_there():
    """Another account's id would name another text, or none."""
    content = replace(message_on(W).content, approved={"twilio": APPROVED, "twilio.acme": "HX" + "1" * 32})  # type: ignore[arg-type]
    async with twilio() as double:
        await sent(double, name="twilio.acme", content=content)
        assert "HX" + "1" * 32 == dict(double.asked[0].form)["ContentSid"]


async def test_words_that_nobody_approved_leave_only_within_a_day_of_the_persons_own():
    """Outside of it they are refused here: the provider would take them and fail a moment later."""
    content = replace(message_on(W).content, approved={})  # type: ignore[arg-type]
    async with twilio() as double:
        refused = await sent(double, content=content)
        assert ([], RefusalCause.OURS, "not-approved") == (double.asked, refused.cause, refused.code)  # type: ignore[union-attr]
        assert isinstance(await sent(double, content=content, in_session=True), Accepted)
        form = dict(double.asked[0].form)
    assert isinstance(content, WhatsAppContent)
    assert content.text == form["Body"]
    assert {"ContentSid", "ContentVariables"}.isdisjoint(form)


@pytest.mark.parametrize("code", [one for one in sorted(CODES) if one > 63000 or one in {21654, 21656}])
async def test_each_code_of_whatsapp_is_told_in_our_words(code):
    """At create."""
    async with twilio(refusal(400, code)) as double:
        outcome = await sent(double)
        assert 1 == len(double.asked)
    if CODES[code] is Meaning.LATER:
        assert isinstance(outcome, Busy)
    else:
        assert isinstance(outcome, Rejected)
        assert RefusalCause(CODES[code].value) is outcome.cause


async def test_a_look_up_without_an_id_goes_by_the_address_alone():
    """How a list writes a text that was made of an approved one is not known; two that may be it are left to
    a person."""
    async with twilio() as double:
        ends = {"To": "whatsapp:+12025550143", "From": "x", "Body": "?"}
        row = resource("messages", sid="SM" + "a" * 32, status="read", **ends)
        other = resource("messages", sid="SM" + "b" * 32, status="sent", **ends | {"To": "+12025550143"})
        double.rows += [row, other]
        one, message = adapter(double.port), message_on(W)
        sought = sought_for(message, wrote=lambda text: False, since=AT - timedelta(days=400))
        found = await one.look_up(sought)
        assert isinstance(found, Found)
        assert ("SM" + "a" * 32, Progress.DELIVERED) == (found.receipt.ref, found.receipt.progress)
        double.rows.append(row | {"sid": "SM" + "c" * 32})
        assert isinstance(await one.look_up(sought), CannotTell)
        await one.close()


async def test_the_accounts_list_is_divided_between_texts_and_whatsapp():
    """What went or came by the one is not told by the other; the numbers are plain."""
    async with twilio() as double:
        for place, prefix in enumerate(("whatsapp:", "")):
            to = f"{prefix}+1202555014{place}"
            row = resource("messages", sid=f"SM{place:032x}", status="delivered", To=to, From="x", Body="?")
            double.rows.append(row | {"direction": "outbound-api"})
        came = {"To": "x", "From": "whatsapp:+12025550149", "Body": "STOP"}
        row = resource("messages", sid="SM" + "9" * 32, status="received", **came)
        double.rows.append(row | {"direction": "inbound"})
        config = TwilioConfig(account_sid=SID, auth_token=TOKEN, base_url=f"http://127.0.0.1:{double.port}")
        texts, whatsapp = TwilioSms(config), adapter(double.port)
        since = AT - timedelta(days=400)
        by_text = [one async for one in texts.list_since(since)]
        by_whatsapp = [one async for one in whatsapp.list_since(since)]
        await texts.close()
        await whatsapp.close()
    assert ["+12025550141"] == [one.to for one in by_text if isinstance(one, Listed)]
    assert ["+12025550140"] == [one.to for one in by_whatsapp if isinstance(one, Listed)]
    [heard] = [one.inbound for one in by_whatsapp if isinstance(one, ListedInbound)]
    assert ("+12025550149", "STOP", "whatsapp") == (heard.from_address, heard.words, heard.channel)
    assert 3 == len(by_text) + len(by_whatsapp)


RECEIVER = TwilioReceiver({SID: TOKEN})


def signed(kind: str, form: dict[str, str]) -> Callback:
    """What Twilio posts for the account, signed."""
    return posted({"AccountSid": SID, **form}, kind, token=TOKEN)


def callback(**fields: str) -> Callback:
    """What Twilio posts about a message, signed."""
    return signed("whatsapp", {"MessageSid": "SM" + "a" * 32, "ChannelPrefix": "whatsapp", **fields})


ENDS = {"MessageStatus": "undelivered"}


@pytest.mark.parametrize(
    ("fields", "progress", "outcome", "flags"),
    [
        ({"MessageStatus": "sent"}, Progress.ACCEPTED, None, ()),
        ({"MessageStatus": "delivered"}, Progress.DELIVERED, "delivered", ()),
        ({"MessageStatus": "read", "EventType": "READ"}, Progress.DELIVERED, "delivered", ()),
        (ENDS | {"ErrorCode": "63016"}, Progress.UNDELIVERED, "bounced", ()),
        ({"MessageStatus": "failed", "ErrorCode": "63049"}, Progress.UNDELIVERED, "bounced", ()),
        (ENDS | {"ErrorCode": "63003"}, Progress.UNDELIVERED, "not_in_service", ("address_dead",)),
        (ENDS | {"ErrorCode": "63014"}, Progress.UNDELIVERED, "bounced", ("opted_out",)),
        (ENDS | {"ErrorCode": "63018"}, Progress.UNDELIVERED, "bounced", ("again",)),
    ],
)
def test_a_receipt_is_read_and_its_forgeries_are_not(fields, progress, outcome, flags):
    """One table with the create."""
    said = keeps_the_receiver(RECEIVER, callback(**fields))
    assert isinstance(said, Receipt)
    assert (progress, outcome) == (said.progress, said.outcome)
    assert set(flags) == {one for one in ("address_dead", "opted_out", "again") if getattr(said, one)}


@pytest.mark.parametrize("kind", ["whatsapp", "sms"])
def test_a_borrowers_message_says_by_its_sender_that_it_came_by_whatsapp(kind):
    """Whichever of the two URLs the account was told."""
    ends = {"From": "whatsapp:+12025550143", "To": f"whatsapp:{OURS}"}
    form = {"MessageSid": "SM" + "a" * 32, "Body": "STOP", **ends}
    inbound = RECEIVER.parse_inbound(signed(kind, form))
    assert ("+12025550143", "STOP", "whatsapp") == (inbound.from_address, inbound.words, inbound.channel)
    text = RECEIVER.parse_inbound(signed(kind, form | {"From": "+12025550143"}))
    assert "sms" == text.channel


def test_an_account_needs_what_its_channels_need():
    """A number that WhatsApp knows for the one, a number or a service for texts, a number for calls."""
    bare = TwilioAccount(account_sid=SID, auth_token=TOKEN)  # type: ignore[arg-type]
    assert ["whatsapp_number"] == list(bare.missing({W}))
    assert ["from_number", "whatsapp_number"] == list(bare.missing(set(Channel) - {Channel.EMAIL}))
    both = bare.model_copy(update={"whatsapp_number": OURS, "messaging_service_sid": "MG1"})
    needs = (list(both.missing({W, Channel.SMS})), list(both.missing({Channel.VOICE})))
    assert ([], ["from_number"]) == needs
    assert (OURS, None) == (both.answers_at(W), both.answers_at(Channel.SMS))


async def test_a_number_that_is_none_stops_the_start():
    """The line names the variable."""
    with pytest.raises(ChannelMisconfigured, match="FORBEAR_TWILIO__WHATSAPP_NUMBER"):
        adapter(1, sender="whatsapp:+12025550100")
