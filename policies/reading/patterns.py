"""The small language in which wordings are written, and the net in which they are looked up.

`stop (texting|calling) [me]` means four wordings; `отпи*` any word that begins so; `~` up to three words of
any kind, `~~` up to eight; `{doing}` the words that the file lists under that name; `@` a given name; `?` a
name, or a word that nobody knows. Wordings are separated by commas or lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from policies.reading.tokens import fold, tokens

GAPS = {"~": 3, "~~": 8}
_PARTS = re.compile(r"(~~|~|\?|@|\*|\(|\)|\[|\]|\||\{\w+\})")
_SEPARATOR = re.compile(r"[,\n]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or the beginning of one."""

    text: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Some words of any kind, none included."""

    most: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One word of a kind."""

    sign: str
    """`@` a given name, `?` a name or a word that no language knows."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several rows, of which one may be empty."""

    rows: tuple[Row, ...]


KINDS = frozenset("@?")
Row = tuple["Word | Gap | Kind | Choice", ...]


def patterns(text: str, groups: Mapping[str, str]) -> Iterator[Row]:
    """The patterns of a list. Raises ValueError for one that is not well formed."""
    for one in _SEPARATOR.split(text):
        if one.strip():
            rows, rest = _rows(_parts(one), 0, groups)
            if rest != len(_parts(one)):
                raise ValueError(f"a bracket closes that was not opened: {one.strip()}")
            yield from (bare for row in rows for bare in _without_gaps_around(row))


def _without_gaps_around(row: Row) -> Iterator[Row]:
    """A pattern as ones that begin and end with words: what stands around them is no part of it."""
    while row and isinstance(row[0], Gap):
        row = row[1:]
    while row and isinstance(row[-1], Gap):
        row = row[:-1]
    match row:
        case (*before, Gap(), Choice(rows)) if () in rows:
            yield from _without_gaps_around(tuple(before))
            yield (*row[:-1], Choice(tuple(one for one in rows if one)))
        case (_, *_):
            yield row
        case _:
            pass


@cache
def _parts(pattern: str) -> Sequence[str]:
    return [part for part in _PARTS.split(pattern) if part]


def _rows(parts: Sequence[str], at: int, groups: Mapping[str, str]) -> tuple[list[Row], int]:
    """The alternatives from `at` to the closing bracket, and where that stands."""
    found: list[Row] = []
    row: list[Word | Gap | Kind | Choice] = []
    while at < len(parts) and parts[at] not in {")", "]"}:
        part = parts[at]
        if part == "|":
            found.append(tuple(row))
            row = []
        elif part in {"(", "["}:
            inner, at = _rows(parts, at + 1, groups)
            if at >= len(parts) or parts[at] != {"(": ")", "[": "]"}[part]:
                raise ValueError(f"a bracket is left open: {''.join(parts).strip()}")
            row.append(Choice((*inner, ()) if part == "[" else tuple(inner)))
        elif part == "*":
            row.append(_beginning(row, parts))
        else:
            row += _plain(part, groups)
        at += 1
    return [*found, tuple(row)], at


def _beginning(row: list[Word | Gap | Kind | Choice], parts: Sequence[str]) -> Word | Choice:
    """The step before a star: a word, or the last word of each of several rows, is the beginning of one."""
    last = row.pop() if row else None
    match last:
        case Word(text) if len(text) > 1 or not text.isascii():
            return Word(text, begins=True)
        case Choice(rows):
            return Choice(tuple((*one[:-1], _beginning([one[-1]], parts)) for one in rows if one))
        case _:
            pass
    raise ValueError(f"a star follows a word of two letters or more: {''.join(parts).strip()}")


def _plain(part: str, groups: Mapping[str, str]) -> list[Word | Gap | Kind | Choice]:
    if part in KINDS:
        return [Kind(part)]
    if part in GAPS:
        return [Gap(GAPS[part])]
    if part[0] == "{":
        if part[1:-1] not in groups:
            raise ValueError(f"no words are listed under the name {part}")
        return [Choice(tuple(patterns(groups[part[1:-1]], groups)))]
    return [Word(one) for one in _words(part)]


