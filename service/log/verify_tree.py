"""The tree of RFC 6962 §2.1 as a verifier grows it, leaf by leaf, and the tiles that must be stored of it.
Shares no code with the writer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


class Tree:
    """(4) Grows by leaf hashes and knows its root (RFC 6962 §2.1): one hash for each complete subtree at the
    right edge."""

    def __init__(self) -> None:
        """Empty."""
        self.size = 0
        self._stack: list[bytes] = []

    def add(self, leaf_hash: bytes) -> None:
        """Add a leaf by its hash."""
        node = leaf_hash
        carry = self.size
        while carry & 1:
            node = hashlib.sha256(b"\x01" + self._stack.pop() + node).digest()
            carry >>= 1
        self._stack.append(node)
        self.size += 1

    def begin(self, size: int, edge: Sequence[bytes]) -> None:
        """Begin an empty tree after `size` leaves; `edge` are the roots of the complete subtrees that they
        make, left to right, as many as `size` has ones in binary."""
        self.size, self._stack = size, list(edge)

    @property
    def edge(self) -> list[bytes]:
        """The roots of the complete subtrees, left to right."""
        return list(self._stack)

    def root(self) -> bytes:
        """The root of what was added."""
        if not self._stack:
            return hashlib.sha256(b"").digest()
        return joined(self._stack)


def joined(edge: Sequence[bytes]) -> bytes:
    """The root above complete subtrees, of which there is one at the least."""
    node = edge[-1]
    for left in reversed(edge[:-1]):
        node = hashlib.sha256(b"\x01" + left + node).digest()
    return node


WIDTH = 256
"""Hashes of one tile."""


class TileCheck:
    """(7) Builds the tiles again from the hashes of the leaves, and says which stored one differs. Holds one
    open tile a level."""

    def __init__(self) -> None:
        """Empty."""
        self._open: list[list[bytes]] = []
        self._closed: list[int] = []

    def add(self, leaf_hash: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf; returns the tiles (level, number, hashes) that it completes."""
        return self._add(0, leaf_hash)

    def _add(self, level: int, one: bytes) -> list[tuple[int, int, bytes]]:
        if level == len(self._open):
            self._open.append([])
            self._closed.append(0)
        tile = self._open[level]
        tile.append(one)
        if len(tile) < WIDTH:
            return []
        done = (level, self._closed[level], b"".join(tile))
        self._closed[level] += 1
        self._open[level] = []
        return [done, *self._add(level + 1, _subtree(tile))]

    def rest(self) -> list[tuple[int, int, bytes]]:
        """The tiles at the right edge, which are not full."""
        return [(level, self._closed[level], b"".join(tile)) for level, tile in enumerate(self._open) if tile]


def _subtree(hashes: list[bytes]) -> bytes:
    """The root of a full tile."""
    while len(hashes) > 1:
        hashes = [
            hashlib.sha256(b"\x01" + hashes[at] + hashes[at + 1]).digest() for at in range(0, len(hashes), 2)
        ]
    return hashes[0]
