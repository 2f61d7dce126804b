"""Delivery status notifications (RFC 3464), as mail servers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.dsn import parse_dsn
from channels.receipt import Progress

REPORT = """\
From: MAILER-DAEMON@mail.example.net
To: notices@example.com
Subject: Delivery status
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

In plain words.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
{envelope}
Final-Recipient: rfc822; ana@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 for +1 202 555 0143

--b1
Content-Type: {returned}

Message-ID: <dlv_0001.1@example.com>
Subject: A payment is overdue

--b1--
"""


def report(
    action: str,
    status: str,
    *,
    envelope: str = "Original-Envelope-Id: dlv_0001.1@example.com\n",
    returned: str = "text/rfc822-headers",
) -> bytes:
    """A notification."""
    return REPORT.format(action=action, status=status, envelope=envelope, returned=returned).encode()


@pytest.mark.parametrize(
    ("action", "status", "progress", "outcome", "dead"),
    [
        ("delivered", "2.0.0", Progress.DELIVERED, "delivered", False),
        ("failed", "5.1.1 (no such mailbox)", Progress.UNDELIVERED, "not_in_service", True),
        ("Failed", "5.2.2", Progress.UNDELIVERED, "bounced", False),
        ("delayed", "4.4.1", Progress.ACCEPTED, None, False),
        ("relayed", "2.0.0", Progress.ACCEPTED, None, False),
        ("expanded", "2.0.0", Progress.ACCEPTED, None, False),
    ],
)
def test_a_notification_becomes_a_receipt_of_its_attempt(action, status, progress, outcome, dead):
    """The five actions of RFC 3464 §2.3.3; a mailbox that does not exist is not tried again."""
    found = parse_dsn(report(action, status))
    assert found is not None
    attempt, receipt = found
    assert "dlv_0001.1" == attempt
    assert (progress, outcome, dead) == (receipt.progress, receipt.outcome, receipt.address_dead)
    assert status[:5] == receipt.code
    assert "ana" not in repr(receipt)


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_without_an_envelope_id_the_returned_message_id_leads_back(returned):
    """Servers without the DSN extension pass no envelope id on, but return our headers."""
    found = parse_dsn(report("failed", "5.1.1", envelope="", returned=returned))
    assert found is not None
    assert "dlv_0001.1" == found[0]


def test_the_same_word_twice_has_one_digest_and_another_word_another():
    """Notifications are repeated."""
    first, again, other = (
        parse_dsn(report(action, "2.0.0")) for action in ("delivered", "delivered", "relayed")
    )
    assert first
    assert again
    assert other
    assert first[1].digest == again[1].digest != other[1].digest


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: an answer from a person\n\nHello",
        report("read", "2.0.0"),
        report("failed", "5.1.1", envelope="", returned="text/plain"),
        b'Content-Type: multipart/report; boundary="b1"\n\nnothing',
        b'Content-Type: multipart/report; boundary="b1"\n\n--b1\nContent-Type: message/delivery-status\n\n\n--b1--',
        b'Content-Type: multipart/report; boundary="b1"\n\n--b1\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--b1--',
    ],
)
def test_any_other_mail_is_no_notification(raw):
    """Nothing is guessed."""
    assert parse_dsn(raw) is None


def test_a_notification_without_a_readable_status_has_no_code():
    """The action alone says what happened."""
    found = parse_dsn(report("failed", "none"))
    assert found is not None
    assert (None, "bounced") == (found[1].code, found[1].outcome)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=len(report("failed", "5.1.1"))))
def test_no_octets_make_it_fall_over(noise, at):
    """Strangers write to this address."""
    whole = report("failed", "5.1.1")
    parse_dsn(noise)
    parse_dsn(whole[:at] + noise + whole[at:])
