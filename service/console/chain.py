"""The log's chain as a page shows it: the tree under the last checkpoint, and whether it only grew since one
that an auditor kept."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.dispatch.runtime import Runtime
from service.log.checkpoint import DASH
from service.log.merkle import node_hash, subtrees
from service.log.read import TreeIncomplete, consistency, current_verifier_keys, known_verifier_keys
from service.log.verify import CheckpointInvalid, KeptCheckpoint, read_checkpoint
from service.store import backlog, log_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How the sequenced log stands."""

    size: int
    note: str | None
    keys: list[str]
    signed: bool
    """The note's signature fits a key of this log."""
    unsequenced: int
    trees: list[tuple[int, int]]
    """The complete subtrees under the root, left to right: their first entry and how many they hold."""
    witnesses: list[tuple[str, datetime | None]]
    """Who cosigned it, and when."""


async def chain_of(runtime: Runtime) -> Chain:
    """The chain as it stands."""
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
        unsequenced = await backlog.unsequenced(connection)
    keys = await current_verifier_keys(runtime.database, runtime.vault)
    if head is None:
        return Chain(
            size=0, note=None, keys=keys, signed=False, unsequenced=unsequenced, trees=[], witnesses=[]
        )
    trees = [(index << level, 1 << level) for level, index in subtrees(0, head.size)]
    return Chain(
        size=head.size,
        note=head.note + head.cosignatures,
        keys=keys,
        signed=_read(head.note, await known_verifier_keys(runtime.database, runtime.vault)) is not None,
        unsequenced=unsequenced,
        trees=trees,
        witnesses=[_witness(line) for line in head.cosignatures.splitlines() if line.startswith(DASH)],
    )


def _witness(line: str) -> tuple[str, datetime | None]:
    """The name in a cosignature's line, and the time that it states."""
    name, _, blob = line.removeprefix(DASH).rpartition(" ")
    try:
        raw = base64.b64decode(blob, validate=True)
        return name, datetime.fromtimestamp(int.from_bytes(raw[4:12], "big"), UTC)
    except (ValueError, OverflowError, OSError):
        return name, None


def _read(note: str, keys: list[str]) -> KeptCheckpoint | None:
    for key in keys:
        try:
            return read_checkpoint(note, key)
        except CheckpointInvalid:
            continue
    return None


async def checked(runtime: Runtime, note: str) -> dict[str, Any]:
    """Whether the log of today extends a checkpoint that was kept: its signature, and a consistency proof
    that is computed here."""
    keys = await known_verifier_keys(runtime.database, runtime.vault)
    kept = _read(note.replace("\r\n", "\n") + "\n", keys)
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
    if kept is None or head is None:
        return {"holds": False, "why": "signature", "size": None}
    if kept.size > head.size:
        return {"holds": False, "why": "shorter", "size": kept.size}
    try:
        proof = await consistency(runtime.database, kept.size, head.size)
    except TreeIncomplete:
        return {"holds": False, "why": "tree", "size": kept.size}
    holds = extends(kept.size, kept.root, head.size, head.root, proof)
    return {"holds": holds, "why": None if holds else "root", "size": kept.size}


def extends(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Whether a consistency proof holds (RFC 9162 §2.1.4.2)."""
    if old in {0, size}:
        return old == 0 or old_root == root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(hash_, first), node_hash(hash_, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, hash_)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root
