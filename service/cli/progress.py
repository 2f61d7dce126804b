"""A progress bar on a terminal's standard error; elsewhere a plain line for each tenth of a long run, and
nothing for a short one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

STEP = 10_000
"""Units between two movements of the bar."""
LONG = 100_000
"""Units from which on a run is long."""


@contextmanager
def bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields what is called with how many units were done since the last call."""
    if not sys.stderr.isatty():
        yield _lines(label, total) if total >= LONG else lambda _: None
        return
    with typer.progressbar(length=total, label=label, file=sys.stderr, show_pos=True) as shown:
        done = 0

        def advance(units: int) -> None:
            nonlocal done
            done += units
            if done - shown.pos >= min(STEP, max(1, total // 100)) or done >= total:
                shown.update(done - shown.pos)

        yield advance


def _lines(label: str, total: int) -> Callable[[int], None]:
    done = 0

    def advance(units: int) -> None:
        nonlocal done
        before, done = done, done + units
        if done * 10 // total > before * 10 // total:
            typer.echo(f"{label}: {done:,} of {total:,}", err=True)

    return advance
