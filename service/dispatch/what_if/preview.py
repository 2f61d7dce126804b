"""What would happen to a notice now: the verdict for each of its channels, with the borrower's real history.
Stores nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from policies.facts import Event
from policies.places.whereabouts import whereabouts
from policies.suppressions import TYPE
from service.dispatch.access.limits import known_to
from service.dispatch.decide.case import Subject
from service.dispatch.decide.decrypted import case_of, evidence_of
from service.dispatch.decide.facts import events_of
from service.dispatch.decide.judge import judge
from service.dispatch.decide.reserved import first_communication
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.intake.borrowers import another_profile, is_another, onboarding, unknown_borrower
from service.dispatch.intake.checks import check_notice
from service.dispatch.intake.terms import times_of
from service.dispatch.runtime import Runtime
from service.dispatch.what_if.wording import wording_of
from service.errors import FieldError, InvalidRequest
from service.model.actor import Actor
from service.model.notice import BorrowerDraft, NoticeDraft
from service.store import borrowers, events
from service.store.borrowers import StoredBorrower
from service.store.database import Connection
from service.store.encrypted import Profile, decrypt_profile
from service.store.events import StoredEvent
from service.store.own_contacts import OwnContacts
from service.store.ranks import Matter


async def preview(runtime: Runtime, draft: NoticeDraft, actor: Actor) -> dict[str, Any]:
    """The verdict for each channel of a notice that nobody has sent."""
    at, expires_at = times_of(draft, runtime.clock.now())
    borrower = runtime.vault.borrower_key(draft.borrower.id)
    runtime = runtime.of(borrower)
    async with runtime.database.connection() as connection:
        stored = (await borrowers.profiles(connection, [borrower])).get(borrower)
        if not await known_to(connection, [borrower], actor):
            if draft.borrower.known_only:
                stored = None
            elif is_another(runtime, draft.borrower, stored):
                raise another_profile()
        found = await _facts(runtime, connection, draft, borrower, at)
        if stored is None:
            found[0].extend(_with_consents(borrower, draft.borrower, at))
    check_notice(runtime.in_force, draft, runtime.clock.now())
    subject = _subject(runtime, draft, stored, at, expires_at)
    history = events_of(*found, at).get(borrower, [])
    known = stored if draft.borrower.known_only else None
    language = draft.borrower.language if known is None else known.language
    return {
        "at": at,
        "channels": [
            _channel(runtime, draft, subject, language, channel, history, at) for channel in draft.channels
        ],
    }


async def _facts(
    runtime: Runtime, connection: Connection, draft: NoticeDraft, borrower: UUID, at: datetime
) -> tuple[list[StoredEvent], list[OwnContacts]]:
    """What a decision would look at: what stands against the addresses that the notice names, whoever has
    them today."""
    given = draft.borrower
    digests = [runtime.vault.address_digest(one.address) for one in given.addresses.values()]
    matter = Matter(
        borrower,
        draft.debt.id,
        draft.debt.account_id,
        draft.debt.creditor,
        tuple(one.hex() for one in digests),
    )
    found, contacts = await events.facts(connection, [borrower], runtime.in_force.reach(at), [matter])
    if given.known_only:
        return found, contacts
    rest = [one for one in found if one.type != TYPE]
    return rest + await events.against(connection, borrower, digests), contacts


def _with_consents(borrower: UUID, given: BorrowerDraft, at: datetime) -> list[StoredEvent]:
    """What would be recorded of a borrower who is not known yet."""
    return [
        StoredEvent(
            row.borrower_id, row.event_id, row.at, row.type, row.channel, row.outcome, row.document, 0
        )
        for row in onboarding(borrower, given, at)
    ]


def _subject(
    runtime: Runtime, draft: NoticeDraft, stored: StoredBorrower | None, at: datetime, expires_at: datetime
) -> Subject:
    """The notice, to the borrower whom it describes, or whom the store knows where it names only the id."""
    given, debt = draft.borrower, draft.debt
    if not given.known_only:
        profile = Profile(
            id=given.id, name=given.name, postal_code=given.postal_code, addresses=dict(given.addresses)
        )
        where: BorrowerDraft | StoredBorrower = given
    elif stored is None or stored.data_key is None:
        raise unknown_borrower()
    else:
        profile, where = decrypt_profile(runtime.vault.unwrap(stored.data_key), stored.encrypted), stored
    evidence = evidence_of(profile, where, debt.jurisdiction)
    return Subject(
        profile=profile,
        known_since=at if stored is None else stored.created_at,
        where=whereabouts(evidence),
        debt_id=debt.id,
        account_id=debt.account_id,
        creditor=debt.creditor,
        sender_role=draft.sender_role.value,
        category=draft.category,
        template=draft.template,
        days_past_due=debt.days_past_due,
        stated_at=runtime.clock.now(),
        in_response_to=draft.in_response_to,
        expires_at=expires_at,
    )


def _channel(
    runtime: Runtime,
    draft: NoticeDraft,
    subject: Subject,
    language: str,
    channel: str,
    history: list[Event],
    at: datetime,
) -> dict[str, Any]:
    case = case_of(runtime, subject, channel, history)
    if case is None:
        field_error = FieldError(
            pointer="/channels", detail=f"the borrower has no {channel} address", code="no-address"
        )
        raise InvalidRequest("the borrower cannot be reached on every channel", field_errors=[field_error])
    judged = judge(case, at)
    wording = wording_of(
        runtime,
        draft,
        channel,
        language=language,
        name=subject.profile.name,
        days_past_due=subject.days_past_due_at(at),
        first_communication=first_communication(history),
    )
    return {
        "channel": channel,
        "policies": [f"{one.name}@{one.version}" for one in judged.bound],
        **verdict_document(
            judged.verdict,
            judged.facts.proposal.channel,
            wording.warnings,
            judged.binding.bound_by,
        ),
        **wording.shown,
    }
