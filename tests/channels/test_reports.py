"""What mail servers say became of a mail: fields, words, and the mailbox that they speak of."""

from __future__ import annotations

import re
from email import message_from_bytes
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.incoming import Report, read_mail
from channels.email.refusals import judge
from channels.email.report import choose, read_report, receipt_for
from channels.email.verp import verp
from channels.receipt import Progress
from tests.channels.mail_freeform import FREE
from tests.channels.mail_further import FURTHER
from tests.channels.mail_later import LATER
from tests.channels.mail_specimens import (
    ANA,
    ID,
    IDENTIFIED,
    REPORTED,
    WORDS,
    Shape,
    mail,
    plain,
    recipient,
    returned,
    status,
)

IDS = re.compile(r"ntc_[0-9a-f]{48}\.email\.\d{1,4}", re.IGNORECASE)


def is_ana(address: str) -> bool:
    """As the store compares mailboxes."""
    return ANA == address.casefold()


@pytest.mark.parametrize(
    "shape", [*IDENTIFIED, *REPORTED, *FREE, *FURTHER, *LATER], ids=lambda shape: shape.name
)
def test_a_report_is_heard_whatever_its_shape(shape: Shape):
    """It names our mail, says what became of it, and kills a mailbox only where it speaks of that mailbox."""
    found = read_mail(shape.raw, IDS)
    assert found is not None
    assert isinstance(found.content, Report), found.content
    assert (ID,) == found.about[:1]
    said, exact = choose(found.content.said, is_ana)
    assert (shape.action, shape.code, shape.dead) == (said.action, said.code, said.dead and exact)
    receipt = receipt_for(found.content.said, is_ana, attempt=ID)
    assert shape.dead is receipt.address_dead
    assert (receipt.outcome == "not_in_service") is shape.dead
    assert "ana" not in repr(receipt)


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("550 no such user", True),
        ("550 Requested action not taken: mailbox unavailable", True),
        ("550 <ana@example.com>: Recipient address rejected: User unknown in relay recipient table", True),
        ("550 Empfänger unbekannt", True),
        ("550 El usuario no existe", True),
        ("550 Utilisateur inconnu", True),
        ("550 用户不存在", True),
        ("550 нет такого пользователя", True),
        ("550 This user doesn't have an account here", True),
        (
            "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 again",
            True,
        ),
        ("550 5.1.2 DNS lookup failed: no such domain", True),
        ("556 5.1.10 Recipient address has a null MX, by its own policy", True),
        ("550 5.1.1 blocked for spam", False),
        ("550 Your IP is listed by a blocklist", False),
        ("550 too many messages, slow down", False),
        ("550 Sender address rejected: Domain not found", False),
        ("550 5.1.7 the sender's address", False),
        ("550 5.1.8 the sender's domain", False),
        ("550 5.1.90 too many recipients today", False),
        ("550 5.1.0 Address rejected", False),
        ("550 mailbox full", False),
        ("550 relay not permitted", False),
        (
            "550 Requested action not taken: mailbox unavailable; invalid DNS MX or A/AAAA resource record",
            False,
        ),
        ("550 mailbox unavailable: the domain has a null MX", False),
        ("550 recipient rejected, no DNS records of the domain in the return path", False),
        ("550 mx.example.net: no such user", True),
        ("550 administrative prohibition", False),
        ("550 5.2.1 The user is receiving mail at a rate that prevents this message", False),
        ("554 no such user", False),
        ("551 user not local", False),
        ("550 5.7.1 no such user", False),
    ],
)
def test_a_refusal_ends_a_mailbox_only_where_it_speaks_of_the_mailbox(text, dead):
    """RFC 3463 §3.2: the others are about the sender, the message or the moment."""
    assert dead is judge("", text).dead


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: an answer from a person\n\nHello",
        b'From: a@example.com\nContent-Type: multipart/report; boundary="b1"\n\nnothing',
        (
            b'From: a@example.com\nContent-Type: multipart/report; boundary="b1"\n\n--b1\nContent-Type: '
            b"message/delivery-status\n\n\n--b1--"
        ),
        mail(WORDS, status(recipient("read", "2.0.0"))),
        mail(WORDS, "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n\n!!!"),
        plain("Hello, is this the postmaster?", sender="ana@example.com", top=""),
    ],
)
def test_any_other_mail_is_no_report(raw):
    """Nothing is guessed."""
    found = read_mail(raw, IDS)
    assert found is None or not isinstance(found.content, Report)


