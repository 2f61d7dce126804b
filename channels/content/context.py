"""The facts that a template may print, made safe: data is never markup, never a header, never a command."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from channels.content.formats import day, money
from channels.content.phrases import PHRASES, contact_line

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """What one notice is about, as far as its words need it."""

    borrower_name: str = field(repr=False)
    creditor_name: str
    phone: str | None
    email: str | None
    url: str | None
    principal: Decimal
    amount_due: Decimal
    late_fees: Decimal
    currency: str
    due_on: date
    days_past_due: int
    sender_role: str
    first_communication: bool
    unsubscribe_url: str | None = field(repr=False)


MEANINGS = {
    "borrower_name": "the borrower's name, in one line of at most 120 characters; without one the language's "
    "word for customer",
    "creditor_name": "the name that borrowers know the creditor by, from its profile",
    "principal": "the amount of the loan with its currency, as the borrower's language writes it",
    "amount_due": "what is to be paid now, fees included",
    "late_fees": "the part of it that is fees for being late",
    "has_fees": "whether there are any",
    "due_on": "the day on which it was or is due",
    "days_past_due": "whole days since then on the borrower's calendar; 0 before it",
    "days_until_due": "whole days until then; 0 from that day on",
    "contact": "how to reach the lender: phone, e-mail and address on the web, as far as there are any",
    "disclosure": "what a debt collector must say of itself, more in the first message; empty for the "
    "original creditor",
    "unsubscribe_url": "where an e-mail's reader says no to further ones; empty on other channels",
}
"""What each variable of a template is."""


def context_of(text: NoticeText, language: str) -> dict[str, Any]:
    """The variables of a template. `language` is the borrower's full tag: amounts and dates follow it."""
    creditor_name, contact, spoken = _sender(text.creditor_name, text.phone, text.email, text.url, language)
    phrases = PHRASES[spoken]
    agency = text.sender_role != "original_creditor"
    return {
        "borrower_name": plain(text.borrower_name, LONGEST_NAME) or phrases["customer"],
        "creditor_name": creditor_name,
        "principal": money(text.principal, text.currency, language),
        "amount_due": money(text.amount_due, text.currency, language),
        "late_fees": money(text.late_fees, text.currency, language),
        "has_fees": text.late_fees > 0,
        "due_on": day(text.due_on, language),
        "days_past_due": max(0, text.days_past_due),
        "days_until_due": max(0, -text.days_past_due),
        "contact": contact,
        "disclosure": ""
        if not agency
        else phrases["mini_miranda"]
        if text.first_communication
        else phrases["debt_collector"],
        "unsubscribe_url": text.unsubscribe_url or "",
    }


@lru_cache(maxsize=1024)
def _sender(
    name: str, phone: str | None, email: str | None, url: str | None, language: str
) -> tuple[str, str, str]:
    """What stands in every message of a creditor in a language: its name, how it is reached, and in which of
    our own languages."""
    spoken = text_language(language)
    contact = contact_line(PHRASES[spoken], plain_or_none(phone), plain_or_none(email), plain_or_none(url))
    return plain(name, LONGEST_NAME), contact, spoken


def text_language(language: str) -> str:
    """The language of our own phrases for a tag."""
    primary = language.replace("_", "-").split("-")[0].lower()
    return {"zh": "zh-CN", "es": "es"}.get(primary, "en")


def plain_or_none(value: str | None) -> str | None:
    """The same for a value that may be missing."""
    return None if value is None else plain(value, LONGEST_NAME)


def plain(value: str, longest: int) -> str:
    """Text without line breaks, control characters and direction overrides, of bounded length."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split())[:longest]
    kept = "".join(" " if one.isspace() else one for one in value if _harmless(one))
    return " ".join(kept.split())[:longest]


def _harmless(one: str) -> bool:
    """Cc: control; Cf: formats, among them the bidirectional overrides; Cs, Co, Cn: no text at all. Joiners
    are kept: names need them."""
    return (
        one.isspace()
        or one in "\u200c\u200d"
        or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
