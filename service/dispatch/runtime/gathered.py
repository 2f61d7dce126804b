"""Lets whoever comes at the same time share a transaction: while one is under way, the next one's items
gather."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

Begin = Callable[[], Sequence[A]]
"""Ends the gathering of a group, and returns it."""
Act = Callable[[Callable[[], Sequence[A]]], Awaitable[Sequence[B]]]
"""Does something for a group, one result for each in order. It asks for the group when it can begin, such as
when it has its connection: until then more may join."""


class Gathered(Generic[A, B]):
    """Groups of items. While one's act is under way the next one gathers."""

    def __init__(self, act: Act[A, B], *, patience: float | None = None, at_once: int = 1) -> None:
        """`act`: does a group. One that takes longer than `patience`, in seconds, such as by waiting for a
        lock, holds the next one up no longer, as long as no more than `at_once` are under way."""
        self._act = act
        self._patience = patience
        self._waiting: list[A] = []
        self._next: asyncio.Task[Sequence[B]] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._under_way = asyncio.Semaphore(at_once)

    async def take(self, items: Sequence[A]) -> Sequence[B]:
        """The results for these. Raises what the act raised, to everybody of the group."""
        if self._next is None:
            self._next = asyncio.create_task(self._run())
        start = len(self._waiting)
        self._waiting.extend(items)
        results = await asyncio.shield(self._next)
        return results[start : start + len(items)]

    async def _run(self) -> Sequence[B]:
        async with self._turn(), self._under_way:
            try:
                return await self._act(self._close)
            finally:
                if self._next is asyncio.current_task():  # it failed before it began
                    self._close()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """After the group before, or at the end of patience with it."""
        try:
            await asyncio.wait_for(self._one_at_a_time.acquire(), self._patience)
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._one_at_a_time.release()

    def _close(self) -> Sequence[A]:
        group, self._waiting, self._next = self._waiting, [], None
        return group
