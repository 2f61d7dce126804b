"""Twilio as a provider: its accounts, what they send and what they sign. Its package is imported when
something is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from channels.adapter import Adapter
from channels.callback import Receiver
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider

if TYPE_CHECKING:
    from channels.twilio.client import TwilioConfig


class TwilioAccount(Account):
    """`FORBEAR_TWILIO__…`."""

    account_sid: OptionalText = None
    auth_token: OptionalSecret = None
    from_number: OptionalText = None
    messaging_service_sid: OptionalText = None
    whatsapp_number: OptionalText = None
    base_url: str = "https://api.twilio.com"
    allow_other_host: bool = False

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """Credentials, and a sender that the channels can use."""
        yield from (name for name in ("account_sid", "auth_token") if getattr(self, name) is None)
        texts = Channel.SMS in channels and self.messaging_service_sid is None
        if self.from_number is None and (texts or Channel.VOICE in channels):
            yield "from_number"
        if self.whatsapp_number is None and Channel.WHATSAPP in channels:
            yield "whatsapp_number"

    def answers_at(self, channel: Channel) -> str | None:
        """The number."""
        match channel:
            case Channel.EMAIL:
                return None
            case Channel.WHATSAPP:
                return self.whatsapp_number
            case _:
                return self.from_number


def _config(account: TwilioAccount) -> TwilioConfig:
    from channels.twilio.client import TwilioConfig

    return TwilioConfig(
        account_sid=account.account_sid or "",
        auth_token=account.auth_token.get_secret_value() if account.auth_token else "",
        from_number=account.from_number,
        messaging_service_sid=account.messaging_service_sid,
        base_url=account.base_url,
        allow_other_host=account.allow_other_host,
    )


def _sms(account: TwilioAccount, name: str) -> Adapter:
    from channels.twilio.sms import TwilioSms

    return TwilioSms(_config(account), name=name)


def _voice(account: TwilioAccount, name: str) -> Adapter:
    from channels.twilio.voice import TwilioVoice

    return TwilioVoice(_config(account), name=name)


def _whatsapp(account: TwilioAccount, name: str) -> Adapter:
    from channels.twilio.whatsapp import TwilioWhatsApp

    return TwilioWhatsApp(_config(account), name=name, sender=account.whatsapp_number or "")


def tokens_of(accounts: Sequence[TwilioAccount]) -> dict[str, str]:
    """The tokens that sign what is posted to us, by account SID."""
    return {
        one.account_sid: one.auth_token.get_secret_value()
        for one in accounts
        if one.account_sid and one.auth_token
    }


def _receiver(accounts: Sequence[TwilioAccount]) -> Receiver | None:
    from channels.twilio.receiver import TwilioReceiver

    tokens = tokens_of(accounts)
    return TwilioReceiver(tokens) if tokens else None


PROVIDER = Provider(
    name="twilio",
    account=TwilioAccount,
    adapters={Channel.SMS: _sms, Channel.VOICE: _voice, Channel.WHATSAPP: _whatsapp},
    receiver=_receiver,
)
