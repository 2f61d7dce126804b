"""What would happen to a notice now: the verdict for each of its channels, with the borrower's real history. Stores nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from policies.decide import decide
from policies.facts import Event
from service.dispatch.access.limits import known_to
from service.dispatch.decide.facts import ZoneCache, events_of, freeze
from service.dispatch.decide.judge import days_past_due_at
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.encrypted import Profile, open_profile
from service.dispatch.intake.borrowers import another_profile, is_another, unknown_borrower
from service.dispatch.intake.terms import times_of
from service.dispatch.runtime import Runtime
from service.errors import Fault, InvalidRequest
from service.model.actor import Actor
from service.model.notice import NoticeDraft
from service.store import borrowers, events


async def preview(runtime: Runtime, draft: NoticeDraft, actor: Actor) -> dict[str, Any]:
    """The verdict for each channel of a notice that nobody has sent."""
    at, expires_at = times_of(draft, runtime.clock.now())
    borrower = runtime.vault.borrower_key(draft.borrower.id)
    async with runtime.database.connection() as connection:
        stored = (await borrowers.profiles(connection, [borrower])).get(borrower)
        if not await known_to(connection, [borrower], actor):
            if draft.borrower.known_only:
                stored = None
            elif is_another(runtime, draft.borrower, stored):
                raise another_profile()
        found = await events.facts(connection, [borrower], at - runtime.in_force.lookback(at))
    history = events_of(*found, at).get(borrower, [])
    runtime.in_force.template_version(draft.template)
    row, profile = _subject(runtime, draft, stored, at)
    return {
        "at": at,
        "channels": [
            _channel(runtime, draft, row, profile, channel, history, at, expires_at)
            for channel in draft.channels
        ],
    }


def _subject(
    runtime: Runtime, draft: NoticeDraft, stored: Any, at: datetime
) -> tuple[dict[str, Any], Profile]:
    """The borrower as the notice describes them, or as the store knows them where it names only the id."""
    if draft.borrower.known_only:
        if stored is None or stored["data_key"] is None:
            raise unknown_borrower()
        return dict(stored), open_profile(runtime.vault.unwrap(stored["data_key"]), stored["sealed"])
    given = draft.borrower
    row = {
        "profile_digest": b"preview",
        "created_at": at if stored is None else stored["created_at"],
        "jurisdiction": given.jurisdiction,
        "country": given.country,
        "time_zone": given.time_zone,
    }
    return row, Profile(
        id=given.id, name=given.name, postal_code=given.postal_code, addresses=dict(given.addresses)
    )


def _channel(
    runtime: Runtime,
    draft: NoticeDraft,
    row: dict[str, Any],
    profile: Profile,
    channel: str,
    history: list[Event],
    at: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    address = _address(profile, channel)
    debt = draft.debt
    overdue = days_past_due_at(debt.days_past_due, runtime.clock.now(), at)
    view: Any = {
        **row,
        "channel": channel,
        "debt_id": debt.id,
        "account_id": debt.account_id,
        "creditor": debt.creditor,
        "category": draft.category,
        "sender_role": draft.sender_role.value,
    }
    facts = freeze(
        view,
        profile,
        ZoneCache(1).zones(view, profile),
        history,
        address_digest=runtime.vault.address_digest(address),
        days_past_due=overdue,
    )
    bound = runtime.in_force.binding(
        borrower_jurisdiction=facts.borrower.jurisdiction,
        account_jurisdiction=debt.jurisdiction,
        sender_role=draft.sender_role.value,
        days_past_due=overdue,
        at=at,
    )
    verdict = decide(bound, facts, at, expires_at=expires_at)
    return {
        "channel": channel,
        "policies": [f"{one.name}@{one.version}" for one in bound],
        **verdict_document(verdict),
    }


def _address(profile: Profile, channel: str) -> str:
    address = profile.addresses.get(channel)
    if address is None:
        fault = Fault(pointer="/channels", detail=f"the borrower has no {channel} address", code="no-address")
        raise InvalidRequest("the borrower cannot be reached on every channel", faults=[fault])
    return address
