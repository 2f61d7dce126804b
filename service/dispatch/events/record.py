"""The one way to record an event: insert, revision, what it does to the address and to open deliveries, log
entries, wake.

Whoever learns something about a borrower comes here: an agent's call over the API, a text, a key, an
unsubscribe link, a receipt, a refusal. What came from an address, or names one, also belongs to the address:
it is recorded as a suppression, and found by every borrower who has that address. After the commit
`reach_others` makes the attempts void that were decided for others meanwhile; the dialing mark looks at the
suppressions itself, so that a crash between the two sends nothing."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from policies.order import LIFTING
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import send_on
from service.ids import CHANNELS
from service.log.append import Entry, append
from service.model.category import overtaken
from service.model.suppression import (
    ANY,
    CONFIRMABLE,
    EVENT_REASONS,
    OWN_CHANNEL,
    PHONES,
    STOPPING,
    Reason,
    channel_of,
    closed_by,
)
from service.store import borrowers, events, notices, repeats, suppressions
from service.store.database import Connection
from service.store.events import EventKey, EventRow
from service.store.suppressions import Added, Draft, Lifting, Suppression
from service.store.wake import wake_workers

ONLY_UNMATCHED = frozenset({Reason.HARDSHIP, Reason.UNCLEAR})
"""Reasons that stay with the borrower who said them, where one is known."""
MANY = 100
"""So many events of one borrower are gone through at a time for those that only repeat others."""
ENDING = frozenset({"opt_out", "cease", "complaint", "wrong_number", "attorney", "deceased", "bankruptcy"})
"""Events after which what is open about a borrower is judged at once."""
PAYMENTS = frozenset({"payment", "promise_to_pay"})
LIMITS = frozenset({"expires_at", "only_dates", "debt_ids", "account_id", "topic"})
"""Fields that limit what lifts: an address is free, or it is not."""
OF_ADDRESS = frozenset({"complaint", "wrong_number", "rnd_check", "address_dead"})
"""Events that are about an address, whatever debt was spoken of."""
LOGGED_CHANNELS = frozenset(CHANNELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The address that something came from."""

    digest: bytes
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that is about to be recorded, with what its entry in the log says besides."""

    row: EventRow
    actor: str
    data_key: bytes | None = field(repr=False)
    """None of a borrower who was erased: nothing personal is kept."""
    origin: Origin | None = None
    """Where it came from, where that was an address."""
    notice_no: int | None = None
    attempt: int | None = None
    public: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> EventKey:
        """Its borrower and its id."""
        return self.row.borrower_id, self.row.event_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording did."""

    new: frozenset[EventKey] = frozenset()
    known: frozenset[UUID] = frozenset()
    """The borrowers whose revision was raised."""
    closed: frozenset[bytes] = frozenset()
    """The digests of addresses that were suppressed."""

    def __bool__(self) -> bool:
        """Whether anything was new."""
        return bool(self.new or self.closed)


NOTHING = Recorded()


