"""Two hundred tamperings of exports and two hundred of tables, seeded: every one is found, and the right entry named; those of exports
also by the auditor's own file."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.log.checkpoint import Checkpoint, sign
from service.log.keys import ORIGIN
from service.log.verify import LONGEST, CheckpointInvalid, KeptCheckpoint, lines_of, read_checkpoint, verify_lines
from service.log.verify_store import verify_store

ENTRIES, HALF = 600, 307
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What an auditor has: an export, two checkpoints, a key."""

    lines: list[bytes]
    notes: list[str]
    key: str

    @property
    def checkpoints(self) -> list[KeptCheckpoint]:
        return [read_checkpoint(note, self.key) for note in self.notes]


@pytest.fixture
async def kept(ledger: Any) -> Kept:
    """A log that was sealed twice."""
    await ledger.write(HALF)
    first = await ledger.seal()
    await ledger.write(ENTRIES - HALF, first=HALF)
    notes = [first, await ledger.seal()]
    return Kept(lines=await ledger.lines(), notes=notes, key=(await ledger.keys())[0])


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
        entry["leaf"] = entry["leaf"][:place] + chr(ord(entry["leaf"][place]) ^ 1) + entry["leaf"][place + 1 :]

    lines[at] = edited(lines[at], change)
    return at


def flip_readable(lines: list[bytes], at: int, dice: random.Random) -> int:
    name = dice.choice(["at", "kind", "actor", "borrower", "notice", "channel", "verdict", "policies"])
    lines[at] = edited(lines[at], lambda entry: entry.update({name: "other" if name != "policies" else ["other@1"]}))
    return at


def flip_hash(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines[at] = edited(lines[at], lambda entry: entry.update({"hash": dice.randbytes(32).hex()}))
    return at


def renumber(lines: list[bytes], at: int, dice: random.Random) -> int:
    lines[at] = edited(lines[at], lambda entry: entry.update({"index": entry["index"] + dice.choice([-1, 1, 1000])}))
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


EXPORT = [flip_leaf, flip_readable, flip_hash, renumber, delete, insert, swap, swap_content, truncate, cut_line, add_at_end, rewrite]


async def test_two_hundred_tampered_exports(kept: Kept, stranger: ModuleType) -> None:
    for seed in range(ROUNDS):
        dice = random.Random(seed)
        tamper, lines = EXPORT[seed % len(EXPORT)], list(kept.lines)
        expected = tamper(lines, dice.randrange(ENTRIES), dice)
        found = ours(kept, lines)
        assert found is not None, f"{tamper.__name__}, seed {seed}: not found"
        assert expected == found[0], f"{tamper.__name__}, seed {seed}: {found}"
        assert (theirs(stranger, kept, lines) or "").startswith(f"entry {expected}: "), f"{tamper.__name__}, seed {seed}"


def with_leaf(leaf: str) -> Callable[[bytes], bytes]:
    """The line with another leaf, and the hash that fits it."""
    digest = hashlib.sha256(b"\x00" + leaf.encode("utf-8", "surrogatepass")).hexdigest()
    return lambda line: edited(line, lambda entry: entry.update({"leaf": leaf, "hash": digest}))


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "a field twice": lambda line: line.replace(b'{"index":', b'{"index":7,"index":', 1),
    "a field that no leaf says": lambda line: edited(line, lambda entry: entry.update({"outcome": "delivered"})),
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
    size, root = note.split("\n")[1:3]
    return sign(Checkpoint(origin=ORIGIN, size=int(size), root=base64.b64decode(root)), Ed25519PrivateKey.generate())


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
async def test_a_checkpoint_that_the_key_did_not_sign_is_refused(kept: Kept, stranger: ModuleType, spoil: Callable[[str], str]) -> None:
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


# The tables, as somebody with the password of the database can change them.

TABLES = {
    "flip a leaf": (
        "UPDATE log_entries SET leaf = overlay(leaf PLACING '#' FROM $2::int) WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int)"
    ),
    "change a readable column": (
        "UPDATE log_entries SET kind = 'other' WHERE $2::int > 0 AND entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int)"
    ),
    "change an instant": (
        "UPDATE log_entries SET at = at + interval '1 second' * $2::int WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int)"
    ),
    "delete an entry": "DELETE FROM log_entries WHERE $2::int > 0 AND entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int)",
    "delete a number": "DELETE FROM numbered WHERE index = $1::int AND $2::int > 0",
    "swap two entries": (
        "UPDATE numbered s SET entry_id = o.entry_id FROM numbered o"
        " WHERE $2::int > 0 AND s.index IN ($1::int, ($1::int + 11) % 600) AND o.index IN ($1::int, ($1::int + 11) % 600) AND o.index <> s.index"
    ),
    "change a sealed hash": (
        "UPDATE log_tiles SET hashes = overlay(hashes PLACING decode(repeat('00', 32), 'hex') FROM ($1::int % 256) * 32 + 1)"
        " WHERE $2::int > 0 AND level = 0 AND tile = $1::int / 256"
    ),
    "shorten a tile": "UPDATE log_tiles SET hashes = substring(hashes FOR ($1::int % 256) * 32) WHERE $2::int > 0 AND level = 0 AND tile = $1::int / 256",
    "change an inner hash": (
        "UPDATE log_tiles SET hashes = set_byte(hashes, $1::int % 2 * 32, (get_byte(hashes, $1::int % 2 * 32) + $2::int) % 256) WHERE level = 1"
    ),
    "delete the end": "DELETE FROM numbered WHERE index >= $1::int AND $2::int > 0",
    "delete the end and the checkpoint that covers it": (
        "WITH gone AS (DELETE FROM log_checkpoints WHERE size > $1::int) DELETE FROM numbered WHERE index >= $1::int AND $2::int > 0"
    ),
    "add at the end": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, leaf FROM log_entries WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int)"
        " RETURNING entry_id) INSERT INTO numbered SELECT 600, entry_id FROM added WHERE $2::int > 0"
    ),
    "insert an entry": (
        "WITH added AS (INSERT INTO log_entries (borrower_id, at, kind, actor, leaf)"
        " SELECT borrower_id, at, kind, actor, overlay(leaf PLACING '#' FROM $2::int) FROM log_entries"
        " WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int) RETURNING entry_id),"
        " moved AS (UPDATE numbered SET index = index + 1 WHERE index >= $1::int)"
        " INSERT INTO numbered SELECT $1::int, entry_id FROM added"
    ),
    "change an entry with its hash": (
        "WITH changed AS (UPDATE log_entries SET leaf = replace(leaf, '\"number\":', '\"number\":' || ($2::int % 9 + 1))"
        " WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1::int) RETURNING leaf)"
        " UPDATE log_tiles SET hashes = overlay(hashes PLACING sha256('\\x00'::bytea || convert_to(leaf, 'UTF8')) FROM ($1::int % 256) * 32 + 1)"
        " FROM changed WHERE level = 0 AND tile = $1::int / 256"
    ),
}
UNFOLD = (
    "DROP TABLE IF EXISTS numbered",
    (
        "CREATE TEMP TABLE numbered AS SELECT first + place - 1 AS index, entry_id"
        " FROM log_sequence, unnest(entries) WITH ORDINALITY n (entry_id, place)"
    ),
)
"""One row for each entry, to be changed by the statements above."""
FOLD = (
    "DELETE FROM log_sequence",
    (
        "INSERT INTO log_sequence (first, entries, span)"
        " SELECT min(index), array_agg(entry_id ORDER BY index), int8range(min(entry_id), max(entry_id), '[]')"
        " FROM (SELECT *, index - row_number() OVER (ORDER BY index) AS island FROM numbered) n GROUP BY index / 256, island"
    ),
)


