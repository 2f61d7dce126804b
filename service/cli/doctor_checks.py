"""One thing that `forbear doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`good` is None where it wants somebody's eyes and stops nothing."""

    name: str
    good: bool | None
    said: str
    do: str = ""
    """What to do, where it is not good."""
