"""Reads the log for people: entries newest first, with their detail where the borrower's key still opens it;
proofs and checkpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson

from service.errors import Conflict
from service.ids import SYSTEM, NoticeId
from service.log.encode import decrypt_detail
from service.log.facts_codec import readable
from service.log.keys import every_verifier_key, verifier_keys
from service.log.merkle import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    consistency_proof,
    hash_in_tile,
    inclusion_proof,
    tile_of,
)
from service.store import log_entries, log_tree
from service.store.database import Connection, Database
from service.store.log_decisions import LoggedRow
from service.store.log_entries import EntryFilter, StoredEntry
from service.vault import DecryptionFailed, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """One page of entries; `next_below` continues it, None at the end."""

    items: list[dict[str, Any]]
    next_below: int | None
    numbers: list[int] = field(default_factory=list)
    """The items' own, by which a page that is cut short is continued."""


FindKeys = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, bytes]]]
"""Finds the wrapped data keys of borrowers who are in another cell now."""
R = TypeVar("R", bound=StoredEntry | LoggedRow)


async def with_keys(rows: Sequence[R], find: FindKeys | None) -> list[R]:
    """Rows of the log, with the keys of those whose borrowers have left for another cell."""
    lacking = {row.borrower_id for row in rows if row.data_key is None and row.detail is not None}
    if find is None or not lacking:
        return list(rows)
    keys = await find(sorted(lacking))
    return [cast("R", row._replace(data_key=row.data_key or keys.get(row.borrower_id))) for row in rows]


async def read_entries(
    database: Database, vault: Vault, wanted: EntryFilter, limit: int, keys: FindKeys | None = None
) -> EntryPage:
    """Entries, newest first."""
    async with database.connection() as connection:
        rows = await log_entries.find(connection, wanted, limit + 1)
    rows = await with_keys(rows, keys)
    last = rows[limit - 1].entry_id if len(rows) > limit else None
    return EntryPage(
        items=[entry_document(vault, row) for row in rows[:limit]],
        next_below=last,
        numbers=[row.entry_id for row in rows[:limit]],
    )


def entry_document(vault: Vault, row: StoredEntry) -> dict[str, Any]:
    """An entry as people read it: the leaf's fields, and the detail where it can still be opened."""
    leaf: dict[str, Any] = orjson.loads(row.leaf)
    return {
        "index": row.log_index,
        "at": row.at,
        "kind": row.kind,
        "actor": row.actor,
        "borrower": None if row.borrower_id == SYSTEM else row.borrower_id.hex,
        "notice": None if row.notice_no is None else str(NoticeId(row.borrower_id, row.notice_no)),
        "channel": row.channel,
        "attempt": leaf.get("attempt"),
        "verdict": row.verdict,
        "policies": row.policies or [],
        "public": leaf.get("public", {}),
        "detail": _detail(vault, row, leaf),
        "leaf": row.leaf,
    }


def _detail(vault: Vault, row: StoredEntry, leaf: dict[str, Any]) -> Any:
    if "commitment" not in leaf:
        return leaf.get("detail")
    if row.detail is None or row.data_key is None:
        return {"erased": True}
    try:
        detail, holds = decrypt_detail(vault.unwrap(row.data_key), leaf, row.detail)
    except DecryptionFailed:
        return {"unreadable": True}
    if not holds:
        return {"unreadable": True, "commitment": "does not fit"}
    return detail | {"facts": readable(detail["facts"])} if "facts" in detail else detail


async def latest_checkpoint(database: Database) -> str | None:
    """The last signed note with the cosignatures it has, or None before the first."""
    async with database.connection() as connection:
        head = await log_tree.head(connection)
    return None if head is None else head.note + head.cosignatures


async def checkpoint_of(database: Database, size: int) -> str | None:
    """The signed note of this very size with the cosignatures it has, or None where nobody signed one."""
    async with database.connection() as connection:
        return await log_tree.note_of(connection, size)


async def current_verifier_keys(database: Database, vault: Vault) -> list[str]:
    """The verifier keys, the newest first."""
    async with database.transaction() as connection:
        return await verifier_keys(connection, vault)


async def known_verifier_keys(database: Database, vault: Vault) -> list[str]:
    """The verifier keys of every name and key that ever signed, the newest first: what this store takes for a
    checkpoint of its own."""
    async with database.transaction() as connection:
        return await every_verifier_key(connection, vault)


async def inclusion(database: Database, index: int, size: int) -> list[bytes]:
    """The audit path of RFC 6962 §2.1.1. Raises ValueError outside the sequenced log, and TreeIncomplete."""
    async with database.connection() as connection:
        await _check_size(connection, size)
        tiles = await _tiles(connection, lambda read: inclusion_proof(index, size, read))
    return inclusion_proof(index, size, lambda level, at: _hash(tiles, level, at))


async def consistency(database: Database, old: int, size: int) -> list[bytes]:
    """The consistency proof of RFC 6962 §2.1.2. Raises ValueError outside the sequenced log, and
    TreeIncomplete."""
    async with database.connection() as connection:
        await _check_size(connection, size)
        tiles = await _tiles(connection, lambda read: consistency_proof(old, size, read))
    return consistency_proof(old, size, lambda level, at: _hash(tiles, level, at))


class TreeIncomplete(Conflict):
    """The stored tree lacks hashes that a proof needs: tables were changed, or a restore left them out."""


def _hash(tiles: Mapping[tuple[int, int], bytes], level: int, index: int) -> bytes:
    """The hash of a subtree. Raises TreeIncomplete where the store has none."""
    tile, inner = tiles.get(tile_of(level, index), b""), level % TILE_HEIGHT
    if len(tile) < ((((index << inner) % TILE_WIDTH) + (1 << inner)) * HASH_BYTES):
        raise TreeIncomplete("the stored tree lacks hashes that this proof needs: run forbear log verify")
    return hash_in_tile(tile, level, index)


async def _check_size(connection: Connection, size: int) -> None:
    head = await log_tree.head(connection)
    if head is None or size > head.size:
        raise ValueError(
            f"the sequenced log has {0 if head is None else head.size} entries, asked for {size}"
        )


async def _tiles(connection: Connection, prove: Any) -> dict[tuple[int, int], bytes]:
    """The tiles that a proof needs: a dry run tells which."""
    wanted: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        wanted.add(tile_of(level, index))
        return bytes(32)

    prove(note)
    return await log_tree.read_tiles(connection, sorted(wanted)) if wanted else {}
