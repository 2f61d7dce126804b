"""The mail adapter as the tests set it up, and the outcome of one message through it."""

from __future__ import annotations

from typing import Any

from channels.message import Channel
from channels.outcome import Outcome
from channels.smtp.adapter import Smtp, SmtpConfig
from channels.testing import message_on, tells_no_secret
from tests.channels.mail_servers import PASSWORD, USER

SENDER = "notices@example.com"
E = Channel.EMAIL


def smtp(port: int, **further: Any) -> Smtp:
    """The adapter, without encryption unless a test asks for it."""
    plain: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER}
    return Smtp(SmtpConfig(**plain | further))


def secured(port: int, tls: Any, **further: Any) -> Smtp:
    """The adapter as a submission server wants it: STARTTLS and a login."""
    login = {"username": USER.decode(), "password": PASSWORD.decode()}
    return smtp(port, **{"tls": "starttls", "tls_context": tls.trusting} | login | further)


async def sent(port: int, *, timeout: float = 5.0, **further: Any) -> Outcome:
    """The outcome of one message."""
    adapter = smtp(port, **further)
    try:
        outcome = await adapter.send(message_on(E), timeout=timeout)
    finally:
        await adapter.close()
    tells_no_secret(outcome, message_on(E))
    return outcome