async def record(connection: Connection, found: Sequence[NewEvent], *, at: datetime) -> Recorded:
    """Append events in a transaction that holds the borrowers' rows. An id that is known already changes
    nothing.

    The caller awaits `reach_others` after the commit."""
    if not found:
        return NOTHING
    inserted = await events.insert_events(connection, [one.row for one in found])
    fresh = list({one.key: one for one in found if one.key in inserted}.values())
    if not fresh:
        return NOTHING
    counts = collections.Counter(one.row.borrower_id for one in fresh)
    have = await borrowers.bump(connection, counts)
    many = [one for one, count in have.items() if count // MANY > (count - counts[one]) // MANY]
    if many:
        await repeats.compact(connection, many)
    entries = [event_entry(one, at) for one in fresh]
    entries += await _overtake(connection, fresh, at)
    await _judge_again(connection, fresh, at)
    drafts = [draft for one in fresh for draft in drafts_of(one)]
    added = await suppressions.add(connection, [*drafts, *await _of_no_address(connection, fresh)], at)
    entries += [added_entry(one, at, fresh[0].actor) for one in added if one.new]
    for actor in {one.actor for one in fresh}:
        liftings = [lifting for one in fresh if one.actor == actor for lifting in liftings_of(one)]
        lifted = await suppressions.lift_said(connection, liftings, at=at, actor=actor)
        entries += [lifted_entry(one, at, actor) for one in lifted]
    await append(connection, entries)
    await wake_workers(connection)
    return Recorded(
        new=frozenset(one.key for one in fresh),
        known=frozenset(counts),
        closed=frozenset(one.digest for one in added),
    )


async def reach_others(runtime: Runtime, recorded: Recorded) -> None:
    """After the commit: void what was decided for other borrowers who have one of the addresses, also those
    who came meanwhile.

    Other cells learn of it too, before anybody is answered. A repeat is harmless. Where the process dies
    before it, the dialing mark still sees the suppression."""
    if recorded:
        await send_on(runtime)
    if not recorded.closed:
        return
    async with runtime.database.connection() as connection:
        having = await borrowers.with_addresses(connection, list(recorded.closed), None)
    others = {borrower for ids in having.values() for borrower in ids} - recorded.known
    if others:
        async with runtime.database.transaction() as connection:
            await borrowers.lock(connection, others)
            await borrowers.bump(connection, dict.fromkeys(others, 0))
            await wake_workers(connection)


def drafts_of(one: NewEvent) -> list[Draft]:
    """The suppressions that a borrower's event amounts to."""
    named = _named(one)
    said = said_in(one.row, None if named is None else bytes.fromhex(named))
    return drafts_from(said, one.origin, actor=one.actor, said_by=one.row.borrower_id)


def said_in(row: EventRow, digest: bytes | None) -> Said:
    """What an event says about this address. Whose a number is, and what angered, no debt narrows."""
    document = row.document
    return Said(
        type=row.type,
        at=row.at,
        channel=row.channel,
        digest=digest,
        narrow=row.type not in OF_ADDRESS and bool(document.get("debt_ids") or document.get("topic")),
        reassigned=document.get("result") == "reassigned",
        via=document.get("via"),
    )


def _named(one: NewEvent) -> str | None:
    """The digest of the address that an event is about; None where it is about a whole channel."""
    document = one.row.document
    named: str | None = document.get("address")
    return named if document.get("scope") != "medium" or one.origin is not None else None


async def _of_no_address(connection: Connection, fresh: Iterable[NewEvent]) -> list[Draft]:
    """The suppressions of what is about an address and names none: of a complaint every address that the
    borrower has on the channel complained of, and on every channel where none is named; of a number that was
    reassigned every telephone number, or those of the channel that is named. Which message angered the
    borrower, or which number was looked up, is not known: the strict side holds."""
    found = [
        (one, closed)
        for one in fresh
        if one.origin is None and _named(one) is None and (closed := _closes(one.row)) is not None
    ]
    if not found:
        return []
    having = await borrowers.current_addresses(connection, {one.row.borrower_id for one, _ in found})
    return [
        draft
        for one, closed in found
        for borrower, channel, digest in having
        if borrower == one.row.borrower_id and channel in closed
        for draft in drafts_from(
            said_in(one.row, digest),
            None,
            actor=one.actor,
            said_by=borrower,
        )
    ]


def _closes(row: EventRow) -> frozenset[str] | None:
    """The channels whose addresses an event without an address is about; None where it is about none."""
    named = channel_of(row.channel)
    if row.type == "complaint" and named is not None:
        return frozenset(one for one in CHANNELS if named in {ANY, *closed_by(one)})
    if row.type == "rnd_check" and row.document.get("result") == "reassigned":
        return frozenset(one for one in PHONES if named in closed_by(one)) or PHONES
    return None


class Said(NamedTuple):
    """What an event says about an address."""

    type: str
    at: datetime
    channel: str | None
    digest: bytes | None
    """Of the address that it names."""
    narrow: bool = False
    """Whether it is about some debts or one topic alone: that stays with the borrower."""
    reassigned: bool = False
    via: str | None = None


def drafts_from(said: Said, origin: Origin | None, *, actor: str, said_by: UUID | None = None) -> list[Draft]:
    """The suppressions that an event amounts to: where it came from an address or names one."""
    reason = (
        Reason.REASSIGNED if said.type == "rnd_check" and said.reassigned else EVENT_REASONS.get(said.type)
    )
    digest = said.digest or (None if origin is None else origin.digest)
    if reason is None or digest is None or said.narrow or (said_by is not None and reason in ONLY_UNMATCHED):
        return []
    channel = channel_of(said.channel) if reason in OWN_CHANNEL else ANY
    if channel is None or _of_another_kind(channel, origin):
        return []
    return [
        Draft(
            digest=digest,
            channel=channel,
            reason=reason,
            at=said.at,
            actor=actor,
            via=str(said.via or ("event" if origin is None else origin.channel))[:32],
            said_by=() if said_by is None else (said_by,),
            note=None,
        )
    ]


def _of_another_kind(channel: str, origin: Origin | None) -> bool:
    """What is sent from a telephone about mails names no mailbox, and the other way round."""
    return origin is not None and channel != ANY and (channel in PHONES) != (origin.channel in PHONES)


def liftings_of(one: NewEvent) -> list[Lifting]:
    """What a borrower's event lifts of an address for good: an opt-in that came from it, the confirmation
    that it is the borrower's."""
    row = one.row
    if not LIMITS.isdisjoint(row.document):
        return []  # for a while or for a part: the decision asks whether it does
    if row.type == "opt_in" and one.origin is not None:
        return liftings_from(row.channel, one.origin, row.at)
    named = row.document.get("address")
    if row.type == "address_confirmed" and named is not None:
        return [Lifting(bytes.fromhex(named), ANY, reason, row.at) for reason in sorted(CONFIRMABLE)]
    return []


def liftings_from(channel: str | None, origin: Origin, at: datetime) -> list[Lifting]:
    """What an opt-in from an address lifts of it."""
    named = channel_of(channel)
    return [] if named is None else [Lifting(origin.digest, named, Reason.OPT_OUT, at)]


async def _overtake(connection: Connection, fresh: Iterable[NewEvent], at: datetime) -> list[Entry]:
    """A payment, or the promise of one, ends what is open about the debt: the notice says what is not true
    any more."""
    entries: list[Entry] = []
    for one in fresh:
        if one.row.type not in PAYMENTS:
            continue
        debts = one.row.document.get("debt_ids") or None
        closed = await notices.overtake(
            connection, one.row.borrower_id, debts, by=one.row.type, why=overtaken(one.row.type), at=at
        )
        entries += [
            Entry.of_borrower(
                "delivery.suppressed",
                at,
                "system",
                one.row.borrower_id,
                notice_no=number,
                channel=channel,
                public={"reason": overtaken(one.row.type)},
            )
            for number, channel in closed
        ]
    return entries


async def _judge_again(connection: Connection, fresh: Iterable[NewEvent], at: datetime) -> None:
    """A wish to hear no more ends what is open now, and not at the instant for which it was put off; what
    lifts lets go now what nothing else holds back."""
    concerned: dict[tuple[str, ...], set[UUID]] = {}
    for one in fresh:
        row = one.row
        if row.type in ENDING or row.type in LIFTING:
            named = row.type == "opt_out" and row.channel in CHANNELS
            channels = (row.channel,) if named and row.channel is not None else tuple(CHANNELS)
            concerned.setdefault(channels, set()).add(row.borrower_id)
    for channels, found in concerned.items():
        await notices.judge_again(connection, found, channels, at=at)


def event_entry(one: NewEvent, at: datetime) -> Entry:
    """The log entry of an event."""
    row = one.row
    return Entry.of_borrower(
        "event.recorded",
        at,
        one.actor,
        row.borrower_id,
        notice_no=one.notice_no,
        channel=row.channel if row.channel in LOGGED_CHANNELS else None,
        attempt=one.attempt,
        public={"type": row.type, "happened_at": row.at.isoformat(), **one.public},
        detail={"event_id": row.event_id, "channel": row.channel, "outcome": row.outcome, **row.document},
        data_key=one.data_key,
    )


def added_entry(one: Added, at: datetime, actor: str) -> Entry:
    """The log entry of a suppression: the address stands nowhere in it."""
    public = {
        "suppression": one.suppression_id,
        "reason": one.reason,
        "via": one.via,
        "covers": one.channel,
        "stops": one.reason in STOPPING,
    }
    return Entry.of("suppression.added", at, actor, public=public)


def lifted_entry(one: Suppression, at: datetime, actor: str) -> Entry:
    """The log entry of a lifting."""
    public = {"suppression": one.suppression_id, "reason": one.reason, "covers": one.channel}
    return Entry.of("suppression.lifted", at, actor, public=public)
