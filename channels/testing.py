"""The test kit of providers, ours and anybody's: plain functions that raise AssertionError, to be called from
whatever runs tests.

`keeps_the_port` is what every adapter must do on a provider that is well, `keeps_its_word` what a provider's
registration must say, and `keeps_the_receiver` what its receiver must do with a callback that is signed, and
with the same one forged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.adapter import Absent, Adapter, CannotTell, Found, Sought
from channels.callback import Callback, CallbackError, Complained, Greeted, Receiver, Turn
from channels.content import call
from channels.message import (
    Channel,
    Content,
    EmailContent,
    Medium,
    Message,
    SmsContent,
    VoiceContent,
    WhatsAppContent,
)
from channels.outcome import Accepted, Busy, Rejected, Unknown
from channels.provider import Provider
from channels.receipt import Receipt

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
RECEIPT_URL = "https://forbear.example.com/v1/receipts/" + "aB3-_" * 30
UNSUBSCRIBE_URL = "https://forbear.example.com/v1/unsubscribe/" + "Zy9-_" * 30
FACTS = {"creditor_name": "Example Bank", "borrower_name": "Ana Ruiz", "contact": "+12025550100"}
CONTENTS: dict[Channel, Content] = {
    Channel.SMS: SmsContent(
        body="Example Bank: canary-words. Reply STOP to end texts.", segments=1, encoding="GSM-7"
    ),
    Channel.EMAIL: EmailContent(
        subject="A payment is overdue",
        text="canary-words\n",
        html="<p>canary-words</p>\n",
        sender_name="Example Bank",
    ),
    Channel.VOICE: VoiceContent(
        text="canary-words",
        opening=call.opening(FACTS, "en"),
        message=call.message(FACTS, "en"),
        notice=call.notice("canary-words", "en"),
    ),
    Channel.WHATSAPP: WhatsAppContent(
        text="Example Bank: canary-words. Reply STOP to end these messages.",
        variables={"1": "Example Bank", "2": "canary-words"},
        approved={"twilio": "HX" + "0" * 32},
    ),
}
MEDIA = {
    Channel.SMS: {Medium.SMS},
    Channel.EMAIL: {Medium.EMAIL},
    Channel.VOICE: {Medium.VOICE, Medium.VOICE_PRERECORDED},
    Channel.WHATSAPP: {Medium.IM},
}
ADDRESSES = {
    Channel.SMS: "+12025550143",
    Channel.EMAIL: "ana@example.com",
    Channel.VOICE: "+12025550143",
    Channel.WHATSAPP: "+12025550143",
}


def message_on(channel: Channel, **further: object) -> Message:
    """A message to a fictional borrower on this channel."""
    message = Message(
        attempt_id="dlv_0001.1",
        channel=channel,
        to=ADDRESSES[channel],
        language="en-US",
        content=CONTENTS[channel],
        created_at=AT,
        receipt_url=RECEIPT_URL,
        unsubscribe_url=UNSUBSCRIBE_URL if channel is Channel.EMAIL else None,
        valid_for=timedelta(hours=2),
    )
    return replace(message, **further)  # type: ignore[arg-type]


def sought_for(message: Message, **further: object) -> Sought:
    """The question about a message whose outcome is not known."""
    wrote = message.content.body.__eq__ if isinstance(message.content, SmsContent) else None
    sought = Sought(
        attempt_id=message.attempt_id, ref=None, to=message.to, wrote=wrote, since=message.created_at
    )
    return replace(sought, **further)  # type: ignore[arg-type]


async def keeps_the_port(adapter: Adapter, channel: Channel) -> None:
    """One message through a provider that is well: accepted with a reference, answered about, closed
    twice."""
    assert channel is adapter.channel
    assert adapter.name
    assert adapter.medium in MEDIA[channel]
    message = message_on(channel)
    assert "canary" not in repr(message)
    assert message.to not in repr(message)
    outcome = await adapter.send(message, timeout=5.0)
    assert isinstance(outcome, Accepted)
    assert outcome.ref
    assert isinstance(
        await adapter.look_up(sought_for(message, ref=outcome.ref)), Found | Absent | CannotTell
    )
    await adapter.close()
    await adapter.close()


def tells_no_secret(outcome: Accepted | Rejected | Busy | Unknown, message: Message) -> None:
    """An outcome goes into logs: it shows neither the address nor the words."""
    assert message.to not in repr(outcome)
    assert message.to.lstrip("+") not in repr(outcome)
    assert "canary" not in repr(outcome)


def keeps_its_word(provider: Provider[Any]) -> None:
    """A registration that can be named in settings: every field has a default, and what is missing is a
    field."""
    account = provider.account()
    assert provider.adapters or provider.receiver
    for channel in provider.adapters:
        assert set(account.missing({channel})) <= set(type(account).model_fields)
        assert account.answers_at(channel) is None


def keeps_the_receiver(receiver: Receiver, signed: Callback) -> Receipt | Turn | Complained | Greeted:
    """A callback that the provider signed is read the same whenever it comes; with another body or other
    headers it is not believed. (A provider that signs the URL too has a test of its own for that.) Returns
    what it says."""
    receiver.verify(signed)
    said, again = receiver.parse(signed), receiver.parse(signed)
    assert said == again
    forgeries = [
        replace(signed, body=signed.body + b"&x=1"),
        replace(signed, headers=dict.fromkeys(signed.headers, "x")),
        replace(signed, headers={}),
        replace(signed, body=b""),
    ]
    for forged in forgeries:
        assert not _believed(receiver, forged), forged
    return said


def _believed(receiver: Receiver, callback: Callback) -> bool:
    try:
        receiver.verify(callback)
    except CallbackError:
        return False
    return True
