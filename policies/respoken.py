"""A finding's English sentence said in another language.

Verdicts are stored with their sentences in English alone. Here such a sentence is read back into its message
and its values, and said again. Only a reading that gives the very same English is taken, so that nothing is
said that was not; anything else stays as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from policies.lexicon import WORDS
from policies.sentences import LANGUAGES, SENTENCES, sentence
from policies.vocabulary import JOINED, said

_PLACE = re.compile(r"\\\{(\w+)\\\}")
_SHAPES = {
    "window": "(?:within|in) .+",
    "date": r"\S+(?: \S+ UTC)?",
    "time": r"\S+",
    "used": ".+?",
    "days": r"-?\d+",
}
"""What stands in a place, where that is known: it parts two places that stand side by side."""
_SINGULAR = re.compile(r"\b1 ((?:business )?)(day|hour|contact)\b")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC")


@lru_cache(maxsize=8192)
def respoken(reason: str, language: str) -> str:
    """The sentence in `es` or `zh-CN`; as it stands in any other language, and where it is none of ours."""
    if language not in LANGUAGES or language == "en":
        return reason
    for message, pattern in _patterns():
        match = pattern.fullmatch(reason)
        if match is not None:
            values = {name: _meant(name, text) for name, text in match.groupdict().items()}
            if sentence(message, values, "en") == reason:
                return sentence(message, values, language)
    return reason


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every sentence as a pattern with a group for each place, those with the most words of their own
    first."""
    found = [(message, texts["en"]) for message, texts in SENTENCES.items()]
    found.sort(key=lambda one: -len(re.sub(r"\{\w+\}", "", one[1])))
    return tuple((message, re.compile(_pattern(text))) for message, text in found)


def _pattern(text: str) -> str:
    escaped = re.sub(r"(?<!\{)\b(day|hour|contact)s\b", r"\1s?", re.escape(text))
    return _PLACE.sub(lambda match: f"(?P<{match[1]}>{_SHAPES.get(match[1], '.+?')})", escaped)


def _meant(name: str, text: str) -> str:
    """The value of which a reader was told `text` in English."""
    if (instant := _INSTANT.fullmatch(text)) is not None:
        return f"{instant[1]}T{instant[2]}Z"
    if name in JOINED and " or " in text and (name, text) not in _english():
        return " or ".join(_meant(name, one) for one in text.split(" or "))
    plural = _SINGULAR.sub(r"1 \1\2s", text)
    return next((one for one in _candidates(name, text) if said(name, one, "en") == text), plural)


def _candidates(name: str, text: str) -> Iterator[str]:
    """Words of the rules that are said so."""
    if (name, text) in _english():
        yield _english()[name, text]
    if ("", text) in _english():
        yield _english()["", text]
    for one in (text, text.replace(" ", "_")):
        if f"{name}:{one}" in WORDS or one in WORDS:
            yield one


@cache
def _english() -> dict[tuple[str, str], str]:
    """By place (empty for any) and English words, the word of the rules."""
    found: dict[tuple[str, str], str] = {}
    for key, texts in WORDS.items():
        place, colon, word = key.rpartition(":")
        if "en" in texts:
            found.setdefault((place if colon else "", texts["en"]), word)
    return found
