"""E-mail by SMTP. The stages are walked by hand, since the library's exceptions do not tell at which one a
connection ended.

Before DATA nothing was taken, whatever happened; inside it anything but a clean refusal may have been. A
client about which there is any doubt is thrown away. One message, one validated recipient (RFC 5321; RFC 3461
for asking for delivery status notifications)."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPHeloError, SMTPResponseException

from channels.adapter import CannotTell, Sighting, Sought
from channels.email.mail import MAILBOX
from channels.email.verp import verp
from channels.email.wire import Written, write
from channels.examining import Finding, unreachable
from channels.message import Channel, Medium, Message
from channels.outcome import Accepted, Outcome, RefusalCause, Rejected, Unknown
from channels.retried import retried
from channels.senders import variable_of
from channels.smtp.answers import (
    CLOSING,
    PERMANENT,
    TRANSIENT,
    after_data,
    before_data,
    keeps,
    refused,
)

EXAMINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """A submission server."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    sender: str
    verp: bool = False
    """Whether each mail has a return address of its own, where the server takes one."""
    pool: int = 4
    """Connections that are kept."""
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)


class Smtp:
    """One submission server, with a few connections that are used again."""

    channel: Channel = Channel.EMAIL
    medium: Medium = Medium.EMAIL

    def __init__(self, config: SmtpConfig, *, name: str = "smtp") -> None:
        """Check the configuration. Raises ValueError in one line. `name` tells several servers apart."""
        if not MAILBOX.fullmatch(config.sender):
            raise ValueError(f"{variable_of(name, 'SENDER')}: expected one mailbox like notices@example.com")
        self.name = name
        self._config = config
        self._idle: deque[SMTP] = deque()

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once."""
        if not MAILBOX.fullmatch(message.to):
            return Rejected(
                cause=RefusalCause.ADDRESS, code="5.1.3", reason="the address is not one plain mailbox"
            )
        mail = write(message, self._config.sender)
        return await retried(lambda left: self._hand_over(message.to, mail, left), timeout)

    async def _hand_over(self, to: str, mail: Written, timeout: float) -> Outcome:
        stage = _Stage()
        client: SMTP | None = None
        healthy = False
        try:
            async with asyncio.timeout(timeout):
                client = await self._client(timeout)
                outcome = await _transact(client, self._config, to, mail, stage)
            healthy = not isinstance(outcome, Unknown) and client.is_connected and keeps(outcome)
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return after_data(error) if stage.data else before_data(error)
        else:
            return outcome
        finally:
            if client is not None:
                self._give_back(client, healthy=healthy)

    async def _client(self, timeout: float) -> SMTP:
        while self._idle:
            client = self._idle.popleft()
            if client.is_connected:
                try:
                    await client.rset(timeout=2.0)
                except SMTPException:
                    client.close()
                except BaseException:
                    client.close()
                    raise
                else:
                    return client
        config = self._config
        client = SMTP(
            hostname=config.host,
            port=config.port,
            timeout=timeout,
            use_tls=config.tls == "implicit",
            start_tls=config.tls == "starttls",
            username=config.username,
            password=config.password,
            tls_context=config.tls_context,
        )
        try:
            await client.connect()
            await _greet(client)
        except BaseException:
            client.close()
            raise
        return client

    def _give_back(self, client: SMTP, *, healthy: bool) -> None:
        if healthy and len(self._idle) < self._config.pool:
            self._idle.append(client)
        else:
            client.close()

    async def examine(self) -> Sequence[Finding]:
        """A greeting, TLS and the login, as before a mail; then MAIL with the sender, which is taken back."""
        where = f"{self._config.host}:{self._config.port}"
        variable = partial(variable_of, self.name)
        try:
            client = await self._client(EXAMINE_SECONDS)
        except SMTPAuthenticationError as error:
            do = f"set {variable('USERNAME')} and {variable('PASSWORD')}"
            return [
                Finding(what="credentials", good=False, said=f"the server refuses them ({error.code})", do=do)
            ]
        except SMTPException as error:
            if self._config.tls == "starttls" and "STARTTLS" in str(error):
                do = f"set {variable('TLS')}=implicit and its port (465), or ask for STARTTLS at the server"
                return [Finding(what="tls", good=False, said=f"{where} offers no STARTTLS", do=do)]
            if "authentication" in str(error).lower() or "AUTH" in str(error):
                do = f"unset {variable('USERNAME')}, or set {variable('TLS')} so that a login is offered"
                said = f"{where} offers no login"
                return [Finding(what="credentials", good=False, said=said, do=do)]
            return [unreachable(error, where)]
        except OSError as error:  # also a certificate that is not trusted
            return [unreachable(error, where)]
        login = "and the login is taken" if self._config.username is not None else "no login is set"
        found = [
            Finding(what="credentials", good=True, said=f"{where} greets, TLS {self._config.tls}, {login}")
        ]
        try:
            await client.mail(self._config.sender)
            await client.rset()
            found.append(Finding(what="sender", good=True, said="the server takes MAIL from it"))
        except SMTPResponseException as error:
            do = f"set {variable('SENDER')} to a mailbox that this login may send from"
            found.append(
                Finding(what="sender", good=False, said=f"the server refuses it ({error.code})", do=do)
            )
        except SMTPException as error:
            found.append(unreachable(error, where))
        finally:
            client.close()
        return found

    async def look_up(self, sought: Sought) -> Sighting:
        """A relay answers no questions about what it took."""
        del sought
        return CannotTell(reason="a mail server cannot be asked what became of a message")

    def list_since(self, since: datetime) -> None:
        """None: a relay keeps a log, and answers no question about it."""
        del since

    async def close(self) -> None:
        """End kept connections."""
        while self._idle:
            client = self._idle.popleft()
            try:
                await client.quit(timeout=1.0)
            except SMTPException:
                client.close()


@dataclass(slots=True)
class _Stage:
    """How far a transaction came: what the exceptions do not tell."""

    data: bool = False


async def _greet(client: SMTP) -> None:
    """EHLO, or HELO for a server of old, unless the login did it. Left for MAIL to do, a refusal would look
    like one of the address."""
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPHeloError:
            await client.helo()


async def _transact(client: SMTP, config: SmtpConfig, to: str, mail: Written, stage: _Stage) -> Outcome:
    """MAIL, RCPT, DATA, one after the other."""
    dsn = client.supports_extension("dsn")
    try:
        await _mail(client, config, mail, [f"ENVID={mail.envelope_id}", "RET=HDRS"] if dsn else None)
    except SMTPResponseException as error:
        return refused(error, RefusalCause.OURS)
    try:
        await client.rcpt(to, options=["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else None)
    except SMTPResponseException as error:
        return refused(error)
    stage.data = True
    try:
        await client.data(mail.octets)
    except SMTPResponseException as error:
        if error.code == CLOSING or error.code < TRANSIENT:
            return Unknown(
                code=str(error.code),
                reason="the server's answer to the data does not say whether it took them",
            )
        return refused(error)
    return Accepted(ref=mail.message_id)


async def _mail(client: SMTP, config: SmtpConfig, mail: Written, options: list[str] | None) -> None:
    """MAIL with the return address of this very mail, and with the sender's own where the server does not
    take that one."""
    own = verp(config.sender, mail.own_id) if config.verp else config.sender
    try:
        await client.mail(own, options=options)
    except SMTPResponseException as error:
        if own == config.sender or error.code < PERMANENT:
            raise
        await client.mail(config.sender, options=options)
