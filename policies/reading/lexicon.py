"""The words by language, from the files in `policies/reading/words`, as one tree; read when the first message
comes."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from policies.reading.likeness import table
from policies.reading.patterns import Label, Node, Row, Word, patterns, spelt_out
from policies.reading.tokens import tokens

STRONG = ("deceased", "bankruptcy", "attorney", "wrong_number", "cease", "dispute", "opt_out", "hardship")
"""What has an effect of its own, the farthest-reaching first."""
DOUBTS = ("designation", "busy", "complaint")
"""What a person must read, whatever the words; `busy`, that the borrower is at work just now, unless it is
said beside a word about paying."""
PLAIN = ("pay", "when", "ask", "greet", "thanks", "yes", "talk", "filler")
ABOUT = (
    "no_end",
    "yet",
    "not_before",
    "not_after",
    "if",
    "hours",
    "bother",
    "voice",
    "sms",
    "email",
    "paid",
    "past",
)
"""Words about other words: that an end is not wanted or only spoken of (`don't stop`, `what does STOP do`),
that something is so up to now (`not yet`), negations, conditions, times of a day or week, what is said of
being bothered, the media that an opt-out names, and that something was paid, and long ago: who says both
disputes the debt."""
WHOLE = ("opt_out", "opt_in", "help")
"""What a message may be as a whole."""
COMPARED = 4
"""Letters of the shortest word that a misspelt one is compared with."""


@dataclass(slots=True)
class Lexicon:
    """Everything that is known of words."""

    root: Node = field(default_factory=Node)
    words: dict[str, set[str]] = field(default_factory=dict)
    """Each word with the languages that know it."""
    stems: dict[str, set[str]] = field(default_factory=dict)
    exact: dict[str, dict[str, str]] = field(default_factory=dict)
    """Whole messages: what each is, by language."""
    affirming: dict[str, str] = field(default_factory=dict)
    """Whole messages that agree, each with a language."""
    courtesy: set[str] = field(default_factory=set)
    names: frozenset[str] = frozenset()
    """Given names."""
    signs: dict[str, str] = field(default_factory=dict)
    """Emoji, and what each says."""
    languages: dict[str, list[str]] = field(default_factory=dict)
    """Each language's words of four letters and more, which misspellings are compared with."""
    cases: list[tuple[str, str, str]] = field(default_factory=list)
    """Language, what it must be taken for, and the words."""

    def known(self, word: str) -> set[str]:
        """The languages that know a word."""
        found = self.words.get(word)
        more = [langs for length in range(2, len(word) + 1) if (langs := self.stems.get(word[:length]))]
        return set().union(found or (), *more)


@dataclass(slots=True)
class Reader:
    """Whoever has the words read."""

    given_up: bool = False
    """Set by a process that ends: the words that are being read meanwhile are needed by nobody."""


READER = Reader()


class GivenUp(Exception):
    """The process ends; no words were read."""


@cache
def lexicon() -> Lexicon:
    """The words of all files; takes about a second once. Raises GivenUp."""
    made = Lexicon(names=frozenset(_names()))
    with _nothing_collected():
        for name, document in documents():
            if READER.given_up:
                raise GivenUp
            _add(made, name, document)
    for word in sorted(made.words):
        if len(word) >= COMPARED and word.isalpha():
            for language in made.words[word]:
                made.languages.setdefault(language, []).append(word)
    table()
    return made


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file's name and content, by name."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    for one in sorted(files("policies.reading").joinpath("words").iterdir(), key=lambda each: each.name):
        yield one.name.removesuffix(".yaml"), yaml.load(one.read_bytes(), Loader=loader)  # noqa: S506 - makes strings of everything: `no` is a word here


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """While a hundred thousand nodes are made, none of which is let go, looking for garbage among them takes
    as long as making them."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _names() -> Iterator[str]:
    text = files("policies.reading").joinpath("names.txt").read_text(encoding="utf-8")
    return (word for line in text.splitlines() if not line.startswith("#") for word in tokens(line).words)


def _add(made: Lexicon, language: str, document: Mapping[str, Any]) -> None:
    groups = document.get("groups", {})
    for row in patterns(document.get("courtesy", ""), groups):
        made.courtesy.update(spelt_out(row))
        _wording(made, row, Label("filler", True, language))
    for row in patterns(document.get("yes", ""), groups):
        made.affirming |= {text: language for text in spelt_out(row) if text not in made.affirming}
    for sign, kind in _signs(document):
        made.signs[sign] = kind
    for kind in (*STRONG, *DOUBTS, *PLAIN, *ABOUT, "opt_in", "help", "automatic", "undelivered"):
        _kind(made, language, kind, document.get(kind), groups)
    for kind, examples in document.get("cases", {}).items():
        made.cases += [(language, kind, str(one)) for one in examples]


def _signs(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((sign, kind) for kind, text in document.get("signs", {}).items() for sign in tokens(text).signs)


def _kind(made: Lexicon, language: str, kind: str, given: Any, groups: Mapping[str, str]) -> None:
    if given is None:
        return
    lists = {"clear": given} if isinstance(given, str) else given
    for row in patterns(lists.get("exact", ""), groups):
        for text in spelt_out(row):
            made.exact.setdefault(text, {}).setdefault(language, kind)
            for word in text.split():
                _remember(made, Word(word), language)
    for strength in ("clear", "loose"):
        for row in patterns(lists.get(strength, ""), groups):
            _wording(made, row, Label(kind, strength == "clear" and kind not in DOUBTS, language))


def _wording(made: Lexicon, row: Row, label: Label) -> None:
    made.root.add(row, label, lambda word: _remember(made, word, label.language))


def _remember(made: Lexicon, word: Word, language: str) -> None:
    (made.stems if word.begins else made.words).setdefault(word.text, set()).add(language)
