"""Asks every cell the same, at once, and puts the answers together; where there is one cell it is asked as
ever."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from service.dispatch.runtime import Runtime
from service.errors import Unavailable

T = TypeVar("T")


async def each(runtime: Runtime, ask: Callable[[Runtime], Awaitable[T]]) -> list[T]:
    """The answer of every cell, home's first. Raises Unavailable where one is away: what lacks a cell is not
    whole."""
    if runtime.joined is None:
        return [await ask(runtime)]
    return list(await asyncio.gather(*(ask(one) for one in runtime.cells.all)))


async def reachable(
    runtime: Runtime, ask: Callable[[Runtime], Awaitable[T]]
) -> list[tuple[Runtime, T | Unavailable]]:
    """The answer of every cell, or why it gave none."""

    async def asked(one: Runtime) -> T | Unavailable:
        try:
            return await ask(one)
        except Unavailable as error:
            return error

    cells = [runtime] if runtime.joined is None else runtime.cells.all
    return list(zip(cells, await asyncio.gather(*map(asked, cells)), strict=True))


def in_order(
    pages: Iterable[Iterable[T]], key: Callable[[T], Any], limit: int, *, newest: bool = True
) -> list[T]:
    """The first of several lists that are in order, the largest key first, or the smallest."""
    merged = heapq.merge(*pages, key=key, reverse=newest)
    return [one for one, _ in zip(merged, range(limit), strict=False)]
