"""Everything that reached or did not reach one borrower, with what each cap leaves and when each channel is
next allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.budget import Budget, budgets
from policies.facts import Event
from policies.places.whereabouts import whereabouts
from service.dispatch.access.limits import check_borrower
from service.dispatch.decide.decrypted import case_of, evidence_of, subject_of
from service.dispatch.decide.facts import events_of
from service.dispatch.decide.judge import Judged, judge
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.ids import CHANNELS, DeliveryId, NoticeId
from service.model.actor import Actor
from service.store import borrowers, events, history
from service.store.borrowers import StoredBorrower
from service.store.encrypted import decrypt_content, decrypt_profile
from service.store.history import Happened, KnownDebt
from service.store.ranks import Matter

ITEMS = 500
"""On a page, where nobody asks for another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """Some of a borrower's timeline; `next_key` is where the next page begins, or None at the end."""

    document: dict[str, Any]
    next_key: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A borrower with what is known of them at an instant."""

    at: datetime
    row: StoredBorrower
    past: list[Event]
    debts: list[KnownDebt]
    happened: list[Happened]


async def known(
    runtime: Runtime,
    upstream_id: str,
    actor: Actor,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int,
) -> Known:
    """A borrower as the store knows them, with the newest things that happened. Raises NotFound for one who
    is unknown."""
    at = runtime.clock.now()
    borrower = runtime.vault.borrower_key(upstream_id)
    runtime = runtime.of(borrower)
    async with runtime.database.connection() as connection:
        row = (await borrowers.profiles(connection, [borrower])).get(borrower)
        if row is None:
            raise NotFound("there is no such borrower")
        await check_borrower(connection, borrower, actor)
        debts = [one for one in await history.debts(connection, borrower) if actor.may_see(one.creditor)]
        matters = [Matter(borrower, one.debt_id, one.account_id, one.creditor) for one in debts]
        found = await events.facts(connection, [borrower], runtime.in_force.reach(at), matters)
        creditors = None if actor.creditors is None else sorted(actor.creditors)
        happened = await history.happened(connection, borrower, limit, creditors=creditors, after=after)
    past = events_of(*found, at).get(borrower, [])
    return Known(at=at, row=row, past=past, debts=debts, happened=happened)


async def timeline(
    runtime: Runtime,
    upstream_id: str,
    actor: Actor,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = ITEMS,
) -> TimelinePage:
    """A borrower's timeline, newest first. Raises NotFound for one who is unknown."""
    found = await known(runtime, upstream_id, actor, after=after, limit=limit + 1)
    happened = found.happened
    items = [item(one) for one in happened[:limit]]
    last = happened[limit - 1] if len(happened) > limit else None
    document = {
        "borrower": upstream_id,
        "at": found.at,
        "items": items,
        "channels": [
            channel_document(debt, channel, judged, found.at)
            for debt, channel, judged in judged_channels(runtime, found)
        ],
    }
    return TimelinePage(document=document, next_key=None if last is None else (last.at, last.place))


def item(row: Happened) -> dict[str, Any]:
    """Something that happened, as the API shows it."""
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


def judged_channels(runtime: Runtime, found: Known) -> Iterator[tuple[KnownDebt, str, Judged]]:
    """For each debt and channel: the verdict on such a message as the last one, now."""
    if found.row.data_key is None:
        return
    key = runtime.vault.unwrap(found.row.data_key)
    profile = decrypt_profile(key, found.row.encrypted)
    for debt in found.debts:
        content = decrypt_content(key, debt.notice_encrypted)
        # where the account of a debt is, nobody knows of notices from before an erasure
        account = None if content is None else content["debt"]["jurisdiction"]
        subject = subject_of(found.row, debt, profile, whereabouts(evidence_of(profile, found.row, account)))
        for channel in CHANNELS:
            case = case_of(runtime, subject, channel, found.past)
            if case is not None:
                yield debt, channel, judge(case, found.at)


def channel_document(debt: KnownDebt, channel: str, judged: Judged, at: datetime) -> dict[str, Any]:
    """One debt and channel as the API shows it, with the budgets of every cap."""
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
