"""The heads of every cell's log, as entries of home's: one proof over all.

Each entry of the kind `cells.heads` names every cell with the origin, size and root of its log, in the order
of the cells. It lies in home's Merkle tree like any other, under home's signature and those of its witnesses.
So whoever keeps a checkpoint of home holds every cell to what its log was: each head must be the root of that
cell's first so many entries, no later head may be smaller, and none may lack a cell that an earlier one
names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.log.verify import Finding, KeptCheckpoint

KIND = "cells.heads"
HOME = 0


@dataclass(slots=True)
class Heads:
    """What home's entries say of the other cells' logs. Give it every line of home's export with `take`."""

    kept: dict[int, list[KeptCheckpoint]] = field(default_factory=dict)
    """By cell, in their order."""
    finding: Finding | None = None
    """The first contradiction."""

    def take(self, line: bytes) -> None:
        """Look at a line that was verified already; most are none of ours."""
        if KIND.encode() not in line:
            return
        entry = orjson.loads(line)
        if entry["kind"] == KIND and self.finding is None:
            self.finding = self._add(entry["index"], read_heads(orjson.loads(entry["leaf"])))

    def _add(self, index: int, heads: Mapping[int, KeptCheckpoint]) -> Finding | None:
        if missing := sorted(self.kept.keys() - heads.keys()):
            return Finding(index=index, what=f"it lacks cell {missing[0]}, which an earlier head names")
        for cell, head in heads.items():
            before = self.kept.setdefault(cell, [])
            if before and head.size < before[-1].size:
                what = f"the log of cell {cell} has {head.size} entries, and had {before[-1].size} before"
                return Finding(index=index, what=what)
            if not before or before[-1] != head:
                before.append(head)
        return None

    def of_others(self) -> dict[int, Sequence[KeptCheckpoint]]:
        """By cell, of the cells beside home."""
        return {cell: heads for cell, heads in self.kept.items() if cell != HOME}


def read_heads(leaf: Mapping[str, Any]) -> dict[int, KeptCheckpoint]:
    """The heads in an entry's leaf, by cell."""
    return {
        one["cell"]: KeptCheckpoint(size=one["size"], root=bytes.fromhex(one["root"]))
        for one in leaf["public"]["heads"]
    }
