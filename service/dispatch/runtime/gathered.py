"""Lets whoever comes at the same time share a transaction: while one is under way, the next one's items
gather."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

Begin = Callable[[], Sequence[A]]
"""Ends the gathering of a group, and returns it."""
Act = Callable[[Callable[[], Sequence[A]]], Awaitable[Sequence[B]]]
"""Does something for a group, one result for each in order. It asks for the group when it can begin, such as
when it has its connection: until then more may join."""


class Gathered(Generic[A, B]):
    """Groups of items for which one act at a time is under way."""

    def __init__(self, act: Act[A, B]) -> None:
        """`act`: does a group."""
        self._act = act
        self._waiting: list[A] = []
        self._next: asyncio.Task[Sequence[B]] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def take(self, items: Sequence[A]) -> Sequence[B]:
        """The results for these. Raises what the act raised, to everybody of the group."""
        if self._next is None:
            self._next = asyncio.create_task(self._run())
        start = len(self._waiting)
        self._waiting.extend(items)
        results = await asyncio.shield(self._next)
        return results[start : start + len(items)]

    async def _run(self) -> Sequence[B]:
        async with self._one_at_a_time:
            try:
                return await self._act(self._close)
            finally:
                if self._next is asyncio.current_task():  # it failed before it began
                    self._close()

    def _close(self) -> Sequence[A]:
        group, self._waiting, self._next = self._waiting, [], None
        return group
