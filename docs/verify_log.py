"""Verifies an export of Forbear's dispatch log. One file, the standard library alone, written to be read
before it is trusted.

    python verify_log.py [--archive ARCHIVE.jsonl...] EXPORT.jsonl CHECKPOINT... --key VERIFIER_KEY...
    python verify_log.py EXPORT.jsonl CHECKPOINT... --key VERIFIER_KEY... --cell 1=EXPORT1.jsonl --cell 2=...
    python verify_log.py --proof PROOF.json --key VERIFIER_KEY...

PROOF       some entries with their paths to a checkpoint, from the console's pages of a notice or of an entry
EXPORT      JSON lines, from `forbear log export` or GET /v1/log/export
CHECKPOINT  one or more signed notes that you kept, from GET /v1/log/checkpoint; the largest must cover the
            export
ARCHIVE     what `forbear log archive` wrote of the entries before the export's first one, in their order
KEY         the verifier key that you kept, from GET /v1/log/key, on the day when you began to trust it; of
            a log that was renamed or whose key was rotated several, each with --key

Where a deployment has several cells, the export, the checkpoint and the key are home's, whose entries name
the heads of every other cell's log: each needs its own export, and what of it home named must be in it. Of a
cell whose older entries were archived, name the archives first, each with --cell, and give its key too.

Exit 0: the log is what was sequenced. Exit 1: it is not; the first wrong entry is named. Exit 2: wrong use.
The numbers of the steps are those of docs/audit.md."""

import argparse
import base64
import hashlib
import json
import sys

READABLE = ("at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies")
FIELDS = {"index", *READABLE, "hash", "leaf"}
BEGINS = b'{"begins":'  # a line that is no entry: the signed statement of what was before the first one
LONGEST = 1 << 24  # bytes of a line; no entry comes near it


class Wrong(Exception):
    """The log does not hold."""


# Ed25519, RFC 8032 §5.1.7: only verification, which needs no secret and so no constant time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    """Points in extended coordinates (X, Y, Z, T)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def times(number, point):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point, number = add(point, point), number >> 1
    return found


def point_of(raw):
    """RFC 8032 §5.1.3."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("the key or the signature is no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(public, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(point_of(signature[:32]), times(k, point_of(public)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# The steps


def read_checkpoint(note, key):
    """(1) The note is signed by the key that was kept (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). Size,
    root, and whether it states further that what is in this tree was archived."""
    try:
        name, key_id, encoded = key.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        text, signatures = note.split("\n\n", 1)
        text += "\n"
        origin, size, root, *further = text.split("\n")
        size, root = int(size), base64.b64decode(root, validate=True)
    except ValueError as error:
        raise Wrong("expected a signed note and a verifier key") from error
    if (
        public[:1] != b"\x01"
        or hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() != key_id
        or origin != name
    ):
        raise Wrong(f"the verifier key does not fit itself, or not the note, which is one of {origin}")
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, blob = rest.rpartition(" ")
        if dash == "\u2014" and signer == name:
            try:
                raw = base64.b64decode(blob, validate=True)
            except ValueError:
                continue
            if raw[:4].hex() == key_id and signed_by(public[1:], text.encode(), raw[4:]):
                return size, root, further[:1] == ["archived"]
    raise Wrong("no signature of this key fits the note")


def read_by_any(note, keys):
    """The same by any of several keys; what is wrong is said of the last."""
    for key in keys[:-1]:
        try:
            return read_checkpoint(note, key)
        except Wrong:
            continue
    return read_checkpoint(note, keys[-1])


def once(pairs):
    """A field that stands twice says one thing to you and another to your reader."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def check_beginning(line, number, keys):
    """(2) What was before the first entry: a signed size and root, and the subtrees that make it."""
    try:
        said = json.loads(line.decode(), object_pairs_hook=once)
        size, note, edge = said["begins"], said["checkpoint"], said["edge"]
        edge = [base64.b64decode(one, validate=True) for one in edge]
        if len(said) != 3 or type(size) is not int or size < 1 or {*map(len, edge)} != {32}:
            raise ValueError("with fields that no beginning has")
        signed = read_by_any(note, keys)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Wrong) as error:
        raise Wrong(f"line {number} is no signed beginning: {error}") from error
    if signed[:2] != (size, root_of(edge)) or size.bit_count() != len(edge):
        raise Wrong(f"entry {size}: what is said of the tree before it is not what was signed")
    return size, edge, signed[2]


