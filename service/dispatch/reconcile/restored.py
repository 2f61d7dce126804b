"""What one cell's store knows of the messages that a provider lists, and what is written into it of those
that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from channels.adapter import Listed, ListedInbound
from service.dispatch.events.record import NewEvent, record
from service.dispatch.receive.events import event_row
from service.dispatch.reconcile.unknown import LIST_MARGIN
from service.dispatch.runtime import Runtime
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.event import EventDraft
from service.store import after_restore, borrowers, tallies, unmatched
from service.store.after_restore import Place
from service.store.attempts import AttemptKey, key_of
from service.store.database import Connection

CHUNK = 500
SHARED = ("sms", "voice", "whatsapp")
"""Channels whose addresses are telephone numbers: one number is found by either."""
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


class Seen(StrEnum):
    """What a cell's store says of a message that a provider lists."""

    STRANGER = "stranger"
    """It has nobody with the address."""
    KNOWN = "known"
    """An attempt's."""
    WRITTEN = "written"
    """An earlier run wrote it down here."""
    UNSETTLED = "unsettled"
    """Perhaps that of an attempt whose outcome is not known."""
    UNKNOWN = "unknown"


class Part:
    """What a run does in one cell."""

    def __init__(self, runtime: Runtime, actor: Actor, line: Line, *, apply: bool) -> None:
        self._runtime = runtime
        self._actor = actor
        self._line = line
        self._apply = apply
        self._taken: set[AttemptKey] = set()
        self._written: set[str] = set()
        self._parked: set[Place] = set()

    async def knows(self, one: ListedInbound) -> bool | None:
        """Whether a message of this cell's borrowers is stored; None where it has none with the address."""
        digest = self._runtime.vault.address_digest(one.inbound.from_address)
        async with self._runtime.database.connection() as connection:
            ids = await borrowers.with_address(connection, digest, SHARED)
            if not ids:
                return None
            return bool(await after_restore.recorded(connection, ids, [f"inbound_{one.inbound.ref}"]))

    async def knows_stranger(self, one: ListedInbound) -> bool:
        """Whether a message is stored that no borrower has."""
        async with self._runtime.database.connection() as connection:
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

    async def look(self, chunk: Sequence[Listed]) -> list[Seen]:
        """What this cell's store says of each message."""
        line = self._line
        async with self._runtime.database.transaction() as connection:
            owners = await self._owners(connection, chunk)
            ids = sorted({borrower for some in owners for borrower in some})
            known = await after_restore.known(
                connection, ids, line.channel, line.adapter, [one.receipt.ref for one in chunk]
            )
            written = {
                event
                for _, event in await after_restore.recorded(
                    connection, ids, [self._event_id(one) for one in chunk]
                )
            }
            self._written |= written
            attempts = await after_restore.unsettled(connection, ids, line.channel, line.adapter)
        found: list[Seen] = []
        for one, some in zip(chunk, owners, strict=True):
            if not some:
                found.append(Seen.STRANGER)
            elif one.receipt.ref in known:
                found.append(Seen.KNOWN)
            elif self._event_id(one) in written:
                found.append(Seen.WRITTEN)
            else:
                found.append(Seen.UNSETTLED if self._is_of(attempts, one, some) else Seen.UNKNOWN)
        return found

    async def take(self, messages: Sequence[Listed]) -> None:
        """Write messages that no cell knows as contacts of this cell's borrowers, and hold what may have been
        one of them. What an earlier run wrote here before it ended is not written again."""
        fresh = [one for one in messages if self._event_id(one) not in self._written]
        async with self._runtime.database.transaction() as connection:
            owners = await self._owners(connection, fresh)
            ids = sorted({borrower for some in owners for borrower in some})
            if self._apply:
                await borrowers.lock(connection, ids)
            keys = {
                borrower: self._runtime.vault.unwrap(row.data_key)
                for borrower, row in (await borrowers.profiles(connection, ids)).items()
                if row.data_key is not None
            }
            found = [
                (one, [borrower for borrower in some if borrower in keys])
                for one, some in zip(fresh, owners, strict=True)
            ]
            if self._apply:
                await self._record(connection, found, keys)
            await self._hold(connection, await self._may_be(connection, found), LEFT_SINCE)

    async def _owners(self, connection: Connection, chunk: Sequence[Listed]) -> list[list[UUID]]:
        """For each message the borrowers here who have its address and were not erased."""
        line, vault = self._line, self._runtime.vault
        digests = [vault.address_digest(one.to) for one in chunk]
        channels = SHARED if line.channel in SHARED else (line.channel,)
        owners = await borrowers.with_addresses(connection, list(set(digests)), channels)
        ids = sorted({borrower for some in owners.values() for borrower in some})
        profiles = await borrowers.profiles(connection, ids)
        there = {borrower for borrower, row in profiles.items() if row.data_key is not None}
        return [[one for one in owners.get(digest, ()) if one in there] for digest in digests]

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
        await tallies.note_held(connection, [channel for _, _, channel in held], at)

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
