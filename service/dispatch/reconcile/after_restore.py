"""After a restore: what left since the backup, as the providers list it, is written where the restored store
does not know it.

What borrowers wrote meanwhile, an opt-out above all, is taken too.

Each such message becomes a contact of every borrower who has its address, so that the caps count it; and what
may have been it is held for a person: whatever waits for that borrower on that channel and was due by then. A
message near an attempt whose outcome is not known is left to the look-up of that attempt. Repeatable: the
provider's id is the event's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from channels.adapter import Adapter, Listed, ListedInbound
from service.dispatch.events.record import NewEvent, record
from service.dispatch.receive.events import event_row
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.reconcile.unknown import LIST_MARGIN, sweep_lapsed
from service.dispatch.runtime import Runtime
from service.errors import Conflict, Unavailable
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.event import EventDraft
from service.store import after_restore, borrowers, quota, unmatched
from service.store.after_restore import Place
from service.store.attempts import AttemptKey, key_of
from service.store.database import Connection

CHUNK = 500
SHARED = ("sms", "voice", "whatsapp")
"""Channels whose addresses are telephone numbers: one number is found by either."""
SILENT = timedelta(seconds=10)
"""A worker without a beat for so long runs no more."""
LEFT_SINCE = (
    "a message to this borrower that this store does not know left after the backup: it may have been "
    "this one"
)
NO_LIST = "it was due before the store was restored, and its provider cannot say whether it went"


@dataclass(slots=True, kw_only=True)
class Line:
    """What came of one adapter's list."""

    channel: str
    adapter: str
    can_list: bool
    listed: int = 0
    known: int = 0
    """Of attempts, or written down by an earlier run."""
    unsettled: int = 0
    """Left to the look-up of an attempt whose outcome is not known."""
    strangers: int = 0
    """To addresses of nobody here."""
    unknown: int = 0
    """Not known to this store until now: each a contact of whoever has the address."""
    inbound: int = 0
    """Messages of borrowers that were not known: an opt-out among them holds from now on."""
    held: int = 0
    """Deliveries that may have been one of them; where nothing can be listed, those that were due."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found, and written where it was applied."""

    since: datetime
    applied: bool
    lines: list[Line] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