def check_line(line, index, number):
    """(2), (3), (4) One line; its leaf's hash."""
    try:
        if len(line) >= LONGEST:
            raise ValueError("too long")
        entry = json.loads(line.decode(), object_pairs_hook=once)
        leaf = json.loads(entry["leaf"])
        found = hashlib.sha256(b"\x00" + entry["leaf"].encode()).digest()
        sequenced = bytes.fromhex(entry["hash"])
        if not isinstance(leaf, dict) or not entry.keys() <= FIELDS:
            raise ValueError("with fields that no entry has")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Wrong(f"entry {index}: line {number} is no entry") from error
    if entry.get("index") != index or isinstance(entry["index"], bool):
        raise Wrong(
            f"entry {index}: expected entry {index}, found {entry.get('index')}: missing, added or reordered"
        )
    if found != sequenced:
        raise Wrong(
            f"entry {index}: the leaf is not what was sequenced under this index: it or its hash was changed"
        )
    for name in READABLE:
        if entry.get(name) != leaf.get(name, [] if name == "policies" else None):
            raise Wrong(f"entry {index}: the readable field {name!r} is not what the leaf says")
    return found


def grow(edge, size, leaf_hash):
    """(4) RFC 6962 §2.1: `edge` holds the roots of the complete subtrees at the right edge."""
    while size & 1:
        leaf_hash = hashlib.sha256(b"\x01" + edge.pop() + leaf_hash).digest()
        size >>= 1
    edge.append(leaf_hash)


def root_of(edge):
    if not edge:
        return hashlib.sha256(b"").digest()
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = hashlib.sha256(b"\x01" + left + root).digest()
    return root


def heads_in(line, index, known):
    """(9) What an entry of home's log says of the other cells' logs: no cell missing, none smaller."""
    if b"cells.heads" not in line:
        return
    entry = json.loads(line)
    if entry["kind"] != "cells.heads":
        return
    heads = {one["cell"]: (one["size"], one["root"]) for one in json.loads(entry["leaf"])["public"]["heads"]}
    for cell, before in known.items():
        if cell not in heads:
            raise Wrong(f"entry {index}: it lacks cell {cell}, which an earlier head names")
        if heads[cell][0] < before[-1][0]:
            raise Wrong(f"entry {index}: the log of cell {cell} is smaller than it was before")
    for cell, head in heads.items():
        known.setdefault(cell, []).append(head)


def verify_cells(heads, exports, keys):
    """(10) The export of each cell that home names holds every head of it. Returns how many entries hold.
    Raises Wrong."""
    entries = 0
    for cell in sorted(heads):
        if cell == 0:
            continue
        if cell not in exports:
            raise Wrong(f"cell {cell}: home's log names it, and there is no export of it")
        kept = [(size, bytes.fromhex(root), False) for size, root in heads[cell]]
        try:
            first, size = verify(lines_of(exports[cell]), kept, keys, further=True)
            entries += size - first
        except Wrong as wrong:
            raise Wrong(f"cell {cell}: {wrong}") from wrong
    return entries


