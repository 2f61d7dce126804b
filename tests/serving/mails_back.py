"""What servers, providers and people send back about one mail that really left: thirty shapes, composed from
the mail as the server took it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True)
class Left:
    """One mail as the server took it."""

    to: str
    sender: str
    """The envelope's return path."""
    mail: EmailMessage

    @property
    def message_id(self) -> str:
        """With its angle brackets."""
        return str(self.mail["Message-ID"])

    @property
    def attempt(self) -> str:
        """Ours, from the Message-ID."""
        return self.message_id.strip("<>").partition("@")[0]

    @property
    def head(self) -> str:
        """Its headers as they come back."""
        return "\n".join(f"{name}: {value}" for name, value in self.mail.items())


@dataclass(frozen=True)
class Back:
    """What comes back, and what it must do."""

    name: str
    made: Callable[[Left], bytes]
    taken_for: str
    state: str = "accepted"
    dead: bool = False
    closed: tuple[str, ...] = ()
    """Reasons for which the mailbox is closed, besides a dead one."""


def report(
    left: Left,
    block: str,
    *,
    words: str = "Your message could not be delivered.",
    envelope: str = "Reporting-MTA: dns; mx1.example.net",
    status: str = "message/delivery-status",
    returned: str | None = None,
    returned_type: str = "text/rfc822-headers",
    sender: str = "MAILER-DAEMON@mx1.example.net",
    container: str = "multipart/report; report-type=delivery-status",
) -> bytes:
    """A report in three parts."""
    parts = [
        f"Content-Type: text/plain; charset=utf-8\n\n{words}",
        f"Content-Type: {status}\n\n{envelope}\n\n{block}",
        f"Content-Type: {returned_type}\n\n{left.head if returned is None else returned}",
    ]
    body = "".join(f"--=_b\n{part}\n\n" for part in parts) + "--=_b--\n"
    return (
        f"From: Mail Delivery System <{sender}>\nTo: {left.sender}\nSubject: Undelivered Mail\n"
        f'MIME-Version: 1.0\nContent-Type: {container}; boundary="=_b"\n\n{body}'
    ).encode()


def failed(left: Left, status: str, said: str, *, final: str | None = None, original: bool = True) -> str:
    """The fields of one recipient that failed."""
    first = f"Original-Recipient: rfc822;{left.to}\n" if original else ""
    return (
        f"{first}Final-Recipient: rfc822; {final or left.to}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}"
    )


def plain(left: Left, text: str, *top: str, sender: str, subject: str, to: str | None = None) -> bytes:
    """A mail of one piece."""
    head = [f"From: {sender}", f"To: {to or left.sender}", f"Subject: {subject}", *top, "MIME-Version: 1.0"]
    return ("\n".join([*head, "Content-Type: text/plain; charset=utf-8"]) + f"\n\n{text}\n").encode()


def answer(left: Left, text: str, *top: str, subject: str = "Re: your notice") -> bytes:
    """A mail from the borrower's own mailbox."""
    return plain(
        left,
        text,
        f"In-Reply-To: {left.message_id}",
        f"Message-ID: <{left.attempt[-20:]}@mail.example>",
        *top,
        sender=left.to,
        subject=subject,
    )


def xtext(text: str) -> str:
    """RFC 3461 §4, with more encoded than must be."""
    return "".join(one if one.isalnum() else f"+{ord(one):02X}" for one in text)


GONE, FULL = "550 5.1.1 User unknown", "452 4.2.2 Mailbox full"
POSTFIX = "<{0}>: host mx.example.net[192.0.2.7] said: 550 5.1.1 <{0}>: Recipient address rejected"
DSN = "multipart/report; report-type=global-delivery-status"


def _postfix(left: Left) -> bytes:
    return report(
        left,
        failed(left, "5.1.1", f"550 5.1.1 <{left.to}>: Recipient address rejected: User unknown"),
        words=POSTFIX.format(left.to),
        envelope="Reporting-MTA: dns; mail.example.net\nX-Postfix-Queue-ID: 4B2",
    )


def _exim(left: Left) -> bytes:
    return report(
        left,
        failed(left, "5.0.0", f"550 5.1.1 <{left.to}> No such user here", original=False),
        words=f"  {left.to}\n    host mx.example.net [192.0.2.7]\n    SMTP error from remote mail server",
    )


def _exim_in_words(left: Left) -> bytes:
    text = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could "
        f"not be delivered to one or more of its recipients. This is a permanent error.\n\n  {left.to}\n"
        "    SMTP error from remote mail server after RCPT TO:\n    550 5.1.1 unknown user\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{left.head}"
    )
    return plain(
        left,
        text,
        f"X-Failed-Recipients: {left.to}",
        "Auto-Submitted: auto-replied",
        sender="Mail Delivery System <Mailer-Daemon@example.net>",
        subject="Mail delivery failed: returning message to sender",
    )


