"""How much work something is, in lines of Python that it runs: a count that no other process, no slow machine
and no coverage changes. What takes how long is measured by `benchmarks/`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(act: Callable[[], object]) -> int:
    """Lines that `act` runs in this thread, its own and those of all that it calls."""
    count = 0

    def look(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        act()
    finally:
        sys.settrace(before)
    return count
