"""The corpus of replies in `tests/policies/replies`, and how far the reader takes them for what they are.

Each file is a language. `open` was in sight while the words were written; `apart` was not, until it had been measured once."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from policies.words import classify

FOLDER = Path(__file__).with_name("replies")
REFUSALS = frozenset({"opt_out", "cease", "wrong_number", "attorney", "dispute", "bankruptcy", "deceased"})
"""Kinds that must never be read as plain talk."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and what it must be taken for."""

    language: str
    half: str
    kind: str
    words: str


def corpus() -> Iterator[Said]:
    """Every reply, by language."""
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)
        for half, kinds in document.items():
            for kind, many in kinds.items():
                yield from (Said(path.stem, half, kind, words) for words in many)


@dataclass(frozen=True, slots=True)
class Measure:
    """What some replies were taken for."""

    taken: collections.Counter[tuple[str, str]]
    """How often a kind was taken for a kind."""

    @property
    def count(self) -> int:
        """Replies."""
        return self.taken.total()

    @property
    def right(self) -> int:
        """Those that were taken for what they are."""
        return sum(count for (kind, taken), count in self.taken.items() if kind == taken)

    @property
    def missed(self) -> int:
        """Refusals that were taken for plain talk."""
        return sum(
            count
            for (kind, taken), count in self.taken.items()
            if kind in REFUSALS and taken in {"message", "automatic"}
        )

    @property
    def held(self) -> float:
        """The share of plain talk that was held or acted on."""
        plain = sum(count for (kind, _), count in self.taken.items() if kind == "message")
        return 1 - self.taken["message", "message"] / plain if plain else 0.0


def measured(said: Iterable[Said]) -> Measure:
    """Read replies without knowing whose they are."""
    return Measure(
        collections.Counter((one.kind, classify(one.words, language_hint=None).kind) for one in said)
    )
