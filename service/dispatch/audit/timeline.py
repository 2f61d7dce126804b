"""Everything that reached or did not reach one borrower, with what each cap leaves and when each channel is next allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.budget import Budget, budgets
from policies.decide import decide
from policies.facts import Event
from service.dispatch.access.limits import check_borrower
from service.dispatch.decide.facts import ZoneCache, events_of, freeze
from service.dispatch.decide.judge import days_past_due_at
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.encrypted import Profile, open_debt, open_profile
from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.ids import CHANNELS, DeliveryId, NoticeId
from service.model.actor import Actor
from service.store import borrowers, events, history
from service.store.database import Row

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
        debts = [one for one in await history.debts(connection, borrower) if actor.may_see(one["creditor"])]
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
    return TimelinePage(document=document, next_key=None if last is None else (last["at"], last["place"]))


def _item(row: Row) -> dict[str, Any]:
    delivery = (
        None
        if row["notice_no"] is None
        else str(DeliveryId(NoticeId(row["borrower_id"], row["notice_no"]), row["channel"]))
    )
    return {
        "at": row["at"],
        "kind": row["kind"],
        "type": row["type"],
        "channel": row["channel"],
        "outcome": row["outcome"],
        "state": row["state"],
        "reason": row["reason"],
        "delivery": delivery,
    }


def _channels(
    runtime: Runtime, row: Row, past: list[Event], debts: list[Row], at: Any
) -> list[dict[str, Any]]:
    """For each debt and channel: the verdict on an ordinary message now, and the budgets of every cap."""
    if row["data_key"] is None:
        return []
    profile = open_profile(runtime.vault.unwrap(row["data_key"]), row["sealed"])
    return [
        _channel(runtime, row, profile, past, debt, channel, at)
        for debt in debts
        for channel in CHANNELS
        if channel in profile.addresses
    ]


def _channel(
    runtime: Runtime, row: Row, profile: Profile, past: list[Event], debt: Row, channel: str, at: Any
) -> dict[str, Any]:
    view: Any = {**dict(row), **dict(debt), "channel": channel}
    overdue = days_past_due_at(debt["days_past_due"], debt["accepted_at"], at)
    facts = freeze(
        view,
        profile,
        ZoneCache(1).zones(row, profile),
        past,
        address_digest=runtime.vault.address_digest(profile.addresses[channel]),
        days_past_due=overdue,
    )
    bound = runtime.in_force.binding(
        borrower_jurisdiction=facts.borrower.jurisdiction,
        account_jurisdiction=_account_jurisdiction(runtime, row, debt),
        sender_role=debt["sender_role"],
        days_past_due=overdue,
        at=at,
    )
    verdict = decide(bound, facts, at)
    document = verdict_document(verdict)
    return {
        "debt_id": debt["debt_id"],
        "creditor": debt["creditor"],
        "channel": channel,
        "verdict": document["verdict"],
        "next_allowed_at": at if document["verdict"] == "allow" else verdict.until,
        "findings": document["findings"],
        "budgets": [_budget(one) for one in budgets(bound, facts, at)],
    }


def _account_jurisdiction(runtime: Runtime, row: Row, debt: Row) -> str | None:
    """Where the account is; of notices from before an erasure nobody knows."""
    found = open_debt(runtime.vault.unwrap(row["data_key"]), debt["notice_sealed"])
    return None if found is None else found["jurisdiction"]


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
