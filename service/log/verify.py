"""Verifies a whole log from an export and a checkpoint that the auditor kept. Shares no code with the writer: hashing, tree and note
are written here again, from the RFCs alone.

The steps carry the numbers of docs/audit.md:
(1) the checkpoint's signature; (2) the lines are numbered without a gap; (3) the readable fields are those of the leaf;
(4) the leaf hashes grow the tree; (5) at the size of each kept checkpoint the root is its root; (6) nothing is missing at the end."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

READABLE = ("at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies")
REPORT_EVERY = 10_000


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
    """(4) Grows by leaf hashes and knows its root (RFC 6962 §2.1): one hash for each complete subtree at the right edge."""

    def __init__(self) -> None:
        """Empty."""
        self.size = 0
        self._stack: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf's bytes."""
        node = hashlib.sha256(b"\x00" + leaf).digest()
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


def verify_lines(
    lines: Iterable[bytes],
    checkpoints: Sequence[KeptCheckpoint],
    *,
    progress: Callable[[int], None] = lambda _: None,
    hash_at: Callable[[int], bytes | None] = lambda _: None,
) -> Report:
    """Verify export lines against checkpoints (any number, the largest says where the log must end).

    `hash_at` may give the leaf hash that the service itself proves for an index: it makes the first wrong entry nameable."""
    kept = sorted(checkpoints, key=lambda one: one.size)
    size = kept[-1].size if kept else 0
    tree = Tree()
    findings: list[Finding] = []
    due = 0
    for line in lines:
        if tree.size >= size > 0:
            break
        fault = _check_line(line, tree, hash_at)
        if fault is not None:
            findings.append(fault)
            break
        while due < len(kept) and kept[due].size == tree.size:
            if kept[due].root != tree.root():
                findings.append(_differs(kept, due, tree.size))
            due += 1
        if findings:
            break
        if tree.size % REPORT_EVERY == 0:
            progress(tree.size)
    progress(tree.size)
    if not findings and tree.size < size:
        # (6) nothing is missing at the end
        findings.append(Finding(index=tree.size, what=f"the export ends before entry {tree.size}; the checkpoint covers {size}"))
    if not findings and size == 0 and kept and kept[0].root != tree.root():
        findings.append(Finding(index=None, what="the checkpoint of the empty log has another root"))
    return Report(entries=tree.size, size=size, root=tree.root().hex(), findings=tuple(findings))


def _differs(kept: Sequence[KeptCheckpoint], due: int, size: int) -> Finding:
    """(5) The root differs: something between this checkpoint and the one before is not what was sealed."""
    first = kept[due - 1].size if due else 0
    return Finding(
        index=first,
        what=f"at size {size} the root is not the checkpoint's: an entry from {first} to {size - 1} was changed, reordered, added or removed",
    )


def _check_line(line: bytes, tree: Tree, hash_at: Callable[[int], bytes | None]) -> Finding | None:
    """(2), (3) and (4) for one line; None where it is well."""
    index = tree.size
    try:
        entry = orjson.loads(line)
        leaf_text = entry["leaf"]
        leaf = orjson.loads(leaf_text)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Finding(index=index, what="the line is no entry")
    if entry.get("index") != index:
        return Finding(index=index, what=f"expected entry {index}, found {entry.get('index')}: missing, added or reordered")
    for name in READABLE:
        stated = leaf.get(name, [] if name == "policies" else None)
        if entry.get(name) != stated:
            return Finding(index=index, what=f"the readable field {name!r} is not what the leaf says")
    raw = leaf_text.encode()
    expected = hash_at(index)
    if expected is not None and hashlib.sha256(b"\x00" + raw).digest() != expected:
        return Finding(index=index, what="the leaf is not what was sealed under this index")
    tree.add(raw)
    return None
