"""What a campaign leaves behind to be judged, and what was found in it. Shares no code with what is
judged."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Findings:
    """What the checker looked at, and what is wrong."""

    looked_at: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Something is wrong."""
        self.wrong.append(what)

    @property
    def green(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What is judged."""

    provider: Path
    """A line for each hand-over: channel, to, text, taken, ref, at (POSIX seconds)."""
    accepted: Path
    """A line for each 202: id, borrower, channels, amount; began, when it was first posted, and at (POSIX
    seconds)."""
    export: Path
    checkpoint: Path
    verifier_key: str
    database: str
    cap: int
    window: timedelta
    """Contacts to one borrower in any window of this length."""
    debts: dict[str, str]
    """Amount to borrower, for everything that was ever posted, with or without an answer."""
    people: Path | None = None
    """A line for each borrower as first posted: borrower, name, zone, addresses, creditor, principal."""
    facts: Path | None = None
    """A line for each thing that was said in the middle, once it was answered: kind, began, at, and what it
    names."""
    clocks: Path | None = None
    """A line for each change of the workers' clocks: at, and by how many seconds they are ahead at least and
    at most."""
    thaws: Sequence[float] = ()
    """When frozen processes went on."""
    logs: Sequence[Path] = ()
    """What the service wrote for its operators: application logs, metrics."""


def lines(path: Path | None) -> list[dict[str, Any]]:
    """The lines of a record."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message that the provider took."""

    amount: str
    """The one that only its notice names; of an opt-out's confirmation the id of its notice."""
    borrower: str
    """Nobody, of a confirmation."""
    channel: str
    at: datetime
    ref: str
    to: str = ""
    text: str = ""


class Clocks:
    """By how much the workers' clocks may have been wrong at an instant."""

    def __init__(self, changes: Sequence[dict[str, Any]]) -> None:
        """Of each change: `at`, `least` and `most`, in seconds."""
        self._changes = sorted(changes, key=lambda one: one["at"])
        self._at = [one["at"] for one in self._changes]

    def shown(self, at: float) -> tuple[float, float]:
        """What the clock of whoever acted at `at` showed, at least and at most, in POSIX seconds."""
        place = bisect_right(self._at, at)
        if place == 0:
            return at, at
        change = self._changes[place - 1]
        return at + change["least"], at + change["most"]


def notice_id(row: dict[str, Any]) -> str:
    """The published form of a notice's id."""
    return f"ntc_{row['borrower_id'].hex}{row['notice_no']:016x}"
