"""Proofs that an auditor takes away: entries with their paths to the root that a checkpoint signs, in one
file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.dispatch.audit.notices import read_notice
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.errors import Forbidden, NotFound
from service.ids import NoticeId
from service.log.archived import where_is
from service.log.merkle import leaf_hash, node_hash
from service.log.read import TreeIncomplete, entry_document, inclusion, with_keys
from service.model.actor import Actor
from service.store import log_entries, log_tree

MOST = 200
"""Entries of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step from a leaf towards the root: the sibling that is given, and what is computed with it."""

    sibling: bytes
    is_left: bool
    """The sibling stands to the left."""
    level: int
    result: bytes


def climb(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> list[Step]:
    """The steps of a path from the hash of a leaf (RFC 9162 §2.1.3.2); the last one's result is the root.
    Raises ValueError where the path has another length than such a leaf's."""
    node, last, found, level = index, size - 1, list[Step](), 0
    result = leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            found.append(Step(sibling=sibling, is_left=True, level=level, result=result))
            while not node & 1 and node:
                node, last, level = node >> 1, last >> 1, level + 1
        else:
            result = node_hash(result, sibling)
            found.append(Step(sibling=sibling, is_left=False, level=level, result=result))
        node, last, level = node >> 1, last >> 1, level + 1
    if last:
        raise ValueError("the path is too short")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An entry with its way to the root of the last checkpoint."""

    entry: dict[str, Any]
    size: int
    root: bytes
    leaf_hash: bytes
    steps: tuple[Step, ...]
    why_not: str | None = None
    """Why there is no way: the stored tree lacks hashes of it."""

    @property
    def holds(self) -> bool:
        """Whether the way ends at the root that was signed."""
        return self.why_not is None and (self.steps[-1].result if self.steps else self.leaf_hash) == self.root


async def prove(runtime: Runtime, index: int, actor: Actor) -> Proven:
    """An entry and its way to the root, computed here from the stored tree. Raises NotFound where no
    sequenced entry has this index, and Forbidden for a limited key whose business it is not."""
    async with runtime.database.connection() as connection:
        row = await log_entries.one(connection, index)
        head = await log_tree.head(connection)
        where = await where_is(connection, index) if row is None else None
    if row is None or head is None or index >= head.size:
        raise NotFound(
            where
            or f"no sequenced entry has the index {index}; an entry is sequenced within a second of being "
            "written"
        )
    await _check(runtime, row.borrower_id, row.notice_no, actor)
    [row] = await with_keys([row], keys_elsewhere(runtime))
    leaf, why_not, path = leaf_hash(row.leaf.encode()), None, None
    try:
        path = await inclusion(runtime.database, index, head.size)
    except TreeIncomplete as error:
        why_not = error.detail
    return Proven(
        entry=entry_document(runtime.vault, row),
        size=head.size,
        root=head.root,
        leaf_hash=leaf,
        steps=() if path is None else tuple(climb(leaf, index, head.size, path)),
        why_not=why_not,
    )


async def _check(runtime: Runtime, borrower: Any, notice_no: int | None, actor: Actor) -> None:
    if actor.creditors is None:
        return
    if notice_no is None:
        raise Forbidden("this key is limited to creditors: it reads the log of their notices alone")
    await read_notice(runtime, NoticeId(borrower, notice_no), actor)


async def proof_file(runtime: Runtime, indexes: Sequence[int], actor: Actor) -> dict[str, Any]:
    """A file with these entries, their paths and the checkpoint that covers them: docs/verify_log.py verifies
    it with `--proof`.

    Raises NotFound as `prove` does, and where the log is not sequenced yet; TreeIncomplete where the stored
    tree lacks hashes of it."""
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
    if head is None:
        raise NotFound("nothing is sequenced yet")
    size, entries = head.size, []
    for index in sorted(set(indexes))[:MOST]:
        async with runtime.database.connection() as connection:
            row = await log_entries.one(connection, index)
            where = await where_is(connection, index) if row is None else None
        if row is None or index >= size:
            raise NotFound(where or f"no sequenced entry has the index {index}")
        await _check(runtime, row.borrower_id, row.notice_no, actor)
        path = await inclusion(runtime.database, index, size)
        entries.append(
            {"index": index, "leaf": row.leaf, "path": [base64.b64encode(one).decode() for one in path]}
        )
    return {"checkpoint": head.note + head.cosignatures, "entries": entries}
