"""Two hundred tamperings of exports, seeded: every one is found, and the right entry named, also by the
auditor's own file."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.log.checkpoint import Checkpoint, sign
from service.log.verify import LONGEST, CheckpointInvalid, lines_of, read_checkpoint, verify_lines
from tests.log.kept import ENTRIES, HALF, Kept

ROUNDS = 200


@pytest.fixture(scope="session")
def stranger() -> ModuleType:
    """docs/verify_log.py, as an auditor runs it."""
    path = Path(__file__).parents[2] / "docs" / "verify_log.py"
    spec = importlib.util.spec_from_file_location("verify_log", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(kept: Kept, lines: list[bytes]) -> tuple[int | None, str] | None:
    """What our verifier finds first."""
    report = verify_lines(lines, kept.checkpoints)
    return None if report.holds else (report.findings[0].index, report.findings[0].what)


def theirs(stranger: ModuleType, kept: Kept, lines: list[bytes]) -> str | None:
    """What the auditor's own file finds first."""
    try:
        stranger.verify(lines, [stranger.read_checkpoint(note, kept.key) for note in kept.notes])
    except stranger.Wrong as wrong:
        return str(wrong)
    return None


async def test_an_untouched_export_holds(kept: Kept, stranger: ModuleType) -> None:
    assert ENTRIES == len(kept.lines)
    assert ours(kept, kept.lines) is None
    assert theirs(stranger, kept, kept.lines) is None


