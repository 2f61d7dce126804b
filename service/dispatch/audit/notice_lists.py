"""Lists of notices, for people and for machines: narrowed, newest first or in the order in which they
changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.dispatch.audit.notices import read_notices
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import each, in_order
from service.ids import NoticeId
from service.model.actor import Actor
from service.store import notice_lists, notices
from service.store.database import Connection
from service.store.notice_filter import NoticeFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list; `next_key` is where the next one begins, or None at the end. A page may be short,
    or empty, and have a next one: no more was looked at for it."""

    items: list[dict[str, Any]]
    next_key: tuple[int, UUID] | tuple[datetime, int, UUID] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to, in the words of whoever asks; None means anything."""

    borrower: str | None = None
    references: Sequence[str] | None = None
    """Any of them."""
    ids: Sequence[str] | None = None
    """Any of them: ids of ours, or references."""
    creditor: str | None = None
    category: str | None = None
    template: str | None = None
    state: str | None = None
    """Of a delivery."""
    status: str | None = None
    """`open` or `done`."""
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    """Not included."""
    updated_since: datetime | None = None


async def list_notices(
    runtime: Runtime,
    actor: Actor,
    wanted: Wanted,
    *,
    by_change: bool = False,
    after: tuple[int, UUID] | tuple[datetime, int, UUID] | None = None,
    limit: int = 100,
) -> Page:
    """Notices, newest first; with `by_change` in the order of their last change, which is `updated_at`. What
    the actor may not see is not in it."""

    async def find(cell: Runtime) -> notice_lists.Found:
        async with cell.database.connection() as connection:
            narrowed = await _filter(cell, connection, actor, wanted, after)
            return await notice_lists.find(connection, narrowed, limit, by_change=by_change)

    if wanted.borrower is not None:
        found = await find(runtime.of(runtime.vault.borrower_key(wanted.borrower)))
    else:
        found = _merged(await each(runtime, find), limit, newest=not by_change)
    items = await read_notices(runtime, [(one.borrower_id, one.notice_no) for one in found.keys], actor)
    return Page(items=items, next_key=found.next_key)


def _merged(parts: Sequence[notice_lists.Found], limit: int, *, newest: bool) -> notice_lists.Found:
    """The pages of several cells as one. Nothing is shown beyond the place to which every cell was looked
    through."""
    if len(parts) == 1:
        return parts[0]
    ends = [one.next_key for one in parts if one.next_key is not None]
    end = (max(ends) if newest else min(ends)) if ends else None
    found = [
        one
        for one in in_order([part.keys for part in parts], _key, limit + 1, newest=newest)
        if end is None or (one.key >= end if newest else one.key <= end)
    ]
    if len(found) > limit:
        return notice_lists.Found(keys=found[:limit], next_key=found[limit - 1].key)
    return notice_lists.Found(keys=found, next_key=end)


def _key(one: notice_lists.Listed) -> notice_lists.Key:
    return one.key


async def _filter(
    runtime: Runtime,
    connection: Connection,
    actor: Actor,
    wanted: Wanted,
    after: tuple[int, UUID] | tuple[datetime, int, UUID] | None,
) -> NoticeFilter:
    vault = runtime.vault
    references = wanted.references
    return NoticeFilter(
        borrower=None if wanted.borrower is None else vault.borrower_key(wanted.borrower),
        references=None
        if references is None
        else [vault.text_digest("reference", one) for one in references],
        ids=None if wanted.ids is None else await _keys(runtime, connection, wanted.ids),
        creditors=_creditors(actor, wanted.creditor),
        category=wanted.category,
        template=wanted.template,
        delivery_state=wanted.state,
        open=None if wanted.status is None else wanted.status == "open",
        accepted_from=wanted.accepted_from,
        accepted_to=wanted.accepted_to,
        updated_since=wanted.updated_since,
        before=None if after is None or len(after) == 3 else after,  # noqa: PLR2004 - the key of the list by change
        after=after if after is not None and len(after) == 3 else None,  # noqa: PLR2004 - the same
    )


def _creditors(actor: Actor, creditor: str | None) -> list[str] | None:
    """Those of whom notices may be listed; none where a limited key asks for another's."""
    if creditor is None:
        return None if actor.creditors is None else sorted(actor.creditors)
    return [creditor] if actor.may_see(creditor) else []


async def _keys(runtime: Runtime, connection: Connection, names: Sequence[str]) -> list[tuple[UUID, int]]:
    """The notices that are named, by our id or by their reference."""
    parsed = {name: NoticeId.parse(name) for name in names}
    found = {(one.borrower, one.number) for one in parsed.values() if one is not None}
    digests = [runtime.vault.text_digest("reference", name) for name, one in parsed.items() if one is None]
    if digests:
        found.update(await notices.with_references(connection, digests))
    return sorted(found)
