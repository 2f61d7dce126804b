"""A runtime for commands: the settings' database, opened and closed around one deed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.dispatch.runtime import Runtime
from service.settings import load
from service.wiring import clock_of_process, opened


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
