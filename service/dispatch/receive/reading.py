"""The words that replies are read by: having them takes about a second, once, beside the event loop, so that
nothing waits for it but the first message."""

from __future__ import annotations

import asyncio

from policies.reading.lexicon import lexicon


async def load_words() -> None:
    """Have the words of every language at hand, before a transaction begins; where they are, it returns at
    once."""
    if lexicon.cache_info().currsize == 0:
        await asyncio.to_thread(lexicon)
