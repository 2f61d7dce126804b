"""Whatever comes to the mailbox that our mails name: a report on one of them, a complaint (RFC 5965), or a
letter.

One way in for all of it, since one mailbox gets all of it. Every mail is taken for something; nothing in a
mail makes this fall over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from channels.email.freeform import read_freeform
from channels.email.letter import Letter, read_letter
from channels.email.origin import named
from channels.email.parts import RETURNED, blocks, header, leaves, typed_addresses
from channels.email.report import Said, read_report

FEEDBACK = "message/feedback-report"
NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc", "dkim", "virus"})
"""Kinds of feedback that are no person's wish (RFC 5965 §7.3, RFC 6591)."""
_KNOWN = frozenset(
    {
        "from",
        "to",
        "date",
        "subject",
        "message-id",
        "received",
        "return-path",
        "delivered-to",
        "x-original-to",
        "content-type",
        "mime-version",
        "reply-to",
    }
)
"""A mail has one of these."""
_MBOX = re.compile(rb"\A(?:\s*\r?\n)?From [^\r\n]*\r?\n")
"""The line that mail servers put before a mail that they pipe on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A server's word on a mail of ours."""

    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A person called a mail of ours spam, and their provider says so."""

    kind: str
    """The feedback's type (`abuse`, `fraud`, `other` …)."""
    mailboxes: tuple[str, ...] = field(repr=False)
    """Whose complaint it is, where the provider says that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One mail."""

    about: tuple[str, ...]
    """The ids of ours that it names, the surest first."""
    content: Report | Complaint | Letter


def read_mail(raw: bytes, ids: re.Pattern[str]) -> Incoming | None:
    """Take a mail for what it is; None for octets that are no mail. `ids` matches an id of ours."""
    octets = _MBOX.sub(b"", raw, count=1)
    mail = _parsed(octets)
    if not _KNOWN & {name.lower() for name in mail.keys()}:  # noqa: SIM118 - a Message is no dictionary
        return None
    content = _complaint(mail) or _report(mail) or read_letter(mail, octets)
    return Incoming(about=named(mail, octets, ids), content=content)


def _parsed(octets: bytes) -> Message:
    """The mail; of one that nests deeper than can be walked, its headers and then its octets as text."""
    try:
        mail = message_from_bytes(octets)
        for _ in mail.walk():
            pass
    except RecursionError:
        mail = BytesHeaderParser().parsebytes(octets)
        for name in ("Content-Type", "Content-Transfer-Encoding"):
            del mail[name]
    return mail


def _report(mail: Message) -> Report | None:
    said = read_report(mail) or read_freeform(mail)
    return Report(said=said) if said else None


def _complaint(mail: Message) -> Complaint | None:
    parts = list(leaves(mail))
    feedback = next((one for one in parts if one.get_content_type() == FEEDBACK), None) or next(
        (one for one in parts if _is_feedback(one, mail)), None
    )
    if feedback is None:
        return _unlabelled_complaint(parts)
    fields: dict[str, str] = {}
    for block in blocks(feedback):
        fields = {**block, **fields}
    kind = fields.get("feedback-type", "").strip().lower()
    if kind in NO_COMPLAINT:
        return None
    whose = [
        value
        for name, value in fields.items()
        if name.strip("#") in {"original-rcpt-to", "removal-recipient"}
    ]
    return Complaint(
        kind=kind or "abuse", mailboxes=tuple(one for value in whose for one in typed_addresses(value))
    )


def _is_feedback(part: Message, mail: Message) -> bool:
    """Whether a part of a mail that calls itself feedback is its fields, by whatever type a relay gave
    them."""
    named = str(mail.get_param("report-type") or "").lower() == "feedback-report"
    return (
        named
        and part.get_content_maintype() == "text"
        and any("feedback-type" in one for one in blocks(part))
    )


def _unlabelled_complaint(parts: list[Message]) -> Complaint | None:
    """Microsoft's programme for senders returns the mail alone, and names whose it was in a header of its
    own."""
    for part in parts:
        payload = part.get_payload()
        inner = (
            payload[0]
            if part.get_content_type() in RETURNED and isinstance(payload, list) and payload
            else part
        )
        if isinstance(inner, Message) and (whose := header(inner, "X-HmXmrOriginalRecipient")):
            return Complaint(kind="abuse", mailboxes=typed_addresses(whose))
    return None
