"""The words that replies are read by: having them takes about a second, once, beside the event loop, so that
nothing waits for it but the first message."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from policies.reading.lexicon import READER, GivenUp, lexicon
from service.errors import Unavailable

_ONE_AT_A_TIME = threading.Lock()
"""Whoever comes while they are being read waits for the same words."""


async def load_words() -> None:
    """Have the words of every language at hand, before a transaction begins; where they are, it returns at
    once. Raises Unavailable where the process is asked to end meanwhile."""
    if lexicon.cache_info().currsize > 0:
        return
    loop = asyncio.get_running_loop()
    had: asyncio.Future[None] = loop.create_future()

    def have() -> None:
        error: Exception | None = None
        try:
            with _ONE_AT_A_TIME:
                lexicon()
        except GivenUp:
            error = Unavailable("this process ends; ask again", retry_after=1)
        except Exception as raised:  # noqa: BLE001 - who waits is told
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, had, error)

    # not of the loop's own threads, whose end the end of the process waits for
    threading.Thread(target=have, name="words", daemon=True).start()
    await had


def give_up() -> None:
    """Read no words any more: the process ends, and what it still has to do goes first."""
    READER.given_up = True


def _tell(had: asyncio.Future[None], error: Exception | None) -> None:
    if had.done():
        return
    if error is None:
        had.set_result(None)
    else:
        had.set_exception(error)
