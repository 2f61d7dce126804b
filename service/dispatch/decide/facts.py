"""Freezes what a decision may look at: the borrower, the events and our own contacts, and the proposed message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from policies.facts import Borrower, Event, Facts, Proposal
from policies.regions import narrowed
from policies.zones import candidate_zones
from service.dispatch.encrypted import Profile
from service.model.category import OPT_OUT_CONFIRMATION, plain_name
from service.store.database import Row

ZONE_CACHE = 50_000


class ZoneCache:
    """Candidate zones by profile; looking them up costs more than a whole decision. Bounded; oldest out first."""

    def __init__(self, size: int = ZONE_CACHE) -> None:
        """`size`: profiles kept."""
        self._size = size
        self._zones: dict[bytes, Mapping[str, tuple[str, ...]]] = {}

    def zones(self, row: Row, profile: Profile) -> Mapping[str, tuple[str, ...]]:
        """The candidate zones of a borrower, by where each came from."""
        digest = row["profile_digest"]
        found = self._zones.get(digest)
        if found is None:
            phones = [address for channel, address in sorted(profile.addresses.items()) if channel != "email"]
            found = candidate_zones(
                stated=row["time_zone"],
                country=row["country"],
                postal_code=profile.postal_code,
                jurisdiction=row["jurisdiction"],
                phones=phones,
            )
            if len(self._zones) >= self._size:
                del self._zones[next(iter(self._zones))]
            self._zones[digest] = found
        return found


def events_of(events: Iterable[Row], contacts: Iterable[Row], at: datetime) -> dict[UUID, list[Event]]:
    """Rows to events, by borrower, oldest first, for a decision at `at`.

    A contact that another machine's clock dates after `at` has happened all the same: it counts as of `at`."""
    found: defaultdict[UUID, list[Event]] = defaultdict(list)
    for row in events:
        event = event_of(row)
        found[row["borrower_id"]].append(
            replace(event, at=at) if event.type == "contact" and event.at > at else event
        )
    for row in contacts:
        found[row["borrower_id"]].append(contact_of(row, min(row["at"], at)))
    for one in found.values():
        one.sort(key=_instant)
    return found


def _instant(event: Event) -> datetime:
    return event.at


def event_of(row: Row) -> Event:
    """A stored event; its document holds the further fields in their JSON form."""
    document: Mapping[str, Any] = row["document"]
    if not document:
        return Event(
            type=row["type"],
            at=row["at"],
            channel=row["channel"],
            outcome=row["outcome"],
            event_id=row["event_id"],
        )
    return Event.from_document(
        {
            **document,
            "type": row["type"],
            "channel": row["channel"],
            "outcome": row["outcome"],
            "event_id": row["event_id"],
        },
        at=row["at"],
    )


def contact_of(row: Row, at: datetime) -> Event:
    """Our own attempt as a contact at `at`. A call whose outcome nobody knows counts as the conversation that it may have been."""
    outcome = row["outcome"]
    if row["state"] == "unknown" and row["channel"] == "voice" and outcome == "in_flight":
        outcome = "conversation"
    return reserved_contact(
        at=at,
        channel=row["channel"],
        outcome=outcome,
        debt_id=row["debt_id"],
        account_id=row["account_id"],
        creditor=row["creditor"],
        category=row["category"],
        content_class=row["content_class"],
        address_digest=row["address_digest"],
        wrong_party=row["wrong_party"],
        event_id=f"{row['notice_no']}.{row['channel']}.{row['number']}",
    )


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
    address_digest: bytes,
    event_id: str,
    wrong_party: bool = False,
) -> Event:
    """A contact of ours as an event."""
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
        address=address_digest.hex(),
        wrong_party=wrong_party,
        event_id=event_id,
    )


def freeze(
    row: Row,
    profile: Profile,
    zones: Mapping[str, tuple[str, ...]],
    events: Sequence[Event],
    *,
    address_digest: bytes,
    days_past_due: int,
) -> Facts:
    """The facts of one delivery. Addresses stand in them as digests: equal where the address is equal.

    A number in the profile that the original creditor sent was given to that creditor, and serves for collection
    (47 CFR 64.1200(a)(1)(iii)); whoever else collects must state the consent."""
    channel = row["channel"]
    if row["sender_role"] == "original_creditor" and channel != "email":
        given = Event(
            type="number_given",
            at=row["created_at"],
            channel=channel,
            address=address_digest.hex(),
            event_id="profile",
        )
        events = (given, *events)
    return Facts(
        borrower=Borrower(
            zones_by_source=zones,
            days_past_due=days_past_due,
            jurisdiction=narrowed(row["jurisdiction"], profile.postal_code),
            phone_area_code=area_code(profile.addresses.get(channel)),
        ),
        debt_ids=(row["debt_id"],),
        events=tuple(events),
        proposal=Proposal(
            channel=channel,
            to="consumer",
            sender_role=row["sender_role"],
            address=address_digest.hex(),
            category=row["category"],
            creditor=row["creditor"],
            account_id=row["account_id"],
            content_class=content_class_of(row["category"]),
        ),
        holidays=frozenset[date](),
    )


def content_class_of(category: str) -> str | None:
    """The content class that a category implies for the policies."""
    return {OPT_OUT_CONFIRMATION: "optout_confirmation", "reminder": "reminder"}.get(plain_name(category))


def area_code(address: str | None) -> str | None:
    """The area code of a North American number; None for any other address."""
    if address is None or not address.startswith("+1") or len(address) != 12:  # noqa: PLR2004
        return None
    return address[2:5]
