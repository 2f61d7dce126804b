"""Notes the heads of every cell's log in home's, so that one checkpoint covers all of them
(service/log/heads.py)."""

from __future__ import annotations

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.log.append import Entry, append
from service.log.heads import HOME, KIND
from service.model.actor import SYSTEM_ACTOR
from service.store import cell_heads, log_tree
from service.store.cell_heads import CellHead


async def note_heads(runtime: Runtime) -> bool:
    """Note where each log stands, where another cell's went on since; whether anything was noted. Of a cell
    that is away its last head is repeated, with the instant at which it was read."""
    found = {cell.cell: head for cell, head in await reachable(runtime, _head) if isinstance(head, CellHead)}
    async with runtime.home.transaction() as connection:
        if not await cell_heads.turn(connection):
            return False
        known = {one.cell: one for one in await cell_heads.known(connection)}
        moved = [
            one
            for one in found.values()
            if one.cell != HOME and (one.cell not in known or one.size > known[one.cell].size)
        ]
        if not moved:
            return False
        fresh = {
            cell: one for cell, one in found.items() if cell not in known or one.size >= known[cell].size
        }
        heads = [fresh.get(cell) or known[cell] for cell in sorted({*known, *fresh})]
        await cell_heads.keep(connection, heads)
        entry = Entry.of(
            KIND, runtime.clock.now(), SYSTEM_ACTOR.name, public={"heads": [_document(one) for one in heads]}
        )
        await append(connection, [entry])
    return True


async def _head(runtime: Runtime) -> CellHead | None:
    """None before a cell's first checkpoint."""
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
    if head is None:
        return None
    return CellHead(runtime.cell, head.note.partition("\n")[0], head.size, head.root, at)


def _document(one: CellHead) -> dict[str, object]:
    return {
        "cell": one.cell,
        "origin": one.origin,
        "size": one.size,
        "root": one.root.hex(),
        "at": one.at.isoformat(),
    }
