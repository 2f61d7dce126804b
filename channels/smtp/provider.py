"""Any mail server as a provider. What comes back about a mail comes to the sender's mailbox, and not by a
callback."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import Field

from channels.adapter import Adapter
from channels.message import Channel
from channels.provider import Account, OptionalSecret, OptionalText, Provider


class SmtpServer(Account):
    """`FORBEAR_SMTP__…`."""

    host: OptionalText = None
    port: int = Field(default=587, ge=1, le=65535)
    username: OptionalText = None
    password: OptionalSecret = None
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    sender: OptionalText = None
    verp: bool = False
    """Whether each mail has a return address of its own, `sender+…@`; the mailbox's server must deliver those
    to the mailbox."""

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """A server and a sender."""
        del channels
        yield from (name for name in ("host", "sender") if getattr(self, name) is None)

    def answers_at(self, channel: Channel) -> str | None:
        """The sender's mailbox."""
        return self.sender if channel is Channel.EMAIL else None


def _email(server: SmtpServer, name: str) -> Adapter:
    from channels.smtp.adapter import Smtp, SmtpConfig

    config = SmtpConfig(
        host=server.host or "",
        port=server.port,
        username=server.username,
        password=server.password.get_secret_value() if server.password else None,
        tls=server.tls,
        sender=server.sender or "",
        verp=server.verp,
    )
    return Smtp(config, name=name)


PROVIDER = Provider(name="smtp", account=SmtpServer, adapters={Channel.EMAIL: _email})
