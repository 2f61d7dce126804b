"""The words of which sentences about rules are made: numbers, lists, persons, channels, events, and what counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policies.rules.base import Span
from policies.rules.counting import Counting
from policies.vocabulary import said


def listed(words: Iterable[str], link: str = "or") -> str:
    """Words as a sentence lists them: `a, b or c`."""
    *head, last = list(words) or ["nothing"]
    return f"{', '.join(head)} {link} {last}" if head else last


def number(value: int, one: str) -> str:
    """A number with its unit: `1 day`, `7 days`."""
    return f"{value} {one}" if value == 1 else f"{value} {one}s"


def plain(word: str) -> str:
    """A word of the rules without its underscores."""
    return word.replace("_", " ")


def event(word: str) -> str:
    """An event as a reader says it."""
    return _EVENTS.get(word) or said("event", word, "en")


_EVENTS: Mapping[str, str] = {
    "opt_in": "a new opt-in",
    "cease_withdrawn": "the withdrawal of that request",
    "inbound": "a message from the borrower",
    "attorney_unresponsive": "an attorney who does not respond",
    "attorney_consents": "the attorney's consent",
    "attorney_withdrawn": "the end of the attorney's mandate",
    "dispute_resolved": "the answer to the dispute",
    "bankruptcy_dismissed": "the dismissal of the bankruptcy",
    "hardship_answered": "the answer to the hardship request",
    "person_release": "a person's release",
    "debtor_unreachable": "the finding that the debtor is unreachable",
    "became_overdue": "the debt's falling overdue",
    "notice_sent": "the sending of the notice",
    "notice_mailed": "the mailing of the notice",
    "consent_call": "direct consent to be called",
    "number_given": "number, given to the creditor,",
    "conversation": "the first conversation",
}


def channels(words: Iterable[str]) -> str:
    """Channels as a reader says them."""
    return listed(said("channel", one, "en") for one in words)


ROLES = {
    "third_party": "third-party collectors",
    "original_creditor": "original creditors",
    "debt_buyer": "debt buyers",
}


def persons(words: Iterable[str], link: str = "or") -> str:
    """Recipients as a reader says them."""
    return listed((said("to", plain(one), "en") for one in words), link)


def span(value: Span) -> str:
    """Days past due."""
    match value.min, value.max:
        case None, None:
            return "any number of days past due"
        case None, int(most):
            return f"at most {number(most, 'day')} past due" if most > 0 else "not past due"
        case int(least), None:
            return f"at least {number(least, 'day')} past due"
        case _:
            return f"{value.min} to {number(value.max or 0, 'day')} past due"


def kinds(words: Iterable[str]) -> str:
    """Plain words as a sentence lists them."""
    return listed(plain(one) for one in words)


_COUNTED: Mapping[str, str] = {
    "attempt": "every attempt counts",
    "ring": "attempts that connected count",
    "messageable": "attempts on which a message could have been left count",
    "reached": "only contacts that reached somebody count",
    "conversation": "only contacts in which somebody spoke count",
    "delivered": "only what was delivered counts",
}
SCOPES: Mapping[str, str] = {
    "borrower": "over all of the borrower's debts",
    "number": "for each telephone number or address",
    "person": "for each person addressed",
    "debt": "for each debt",
    "account": "for each account",
    "creditor": "for each creditor",
}


def counting(count: Counting) -> str:
    """Which contacts count, in one sentence."""
    parts = [_COUNTED[count.counts], SCOPES[count.per]]
    if count.channels is not None:
        parts.append(f"through {channels(count.channels)}")
    if count.direction != "out":
        parts.append(
            "also those that the borrower began"
            if count.direction == "any"
            else "those that the borrower began"
        )
    if count.address_kinds is not None:
        parts.append(f"to addresses that are {kinds(count.address_kinds)}")
    if count.not_address_kinds:
        parts.append(f"not to addresses that are {kinds(count.not_address_kinds)}")
    if count.content_classes is not None:
        parts.append(f"with the content {kinds(count.content_classes)}")
    left_out = {
        "not_requested": "those that the borrower asked for",
        "not_replies": "replies to the borrower",
        "not_consented": "calls placed with direct prior consent",
    }
    without = [words for name, words in left_out.items() if getattr(count, name)]
    tail = f"; {listed(without, 'and')} are left out" if without else ""
    text = ", ".join(parts) + tail + "."
    return text[0].upper() + text[1:]
