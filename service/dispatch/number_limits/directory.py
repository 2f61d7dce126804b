"""Which cells have a number: a directory by its digest, written before the profile that brings the number
into a cell.

A number that borrowers of several cells have gets no more in an hour than one alone: each of k cells keeps to
the k-th part of the bound. That needs no transaction across cells and no cell that is up: where much is sent
it delays, never harms. A directory that cannot be asked is taken to say that every cell has the number; what
could not be told is owed, and told when the cell is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

import orjson
import structlog

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.gathered import Gathered
from service.dispatch.runtime.owed import send_on
from service.errors import Unavailable
from service.store import cell_rows, cells, shared_numbers
from service.store.cells import Owed
from service.store.database import Connection

log = structlog.get_logger("cells")

REGISTER, SHARE = "register", "share"
AT_A_TIME = 1000
REMEMBERED = 200_000
"""Numbers that a process knows to stand in the directory."""


async def enter(runtime: Runtime, digests: Iterable[bytes]) -> None:
    """Enter numbers into the directory, for the cell of this runtime. Before the transaction that stores
    them."""
    if runtime.joined is None:
        return
    fresh = sorted(set(digests) - runtime.entered)
    if not fresh:
        return
    by_cell: dict[int, list[bytes]] = {}
    for digest in fresh:
        by_cell.setdefault(runtime.cells.of_digest(digest).cell, []).append(digest)
    await asyncio.gather(
        *(_enter_in(runtime, runtime.cells.all[cell], some) for cell, some in by_cell.items())
    )
    if len(runtime.entered) > REMEMBERED:
        runtime.entered.clear()
    runtime.entered.update(fresh)


async def _enter_in(runtime: Runtime, directory: Runtime, digests: Sequence[bytes]) -> None:
    try:
        holders = await _directory_of(directory).take([(digest, runtime.cell) for digest in digests])
    except Unavailable as error:
        log.warning("cells", action="directory.unavailable", cell=directory.cell, detail=error.detail)
        every = range(len(runtime.cells.all))
        await tell(runtime, {digest: list(every) for digest in digests})
        async with runtime.database.transaction() as connection:
            for digest in digests:
                await cells.owe(connection, [directory.cell], REGISTER, digest)
        return
    await tell(runtime, {one: found for one, found in zip(digests, holders, strict=True) if found})


async def enter_stored(runtime: Runtime) -> int:
    """Enter every number that a cell has, such as one that was alone until now; how many those are."""
    count, after = 0, b""
    while True:
        async with runtime.database.connection() as connection:
            digests = await cell_rows.every_number(connection, after, AT_A_TIME)
        if not digests:
            return count
        await enter(runtime, digests)
        count, after = count + len(digests), digests[-1]


def _directory_of(directory: Runtime) -> Gathered[tuple[bytes, int], Sequence[int]]:
    """Entries into one cell's part of the directory: whoever enters at the same time shares a commit."""

    async def enter_all(begin: Callable[[], Sequence[tuple[bytes, int]]]) -> list[Sequence[int]]:
        async with directory.database.connection() as connection:
            entries = begin()
            found = await cells.register(connection, entries)
        return [found.get(digest, ()) for digest, _ in entries]

    return directory.cells.directories.setdefault(directory.cell, Gathered(enter_all))


async def tell(runtime: Runtime, found: Mapping[bytes, Sequence[int]]) -> None:
    """Tell every cell that has one of these numbers which others have it too; who is away is told later."""
    if not found:
        return
    async with runtime.database.transaction() as connection:
        await note(runtime, connection, found)
        for digest, holders in found.items():
            others = [one for one in holders if one != runtime.cell]
            await cells.owe(connection, others, SHARE, digest, about=orjson.dumps(list(holders)).decode())
    await send_on(runtime)


async def note(runtime: Runtime, connection: Connection, found: Mapping[bytes, Sequence[int]]) -> None:
    """Note in a cell which others have these numbers too, and count what its own borrowers with them get."""
    await cells.share(connection, found)
    holders = await shared_numbers.unflagged(connection, list(found))
    await shared_numbers.flag(connection, holders, since=runtime.clock.now() - shared_numbers.COUNTED)


async def act_register(source: Runtime, other: Runtime, one: Owed) -> None:
    """Enter a number late, and tell whoever has it."""
    digest = one.digest or b""
    del other  # the number's bucket may have moved since
    async with source.cells.of_digest(digest).database.connection() as connection:
        found = await cells.register(connection, [(digest, source.cell)])
    await tell(source, found)


async def act_share(source: Runtime, other: Runtime, one: Owed) -> None:
    """Note in another cell who has a number too."""
    del source
    async with other.database.transaction() as connection:
        await note(other, connection, {one.digest or b"": orjson.loads(one.about or "[]")})


async def parts(runtime: Runtime, connection: Connection, numbers: Iterable[bytes]) -> dict[bytes, int]:
    """Into how many parts the bounds of numbers are divided, where several cells have them."""
    if runtime.joined is None:
        return {}
    found = await cells.shared(connection, list(set(numbers)))
    return {digest: len(holders) for digest, holders in found.items()}
