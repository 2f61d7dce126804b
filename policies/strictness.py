"""What may happen to a message, from the mildest to the strictest."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What may happen to a message."""

    ALLOW = "allow"
    DEFER = "defer"
    HOLD = "hold"
    SUPPRESS = "suppress"


STRICTNESS = {Kind.ALLOW: 0, Kind.DEFER: 1, Kind.HOLD: 2, Kind.SUPPRESS: 3}
