"""Mails that come back, in the shapes in which servers, mail programs and people write them.

Composed from the formats' definitions and the wordings that servers are known by; every name and address is
an example."""

from __future__ import annotations

import base64
from dataclasses import dataclass

ANA, OTHER, SENDER = "ana@example.com", "ana.ruiz@forwarded.example", "notices@lender.example"
ID = f"ntc_{'0f' * 16}{'0000a1b2c3d4e5f6'}.email.1"
MESSAGE_ID = f"{ID}@lender.example"
UNSUBSCRIBE = f"https://forbear.example.com/v1/unsubscribe/{ID}~0123456789abcdef"
NO_USER = "550 5.1.1 <ana@example.com>: Recipient address rejected: User unknown"


@dataclass(frozen=True)
class Shape:
    """One report and what it must be taken for."""

    name: str
    raw: bytes
    action: str | None
    """What happened to our recipient; None where it is no report."""
    dead: bool = False
    code: str | None = None


def headers(message_id: str = MESSAGE_ID, *further: str) -> str:
    """Our mail's headers as they come back."""
    return "\n".join(
        [
            "From: Example Bank <notices@lender.example>",
            f"To: {ANA}",
            "Subject: A payment is overdue",
            f"Message-ID: <{message_id}>",
            *further,
        ]
    )


def returned(text: str, kind: str = "text/rfc822-headers") -> str:
    """The returned part."""
    return f"Content-Type: {kind}\n\n{text}\n"


