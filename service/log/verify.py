"""Verifies a whole log from an export and a checkpoint that the auditor kept. Shares no code with the writer:
hashing, tree and note are written here again, from the RFCs alone.

The steps carry the numbers of docs/audit.md:
(1) the checkpoint's signature; (2) the lines are numbered without a gap, from 0 or from a signed beginning;
(3) the readable fields are those of the leaf; (4) the leaf's hash is the one that was sequenced, and grows
    the tree; (5) at the size of each kept checkpoint the root is its root; (6) the export ends where the last
    checkpoint does; (7) on a live log, the stored tiles are those that its entries give. One pass, in
    constant memory."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.log.verify_tree import HASH_BYTES, Tree, joined

READABLE = ("at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies")
BEGINNING = ("begins", "edge", "checkpoint")
ARCHIVED = "archived"
"""The line that makes of a checkpoint the statement that what is in its tree was archived."""
FIELDS = frozenset({"index", *READABLE, "hash", "leaf"})
BEGINS = b'{"begins":'
"""With this a line begins that is no entry: the signed statement of what was before the first one."""
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
    """That were looked at."""
    size: int
    """What the checkpoint covers."""
    root: str
    first: int = 0
    """The index of the first of them: what is before it was archived."""
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
    archived: bool = False
    """It states further that what is in this tree was archived."""


def read_checkpoint(note: str, verifier: str) -> KeptCheckpoint:
    """(1) The checkpoint's signature, by the key that the auditor kept. Raises CheckpointInvalid."""
    try:
        name, key_id, encoded = verifier.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        text, signatures = note.split("\n\n", 1)
        text += "\n"
        origin, size, root, *further = text.split("\n")
        kept = KeptCheckpoint(
            size=int(size),
            root=base64.b64decode(root, validate=True),
            archived=further[:1] == [ARCHIVED],
        )
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


def read_by_any(note: str, verifiers: Sequence[str]) -> KeptCheckpoint:
    """(1) The same by any of several keys: a log that was renamed, or whose key was rotated, signed with each
    in its time. Raises CheckpointInvalid."""
    if not verifiers:
        raise CheckpointInvalid("expected a verifier key")
    for verifier in verifiers[:-1]:
        with suppress(CheckpointInvalid):
            return read_checkpoint(note, verifier)
    try:
        return read_checkpoint(note, verifiers[-1])
    except CheckpointInvalid as error:
        named = {one.partition("+")[0] for one in verifiers}
        origin = note.partition("\n")[0]
        if "\n\n" not in note or origin in named:
            raise
        of = " and ".join(sorted(named))
        raise CheckpointInvalid(
            f"the checkpoint is one of {origin}, the key is one of {of}: "
            f"a log that was renamed has a key for each name, and an entry log_origin.changed"
        ) from error


