"""Vonage as a provider of texts and calls: its applications, what they send and what they sign. Its package
is imported when something is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from channels.adapter import Adapter, ChannelMisconfigured
from channels.callback import Receiver
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider
from channels.senders import variable_of

if TYPE_CHECKING:
    from channels.vonage.api import VonageConfig


class VonageAccount(Account):
    """`FORBEAR_VONAGE__…`."""

    application_id: OptionalText = None
    private_key_file: OptionalText = None
    signature_secret: OptionalSecret = None
    from_number: OptionalText = None
    api_key: OptionalText = None
    api_secret: OptionalSecret = None
    base_url: str = "https://api.nexmo.com"
    allow_other_host: bool = False

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """The application, its key, what checks its webhooks, and a number."""
        del channels
        needed = ("application_id", "private_key_file", "signature_secret", "from_number")
        yield from (name for name in needed if getattr(self, name) is None)
        if self.api_key is not None and self.api_secret is None:
            yield "api_secret"

    def answers_at(self, channel: Channel) -> str | None:
        """The number."""
        return self.from_number if channel in {Channel.SMS, Channel.VOICE} else None


def _config(account: VonageAccount, name: str) -> VonageConfig:
    from channels.vonage.api import VonageConfig

    try:
        key = Path(account.private_key_file or "").read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ChannelMisconfigured(
            f"{variable_of(name, 'PRIVATE_KEY_FILE')}: cannot be read ({type(error).__name__})"
        ) from None
    return VonageConfig(
        application_id=account.application_id or "",
        private_key=key,
        from_number=account.from_number or "",
        api_key=account.api_key,
        api_secret=None if account.api_secret is None else account.api_secret.get_secret_value(),
        base_url=account.base_url,
        allow_other_host=account.allow_other_host,
    )


def _sms(account: VonageAccount, name: str) -> Adapter:
    from channels.vonage.sms import VonageSms

    return VonageSms(_config(account, name), name=name)


def _voice(account: VonageAccount, name: str) -> Adapter:
    from channels.vonage.voice import VonageVoice

    return VonageVoice(_config(account, name), name=name)


def _receiver(accounts: Sequence[VonageAccount]) -> Receiver | None:
    from channels.vonage.receiver import VonageReceiver

    secrets = [one.signature_secret.get_secret_value() for one in accounts if one.signature_secret]
    return VonageReceiver(secrets) if secrets else None


PROVIDER = Provider(
    name="vonage",
    account=VonageAccount,
    adapters={Channel.SMS: _sms, Channel.VOICE: _voice},
    receiver=_receiver,
)
