"""What a text must say and must not: the five elements of a collection notice, the opt-out line, and no
threats."""

from __future__ import annotations

import html
import re

from channels.content.context import NoticeText, context_of

_BY_REPLY = re.compile(r"\bSTOP\b|\bALTO\b|退订|TD\b")
OPT_OUT = {
    "sms": _BY_REPLY,
    "whatsapp": _BY_REPLY,
    "voice": re.compile(r"\b(?:press|pulse|oprima|marque)\s+9\b|按\s*9", re.IGNORECASE),
}
THREATS = (
    "warrant for", "warrant issued", "verhaft",
    "arrest", "jail", "prison", "police", "lawsuit will", "garnish", "seize", "cárcel", "policía", "embargo",
    "embargar", "detenido", "detención", "警察", "坐牢", "拘留", "逮捕",
    "强制执行", "上门",
)  # fmt: skip
_HARMLESS = re.compile(r"\bsin embargo\b")
"""Spanish for `however`."""
NEXT_STEPS = re.compile(
    r"\b(call|reply|write|contact|talk|llame|responda|escriba|hablar|contacte|see|vea)\b|致电|回复|联系|写信|访问",
    re.IGNORECASE,
)


def missing_elements(said: str, text: NoticeText, part: str, language: str) -> list[str]:
    """Which of the five elements and the opt-out line a rendered part lacks."""
    facts = context_of(text, language)
    plain = html.unescape(re.sub(r"<[^>]+>", " ", said)) if part == "html" else said
    wanted = {
        "the amount of the loan": str(facts["principal"]) in plain,
        "the due date": str(facts["due_on"]) in plain,
        "the days overdue": re.search(rf"(?<!\d){facts['days_past_due']}(?!\d)", plain) is not None,
        "the amount due with fees": str(facts["amount_due"]) in plain
        and (not facts["has_fees"] or str(facts["late_fees"]) in plain),
        "how to reach the lender and the next steps": str(facts["contact"]) in plain
        and NEXT_STEPS.search(plain) is not None,
        "the opt-out line": _opts_out(plain, said, part, text),
    }
    if text.sender_role != "original_creditor":
        wanted["the debt collector's disclosure"] = str(facts["disclosure"]).strip() in plain
    return [name for name, there in wanted.items() if not there]


def _opts_out(plain: str, said: str, part: str, text: NoticeText) -> bool:
    if part in {"text", "html"}:
        return bool(text.unsubscribe_url) and (text.unsubscribe_url or "") in html.unescape(said)
    return OPT_OUT[part].search(plain) is not None


def threats(said: str) -> str | None:
    """A threatening word in a text, or None. An offer to talk comes before a threat, and we send no
    threat."""
    lowered = _HARMLESS.sub(" ", said.lower())
    return next((word for word in THREATS if word in lowered), None)
