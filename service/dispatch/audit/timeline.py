"""Everything that reached or did not reach one borrower, with what each cap leaves and when each channel is next allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.budget import Budget, budgets
from policies.facts import Event
from policies.places.whereabouts import whereabouts
from service.dispatch.access.limits import check_borrower
from service.dispatch.decide.case import Subject
from service.dispatch.decide.decrypted import case_of, evidence_of
from service.dispatch.decide.facts import events_of
from service.dispatch.decide.judge import Judged, judge
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.encrypted import Profile, decrypt_content, decrypt_profile
from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.ids import CHANNELS, DeliveryId, NoticeId
from service.model.actor import Actor
from service.store import borrowers, events, history
from service.store.borrowers import StoredBorrower
from service.store.history import Happened, KnownDebt

ITEMS = 500
"""On a page, where nobody asks for another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """Some of a borrower's timeline; `next_key` is where the next page begins, or None at the end."""

    document: dict[str, Any]
    next_key: tuple[datetime, str] | None


async def timeline(
    runtime: Runtime,
    upstream_id: str,
    actor: Actor,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = ITEMS,
) -> TimelinePage:
    """A borrower's timeline, newest first. Raises NotFound for one who is unknown."""
    at = runtime.clock.now()
    borrower = runtime.vault.borrower_key(upstream_id)
    async with runtime.database.connection() as connection:
        row = (await borrowers.profiles(connection, [borrower])).get(borrower)
        if row is None:
            raise NotFound("there is no such borrower")
        await check_borrower(connection, borrower, actor)
        found = await events.facts(connection, [borrower], at - runtime.in_force.lookback(at))
        debts = [one for one in await history.debts(connection, borrower) if actor.may_see(one.creditor)]
        creditors = None if actor.creditors is None else sorted(actor.creditors)
        happened = await history.happened(connection, borrower, limit + 1, creditors=creditors, after=after)
    past = events_of(*found, at).get(borrower, [])
    items = [_item(one) for one in happened[:limit]]
    last = happened[limit - 1] if len(happened) > limit else None
    document = {
        "borrower": upstream_id,
        "at": at,
        "items": items,
        "channels": _channels(runtime, row, past, debts, at),
    }
    return TimelinePage(document=document, next_key=None if last is None else (last.at, last.place))


def _item(row: Happened) -> dict[str, Any]:
    delivery = (
        None
        if row.notice_no is None or row.channel is None
        else str(DeliveryId(NoticeId(row.borrower_id, row.notice_no), row.channel))
    )
    return {
        "at": row.at,
        "kind": row.kind,
        "type": row.type,
        "channel": row.channel,
        "outcome": row.outcome,
        "state": row.state,
        "reason": row.reason,
        "delivery": delivery,
    }


def _channels(
    runtime: Runtime, row: StoredBorrower, past: list[Event], debts: list[KnownDebt], at: datetime
) -> list[dict[str, Any]]:
    """For each debt and channel: the verdict on such a message as the last one, now, and the budgets of every cap."""
    if row.data_key is None:
        return []
    key = runtime.vault.unwrap(row.data_key)
    profile = decrypt_profile(key, row.encrypted)
    found: list[dict[str, Any]] = []
    for debt in debts:
        subject = _subject(row, profile, debt, key)
        for channel in CHANNELS:
            case = case_of(runtime, subject, channel, past)
            if case is not None:
                found.append(_channel(debt, channel, judge(case, at), at))
    return found


def _subject(row: StoredBorrower, profile: Profile, debt: KnownDebt, key: bytes) -> Subject:
    """Where the account of a debt is, nobody knows of notices from before an erasure."""
    content = decrypt_content(key, debt.notice_encrypted)
    evidence = evidence_of(
        profile,
        jurisdiction=row.jurisdiction,
        country=row.country,
        time_zone=row.time_zone,
        account=None if content is None else content["debt"]["jurisdiction"],
    )
    return Subject(
        profile=profile,
        known_since=row.created_at,
        where=whereabouts(evidence),
        debt_id=debt.debt_id,
        account_id=debt.account_id,
        creditor=debt.creditor,
        sender_role=debt.sender_role,
        category=debt.category,
        template=debt.template,
        days_past_due=debt.days_past_due,
        stated_at=debt.accepted_at,
        in_response_to=None,
        expires_at=None,
    )


def _channel(debt: KnownDebt, channel: str, judged: Judged, at: datetime) -> dict[str, Any]:
    document = verdict_document(
        judged.verdict, judged.facts.proposal.channel, bound_by=judged.binding.bound_by
    )
    return {
        "debt_id": debt.debt_id,
        "creditor": debt.creditor,
        "channel": channel,
        "judged_as": document["judged_as"],
        "verdict": document["verdict"],
        "next_allowed_at": at if document["verdict"] == "allow" else judged.verdict.until,
        "warnings": document["warnings"],
        "findings": document["findings"],
        "bound_by": document["bound_by"],
        "budgets": [_budget(one) for one in budgets(judged.bound, judged.facts, at)],
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "policy": budget.policy,
        "rule": budget.rule,
        "window": budget.window,
        "limit": budget.limit,
        "used": budget.used,
        "remaining": budget.remaining,
        "next_free_at": budget.next_free,
        "citation": budget.citation,
    }
