"""What an auditor keeps of a log that was sequenced twice."""

from __future__ import annotations

from dataclasses import dataclass

from service.log.verify import KeptCheckpoint, read_checkpoint

ENTRIES, HALF = 600, 307
"""Its entries, and those that the first checkpoint covers."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an auditor has: an export, two checkpoints, a key."""

    lines: list[bytes]
    notes: list[str]
    key: str

    @property
    def checkpoints(self) -> list[KeptCheckpoint]:
        return [read_checkpoint(note, self.key) for note in self.notes]
