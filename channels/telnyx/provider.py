"""Telnyx as a provider: its accounts, what they send and what they sign."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator

from channels.adapter import Adapter
from channels.callback import Receiver
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider

KEY_OCTETS = 32


def _checked_key(value: str | None) -> str | None:
    try:
        good = value is None or len(base64.b64decode(value, validate=True)) == KEY_OCTETS
    except ValueError:
        good = False
    if not good:
        raise ValueError("expected 32 octets in base64, as the portal shows them")
    return value


class TelnyxAccount(Account):
    """`FORBEAR_TELNYX__…`."""

    api_key: OptionalSecret = None
    public_key: Annotated[OptionalText, AfterValidator(_checked_key)] = None
    from_number: OptionalText = None
    messaging_profile_id: OptionalText = None
    base_url: str = "https://api.telnyx.com"
    allow_other_host: bool = False

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """The key, what checks the webhooks, and a sender."""
        del channels
        yield from (name for name in ("api_key", "public_key") if getattr(self, name) is None)
        if self.from_number is None and self.messaging_profile_id is None:
            yield "from_number"

    def answers_at(self, channel: Channel) -> str | None:
        """The number."""
        return self.from_number if channel is Channel.SMS else None


def _sms(account: TelnyxAccount, name: str) -> Adapter:
    from channels.telnyx.sms import TelnyxConfig, TelnyxSms

    config = TelnyxConfig(
        api_key=account.api_key.get_secret_value() if account.api_key else "",
        from_number=account.from_number,
        messaging_profile_id=account.messaging_profile_id,
        base_url=account.base_url,
        allow_other_host=account.allow_other_host,
    )
    return TelnyxSms(config, name=name)


def _receiver(accounts: Sequence[TelnyxAccount]) -> Receiver | None:
    from channels.telnyx.receiver import TelnyxReceiver

    keys = [one.public_key for one in accounts if one.public_key]
    return TelnyxReceiver(keys) if keys else None


PROVIDER = Provider(name="telnyx", account=TelnyxAccount, adapters={Channel.SMS: _sms}, receiver=_receiver)
