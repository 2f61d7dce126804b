"""What a simulation counts: how each logged decision would have come out, and the sentence that says it.

A delivery is counted once, by its first decision that comes out otherwise: what followed in truth would not
have followed."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from heapq import merge
from typing import Any

from policies.verdict import Kind
from service.log.decisions import Gone, LoggedDecision

MINUTE, HOUR = 60.0, 3600.0
_RECENT = 50_000
_WORD_BYTES = 8


class Distinct:
    """Which keys were seen, in eight bytes each; two keys of many millions that share a digest are as rare as
    a broken disk."""

    __slots__ = ("_recent", "_sorted")

    def __init__(self) -> None:
        """Nothing was seen."""
        self._sorted = array("Q")
        self._recent: set[int] = set()

    def add(self, key: str) -> bool:
        """Whether a key is new."""
        word = int.from_bytes(blake2b(key.encode(), digest_size=_WORD_BYTES).digest())
        place = bisect_left(self._sorted, word)
        if word in self._recent or (place < len(self._sorted) and self._sorted[place] == word):
            return False
        self._recent.add(word)
        if len(self._recent) >= _RECENT:
            self._sorted = array("Q", merge(self._sorted, sorted(self._recent)))
            self._recent.clear()
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict as far as a simulation compares it."""

    kind: Kind
    until: datetime | None
    reason: str | None = None

    def waits(self, at: datetime) -> float | None:
        """Seconds until the message goes; None where it does not."""
        match self.kind:
            case Kind.ALLOW:
                return 0.0
            case Kind.DEFER:
                return None if self.until is None else (self.until - at).total_seconds()
            case Kind.HOLD | Kind.SUPPRESS:
                return None


EFFECTS = ("waits", "waits_longer", "waits_less", "stopped", "held", "goes")


def effect_of(old: Outcome, new: Outcome, at: datetime) -> str | None:
    """What a change does to the message, one of EFFECTS; None where nothing changes."""
    before, after = old.waits(at), new.waits(at)
    if after is None:
        if old.kind is new.kind:
            return None
        return "stopped" if new.kind is Kind.SUPPRESS else "held"
    if before is None:
        return "goes"
    if before == after:
        return None
    if before == 0:
        return "waits"
    return "waits_longer" if after > before else "waits_less"


@dataclass(slots=True, kw_only=True)
class Change:
    """How many decisions changed in one way."""

    decisions: int = 0
    deliveries: int = 0
    seconds: float = 0.0
    """Added to (or, where negative, taken from) the waits of these deliveries."""