def _signed(blob64: str, key_id: str, public: bytes, text: str) -> bool:
    try:
        blob = base64.b64decode(blob64, validate=True)
        if blob[:4].hex() != key_id:
            return False
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(blob[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


class Verification:
    """One pass over the lines of an export. Give it every line with `take`, then ask for the `report`."""

    def __init__(self, checkpoints: Sequence[KeptCheckpoint], *, keys: Sequence[str] = ()) -> None:
        """`checkpoints`: any number that the auditor kept; the largest says where the log ends. `keys` sign
        a beginning."""
        self._keys = keys
        self._archived = max((one.size for one in checkpoints if one.archived), default=0)
        self._lines = 0
        self.begins = 0
        """The index of the first entry."""
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
        return self._tree.size - self.begins

    @property
    def size(self) -> int:
        """The size of the tree so far."""
        return self._tree.size

    def root(self) -> bytes:
        """The root of the tree so far."""
        return self._tree.root()

    def skip(self, leaf_hash: bytes) -> None:
        """The next entry was archived, and its hash is all that is here of it. Before the first line."""
        self._tree.add(leaf_hash)
        self.begins = self._tree.size
        if self.finding is None:
            self._reach()

    def take(self, line: bytes) -> bool:
        """Look at the next line; False when nothing after it matters any more."""
        if self.finding is None:
            self._lines += 1
            self.finding = self._begin(line) if line.startswith(BEGINS) else self._look(line)
            if self.finding is None:
                self._reach()
        return self.finding is None

    def _begin(self, line: bytes) -> Finding | None:
        """(2) A beginning: its checkpoint is signed, and the tree before it has that checkpoint's root. In
        the midst of files that were put one behind the other it must be what is known already."""
        at = self._tree.size
        try:
            size, edge, note = _beginning(line)
            signed = read_by_any(note, self._keys)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            why = f": {error}" if isinstance(error, CheckpointInvalid) else ""
            return Finding(index=at, what=f"line {self._lines} is no signed beginning{why}")
        if (size, size.bit_count()) != (signed.size, len(edge)) or joined(edge) != signed.root:
            return Finding(
                index=size, what=f"what is said of the tree before entry {size} is not what was signed"
            )
        if at:
            return None if (size, edge) == (at, self._tree.edge) else _misplaced(at, size)
        if size > self._covered:
            return Finding(
                index=size, what=f"it begins at entry {size}; the checkpoint covers {self._covered}"
            )
        if self._due and self._due[0].size < size:
            return _unseen(self._due[0].size, size)
        self._archived = max(self._archived, size if signed.archived else 0)
        self._tree.begin(size, edge)
        self.begins = self._proved = size
        return None

    def _look(self, line: bytes) -> Finding | None:
        """(2), (3), (4) and half of (6) for one line."""
        index = self._tree.size
        if index >= self._covered:
            return Finding(
                index=index,
                what=f"entry {index} and what follows are covered by no checkpoint: they may have been added",
            )
        checked = check_line(line, index, self._lines)
        if isinstance(checked, Finding):
            return checked
        self._tree.add(checked)
        self.hashes.append(checked)
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
        if self.finding is None and self.begins > self._archived:
            self.finding = _not_told(self.begins)
        return Report(
            entries=self.entries,
            first=self.begins,
            size=self._covered,
            root=self._tree.root().hex(),
            findings=() if self.finding is None else (self.finding,),
        )


def check_line(line: bytes, index: int, number: int) -> Finding | bytes:
    """(2), (3), (4) for the entry that must have this index, the hash of its leaf where it is well; `number`
    is that of the line in its file."""
    try:
        entry, leaf, sequenced = _parsed(line)
    except (KeyError, TypeError, ValueError, RecursionError):
        return Finding(index=index, what=f"line {number} is no entry")
    if entry.get("index") != index or type(entry["index"]) is not int:
        what = f"expected entry {index}, found {entry.get('index')}: missing, added or reordered"
        return Finding(index=index, what=what)
    found = hashlib.sha256(b"\x00" + entry["leaf"].encode()).digest()
    if found != sequenced:
        what = "the leaf is not what was sequenced under this index: it or its hash was changed"
        return Finding(index=index, what=what)
    for name in READABLE:
        if entry.get(name) != leaf.get(name, [] if name == "policies" else None):
            return Finding(index=index, what=f"the readable field {name!r} is not what the leaf says")
    return found


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


def _beginning(line: bytes) -> tuple[int, list[bytes], str]:
    """A beginning's index, the roots of the subtrees before it, and its note. Raises KeyError, TypeError or
    ValueError."""
    said = json.loads(line, object_pairs_hook=_once)
    size, note = said["begins"], said["checkpoint"]
    edge = [base64.b64decode(one, validate=True) for one in said["edge"]]
    if len(said) != len(BEGINNING) or type(size) is not int or size < 1 or type(note) is not str:
        raise ValueError
    if {*map(len, edge)} != {HASH_BYTES}:
        raise ValueError
    return size, edge, note


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def lines_of(export: BinaryIO) -> Iterator[bytes]:
    """The lines of an export; one that is too long comes in pieces, each of which is no entry."""
    return iter(lambda: export.readline(LONGEST), b"")


def verify_lines(
    lines: Iterable[bytes], checkpoints: Sequence[KeptCheckpoint], *, keys: Sequence[str] = ()
) -> Report:
    """Verify the lines of an export against checkpoints; the arguments are those of `Verification`."""
    verification = Verification(checkpoints, keys=keys)
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


def _misplaced(at: int, size: int) -> Finding:
    return Finding(
        index=at, what=f"expected entry {at}, found a beginning at {size}: missing, added or reordered"
    )


def _unseen(kept: int, size: int) -> Finding:
    return Finding(
        index=kept,
        what=f"the checkpoint of {kept} entries lies before entry {size}, where this begins: give the "
        f"archives of what is before it too",
    )


def _not_told(size: int) -> Finding:
    return Finding(
        index=0,
        what=f"it begins at entry {size}, and no signed statement says that what is before it was archived",
    )
