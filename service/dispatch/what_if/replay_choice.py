"""Takes a learned choice again from its entry alone: the same snapshot, the segment from the facts, the same
draw give the same arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from service.dispatch.decide.planning import PLAIN
from service.learning.choose import Choice, Chooser, by_chance, drawn, head_of
from service.learning.document import CHANCE_SHARE
from service.learning.fit import digest_of
from service.learning.segment import Seen, segment_of

ERASED = "the facts were erased with the borrower"


def choose_again(entry: Mapping[str, Any], text: str | None) -> tuple[str, Choice | None, tuple[str, ...]]:
    """The arm that was logged; what comes out now, None where it cannot be said; and what is gone or differs.
    `text`: the snapshot's."""
    detail = entry["detail"] or {}
    if "facts" not in detail:
        return "a choice", None, (ERASED,)
    logged: str = detail["chosen"]
    public = entry["public"]
    segment = segment_of(Seen.of_document(detail["facts"]), entry["at"])
    differing = (
        () if segment.text() == detail["segment"] else (f"the segment is {segment.text()} by the facts",)
    )
    allowed, notice = tuple(detail["allowed"]), entry["notice"].encode()
    plain = detail["plain"]
    match public["group"]:
        case "learned" | "shadow":
            chooser = _chooser(text, public["snapshot"])
            if chooser is None:
                return logged, None, (f"snapshot {public['snapshot']} is not at hand",)
            return logged, chooser.choose(segment, allowed, notice), differing
        case "chance":
            arms = allowed if plain in allowed else (*allowed, PLAIN)
            weights = by_chance(plain or PLAIN, arms, CHANCE_SHARE)
            return logged, drawn(head_of(public["policy_digest"]), weights, arms, notice), differing
        case _:
            certain = PLAIN if public["group"] == "holdout" else plain or PLAIN
            return logged, Choice(certain, 1, 1, 0), differing


def _chooser(text: str | None, digest: str) -> Chooser | None:
    """What chose; None where its text is gone, or is another one."""
    if text is None:
        return None
    snapshot = orjson.loads(text)
    return Chooser(snapshot, digest) if digest_of(snapshot) == digest else None


def is_same(detail: Mapping[str, Any], choice: Choice) -> bool:
    """Whether arm, chance and draw are those that were logged."""
    logged = Choice(detail["chosen"], detail["weight"], detail["total"], detail["draw"])
    return choice == logged
