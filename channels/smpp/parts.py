"""Puts long texts of borrowers together, of which the SMSC delivers the parts one by one.

No part is answered before what it belongs to is stored. Some SMSCs deliver the next part only after the last
one is answered: what is not whole in time is taken as it is, so that nothing waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

PATIENCE = 3.0
"""Seconds for the parts of one text."""
Key = tuple[str, str, int, int]
"""Who wrote to whom, the reference, and how many parts there are."""


@dataclass(slots=True)
class _Waiting:
    """The parts that are there, and what is told to each of those that brought one."""

    parts: dict[int, bytes] = field(default_factory=dict)
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[bool] | None = None


class Parts:
    """Those of one session."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """`patience`: seconds from the first part on."""
        self._patience = patience
        self._waiting: dict[Key, _Waiting] = {}

    async def take(
        self, key: Key, number: int, octets: bytes, store: Callable[[bytes], Awaitable[bool]]
    ) -> bool:
        """Bring a part; returns once the text that it belongs to is stored, and whether it was. Whoever
        brought the first part stores it, whole or as far as it came."""
        waiting = self._waiting.get(key)
        if waiting is not None and number in waiting.parts:
            waiting = None  # the reference is used again already: another text
        if waiting is None:
            return await self._first(key, number, octets, store)
        waiting.parts[number] = octets
        if len(waiting.parts) == key[3]:
            waiting.whole.set()
        assert waiting.done is not None  # noqa: S101 - made with the first part
        return await asyncio.shield(waiting.done)

    async def _first(
        self, key: Key, number: int, octets: bytes, store: Callable[[bytes], Awaitable[bool]]
    ) -> bool:
        waiting = self._waiting[key] = _Waiting({number: octets})
        waiting.done = asyncio.get_running_loop().create_future()
        stored = False
        try:
            try:
                await asyncio.wait_for(waiting.whole.wait(), self._patience)
            except TimeoutError:
                pass
            finally:
                if self._waiting.get(key) is waiting:
                    del self._waiting[key]
            stored = await store(b"".join(waiting.parts[one] for one in sorted(waiting.parts)))
        finally:
            if not waiting.done.done():
                waiting.done.set_result(stored)
        return stored
