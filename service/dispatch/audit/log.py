"""The dispatch log as auditors ask for it: filtered, within what their key may see; an export is itself an
entry."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.dispatch.access.keys import check_unlimited
from service.dispatch.access.limits import without_others
from service.dispatch.audit.notices import read_notice
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from service.ids import NoticeId
from service.log.append import Entry, append
from service.log.beginning import beginning
from service.log.checkpoint import DASH
from service.log.cosignature import CosignatureInvalid, Witness, check_cosignature
from service.log.export import sequenced_size
from service.log.keys import every_verifier_key, rename, retire, rotate
from service.log.origin import fresh_origin, names_of
from service.log.read import EntryPage, read_entries
from service.model.actor import Actor
from service.store import log_archives, log_tree
from service.store.log_entries import EntryFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reading of the log is narrowed to; None means anything."""

    borrower: str | None = None
    """The upstream id."""
    notice: NoticeId | None = None
    channel: str | None = None
    """With `notice`: one delivery."""
    kind: str | None = None
    policy: str | None = None
    verdict: str | None = None
    actor: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    below: Sequence[int] | None = None
    """Keyset: of each cell that is asked, entries with a smaller number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Entries, newest first, and where the next page begins; None at the end."""

    items: list[dict[str, Any]]
    next_below: list[int] | None


async def read_log(runtime: Runtime, wanted: Wanted, actor: Actor, *, limit: int) -> LogPage:
    """Entries, newest first. A key that is limited to creditors reads the story of one of their notices, and
    nothing else."""
    if actor.creditors is not None:
        if wanted.notice is None:
            raise Forbidden(
                "this key is limited to creditors: it reads the log of one notice or delivery at a time"
            )
        await read_notice(runtime, wanted.notice, actor)
    borrower = None if wanted.borrower is None else runtime.vault.borrower_key(wanted.borrower)
    if wanted.notice is not None:
        if borrower not in {None, wanted.notice.borrower}:
            return LogPage(items=[], next_below=None)
        borrower = wanted.notice.borrower
    narrowed = EntryFilter(
        borrower=borrower,
        notice_no=None if wanted.notice is None else wanted.notice.number,
        channel=wanted.channel,
        kind=wanted.kind,
        verdict=wanted.verdict,
        policy=wanted.policy,
        actor=wanted.actor,
        since=wanted.since,
        before=wanted.before,
    )
    cells = runtime.cells.all if borrower is None else runtime.cells.with_log_of(borrower)
    places = list(wanted.below or [NEWEST] * len(cells))
    if len(places) != len(cells):
        places = [NEWEST] * len(cells)  # of a list of another deployment's cells: from the beginning
    pages = await asyncio.gather(
        *(
            read_entries(one.database, one.vault, replace(narrowed, below=below), limit, keys_elsewhere(one))
            for one, below in zip(cells, places, strict=True)
        )
    )
    items = merged(cells, pages, places, limit)
    more = any(place > 0 for place in places)
    return LogPage(items=[without_others(one, actor) for one in items], next_below=places if more else None)


NEWEST = 2**62
"""Above every number of an entry."""


def merged(
    cells: Sequence[Runtime], pages: Sequence[EntryPage], places: list[int], limit: int
) -> list[dict[str, Any]]:
    """The newest of several logs, each in its own order; `places` goes on in each, 0 at its end."""
    taken = [0] * len(cells)
    found: list[dict[str, Any]] = []
    while len(found) < limit:
        open_ = [one for one, page in enumerate(pages) if taken[one] < len(page.items)]
        if not open_:
            break
        newest = max(open_, key=lambda one: pages[one].items[taken[one]]["at"])
        item = pages[newest].items[taken[newest]]
        found.append({**item, "cell": cells[newest].cell} if cells[newest].joined is not None else item)
        taken[newest] += 1
    for one, page in enumerate(pages):
        if taken[one] < len(page.items):
            places[one] = page.numbers[taken[one] - 1] if taken[one] else places[one]
        else:
            places[one] = page.next_below or 0
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Exportable:
    """What an export shows."""

    first: int
    """Its first entry: the one that was asked for, or where older ones were archived the first that is
    here."""
    size: int
    """Those under the last checkpoint."""
    beginning: bytes
    """The line that says what was before the first entry, of JSON lines; empty where nothing was archived of
    it."""