@dataclass(slots=True, kw_only=True)
class Simulation:
    """The counts of a run, and the first deliveries that change; of constant size but for eight bytes a
    changed delivery."""

    show: int
    """How many changed deliveries are listed."""
    judged: int = 0
    bound: int = 0
    """Decisions that the simulated version would have bound."""
    otherwise: int = 0
    """Judged by a text or by zone data that is not quite that of then."""
    gone: Counter[Gone] = field(default_factory=Counter)
    changes: dict[tuple[str, Kind, Kind], Change] = field(default_factory=dict)
    deliveries: int = 0
    by_hour: Counter[tuple[datetime, str]] = field(default_factory=Counter)
    """Deliveries that change, by the hour of the decision (UTC) and the effect."""
    shown: list[dict[str, Any]] = field(default_factory=list)
    _seen: Distinct = field(default_factory=Distinct, repr=False)

    def count(self, decision: LoggedDecision, old: Outcome, new: Outcome) -> None:
        """Take one decision in."""
        self.judged += 1
        effect = effect_of(old, new, decision.at)
        if effect is None:
            return
        change = self.changes.setdefault((effect, old.kind, new.kind), Change())
        change.decisions += 1
        if not self._seen.add(str(decision.delivery)):
            return
        self.deliveries += 1
        change.deliveries += 1
        self.by_hour[decision.at.replace(minute=0, second=0, microsecond=0), effect] += 1
        change.seconds += (new.waits(decision.at) or 0.0) - (old.waits(decision.at) or 0.0)
        if len(self.shown) < self.show:
            self.shown.append(_shown(decision, effect, old, new))

    def document(self) -> dict[str, Any]:
        """The counts as the API and the command line give them."""
        changes = sorted(self.changes.items(), key=lambda one: (EFFECTS.index(one[0][0]), one[0][1:]))
        return {
            "sentence": self.sentence(),
            "decisions": {
                "total": self.judged + self.gone.total(),
                "judged": self.judged,
                "bound": self.bound,
                "changed": sum(change.decisions for change in self.changes.values()),
                "judged_by_other_text": self.otherwise,
                "not_judged": {reason.value: self.gone[reason] for reason in Gone},
            },
            "changes": [
                {
                    "effect": effect,
                    "from": old.value,
                    "to": new.value,
                    "decisions": change.decisions,
                    "deliveries": change.deliveries,
                    "average_wait_hours": _hours(change) if effect.startswith("waits") else None,
                }
                for (effect, old, new), change in changes
            ],
            "by_hour": [
                {"hour": hour, "effect": effect, "deliveries": number}
                for (hour, effect), number in sorted(self.by_hour.items())
            ],
            "deliveries": {"total": self.deliveries, "shown": len(self.shown), "items": self.shown},
        }

    def sentence(self) -> str:
        """The whole answer for a person."""
        return " ".join(one for one in (self._answer(), self._unbound(), self._not_judged()) if one)

    def _answer(self) -> str:
        if self.judged == 0:
            return "No decision of this time can be taken again."
        if not self.changes:
            return "Nothing would have changed: " + _many(
                self.judged, "decision comes out the same.", "decisions come out the same."
            )
        parts = [words for effect in EFFECTS[:-1] if (words := _words(effect, self._sum(effect)))]
        gone = self._sum("goes").deliveries
        parts.append(_words("goes", self._sum("goes")) if gone else "none would have gone that was stopped")
        text = "; ".join(parts) + "."
        return text[0].upper() + text[1:]

    def _sum(self, effect: str) -> Change:
        same = [change for (name, _, _), change in self.changes.items() if name == effect]
        return Change(
            decisions=sum(one.decisions for one in same),
            deliveries=sum(one.deliveries for one in same),
            seconds=sum(one.seconds for one in same),
        )

    def _unbound(self) -> str:
        return "" if self.bound or not self.judged else "This version would have bound none of them."

    def _not_judged(self) -> str:
        found = [f"{self.gone[reason]:,} because {_WHY[reason]}" for reason in Gone if self.gone[reason]]
        return "" if not found else f"Not judged: {', '.join(found)}."


_WHY: Mapping[Gone, str] = {
    Gone.ERASED: "the facts were erased with the borrower",
    Gone.UNREADABLE: "the facts cannot be read",
    Gone.POLICY: "a policy of then is not at hand",
}


def _hours(change: Change) -> float | None:
    return None if not change.deliveries else round(change.seconds / change.deliveries / HOUR, 2)


def _many(number: int, one: str, more: str) -> str:
    return f"the one {one}" if number == 1 else f"all {number:,} {more}"


def _words(effect: str, change: Change) -> str:
    """One part of the sentence; empty where no delivery has this effect."""
    number = change.deliveries
    if number == 0:
        return ""
    these = "this 1 delivery" if number == 1 else f"these {number:,} deliveries"
    length = _length(abs(change.seconds) / number)
    average = length if number == 1 else f"on average {length}"
    match effect:
        case "waits":
            return f"{these} would have waited, {average}"
        case "waits_longer":
            return f"{these} would have waited longer, by {length}{'' if number == 1 else ' on average'}"
        case "waits_less":
            return f"{these} would have waited less, by {length}{'' if number == 1 else ' on average'}"
        case "stopped":
            return f"{these} would have been stopped"
        case "held":
            return f"{these} would have been held for a person"
        case _:
            return f"{these} would have gone that {'was' if number == 1 else 'were'} stopped"


def _length(seconds: float) -> str:
    minutes = max(1, round(seconds / MINUTE))
    if minutes * MINUTE < HOUR:
        return f"{minutes} min"
    return f"{seconds / HOUR:.1f}".removesuffix(".0") + " h"


def _shown(decision: LoggedDecision, effect: str, old: Outcome, new: Outcome) -> dict[str, Any]:
    return {
        "delivery": str(decision.delivery),
        "notice": str(decision.delivery.notice),
        "channel": decision.delivery.channel,
        "at": decision.at,
        "effect": effect,
        "from": {"verdict": old.kind.value, "until": old.until},
        "to": {"verdict": new.kind.value, "until": new.until, "reason": new.reason},
    }