def test_the_same_word_twice_has_one_digest_and_another_word_another():
    """Notifications are repeated."""
    first, again, other = (
        receipt_for(
            read_report(message_from_bytes(mail(status(recipient(action, "2.0.0"))))), is_ana, attempt=ID
        )
        for action in ("delivered", "delivered", "relayed")
    )
    assert first.digest == again.digest != other.digest
    assert (Progress.DELIVERED, Progress.ACCEPTED) == (first.progress, other.progress)


@given(
    st.binary(max_size=400),
    st.integers(min_value=0, max_value=3000),
    st.sampled_from([*IDENTIFIED, *REPORTED, *FREE]),
)
def test_no_octets_make_it_fall_over(noise, at, shape):
    """Strangers write to this address."""
    read_mail(noise, IDS)
    read_mail(b"From: a@example.com\n" + noise, IDS)
    read_mail(shape.raw[:at] + noise + shape.raw[at:], IDS)


HOSTILE = {
    "nested": b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\nFrom: a\n\n--b%d\n' % (n,
    n) for n in range(3000)),
    "mails in mails": b"From: a\n" + b"Content-Type: message/rfc822\n\n" * 3000,
    "one line": (
        b"Return-Path: <>\nFrom: postmaster@x.example\nSubject: "
        b"failure notice\n\n"
    ) + b"a" * 2_000_000,
    "many at signs": (
        b"Return-Path: <>\nFrom: postmaster@x.example\nSubject: "
        b"failure notice\n\n"
    ) + b"a@b " * 400_000,
    "many headers": b"From: a\n" + b"Received: x\n" * 200_000 + b"\n\nx",
    "many parts": b'From: a\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 50_000,
    "many blocks": b"From: a\nContent-Type: message/delivery-status\n\n"
    + b"Action: failed\nStatus: 5.1.1\n\n" * 50_000,
    "quotes": b"From: a@example.com\n\n" + b"> " * 500_000 + b"\n" + b"a: b\n" * 50_000,
    "html": b"From: a@example.com\nContent-Type: text/html\n\n" + b"<blockquote><div class=x>" * 50_000,
    "colons": b"From: " + b"a:;<" * 100_000 + b"\n\nx",
}  # fmt: skip


HANGS = 60.0
"""Seconds: each takes a fraction of one, and what grows with the square of its length takes hours."""


@pytest.mark.slow
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_mail_takes_more_than_a_moment(raw):
    """Anybody may write to this address, and others wait meanwhile."""
    started = process_time()
    assert read_mail(raw, IDS) is not None
    assert process_time() - started < HANGS


@pytest.mark.parametrize(
    ("sender", "named"),
    [
        ("notices@lender.example", True),
        ("collections-notices@lender.example", True),
        ("collections-department@lender.example", False),
    ],
)
def test_a_return_address_of_its_own_leads_back(sender, named):
    """Also where a server writes it in capitals; a sender with too long a name keeps its own (RFC 5321
    §4.5.3.1.1)."""
    own = verp(sender, ID)
    assert named is (own != sender)
    assert len(own.partition("@")[0]) <= 64
    report_ = mail(WORDS, status(recipient()), returned("Subject: x")).replace(
        b"To: notices@lender.example", f"To: <{own.upper()}>".encode()
    )
    found = read_mail(report_, IDS)
    assert found is not None
    assert ((ID,) if named else ()) == found.about
