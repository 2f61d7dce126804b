"""What people's programs send back: complaints of their providers, receipts of their readers, and answers of
machines that write for them."""

from __future__ import annotations

import base64

from tests.channels.mail_elsewhere import Mail, html
from tests.channels.mail_specimens import (
    ANA,
    MESSAGE_ID,
    SENDER,
    UNSUBSCRIBE,
    headers,
    mail,
    returned,
    words,
)

FEEDBACK = "multipart/report; report-type=feedback-report"
RECEIPT = "multipart/report; report-type=disposition-notification"


def feedback(*fields: str, back: str, kind: str = "text/rfc822-headers", encoding: str = "") -> bytes:
    """A provider's complaint (RFC 5965)."""
    return mail(
        html("This is a complaint about a message received."),
        "Content-Type: message/feedback-report\n\n" + "\n".join(fields) + "\n",
        f"Content-Type: {kind}\n{encoding}\n{back}\n",
        container=FEEDBACK,
    )


def receipt(disposition: str, text: str, *top: str) -> bytes:
    """What became of a mail in the reader's program (RFC 8098)."""
    return mail(
        words(text),
        f"Content-Type: message/disposition-notification\n\nReporting-UA: mail.example.com; Example\n"
        f"Final-Recipient: rfc822; {ANA}\nOriginal-Message-ID: <{MESSAGE_ID}>\nDisposition: {disposition}\n",
        container=RECEIPT,
        top="".join(f"{one}\n" for one in top),
    ).replace(b"Subject: Undelivered Mail Returned to Sender\n", b"Subject: Re: A payment is overdue\n")


def person(text: str, subject: str, *top: str) -> bytes:
    """A mail from the borrower's own mailbox."""
    return (
        f"From: Ana Ruiz <{ANA}>\nTo: {SENDER}\nSubject: {subject}\nMessage-ID: <m1@example.com>\n"
        + "".join(f"{one}\n" for one in top)
        + f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()


QUOTED = (
    f"\n\n-----Original Message-----\nFrom: Example Bank <{SENDER}>\nSent: Monday, November 23, 2026\n"
    f"To: Ana Ruiz\nSubject: A payment is overdue\n\nStop these mails: {UNSUBSCRIBE}\n"
)
PERSONS = [
    Mail(
        "a complaint with everything redacted but a link",
        feedback("Feedback-Type: abuse", "User-Agent: Example-FBL/1.0", "Version: 0.1",
                 "Original-Mail-From: <redacted@lender.example>", "Reported-Domain: lender.example",
                 back="From: notices@lender.example\nTo: [redacted]\nMessage-ID: <[redacted]>\n"
                      f"List-Unsubscribe: <{UNSUBSCRIBE}>"),
        "complaint",
    ),
    Mail(
        "a complaint whose mail came in base64",
        lambda id_: feedback("Feedback-Type: abuse", "Version: 1", "User-Agent: Example-FBL/2.0",
                 back=base64.encodebytes(f"{headers(f'{id_}@lender.example')}\n\nDear "
                                         "Ana\n".encode()).decode(),
                 kind="message/rfc822", encoding="Content-Transfer-Encoding: base64\n"),
        "complaint",
    ),
    Mail(
        "a complaint of a kind that was never written down",
        feedback("feedback-type: ABUSE-REPORT", "version: 1", f"Removal-Recipient: {ANA}",
                 back=headers(), kind="message/rfc822"),
        "complaint",
    ),
    Mail(
        "a complaint whose fields a relay made text of",
        mail(words("abuse"), words("Feedback-Type: abuse\nVersion: 1"), returned(headers(), "message/rfc822"),
             container=FEEDBACK),
        "complaint",
    ),
    Mail("away, no return path, and numbers that look like codes",
         person("I am away. Call 555-0123, suite 550 - or see version 5.1.1 of our page. I will try "
                "again later.",
                "away", "Return-Path: <>", f"In-Reply-To: <{MESSAGE_ID}>"), "automatic"),
    Mail("a reader that shows it", receipt("manual-action/MDN-sent-manually; displayed",
         "This is a receipt: your message was displayed."), "automatic"),
    Mail("thrown away unread", receipt("automatic-action/MDN-sent-automatically; deleted",
         "Your message was deleted without being read."), "automatic"),
    Mail("out of office, our mail below it",
         person("I am away until 7 December without access to mail. Please stop by reception." + QUOTED,
                "Automatic reply: A payment is overdue", "X-Auto-Response-Suppress: All"), "automatic"),
    Mail("out of office in Polish, no header says so",
         person("Jestem poza biurem do 7 grudnia." + QUOTED, "Odpowiedź automatyczna: A payment is overdue",
                f"In-Reply-To: <{MESSAGE_ID}>"), "automatic"),
    Mail("a program that wants to know who we are",
         person("I protect my mailbox. Please confirm that you are no robot: https://guard.example/x",
                "Please verify your message", "Auto-Submitted: auto-replied",
                f"In-Reply-To: <{MESSAGE_ID}>"), "automatic"),
    Mail("somebody who left", person("Ana Ruiz no longer works here. Write to her colleague instead.",
         "Re: A payment is overdue", "Auto-Submitted: auto-replied", f"References: <{MESSAGE_ID}>"),
         "automatic"),
]  # fmt: skip
"""People, and the programs that answer for them."""
