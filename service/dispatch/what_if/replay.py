"""Takes a logged decision, or a learned choice, again, years later: the same facts, the same policy versions,
the same zone data give the same verdict. Where they cannot, it says which input is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.policy import Policy, PolicyInvalid, parse_policy
from policies.zones import TZDATA_VERSION
from service.dispatch.decide.case import Named, StatedCase
from service.dispatch.decide.judge import judge
from service.dispatch.what_if.replay_choice import choose_again, is_same
from service.errors import NotFound
from service.log.archived import read_archive, where_is
from service.log.decisions import instant_of
from service.log.facts_codec import decode_facts
from service.log.read import FindKeys, entry_document, with_keys
from service.store import learning, log_entries, policies
from service.store.database import Connection, Database
from service.store.log_entries import StoredEntry
from service.vault import Vault

FindPolicy = Callable[[str, str, str], Policy | None]
"""(name, version, digest) to the policy, where it can still be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of taking a decision again."""

    logged: str
    verdict: str | None
    same: bool
    gone: tuple[str, ...] = ()
    """Inputs that cannot be had any more, or not as they were."""

    def sentence(self) -> str:
        """The result for a person."""
        if self.verdict is None:
            return f"It cannot be taken again: {'; '.join(self.gone)}."
        note = f" Not as it was: {'; '.join(self.gone)}." if self.gone else ""
        word = "The same again" if self.same else f"It comes out as {self.verdict} now"
        return f"{word}: {self.logged} was logged.{note}"


async def replay(
    database: Database, vault: Vault, find_policy: FindPolicy, index: int, keys: FindKeys | None = None
) -> Replay:
    """Replay the decision or the learned choice at an index of the log; `keys` of borrowers who have left for
    another cell. Raises NotFound where neither has it."""
    async with database.connection() as connection:
        row = await log_entries.one(connection, index)
        if row is None and (where := await where_is(connection, index)) is not None:
            raise NotFound(f"{where}; forbear log replay --archive takes it again from that file")
        [row] = [None] if row is None else await with_keys([row], keys)
        return await _replayed(connection, vault, find_policy, row, index)


async def replay_archived(
    database: Database, vault: Vault, find_policy: FindPolicy, index: int, path: Path
) -> Replay:
    """The same from an archive. Raises NotFound as `replay`, Conflict for a file that the log tells nothing
    of, and OSError."""
    async with database.connection() as connection:
        rows = await read_archive(connection, path, lambda line: line["index"] == index)
        return await _replayed(connection, vault, find_policy, rows[0] if rows else None, index)


async def _replayed(
    connection: Connection, vault: Vault, find_policy: FindPolicy, row: StoredEntry | None, index: int
) -> Replay:
    if row is None or row.kind not in {"decision", "choice"}:
        raise NotFound(
            f"no decision and no choice has the index {index}; an entry gets its index within a second of "
            f"being written"
        )
    entry = entry_document(vault, row)
    if row.kind == "choice":
        snapshot = entry["public"].get("snapshot")
        text = None if snapshot is None else await learning.snapshot_text(connection, snapshot)
        return _replayed_choice(entry, text)
    kept = await policies.texts(connection, entry["public"].get("digests", []))
    return replay_document(
        entry, lambda name, version, digest: _parsed(kept.get(digest)) or find_policy(name, version, digest)
    )


def _replayed_choice(entry: dict[str, Any], text: str | None) -> Replay:
    logged, choice, gone = choose_again(entry, text)
    same = choice is not None and not gone and is_same(entry["detail"], choice)
    return Replay(logged=logged, verdict=None if choice is None else choice.arm, same=same, gone=gone)


def _parsed(text: str | None) -> Policy | None:
    """A policy whose text was kept; None where there is none, or where this release cannot read it any
    more."""
    try:
        return None if text is None else parse_policy(text)
    except PolicyInvalid:
        return None


def replay_document(entry: dict[str, Any], find_policy: FindPolicy) -> Replay:
    """The same from an entry as it is read."""
    logged = entry["verdict"]
    detail = entry["detail"] or {}
    if "facts" not in detail:
        return Replay(
            logged=logged, verdict=None, same=False, gone=("the facts were erased with the borrower",)
        )
    found: list[Policy] = []
    gone: list[str] = []
    for text, digest in zip(entry["policies"], entry["public"]["digests"], strict=True):
        name, _, version = text.partition("@")
        policy = find_policy(name, version, digest)
        if policy is None:
            gone.append(f"policy {text} is not at hand")
        else:
            found.append(policy)
            if policy.digest != digest:
                gone.append(f"policy {text} has another text now")
    if entry["public"]["tzdata"] != TZDATA_VERSION:
        gone.append(f"the zone data was {entry['public']['tzdata']}, here it is {TZDATA_VERSION}")
    if len(found) < len(entry["policies"]):
        return Replay(logged=logged, verdict=None, same=False, gone=tuple(gone))
    case = StatedCase(
        law=Named(tuple(found)),
        stated=decode_facts(detail["facts"]),
        expires_at=instant_of(detail, "expires_at"),
    )
    verdict = judge(case, entry["at"]).verdict
    shown = detail["verdict"]
    until = verdict.until.isoformat().replace("+00:00", "Z") if verdict.until else None
    logged_until = shown["until"].replace("+00:00", "Z") if shown["until"] else None
    same = verdict.kind.value == logged and (until == logged_until or verdict.kind.value != "defer")
    return Replay(logged=logged, verdict=verdict.kind.value, same=same, gone=tuple(gone))
