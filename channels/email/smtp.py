"""E-mail by SMTP. The stages are walked by hand, since the library's exceptions do not tell at which one a connection ended.

Before DATA nothing was taken, whatever happened; inside it anything but a clean refusal may have been. A client about which there is any
doubt is thrown away. One message, one validated recipient (RFC 5321; RFC 8058 for the unsubscribe headers; RFC 3461 for DSNs)."""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from channels.adapter import CannotTell, Sighting, Sought
from channels.message import Channel, EmailContent, Message
from channels.outcome import Accepted, Busy, Fault, Outcome, Rejected, Unknown
from channels.receipt import Progress, Receipt
from channels.retried import REFUSED, retried
from channels.twilio_codes import scrubbed

MAILBOX = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$")
OK = 250
PERMANENT = 500
TRANSIENT = 400
CLOSING = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """A submission server."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    sender: str
    pool: int = 4
    """Connections that are kept."""
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)


class Smtp:
    """One submission server, with a few connections that are used again."""

    def __init__(self, config: SmtpConfig) -> None:
        """Check the configuration. Raises ValueError in one line."""
        if not MAILBOX.match(config.sender):
            raise ValueError("FORBEAR_SMTP__SENDER: expected one mailbox like notices@example.com")
        self._config = config
        self._idle: deque[SMTP] = deque()

    @property
    def name(self) -> str:
        """`smtp`."""
        return "smtp"

    @property
    def channel(self) -> Channel:
        """`email`."""
        return Channel.EMAIL

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once."""
        if not MAILBOX.match(message.to):
            return Rejected(fault=Fault.ADDRESS, code="5.1.3", reason="the address is not one plain mailbox")
        composed = compose(message, self._config.sender)
        return await retried(lambda left: self._hand_over(message.to, composed, left), timeout)

    async def _hand_over(self, to: str, composed: EmailMessage, timeout: float) -> Outcome:
        stage = _Stage()
        client: SMTP | None = None
        healthy = False
        try:
            async with asyncio.timeout(timeout):
                client = await self._client(timeout)
                outcome = await _transact(client, self._config.sender, to, composed, stage)
            healthy = not isinstance(outcome, Unknown) and client.is_connected and outcome_keeps(outcome)
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return _failed(error, stage)
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
        except BaseException:
            client.close()
            raise
        return client

    def _give_back(self, client: SMTP, *, healthy: bool) -> None:
        if healthy and len(self._idle) < self._config.pool:
            self._idle.append(client)
        else:
            client.close()

    async def look_up(self, sought: Sought) -> Sighting:
        """A relay answers no questions about what it took."""
        del sought
        return CannotTell(reason="a mail server cannot be asked what became of a message")

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


def outcome_keeps(outcome: Outcome) -> bool:
    """Whether the connection may be used again after this outcome."""
    return not (isinstance(outcome, Busy) and outcome.code.startswith(str(CLOSING)))


