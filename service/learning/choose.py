"""The choice: in whole numbers, so that it comes out the same in ten years, on another processor, by
anybody's own program.

A snapshot holds 256 draws of the points. An arm's chance is the share of the draws in which it is best, mixed
with a floor that every arm keeps; restraint wins ties. The draw is a hash of the snapshot and the notice:
nobody can roll again."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from service.learning.arms import FEATURES, NONE, Segment, of_contact
from service.learning.fit import DRAWS

THOUSAND = 1000
HEAD = b"forbear-choice\0"


class Choice(NamedTuple):
    """What was chosen, with its exact chance."""

    arm: str
    weight: int
    total: int
    """The chance is weight / total, exactly."""
    draw: int


class Weights(NamedTuple):
    """The chances of allowed arms, in their order."""

    each: tuple[int, ...]
    summed: tuple[int, ...]


class Chooser:
    """Chooses by one snapshot; what it computed for a segment and what is open it keeps."""

    def __init__(self, snapshot: Mapping[str, Any], digest: str, features: Sequence[str] = FEATURES) -> None:
        """`snapshot`: as `fit` made it, with its `floor` in thousandths."""
        self.snapshot, self.digest = snapshot, digest
        self._features = tuple(features)
        self._floor = int(snapshot["floor"])
        columns = zip(*snapshot["draws"], strict=True)
        self._columns = dict(zip(snapshot["features"], columns, strict=True))
        self._head = HEAD + digest.encode() + b"\0"
        self._weights: dict[tuple[Segment, tuple[str, ...]], Weights] = {}
        self._worth: dict[tuple[Segment, str], list[int]] = {}

    def known(self) -> list[tuple[Segment, tuple[str, ...]]]:
        """What was asked so far: a next chooser may compute it before it is asked."""
        return list(self._weights)

    def warm(self, asked: Iterable[tuple[Segment, tuple[str, ...]]]) -> None:
        """Compute the chances of these before anybody asks."""
        for segment, allowed in asked:
            self.weights(segment, allowed)

    def weights(self, segment: Segment, allowed: tuple[str, ...]) -> Weights:
        """The chances of the allowed arms, which are `ordered`."""
        key = (segment, allowed)
        found = self._weights.get(key)
        if found is None:
            wins = self._wins(segment, allowed)
            each = mixed(wins, self._floor)
            found = self._weights[key] = Weights(each, tuple(accumulate(each)))
        return found

    def _wins(self, segment: Segment, allowed: Sequence[str]) -> list[int]:
        """In how many draws each arm is best. What every arm of the segment has in common says nothing
        here."""
        wins = [0] * len(allowed)
        values = [self._values(segment, arm) for arm in allowed]
        first = [allowed.index(NONE)] if NONE in allowed else []
        order = first + [place for place, arm in enumerate(allowed) if arm != NONE]
        for draw in zip(*values, strict=True):
            wins[max(order, key=draw.__getitem__)] += 1
        return wins

    def _values(self, segment: Segment, arm: str) -> list[int]:
        """What an arm adds to doing nothing, in each draw."""
        found = self._worth.get((segment, arm))
        if found is None:
            found = self._worth[segment, arm] = self._summed(segment, arm)
        return found

    def _summed(self, segment: Segment, arm: str) -> list[int]:
        points = [
            self._columns[name] for name in of_contact(segment, arm, self._features) if name in self._columns
        ]
        return [sum(one) for one in zip(*points, strict=True)] if points else [0] * DRAWS

    def choose(self, segment: Segment, allowed: tuple[str, ...], notice: bytes) -> Choice:
        """The arm for a notice, by its public id."""
        weights = self.weights(segment, allowed)
        return drawn(self._head, weights, allowed, notice)


def mixed(wins: Sequence[int], floor: int) -> tuple[int, ...]:
    """Weights from wins: with `floor` thousandths of chance every arm is taken alike."""
    number, total = len(wins), sum(wins)
    return tuple(one * number * (THOUSAND - floor) + total * floor for one in wins)


def by_chance(plain: str, allowed: tuple[str, ...], share: int) -> Weights:
    """The chances where `share` thousandths go to all allowed arms alike and the rest to the plain
    order's."""
    return _of(mixed([DRAWS if arm == plain else 0 for arm in allowed], share))


def _of(each: tuple[int, ...]) -> Weights:
    return Weights(each, tuple(accumulate(each)))


def drawn(head: bytes, weights: Weights, allowed: Sequence[str], notice: bytes) -> Choice:
    """The arm on which the draw of a notice falls."""
    total = weights.summed[-1]
    draw = int.from_bytes(hashlib.sha256(head + notice).digest()[:8], "big") % total
    place = bisect_right(weights.summed, draw)
    return Choice(allowed[place], weights.each[place], total, draw)


def head_of(digest: str) -> bytes:
    """What stands before the notice in the hash; of a snapshot, or of a policy that chooses by chance
    alone."""
    return HEAD + digest.encode() + b"\0"


def part_of(head: bytes, key: bytes, of: int) -> int:
    """A number below `of` that belongs to a key for good, such as the millionth in which a borrower's
    hold-out lies."""
    return int.from_bytes(hashlib.sha256(head + b"\0" + key).digest()[:8], "big") % of
