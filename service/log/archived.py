"""Where an entry is that is not here any more, in one sentence, and the entries of an archive's file as the
store would give them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from service.errors import Conflict
from service.ids import SYSTEM, NoticeId
from service.store import log_archives
from service.store.database import Connection
from service.store.log_archives import Archive
from service.store.log_entries import StoredEntry

DETAILS = ".details"
"""Behind an archive's name: the file with the encrypted details."""


async def where_is(connection: Connection, index: int) -> str | None:
    """Where an entry lies that was archived and dropped; None for one that was not."""
    if index >= await log_archives.first(connection):
        return None
    found = await log_archives.of_index(connection, index)
    return None if found is None else f"entry {index} is {_said(found)}"


async def what_is_gone(connection: Connection) -> str | None:
    """What was archived and dropped; None where nothing was."""
    first = await log_archives.first(connection)
    found = [one for one in await log_archives.every(connection) if one.first < first]
    return "; ".join(_said(one) for one in reversed(found)) or None


def _said(one: Archive) -> str:
    day = one.archived_at.date().isoformat()
    return f"in the archive of entries {one.first} to {one.size - 1} of {day}: {one.place}"


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


async def read_archive(
    connection: Connection, path: Path, wanted: Callable[[dict[str, Any]], bool]
) -> list[StoredEntry]:
    """The entries of an archive for which `wanted` holds, with their details where the borrowers' keys are
    still here. Raises Conflict for files that are not what the log tells of; OSError."""
    archive = await log_archives.with_digest(connection, digest_of(path))
    beside = path.with_name(path.name + DETAILS)
    if archive is None or digest_of(beside) != archive.details_digest:
        raise Conflict(
            f"{path} or {beside} is not what the log tells of: it was changed, or is of another log"
        )
    lines = {one["index"]: one for one in _read(path) if "index" in one and wanted(one)}
    details = {one["index"]: one["detail"] for one in _read(beside) if one["index"] in lines}
    borrowers = {UUID(hex=one["borrower"]) for one in lines.values() if one["borrower"]}
    keys = await log_archives.data_keys(connection, sorted(borrowers))
    return [_stored(one, details.get(index), keys) for index, one in sorted(lines.items())]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        yield from map(orjson.loads, file)


def _stored(line: dict[str, Any], detail: str | None, keys: dict[UUID, bytes]) -> StoredEntry:
    borrower = UUID(hex=line["borrower"]) if line["borrower"] else SYSTEM
    notice = NoticeId.parse(line["notice"] or "")
    return StoredEntry(
        borrower_id=borrower,
        entry_id=line["index"],
        at=datetime.fromisoformat(line["at"]),
        kind=line["kind"],
        actor=line["actor"],
        notice_no=None if notice is None else notice.number,
        channel=line["channel"],
        verdict=line["verdict"],
        policies=line["policies"],
        leaf=line["leaf"],
        detail=None if detail is None else base64.b64decode(detail),
        data_key=keys.get(borrower),
        log_index=line["index"],
    )
