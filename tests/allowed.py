"""How much processor time something may take."""

from __future__ import annotations

import sys


def allowed(seconds: float) -> float:
    """The seconds, and five times as many while each line that is run is written down, as `make cover`
    does."""
    return seconds if sys.gettrace() is None else 5 * seconds
