"""Bounces more, none of which the reader had been tried on before: whole reports of servers,
providers and gateways as they write them, with their own fields, languages and mistakes."""

from __future__ import annotations

import base64
import quopri

from tests.channels.mail_specimens import (
    ANA,
    ID,
    MESSAGE_ID,
    OTHER,
    OURS,
    SENDER,
    Shape,
    headers,
    mail,
    plain,
    recipient,
    returned,
    status,
    words,
)  # fmt: skip


def exchange(code: str, said: str, text: str) -> bytes:
    """A report of Exchange, in two languages of markup, with the original under a name of its own."""
    return mail(
        'Content-Type: multipart/alternative; boundary="b2"\n\n'
        f"--b2\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--b2\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>{text}</p></body></html>\n--b2--\n",
        "Content-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns;MW2PR02.prod.example\nReceived-From-MTA: dns;BL0PR05.prod.example\n"
        "Arrival-Date: Tue, 24 Nov 2026 17:00:00 +0000\n\n"
        f"Final-Recipient: rfc822;{ANA}\nAction: failed\nStatus: {code}\n"
        f"Diagnostic-Code: smtp;{said}\nX-Display-Name: Ana Ruiz\n",
        returned(headers("MW2PR02@prod.example", f"X-MS-Exchange-CrossTenant-Id: {'0' * 8}",
                         f"X-Microsoft-Original-Message-ID: <{MESSAGE_ID}>"), "message/rfc822"),
        top="Content-Language: en-US\nX-MS-Exchange-Message-Is-Ndr:\n",
    )  # fmt: skip


