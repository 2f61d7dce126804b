"""A progress bar on a terminal's standard error; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

STEP = 10_000
"""Units between two movements of the bar."""


@contextmanager
def bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields what is called with how many units were done since the last call."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=total, label=label, file=sys.stderr, show_pos=True) as shown:
        done = 0

        def advance(units: int) -> None:
            nonlocal done
            done += units
            if done - shown.pos >= min(STEP, max(1, total // 100)) or done >= total:
                shown.update(done - shown.pos)

        yield advance
