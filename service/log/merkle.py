"""The Merkle tree of RFC 6962 §2.1, stored as tiles: 256 hashes of one level to a tile, every 8th level of
the tree.

Pure: reads tiles through a function. Hashes are 32 bytes; leaves are hashed with a 0x00 prefix, inner nodes
with 0x01."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH_BYTES = 32
TILE_BYTES = TILE_WIDTH * HASH_BYTES
EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadHash = Callable[[int, int], bytes]
"""(level of the tree, index at that level) to the hash of a complete subtree."""


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def subtrees(first: int, last: int) -> list[tuple[int, int]]:
    """The complete subtrees (level, index) that cover the leaves [first, last), left to right; `first` is
    aligned to them."""
    found: list[tuple[int, int]] = []
    while first < last:
        level = min((first & -first).bit_length() - 1 if first else 62, (last - first).bit_length() - 1)
        found.append((level, first >> level))
        first += 1 << level
    return found


def root_of(size: int, read: ReadHash) -> bytes:
    """The root of the first `size` leaves."""
    return range_hash(0, size, read)


def range_hash(first: int, last: int, read: ReadHash) -> bytes:
    """MTH of the leaves [first, last), where `first` is a multiple of the smallest power of two that spans
    them."""
    if first == last:
        return EMPTY_ROOT
    hashes = [read(level, index) for level, index in subtrees(first, last)]
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def inclusion_proof(index: int, size: int, read: ReadHash) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1. Raises ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"expected 0 <= index < size, got {index} and {size}")
    return _path(index, 0, size, read)


def _path(index: int, first: int, last: int, read: ReadHash) -> list[bytes]:
    path: list[bytes] = []
    while last - first > 1:
        middle = first + split(last - first)
        if index < middle:
            path.append(range_hash(middle, last, read))
            last = middle
        else:
            path.append(range_hash(first, middle, read))
            first = middle
    return path[::-1]


def consistency_proof(old: int, size: int, read: ReadHash) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962 §2.1.2. Raises ValueError outside the tree; empty for 0 and for equal
    sizes."""
    if not 0 <= old <= size:
        raise ValueError(f"expected 0 <= from <= to, got {old} and {size}")
    if old in {0, size}:
        return []
    proof: list[bytes] = []
    first, last, whole = 0, size, True
    while old != last:
        middle = first + split(last - first)
        if old <= middle:
            proof.append(range_hash(middle, last, read))
            last = middle
        else:
            proof.append(range_hash(first, middle, read))
            first, whole = middle, False
    if not whole:
        proof.append(range_hash(first, last, read))
    return proof[::-1]


def grown_tiles(
    size: int, leaves: bytes, read_tile: Callable[[int, int], bytes]
) -> dict[tuple[int, int], bytes]:
    """The tiles that change when `leaves` (hashes, one after the other) are added to a tree of `size`: (tile
    level, number) to all hashes of the tile."""
    changed: dict[tuple[int, int], bytes] = {}
    level, first, hashes = 0, size, leaves
    while hashes:
        number, held = divmod(first, TILE_WIDTH)
        row = read_tile(level, number)[: held * HASH_BYTES] + hashes if held else hashes
        tiles = [row[start : start + TILE_BYTES] for start in range(0, len(row), TILE_BYTES)]
        changed |= {(level, at): tile for at, tile in enumerate(tiles, number)}
        hashes = b"".join([fold(tile) for tile in tiles if len(tile) == TILE_BYTES])
        level, first = level + 1, number
    return changed


def fold(hashes: bytes) -> bytes:
    """The root of hashes that stand one after the other; they are as many as a power of two."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join(
            [hashlib.sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs]
        )
    return hashes


def hash_in_tile(tile: bytes, level: int, index: int) -> bytes:
    """The hash of the subtree (level, index of the whole tree) from the tile that holds it (see
    `tile_of`)."""
    inner = level % TILE_HEIGHT
    start = (index << inner) % TILE_WIDTH
    return fold(tile[start * HASH_BYTES : (start + (1 << inner)) * HASH_BYTES])


def tile_of(level: int, index: int) -> tuple[int, int]:
    """Which tile (tile level, number) holds the subtree (level, index)."""
    tile_level, inner = divmod(level, TILE_HEIGHT)
    return tile_level, (index << inner) // TILE_WIDTH