def edited(line: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A line that was read, changed and written again."""
    entry = json.loads(line)
    change(entry)
    return json.dumps(entry).encode() + b"\n"


def flip_leaf(lines: list[bytes], at: int, dice: random.Random) -> int:
    def change(entry: dict[str, Any]) -> None:
        place = dice.randrange(len(entry["leaf"]))
        entry["leaf"] = (
            entry["leaf"][:place] + chr(ord(entry["leaf"][place]) ^ 1) + entry["leaf"][place + 1 :]
        )

    lines[at] = edited(lines[at], change)
    return at


def flip_readable(lines: list[bytes], at: int, dice: random.Random) -> int:
    name = dice.choice(["at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies"])
    lines[at] = edited(
        lines[at], lambda entry: entry.update({name: "other" if name != "policies" else ["other@1"]})
    )
    return at


def flip_hash(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines[at] = edited(lines[at], lambda entry: entry.update({"hash": dice.randbytes(32).hex()}))
    return at


def renumber(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines[at] = edited(
        lines[at], lambda entry: entry.update({"index": entry["index"] + dice.choice([-1, 1, 1000])})
    )
    return at


def delete(lines: list[bytes], at: int, dice: random.Random) -> int:
    del lines[at : at + dice.randint(1, 3)]
    return at


def insert(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines.insert(at, lines[dice.randrange(len(lines))])
    return at if lines[at] != lines[at + 1] else at + 1


def swap(lines: list[bytes], at: int, dice: random.Random) -> int:
    other = dice.choice([one for one in range(len(lines)) if one != at])
    lines[at], lines[other] = lines[other], lines[at]
    return min(at, other)


def swap_content(lines: list[bytes], at: int, dice: random.Random) -> int:
    """The lines keep their numbers and exchange everything else, hashes included."""
    other = dice.choice([one for one in range(len(lines)) if one != at])
    first, second = json.loads(lines[at]), json.loads(lines[other])
    lines[at] = json.dumps({**second, "index": at}).encode() + b"\n"
    lines[other] = json.dumps({**first, "index": other}).encode() + b"\n"
    return 0 if min(at, other) < HALF else HALF


def truncate(lines: list[bytes], at: int, dice: random.Random) -> int:
    del dice, lines[at:]
    return at


def cut_line(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines[at] = lines[at][: dice.randrange(1, len(lines[at]) - 2)]
    return at


def add_at_end(lines: list[bytes], at: int, dice: random.Random) -> int:
    del at, dice
    lines.append(edited(lines[-1], lambda entry: entry.update({"index": entry["index"] + 1})))
    return ENTRIES


def rewrite(lines: list[bytes], at: int, dice: random.Random) -> int:
    """Whoever changes a leaf together with its hash is found at the next checkpoint, which bounds where."""
    from service.log.merkle import leaf_hash

    def change(entry: dict[str, Any]) -> None:
        entry["leaf"] = entry["leaf"].replace('"number":', f'"number":{dice.randint(1, 9)}')
        entry["hash"] = leaf_hash(entry["leaf"].encode()).hex()

    lines[at] = edited(lines[at], change)
    return 0 if at < HALF else HALF


EXPORT = [
    flip_leaf,
    flip_readable,
    flip_hash,
    renumber,
    delete,
    insert,
    swap,
    swap_content,
    truncate,
    cut_line,
    add_at_end,
    rewrite,
]


@pytest.mark.parametrize("rounds", [50, pytest.param(ROUNDS, marks=pytest.mark.slow)])
async def test_every_tampered_export_is_found(kept: Kept, stranger: ModuleType, rounds: int) -> None:
    for seed in range(rounds):
        dice = random.Random(seed)
        tamper, lines = EXPORT[seed % len(EXPORT)], list(kept.lines)
        expected = tamper(lines, dice.randrange(ENTRIES), dice)
        found = ours(kept, lines)
        assert found is not None, f"{tamper.__name__}, seed {seed}: not found"
        assert expected == found[0], f"{tamper.__name__}, seed {seed}: {found}"
        assert (theirs(stranger, kept, lines) or "").startswith(f"entry {expected}: "), (
            f"{tamper.__name__}, seed {seed}"
        )


def with_leaf(leaf: str) -> Callable[[bytes], bytes]:
    """The line with another leaf, and the hash that fits it."""
    digest = hashlib.sha256(b"\x00" + leaf.encode("utf-8", "surrogatepass")).hexdigest()
    return lambda line: edited(line, lambda entry: entry.update({"leaf": leaf, "hash": digest}))


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "a field twice": lambda line: line.replace(b'{"index":', b'{"index":7,"index":', 1),
    "a field that no leaf says": lambda line: edited(
        line, lambda entry: entry.update({"outcome": "delivered"})
    ),
    "a byte order mark": lambda line: b"\xef\xbb\xbf" + line,
    "a leaf that is a list": with_leaf("[1]"),
    "a leaf that is a number": with_leaf("7"),
    "a leaf that is nothing": with_leaf("null"),
    "a leaf that nests deep": with_leaf("[" * 100_000),
    "a leaf with half a character": with_leaf('{"at":"\ud800"}'),
    "a line that nests deep": lambda line: b"[" * 100_000 + line,
    "a line that is too long": lambda line: line[:-2] + b" " * LONGEST + line[-2:],
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
async def test_a_line_that_no_log_wrote_is_named_and_breaks_nothing(
    kept: Kept, stranger: ModuleType, spoil: Callable[[bytes], bytes]
) -> None:
    """Both verifiers answer with the entry, in bounded memory, and never by a trace."""
    at = 5
    export = io.BytesIO(b"".join([*kept.lines[:at], spoil(kept.lines[at]), *kept.lines[at + 1 :]]))
    lines = list(lines_of(export))
    assert max(map(len, lines)) <= LONGEST
    assert (at, "line 6 is no entry") == ours(kept, lines)
    assert "entry 5: line 6 is no entry" == theirs(stranger, kept, lines)


def forged(note: str) -> str:
    """The same statement under another key of the same name."""
    origin, size, root = note.split("\n")[:3]
    return sign(
        Checkpoint(origin=origin, size=int(size), root=base64.b64decode(root)), Ed25519PrivateKey.generate()
    )


@pytest.mark.parametrize(
    "spoil",
    [
        forged,
        lambda note: note.replace("\n600\n", "\n599\n"),
        lambda note: note.replace("—", "-"),
        lambda note: note.rpartition("— ")[0],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: "another.example/log\n" + note.partition("\n")[2],
        lambda note: note[:-10] + ("A" if note[-10] != "A" else "B") + note[-9:],
        lambda note: "",
    ],
    ids=["re-signed", "size", "dash", "signature gone", "no blank line", "origin", "bit", "empty"],
)
async def test_a_checkpoint_that_the_key_did_not_sign_is_refused(
    kept: Kept, stranger: ModuleType, spoil: Callable[[str], str]
) -> None:
    note = spoil(kept.notes[1])
    with pytest.raises(CheckpointInvalid):
        read_checkpoint(note, kept.key)
    with pytest.raises(stranger.Wrong):
        stranger.read_checkpoint(note, kept.key)


async def test_the_auditor_s_file_reads_signatures_as_the_library_does(stranger: ModuleType) -> None:
    """RFC 8032, checked against the library on keys and messages of all kinds, with one bit changed each."""
    dice = random.Random(7)
    for size in (0, 1, 31, 64, 500):
        key = Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))
        message, public = dice.randbytes(size), key.public_key().public_bytes_raw()
        signature = key.sign(message)
        assert stranger.signed_by(public, message, signature)
        place = dice.randrange(64)
        spoiled = bytearray(signature)
        spoiled[place] ^= 1 << dice.randrange(8)
        try:
            assert not stranger.signed_by(public, message, bytes(spoiled))
        except stranger.Wrong:
            assert place < 32
        assert not stranger.signed_by(public, message + b"x", signature)
