"""Of several cells: finds out who uses one name for different events of different cells' borrowers.

A name is claimed in the cell of its digest first, in a transaction of its own; then the borrower's cell takes
it once more, in the transaction that records the event. That second row makes a repeat harmless, whatever
died between the two. Where the name's cell is away nobody is kept waiting for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from service.store import event_names
from service.store.event_names import EventName


def _by_cell(runtime: Runtime, names: Mapping[int, EventName]) -> dict[int, list[int]]:
    """The places of names whose cell is not the borrower's, by that cell."""
    found: dict[int, list[int]] = {}
    for place, one in names.items():
        cell = runtime.cells.of_digest(one.digest)
        if cell is not runtime.of(one.borrower_id):
            found.setdefault(cell.cell, []).append(place)
    return found


async def claim_names(runtime: Runtime, names: Mapping[int, EventName], space: str) -> list[int]:
    """Claim names, by their places in a request; returns the places of those that stand for something
    else."""
    taken: list[int] = []
    for cell, places in _by_cell(runtime, names).items():
        first = {names[place].digest: names[place] for place in reversed(places)}
        try:
            async with runtime.cells.all[cell].database.transaction() as connection:
                _, used = await event_names.take(connection, space, list(first.values()))
        except Unavailable:
            continue
        holding = first | used
        taken += [place for place in places if holding[names[place].digest] != names[place]]
    return taken


async def free_names(runtime: Runtime, names: Sequence[EventName], space: str) -> None:
    """Free the names of events that were refused: what is put right may be recorded under them."""
    for cell, places in _by_cell(runtime, dict(enumerate(names))).items():
        try:
            async with runtime.cells.all[cell].database.transaction() as connection:
                await event_names.free(connection, space, [names[place] for place in places])
        except Unavailable:
            continue
