"""Our tree is the tree of RFC 6962: by its known roots, by a textbook version of the definition, and by an
implementation that is not ours."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion
from pymerkle.proof import InclusionProof

from service.log.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    grown_tiles,
    hash_in_tile,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    tile_of,
)
from service.log.verify_tree import TileCheck, Tree

LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The test vectors of Certificate Transparency: the roots of the first one to eight leaves."""


class Stored:
    """Tiles in memory, grown by batches as the sequencer grows them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0

    def grow(self, hashes: list[bytes]) -> None:
        self.tiles |= grown_tiles(
            self.size, b"".join(hashes), lambda level, tile: self.tiles.get((level, tile), b"")
        )
        self.size += len(hashes)

    def read(self, level: int, index: int) -> bytes:
        return hash_in_tile(self.tiles[tile_of(level, index)], level, index)


def textbook(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + textbook(leaves[:k]) + textbook(leaves[k:])).digest()


def stored(leaves: list[bytes], *cuts: int) -> Stored:
    """The leaves, appended in batches."""
    tree = Stored()
    for first, last in zip((0, *cuts), (*cuts, len(leaves)), strict=True):
        if first < last:
            tree.grow([leaf_hash(leaf) for leaf in leaves[first:last]])
    return tree


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size: int) -> None:
    assert ROOTS[size - 1] == root_of(size, stored(LEAVES[:size]).read).hex()
    verifier = Tree()
    for leaf in LEAVES[:size]:
        verifier.add(hashlib.sha256(b"\x00" + leaf).digest())
    assert ROOTS[size - 1] == verifier.root().hex()


def test_the_empty_root() -> None:
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT == Tree().root()


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_batches_do_not_matter(batches: list[int]) -> None:
    """However entries came in, the tree is the textbook's."""
    leaves = [b"leaf %d" % number for number in range(sum(batches))]
    cuts = [sum(batches[: place + 1]) for place in range(len(batches) - 1)]
    tree = stored(leaves, *cuts)
    assert textbook(leaves) == root_of(len(leaves), tree.read)
    assert stored(leaves).tiles == tree.tiles


@given(st.integers(1, 70_000))
def test_tiles_rebuilt_by_the_verifier_are_the_sequencer_s(size: int) -> None:
    hashes = [number.to_bytes(32, "big") for number in range(min(size, 1_500))]
    tree, check = Stored(), TileCheck()
    tree.grow(hashes)
    rebuilt = [tile for one in hashes for tile in check.add(one)] + check.rest()
    assert tree.tiles == {(level, number): content for level, number, content in rebuilt}


def theirs(leaves: list[bytes]) -> InmemoryTree:
    """The other implementation's tree."""
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    return tree


def proof_of(tree: InmemoryTree, size: int, index: int, path: list[bytes]) -> InclusionProof:
    """Our audit path in the clothes of the other implementation, which begins with the leaf's hash."""
    proof: InclusionProof = tree.prove_inclusion(index + 1, size)
    proof.path = [proof.path[0], *path]
    return proof


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 600])
def test_another_implementation_takes_our_inclusion_proofs(size: int) -> None:
    leaves = [b"entry %d" % number for number in range(size)]
    ours, other = stored(leaves), theirs(leaves)
    root = root_of(size, ours.read)
    assert root == other.get_root()
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        path = inclusion_proof(index, size, ours.read)
        verify_inclusion(
            leaf_hash(leaves[index]), root, proof_of(other, size, index, path), index=index + 1, size=size
        )
        with pytest.raises(InvalidProof):
            verify_inclusion(leaf_hash(b"another"), root, proof_of(other, size, index, path))
        if path:
            with pytest.raises(InvalidProof):
                verify_inclusion(
                    leaf_hash(leaves[index]), root, proof_of(other, size, index, [*path[:-1], bytes(32)])
                )


@pytest.mark.parametrize(
    ("old", "size"), [(1, 2), (1, 7), (3, 7), (4, 7), (6, 8), (255, 257), (256, 600), (333, 600), (600, 600)]
)
def test_our_consistency_proofs_hold(old: int, size: int) -> None:
    """Its proofs have another form than RFC 6962 §2.1.2: it judges our roots, and RFC 9162's own algorithm
    our paths."""
    leaves = [b"entry %d" % number for number in range(size)]
    ours, other = stored(leaves), theirs(leaves)
    verify_consistency(
        root_of(old, stored(leaves[:old]).read), root_of(size, ours.read), other.prove_consistency(old, size)
    )
    path = consistency_proof(old, size, ours.read)
    assert holds(old, size, root_of(old, ours.read), root_of(size, ours.read), path)
    assert not holds(old, size, hashlib.sha256(b"x").digest(), root_of(size, ours.read), path)


def holds(old: int, size: int, old_root: bytes, root: bytes, path: list[bytes]) -> bool:
    """The verification algorithm of RFC 9162 §2.1.4.2, word for word."""
    if old == size:
        return not path and old_root == root
    path = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == root and sn == 0
