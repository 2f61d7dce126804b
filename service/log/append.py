"""Appends entries in the transaction that does the deed: either both are there, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.log.encode import encode, public_part
from service.log.entry import Entry
from service.store import log_entries
from service.store.copies import Rows, copy_all
from service.store.database import Connection

__all__ = ["Entry", "append", "copied", "packed", "public_part", "rows_of"]


async def append(connection: Connection, entries: Iterable[Entry]) -> None:
    """Append entries; they get their index when they are sequenced."""
    rows = copied(entries)
    if rows.packed:
        await copy_all(connection, [rows])


def copied(entries: Iterable[Entry]) -> Rows:
    """Entries, as they are copied together with other tables' rows."""
    return rows_of([packed(entry) for entry in entries])


def rows_of(rows: Sequence[bytes]) -> Rows:
    """The same of entries that were packed one by one."""
    return log_entries.rows_of(rows)


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
