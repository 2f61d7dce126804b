"""Misspelt words, by edit distance to the words that are known (`rapidfuzz`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz.distance import OSA, Indel
from rapidfuzz.process import extract, extractOne

from policies.reading.lexicon import Lexicon, lexicon

SHORTEST = 4
"""Letters of a word of which a misspelling is recognised; shorter ones resemble too many others."""
LONG = 8
"""Letters from which two slips are one misspelling."""
SURE = 6
"""Letters from which a misspelt word is beyond doubt, even by itself."""
MOST = 30
"""Unknown words that are compared; a longer message is read without the rest."""
DIGITS = str.maketrans("013457@$", "oleast" + "as")
LOOKALIKES = str.maketrans("аеорсухкмтвні", "aeopcyxkmtbhi")
"""Cyrillic letters that look like Latin ones."""


JOINED = re.compile("(?:[ולבהמשכ]|[ובלكکف]|ال|وال|بال|لل)(?=[\u0590-\u06ff]{3})")
"""Small words that Hebrew and Arabic write in one with the next: `and`, `to`, `in`, `the`, `from`."""


_JOINING = re.compile("[\u0590-\u06ff]")
"""Letters of scripts in which one more letter is another form of the verb: `he left me` is `leave me` but for
its first."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a misspelt word is meant for."""

    word: str
    sure: bool
    """Whether it can be nothing else: its letters are swapped, or a digit or a letter of another script
    stands for one."""


def meant(word: str, languages: Iterable[str]) -> Meant | None:
    """The word that a misspelt one is meant for, among those of some languages; None where nothing is
    near."""
    return _meant(word, tuple(sorted(set(languages))))


@lru_cache(maxsize=8192)
def _meant(word: str, languages: Sequence[str]) -> Meant | None:
    book = lexicon()
    dressed = _undressed(word, book)
    if dressed is not None:
        return Meant(dressed, sure=True)
    if not word.isalpha() or len(word) < SHORTEST:
        return _clipped(word)
    most = 1 if len(word) < LONG else 2
    near = extract(word, _choices(languages), scorer=OSA.distance, score_cutoff=most, limit=None)
    letters = sorted(word)
    found = min(near, key=lambda one: (one[1], sorted(one[0]) != letters), default=None)
    swapped = found is not None and sorted(found[0]) == letters
    if found is None or (len(word) == SHORTEST and found[0][0] != word[0] and not swapped):
        return None
    return Meant(found[0], sure=swapped or (len(found[0]) >= SURE and _JOINING.match(word) is None))


@lru_cache(maxsize=64)
def _choices(languages: Sequence[str]) -> Sequence[str]:
    return [one for language in languages for one in lexicon().languages.get(language, ())]


@cache
def _shortest() -> Sequence[str]:
    return [one for one in lexicon().exact if len(one) == SHORTEST]


def _clipped(word: str) -> Meant | None:
    """The word by which all is ended, of which one letter within is left out, as in `stp`."""
    if len(word) != SHORTEST - 1:
        return None
    whole = [one for one in _shortest() if one[0] == word[0] and one[-1] == word[-1]]
    found = next((one for one in whole if OSA.distance(word, one) == 1), None)
    return None if found is None else Meant(found, sure=False)


_AGAIN = re.compile(r"(.)\1+")
_DROPPED = 3
"""Letters that may be left out of a long word, which its beginning and its length still tell."""


@cache
def _ends() -> Mapping[str, str]:
    """Words that end all, as whole messages, by their letters without the doubled ones."""
    ends = sorted(one for one, kinds in lexicon().exact.items() if set(kinds.values()) == {"opt_out"})
    return {_AGAIN.sub(r"\1", one): one for one in ends if len(one) >= SHORTEST and one.isalpha()}


def ended(word: str) -> str | None:
    """The word that ends all of which a message is a spelling: with a letter more or less twice, as `sttop`,
    or a long one without some, as `unscribe`; None where there is none."""
    if not word.isalpha():
        return None
    once = _AGAIN.sub(r"\1", word)
    if once in _ends() or len(once) < LONG:
        return _ends().get(once)
    begun = [one for one in _ends() if one[: SHORTEST - 1] == once[: SHORTEST - 1] and len(one) > len(once)]
    found = extractOne(once, begun, scorer=Indel.distance, score_cutoff=_DROPPED)
    return None if found is None else _ends()[found[0]]


def unjoined(word: str, book: Lexicon) -> str | None:
    """The known word behind a small one that is written in one with it; None where there is none."""
    found = JOINED.match(word)
    while found is not None:
        rest = word[found.end() :]
        if book.known(rest):
            return rest
        found = JOINED.match(word, found.end())
    return None


_ENGLISH_ENDING = re.compile("[a-z]{2,}in")


def _undressed(word: str, book: Lexicon) -> str | None:
    """The known word that is written with digits, or with letters of another script, for some of its own; or
    as it is spoken, `textin` for `texting`."""
    if _ENGLISH_ENDING.fullmatch(word) and "en" in book.words.get(f"{word}g", ()):
        return f"{word}g"
    for table in (DIGITS, LOOKALIKES):
        plain = word.translate(table)
        if plain != word and plain.isascii() and plain.isalpha() and book.known(plain):
            return plain
    return None
