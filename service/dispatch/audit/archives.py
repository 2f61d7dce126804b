"""Archives of the log: old entries are written to a file, the log tells of it in an entry, and only then
they are dropped from the store. Each step may be broken off and begun again."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from service.dispatch.audit.log import wait_for_index
from service.dispatch.runtime import Runtime
from service.errors import Conflict, NotFound
from service.log.append import Entry, append
from service.log.beginning import beginning, checkpoint_now, stated_by, statement
from service.log.export import PAGE, export
from service.log.keys import every_verifier_key
from service.log.verify import KeptCheckpoint
from service.model.actor import Actor
from service.store import log_archives, log_decisions, log_tree
from service.store.log_archives import Archive

LEAST_DAYS = 90
"""Nothing younger is archived: what webhooks, simulations and reports of learning read is younger."""
DROP_AT_ONCE = 10_000
"""Entries that one transaction drops, up to where a round of the sequencer ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an archive will hold: entries [first, size)."""

    first: int
    size: int
    root: bytes
    """Of the first `size` entries."""
    note: str
    """The checkpoint of `size`, by a key that signs now."""
    statement: str
    """The signed statement that what is before `size` was archived."""
    beginning: bytes
    """The line before the first entry; empty at 0."""


async def plan(runtime: Runtime, before: datetime) -> Plan:
    """Everything that is here and older than an instant, up to a checkpoint. Raises Conflict where that is
    nothing."""
    async with runtime.database.transaction() as connection:
        first, head = await log_archives.first(connection), await log_tree.head(connection)
        size = 0 if head is None else head.size
        bound = await log_decisions.first_from(connection, before, first, size)
        signed = await log_archives.signed_up_to(connection, first, bound)
        if signed is None:
            raise Conflict(
                f"nothing is archived: the log here begins at entry {first} and has {size}, and no "
                f"checkpoint covers some that are all from before {before.isoformat()}"
            )
        return Plan(
            first=first,
            size=signed.size,
            root=signed.root,
            note=await checkpoint_now(connection, runtime.vault, signed.size, signed.root),
            statement=await statement(connection, runtime.vault, signed.size, signed.root),
            beginning=await beginning(connection, runtime.vault, first) if first else b"",
        )


def lines(runtime: Runtime, planned: Plan) -> AsyncIterator[bytes]:
    """The archive, as an export gives its lines."""
    return export(
        runtime.database, "jsonl", first=planned.first, last=planned.size, beginning=planned.beginning
    )


async def details(runtime: Runtime, planned: Plan) -> AsyncIterator[bytes]:
    """The details that are still there, each encrypted under its borrower's key: JSON lines of index and
    base64."""
    for first in range(planned.first, planned.size, PAGE):
        async with runtime.database.connection() as connection:
            rows = await log_archives.details(connection, first, min(first + PAGE, planned.size))
        lines_of = ({"index": at, "detail": base64.b64encode(raw).decode()} for at, raw in rows)
        yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in lines_of)


async def tell(
    runtime: Runtime, actor: Actor, planned: Plan, *, digest: bytes, details_digest: bytes, place: str
) -> None:
    """Tell of an archive that was written and verified, in the log; waits shortly for the entry's index."""
    at = runtime.clock.now()
    one = Archive(
        number=0,
        first=planned.first,
        size=planned.size,
        note=planned.statement,
        digest=digest,
        details_digest=details_digest,
        place=place,
        archived_at=at,
        waits=True,
    )
    async with runtime.database.transaction() as connection:
        await append(connection, [Entry.of("log.archived", at, actor.name, public=_told(one))])
        await log_archives.add(connection, one)
        written = await log_tree.transaction_id(connection)
    await wait_for_index(runtime, written)


def _told(one: Archive) -> dict[str, Any]:
    return {
        "first": one.first,
        "size": one.size,
        "statement": one.note,
        "sha256": one.digest.hex(),
        "details_sha256": one.details_digest.hex(),
        "place": one.place,
    }


async def archives(runtime: Runtime) -> list[dict[str, Any]]:
    """Every archive, the newest first, and whether its entries are still here too."""
    async with runtime.database.connection() as connection:
        first, found = await log_archives.first(connection), await log_archives.every(connection)
    return [_told(one) | {"at": one.archived_at.isoformat(), "here": one.size > first} for one in found]


async def archive_of(runtime: Runtime, digest: bytes) -> tuple[Archive, KeptCheckpoint]:
    """The archive whose file has this SHA-256, and what was signed of it. Raises NotFound, and Conflict where
    nothing was."""
    async with runtime.database.transaction() as connection:
        found = await log_archives.with_digest(connection, digest)
        keys = await every_verifier_key(connection, runtime.vault)
    if found is None:
        raise NotFound("the log tells of no archive with this content: it was changed, or is of another log")
    stated = stated_by([found], keys)
    if not stated:
        raise Conflict("no key of this log signed what is said of this archive: run forbear log verify")
    return found, stated[0]


async def left_of(runtime: Runtime, archive: Archive) -> int:
    """How many entries of an archive are still here. Raises Conflict where they may not be dropped."""
    async with runtime.database.connection() as connection:
        first = await log_archives.first(connection)
    if archive.waits:
        raise Conflict("the entry that tells of this archive has no index yet: is a worker running?")
    if first < archive.first:
        raise Conflict(
            f"the log here begins at entry {first}, this archive at {archive.first}: drop the one before it "
            f"first"
        )
    return max(0, archive.size - first)


async def drop(
    runtime: Runtime, actor: Actor, archive: Archive, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Drop an archive's entries from the store; returns how many stay for a legal hold. Raises Conflict as
    `left_of`."""
    while await left_of(runtime, archive):
        async with runtime.database.transaction() as connection:
            first = await log_archives.first(connection)
            upto = min(first + DROP_AT_ONCE, archive.size)
            signed = await log_archives.signed_up_to(connection, first, upto)
            signed = signed or await log_archives.signed_beyond(connection, first)
            if signed is None or signed.size > archive.size:
                raise Conflict(f"no checkpoint ends between entry {first} and {archive.size}")
            await log_archives.drop(connection, signed.size)
            public = {"first": first, "size": signed.size}
            await append(
                connection, [Entry.of("log.dropped", runtime.clock.now(), actor.name, public=public)]
            )
        progress(signed.size - first)
    async with runtime.database.transaction() as connection:
        await log_archives.let_go(connection)
        return await log_archives.count_kept(connection)
