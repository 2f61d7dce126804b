"""An e-mail written at once, as the email package would compose it, for all that is plain; what is not goes
through the package.

The package parses every header that it is given, folds each twice, and compiles an expression to find a
boundary: nine tenths of what an e-mail cost. A header is plain where the package would write it as it stands.
Names of senders, subjects and languages recur in a campaign, so the package's own line of each is kept."""

from __future__ import annotations

import binascii
import os
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from channels.email.mail import BODY, HEADERS, OWN_ID, as_bytes, compose, one_line
from channels.message import EmailContent, Message

LONGEST_TEXT_LINE = 78
"""RFC 5322 §2.1.1, for what people read."""
BASE64_LINE = 57
"""Octets of a line of base64, RFC 2045 §6.8."""
_PLAIN_BOX = re.compile(r"[A-Za-z0-9_-]+(?:[.+][A-Za-z0-9_-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")
_PLAIN_URL = re.compile(r"[!-;=?-~]{1,900}")
_SOFT_BREAKS = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A mail as it goes over the wire."""

    octets: bytes
    message_id: str
    """With its angle brackets."""
    own_id: str
    """Ours, or empty."""

    @property
    def envelope_id(self) -> str:
        """ENVID as xtext of RFC 3461 §4: what is safe anyway."""
        return re.sub(r"[^A-Za-z0-9.@_-]", "", self.message_id)


def write(message: Message, sender: str) -> Written:
    """The e-mail. Raises ValueError for a CR or LF in a URL or an address: those are ours to get right."""
    content = message.content
    assert isinstance(content, EmailContent)  # noqa: S101 - the channel of the message says so
    id_, url = message.attempt_id or "", message.unsubscribe_url
    plain = _PLAIN_BOX.fullmatch(message.to) and _PLAIN_BOX.fullmatch(sender) and _PLAIN_ID.fullmatch(id_)
    if (
        not plain
        or len(message.to) > LONGEST_TEXT_LINE
        or (url is not None and not _PLAIN_URL.fullmatch(url))
    ):
        return _composed(message, sender)
    message_id = f"<{id_}@{sender.rpartition('@')[2]}>"
    boundary = f"=_{os.urandom(16).hex()}"  # no quoted-printable text holds it, nor any other by chance
    mark = b"--" + boundary.encode()
    parts = (mark, _part("plain", content.text), mark, _part("html", content.html), mark + b"--", b"")
    head = _head(message, content, sender, message_id, boundary)
    return Written(octets=b"\r\n".join((head, b"", *parts)), message_id=message_id, own_id=id_)


def _head(message: Message, content: EmailContent, sender: str, message_id: str, boundary: str) -> bytes:
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        _from(one_line(content.sender_name), sender),
        f"To: {message.to}",
        _line("Subject", one_line(content.subject)),
        f"Date: {format_datetime(message.created_at)}",
        f"Message-ID: {message_id}",
        f"{OWN_ID}: {message.attempt_id}",
        _line("Content-Language", message.language),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
    ]
    if message.unsubscribe_url is not None:
        lines += [
            f"List-Unsubscribe: <{message.unsubscribe_url}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    return "\r\n".join(lines).encode("ascii")


def _composed(message: Message, sender: str) -> Written:
    mail = compose(message, sender)
    return Written(octets=as_bytes(mail), message_id=str(mail["Message-ID"]), own_id=str(mail[OWN_ID] or ""))


@lru_cache(maxsize=1024)
def _from(name: str, sender: str) -> str:
    user, _, domain = sender.rpartition("@")
    return _folded("From", Address(display_name=name, username=user, domain=domain))


@lru_cache(maxsize=4096)
def _line(name: str, value: str) -> str:
    return _folded(name, value)


def _folded(name: str, value: object) -> str:
    """A header as the package writes it."""
    mail = EmailMessage(policy=BODY)
    mail[name] = value
    return HEADERS.fold_binary(name, mail[name]).decode("ascii").removesuffix("\r\n")


def _part(subtype: str, text: str) -> bytes:
    """A part with its head: seven bits as they are, where lines are short; else quoted-printable or base64,
    whichever is shorter."""
    octets = b"\r\n".join(text.encode().splitlines()) + b"\r\n"
    encoding = "7bit"
    if not octets.isascii() or max(map(len, octets.split(b"\r\n"))) > LONGEST_TEXT_LINE:
        encoding, octets = _encoded(octets)
    head = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: '
        f"{encoding}\r\nMIME-Version: 1.0\r\n\r\n"
    )
    return head.encode() + octets


def _encoded(octets: bytes) -> tuple[str, bytes]:
    quoted = _SOFT_BREAKS.sub(b"\r\n", binascii.b2a_qp(octets, istext=True))
    if len(quoted) * 3 <= len(octets) * 4:
        return "quoted-printable", quoted
    lines = [
        binascii.b2a_base64(octets[at : at + BASE64_LINE], newline=False)
        for at in range(0, len(octets), BASE64_LINE)
    ]
    return "base64", b"\r\n".join((*lines, b""))
