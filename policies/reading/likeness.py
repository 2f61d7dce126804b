"""How like a message is to replies whose meaning is known: what the wordings leave open, its parts may
settle.

`likeness.txt` says of words, of pairs of words and of four letters in a row in how many replies of each kind
they stood. A message is likest to the kind whose replies most of its parts are of (naive Bayes, with each
part weighed by how much oftener than by chance it stands there)."""

from __future__ import annotations

import collections
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from policies.reading.tokens import Tokens
from policies.reading.weighing import UNIT, weights

LETTERS = 4
"""Letters in a row that are one part."""
LEAST = 2
"""Replies in which a part must have stood."""
SEEN = 3
"""Parts of a message that must be known; of fewer anything may be said."""
ASSUMED = 0.5
"""Replies, shared out as all are, that a part is assumed to have stood in besides."""
PLAIN = frozenset({"message", "help", "opt_in"})
"""Kinds that take nothing away from us."""
SIGNS = "abcdefghijklmnop"
"""The sign of each kind in the table, in the order of its first line."""


@dataclass(frozen=True, slots=True)
class Like:
    """What a message is likest to."""

    kind: str
    margin: float
    """By how much it is liker to this kind than to the next one, whatever the length of the message."""


@dataclass(frozen=True, slots=True)
class Table:
    """How many replies there were of each kind, and in how many of them each part stood."""

    replies: Mapping[str, int]
    parts: Mapping[str, str]
    """As it is written: `a12c1`, twelve replies of the first kind and one of the third."""
    weights: Mapping[str, int]
    """How far each part leans from plain talk (`policies/reading/weighing.py`)."""
    bias: int
    """How far every message does."""


def parts(words: Sequence[str]) -> frozenset[str]:
    """The parts of a message."""
    return frozenset(_parts(words))


def _parts(words: Sequence[str]) -> Iterator[str]:
    for word in filter(None, words):
        yield word
        dressed = f"<{word}>"
        yield from ("/" + dressed[at : at + LETTERS] for at in range(len(dressed) - LETTERS + 1))
    for one, other in zip(("^", *words), (*words, "$"), strict=True):
        yield f"{one} {other}"
    for one, other in zip(words, words[2:], strict=False):
        yield f"{one} _ {other}"


def likest(message: Tokens) -> Like | None:
    """What a message is likest to; None where hardly any of its parts is known, or it is one word that is
    not: its letters may be another word's."""
    known = table()
    if len(message.words) == 1 and message.words[0] not in known.parts:
        return None
    whole = sum(known.replies.values())
    kinds = list(known.replies)
    share = [known.replies[kind] / whole for kind in kinds]
    scores = [math.log(one) / 2 for one in share]
    seen = 0
    for part in sorted(parts(message.words)):
        written = known.parts.get(part)
        if written is None:
            continue
        seen += 1
        counts = _counts(written)
        among = sum(counts) + ASSUMED
        for at, one in enumerate(share):
            scores[at] += math.log((counts[at] + ASSUMED * one) / (among * one))
    if seen < SEEN:
        return None
    first, second = sorted(range(len(kinds)), key=lambda at: -scores[at])[:2]
    return Like(kinds[first], (scores[first] - scores[second]) / math.sqrt(seen))


def leaning(message: Tokens) -> float | None:
    """How far a message leans towards a refusal (above nothing) or plain talk (below), in margins; None where
    hardly any of its parts is known."""
    known = table()
    found = [known.weights[one] for one in parts(message.words) if one in known.weights]
    return (known.bias + sum(found)) / UNIT if len(found) >= SEEN else None


_COUNT = re.compile(r"([a-p])(\d+)")


def _counts(written: str) -> list[int]:
    counts = [0] * len(table().replies)
    for sign, count in _COUNT.findall(written):
        counts[SIGNS.index(sign)] = int(count)
    return counts


@cache
def table() -> Table:
    """The table that ships with the reader."""
    text = files("policies.reading").joinpath("likeness.txt").read_text(encoding="utf-8")
    first, *rest = (line for line in text.splitlines() if not line.startswith("#"))
    head, bias = first.split("\t")
    replies = {kind: int(count) for kind, count in (one.split("=") for one in head.split())}
    rows = [line.split("\t") for line in rest]
    return Table(
        replies,
        {part: counts for part, counts, _ in rows},
        {part: int(weight) for part, _, weight in rows if weight != "0"},
        int(bias),
    )


def written(replies: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The table of some replies, each a kind and its words, as it is kept."""
    often: collections.Counter[str] = collections.Counter()
    every: dict[str, collections.Counter[str]] = {}
    taken = [(kind, parts(words)) for kind, words in replies]
    for kind, found in taken:
        often[kind] += 1
        for part in found:
            every.setdefault(part, collections.Counter())[kind] += 1
    stood = {part: counts for part, counts in sorted(every.items()) if counts.total() >= LEAST}
    weigh = weights([(kind not in PLAIN, found & stood.keys()) for kind, found in taken])
    kinds = sorted(often)
    signs = dict(zip(kinds, SIGNS, strict=False))
    lines = [
        f"{part}\t{''.join(f'{signs[kind]}{counts[kind]}' for kind in kinds if counts[kind])}"
        f"\t{weigh.get(part, 0)}"
        for part, counts in stood.items()
    ]
    return "\n".join([" ".join(f"{kind}={often[kind]}" for kind in kinds) + f"\t{weigh['']}", *lines, ""])
