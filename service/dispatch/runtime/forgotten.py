"""What an erasure does in the cells that had the borrower before: their logs keep the entries, without the
detail."""

from __future__ import annotations

from uuid import UUID

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import ERASED
from service.store import cells, erasure
from service.store.cells import Owed
from service.store.database import Connection


async def forget_elsewhere(runtime: Runtime, connection: Connection, borrower: UUID) -> None:
    """Note, with the erasure, that the logs of former cells are to forget the borrower, too. The key is gone
    already: nothing in them can be opened any more."""
    if runtime.joined is not None:
        former = [one.cell for one in runtime.cells.with_log_of(borrower)[1:]]
        await cells.owe(connection, former, ERASED, borrower.bytes)


async def act_erased(source: Runtime, other: Runtime, one: Owed) -> None:
    """Let go of the details in another cell's log."""
    del source
    async with other.database.transaction() as connection:
        await erasure.forget_details(connection, UUID(bytes=one.digest or bytes(16)))