async def reconcile_since(
    runtime: Runtime,
    adapters: Mapping[str, Sequence[Adapter]],
    actor: Actor,
    *,
    since: datetime,
    apply: bool,
    hold_unlisted: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Ask every provider what left since an instant; write what is not known only with `apply`.

    `hold_unlisted`: hold also what was due on channels whose provider keeps no list. Raises Conflict while a
    worker runs, which would send what is to be held; Unavailable where a provider does not answer: what was
    written until then stays, and a repeat goes on."""
    if apply:
        async with runtime.database.connection() as connection:
            if await quota.living(connection, SILENT):
                raise Conflict("a worker runs on this store: stop it first, it may send what is to be held")
        while await sweep_lapsed(runtime):
            pass
    report = Report(since=since, applied=apply)
    for adapter in (one for some in adapters.values() for one in some):
        messages = adapter.list_since(since)
        line = Line(channel=str(adapter.channel), adapter=adapter.name, can_list=messages is not None)
        report.lines.append(line)
        run = _Run(runtime, actor, line, apply=apply)
        if messages is not None:
            await run.compare(messages, progress)
        elif hold_unlisted:
            await run.hold_due()
    if apply:
        public = {"since": since.isoformat(), "lines": [asdict(line) for line in report.lines]}
        async with runtime.database.transaction() as connection:
            await append(
                connection,
                [Entry.of("store.reconciled", runtime.clock.now(), actor.name, public=public)],
            )
    return report


class _Run:
    """One adapter's part of a run."""

    def __init__(self, runtime: Runtime, actor: Actor, line: Line, *, apply: bool) -> None:
        self._runtime = runtime
        self._actor = actor
        self._line = line
        self._apply = apply
        self._taken: set[AttemptKey] = set()
        self._parked: set[Place] = set()
        self._inbound: list[ListedInbound] = []

    async def compare(
        self, messages: AsyncIterator[Listed | ListedInbound], progress: Callable[[int], None]
    ) -> None:
        """Go through a provider's list."""
        chunk: list[Listed] = []
        async for one in _told(messages, self._line.adapter):
            if isinstance(one, ListedInbound):
                self._inbound.append(one)
                continue
            chunk.append(one)
            if len(chunk) == CHUNK:
                await self._compare(chunk)
                progress(len(chunk))
                chunk = []
        await self._compare(chunk)
        progress(len(chunk))
        await self._hear()

    async def _hear(self) -> None:
        """Take what borrowers wrote, in the order in which they did: the last word stands. It is too late to
        confirm an opt-out."""
        for one in sorted(self._inbound, key=lambda each: each.at):
            digest = self._runtime.vault.address_digest(one.inbound.from_address)
            async with self._runtime.database.connection() as connection:
                ids = await borrowers.with_address(connection, digest, SHARED)
                if await self._is_known(connection, ids, one):
                    continue
            self._line.inbound += 1
            if self._apply:
                await take_inbound(self._runtime, one.inbound, confirm=False)

    async def _is_known(self, connection: Connection, ids: Sequence[UUID], one: ListedInbound) -> bool:
        """Whether a message is stored, of its borrowers or of nobody."""
        if ids:
            return bool(await after_restore.recorded(connection, ids, [f"inbound_{one.inbound.ref}"]))
        return await unmatched.is_known(connection, one.inbound.provider, one.inbound.ref)

    async def hold_due(self) -> None:
        """Park everything that was due on the channel."""
        after = (UUID(int=0), 0)
        while True:
            async with self._runtime.database.transaction() as connection:
                places = await after_restore.due(
                    connection, self._line.channel, self._runtime.clock.now(), after, CHUNK
                )
                await self._hold(connection, places, NO_LIST)
            if not places:
                return
            after = places[-1][:2]

    async def _compare(self, chunk: Sequence[Listed]) -> None:
        line, vault = self._line, self._runtime.vault
        line.listed += len(chunk)
        digests = {one.to: vault.address_digest(one.to) for one in chunk}
        channels = SHARED if line.channel in SHARED else (line.channel,)
        async with self._runtime.database.transaction() as connection:
            owners = await borrowers.with_addresses(connection, list(set(digests.values())), channels)
            ids = sorted({borrower for some in owners.values() for borrower in some})
            if self._apply:
                await borrowers.lock(connection, ids)
            keys = {
                borrower: vault.unwrap(row.data_key)
                for borrower, row in (await borrowers.profiles(connection, ids)).items()
                if row.data_key is not None
            }
            fresh = await self._fresh(
                connection,
                chunk,
                [[one for one in owners.get(digests[each.to], ()) if one in keys] for each in chunk],
            )
            line.unknown += len(fresh)
            if self._apply:
                await self._record(connection, fresh, keys)
            await self._hold(connection, await self._may_be(connection, fresh), LEFT_SINCE)

    async def _fresh(
        self, connection: Connection, chunk: Sequence[Listed], owners: Sequence[list[UUID]]
    ) -> list[tuple[Listed, list[UUID]]]:
        """What the store does not know, with the borrowers whom it concerns."""
        line, ids = self._line, sorted({borrower for some in owners for borrower in some})
        known = await after_restore.known(
            connection, ids, line.channel, line.adapter, [one.receipt.ref for one in chunk]
        )
        written = {
            event
            for _, event in await after_restore.recorded(
                connection, ids, [self._event_id(one) for one in chunk]
            )
        }
        attempts = await after_restore.unsettled(connection, ids, line.channel, line.adapter)
        found: list[tuple[Listed, list[UUID]]] = []
        for one, some in zip(chunk, owners, strict=True):
            if not some:
                line.strangers += 1
            elif one.receipt.ref in known or self._event_id(one) in written:
                line.known += 1
            elif self._is_of(attempts, one, some):
                line.unsettled += 1
            else:
                found.append((one, some))
        return found

    def _is_of(self, attempts: Sequence[Any], one: Listed, owners: Sequence[UUID]) -> bool:
        """Whether a message may be that of an attempt whose outcome is not known; each attempt answers for
        one."""
        for row in attempts:
            key, digest = key_of(row), self._runtime.vault.address_digest(one.to)
            near = row.dialed_at is not None and abs(one.at - row.dialed_at) <= LIST_MARGIN
            if near and key.borrower_id in owners and row.address_digest == digest and key not in self._taken:
                self._taken.add(key)
                return True
        return False

    def _event_id(self, one: Listed) -> str:
        return f"{self._line.adapter}_{one.receipt.ref}"

    async def _record(
        self, connection: Connection, fresh: Sequence[tuple[Listed, list[UUID]]], keys: Mapping[UUID, bytes]
    ) -> None:
        """A contact for each, of everybody whom it concerns, and its entry in the log."""
        at = self._runtime.clock.now()
        found = [
            NewEvent(
                row=event_row(self._runtime, borrower, keys[borrower], self._draft(one), at),
                actor=self._actor.name,
                data_key=keys[borrower],
            )
            for one, some in fresh
            for borrower in some
        ]
        await record(connection, found, at=at)

    def _draft(self, one: Listed) -> EventDraft:
        return EventDraft(
            borrower_id="",
            type="contact",
            at=min(one.at, self._runtime.clock.now()),
            event_id=self._event_id(one),
            channel=self._line.channel,
            direction="out",
            outcome=one.receipt.outcome or "in_flight",
            to="consumer",
            address=one.to,
            ref=one.receipt.ref,
            source="provider-list",
        )

    async def _may_be(
        self, connection: Connection, fresh: Sequence[tuple[Listed, list[UUID]]]
    ) -> list[Place]:
        """What waits and may have been one of these messages: it was there, and due, when one of them
        left."""
        left: dict[UUID, list[datetime]] = {}
        for one, some in fresh:
            for borrower in some:
                left.setdefault(borrower, []).append(one.at + LIST_MARGIN)
        rows = await after_restore.waiting(connection, sorted(left), self._line.channel)
        return [
            Place(row.borrower_id, row.notice_no, row.channel)
            for row in rows
            if any(max(row.accepted_at, row.due_at or row.accepted_at) <= at for at in left[row.borrower_id])
        ]

    async def _hold(self, connection: Connection, places: Sequence[Place], reason: str) -> None:
        """Park deliveries for a person; counted only where nothing is to be written."""
        if not self._apply:
            self._parked |= set(places)
            self._line.held = len(self._parked)
            return
        at = self._runtime.clock.now()
        await borrowers.lock(connection, [borrower for borrower, _, _ in places])
        held = await after_restore.hold(connection, places, reason=reason, at=at)
        self._line.held += len(held)
        await append(connection, [self._held_entry(place, reason, at) for place in held])

    def _held_entry(self, place: Place, reason: str, at: datetime) -> Entry:
        borrower, notice_no, channel = place
        return Entry.of_borrower(
            "delivery.held",
            at,
            self._actor.name,
            borrower,
            notice_no=notice_no,
            channel=channel,
            public={"reason": reason},
        )


async def _told(
    messages: AsyncIterator[Listed | ListedInbound], adapter: str
) -> AsyncIterator[Listed | ListedInbound]:
    """What a provider lists. Raises Unavailable where it does not."""
    try:
        async for one in messages:
            yield one
    except Exception as error:
        raise Unavailable(
            f"{adapter} did not say what it sent ({type(error).__name__}): try again"
        ) from error
