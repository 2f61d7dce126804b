"""Bounces in free form, as servers write them that know no status report."""

from __future__ import annotations

from tests.channels.mail_specimens import ANA, MESSAGE_ID, NO_USER, OTHER, SENDER, Shape, headers, plain

FREE = [
    Shape(
        "qmail, remote",
        plain(
            "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver "
            "your message to the following addresses.\nThis is a permanent error; I've given up. Sorry "
            f"it didn't work out.\n\n<{ANA}>:\n192.0.2.1 does not like recipient.\nRemote host said: "
            f"{NO_USER}\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n"
            f"Return-Path: <{SENDER}>\n{headers()}\n\nDear Ana"
        ),
        "failed", True, "5.1.1",
    ),
    Shape(
        "qmail, local",
        plain(
            "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver "
            f"your message to the following addresses.\n\n<{ANA}>:\nSorry, no mailbox here by that name. "
            f"(#5.1.1)\n\n--- Below this line is a copy of the message.\n\n{headers()}\n\nDear Ana"
        ),
        "failed", True, "5.1.1",
    ),
    Shape(
        "qmail, a full mailbox, and another's that is dead",
        plain(
            f"Hi. This is the qmail-send program at mx.example.net.\n\n<{OTHER}>:\nSorry, no mailbox "
            f"here by that name. (#5.1.1)\n\n<{ANA}>:\nThe user's mailbox is over quota. (#5.2.2)\n\n--- "
            f"Below this line is a copy of the message.\n\n{headers()}\n"
        ),
        "failed", False, "5.2.2",
    ),
    Shape(
        "Exim of old",
        plain((
            "This message was created automatically by mail delivery software.\n\nA message that you "
            "sent could not be delivered to one or more of its\nrecipients. This is a permanent error. "
            f"The following address(es) failed:\n\n  {ANA}\n    SMTP error from remote mail server after "
            f"RCPT TO:<{ANA}>:\n    host mx.example.com [192.0.2.1]: 550 5.1.1 User unknown\n\n------ "
            f"This is a copy of the message, including all the headers. ------\n\n{headers()}\n"
        ),
              subject="Mail delivery failed: returning message to sender",
              top=f"Return-Path: <>\nX-Failed-Recipients: {ANA}\nAuto-Submitted: auto-replied\n"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Exim of old, a listed sender",
        plain((
            "A message that you sent could not be delivered to one or more of its\nrecipients. This is "
            f"a permanent error. The following address(es) failed:\n\n  {ANA}\n    host mx.example.com "
            "[192.0.2.1]: 550 Your IP is listed by a blocklist\n\n------ This is a copy of the message "
            f"------\n\n{headers()}\n"
        ),
              subject="Mail delivery failed: returning message to sender",
              top=f"X-Failed-Recipients: {ANA}\n"),
        "failed", False, "550",
    ),
    Shape(
        "Exim of old, still trying",
        plain((
            "A message that you sent has not yet been delivered to one or more of its\nrecipients after "
            "more than 24 hours on the queue on mx.example.net.\n\nThe message identifier is:     "
            "1abcde-000001-XY\nThe address to which the message has not yet been delivered is:\n\n  "
            f"{ANA}\n\nNo action is required on your part.\n"
        ),
              subject="Warning: message 1abcde-000001-XY delayed 24 hours",
              top=f"In-Reply-To: <{MESSAGE_ID}>\n"),
        "delayed", False, None,
    ),
    Shape(
        "a provider's own words",
        plain((
            f"Delivery to the following recipient failed permanently:\n\n     {ANA}\n\nTechnical details "
            "of permanent failure:\nThe error that the other server returned was: 550 5.1.1 No such "
            f"user\n\n----- Original message -----\n\n{headers()}\n"
        ), subject="Delivery Status Notification (Failure)"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "a server that is no mailer-daemon",
        plain((
            f"Delivery to the following recipient failed permanently:\n\n     {ANA}\n\n550 5.1.1 No such "
            f"user\n\n----- Original message -----\n\n{headers()}\n"
        ),
              sender="System Administrator <gateway@mx.example.net>", subject="Undeliverable: A payment",
              top="Auto-Submitted: auto-replied\n"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "a code before a colon",
        plain((
            f"Sorry, we were unable to deliver your message to the following address.\n\n<{ANA}>:\n554: "
            f"delivery error: dd This user doesn't have an account here ({ANA}) [0] - mta1.mail.example\n"
            f"\n--- Below this line is a copy of the message.\n\n{headers()}\n"
        ), subject="Failure Notice"),
        "failed", False, "554",
    ),
    Shape(
        "no code at all",
        plain((
            f"The message that you sent was undeliverable to the following:\n\t{ANA} (user not found)\n\n"
            f"{headers()}\n"
        ), sender="Mailer-Daemon@mx.example.net", subject="Message status - undeliverable"),
        "failed", False, None,
    ),
    Shape(
        "MDaemon, a transcript",
        plain((
            "The following data may contain sensitive information and has been sent to you as it was "
            "undeliverable.\n\nThe attached message had PERMANENT fatal delivery errors!\n\nFailed "
            f"address: {ANA}\n\n--- Session Transcript ---\n <-- 550 5.1.1 Recipient unknown <{ANA}>\n"
            f"--- End Transcript ---\n\n{headers()}\n"
        ),
              sender="MDaemon <MDaemon@mx.example.net>", subject="Permanent Delivery Failure"),
        "failed", True, "5.1.1",
    ),
    Shape(
        "Lotus Notes, without a status part",
        plain((
            f"Your message\n\n  Subject: A payment is overdue\n\nwas not delivered to:\n\n  {ANA}\n\n"
            f"because:\n\n  User ana ({ANA}) not listed in public Name & Address Book\n\n{headers()}\n"
        ),
              sender="Postmaster@mx.example.net",
              subject="DELIVERY FAILURE: User ana not listed in public Name & Address Book"),
        "failed", False, None,
    ),
    Shape(
        "words that no library knows",
        plain((
            "Ihre Nachricht an den Empfänger konnte nicht zugestellt werden.\nFehler: 552 5.2.2 "
            f"Postfach voll\n\n{headers()}\n"
        ), sender="postmaster@mx.example.net", subject="Unzustellbar: A payment is overdue"),
        "failed", False, "5.2.2",
    ),
]  # fmt: skip
"""What servers say in words alone."""