async def begin_export(runtime: Runtime, actor: Actor, *, form: str, first: int) -> Exportable:
    """Note the export in the log; returns what it may show: the entries under the last checkpoint, this note
    among them.

    So a log at rest is as long as its last export, and their checkpoint is the last one. Where nobody
    sequences, it is not waited for."""
    check_unlimited(actor)
    size = await sequenced_size(runtime.database)
    entry = Entry.of(
        "log.exported", runtime.clock.now(), actor.name, public={"format": form, "first": first, "size": size}
    )
    async with runtime.database.transaction() as connection:
        await append(connection, [entry])
        written = await log_tree.transaction_id(connection)
    await wait_for_index(runtime, written)
    size = await sequenced_size(runtime.database)
    async with runtime.database.transaction() as connection:
        begins = await log_archives.first(connection)
        if begins == 0 or first > begins or begins > size:
            return Exportable(first=first, size=size, beginning=b"")
        line = await beginning(connection, runtime.vault, begins) if form == "jsonl" else b""
    return Exportable(first=begins, size=size, beginning=line)


SEQUENCED_WITHIN, LOOK_AGAIN = 1.5, 0.05
"""Seconds: three rounds of the sequencer, and between two looks at it."""


async def wait_for_index(runtime: Runtime, transaction: int) -> None:
    """Wait until the entries of a transaction are sequenced, as long as three rounds take: where nobody
    sequences, no longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SEQUENCED_WITHIN):
            while not await _is_sequenced(runtime, transaction):
                await asyncio.sleep(LOOK_AGAIN)


async def _is_sequenced(runtime: Runtime, transaction: int) -> bool:
    async with runtime.database.connection() as connection:
        return not await log_tree.waits(connection, transaction)


async def add_log_key(runtime: Runtime, actor: Actor) -> str:
    """Add a key that signs checkpoints beside the one in use; returns its verifier key."""
    async with runtime.database.transaction() as connection:
        verifier = await rotate(connection, runtime.vault)
        await append(
            connection,
            [Entry.of("log_key.added", runtime.clock.now(), actor.name, public={"key": verifier})],
        )
    return verifier


async def retire_log_keys(runtime: Runtime, actor: Actor) -> int:
    """Let the newest key sign alone; returns how many were retired."""
    async with runtime.database.transaction() as connection:
        retired = await retire(connection)
        if retired:
            await append(
                connection,
                [Entry.of("log_key.retired", runtime.clock.now(), actor.name, public={"keys": retired})],
            )
    return retired


async def rename_log(runtime: Runtime, actor: Actor, origin: str | None) -> tuple[str, str]:
    """Give the log another name, a chosen one or one by chance; returns the one until now and the new one.
    It begins when the entry that tells of it has its index. Raises Conflict where another one waits, or the
    log had this one."""
    wanted = fresh_origin() if origin is None else origin
    async with runtime.database.transaction() as connection:
        renamed = await rename(connection, runtime.vault, wanted)
        if renamed is None:
            raise Conflict(
                f"the log is not renamed: it had the name {wanted} before, or another one waits to begin"
            )
        before, keys = renamed
        public = {"from": before, "to": wanted, "keys": keys}
        await append(
            connection, [Entry.of("log_origin.changed", runtime.clock.now(), actor.name, public=public)]
        )
    return before, wanted


async def log_names(runtime: Runtime) -> list[dict[str, Any]]:
    """The names of the log, the newest first, each with the size beyond which it signs (None while it waits)
    and its verifier keys, also those of keys that were retired."""
    async with runtime.database.transaction() as connection:
        names = await names_of(connection)
        keys = await every_verifier_key(connection, runtime.vault)
    return [
        {
            "origin": one.origin,
            "since": one.since,
            "named_at": one.named_at.isoformat(),
            "keys": [key for key in keys if key.startswith(f"{one.origin}+")],
        }
        for one in names
    ]


async def cosign(runtime: Runtime, witnesses: tuple[Witness, ...], *, size: int, line: str) -> str:
    """Store a witness's cosignature of the checkpoint of this size; repeatable. Returns the note with all of
    them.

    Raises NotFound where there is no checkpoint of this size, InvalidRequest where the line is not a
    witness's."""
    async with runtime.database.transaction() as connection:
        found = await log_tree.checkpoint_of(connection, size)
        if found is None:
            raise NotFound("there is no checkpoint of this size")
        note, stored = found
        try:
            witness = check_cosignature(line, note.partition("\n\n")[0] + "\n", witnesses)
        except CosignatureInvalid as error:
            field_error = FieldError(pointer="/cosignature", detail=str(error), code="cosignature")
            raise InvalidRequest("the cosignature is not taken", field_errors=[field_error]) from None
        if f"{DASH}{witness.name} " not in stored:
            await log_tree.cosign(connection, size, line + "\n")
            public = {"size": size, "witness": witness.name}
            await append(
                connection,
                [
                    Entry.of(
                        "checkpoint.cosigned", runtime.clock.now(), f"witness:{witness.name}", public=public
                    )
                ],
            )
            stored += line + "\n"
    return note + stored
