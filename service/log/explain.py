"""The story of one notice in plain sentences, from its entries alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from service.ids import NoticeId
from service.log.read import read_entries
from service.store.database import Database
from service.store.log_entries import EntryFilter
from service.vault import Vault

PAGE = 1000


async def explain(database: Database, vault: Vault, notice: NoticeId) -> list[str]:
    """One sentence or more for each entry about the notice, oldest first; empty where there is none."""
    wanted = EntryFilter(borrower=notice.borrower, notice_no=notice.number)
    stories: list[list[str]] = []
    while True:
        page = await read_entries(database, vault, wanted, PAGE)
        stories += [story_of(entry) for entry in page.items]
        if page.next_below is None:
            return [line for story in reversed(stories) for line in story]
        wanted = replace(wanted, below=page.next_below)


def story_of(entry: dict[str, Any]) -> list[str]:
    """The sentences of one entry."""
    at = _said(entry["at"])
    where = f" {entry['channel']}:" if entry["channel"] else ""
    match entry["kind"]:
        case "notice.accepted":
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
