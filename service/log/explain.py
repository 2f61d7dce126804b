"""The story of one notice in plain sentences, from its entries alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from service.ids import NoticeId
from service.log.archived import read_archive, what_is_gone
from service.log.read import FindKeys, entry_document, read_entries
from service.store.database import Database
from service.store.log_entries import EntryFilter
from service.vault import Vault

PAGE = 1000
ACCEPTED = "notice.accepted"
"""The first entry about a notice."""


async def explain(
    logs: Sequence[tuple[Database, FindKeys | None]], vault: Vault, notice: NoticeId
) -> list[str]:
    """One sentence or more for each entry about the notice, oldest first; empty where there is none. Where
    its beginning was archived the first sentence says where it is. `logs`: of the cells that have or had the
    borrower."""
    entries: list[dict[str, Any]] = []
    for database, keys in logs:
        entries += reversed(await _entries(database, vault, notice, keys))
    if len(logs) > 1:
        entries.sort(key=lambda entry: entry["at"])
    archived: list[str] = []
    if not any(entry["kind"] == ACCEPTED for entry in entries):
        for database, _ in logs:
            async with database.connection() as connection:
                gone = await what_is_gone(connection)
            if gone is not None:
                archived.append(f"Its beginning is not here: older entries are {gone}.")
    return archived + [line for entry in entries for line in story_of(entry)]


async def _entries(
    database: Database, vault: Vault, notice: NoticeId, keys: FindKeys | None
) -> list[dict[str, Any]]:
    """Of one log, the newest first."""
    wanted = EntryFilter(borrower=notice.borrower, notice_no=notice.number)
    found: list[dict[str, Any]] = []
    while True:
        page = await read_entries(database, vault, wanted, PAGE, keys)
        found += page.items
        if page.next_below is None:
            return found
        wanted = replace(wanted, below=page.next_below)


async def explain_archived(database: Database, vault: Vault, notice: NoticeId, path: Path) -> list[str]:
    """The sentences of those entries about the notice that an archive holds. Raises Conflict for a file that
    the log tells nothing of, and OSError."""
    async with database.connection() as connection:
        rows = await read_archive(connection, path, lambda line: line["notice"] == str(notice))
    return [line for row in rows for line in story_of(entry_document(vault, row))]


def story_of(entry: dict[str, Any]) -> list[str]:
    """The sentences of one entry."""
    at = _said(entry["at"])
    where = f" {entry['channel']}:" if entry["channel"] else ""
    match entry["kind"]:
        case kind if kind == ACCEPTED:
            public = entry["public"]
            return [
                (
                    f"{at}: {entry['actor']} asked to send “{public['template']}” by "
                    f"{', '.join(public['channels'])}; accepted."
                )
            ]
        case "decision":
            return [f"{at}:{where} {_decided(entry)}", *_findings(entry)]
        case "attempt.settled":
            return [f"{at}:{where} attempt {entry['attempt']}: {_settled(entry['public'])}"]
        case "receipt":
            public = entry["public"]
            word = public["outcome"] or public["progress"]
            return [
                (
                    f"{at}:{where} attempt {entry['attempt']}: {entry['actor']} reported “{word}” "
                    f"({public['effect']})."
                )
            ]
        case "notice.cancelled":
            stopped = ", ".join(entry["public"]["channels"]) or "nothing, it was too late"
            return [f"{at}: {entry['actor']} cancelled it; stopped: {stopped}."]
        case kind:
            reason, who = (
                entry["public"].get("reason"),
                "" if entry["actor"] == "system" else f" by {entry['actor']}",
            )
            return [f"{at}:{where} {kind.replace('.', ' ')}{who}{f': {reason}' if reason else ''}."]


def _decided(entry: dict[str, Any]) -> str:
    until = entry["public"].get("until")
    policies = ", ".join(entry["policies"])
    match entry["verdict"]:
        case "allow":
            return f"allowed by {policies}; attempt {entry['attempt']} took its slot."
        case "defer":
            return f"deferred until {until} by {policies}."
        case verdict:
            return f"{verdict} by {policies}."


def _findings(entry: dict[str, Any]) -> list[str]:
    detail = entry["detail"] or {}
    found = detail.get("verdict", {}).get("findings", [])
    return [f"    because {one['reason']} ({one['citation']})" for one in found]


def _settled(public: dict[str, Any]) -> str:
    match public["outcome"]:
        case "accepted":
            return f"{public['adapter']} accepted it as {public.get('ref')}."
        case "unknown":
            return (
                f"nobody knows whether it went ({public.get('reason')}); it counts, and is not sent "
                f"again blindly."
            )
        case "rejected":
            return f"{public['adapter']} refused it: {public.get('reason')}."
        case _:
            return f"{public['adapter']} took nothing: {public.get('reason')}."


def _said(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
