"""Failures that mail servers report in words alone: qmail, Exim of old, and what others send without a status
part.

Who failed is found by flufl.bounce, which knows some forty wordings; the code stands near the address."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import Message

from flufl.bounce import all_failures

from channels.email.parts import RETURNED, header, leaves, values
from channels.email.refusals import judge
from channels.email.report import Said, about, words_for_people
from channels.email.wordings import DELAYS, FAILS, REPORTS, TRYING

MOST_LINES, LONGEST_LINE = 400, 998
"""What is read of a report's words: the rest is the returned mail."""
_MAILER = re.compile(
    r"\b(?:mailer-?daemon|postmaster|mail ?delivery (?:sub)?system|mdaemon)\b", re.IGNORECASE
)
_FAILED_CODE = re.compile(r"(?<![\w.])(?:5\.\d{1,3}\.\d{1,3}(?!\.?\d)|55\d(?=[ :-]))")
_ENHANCED_FAILURE = re.compile(r"(?<![\w.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_COPY = re.compile(
    r"^[^\S\n]*-{2,}.{0,40}(?:copy|original|returned|header|below this line|nachricht|mensaje)[^\n]*$"
    r"|^[^\S\n]*below is a copy|^received: from ",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the returned mail begins in a report of one piece."""


def from_a_mailer(mail: Message) -> bool:
    """Whether a mail server speaks, and no person: no return path (RFC 5321 §4.5.5), or a server's own
    mailbox."""
    return any(one.strip() == "<>" for one in values(mail, "Return-Path")) or of_a_server(mail)


def of_a_server(mail: Message) -> bool:
    """Whether it comes from a server's own mailbox, or counts the mailboxes that it failed at. Programs that
    answer for a person name no return path either."""
    return mail.get("X-Failed-Recipients") is not None or _MAILER.search(header(mail, "From")) is not None


def read_freeform(mail: Message) -> tuple[Said, ...]:
    """What a server reports in words; nothing for a mail that reports no failure."""
    subject = header(mail, "Subject")
    machine = header(mail, "Auto-Submitted").strip().lower().startswith("auto-")
    if not from_a_mailer(mail) and not (machine and REPORTS.search(subject)):
        return ()
    text = words_for_people(list(leaves(mail)))
    words = _COPY.split(text, maxsplit=1)[0] if _COPY.search(text) else text
    failed, delayed = _failures(mail, words)
    said = [_failed(one, words) for one in failed] + [
        Said(action="delayed", code=None, dead=False, final=(one,)) for one in delayed if one not in failed
    ]
    coded = _FAILED_CODE.search(words) is not None
    trying = not coded and TRYING.search(f"{subject}\n{words}") is not None
    if said:
        return tuple(_delayed(one) for one in said) if trying else tuple(said)
    mailer = _MAILER.search(header(mail, "From")) is not None
    if not REPORTS.search(subject) and not (mailer and (trying or _ENHANCED_FAILURE.search(words))):
        return ()
    if trying or (not coded and DELAYS.search(subject)):
        return (Said(action="delayed", code=None, dead=False),)
    if not coded and not _fails_in_words(mail, words):
        return ()
    refusal, named = judge("", words), _only_mailbox(mail, words)
    if named is None:
        return (Said(action="failed", code=refusal.code, dead=False),)
    return (Said(action="failed", code=refusal.code, dead=refusal.dead, final=(named,)),)


def _delayed(said: Said) -> Said:
    return replace(said, action="delayed", code=None, dead=False)


def _fails_in_words(mail: Message, words: str) -> bool:
    """Whether a server's own mailbox says in so many words that it did not deliver, where it says so in no
    field."""
    stated = any(one.get_content_type().endswith("delivery-status") for one in mail.walk())
    return not stated and bool(_MAILER.search(header(mail, "From")) and FAILS.search(words))


def _only_mailbox(mail: Message, words: str) -> str | None:
    """The one mailbox that a report names besides ours (Message-IDs look like mailboxes) and the server's
    own."""
    server = {one.casefold() for one in _MAILBOX.findall(header(mail, "From"))}
    ours = {one.casefold().partition("@")[2] for one in _MAILBOX.findall(header(mail, "To"))}
    named = {one.casefold() for one in _MAILBOX.findall(words)} - server
    others = [one for one in named if one.partition("@")[2] not in ours]
    return others[0] if len(others) == 1 else None


def _failed(address: str, words: str) -> Said:
    refusal = judge("", about(words, (address,)) or words)
    return Said(action="failed", code=refusal.code, dead=refusal.dead, final=(address,))


def _failures(mail: Message, words: str) -> tuple[list[str], list[str]]:
    """The addresses that failed for good and those that may still arrive, as the library finds them in a
    bounded copy of the mail."""
    try:
        delayed, failed = all_failures(_bounded(mail, words))
    except Exception:  # noqa: BLE001 - readers of what strangers wrote: none of them may lose the mail
        return [], []
    return sorted(one.decode("ascii", "replace") for one in failed), sorted(
        one.decode("ascii", "replace") for one in delayed
    )


def _bounded(mail: Message, words: str) -> Message:
    """The headers, and the decoded words in lines that no pattern is slow on."""
    copy = Message()
    for name in ("From", "To", "Subject", "X-Failed-Recipients", "Message-ID", "X-Mailer"):
        if (value := header(mail, name)) and len(value) <= LONGEST_LINE:
            copy[name] = value
    copy["Content-Type"] = "text/plain"
    copy.set_payload("\n".join(line[:LONGEST_LINE] for line in words.split("\n")[:MOST_LINES]))
    return copy


def returns_a_mail(mail: Message) -> bool:
    """Whether a mail brings another one back with it."""
    return any(one.get_content_type() in RETURNED for one in leaves(mail))
