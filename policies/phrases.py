"""The words of which sentences about rules are made: numbers, lists, persons, channels, events, and what
counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    "cease_withdrawn": "the withdrawal of that request",
    "number_given": "number, given to the creditor,",
    "conversation": "the first conversation",
}
"""Events that the sentences about rules say otherwise than those of findings."""


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


def kinds(words: Iterable[str]) -> str:
    """Plain words as a sentence lists them."""
    return listed(plain(one) for one in words)


TREATED = {
    "suppress": "stopped",
    "hold": "held for a person",
    "warn": "permitted with a warning",
    "permit": "permitted",
}
"""What becomes of a message, by the word of a rule."""


def passing(content: Sequence[str], categories: Sequence[str]) -> Iterator[str]:
    """What passes a bar, as a sentence; nothing where nothing does."""
    ways = [f"the content {kinds(content)}"] if content else []
    ways += [f"the category {kinds(categories)}"] if categories else []
    if ways:
        yield f"Messages with {listed(ways)} pass."
