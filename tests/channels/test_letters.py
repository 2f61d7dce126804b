"""What a person wrote, as mail programs send it: without our words, and with all of theirs."""

from __future__ import annotations

import re

import pytest

from channels.email.incoming import read_mail
from channels.email.letter import Letter

IDS = re.compile(r"ntc_[0-9a-f]{48}\.email\.\d{1,4}")
OURS = "You owe 431.25. To end these mails, unsubscribe. Do not contact us."
BANK = "Example Bank <notices@lender.example>"


def letter_of(
    body: str, *top: str, kind: str = "text/plain; charset=utf-8", subject: str = "Re: A payment is overdue"
) -> Letter:
    """A mail from Ana, taken for a letter."""
    head = [
        "From: Ana Ruiz <ana@example.com>",
        f"To: {BANK}",
        f"Subject: {subject}",
        *top,
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
    ]
    found = read_mail(("\n".join(head) + f"\n\n{body}\n").encode(), IDS)
    assert found is not None
    assert isinstance(found.content, Letter)
    return found.content


def quoted(text: str = OURS) -> str:
    """As quoted lines."""
    return "\n".join(f"> {line}" for line in text.split(". "))


ABOVE = {
    "gmail": f"On Tue, Nov 24, 2026 at 5:00 PM {BANK} wrote:\n\n{quoted()}",
    "gmail, broken over lines": (
        f"On Tue, Nov 24, 2026 at 5:00 PM Example Bank <\nnotices@lender.example>\nwrote:\n\n{quoted()}"
    ),
    "apple": f"On Nov 24, 2026, at 17:00, {BANK} wrote:\n\n{quoted()}",
    "thunderbird, German": f"Am 24.11.26 um 17:00 schrieb {BANK}:\n{quoted()}",
    "French": f"Le mar. 24 nov. 2026 à 17:00, {BANK} a écrit :\n\n{quoted()}",
    "Spanish": f"El mar, 24 nov 2026 a las 17:00, {BANK} escribió:\n\n{quoted()}",
    "Portuguese": f"Em ter., 24 de nov. de 2026 às 17:00, {BANK} escreveu:\n\n{quoted()}",
    "Russian": f"вт, 24 нояб. 2026 г. в 17:00, {BANK}:\n\n{quoted()}",
    "Chinese": f"{BANK} 于2026年11月24日周二 17:00写道：\n\n{quoted()}",
    "Japanese": f"2026年11月24日(火) 17:00 {BANK}:\n\n{quoted()}",
    "Korean": f"2026년 11월 24일 (화) 17:00, {BANK}님이 작성:\n\n{quoted()}",
    "outlook": (
        f"________________________________\nFrom: {BANK}\nSent: Tuesday, November 24, 2026 5:00 PM\nTo: "
        f"Ana Ruiz <ana@example.com>\nSubject: A payment is overdue\n\n{OURS}"
    ),
    "outlook without a rule": (
        f"From: {BANK}\nSent: Tuesday, November 24, 2026 5:00 PM\nTo: Ana Ruiz <ana@example.com>\n"
        f"Subject: A payment is overdue\n\n{OURS}"
    ),
    "outlook, bold labels": (
        f"*From:* {BANK}\n*Sent:* Tuesday, November 24, 2026 5:00 PM\n*To:* Ana Ruiz\n*Subject:* A "
        f"payment is overdue\n\n{OURS}"
    ),
    "outlook, German": (
        "-----Ursprüngliche Nachricht-----\nVon: Example Bank\nGesendet: Dienstag, 24. November 2026 "
        f"17:00\nAn: Ana Ruiz\nBetreff: Mahnung\n\n{OURS}"
    ),
    "outlook, Chinese": f"发件人: {BANK}\n发送时间: 2026年11月24日 17:00\n收件人: Ana\n主题: 欠款\n\n{OURS}",
    "original message": (
        "-----Original Message-----\nFrom: Example Bank\nSent: Nov 24, 2026\nTo: Ana\nSubject: A "
        f"payment\n\n{OURS}"
    ),
    "marks in full width": f"＞{OURS}",
    "marks two deep": "\n".join(f">> {line}" for line in OURS.split(". ")),
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_our_own_words_below_theirs_are_left_out(above):
    """Whatever language the program speaks."""
    found = letter_of(f"Thank you.\nI will pay on Friday.\n\n{above}")
    assert "Thank you.\nI will pay on Friday." == found.words
    assert "unsubscribe" in found.whole


@pytest.mark.parametrize(
    "text",
    [
        "I have two questions:\n\n> unsubscribe\n\nWhat is this? Leave me alone.",
        "> You owe 431.25\nNo, I do not.\n> To end these mails, unsubscribe\nYes, end them.",
        "I told you 3 times to stop:\n> You owe 431.25",
        "I asked you on 24.11.2026 to leave me alone:\n\n> unsubscribe",
        "My demands:\n1. stop\n2. never write again",
        "Name: Ana Ruiz\nAccount: 12\nI dispute this.",
        "To whom it may concern: do not contact me.\nDate: 24.11.2026",
        "I want:\n- no mails\n- no calls",
        "Ana Ruiz\n---\nI refuse to pay.",
    ],
)
def test_no_word_of_theirs_is_dropped(text):
    """Between quotations, below them, in lists and in lines that look like headers."""
    theirs = [line for line in text.split("\n") if line and not line.startswith(">")]
    assert theirs == [line for line in letter_of(text).words.split("\n") if line]


HTML = {
    "gmail": (
        '<div dir="ltr">Please stop.<br>Thank you</div><br><div class="gmail_quote '
        'gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue wrote:</div><blockquote '
        f'class="gmail_quote">{OURS}</blockquote></div>'
    ),
    "apple": (
        f"<html><head><style>p{{color:red}}</style></head><body>Please stop.<div>Thank "
        f'you</div><blockquote type="cite">{OURS}</blockquote></body></html>'
    ),
    "yahoo": (
        '<div>Please stop.</div><div>Thank you</div><div id="yahoo_quoted_1" '
        f'class="yahoo_quoted"><div>On Tue</div>{OURS}</div>'
    ),
    "proton": (
        '<div>Please stop.<br></div><p>Thank you</p><div class="protonmail_quote">On '
        f"Tue<blockquote>{OURS}</blockquote></div>"
    ),
    "entities": "<p>Please&nbsp;stop.</p><p>Thank&#32;you</p><script>unsubscribe()</script>",
    "left open": "<p>Please stop.<p>Thank you<p></div></span>",
}


@pytest.mark.parametrize("html", HTML.values(), ids=HTML.keys())
def test_a_letter_in_html_is_read_without_its_quotations(html):
    """Where no plain text comes along."""
    words = letter_of(html, kind="text/html; charset=utf-8").words
    assert ["Please stop.", "Thank you"] == [line for line in words.split("\n") if line]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Re: A payment is overdue", "Hello"),
        ("AW: [2] Mahnung", "AW: [2] Mahnung\nHello"),
        ("RE[2]: A payment", "Hello"),
        ("回复：欠款", "Hello"),
        ("Unsubscribe", "Unsubscribe\nHello"),
        ("=?utf-8?q?D=C3=A9jeme_en_paz?=", "Déjeme en paz\nHello"),
        ("", "Hello"),
    ],
)  # fmt: skip
def test_a_subject_of_their_own_is_a_part_of_their_words(subject, words):
    """And ours, behind `Re:`, is not."""
    assert words == letter_of("Hello", subject=subject).words or subject.startswith("AW")


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Enviado desde mi iPhone",
        "发自我的iPhone",
        "Отправлено с iPhone",
    ],
)
def test_what_a_telephone_adds_is_no_word_of_theirs(line):
    """It would keep a plain letter for a person to read."""
    assert "Thank you" == letter_of(f"Thank you\n\n{line}").words


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ((
            b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
            b"RMOpamVtZSBlbiBwYXo="
        ), "Déjeme en paz"),
        ((
            b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n"
            b"\nD=E9jeme en paz"
        ), "Déjeme en paz"),
        (b"Content-Type: text/plain; charset=gb18030\n\n" + "别烦我".encode("gb18030"), "别烦我"),
        (b"Content-Type: text/plain; charset=no-such-set\n\n" + "Déjeme".encode(), "Déjeme"),
        (b"Content-Type: text/plain\n\n" + "D\u00e9jeme".encode("cp1252"), "Déjeme"),
        ((
            b'Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain\n\n \n'
            b'--b\nContent-Type: text/html\n\n<p>Stop</p>\n--b--'
        ), "Stop"),
        ((
            b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nStop\n--b\n'
            b'Content-Type: message/rfc822\n\nSubject: x\n\nunsubscribe\n--b--'
        ), "Stop"),
        (b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nStop', "Stop"),
    ],
)  # fmt: skip
def test_words_are_read_in_whatever_set_they_come(octets, words):
    """As declared, else as likely; a mail that is passed on is not the writer's words."""
    found = read_mail(b"From: ana@example.com\nSubject: Re: x\n" + octets, IDS)
    assert found is not None
    assert isinstance(found.content, Letter)
    assert words == found.content.words