LATER = [
    Shape(
        "Exchange, a mailbox that is none",
        exchange("5.1.10", "550 5.1.10 RESOLVER.ADR.ExRecipNotFound; not found",
                 f"Your message to {ANA} couldn't be delivered. ana wasn't found at example.com."),
        "failed", True, "5.1.10",
    ),
    Shape(
        "Exchange, a group that takes no strangers",
        exchange("5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; not authenticated",
                 "The group only accepts messages from people in its organization."),
        "failed", False, "5.7.133",
    ),
    Shape(
        "Exchange, a mailbox over its quota",
        exchange("5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
                 "The recipient's mailbox is full and can't accept messages now."),
        "failed", False, "5.2.2",
    ),
    Shape(
        "Exchange, a loop of forwarding",
        exchange("5.4.14", "550 5.4.14 Hop count exceeded - possible mail loop ATTR34",
                 "A configuration error in your email system caused your message to bounce."),
        "failed", False, "5.4.14",
    ),
    Shape(
        "Exchange on its own ground, too large",
        exchange("5.2.3", "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
                 "This message is larger than the current system limit."),
        "failed", False, "5.2.3",
    ),
    Shape(
        "Gmail, an account that is out of storage, in Spanish",
        mail(words(f"** La dirección no acepta mensajes **\n\nTu mensaje no se ha entregado a {ANA} porque "
                   "su bandeja de entrada está llena."),
             "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n"
             f"Arrival-Date: Tue, 24 Nov 2026 09:00:00 -0800\nX-Original-Message-ID: <{MESSAGE_ID}>\n\n"
             f"Final-Recipient: rfc822; {ANA}\nAction: failed\nStatus: 5.2.2\n"
             "Remote-MTA: dns; mx.example.com. (192.0.2.1, the server for the domain example.com.)\n"
             "Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space.\n"
             " 552 5.2.2 Please direct the recipient to the help page.\n"
             "Last-Attempt-Date: Tue, 24 Nov 2026 09:00:03 -0800\n",
             returned(headers(), "message/rfc822")),
        "failed", False, "5.2.2",
    ),
    Shape(
        "Gmail, still trying: no host answers",
        mail(words("** Delivery incomplete **\n\nThere was a temporary problem delivering your message to "
                   f"{ANA}. Gmail will retry for 47 more hours."),
             "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n"
             f"X-Original-Message-ID: <{MESSAGE_ID}>\n\nFinal-Recipient: rfc822; {ANA}\nAction: delayed\n"
             "Status: 4.4.1\nDiagnostic-Code: smtp; The recipient server did not accept our requests to "
             "connect.\nWill-Retry-Until: Thu, 26 Nov 2026 09:00:00 -0800 (PST)\n"),
        "delayed", False, "4.4.1",
    ),
    Shape(
        "Gmail, an account that was shut",
        mail(words("** Message not delivered **"),
             status(recipient("failed", "5.2.1",
                    diagnosis="550-5.2.1 The email account that you tried to reach is inactive.\n"
                              " 550 5.2.1 Learn more at the help page."), envelope=MESSAGE_ID), OURS),
        "failed", True, "5.2.1",
    ),
    Shape(
        "Yahoo, an account that is none, by 554",
        mail(words("Sorry, we were unable to deliver your message to the following address."),
             status(f"Final-Recipient: rfc822; {ANA}\nAction: failed\nStatus: 5.0.0\nRemote-MTA: dns; "
                    "mta7.example.net\nDiagnostic-Code: smtp; 552 1 Requested mail action aborted, mailbox "
                    "not found"), OURS),
        "failed", False, "552",
    ),
    Shape(
        "Yahoo, messages deferred for complaints",
        mail(words("This is the mail system at host mx.example.net. Your message could not be delivered."),
             status(recipient("failed", "4.7.0", diagnosis="421 4.7.0 [TSS04] Messages from 192.0.2.9 "
                    "temporarily deferred due to unexpected volume or user complaints - 4.16.55.1")), OURS),
        "failed", False, "4.7.0",
    ),
    Shape(
        "Postfix, a name that no server has",
        mail(words(f"<{ANA}>: Host or domain name not found. Name service error for name=example.com "
                   "type=MX: Host not found"),
             status(f"Final-Recipient: rfc822; {ANA}\nOriginal-Recipient: rfc822;{ANA}\nAction: failed\n"
                    "Status: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service "
                    "error for name=example.com type=MX: Host not found"), OURS,
             top="Auto-Submitted: auto-replied\n"),
        "failed", False, "5.4.4",
    ),
    Shape(
        "Postfix, given up after five days",
        mail(words(f"<{ANA}>: connect to mx.example.com[192.0.2.1]:25: Connection timed out"),
             status(f"Final-Recipient: rfc822; {ANA}\nAction: failed\nStatus: 4.4.1\n"
                    "Diagnostic-Code: X-Postfix; connect to mx.example.com[192.0.2.1]:25: Connection timed "
                    "out"), OURS),
        "failed", False, "4.4.1",
    ),
    Shape(
        "Postfix, a success that was asked for",
        mail(words(f"<{ANA}>: delivery via mx.example.com[192.0.2.1]:25: 250 2.0.0 Ok: queued as 9F2"),
             status(f"Final-Recipient: rfc822; {ANA}\nOriginal-Recipient: rfc822;{ANA}\nAction: relayed\n"
                    "Status: 2.0.0\nRemote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 250 2.0.0 Ok: "
                    "queued as 9F2", envelope=MESSAGE_ID)),
        "relayed", False, "2.0.0",
    ),
    Shape(
        "Sendmail, a warning",
        mail(words("    **********************************************\n    **      THIS IS A WARNING "
                   "MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **"),
             status(f"Final-Recipient: RFC822; {ANA}\nAction: delayed\nStatus: 4.4.3\nRemote-MTA: DNS; "
                    "mx.example.com\nWill-Retry-Until: Sun, 29 Nov 2026 17:00:00 GMT"), OURS),
        "delayed", False, "4.4.3",
    ),
    Shape(
        "Domino, a status part with X.400 words",
        mail(words(f"Your message\n\n  Subject: A payment is overdue\n\nwas not delivered to:\n\n  {ANA}\n\n"
                   "because:\n\n  550 5.1.1 User ana@example.com not listed in Domino Directory"),
             status(f"Final-Recipient: rfc822;{ANA}\nAction: failed\nStatus: 5.1.1\n"
                    "Diagnostic-Code: X-Notes; User ana not listed in Domino Directory"), OURS),
        "failed", True, "5.1.1",
    ),
    Shape(
        "GroupWise, in words alone",
        plain(f"The message that you sent was undeliverable to the following:\n    {ANA} (550 5.1.1 "
              f"mailbox not found)\n\n{headers()}\n",
              sender="Mailer-Daemon@gw.example.net", subject="Message status - undeliverable"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Exim of today, a routing that failed",
        mail(words("This message was created automatically by mail delivery software.\n\nA message that you "
                   f"sent could not be delivered to one or more of its recipients.\n\n  {ANA}\n    "
                   "Unrouteable address"),
             status(f"Action: failed\nFinal-Recipient: rfc822;{ANA}\nStatus: 5.0.0"), OURS,
             top=f"X-Failed-Recipients: {ANA}\nReferences: <{MESSAGE_ID}>\n"),
        "failed", False, "5.0.0",
    ),
    Shape(
        "qmail, a host that nobody knows",
        plain("Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver "
              f"your message to the following addresses.\n\n<{ANA}>:\nSorry, I couldn't find any host named "
              f"example.com. (#5.1.2)\n\n--- Below this line is a copy of the message.\n\n{headers()}\n"),
        "failed", True, "5.1.2",
    ),
    Shape(
        "a gateway against junk that speaks of content",
        mail(words("Your message was rejected by the recipient's mail filter."),
             status(recipient("failed", "5.7.1", diagnosis="554 5.7.1 Message rejected under suspicion of "
                    "SPAM; user unknown to this filter"), envelope=MESSAGE_ID.replace("@", "+40"))),
        "failed", False, "5.7.1",
    ),
    Shape(
        "SES, its own report with its own id over ours",
        mail(words("An error occurred while trying to deliver the mail to the following recipients:\n"
                   f"{ANA}"),
             status(f"Final-Recipient: rfc822;{ANA}\nAction: failed\nRemote-MTA: dns; mx.example.com\n"
                    "Diagnostic-Code: smtp; 550 5.1.1 <ana@example.com>: Recipient address rejected: User "
                    "unknown in virtual mailbox table\nStatus: 5.1.1", envelope="0100019a-example-000000"),
             returned(headers("0100019a-example-000000@email.example", f"X-Forbear-Attempt: {ID}"))),
        "failed", True, "5.1.1",
    ),
    Shape(
        "SES, on its list of suppressed addresses",
        mail(words("An error occurred while trying to deliver the mail."),
             status(recipient("failed", "5.1.1", diagnosis="Amazon SES has suppressed sending to this "
                    "address because it has a recent history of bouncing as an invalid address.")),
             returned(headers("x@email.example", f"X-Forbear-Attempt: {ID}"))),
        "failed", True, "5.1.1",
    ),
    Shape(
        "RFC 6533, an address beyond ASCII for another and ours beside it",
        mail(words("Доставка не удалась"),
             status(recipient("failed", "5.1.1", "пример@пример.example", kind="utf-8"),
                    recipient("delayed", "4.2.2", kind="utf-8"), kind="message/global-delivery-status"),
             returned(headers(), "message/global-headers")),
        "delayed", False, "4.2.2",
    ),
    Shape(
        "RFC 6533 in quoted-printable with soft breaks",
        mail(words("not delivered"),
             "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: quoted-printable\n\n"
             + quopri.encodestring(("Reporting-MTA: dns; mx.example.net\nOriginal-Envelope-Id: "
               f"{MESSAGE_ID}\n\nFinal-Recipient: utf-8; {ANA}\nAction: failed\nStatus: 5.1.1\n"
               "Diagnostic-Code: smtp; 550 5.1.1 mailbox unavailable\n").encode()).decode()),
        "failed", True, "5.1.1",
    ),
    Shape(
        "a list that our mail was expanded into",
        mail(words("Your message was delivered to a distribution list."),
             status(recipient("expanded", "2.1.5"), recipient("failed", "5.1.1", OTHER)), OURS),
        "expanded", False, "2.1.5",
    ),
    Shape(
        "a report that a program stored as one base64 text",
        plain(base64.encodebytes((f"The following address failed:\n\n<{ANA}>:\n550 5.1.1 No such mailbox\n\n"
              f"{headers()}\n").encode()).decode(), subject="Undelivered mail",
              top="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
                  "base64\n"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "in French, a mailbox that was closed",
        plain(f"Votre message n'a pas pu être remis à :\n\n<{ANA}>: 550 5.1.1 Adresse d'au moins un "
              f"destinataire invalide\n\n{headers()}\n", sender="postmaster@mx.example.net",
              subject="Message non remis"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "in Japanese, a mailbox that is full",
        mail(words("メールを配信できませんでした。受信者のメールボックスがいっぱいです。"),
             status(recipient("failed", "5.2.2", diagnosis="552 5.2.2 over quota"), envelope=MESSAGE_ID)),
        "failed", False, "5.2.2",
    ),
    Shape(
        "a grey list that gave up",
        mail(words("The mail could not be delivered for two days."),
             status(recipient("failed", "4.7.1", diagnosis="451 4.7.1 Greylisting in action, please come "
                    "back later"), envelope=MESSAGE_ID)),
        "failed", False, "4.7.1",
    ),
    Shape(
        "a sender whose name failed its own checks",
        mail(words(f"The message from {SENDER} was refused."),
             status(recipient("failed", "5.7.509", diagnosis="550 5.7.509 Access denied, sending domain "
                    "lender.example does not pass DMARC verification and has a DMARC policy of reject"),
                    envelope=MESSAGE_ID)),
        "failed", False, "5.7.509",
    ),
]  # fmt: skip
"""Each with what must follow from it."""
