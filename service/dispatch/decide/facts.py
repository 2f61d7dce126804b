"""What a case is made of: where the borrower may be, and the events and our own contacts as the rules look at
them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from policies.evidence import Evidence
from policies.facts import UNKNOWN, Event, Kin
from policies.order import lifts
from policies.places.whereabouts import Whereabouts, whereabouts
from policies.suppressions import TYPE
from service.model.medium import law_channel
from service.model.suppression import Reason
from service.store.erasure import ERASED_DEBT
from service.store.events import StoredEvent
from service.store.own_contacts import OwnContacts

ZONE_CACHE = 50_000


class ZoneCache:
    """Where borrowers may be, by profile and account; finding it out costs more than a whole decision.
    Bounded; oldest out first."""

    def __init__(self, size: int = ZONE_CACHE) -> None:
        """`size`: profiles kept, each with its accounts."""
        self._size = size
        self._found: dict[tuple[bytes, str | None], Whereabouts] = {}

    def where(self, digest: bytes, evidence: Evidence) -> Whereabouts:
        """Where the borrower whose profile has this digest may be; what else the evidence says stands in the
        profile."""
        key = (digest, evidence.account)
        found = self._found.get(key)
        if found is None:
            found = whereabouts(evidence)
            if len(self._found) >= self._size:
                del self._found[next(iter(self._found))]
            self._found[key] = found
        return found


def events_of(
    events: Iterable[StoredEvent], contacts: Iterable[OwnContacts], at: datetime
) -> dict[UUID, list[Event]]:
    """Rows to events, by borrower, oldest first, for a decision at `at`.

    What another machine's clock dates after `at` has happened all the same: it counts as of `at`. What lifts
    waits for its instant."""
    found: defaultdict[UUID, list[Event]] = defaultdict(list)
    for row in events:
        if row.type == TYPE:
            found[row.borrower_id] += suppression_events(row, at)
            continue
        event = event_of(row)
        found[row.borrower_id].append(replace(event, at=at) if event.at > at and not lifts(event) else event)
    for contact in contacts:
        found[contact.borrower_id] += contacts_of(contact, at)
    for one in found.values():
        one.sort(key=_instant)
    return found


_instant = attrgetter("at")


def event_of(row: StoredEvent) -> Event:
    """A stored event; its document holds the further fields in their JSON form."""
    channel = law_channel(row.channel)
    if not row.document:
        return Event(
            type=row.type,
            at=row.at,
            channel=channel,
            outcome=row.outcome,
            event_id=row.event_id,
            recorded=row.recorded,
        )
    return Event.from_document(
        {
            **row.document,
            "type": row.type,
            "channel": channel,
            "outcome": row.outcome,
            "event_id": row.event_id,
            "recorded": row.recorded,
        },
        at=row.at,
    )


FOUND_BY_ADDRESS = frozenset(
    {
        Reason.OPT_OUT,
        Reason.CEASE,
        Reason.ATTORNEY,
        Reason.DISPUTE,
        Reason.BANKRUPTCY,
        Reason.DECEASED,
        Reason.HARDSHIP,
        Reason.UNCLEAR,
    }
)
"""Wishes that the policies judge as the borrower's own, where they are known of the address alone."""


def suppression_events(row: StoredEvent, at: datetime) -> list[Event]:
    """What stands against one of a borrower's addresses, as the rules see it. Of a borrower who did not say
    it, the wish itself is known through the address: it stands beside what the borrower said."""
    reason, address = row.document["source"], row.document["address"]
    own, when = row.document["own"], min(row.at, at)
    standing = Event(
        type=TYPE,
        at=when,
        channel=row.channel,
        address=address,
        source=reason,
        scope="own" if own else None,
        event_id=f"suppression.{row.event_id}",
        recorded=row.recorded,
    )
    if own or reason not in FOUND_BY_ADDRESS:
        return [standing]
    switch = reason == Reason.OPT_OUT
    wish = Event(
        type=reason,
        at=when,
        channel=row.channel,
        address=address,
        scope="address" if switch else None,
        via=TYPE,
        event_id=f"suppression.{row.event_id}.wish",
        recorded=row.recorded,
    )
    return [standing, wish]


def contacts_of(row: OwnContacts, at: datetime) -> list[Event]:
    """Our own attempts as contacts, at `at` the latest. About which debt one was that an erasure left, nobody
    knows any more: it counts for each."""
    alike = Kin(
        f".{row.channel}.{row.number}",
        type="contact",
        channel=row.medium,
        outcome=UNKNOWN if row.unknown else row.outcome,
        debt_ids=None if row.debt_id == ERASED_DEBT else (row.debt_id,),
        account_id=row.account_id,
        creditor=row.creditor,
        category=row.category,
        content_class=row.content_class,
        address=row.address_digest.hex(),
        address_kind=row.address_kind,
        in_response_to=row.in_response_to,
        requested_by_consumer=row.requested,
        wrong_party=row.wrong_party,
    )
    instants = row.instants
    if max(instants) > at:
        instants = [min(one, at) for one in instants]
    return alike.events(instants, row.notices)


def reserved_contact(
    *,
    at: datetime,
    channel: str,
    outcome: str,
    debt_id: str,
    account_id: str | None,
    creditor: str,
    category: str,
    content_class: str | None,
    address_digest: str | None,
    address_kind: str | None,
    in_response_to: str | None,
    requested: bool,
    event_id: str,
    wrong_party: bool = False,
) -> Event:
    """A contact of ours as an event; `channel` is its medium."""
    return Event(
        type="contact",
        at=at,
        channel=channel,
        direction="out",
        outcome=outcome,
        to="consumer",
        debt_ids=(debt_id,),
        account_id=account_id,
        creditor=creditor,
        category=category,
        content_class=content_class,
        address=address_digest,
        address_kind=address_kind,
        in_response_to=in_response_to,
        requested_by_consumer=requested,
        wrong_party=wrong_party,
        event_id=event_id,
    )