def status(
    *recipients: str, envelope: str | None = None, kind: str = "message/delivery-status", encoding: str = ""
) -> str:
    """The machine's part."""
    text = (
        "Reporting-MTA: dns; mx.example.net\n"
        + (f"Original-Envelope-Id: {envelope}\n" if envelope else "")
        + "\n"
        + "\n\n".join(recipients)
        + "\n"
    )
    if encoding == "base64":
        text = base64.encodebytes(text.encode()).decode()
    return (
        f"Content-Type: {kind}\n"
        + (f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")
        + f"\n{text}"
    )


def recipient(
    action: str = "failed",
    code: str = "5.1.1",
    to: str = ANA,
    *,
    diagnosis: str = "",
    original: str = "",
    kind: str = "rfc822",
) -> str:
    """What is said of one recipient."""
    lines = [f"Original-Recipient: rfc822;{original}"] if original else []
    lines += [f"Final-Recipient: {kind}; {to}", f"Action: {action}", f"Status: {code}"]
    return "\n".join(lines + ([f"Diagnostic-Code: smtp; {diagnosis}"] if diagnosis else []))


def mail(
    *parts: str, container: str = "multipart/report; report-type=delivery-status", top: str = ""
) -> bytes:
    """A mail of several parts from a mail server."""
    head = (
        f"Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: {SENDER}\n"
        f"Subject: Undelivered Mail Returned to Sender\n{top}MIME-Version: 1.0\n"
    )
    body = "".join(f"--b1\n{part}\n" for part in parts)
    return f'{head}Content-Type: {container}; boundary="b1"\n\n{body}--b1--\n'.encode()


def plain(
    text: str,
    *,
    sender: str = "MAILER-DAEMON@mx.example.net",
    subject: str = "failure notice",
    top: str = "Return-Path: <>\n",
) -> bytes:
    """A mail of one text."""
    return (
        f"{top}From: {sender}\nTo: {SENDER}\nSubject: {subject}\nDate: Tue, 24 Nov 2026 17:00:00 +0000\n"
        f"\n{text}\n"
    ).encode()


WORDS = (
    "Content-Type: text/plain; charset=utf-8\n\nI'm sorry to have to inform you that your message could "
    "not be delivered.\n"
)
OURS = returned(headers())
NOTHING = returned("Subject: A payment is overdue")


def words(text: str) -> str:
    """The part for people."""
    return f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"


IDENTIFIED = [
    Shape("envelope id", mail(WORDS, status(recipient(), envelope=MESSAGE_ID), NOTHING), "failed", True,
    "5.1.1"),
    Shape("envelope id in xtext", mail(WORDS, status(recipient(), envelope=MESSAGE_ID.replace("@", "+40")),
    NOTHING), "failed", True, "5.1.1"),
    Shape("envelope id in angle brackets of xtext", mail(WORDS, status(recipient(),
    envelope=f"+3C{MESSAGE_ID.replace('@', '+40')}+3E")), "failed", True, "5.1.1"),
    Shape("a relay's envelope id over ours", mail(WORDS, status(recipient(), envelope="4Xy7Zq2Rk9z1"), OURS),
    "failed", True, "5.1.1"),
    Shape("Message-ID alone", mail(WORDS, status(recipient()), OURS), "failed", True, "5.1.1"),
    Shape("whole mail returned", mail(WORDS, status(recipient()), returned(headers() + "\n\nDear Ana",
    "message/rfc822")), "failed", True, "5.1.1"),
    Shape(
        "SES replaced the Message-ID",
        mail(WORDS, status(recipient()), returned(headers("0100019a-example-000000@email.example",
        f"X-Forbear-Attempt: {ID}"))),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Microsoft 365 kept it under its own name",
        mail(WORDS, status(recipient(code="5.1.10",
        diagnosis="550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")),
             returned(headers("SN6PR01@prod.example", f"X-Microsoft-Original-Message-ID: <{MESSAGE_ID}>"),
             "message/rfc822")),
        "failed", True, "5.1.10",
    ),
    Shape("only the unsubscribe link is left", mail(WORDS, status(recipient()),
    returned(headers("x@relay.example", f"List-Unsubscribe:\n <{UNSUBSCRIBE}>"))), "failed", True, "5.1.1"),
    Shape("In-Reply-To of the report", mail(WORDS, status(recipient()), top=f"In-Reply-To: <{MESSAGE_ID}>\n"),
    "failed", True, "5.1.1"),
    Shape("the text that came back in base64", mail(WORDS, status(recipient()),
    "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(headers().encode()).decode()), "failed", True, "5.1.1"),
]  # fmt: skip
"""One failure, named in every way that servers leave."""

REPORTED = [
    Shape("delivered", mail(WORDS, status(recipient("delivered", "2.0.0")), OURS), "delivered", False,
    "2.0.0"),
    Shape("relayed", mail(WORDS, status(recipient("relayed", "2.0.0")), OURS), "relayed", False, "2.0.0"),
    Shape("expanded", mail(WORDS, status(recipient("expanded", "2.0.0")), OURS), "expanded", False, "2.0.0"),
    Shape("delayed", mail(WORDS, status(recipient("delayed", "4.4.1")), OURS), "delayed", False, "4.4.1"),
    Shape("an action with a comment", mail(WORDS,
    status(recipient("failed (unable to deliver this message after 3 days)", "5.1.1")), OURS), "failed", True,
    "5.1.1"),
    Shape("an action in capitals", mail(WORDS, status(recipient("FAILED", "5.2.2")), OURS), "failed", False,
    "5.2.2"),
    Shape("an action before a comment without a space", mail(WORDS, status(recipient("failed(permanent)",
    "5.1.1")), OURS), "failed", True, "5.1.1"),
    Shape("an action that no RFC knows", mail(WORDS, status(recipient("error", "5.1.1")), OURS), "failed",
    True, "5.1.1"),
    Shape("no action, but a status", mail(WORDS, status(f"Final-Recipient: rfc822; {ANA}\nStatus: 5.1.1"),
    OURS), "failed", True, "5.1.1"),
    Shape("given up after days of 4.x", mail(WORDS, status(recipient("failed", "4.4.7",
    diagnosis="delivery time expired")), OURS), "failed", False, "4.4.7"),
    Shape("a full mailbox", mail(WORDS, status(recipient("failed", "5.2.2",
    diagnosis="552 5.2.2 Mailbox full")), OURS), "failed", False, "5.2.2"),
    Shape("a policy", mail(WORDS, status(recipient("failed", "5.7.1",
    diagnosis="550 5.7.1 Message rejected: no such user may write")), OURS), "failed", False, "5.7.1"),
    Shape("5.1.1 about the sender's IP", mail(WORDS, status(recipient("failed", "5.1.1",
    diagnosis="550 Your IP is listed in a blocklist")), OURS), "failed", False, "5.1.1"),
    Shape("disabled", mail(WORDS, status(recipient("failed", "5.2.1",
    diagnosis="550 5.2.1 The email account that you tried to reach is disabled")), OURS), "failed", True,
    "5.2.1"),
    Shape("moved", mail(WORDS, status(recipient("failed", "5.1.6")), OURS), "failed", True, "5.1.6"),
    Shape("5.4.1 of the recipient", mail(WORDS, status(recipient("failed", "5.4.1",
    diagnosis="550 5.4.1 Recipient address rejected: Access denied.")), OURS), "failed", True, "5.4.1"),
    Shape("5.4.1 of the host", mail(WORDS, status(recipient("failed", "5.4.1",
    diagnosis="550 5.4.1 no answer from host")), OURS), "failed", False, "5.4.1"),
    Shape("a status of nothing, words about the user", mail(WORDS, status(recipient("failed", "5.0.0",
    diagnosis="550 no such user here")), OURS), "failed", True, "550"),
    Shape("a status of nothing, words about the sender", mail(WORDS, status(recipient("failed", "5.0.0",
    diagnosis="550 too many messages from you")), OURS), "failed", False, "550"),
    Shape(
        "Exim: the code stands in Diagnostic-Code alone",
        mail(words((
            "The following address(es) failed:\n\n  ana@example.com\n    host mx.example.com "
            "[192.0.2.1]\n    "
        ) + NO_USER),
             status(recipient("failed", "5.0.0", diagnosis=NO_USER)), OURS),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Exim: a success that was only relayed",
        mail(words(
            " ----- The following addresses had successful delivery notifications -----\n"
            "<ana@example.com> (relayed to non-DSN-aware mailer)"
        ),
             status(recipient("delivered", "2.0.0", diagnosis="250 Ok")), OURS),
        "relayed", False, "2.0.0",
    ),
    Shape(
        "Exim: relayed says the diagnosis",
        mail(WORDS, status(
            f"Action: delivered\nFinal-Recipient: rfc822;{ANA}\nStatus: 2.0.0\nDiagnostic-Code: X-Exim; "
            "relayed via non SMTP router"
        ), OURS),
        "relayed", False, "2.0.0",
    ),
    Shape(
        "OpenSMTPD: multipart/mixed, and 5.1.1 stands in the text alone",
        mail(words(
            "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An "
            "error has occurred while attempting to deliver a message for\n    the following list of "
            f"recipients:\n\n{ANA}: {NO_USER}\n\n    Below is a copy of the original message:\n"
        ),
             status(recipient("failed", "5.0.0")), OURS, container="multipart/mixed"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "OpenSMTPD: for the moment",
        mail(words(
            "    Hi!\n\n    A message is delayed for more than 4h for the following\n    list of "
            f"recipients:\n\n{ANA}: 451 4.7.1 try later\n"
        ),
             status(recipient("delayed", "4.0.0")), OURS, container="multipart/mixed"),
        "delayed", False, "4.0.0",
    ),
    Shape("RFC 6533: global-delivery-status", mail(WORDS, status(recipient(kind="utf-8"),
    kind="message/global-delivery-status"), returned(headers(), "message/global-headers")), "failed", True,
    "5.1.1"),
    Shape("RFC 6533: in base64, the whole mail", mail(WORDS, status(recipient(),
    kind="message/global-delivery-status", encoding="base64"),
    returned(headers() + "\n\nx", "message/global")), "failed", True, "5.1.1"),
    Shape("RFC 6533: quoted-printable, unitext", mail(WORDS, status(recipient(to="ana\\x{40}example.com",
    kind="utf-8"), kind="message/global-delivery-status", encoding="quoted-printable"),
    returned(headers(), "message/global-headers")), "failed", True, "5.1.1"),
    Shape(
        "Microsoft 365: words in HTML alone",
        mail((
            "Content-Type: text/html; charset=utf-8\n\n<html><body><p>Your message to ana@example.com "
            "couldn't be delivered.</p><p>Remote Server returned '550 5.1.10 "
            "RESOLVER.ADR.RecipientNotFound'</p></body></html>"
        ),
             status(recipient("failed", "5.0.0")), OURS),
        "failed", True, "5.1.10",
    ),
    Shape("the recipient in angle brackets and capitals", mail(WORDS, status(recipient(to="<ANA@Example.COM>",
    kind="RFC822")), OURS), "failed", True, "5.1.1"),
    Shape("the recipient in xtext", mail(WORDS, status(recipient(to=ANA.replace("@", "+40"))), OURS),
    "failed", True, "5.1.1"),
    Shape("a forwarder's bounce", mail(WORDS, status(recipient(to=OTHER, original=ANA)), OURS), "failed",
    False, "5.1.1"),
    Shape("a forwarder that hides whom it was for", mail(WORDS, status(recipient(to=OTHER)), OURS), "failed",
    False, "5.1.1"),
    Shape("two recipients, ours first", mail(WORDS, status(recipient("failed", "5.1.1"),
    recipient("delivered", "2.0.0", OTHER)), OURS), "failed", True, "5.1.1"),
    Shape("two recipients, ours last", mail(WORDS, status(recipient("failed", "5.1.1", OTHER),
    recipient("delivered", "2.0.0")), OURS), "delivered", False, "2.0.0"),
    Shape("two recipients, theirs dead and ours full", mail(WORDS, status(recipient("failed", "5.1.1", OTHER),
    recipient("failed", "5.2.2")), OURS), "failed", False, "5.2.2"),
    Shape("an alias of two, one of which arrived", mail(WORDS, status(recipient("failed", "5.1.1", OTHER,
    original=ANA), recipient("delivered", "2.0.0", "b@forwarded.example", original=ANA)), OURS), "delivered",
    False, "2.0.0"),
    Shape("blocks torn by an empty line", mail(WORDS,
    status(f"Final-Recipient: rfc822; {ANA}\n\nAction: failed\nStatus: 5.1.1"), OURS), "failed", True,
    "5.1.1"),
]  # fmt: skip
"""What servers say in fields, whatever the fields are wrapped in."""
