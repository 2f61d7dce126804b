"""Verifies a whole log from an export and a checkpoint that the auditor kept. Shares no code with the writer:
hashing, tree and note are written here again, from the RFCs alone.

The steps carry the numbers of docs/audit.md:
(1) the checkpoint's signature; (2) the lines are numbered without a gap; (3) the readable fields are those of
    the leaf; (4) the leaf's hash is the one that was sequenced, and grows the tree; (5) at the size of each
    kept checkpoint the root is its root; (6) the export ends where the last checkpoint does; (7) on a live
    log, the stored tiles are those that its entries give. One pass, in constant memory."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

READABLE = ("at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies")
FIELDS = frozenset({"index", *READABLE, "hash", "leaf"})
LONGEST = 1 << 24
"""Bytes; no entry comes near it. What is longer is not read further, so that no line fills the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, and with which entry first."""

    index: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer of a verification."""

    entries: int
    size: int
    """What the checkpoint covers."""
    root: str
    findings: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the log is what the checkpoint says."""
        return not self.findings


class CheckpointInvalid(ValueError):
    """The note is not signed by that key, or is no checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """Size and root of a note whose signature was verified."""

    size: int
    root: bytes


def read_checkpoint(note: str, verifier: str) -> KeptCheckpoint:
    """(1) The checkpoint's signature, by the key that the auditor kept. Raises CheckpointInvalid."""
    try:
        name, key_id, encoded = verifier.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        text, signatures = note.split("\n\n", 1)
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        kept = KeptCheckpoint(size=int(size), root=base64.b64decode(root, validate=True))
    except ValueError as error:
        raise CheckpointInvalid("expected a signed note and a verifier key") from error
    if public[:1] != b"\x01" or hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() != key_id:
        raise CheckpointInvalid("the verifier key's id does not fit its key")
    if origin != name:
        raise CheckpointInvalid(f"the note is of {origin!r}, the key of {name!r}")
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, blob64 = rest.rpartition(" ")
        if dash == "\u2014" and signer == name and _signed(blob64, key_id, public, text):
            return kept
    raise CheckpointInvalid("no signature of this key fits the note")


def _signed(blob64: str, key_id: str, public: bytes, text: str) -> bool:
    try:
        blob = base64.b64decode(blob64, validate=True)
        if blob[:4].hex() != key_id:
            return False
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(blob[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


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

    def root(self) -> bytes:
        """The root of what was added."""
        if not self._stack:
            return hashlib.sha256(b"").digest()
        node = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node


class Verification:
    """One pass over the lines of an export. Give it every line with `take`, then ask for the `report`."""

    def __init__(self, checkpoints: Sequence[KeptCheckpoint]) -> None:
        """`checkpoints`: any number that the auditor kept; the largest says where the log ends."""
        self._due = sorted(checkpoints, key=lambda one: one.size)
        self._covered = self._due[-1].size if self._due else 0
        self._proved = 0
        self._tree = Tree()
        self.hashes: list[bytes] = []
        """The hashes of the leaves that were taken since somebody emptied this list: for step (7)."""
        self.finding: Finding | None = None
        """The first thing that is wrong; nothing after it is looked at."""
        self._reach()

    @property
    def entries(self) -> int:
        """How many lines were well so far."""
        return self._tree.size

    def take(self, line: bytes) -> bool:
        """Look at the next line; False when nothing after it matters any more."""
        if self.finding is None:
            self.finding = self._look(line)
            if self.finding is None:
                self._reach()
        return self.finding is None

    def _look(self, line: bytes) -> Finding | None:
        """(2), (3), (4) and half of (6) for one line."""
        index = self._tree.size
        if index >= self._covered:
            return Finding(
                index=index,
                what=f"entry {index} and what follows are covered by no checkpoint: they may have been added",
            )
        try:
            entry, leaf, sequenced = _parsed(line)
        except (KeyError, TypeError, ValueError, RecursionError):
            return Finding(index=index, what=f"line {index + 1} is no entry")
        if entry.get("index") != index or type(entry["index"]) is not int:
            return Finding(
                index=index,
                what=f"expected entry {index}, found {entry.get('index')}: missing, added or reordered",
            )
        found = hashlib.sha256(b"\x00" + entry["leaf"].encode()).digest()
        if found != sequenced:
            return Finding(
                index=index,
                what="the leaf is not what was sequenced under this index: it or its hash was changed",
            )
        for name in READABLE:
            if entry.get(name) != leaf.get(name, [] if name == "policies" else None):
                return Finding(index=index, what=f"the readable field {name!r} is not what the leaf says")
        self._tree.add(found)
        self.hashes.append(found)
        return None

    def _reach(self) -> None:
        """(5) Where a kept checkpoint ends, the root must be its root."""
        while self._due and self._due[0].size == self._tree.size:
            kept = self._due.pop(0)
            if kept.root != self._tree.root():
                self.finding = _differs(self._proved, kept.size)
                return
            self._proved = kept.size

    def report(self) -> Report:
        """(6) The answer, when every line was taken."""
        if self.finding is None and self._tree.size < self._covered:
            index = self._tree.size
            self.finding = Finding(
                index=index,
                what=f"the export ends before entry {index}; the checkpoint covers {self._covered}",
            )
        return Report(
            entries=self._tree.size,
            size=self._covered,
            root=self._tree.root().hex(),
            findings=() if self.finding is None else (self.finding,),
        )


def _parsed(line: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """An entry, its leaf and the hash beside it. Raises KeyError, TypeError, ValueError or RecursionError for
    what is none, or says a thing twice or something that no leaf says: another reader might take the other
    word."""
    if len(line) >= LONGEST:
        raise ValueError
    entry = orjson.loads(line)
    leaf = orjson.loads(entry["leaf"])
    if not (isinstance(entry, dict) and isinstance(leaf, dict)) or not entry.keys() <= FIELDS:
        raise TypeError
    if orjson.dumps(entry) != line.rstrip(b"\r\n"):
        json.loads(line, object_pairs_hook=_once)
    return entry, leaf, bytes.fromhex(entry["hash"])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def lines_of(export: BinaryIO) -> Iterator[bytes]:
    """The lines of an export; one that is too long comes in pieces, each of which is no entry."""
    return iter(lambda: export.readline(LONGEST), b"")


def verify_lines(lines: Iterable[bytes], checkpoints: Sequence[KeptCheckpoint]) -> Report:
    """Verify the lines of an export against checkpoints."""
    verification = Verification(checkpoints)
    for line in lines:
        if not verification.take(line):
            break
        verification.hashes.clear()
    return verification.report()


def _differs(first: int, size: int) -> Finding:
    """The hashes are consistent among themselves, and not the sequenced ones: whoever changed an entry
    changed its hash too."""
    if size == 0:
        return Finding(index=None, what="the checkpoint of the empty log has another root")
    return Finding(
        index=first,
        what=f"at size {size} the root is not the checkpoint's: an entry from {first} to {size - 1} was "
        f"changed together with its hash",
    )


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


def wrong_tile(level: int, number: int) -> Finding:
    """What a stored tile that differs means."""
    first = number * WIDTH ** (level + 1)
    return Finding(
        index=first,
        what=f"tile {number} of level {level}, from entry {first} on, is not what its entries give",
    )
