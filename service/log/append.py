"""Appends entries in the transaction that does the deed: either both are there, or neither."""

from __future__ import annotations

from collections.abc import Sequence

from service.log.encode import EncodedEntry, Entry, encode
from service.store import log_entries
from service.store.database import Connection

__all__ = ["Entry", "append"]


async def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries; they get their index when they are sealed."""
    if not entries:
        return
    await log_entries.insert(connection, [_row(entry, encode(entry)) for entry in entries])


def _row(entry: Entry, encoded: EncodedEntry) -> tuple[object, ...]:
    """In the order of the store's columns."""
    return (
        entry.borrower,
        entry.at,
        entry.kind,
        entry.actor,
        entry.notice_no,
        entry.channel,
        entry.verdict,
        entry.policies or None,
        encoded.leaf,
        encoded.detail,
    )
