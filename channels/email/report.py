"""Delivery status notifications (RFC 3464, RFC 6533): what a mail server says became of a mail, recipient by
recipient."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from types import MappingProxyType

from channels.email.parts import blocks, leaves, text_of, typed_addresses
from channels.email.quoted import words_of_html
from channels.email.refusals import ENHANCED, Refusal, judge
from channels.receipt import Progress, Receipt

STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
ACTIONS = MappingProxyType(
    {
        "delivered": (Progress.DELIVERED, "delivered"),
        "failed": (Progress.UNDELIVERED, "bounced"),
        "delayed": (Progress.ACCEPTED, None),
        "relayed": (Progress.ACCEPTED, None),
        "expanded": (Progress.ACCEPTED, None),
    }
)
"""RFC 3464 §2.3.3."""
_SPELT = (
    (re.compile(r"fail|error|undeliver|reject"), "failed"),
    (re.compile(r"delay|defer|warn"), "delayed"),
)
"""What some servers write instead."""
_TYPE = re.compile(r"^\s*[A-Za-z][\w-]*\s*;\s*")
"""The type of a diagnostic code (RFC 3464 §2.3.6)."""
_RELAYED = re.compile(r"\brelayed\b|no delivery notification was sent by the destination", re.IGNORECASE)
"""Words of a success that ends at a server which sends no notifications (RFC 3461 §5.2.7.1): nobody knows of
a mailbox."""
RANK = {"failed": 3, "delayed": 2, "relayed": 1, "expanded": 1, "delivered": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a report says of one recipient."""

    action: str
    """One of ACTIONS."""
    code: str | None
    """The enhanced code (RFC 3463), or a reply code where there is no better one."""
    dead: bool
    """Whether the code speaks of the final mailbox itself."""
    final: tuple[str, ...] = field(default=(), repr=False)
    """The mailbox that the server speaks of, in the spellings that it may have."""
    original: tuple[str, ...] = field(default=(), repr=False)
    """The one that the mail was sent to, where a server on the way wrote it down."""


def read_report(mail: Message) -> tuple[Said, ...]:
    """What a mail's status part says, or nothing where it has none. The part may stand in any container
    (OpenSMTPD: multipart/mixed)."""
    parts = list(leaves(mail))
    status = next((one for one in parts if one.get_content_type() in STATUS_PARTS), None)
    if status is None:
        return ()
    words = words_for_people(parts)
    recipients = _recipients(blocks(status))
    return tuple(
        said for one in recipients if (said := _said(one, words, alone=len(recipients) == 1)) is not None
    )


def words_for_people(parts: Sequence[Message]) -> str:
    """What a report says in words: as plain text, else as HTML (Microsoft 365)."""
    texts = {
        kind: [text_of(one) for one in parts if one.get_content_type() == kind]
        for kind in ("text/plain", "text/html")
    }
    return "\n".join(texts["text/plain"]) or "\n".join(map(words_of_html, texts["text/html"]))


def _recipients(found: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The fields of each recipient; a stray empty line inside of a block is mended."""
    each: list[dict[str, str]] = []
    for one in found:
        speaks = {"action", "final-recipient", "original-recipient", "status", "diagnostic-code"} & one.keys()
        if not speaks:
            continue
        if each and not speaks & each[-1].keys() and "final-recipient" not in one:
            each[-1] |= one
        else:
            each.append(dict(one))
    return each


def _said(fields: Mapping[str, str], text: str, *, alone: bool) -> Said | None:
    status, diagnosis = fields.get("status", ""), _TYPE.sub("", fields.get("diagnostic-code", ""))
    action = _action(fields.get("action", ""), status)
    if action is None:
        return None
    final, original = (
        typed_addresses(fields.get("final-recipient", "")),
        typed_addresses(fields.get("original-recipient", "")),
    )
    nearby = about(text, (*final, *original)) or (text if alone else "")
    if action == "delivered" and _RELAYED.search(f"{fields.get('diagnostic-code', '')}\n{nearby}"):
        action = "relayed"
    refusal = _refusal(action, status, diagnosis, nearby)
    return Said(action=action, code=refusal.code, dead=refusal.dead, final=final, original=original)


def _action(stated: str, status: str) -> str | None:
    """The action without its comment (RFC 822 §3.4.3 allows one); by the class of the status where it is
    missing or is no word of the RFC."""
    word = re.sub(r"\([^)]*\)", " ", stated).strip().lower().split(" ")[0].strip(";,.")
    if word in ACTIONS:
        return word
    spelt = next((action for pattern, action in _SPELT if pattern.search(word)), None)
    found = ENHANCED.search(status)
    if spelt is not None or word or found is None:
        return spelt
    return {"5": "failed", "4": "delayed"}.get(found[1])


def _refusal(action: str, status: str, diagnosis: str, nearby: str) -> Refusal:
    found = ENHANCED.search(status)
    if action != "failed":
        return Refusal(code=found[0] if found else None, dead=False)
    if found is not None and found[1] == "4":
        return Refusal(
            code=found[0], dead=False
        )  # given up after many tries: the last answer was for the moment
    first = judge(status, diagnosis)
    if first.code is not None and not first.code.endswith(".0.0"):
        return first
    further = judge(status, nearby)
    return further if further.code is not None else first


def about(text: str, addresses: Sequence[str]) -> str:
    """The words of a text that follow one of the addresses, up to the next empty line behind something said
    or the next address."""
    low = text.lower()
    for address in addresses:
        at = low.find(address.lower())
        if at >= 0:
            rest = text[at + len(address) :][:LONGEST_WORDS]
            ends = re.search(
                r"\S[^\S\n]*\n[^\S\n]*\n[^\S\n]*(?:<?[^\s<>@]+@[^\s<>@]+>?:?[^\S\n]*\n|-{3})"
                r"|\n[^\S\n]*<?[^\s<>@]+@[^\s<>@]+>?:",
                rest,
            )
            return rest[: ends.start() + 1] if ends else rest
    return ""


LONGEST_WORDS = 2_000
"""Characters behind an address that may be about it."""


def receipt_for(said: Sequence[Said], is_ours: Callable[[str], bool], *, attempt: str) -> Receipt:
    """The receipt of our one recipient. `is_ours` knows the mailbox that the mail was sent to.

    A mailbox is dead only by a word about that very mailbox: what a forwarder could not pass on says nothing
    about it."""
    one, exact = choose(said, is_ours)
    progress, outcome = ACTIONS[one.action]
    dead = one.dead and exact
    return Receipt(
        provider="smtp",
        ref="",
        progress=progress,
        outcome="not_in_service" if dead else outcome,
        code=one.code,
        reason=one.action,
        digest=hashlib.sha256(f"{attempt}\0{one.action}\0{one.code or ''}".encode()).hexdigest()[:32],
        address_dead=dead,
    )


def choose(said: Sequence[Said], is_ours: Callable[[str], bool]) -> tuple[Said, bool]:
    """What is said of our recipient, and whether of the very mailbox: by the final recipient, else by the
    original one, else the only one there is; of several strangers (a list, a forwarder) the best, since one
    copy that arrived is a contact."""
    final = [one for one in said if any(map(is_ours, one.final))]
    if final:
        return _worst(final), True
    original = [one for one in said if any(map(is_ours, one.original))]
    nameless = [one for one in original if not one.final] or [
        one for one in said if not one.final and not one.original
    ]
    if nameless:
        return _worst(nameless), True
    return min(original or said, key=lambda one: RANK[one.action]), False


def _worst(said: Sequence[Said]) -> Said:
    return max(said, key=lambda one: (RANK[one.action], one.dead))
