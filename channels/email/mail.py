"""One e-mail as it goes over the wire: text and HTML, one recipient, one-click unsubscribe (RFC 8058), an id
that leads back to the attempt.

Everything is seven-bit and no header that carries a URL is folded or encoded: a relay without 8BITMIME need
not touch it, and a mail program finds the URL of List-Unsubscribe as it stands."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from channels.message import EmailContent, Message

MAILBOX = re.compile(
    r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""One plain mailbox, to be matched in full: no display name, no list, no comment, nothing but ASCII, no
encoded word."""
OWN_ID = "X-Forbear-Attempt"
"""The header with our id: relays replace the Message-ID, and pass this one on."""
LONGEST_LINE = 998
"""RFC 5322 §2.1.1. The usual 78 would have a long URL folded into encoded words, which no mail program reads
as a URL."""
BODY = SMTP.clone(cte_type="7bit")
HEADERS = BODY.clone(max_line_length=LONGEST_LINE)


def compose(message: Message, sender: str) -> EmailMessage:
    """The e-mail. Raises ValueError for a CR or LF in a URL or an address: those are ours to get right."""
    content = message.content
    assert isinstance(content, EmailContent)  # noqa: S101 - the channel of the message says so
    user, _, domain = sender.rpartition("@")
    mail = EmailMessage(policy=BODY)
    mail.set_content(content.text)
    mail.add_alternative(content.html, subtype="html")
    mail["From"] = Address(display_name=one_line(content.sender_name), username=user, domain=domain)
    mail["To"] = message.to
    mail["Subject"] = one_line(content.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = (
        f"<{message.attempt_id}@{domain}>" if message.attempt_id else make_msgid(domain=domain)
    )
    if message.attempt_id:
        mail[OWN_ID] = message.attempt_id
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if message.unsubscribe_url is not None:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def as_bytes(mail: EmailMessage) -> bytes:
    """The octets that follow DATA."""
    return mail.as_bytes(policy=HEADERS)


def one_line(text: str) -> str:
    """A header's words: one line without control characters, and without encoded words (RFC 2047), since the
    email package decodes one that stands in a name or a subject and writes the line break that it may
    hold."""
    line = " ".join(
        "".join(one for one in text if one.isspace() or unicodedata.category(one) not in {"Cc", "Cs"}).split()
    )
    return line.replace("=?", "= ?")
