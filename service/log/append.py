"""Appends entries in the transaction that does the deed: either both are there, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.log.encode import encode, public_part
from service.log.entry import Entry
from service.store import log_entries
from service.store.database import Connection

__all__ = ["Entry", "append", "append_packed", "packed", "public_part"]


async def append(connection: Connection, entries: Iterable[Entry]) -> None:
    """Append entries; they get their index when they are sequenced."""
    await append_packed(connection, [packed(entry) for entry in entries])


async def append_packed(connection: Connection, rows: Sequence[bytes]) -> None:
    """The same for entries that were packed one by one."""
    if rows:
        await log_entries.insert(connection, rows)


def packed(entry: Entry) -> bytes:
    """An entry as it is stored: its leaf encoded, its detail encrypted."""
    leaf, detail = encode(entry)
    return log_entries.packed(
        borrower_id=entry.borrower,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        notice_no=entry.notice_no,
        channel=entry.channel,
        verdict=entry.verdict,
        policies=entry.policies,
        leaf=leaf,
        detail=detail,
    )
