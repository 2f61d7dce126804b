"""What a mail says of itself: headers, languages, and nothing that data could smuggle in."""

from __future__ import annotations

from typing import Any

import pytest

from channels.message import EmailContent
from channels.outcome import Accepted
from channels.testing import UNSUBSCRIBE_URL, message_on
from tests.channels.mail_servers import Mailbox, scripted, served
from tests.channels.mailing import SENDER, E, sent, smtp


async def taken(message: Any) -> tuple[Any, bytes]:
    """A message as the server holds it, parsed and as octets."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port)
        assert isinstance(await adapter.send(message, timeout=5.0), Accepted)
        await adapter.close()
    return mailbox.mails()[0], mailbox.kept[0].original_content or b""


async def test_the_headers_carry_one_click_unsubscribe_and_the_way_back():
    """RFC 8058: both headers, the URL whole and unencoded however long; the Message-ID leads to the
    attempt."""
    mail, octets = await taken(message_on(E))
    assert f"List-Unsubscribe: <{UNSUBSCRIBE_URL}>\r\n".encode() in octets
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in octets
    assert "<dlv_0001.1@example.com>" == mail["Message-ID"]
    assert "dlv_0001.1" == mail["X-Forbear-Attempt"]
    assert "Example Bank <notices@example.com>" == mail["From"]
    assert "ana@example.com" == mail["To"]
    assert "Tue, 24 Nov 2026 17:00:00 +0000" == mail["Date"]
    assert ("en-US", "auto-generated") == (mail["Content-Language"], mail["Auto-Submitted"])
    assert "multipart/alternative" == mail.get_content_type()


async def test_without_an_unsubscribe_url_there_is_no_unsubscribe_header():
    """A confirmation of an opt-out has nothing left to end."""
    mail, _ = await taken(message_on(E, unsubscribe_url=None))
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


async def test_every_language_arrives_as_it_was_written_over_seven_bits():
    """RFC 6152: without 8BITMIME no octet above 127; RFC 5322: no line over 998; the words are the same on
    the other side."""
    text, html = "您好，您的贷款已逾期。\nMañana, ¿sí?\n.\nFrom here\n", f"<p>您好 {'很长' * 800}</p>\n"
    content = EmailContent(subject="示例银行：还款提醒 " * 12, text=text, html=html, sender_name="示例银行")
    mail, octets = await taken(message_on(E, content=content, language="zh-CN"))
    assert max(octets) < 128
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    assert text == mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert html == mail.get_body(("html",)).get_content().replace("\r\n", "\n")
    assert content.subject.strip() == mail["Subject"]
    assert "示例银行" == mail["From"].addresses[0].display_name


@pytest.mark.parametrize(
    "hostile",
    [
        "x\r\nBcc: eve@example.com",
        "x\nBcc: eve@example.com",
        "x\x00\x1b[2J",
        "x\u2028Bcc: eve@example.com",
        "=?utf-8?q?=0ABcc:_eve@example.com?=",
        "=?utf-8?b?eAoKPGI+?=",
    ],
)
async def test_no_header_can_be_smuggled_in_by_a_name_or_a_subject(hostile):
    """Line breaks become spaces, control characters go: the message has one recipient and no header of a
    stranger's."""
    content = EmailContent(subject=hostile, text="t\n", html="<p>t</p>\n", sender_name=hostile)
    mail, octets = await taken(message_on(E, content=content))
    head = octets.partition(b"\r\n\r\n")[0]
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith(b" ")}
    assert {
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
        b"content-type",
        b"content-language",
        b"mime-version",
        b"auto-submitted",
        b"x-forbear-attempt",
        b"x-auto-response-suppress",
        b"list-unsubscribe",
        b"list-unsubscribe-post",
    } == names
    assert mail["Bcc"] is None
    assert not set(b"\x00\x1b") & set(head)
    assert ["ana@example.com"] == [one.addr_spec for one in mail["To"].addresses]


async def test_a_line_break_in_one_of_our_own_urls_is_misuse():
    """It is an exception and not an outcome: nothing of the kind is ever signed."""
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        await smtp(25).send(
            message_on(E, unsubscribe_url="https://example.com/\r\nBcc: eve@example.com"), timeout=1.0
        )


async def test_a_message_without_an_attempt_gets_an_id_all_the_same():
    """A Message-ID is never missing."""
    mail, _ = await taken(message_on(E, attempt_id=""))
    assert mail["Message-ID"].endswith("@example.com>")


async def test_a_server_with_the_dsn_extension_is_asked_for_notifications():
    """RFC 3461: the envelope id leads back to the attempt, and only headers come back."""
    heard: list[str] = []
    async with scripted({"EHLO": "250-mail.example.com\r\n250 DSN"}, heard) as port:
        outcome = await sent(port)
    assert isinstance(outcome, Accepted)
    assert "MAIL FROM:<notices@example.com> ENVID=dlv_0001.1@example.com RET=HDRS" in heard
    assert "RCPT TO:<ana@example.com> NOTIFY=SUCCESS,FAILURE,DELAY" in heard


async def test_a_dot_alone_on_a_line_ends_no_message():
    """Dot-stuffing (RFC 5321 §4.5.2), also behind a bare line feed."""
    content = EmailContent(
        subject="s", text="a\n.\nMAIL FROM:<eve@example.com>\n", html="<p>a</p>", sender_name="Bank"
    )
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port)
        await adapter.send(message_on(E, content=content), timeout=5.0)
        await adapter.close()
    assert [SENDER] == [one.mail_from for one in mailbox.kept]
    assert "MAIL FROM:<eve@example.com>" in mailbox.mails()[0].get_body(("plain",)).get_content()
