"""A runtime for commands: the settings' database, opened and closed around one deed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from service.dispatch.runtime import Runtime
from service.errors import SetupError
from service.settings import load
from service.wiring import clock_of_process, opened

Cell = Annotated[int, typer.Option(min=0, help="Of which cell's log; home's is 0.")]


@asynccontextmanager
async def opened_runtime() -> AsyncIterator[Runtime]:
    """The runtime of the environment's settings. Raises SetupError."""
    settings, clock = load(), clock_of_process()
    async with opened(settings, clock) as runtime:
        yield runtime


def has_store() -> bool:
    """Whether there is a database to ask: one that is named, or an embedded one that was started before.
    Raises SetupError."""
    settings = load()
    return not settings.embedded or (settings.data / "postgres").exists()


def cell_of(home: Runtime, number: int) -> Runtime:
    """The cell of this number. Raises SetupError where there is none of that number."""
    every = home.cells.all
    if number >= len(every):
        raise SetupError(f"--cell: expected a number from 0 to {len(every) - 1}, got {number}")
    return every[number]
