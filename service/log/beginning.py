"""What an export begins with where older entries were archived: the signed statement that they were, with
the size
and root of what was before, and the subtrees that make that root, so that the rest grows the same tree.

Such a statement is a checkpoint with a line more, `archived`. Nobody without the log's key can make one: who
can write to the tables alone cannot let entries pass for archived. And none is signed of a tree that was not
signed before, or beyond what a former statement says."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import orjson

from service.errors import Conflict
from service.log.checkpoint import ARCHIVED, Checkpoint, sign
from service.log.keys import every_verifier_key, signing_keys, verifier_keys
from service.log.merkle import hash_in_tile, root_of, subtrees, tile_of
from service.log.origin import signing_name
from service.log.verify import CheckpointInvalid, KeptCheckpoint, read_by_any
from service.store import log_archives, log_tree
from service.store.database import Connection
from service.store.log_archives import Archive, SignedSize
from service.vault import Vault


async def beginning(connection: Connection, vault: Vault, size: int) -> bytes:
    """The line before the entry `size`, which is above 0. Raises Conflict where the stored tree is not what
    was signed, or no statement says that so much was archived."""
    archives = await log_archives.every(connection)
    stated = stated_by(archives, await every_verifier_key(connection, vault))
    if max((one.size for one in stated), default=0) < size:
        raise Conflict(
            f"the log begins at entry {size}, and no statement of this log's keys says that what is before "
            f"it was archived: run forbear log verify"
        )
    wanted = subtrees(0, size)
    tiles = await log_tree.read_tiles(connection, sorted({tile_of(level, index) for level, index in wanted}))

    def read(level: int, index: int) -> bytes:
        return hash_in_tile(tiles.get(tile_of(level, index), b""), level, index)

    await _signed(connection, vault, size, root_of(size, read))
    note = await statement(connection, vault, size, root_of(size, read))
    edge = [base64.b64encode(read(level, index)).decode() for level, index in wanted]
    return orjson.dumps({"begins": size, "edge": edge, "checkpoint": note}, option=orjson.OPT_APPEND_NEWLINE)


def stated_by(archives: Sequence[Archive], keys: Sequence[str]) -> list[KeptCheckpoint]:
    """What the statements of archives say that one of these keys signed."""
    found: list[KeptCheckpoint] = []
    for one in archives:
        try:
            read = read_by_any(one.note, keys)
        except CheckpointInvalid:
            continue
        if read.archived and read.size == one.size:
            found.append(read)
    return found


async def statement(connection: Connection, vault: Vault, size: int, root: bytes) -> str:
    """The signed statement that what is before `size` was archived. The caller knows that this root was
    signed."""
    origin, _ = await signing_name(connection)
    one = Checkpoint(origin=origin, size=size, root=root, extension=ARCHIVED)
    return sign(one, *await signing_keys(connection, vault))


async def checkpoint_now(connection: Connection, vault: Vault, size: int, root: bytes) -> str:
    """The checkpoint of this size by a key and name that sign now: the one of then, with its cosignatures, or
    where those have changed since the same statement signed again. Raises Conflict as `beginning`."""
    signed = await _signed(connection, vault, size, root)
    try:
        read_by_any(signed.note, await verifier_keys(connection, vault))
    except CheckpointInvalid:
        origin, _ = await signing_name(connection)
        keys = await signing_keys(connection, vault)
        return sign(Checkpoint(origin=origin, size=size, root=root), *keys)
    return signed.note + signed.cosignatures


async def _signed(connection: Connection, vault: Vault, size: int, root: bytes) -> SignedSize:
    """The checkpoint that was signed of this size. Raises Conflict where it is not of this root."""
    signed = await log_archives.signed_at(connection, size)
    try:
        keys = await every_verifier_key(connection, vault)
        read = None if signed is None else read_by_any(signed.note, keys)
    except CheckpointInvalid:
        read = None
    if signed is None or read is None or (read.size, read.root) != (size, root):
        raise Conflict(
            f"the stored tree before entry {size} is not what was signed of it: run forbear log verify"
        )
    return signed
