"""Mail that is large, enclosed, unreadable or about a full mailbox."""

from __future__ import annotations

from tests.api.as_twilio import accept, send_due
from tests.api.test_mail import ANA, letter, mailed, taken
from tests.channels.mail_specimens import (
    ID,
    NO_USER,
    mail,
    plain,
)


async def test_a_letter_with_an_enclosure_waits_for_a_person(api, notice):
    """What is in a scan is not read here."""
    await mailed(api, notice)
    scan = (
        'Content-Type: application/pdf\nContent-Disposition: attachment; filename="letter.pdf"\n'
        "Content-Transfer-Encoding: base64\n\nJVBERi0x\n"
    )
    octets = mail("Content-Type: text/plain\n\nThank you", scan, container="multipart/mixed").replace(
        b"Return-Path: <>\n", b""
    )
    octets = octets.replace(b"Mail Delivery System <MAILER-DAEMON@mx.example.net>", ANA.encode()).replace(
        b"Undelivered Mail Returned to Sender", b"Hello"
    )
    found = await taken(api, octets)
    assert ("message", "unclear") == (found["taken_for"], found["meaning"])


async def test_a_mail_of_many_megabytes_is_taken(api, notice):
    """What people enclose stands behind what they write."""
    await mailed(api, notice)
    found = await taken(api, letter("Do not contact me again.\n" + "\n" * 100 + "x" * 9_000_000))
    assert "cease" == found["meaning"]


async def test_the_smtp_words_of_a_full_mailbox_end_nothing(api, notice):
    """The next mail goes."""
    _, attempt = await mailed(api, notice)
    full = plain(
        f"Hi. This is the qmail-send program at mx.example.net.\n\n<{ANA}>:\nThe user's mailbox is over "
        "quota. (#5.2.2)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: "
        f"<{ID}@lender.example>\n"
    )
    assert NO_USER.encode() not in full
    assert "bounce" == (await taken(api, full.replace(ID.encode(), attempt.encode())))["taken_for"]
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))