def verify(lines, checkpoints, keys=(), heads=None, further=False):
    """Returns the first entry and the size that hold. Raises Wrong. `further` lines than the checkpoints
    cover are not looked at."""
    due, edge, size, proved, first, number = sorted(checkpoints), [], 0, 0, 0, 0
    archived = max((one[0] for one in due if one[2]), default=0)
    if not due:
        raise Wrong("expected a checkpoint")
    covered, lines = due[-1][0], iter(lines)
    while True:
        while due and due[0][0] == size:
            if due.pop(0)[1] != root_of(edge):  # (5)
                what = f"an entry from {proved} to {size - 1} was changed together with its hash"
                raise Wrong(f"entry {proved}: at size {size} the root is not the checkpoint's: {what}")
            proved = size
        line, number = next(lines, None), number + 1
        if line is None or (further and size == covered):
            break
        if line.startswith(BEGINS):  # (2)
            begins, before, stated = check_beginning(line, number, keys)
            if size and (begins, before) != (size, edge):
                raise Wrong(
                    f"entry {size}: expected entry {size}, found a beginning at {begins}: missing, added or "
                    f"reordered"
                )
            if begins > covered:
                raise Wrong(f"entry {begins}: it begins there; the checkpoint covers {covered}")
            if due and due[0][0] < begins:
                raise Wrong(
                    f"entry {due[0][0]}: the checkpoint of {due[0][0]} entries lies before entry {begins}, "
                    f"where this begins: give the archives of what is before it too"
                )
            first, archived = first if size else begins, max(archived, begins if stated else 0)
            size, edge, proved = begins, before, proved if size else begins
            continue
        if size >= covered:  # (6)
            raise Wrong(
                f"entry {size}: entry {size} and what follows are covered by no checkpoint: they may have "
                f"been added"
            )
        grow(edge, size, check_line(line, size, number))
        if heads is not None:
            heads_in(line, size, heads)
        size += 1
        if size % 100_000 == 0 and sys.stderr.isatty():
            print(f"\r{size:,} of {covered:,} entries", end="", file=sys.stderr)
    if size < covered:  # (6)
        raise Wrong(f"entry {size}: the export ends before entry {size}; the checkpoint covers {covered}")
    if first > archived:
        raise Wrong(
            f"entry 0: it begins at entry {first}, and no signed statement says that what is before it was "
            f"archived"
        )
    return first, size


def lines_of(paths):
    """The lines of files, one behind the other; one that is too long comes in pieces, which are none."""
    for path in paths:
        with open(path, "rb") as file:
            yield from iter(lambda: file.readline(LONGEST), b"")


def climb(leaf, index, size, path):
    """RFC 9162 §2.1.3.2: the root that a leaf and its path give."""
    node, last, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for sibling in path:
        if last == 0:
            raise Wrong(f"entry {index}: its path is too long")
        if node & 1 or node == last:
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise Wrong(f"entry {index}: its path is too short")
    return found


def verify_proof(text, keys):
    """Entries that were taken out of the log, each with its path. Prints what they say; returns how many
    hold. Raises Wrong."""
    try:
        proof = json.loads(text, object_pairs_hook=once)
        note = proof["checkpoint"]
        entries = [
            (one["index"], one["leaf"], [base64.b64decode(part, validate=True) for part in one["path"]])
            for one in proof["entries"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Wrong("expected a file with a checkpoint and entries") from error
    size, root, _ = read_by_any(note, keys)
    for index, leaf, path in entries:
        if type(index) is not int or not 0 <= index < size or climb(leaf.encode(), index, size, path) != root:
            raise Wrong(f"entry {index}: it is not in the log that the checkpoint signs")
        said = json.loads(leaf)
        print(
            f"{index}: {said['at']} {said['kind']} {said.get('channel', '')} {said.get('verdict', '')}".rstrip()  # noqa: E501
        )
    return len(entries)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", nargs="?")
    parser.add_argument("checkpoints", nargs="*", metavar="checkpoint")
    parser.add_argument("--proof", metavar="PROOF")
    parser.add_argument("--archive", metavar="ARCHIVE", action="append", default=[])
    parser.add_argument("--key", required=True, action="append")
    parser.add_argument("--cell", action="append", default=[], metavar="N=EXPORT")
    given = parser.parse_args()
    if (given.proof is None) == (given.export is None) or (given.export and not given.checkpoints):
        parser.error("expected an export and a checkpoint, or a proof")
    try:
        if given.proof is not None:
            with open(given.proof, encoding="utf-8") as file:
                print(f"The proof holds: {verify_proof(file.read(), given.key)} entries.")
            return 0
        notes = []
        for path in given.checkpoints:
            with open(path, encoding="utf-8") as file:
                notes.append(read_by_any(file.read(), given.key))
        heads, exports = {}, {}
        for one in given.cell:
            exports.setdefault(int(one.partition("=")[0]), []).append(one.partition("=")[2])
        first, size = verify(lines_of([*given.archive, given.export]), notes, given.key, heads)
        print(f"The log holds: {size - first + verify_cells(heads, exports, given.key)} entries.")
        if first:
            print(f"It begins at entry {first}; what is before it is in archives, which were not looked at.")
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
