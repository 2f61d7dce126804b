"""A mail that is written at once is the one that the email package composes: header by header, part by part,
whatever is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.email.mail import HEADERS, OWN_ID, as_bytes, compose
from channels.email.wire import write
from channels.message import Channel, EmailContent, Message

SENDER = "notices@example.com"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
bodies = st.one_of(
    words,
    st.lists(st.sampled_from(["Dear Ana Ruiz,", ".", "..", "From here", "tail \t", "x" * 78, "x" * 79,
    "é" * 60, "逾期" * 60, "", "=41"])).map("\n".join),
)  # fmt: skip


def mail(**further: object) -> Message:
    """A notice by e-mail."""
    given_ = {
        "channel": Channel.EMAIL,
        "attempt_id": "att_01",
        "to": "ana@example.com",
        "language": "en-US",
        "created_at": datetime(2026, 11, 24, 17, tzinfo=UTC),
        "receipt_url": "https://forbear.example/r",
        "valid_for": timedelta(hours=1),
        "unsubscribe_url": "https://forbear.example/u/" + "a" * 80,
        **further,
    }
    return Message(**given_)  # type: ignore[arg-type]


def content(**further: str) -> EmailContent:
    """Of it."""
    plain = {
        "subject": "Your loan",
        "text": "Dear Ana",
        "html": "<p>Dear Ana</p>",
        "sender_name": "First Bank",
    }
    return EmailContent(**{**plain, **further})


def read(octets: bytes) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Headers, but for the boundary, and the parts."""
    found = message_from_bytes(octets, policy=default)
    headers = [(name, str(value)) for name, value in found.items() if name != "Content-Type"]
    parts = [(one.get_content_type(), one.get_content()) for one in found.iter_parts()]
    return headers, parts


@given(bodies, bodies, words, words)
@example("a\x85b c\x0cd\re\r\nf", "<p>.</p>\n.\n", "=?utf-8?q?x?=", 'Bank "of" <x>, Inc.')
def test_whatever_is_written_is_what_the_package_composes(
    text: str, html: str, subject: str, name: str
) -> None:
    """And it is seven-bit, in lines that every relay takes, each ended as SMTP ends it."""
    one = mail(content=content(text=text, html=html, subject=subject, sender_name=name))
    written = write(one, SENDER)
    assert read(as_bytes(compose(one, SENDER))) == read(written.octets)
    assert written.octets.isascii()
    assert all(len(line) <= HEADERS.max_line_length for line in written.octets.split(b"\r\n"))  # type: ignore[operator]
    assert b"\n" not in written.octets.replace(b"\r\n", b"").replace(b"\r", b"\n") or "\r" in text + html


@pytest.mark.parametrize(
    "further",
    [
        {"attempt_id": ""}, {"to": "a..b@example.com"}, {"to": "o'hara/x=y@example.com"},
        {"to": f"{'a' * 64}@{'b' * 60}.example.com"},
        {"unsubscribe_url": None}, {"unsubscribe_url": "https://forbear.example/<u>"},
        {"language": "zh-Hant-TW"}, {"attempt_id": "att 01"},
    ],
)  # fmt: skip
def test_what_is_not_plain_is_composed_by_the_package(further: dict[str, str | None]) -> None:
    """The same headers, and the ids that they bear."""
    one = mail(content=content(), **further)
    written, composed = write(one, SENDER), compose(one, SENDER)
    headers, parts = read(written.octets)
    expected, _ = read(as_bytes(composed))
    ids = {"Message-ID"} if not one.attempt_id else set()
    assert [row for row in expected if row[0] not in ids] == [row for row in headers if row[0] not in ids]
    assert len(parts) == 2
    assert written.own_id == str(composed[OWN_ID] or "")
    assert written.message_id == dict(headers)["Message-ID"]
    assert "<" not in written.envelope_id


@pytest.mark.parametrize(
    "further",
    [
        {"unsubscribe_url": "https://x.example/\r\nBcc: b@example.com"},
        {"to": "ana@example.com\r\nBcc: b@example.com"},
    ],
)
def test_a_line_break_in_a_header_is_refused(further: dict[str, str]) -> None:
    """It is ours to get right, and goes nowhere."""
    with pytest.raises(ValueError, match=r"."):
        write(mail(content=content(), **further), SENDER)