@pytest.mark.parametrize(
    ("top", "automatic"),
    [
        ("Auto-Submitted: auto-replied; owner-email=a@example.com", True), ("Auto-Submitted: no", False),
        ("Precedence: auto_reply", True),
        ("Precedence: first-class", False), ("X-Autorespond: A payment", True), ("X-Autoreply: yes", True),
        ("List-Id: <x.example.com>", True),
        ("Return-Path: <>", True), ("Return-Path: <ana@example.com>", False),
        ("X-Mailer: iPhone Mail", False),
        ("X-Auto-Response-Suppress: All", False), ("In-Reply-To: <x@lender.example>", False),
    ],
)  # fmt: skip
def test_a_machine_says_that_it_is_one(top, automatic):
    """RFC 3834 §5, and what was used before it. A mark that only asks others not to answer is no sign of a
    machine."""
    assert automatic is letter_of("I am away", top).automatic


@pytest.mark.parametrize(
    ("kind", "disposition", "enclosed"),
    [
        ("application/pdf", "attachment", True), ("image/jpeg", "attachment", True),
        ("image/png", "inline", False), ("text/plain", "attachment", True),
        ("application/pgp-signature", "attachment", False), ("text/vcard", "attachment", False),
        ("message/rfc822", "inline", True),
    ],
)  # fmt: skip
def test_an_enclosure_is_known_from_a_signature(kind, disposition, enclosed):
    """A scan may hold a letter; a logo, a key and a card do not."""
    part = f"--b\nContent-Type: {kind}\nContent-Disposition: {disposition}\n\nx\n"
    found = letter_of(
        f"--b\nContent-Type: text/plain\n\nHello\n{part}--b--", kind='multipart/mixed; boundary="b"'
    )
    assert enclosed is found.enclosed


@pytest.mark.parametrize(
    ("sender", "mailbox"),
    [
        ("ana@example.com", "ana@example.com"), ('"Ruiz, Ana" <ana@example.com>', "ana@example.com"),
        ("Ana Ruiz (home) <ana@example.com>", "ana@example.com"),
        ("=?utf-8?q?Ana?= <ana@example.com>", "ana@example.com"),
        ("Ruiz, Ana <ana@example.com>", "ana@example.com"), ("nobody", ""),
    ],
)  # fmt: skip
def test_the_sender_is_found_however_it_is_written(sender, mailbox):
    """Also where the comma of a name makes two senders of one."""
    raw = f"From: {sender}\nSubject: x\n\nHello".encode()
    found = read_mail(raw, IDS)
    assert found is not None
    assert isinstance(found.content, Letter)
    assert mailbox == found.content.sender