def _exchange(left: Left) -> bytes:
    returned = (
        "From: notices@example.com\nMessage-ID: <AB12@prod.example.net>\n"
        f"X-Microsoft-Original-Message-ID: {left.message_id}"
    )
    return report(
        left,
        failed(left, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup"),
        returned=returned,
        sender="postmaster@corp.example",
    )


def _gmail(left: Left) -> bytes:
    said = (
        "550-5.1.1 The email account that you tried to reach does not exist.\n"
        f" 550 5.1.1 NoSuchUser {left.attempt[-6:]} - gsmtp"
    )
    return report(
        left, failed(left, "5.1.1", said, original=False), sender="mailer-daemon@googlemail.example"
    )


def _qmail(left: Left) -> bytes:
    text = (
        "Hi. This is the qmail-send program at example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{left.to}>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\n"
        f"--- Below this line is a copy of the message.\n\n{left.head}"
    )
    return plain(left, text, "Return-Path: <>", sender="MAILER-DAEMON@example.net", subject="failure notice")


def _outlook(left: Left) -> bytes:
    return report(
        left,
        failed(left, "5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)"),
        sender="postmaster@outlook.example",
    )


def _utf8(left: Left) -> bytes:
    block = (
        f"Original-Recipient: utf-8;{left.to}\nFinal-Recipient: utf-8;{left.to}\n"
        "Action: failed\nStatus: 5.1.1"
    )
    return report(
        left,
        block,
        status="message/global-delivery-status",
        container=DSN,
        returned_type="message/global-headers",
        words="Die Nachricht konnte nicht zugestellt werden: Empfänger unbekannt",
    )


def _utf8_escaped(left: Left) -> bytes:
    local, _, domain = left.to.partition("@")
    block = (
        f"Final-Recipient: utf-8; \\x{{{ord(local[0]):X}}}{local[1:]}@{domain}\nAction: failed\nStatus: 5.1.1"
    )
    return report(left, block, status="message/global-delivery-status", container=DSN)


def _arf(left: Left) -> bytes:
    return report(
        left,
        f"Original-Rcpt-To: <{left.to}>",
        envelope="Feedback-Type: abuse\nUser-Agent: loop/1\nVersion: 1",
        status="message/feedback-report",
        returned_type="message/rfc822",
        container="multipart/report; report-type=feedback-report",
        sender="fbl@isp.example",
        words="This is an email abuse report.",
    ).replace(b"Version: 1\n\n", b"Version: 1\n")


def _delayed(left: Left) -> bytes:
    block = (
        f"Final-Recipient: rfc822;{left.to}\nAction: delayed\nStatus: 4.4.1\n"
        "Will-Retry-Until: Mon, 30 Nov 2026 10:00:00 +0000"
    )
    return report(left, block, words="Delivery is delayed; nothing need be done.")


def _success(left: Left) -> bytes:
    block = (
        f"Original-Recipient: rfc822;{left.to}\nFinal-Recipient: rfc822;{left.to}\n"
        "Action: delivered\nStatus: 2.0.0"
    )
    return report(left, block, words="Your message was delivered.")


def _relayed(left: Left) -> bytes:
    return report(
        left, f"Final-Recipient: rfc822;{left.to}\nAction: relayed\nStatus: 2.0.0", words="Relayed."
    )


def _several(left: Left) -> bytes:
    other = "Final-Recipient: rfc822;other@example.net\nAction: failed\nStatus: 5.1.1"
    ours = f"Final-Recipient: rfc822;{left.to}\nAction: delivered\nStatus: 2.0.0"
    return report(left, f"{ours}\n\n{other}")


def _forwarded(left: Left) -> bytes:
    return report(left, failed(left, "5.1.1", GONE, final="moved@elsewhere.example"))


def _envelope_id(left: Left) -> bytes:
    envelope = f"Original-Envelope-Id: {xtext(left.attempt)}\nReporting-MTA: dns; mx1.example.net"
    return report(
        left, failed(left, "5.1.1", GONE), envelope=envelope, returned="Message-ID: <x@relay.example>"
    )


def _verp(left: Left) -> bytes:
    return report(left, failed(left, "5.1.1", GONE), returned="Subject: (removed by the server)")


def _out_of_office(left: Left) -> bytes:
    return answer(
        left,
        "I am out of the office until 3 December.",
        "Auto-Submitted: auto-replied",
        subject="Automatic reply: your notice",
    )


def _vacation(left: Left) -> bytes:
    return answer(
        left,
        "Ich bin im Urlaub. Abmelden können Sie sich hier.",
        "X-Autoreply: yes",
        "Precedence: bulk",
        subject="Abwesenheitsnotiz: Mahnung",
    )


def _opensmtpd(left: Left) -> bytes:
    text = (
        "Hi!\n\nThis is the MAILER-DAEMON.\n\nAn error has occurred while attempting to deliver a message."
        f"\n\n<{left.to}>: 550 5.1.1 Invalid recipient"
    )
    return report(
        left,
        f"Final-Recipient: rfc822; {left.to}\nAction: failed\nStatus: 5.0.0",
        words=text,
        container="multipart/mixed",
    )


def _of_the_sender(status: str, said: str) -> Callable[[Left], bytes]:
    return lambda left: report(left, failed(left, status, said))


def _commented(left: Left) -> bytes:
    block = (
        f"Final-Recipient: rfc822;{left.to} (no such mailbox)\nAction: failed (permanently)\n"
        "Status: 5.1.1 (bad address)"
    )
    return report(left, block)


def _base64(left: Left) -> bytes:
    fields = (
        f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822;{left.to}\n"
        "Action: failed\nStatus: 5.1.1\n"
    )
    coded = base64.encodebytes(fields.encode()).decode()
    return report(
        left, "", envelope=coded, status="message/delivery-status\nContent-Transfer-Encoding: base64"
    )


def _piped(left: Left) -> bytes:
    return b"From MAILER-DAEMON Sun Nov 29 12:00:00 2026\n" + _postfix(left)


def _crlf(left: Left) -> bytes:
    return _postfix(left).replace(b"\n", b"\r\n")


SHAPES = (
    Back("Postfix", _postfix, "bounce", "undelivered", dead=True),
    Back("Postfix, piped with a From line", _piped, "bounce", "undelivered", dead=True),
    Back("Postfix, with CRLF", _crlf, "bounce", "undelivered", dead=True),
    Back("Exim with 5.0.0", _exim, "bounce", "undelivered", dead=True),
    Back("Exim in words", _exim_in_words, "bounce", "undelivered", dead=True),
    Back("Exchange", _exchange, "bounce", "undelivered", dead=True),
    Back("Gmail", _gmail, "bounce", "undelivered", dead=True),
    Back("qmail", _qmail, "bounce", "undelivered", dead=True),
    Back("Outlook, mailbox unavailable", _outlook, "bounce", "undelivered"),
    Back("OpenSMTPD", _opensmtpd, "bounce", "undelivered", dead=True),
    Back("RFC 6533", _utf8, "bounce", "undelivered", dead=True),
    Back("RFC 6533 with an escape", _utf8_escaped, "bounce", "undelivered", dead=True),
    Back("an envelope id in xtext", _envelope_id, "bounce", "undelivered", dead=True),
    Back("nothing but the return path", _verp, "bounce", "undelivered", dead=True),
    Back("comments in the fields", _commented, "bounce", "undelivered", dead=True),
    Back("fields in base64", _base64, "bounce", "undelivered", dead=True),
    Back(
        "our network is listed",
        _of_the_sender("5.7.1", "550 5.7.1 Your IP 192.0.2.1 is listed"),
        "bounce",
        "undelivered",
    ),
    Back(
        "too many messages",
        _of_the_sender("5.0.0", "550 too many messages from you"),
        "bounce",
        "undelivered",
    ),
    Back(
        "the sender's domain",
        _of_the_sender("5.1.8", "550 5.1.8 Sender domain not found"),
        "bounce",
        "undelivered",
    ),
    Back(
        "a full mailbox, given up", _of_the_sender("5.2.2", "552 5.2.2 Mailbox full"), "bounce", "undelivered"
    ),
    Back(
        "a mailbox that was closed",
        _of_the_sender("5.2.1", "550 5.2.1 mailbox disabled"),
        "bounce",
        "undelivered",
        dead=True,
    ),
    Back("a complaint", _arf, "complaint", closed=("complaint",)),
    Back("a delay", _delayed, "delayed"),
    Back("a success", _success, "delivered", "delivered"),
    Back("relayed", _relayed, "automatic"),
    Back("two recipients, the other failed", _several, "delivered", "delivered"),
    Back("forwarded, and failed there", _forwarded, "bounce", "undelivered"),
    Back("out of office", _out_of_office, "automatic"),
    Back("vacation", _vacation, "automatic"),
    Back("a letter", lambda left: answer(left, "Please stop emailing me."), "message", closed=("opt_out",)),
    Back("thanks", lambda left: answer(left, "Thank you, I will pay on Friday."), "message"),
)
"""Each is about a mail of its own."""
