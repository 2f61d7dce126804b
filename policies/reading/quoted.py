"""What in a message is the writer's own, and what repeats somebody else's words: replies below a letter,
tapbacks, quotations."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ATTRIBUTION = re.compile(
    r"(?im)^[ \t]*(?:"
    r"-{2,} ?(?:original message|mensaje original|message d'origine|urspr.ngliche nachricht|forwarded "
    r"message)\b.*"
    r"|_{8,}"
    r"|(?:from|de|von|da|van|od|от|från) ?: "
    r".+\n(?:.+\n){0,4}?(?:to|para|à|an|a|aan|do|кому|subject|asunto|objet|betreff) ?: .+"
    r"|(?:on|el|le|am|il|op|em|w dniu|dnia|pada|vào) [^\n]{0,120}?\n?[^\n]{0,80}?(?:wrote|escribi[oó]|a "
    r"[eé]crit|schrieb|ha scritto|schreef"
    r"|escreveu|napisał(?:\(a\))?|menulis|đã viết)[^\n]{0,60}?:"
    r"|[^\n]{3,120}(?:пишет|написал[а]?|写道|寫道|のメール|님이 작성)\s?[:：]"
    r")[\s\S]*\Z"
)
"""The head of what a mail program puts below an answer, with all that follows."""
_MARKED = re.compile(r"(?m)^[ \t]*(?:>|&gt;|\|)[^\n]*(?:\n|\Z)")
_SIGNATURE = re.compile(
    r"(?i)\n\s*(?:-- "
    r"?\n[\s\S]*|(?:sent|get|enviado|envoy[eé]|gesendet|inviato|verzonden|wysłane|отправлено|发自|發自|送信)[^\n]{0,60}"
    r"(?:iphone|ipad|android|outlook|phone|mobile|galaxy|samsung|m[oó]vil|celular|handy|mail)[^\n]*)\s*\Z"
)
_YOU_WROTE = re.compile(
    r"(?i)\b(?:(?:you|u|they|your (?:text|message|e-?mail)|it) "
    r"(?:wrote|said|say|says|texted|sent|reads?)|(?:usted|tú|ustedes) "
    r"(?:escribi[oó]|dijo|puso)|vous avez [eé]crit|(?:sie|du) (?:schrieben|hast geschrieben))\s*[:,]?\s*"
    r"(?:[\"“„«][^\"”“»]*[\"”“»]|:\s*[^\n]*)|(?<=wrote)\s*:[^\n]*"
)
"""`You wrote: "…"`, said in the message itself."""
_SPAN = re.compile(r"[\"“„«「『]([^\"“”„«»「」『』]{2,1500})[\"”“»」』]|''([^']{2,1500})''")
_OUR_LINE = re.compile(
    r"(?i)\b(?:reply|text|send|txt|answer|responda|envíe|envie|répondez|antworten "
    r"sie|rispondi|responde)\s+[\"'“]?"
    r"(?:stop|end|quit|help|alto|arr[eê]t|baja|parar)\b|回[复覆]?\s*(?:td?|n|r|退[订訂])|STOP to "
    r"(?:end|opt|stop|unsub)"
)
"""The way out that every text of a lender names; in a quotation it is the lender's."""
MOST_BEFORE = 5
"""Words that may stand before a quotation that is the rest of the message, as in `Liked "…"`."""
LEAST_QUOTED = 3
"""Words of a quotation; fewer are a word that the writer leans on."""
LEAST_SIGNS = 8
"""The same in signs, for scripts without spaces."""


@dataclass(frozen=True, slots=True)
class Own:
    """A message without what it repeats."""

    words: str
    doubtful: bool = False
    """Whether something in quotation marks was left out that may be the writer's own."""


def own(message: str) -> Own:
    """The writer's own words. Where all is quotation, all is taken for the writer's own."""
    kept = message
    for pattern in (_SIGNATURE, _ATTRIBUTION, _MARKED, _YOU_WROTE):
        shorter = pattern.sub("\n", kept)
        if any(one.isalnum() for one in shorter) or _has_sign(shorter):
            kept = shorter
    return _without_quotations(kept)


def _has_sign(text: str) -> bool:
    return any(unicodedata.category(one) == "So" for one in text)


def _without_quotations(text: str) -> Own:
    spans = [match for match in _SPAN.finditer(text) if _counts(match[1] or match[2])]
    if not spans:
        return Own(text)
    outside = _SPAN.sub(lambda match: " ; " if _counts(match[1] or match[2]) else match[0], text)
    if not any(one.isalnum() for one in outside) and not _has_sign(outside):
        return Own(text)
    reaction = (
        len(spans) == 1
        and not text[spans[0].end() :].strip(" .")
        and len(text[: spans[0].start()].split()) <= MOST_BEFORE
    )
    ours = all(_OUR_LINE.search(match[0]) for match in spans)
    return Own(outside, doubtful=not (reaction or ours))


def _counts(inside: str) -> bool:
    """Whether what stands between marks is long enough to repeat what somebody else wrote."""
    return len(inside.split()) >= LEAST_QUOTED or (len(inside) >= LEAST_SIGNS and not inside.isascii())
