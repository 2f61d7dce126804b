"""A log of some rounds, and hands to archive and drop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from service.dispatch.audit import archives as use
from service.dispatch.audit.log import begin_export
from service.log.archived import DETAILS, digest_of
from service.log.export import export
from service.log.read import known_verifier_keys
from service.log.verify import KeptCheckpoint, Report, read_by_any
from service.log.verify_store import verify_store
from service.model.actor import Actor

OPERATOR = Actor(name="operator:test")
HELD = """
INSERT INTO borrowers
    (borrower_id, profile_digest, language, created_at, updated_at, held_at, held_by, held_because)
VALUES ($1, 'x', 'en', now(), now(), now(), 'y', 'z')
"""
ROUNDS = (300, 7, 293, 40, 360)
"""Entries of each round; the third round ends at 600, in the midst of a tile."""


@dataclass(slots=True)
class Store:
    """A log of some rounds, and hands to archive and drop."""

    ledger: Any
    folder: Path
    notes: list[str] = field(default_factory=list)

    @property
    def runtime(self) -> Any:
        return self.ledger.api.runtime

    async def grow(self, count: int, first: int) -> None:
        await self.ledger.write(count, first=first)
        self.notes.append(await self.ledger.sequence())

    async def archive(self, upto: int, name: str = "old.jsonl") -> Path:
        """Archive the rounds that end at or before `upto`, as the command does it."""
        path = self.folder / name
        planned = await use.plan(self.runtime, self.ledger.api.clock.now() + timedelta(seconds=upto))
        path.write_bytes(b"".join([one async for one in use.lines(self.runtime, planned)]))
        details = path.with_name(name + DETAILS)
        details.write_bytes(b"".join([one async for one in use.details(self.runtime, planned)]))
        path.with_name(name + ".checkpoint").write_text(planned.note)
        digests = {"digest": digest_of(path), "details_digest": digest_of(details)}
        await use.tell(self.runtime, OPERATOR, planned, **digests, place=f"vault 7, {name}")
        self.notes.append(await self.ledger.sequence())
        return path

    async def drop(self, path: Path) -> int:
        archive = (await use.archive_of(self.runtime, digest_of(path)))[0]
        kept = await use.drop(self.runtime, OPERATOR, archive)
        self.notes.append(await self.ledger.sequence())
        return kept

    async def kept(self, notes: Sequence[str] | None = None) -> list[KeptCheckpoint]:
        keys = await self.keys()
        return [read_by_any(one, keys) for one in (self.notes if notes is None else notes)]

    async def keys(self) -> list[str]:
        return list(await known_verifier_keys(self.runtime.database, self.runtime.vault))

    async def verify(self, notes: Sequence[str] | None = None) -> Report:
        """The store against every checkpoint that was ever signed, or against these."""
        kept, keys = await self.kept(notes), await self.keys()
        return await verify_store(self.runtime.database, kept, keys=keys)

    async def rest(self) -> list[bytes]:
        """An export of what is left."""
        found = await begin_export(self.runtime, OPERATOR, form="jsonl", first=0)
        chunks = export(
            self.runtime.database, "jsonl", first=found.first, last=found.size, beginning=found.beginning
        )
        return b"".join([one async for one in chunks]).splitlines(keepends=True)

    async def size(self) -> int:
        rows = await self.ledger.sql("SELECT count(*) AS n FROM log_entries")
        return int(rows[0]["n"])


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)
