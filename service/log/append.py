"""Appends entries in the transaction that does the deed: either both are there, or neither."""

from __future__ import annotations

from collections.abc import Sequence

from service.log.encode import Entry, encode
from service.store import log_entries
from service.store.database import Connection

__all__ = ["Entry", "append"]


async def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries; they get their index when they are sealed."""
    if not entries:
        return
    encoded = [encode(entry) for entry in entries]
    await log_entries.insert(
        connection,
        borrowers=[entry.borrower for entry in entries],
        instants=[entry.at for entry in entries],
        kinds=[entry.kind for entry in entries],
        actors=[entry.actor for entry in entries],
        notices=[entry.notice_no for entry in entries],
        channels=[entry.channel for entry in entries],
        verdicts=[entry.verdict for entry in entries],
        policies=[",".join(entry.policies) if entry.policies else None for entry in entries],
        leaves=[one.leaf for one in encoded],
        details=[one.detail for one in encoded],
    )
