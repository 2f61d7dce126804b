"""Rotation of FORBEAR_SECRET_KEY: every key that is wrapped under a previous one is wrapped under the current
one, while all goes on.

What depends on the secret key are wrapped keys alone: each borrower's data key, and the deployment's own
(look-up, tokens, the log's signing keys, also those that are retired). Digests, receipt tokens, cursors and
checkpoints hang on the keys inside and stay as they are. A run that is ended goes on where it was when it is
started again: a key that is wrapped anew already is passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each
from service.failpoints import reach
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import keyring
from service.store.database import Connection

BATCH = 500
"""Borrowers whose rows are held at a time."""
Progress = Callable[[int], None]
"""Called with how many data keys were looked at since the last call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation wrapped anew."""

    keys: int
    """Of the deployment's own."""
    borrowers: int


async def rotate_secrets(runtime: Runtime, actor: Actor, progress: Progress = lambda _: None) -> Rotated:
    """Wrap everything under FORBEAR_SECRET_KEY; afterwards FORBEAR_PREVIOUS_SECRET_KEYS open nothing more.
    Repeatable.

    Passes over all borrowers until one pass finds nothing: a process that still wraps under the old key may
    have stored one meanwhile; in every cell, of several. Raises Unavailable where one is away, and
    DecryptionFailed for a key that none of the secret keys opens; what was done until then stays done."""
    keys, borrowers = sum(await each(runtime, _rotate_own)), 0
    for cell in runtime.cells.all:
        while (found := await _pass(cell, progress)) > 0:
            borrowers += found
    if keys or borrowers:
        public = {"keys": keys, "borrowers": borrowers}
        async with runtime.database.transaction() as connection:
            await append(
                connection,
                [Entry.of("secret_key.rotated", runtime.clock.now(), actor.name, public=public)],
            )
    return Rotated(keys=keys, borrowers=borrowers)


async def _rotate_own(runtime: Runtime) -> int:
    """The deployment's own keys, in one transaction; returns how many were wrapped anew."""
    count = 0
    async with runtime.database.transaction() as connection:
        for row in await keyring.lock_all(connection):
            fresh = runtime.vault.rewrap(row.wrapped)
            if fresh is not None:
                await keyring.replace(connection, row.name, row.version, fresh)
                count += 1
        reach("secrets.written")
    reach("secrets.committed")
    return count


async def _pass(runtime: Runtime, progress: Progress) -> int:
    """Every borrower once, batch by batch; returns how many data keys were wrapped anew."""
    after, count = UUID(int=0), 0
    while True:
        async with runtime.database.connection() as connection:
            rows = await keyring.data_keys(connection, after, BATCH)
        if not rows:
            return count
        stale = [row.borrower_id for row in rows if runtime.vault.rewrap(row.data_key) is not None]
        if stale:
            async with runtime.database.transaction() as connection:
                count += await _rewrap(runtime, connection, stale)
                reach("secrets.written")
            reach("secrets.committed")
        after = rows[-1].borrower_id
        progress(len(rows))


async def _rewrap(runtime: Runtime, connection: Connection, borrowers: list[UUID]) -> int:
    """Read again under the rows' locks: who was erased meanwhile stays erased."""
    wrapped = {
        row.borrower_id: runtime.vault.rewrap(row.data_key)
        for row in await keyring.lock_data_keys(connection, borrowers)
    }
    fresh = {borrower: one for borrower, one in wrapped.items() if one is not None}
    await keyring.replace_data_keys(connection, fresh)
    return len(fresh)