def named(what: str, at: int) -> int:
    """The entry that must be named."""
    match what:
        case "swap two entries":
            return min(at, (at + 11) % ENTRIES)
        case "change an inner hash":
            return 0
        case "add at the end":
            return ENTRIES
        case "change an entry with its hash":
            return 0 if at < HALF else HALF  # between two kept checkpoints, no closer
        case _:
            return at


async def test_two_hundred_tampered_tables(kept: Kept, ledger: Any) -> None:
    database = ledger.api.desk.database
    assert (await verify_store(database, kept.checkpoints)).holds
    async with database.connection() as operator:
        await save(operator)
        for seed in range(ROUNDS):
            dice = random.Random(1000 + seed)
            what = list(TABLES)[seed % len(TABLES)]
            at, number = dice.randrange(ENTRIES), dice.randint(1, 200)
            await operator.execute(TABLES[what], at, number)
            for statement in FOLD:
                await operator.execute(statement)
            report = await verify_store(database, kept.checkpoints)
            assert not report.holds, f"{what}, seed {seed}: not found"
            assert named(what, at) == report.findings[0].index, f"{what} at {at}, seed {seed}: {report.findings}"
            await restore(operator)
    assert (await verify_store(database, kept.checkpoints)).holds


async def test_a_log_that_was_rebuilt_and_signed_anew_is_found_by_who_kept_a_checkpoint(kept: Kept, ledger: Any) -> None:
    """The operator changes an entry, computes every hash again and signs with a key of their own that they put in the place of the
    old one. To itself the log holds; the kept key refuses its checkpoint, and the kept checkpoint names where it differs."""
    desk = ledger.api.desk
    for seed in range(6):
        at = random.Random(seed).randrange(ENTRIES)
        async with desk.database.connection() as operator:
            await save(operator)
            await operator.execute(
                "UPDATE log_entries SET leaf = replace(leaf, '\"number\":', '\"number\":7') WHERE entry_id = (SELECT entry_id FROM numbered WHERE index = $1)",
                at,
            )
            await operator.execute("DELETE FROM keyring WHERE name = 'log'")
            for table in ("log_sequence", "log_tiles", "log_checkpoints"):
                await operator.execute(f"DELETE FROM {table}")
            forged_note = await ledger.seal()
            assert (await verify_store(desk.database, [read_checkpoint(forged_note, (await ledger.keys())[0])])).holds
            with pytest.raises(CheckpointInvalid):
                read_checkpoint(forged_note, kept.key)
            report = await verify_store(desk.database, kept.checkpoints)
            assert (0 if at < HALF else HALF) == (None if report.holds else report.findings[0].index)
            await restore(operator)


SAVED = ("log_entries", "log_sequence", "log_tiles", "log_checkpoints", "keyring")


async def save(operator: Any) -> None:
    """Keep the rows as they are, in tables that end with the session."""
    for name in SAVED:
        await operator.execute(f"DROP TABLE IF EXISTS saved_{name}")
        await operator.execute(f"CREATE TEMP TABLE saved_{name} AS SELECT * FROM {name}")
    for statement in UNFOLD:
        await operator.execute(statement)


async def restore(operator: Any) -> None:
    """Put the rows back as they were."""
    async with operator.transaction():
        for name in SAVED:
            await operator.execute(f"DELETE FROM {name}")
            overriding = "OVERRIDING SYSTEM VALUE" if name == "log_entries" else ""
            await operator.execute(f"INSERT INTO {name} {overriding} SELECT * FROM saved_{name}")
        for statement in UNFOLD:
            await operator.execute(statement)