async def _transact(client: SMTP, sender: str, to: str, composed: EmailMessage, stage: _Stage) -> Outcome:
    """MAIL, RCPT, DATA, one after the other."""
    message_id = str(composed["Message-ID"])
    dsn = client.supports_extension("dsn")
    try:
        await client.mail(sender, options=[f"ENVID={_envelope_id(message_id)}", "RET=HDRS"] if dsn else None)
        await client.rcpt(to, options=["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else None)
    except SMTPResponseException as error:
        return _refused(error.code, error.message)
    stage.data = True
    try:
        response = await client.data(composed.as_bytes(policy=SMTP_POLICY))
    except SMTPResponseException as error:
        if error.code == CLOSING or error.code < TRANSIENT:
            return Unknown(code=str(error.code), reason="the server's answer to the data does not say whether it took them")
        return _refused(error.code, error.message)
    if response.code != OK:
        return Unknown(code=str(response.code), reason="the server's answer to the data does not say whether it took them")
    return Accepted(ref=message_id)


def _refused(code: int, words: str) -> Outcome:
    """A refusal in so many words: nothing was taken."""
    reason = scrubbed(_MAILBOX_IN_TEXT.sub("[address]", words))
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}", words)
    shown = f"{code} {enhanced[0]}" if enhanced else str(code)
    if code >= PERMANENT:
        ours = bool(enhanced) and enhanced[0].startswith(("5.7", "5.5")) if enhanced else code in {530, 535, 554}
        return Rejected(
            fault=Fault.OURS if ours else Fault.ADDRESS if code in {550, 551, 553, 501, 511} else Fault.UNLISTED, code=shown, reason=reason
        )
    return Busy(code=shown, reason=reason)


_MAILBOX_IN_TEXT = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def _failed(error: BaseException, stage: _Stage) -> Outcome:
    """A connection that failed: before DATA nothing was taken, inside it nobody knows."""
    if stage.data:
        return Unknown(code=type(error).__name__, reason="the connection ended while the message was handed over")
    match error:
        case SMTPAuthenticationError():
            return Rejected(fault=Fault.ACCOUNT, code=str(error.code), reason="the server refused our credentials")
        case ssl.SSLError():
            return Rejected(fault=Fault.ACCOUNT, code="tls", reason="the server's certificate is not trusted")
        case SMTPConnectError() | ConnectionError() | OSError():
            return Busy(code=REFUSED, reason="the server could not be connected to", account_wide=True)
        case SMTPServerDisconnected() | TimeoutError():
            return Busy(code=type(error).__name__, reason="the server ended the connection before it took anything")
        case SMTPException():
            tls = "starttls" in str(error).lower() or "tls" in str(error).lower()
            if tls:
                return Rejected(fault=Fault.ACCOUNT, code="tls", reason="the server offers no encryption, which the settings demand")
            return Busy(code=type(error).__name__, reason="the server could not be talked to before it took anything")
        case _:
            return Busy(code=type(error).__name__, reason="the message could not be begun")


def _envelope_id(message_id: str) -> str:
    """Xtext of RFC 3461 §4: what is safe anyway."""
    return re.sub(r"[^A-Za-z0-9.@_-]", "", message_id)


def compose(message: Message, sender: str) -> EmailMessage:
    """The e-mail: text and HTML, one recipient, one-click unsubscribe, an id that leads back to the attempt."""
    content = message.content
    assert isinstance(content, EmailContent)  # noqa: S101 - the channel of the message says so
    user, _, domain = sender.rpartition("@")
    mail = EmailMessage()
    mail["From"] = Address(display_name=_header(content.sender_name), username=user, domain=domain)
    mail["To"] = message.to
    mail["Subject"] = _header(content.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.attempt_id}@{domain}>" if message.attempt_id else make_msgid(domain=domain)
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if message.unsubscribe_url is not None:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(content.text)
    mail.add_alternative(content.html, subtype="html")
    return mail


def _header(text: str) -> str:
    return " ".join(text.split())


def parse_dsn(raw: bytes) -> tuple[str, Receipt] | None:
    """A delivery status notification (RFC 3464): the attempt's id and the receipt it amounts to; None for any other mail."""
    report = message_from_bytes(raw)
    if report.get_content_type() != "multipart/report":
        return None
    fields: dict[str, str] = {}
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload():
                fields |= {name.lower(): str(value) for name, value in getattr(block, "items", list)()}
    attempt = fields.get("original-envelope-id", "").partition("@")[0]
    action, status = fields.get("action", "").lower(), fields.get("status", "")
    words = {"delivered": (Progress.DELIVERED, "delivered"), "failed": (Progress.UNDELIVERED, "bounced"), "delayed": (Progress.ACCEPTED, None),
             "relayed": (Progress.ACCEPTED, None), "expanded": (Progress.ACCEPTED, None)}  # fmt: skip
    if not attempt or action not in words:
        return None
    progress, outcome = words[action]
    dead = progress is Progress.UNDELIVERED and status.startswith("5.1.")
    digest = hashlib.sha256(f"{attempt}\0{action}\0{status}".encode()).hexdigest()[:32]
    return attempt, Receipt(
        provider="smtp",
        ref="",
        progress=progress,
        outcome="not_in_service" if dead else outcome,
        code=status or None,
        reason=action,
        digest=digest,
        address_dead=dead,
    )
