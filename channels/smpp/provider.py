"""Any SMSC as a provider. Receipts and replies come over the session, and nothing is posted to us."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from channels.adapter import Adapter, ChannelMisconfigured
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider
from channels.senders import variable_of


class SmppAccount(Account):
    """`FORBEAR_SMPP__…`."""

    host: OptionalText = None
    port: int = Field(default=2775, ge=1, le=65535)
    system_id: OptionalText = Field(default=None, max_length=15)
    password: OptionalSecret = None
    system_type: OptionalText = Field(default=None, max_length=12)
    sender: OptionalText = None
    tls: Literal["none", "implicit"] = "implicit"
    ca_file: OptionalText = None
    alphabet: Literal["gsm7", "latin1", "ucs2"] = "gsm7"
    long: Literal["payload", "parts"] = "payload"
    window: int = Field(default=10, ge=1, le=1000)
    enquire_seconds: float = Field(default=30.0, ge=1, le=3600)
    country_code: OptionalText = Field(default=None, pattern="^[1-9][0-9]{0,2}$")

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """An SMSC, who we are there, and a sender."""
        del channels
        needed = ("host", "system_id", "password", "sender")
        yield from (name for name in needed if getattr(self, name) is None)

    def answers_at(self, channel: Channel) -> str | None:
        """The sender, where it is a telephone number."""
        is_number = channel is Channel.SMS and self.sender is not None and self.sender.startswith("+")
        return self.sender if is_number else None


def _sms(account: SmppAccount, name: str) -> Adapter:
    from channels.smpp.session import Binding
    from channels.smpp.sms import SmppConfig, SmppSms

    binding = Binding(
        host=account.host or "",
        port=account.port,
        system_id=account.system_id or "",
        password=_password(account, name),
        system_type=account.system_type or "",
        tls=None if account.tls == "none" else _context(account.ca_file, name),
        window=account.window,
        enquire_seconds=account.enquire_seconds,
    )
    config = SmppConfig(
        binding=binding,
        sender=account.sender or "",
        alphabet=account.alphabet,
        long=account.long,
        country_code=account.country_code,
    )
    return SmppSms(config, name=name)


LONGEST_PASSWORD = 8
"""Octets that SMPP 3.4 has room for, beside the one that ends it."""


def _password(account: SmppAccount, name: str) -> str:
    password = account.password.get_secret_value() if account.password else ""
    for field, text in (("PASSWORD", password), ("SYSTEM_ID", account.system_id or "")):
        if not (text.isascii() and "\0" not in text):
            raise ChannelMisconfigured(f"{variable_of(name, field)}: expected ASCII alone")
    if len(password) > LONGEST_PASSWORD:
        raise ChannelMisconfigured(
            f"{variable_of(name, 'PASSWORD')}: SMPP has room for {LONGEST_PASSWORD} characters, "
            f"got {len(password)}"
        )
    return password


def _context(ca_file: str | None, name: str) -> ssl.SSLContext:
    """Trusts the machine's authorities, or those of one file alone."""
    if ca_file is not None and not Path(ca_file).is_file():
        raise ChannelMisconfigured(f"{variable_of(name, 'CA_FILE')}: there is no file {ca_file}")
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ChannelMisconfigured(f"{variable_of(name, 'CA_FILE')}: expected certificates in PEM") from None


PROVIDER = Provider(name="smpp", account=SmppAccount, adapters={Channel.SMS: _sms})
