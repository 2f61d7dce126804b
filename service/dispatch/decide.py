"""Steps 2 and 3, claim and decide: in one transaction, under the borrowers' rows, every due delivery gets its verdict.

`allow` writes the attempt, which is a contact with outcome `in_flight`: the slot is taken before the act, so that two workers
can never both see "6 of 7". The log entry is written in the same transaction, for every answer, also for "no".
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from policies.decide import decide
from policies.facts import Event, Facts
from policies.policy import Policy
from policies.verdict import Kind, Verdict
from policies.zones import TZDATA_VERSION
from service.dispatch.cascade import answered_since
from service.dispatch.desk import Desk
from service.dispatch.facts import ZoneCache, content_class_of, events_of, freeze, reserved_contact
from service.dispatch.profile import SEAL_NOTICE, Profile, open_profile
from service.dispatch.storing import debt_of
from service.dispatch.verdicts import reason_of, verdict_document
from service.log.append import Entry, append
from service.log.facts_codec import encode_facts
from service.model.delivery import DeliveryState
from service.model.notice import Debt
from service.store import events, queue
from service.store.attempts import AttemptKey
from service.store.database import Row
from service.store.queue import Decided, Reservation
from service.vault import unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An allowed delivery with everything that its hand-over needs; nothing is read again."""

    key: AttemptKey
    token: int
    profile: Profile = field(repr=False)
    data_key: bytes = field(repr=False)
    debt: Debt
    language: str
    template: str
    template_version: int
    sender_role: str
    category: str
    first_communication: bool
    valid_until: datetime | None
    expires_at: datetime
    due_at: datetime


