"""Which of our mails another mail is about: every place in which a server, a mail program or a person may
have left our id.

Relays replace the Message-ID (and some keep the old one under a name of their own), put their own envelope id
over ours, or return only a part; so all of them are looked at, the surest first. An id is as long as a key:
nobody who did not get the mail can name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from channels.email.mail import OWN_ID
from channels.email.parts import RETURNED, from_xtext, header, leaves, machine_text, plain, text_of, values
from channels.email.verp import from_verp

ENVELOPE = ("Original-Envelope-Id", "X-Original-Envelope-Id")
OWN = (OWN_ID, "Message-ID", "X-Microsoft-Original-Message-ID", "X-Original-Message-ID",
    "X-Google-Original-Message-ID", "Resent-Message-ID",
       "X-SES-Message-ID", "List-Unsubscribe", "Return-Path", "Original-Message-ID")  # fmt: skip
"""Headers of the returned mail."""
ABOUT = (OWN_ID, "X-Failed-Message-ID", "In-Reply-To", "X-MS-Exchange-Parent-Message-Id", "References")
"""Headers of the mail itself."""
ENVELOPE_TO = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To", "To")
"""Where the mailbox that it came to may stand."""


def named(mail: Message, raw: bytes, ids: re.Pattern[str]) -> tuple[str, ...]:
    """The ids of ours in a mail, each once, the surest first. `ids` matches one id."""
    return tuple(
        dict.fromkeys(found[0].lower() for text in _places(mail, raw) for found in ids.finditer(text))
    )


def _places(mail: Message, raw: bytes) -> Iterator[str]:
    parts = list(leaves(mail))
    texts = [_whole(one) for one in parts]
    machine = [
        text for one, text in zip(parts, texts, strict=True) if one.get_content_maintype() == "message"
    ]
    for text in machine:
        yield from (from_xtext(value) for value in _values(text, ENVELOPE))
    returned = [text for one, text in zip(parts, texts, strict=True) if one.get_content_type() in RETURNED]
    for text in (*returned, *machine):
        yield from _values(text, OWN)
    for name in ENVELOPE_TO:
        yield from (from_verp(words) for words in values(mail, name))
    for text in returned:
        yield from (from_verp(words) for words in _values(text, ("Return-Path",)))
    for name in ABOUT:
        ids = header(mail, name).split()
        yield " ".join(reversed(ids))  # of a thread the last one is the one that is answered
    yield from (from_xtext(text) for text in texts)
    yield from (from_verp(text) for text in texts)
    yield raw[:MOST].decode("ascii", "replace")


MOST = 1_000_000
"""Octets that are searched in the end, whatever stands there."""


def _whole(part: Message) -> str:
    """A part's text; of a returned mail its headers and its first words."""
    if part.get_content_maintype() != "message" and part.get_content_type() not in RETURNED:
        return text_of(part) if part.get_content_maintype() == "text" else ""
    pieces = [machine_text(part)] if part["Content-Transfer-Encoding"] else []
    stack = [part]
    while stack and len(pieces) < MOST_PIECES:
        one = stack.pop()
        payload = one.get_payload()
        pieces.append(
            "\n".join(f"{name}: {' '.join(plain(value).split())}" for name, value in one.raw_items())
        )
        if isinstance(payload, list):
            stack += [inner for inner in reversed(payload) if isinstance(inner, Message)]
        else:
            pieces.append(text_of(one))
    return "\n".join(pieces)


MOST_PIECES = 200


def _values(text: str, names: tuple[str, ...]) -> Iterator[str]:
    """The values of the named fields, in the order of the names."""
    for name in names:
        yield from (
            found[1]
            for found in re.finditer(
                rf"^{re.escape(name)}[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", text, re.IGNORECASE | re.MULTILINE
            )
        )
