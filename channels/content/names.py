"""Names and other words that are printed as they come: what a template may not say, a value may not smuggle
in.

A message is believed because a lender sends it. A name that is a threat, a link or a telephone number is
none."""

from __future__ import annotations

import re
import unicodedata

from channels.content.checks import THREATS

_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}/|@[\w-]+\.[a-z]{2,}"
    r"|\b[a-z0-9-]{2,}\.(?:com|net|org|info|biz|io|co|me|app|link|click|top|xyz|site|online|shop|ly|gl|gd|ru"
    r"|cn|in)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\d[\s().+-]*){7,}")
_WORDS = re.compile(
    "|".join(rf"\b{re.escape(one)}\w*" if one[0] < "\u0250" else re.escape(one) for one in THREATS),
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"\b(?:pay|act|call|respond)\s+(?:now|today|immediately|at once)\b"
    r"|\b(?:final|last)\s+(?:notice|warning|demand)\b"
    r"|\blegal\s+(?:action|proceedings)\b|\b(?:will|can|to|may)\s+sue\b|\bsuing\s+you\b|\byou\s+(?:will|shall|must)\b|\b(?:before|in|to)\s+court\b"
    r"|\bpague\s+(?:ahora|hoy|ya)\b|\b(?:último|última)\s+(?:aviso|advertencia)\b|\b(?:acción|acciones)\s+legal(?:es)?\b"
    r"|\bdemanda\s+judicial\b|立即还款|立刻还款|马上还款|最后通牒|最后通知|起诉|法院|律师函",
    re.IGNORECASE,
)
_SHORT = 2
"""A name of so few words may hold one that means harm elsewhere: there are people called Arrestad."""


def smuggled(value: str) -> str | None:
    """What a name or another printed value must not hold, in words for whoever sent it; None for one that is
    harmless."""
    folded = unicodedata.normalize("NFKC", value)
    seen = "".join(one for one in folded if unicodedata.category(one) != "Cf")  # joiners hide words too
    if _LINK.search(seen):
        return "a link or a mailbox"
    if _NUMBER.search(seen):
        return "a telephone number"
    if found := _DEMANDS.search(seen):
        return f"a demand: {found.group()}"
    if (found := _WORDS.search(seen)) and (len(seen.split()) > _SHORT or found.group().lower() in THREATS):
        return f"a threat: {found.group()}"
    return None