@dataclass(slots=True, kw_only=True)
class Round:
    """What one transaction of claiming and deciding brought."""

    claimed: int = 0
    reserved: list[Reserved] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    """How many deliveries got which verdict, for the metrics."""


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What a round writes, collected row by row."""

    at: datetime
    token: int
    decided: list[Decided] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    round: Round


async def claim_and_decide(desk: Desk, zones: ZoneCache, *, limit: int, adapters: Mapping[str, str], lease_seconds: float) -> Round:
    """Claim up to `limit` due deliveries on the channels of `adapters` and decide them. Returns what may be sent."""
    round_ = Round()
    async with desk.database.transaction() as connection:
        rows = await queue.claim(connection, at=desk.clock.now(), limit=limit, channels=sorted(adapters))
        if not rows:
            return round_
        at = desk.clock.now()  # only now: the locks may have been waited for, and what others did meanwhile lies in the past
        ledger = _Ledger(at=at, token=secrets.randbits(62), round=round_)
        since = at - desk.shelf.lookback(at)
        stored, contacts = await events.facts(connection, [row["borrower_id"] for row in rows], since)
        history = events_of(stored, contacts, at)
        for row in rows:
            _judge_row(desk, zones, ledger, row, history.setdefault(row["borrower_id"], []), adapters[row["channel"]])
        if ledger.reservations:
            await queue.reserve(connection, ledger.reservations, token=ledger.token, at=at)
        await queue.write_decisions(connection, ledger.decided, token=ledger.token, at=at, lease_seconds=lease_seconds)
        await append(connection, ledger.entries)
    round_.claimed = len(rows)
    return round_


def _judge_row(desk: Desk, zones: ZoneCache, ledger: _Ledger, row: Row, history: list[Event], adapter: str) -> None:
    """Decide one delivery and add what follows to the ledger."""
    key = desk.vault.unwrap(row["data_key"])
    if (closed := _closed(row, ledger.at)) is not None:
        _close(ledger, row, key, *closed)
        return
    if row["fan_out"] == "cascade" and answered_since(history, row["accepted_at"]):
        _close(ledger, row, key, DeliveryState.CANCELLED, "the borrower answered on an earlier channel")
        return
    profile = open_profile(key, row["sealed"])
    debt = debt_of(orjson.loads(unseal(key, row["notice_sealed"], context=SEAL_NOTICE))["debt"])
    address = profile.addresses.get(row["channel"])
    if address is None:
        _close(ledger, row, key, DeliveryState.REJECTED, f"the borrower has no {row['channel']} address any more")
        return
    digest = desk.vault.address_digest(address)
    overdue = days_past_due_at(row["days_past_due"], row["accepted_at"], ledger.at)
    facts = freeze(row, profile, zones.zones(row, profile), history, address_digest=digest, days_past_due=overdue)
    bound = desk.shelf.binding(
        borrower_jurisdiction=row["jurisdiction"],
        account_jurisdiction=debt.jurisdiction,
        sender_role=row["sender_role"],
        days_past_due=overdue,
        at=ledger.at,
    )
    verdict = decide(bound, facts, ledger.at, expires_at=row["expires_at"])
    _apply(ledger, row, key, facts, bound, verdict)
    if verdict.kind is Kind.ALLOW:
        _reserve(ledger, row, key, profile, debt, history, digest, verdict, adapter)


def days_past_due_at(stated: int, accepted_at: datetime, at: datetime) -> int:
    """Days past due at `at`: what upstream stated, and the days that went by since."""
    return stated + max(0, (at - accepted_at) // timedelta(days=1))


def _closed(row: Row, at: datetime) -> tuple[DeliveryState, str] | None:
    """What ends a delivery before any policy is asked."""
    if row["cancelled_at"] is not None:
        return DeliveryState.CANCELLED, "cancelled by the upstream system"
    if row["expires_at"] <= at:
        return DeliveryState.EXPIRED, f"expired at {row['expires_at'].isoformat()}"
    return None


def _close(ledger: _Ledger, row: Row, key: bytes, state: DeliveryState, reason: str) -> None:
    ledger.decided.append(
        Decided(
            borrower_id=row["borrower_id"],
            notice_no=row["notice_no"],
            channel=row["channel"],
            state=state,
            due_at=None,
            verdict=None,
            reason=reason,
        )
    )
    ledger.round.verdicts[state] = ledger.round.verdicts.get(state, 0) + 1
    ledger.entries.append(
        Entry(
            kind=f"delivery.{state}",
            at=ledger.at,
            actor="system",
            borrower=row["borrower_id"],
            notice_no=row["notice_no"],
            channel=row["channel"],
            public={"reason": reason},
            data_key=key,
        )
    )


_STATES = {
    Kind.ALLOW: DeliveryState.SENDING,
    Kind.DEFER: DeliveryState.DEFERRED,
    Kind.SUPPRESS: DeliveryState.SUPPRESSED,
    Kind.HOLD: DeliveryState.HELD,
}


def _apply(ledger: _Ledger, row: Row, key: bytes, facts: Facts, bound: Sequence[Policy], verdict: Verdict) -> None:
    """Write the verdict to the delivery and, with the facts it was taken on, to the log."""
    shown = verdict_document(verdict)
    ledger.decided.append(
        Decided(
            borrower_id=row["borrower_id"],
            notice_no=row["notice_no"],
            channel=row["channel"],
            state=_STATES[verdict.kind],
            due_at=verdict.until if verdict.kind is Kind.DEFER else None,
            verdict=orjson.dumps(shown),
            reason=reason_of(verdict),
        )
    )
    ledger.round.verdicts[verdict.kind] = ledger.round.verdicts.get(verdict.kind, 0) + 1
    allowed = verdict.kind is Kind.ALLOW
    ledger.entries.append(
        Entry(
            kind="decision",
            at=ledger.at,
            actor="system",
            borrower=row["borrower_id"],
            notice_no=row["notice_no"],
            channel=row["channel"],
            attempt=row["attempts"] + 1 if allowed else None,
            verdict=verdict.kind,
            policies=tuple(f"{policy.name}@{policy.version}" for policy in bound),
            public=_public(bound, verdict),
            detail=_detail(facts, shown),
            data_key=key,
        )
    )


def _public(bound: Sequence[Policy], verdict: Verdict) -> dict[str, Any]:
    """What of a decision stands openly in the log: nothing that tells about the person."""
    return {
        "rules": sorted({f"{finding.policy}/{finding.rule}" for finding in verdict.findings}),
        "digests": [policy.digest for policy in bound],
        "tzdata": TZDATA_VERSION,
        "until": verdict.until.isoformat() if verdict.until else None,
        "valid_until": verdict.valid_until.isoformat() if verdict.valid_until else None,
    }


def _detail(facts: Facts, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {"facts": encode_facts(facts), "verdict": shown}


def _reserve(
    ledger: _Ledger,
    row: Row,
    key: bytes,
    profile: Profile,
    debt: Debt,
    history: list[Event],
    digest: bytes,
    verdict: Verdict,
    adapter: str,
) -> None:
    """Take the slot: the attempt goes into the store and, for the deliveries decided after it, into the history."""
    attempt = AttemptKey(row["borrower_id"], row["notice_no"], row["channel"], row["attempts"] + 1)
    content_class = content_class_of(row["category"])
    first = not any(event.type == "contact" and event.direction == "out" for event in history)
    history.append(
        reserved_contact(
            at=ledger.at,
            channel=row["channel"],
            outcome="in_flight",
            debt_id=row["debt_id"],
            account_id=row["account_id"],
            creditor=row["creditor"],
            category=row["category"],
            content_class=content_class,
            address_digest=digest,
            event_id=f"{attempt.notice_no}.{attempt.channel}.{attempt.number}",
        )
    )
    ledger.reservations.append(
        Reservation(
            borrower_id=attempt.borrower_id,
            notice_no=attempt.notice_no,
            channel=attempt.channel,
            number=attempt.number,
            decided_revision=row["revision"],
            valid_until=verdict.valid_until,
            adapter=adapter,
            address_digest=digest,
            debt_id=row["debt_id"],
            account_id=row["account_id"],
            creditor=row["creditor"],
            category=row["category"],
            content_class=content_class,
        )
    )
    ledger.round.reserved.append(
        Reserved(
            key=attempt,
            token=ledger.token,
            profile=profile,
            data_key=key,
            debt=debt,
            language=row["language"],
            template=row["template"],
            template_version=row["template_version"],
            sender_role=row["sender_role"],
            category=row["category"],
            first_communication=first,
            valid_until=verdict.valid_until,
            expires_at=row["expires_at"],
            due_at=row["due_at"],
        )
    )
