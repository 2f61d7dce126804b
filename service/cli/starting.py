"""What a process that stays does before it imports anything."""

from __future__ import annotations

import gc
import sys

COLLECT_AFTER = (50_000, 20, 20)
"""Whoever imports five hundred modules, or stores hundreds of notices at a time, holds tens of thousands of
objects, none of them in a cycle; at Python's own threshold of 700 the collector walks them all again and
again."""


def start_quickly() -> None:
    """Let the collector run less often, and keep the drawing of tracebacks out: the package of the logs
    imports it wherever it is installed, 10 MiB and a tenth of a second, and our lines never draw one."""
    gc.set_threshold(*COLLECT_AFTER)
    if "structlog" not in sys.modules and "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]
        import structlog  # noqa: F401

        del sys.modules["rich"]