@cache
def _words(part: str) -> tuple[str, ...]:
    return tokens(part).words or ((fold(part.strip()),) if part.strip() else ())


def spelt_out(row: Row) -> Iterator[str]:
    """Every text that a pattern of words alone means."""
    if not row:
        yield ""
        return
    match row[0]:
        case Word(text):
            heads: Iterator[str] = iter([text])
        case Choice(rows):
            heads = (one for each in rows for one in spelt_out(each))
        case _:
            raise ValueError("a whole message has no gaps")
    rests = list(spelt_out(row[1:]))
    yield from (" ".join(f"{head} {rest}".split()) for head in heads for rest in rests)


@dataclass(frozen=True, slots=True)
class Label:
    """What a wording means, and how surely."""

    kind: str
    sure: bool
    language: str


@dataclass(slots=True, eq=False)
class Node:
    """A place in the net of wordings."""

    words: dict[str, Node] = field(default_factory=dict)
    stems: dict[str, Node] = field(default_factory=dict)
    gaps: dict[int, Node] = field(default_factory=dict)
    kinds: dict[str, Node] = field(default_factory=dict)
    onward: list[Node] = field(default_factory=list)
    """Where one is as well, without a further word."""
    labels: list[Label] = field(default_factory=list)

    def add(self, row: Row, label: Label, remember: Callable[[Word], None]) -> None:
        """Put a pattern into the net; `remember` is told each of its words."""
        end = self.along(row, remember)
        if label not in end.labels:
            end.labels.append(label)

    def along(self, row: Row, remember: Callable[[Word], None]) -> Node:
        """The place where a pattern ends, with all that leads there."""
        node = self
        for step in row:
            match step:
                case Word(text, begins):
                    remember(step)
                    node = (node.stems if begins else node.words).setdefault(text, Node())
                case Gap(most):
                    node = node.gaps.setdefault(most, Node())
                case Kind(sign):
                    node = node.kinds.setdefault(sign, Node())
                case _:
                    together = Node()
                    for end in dict.fromkeys(node.along(one, remember) for one in step.rows):
                        end.onward.append(together)
                    node = together
        return node

    def ends(
        self, words: Sequence[str], at: int, last: int, kinds: Sequence[str], skipped: tuple[int, ...] = ()
    ) -> Iterator[tuple[Node, int, tuple[int, ...]]]:
        """Every place that the words from `at` on lead to, with the number of the word after it and the words
        over which its gaps reach; no word from `last` on is used. `kinds`: for each word the signs of the
        kinds that it is of."""
        if self.labels:
            yield self, at, skipped
        for below in self.onward:
            yield from below.ends(words, at, last, kinds, skipped)
        if at < last:
            word = words[at]
            if (below := self.words.get(word)) is not None:  # type: ignore[assignment]
                yield from below.ends(words, at + 1, last, kinds, skipped)
            for sign in kinds[at] if self.kinds else ():
                if (below := self.kinds.get(sign)) is not None:  # type: ignore[assignment]
                    yield from below.ends(words, at + 1, last, kinds, skipped)
            if self.stems:
                yield from self._begun(words, at, last, kinds, skipped)
        for most, below in self.gaps.items():
            for count in range(min(most, last - at) + 1):
                over = (*skipped, *range(at, at + count))
                yield from below.ends(words, at + count, last, kinds, over)

    def _begun(
        self, words: Sequence[str], at: int, last: int, kinds: Sequence[str], skipped: tuple[int, ...]
    ) -> Iterator[tuple[Node, int, tuple[int, ...]]]:
        word = words[at]
        for length in range(1, len(word) + 1):
            if (below := self.stems.get(word[:length])) is not None:
                yield from below.ends(words, at + 1, last, kinds, skipped)
