"""Steps 2 and 3, claim and decide: in one transaction, under the borrowers' rows, every due delivery gets its verdict.

`allow` writes the attempt, which is a contact with outcome `in_flight`: the slot is taken before the act, so that two workers
can never both see "6 of 7". The log entry is written in the same transaction, for every answer, also for "no".
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import structlog

from policies.facts import Event
from policies.policy import Policy
from policies.verdict import Kind, Verdict
from policies.zones import TZDATA_VERSION
from service.dispatch.decide.facts import ZoneCache, content_class_of, events_of, reserved_contact
from service.dispatch.decide.judge import Forgotten, Opened, Weighed, open_sealed, weigh
from service.dispatch.decide.reserved import Reserved, first_communication
from service.dispatch.decide.verdicts import reason_of, verdict_document
from service.dispatch.next_step import answered_since, next_step
from service.dispatch.number_limits.hourly import HOUR, Spread, is_crowded
from service.dispatch.runtime import Runtime
from service.failpoints import reach
from service.log.append import Entry, append
from service.log.facts_codec import encode_facts
from service.model.category import PRIORITIES
from service.model.delivery import DeliveryState
from service.store import events, notices, queue
from service.store.attempts import AttemptKey
from service.store.database import Row
from service.store.notices import DeliveryRow
from service.store.queue import Decided, Reservation
from service.store.wake import wake_workers

log = structlog.get_logger("decide")


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
    spread: Spread
    decided: list[Decided] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    followers: list[DeliveryRow] = field(default_factory=list)
    """The next channels of cascades whose channel has just failed."""
    entries: list[Entry] = field(default_factory=list)
    opened: dict[tuple[UUID, int], Opened] = field(default_factory=dict)
    """By notice: its channels mostly fall due together, and what is sealed is opened once for all of them."""
    left: Counter[UUID] = field(default_factory=Counter)
    """How many deliveries of each borrower are still to be decided in this round: only they look at what is reserved here."""
    round: Round


async def claim_and_decide(
    runtime: Runtime,
    zones: ZoneCache,
    *,
    limit: int,
    adapters: Mapping[str, str],
    lease_seconds: float,
    priorities: Sequence[int] = PRIORITIES,
    spread: Spread | None = None,
) -> Round:
    """Claim up to `limit` due deliveries on the channels of `adapters` (by name) and decide them. Returns what may be sent.

    What is deferred falls due at the verdict's instant, or where `spread` puts it after that."""
    round_ = Round()
    async with runtime.database.transaction() as connection:
        rows = await queue.claim(
            connection, at=runtime.clock.now(), limit=limit, channels=sorted(adapters), priorities=priorities
        )
        if not rows:
            return round_
        at = (
            runtime.clock.now()
        )  # only now: the locks may have been waited for, and what others did meanwhile lies in the past
        ledger = _Ledger(at=at, token=secrets.randbits(62), round=round_, spread=spread or Spread())
        since = at - max(HOUR, runtime.in_force.lookback(at))
        stored, contacts = await events.facts(connection, [row["borrower_id"] for row in rows], since)
        history = events_of(stored, contacts, at)
        ledger.left.update(row["borrower_id"] for row in rows)
        for row in rows:
            ledger.left[row["borrower_id"]] -= 1
            _judge_safely(
                runtime,
                zones,
                ledger,
                row,
                history.setdefault(row["borrower_id"], []),
                adapters[row["channel"]],
            )
        if ledger.reservations:
            await queue.reserve(connection, ledger.reservations, token=ledger.token, at=at)
        await queue.write_decisions(
            connection, ledger.decided, token=ledger.token, at=at, lease_seconds=lease_seconds
        )
        if ledger.followers:
            await notices.insert_deliveries(connection, ledger.followers)
            await wake_workers(connection)
        await append(connection, ledger.entries)
        reach("decide.written")
    reach("decide.committed")
    round_.claimed = len(rows)
    return round_


def _judge_safely(
    runtime: Runtime, zones: ZoneCache, ledger: _Ledger, row: Row, history: list[Event], adapter: str
) -> None:
    """One delivery that cannot be decided is held for a person; it must not stand in the way of the others."""
    collected: tuple[list[Any], ...] = (
        ledger.decided,
        ledger.reservations,
        ledger.followers,
        ledger.entries,
        ledger.round.reserved,
        history,
    )
    lengths = [len(one) for one in collected]
    try:
        _judge_row(runtime, zones, ledger, row, history, adapter)
    except Exception as error:
        log.exception("decide", action="decide.failed", notice=row["notice_no"], channel=row["channel"])
        for one, length in zip(collected, lengths, strict=True):
            del one[length:]
        _close(ledger, row, None, DeliveryState.HELD, f"it cannot be decided: {type(error).__name__}")


def _judge_row(
    runtime: Runtime, zones: ZoneCache, ledger: _Ledger, row: Row, history: list[Event], adapter: str
) -> None:
    """Decide one delivery and add what follows to the ledger."""
    if row["data_key"] is None:
        _close(ledger, row, None, DeliveryState.CANCELLED, "the borrower was erased")
        return
    notice = row["borrower_id"], row["notice_no"]
    opened = ledger.opened.get(notice)
    key = runtime.vault.unwrap(row["data_key"]) if opened is None else opened.data_key
    if (closed := _closed(row, ledger.at)) is not None:
        _close(ledger, row, key, *closed)
        return
    if row["fan_out"] == "cascade" and answered_since(history, row["accepted_at"]):
        _close(ledger, row, key, DeliveryState.CANCELLED, "the borrower answered on an earlier channel")
        return
    if opened is None:
        try:
            opened = ledger.opened[notice] = open_sealed(runtime, zones, row, key, ledger.at)
        except Forgotten:
            _close(ledger, row, key, DeliveryState.CANCELLED, "the borrower was erased")
            return
    weighed = weigh(runtime, opened, row, history, ledger.at)
    if weighed is None:
        _close(
            ledger, row, key, DeliveryState.REJECTED, f"the borrower has no {row['channel']} address any more"
        )
        return
    _apply(ledger, row, weighed)
    if weighed.verdict.kind is Kind.ALLOW:
        _reserve(ledger, row, weighed, history, adapter)


def _closed(row: Row, at: datetime) -> tuple[DeliveryState, str] | None:
    """What ends a delivery before any policy is asked."""
    if row["cancelled_at"] is not None:
        return DeliveryState.CANCELLED, "cancelled by the upstream system"
    if row["expires_at"] <= at:
        return DeliveryState.EXPIRED, f"expired at {row['expires_at'].isoformat()}"
    return None


def _close(ledger: _Ledger, row: Row, key: bytes | None, state: DeliveryState, reason: str) -> None:
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
    _follow(ledger, row, state)
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


def _follow(ledger: _Ledger, row: Row, state: DeliveryState) -> None:
    follower = next_step(row, state, ledger.at, None)
    if follower is not None:
        ledger.followers.append(follower)


_STATES = {
    Kind.ALLOW: DeliveryState.SENDING,
    Kind.DEFER: DeliveryState.DEFERRED,
    Kind.SUPPRESS: DeliveryState.SUPPRESSED,
    Kind.HOLD: DeliveryState.HELD,
}


def state_of(verdict: Verdict) -> DeliveryState:
    """Where a verdict puts a delivery. What may not go before its notice ends has expired now: nobody need wait for it."""
    return DeliveryState.EXPIRED if verdict.too_late else _STATES[verdict.kind]


def _apply(ledger: _Ledger, row: Row, weighed: Weighed) -> None:
    """Write the verdict to the delivery and, with the facts it was taken on, to the log."""
    bound, verdict = weighed.opened.bound, weighed.verdict
    shown = verdict_document(verdict)
    state = state_of(verdict)
    ledger.decided.append(
        Decided(
            borrower_id=row["borrower_id"],
            notice_no=row["notice_no"],
            channel=row["channel"],
            state=state,
            due_at=ledger.spread.place(verdict.until, row["expires_at"])
            if state is DeliveryState.DEFERRED and verdict.until is not None
            else None,
            verdict=orjson.dumps(shown, option=orjson.OPT_UTC_Z).decode(),
            reason=reason_of(verdict),
        )
    )
    _follow(ledger, row, state)
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
            policies=_names(bound),
            public=_public(bound, verdict),
            detail=_detail(row, weighed, shown),
            data_key=weighed.opened.data_key,
        )
    )


@lru_cache(maxsize=1024)
def _names(bound: tuple[Policy, ...]) -> tuple[str, ...]:
    return tuple(f"{policy.name}@{policy.version}" for policy in bound)


def _public(bound: Sequence[Policy], verdict: Verdict) -> dict[str, Any]:
    """What of a decision stands openly in the log: nothing that tells about the person."""
    return {
        "rules": sorted({f"{finding.policy}/{finding.rule}" for finding in verdict.findings})
        if verdict.findings
        else [],
        "digests": [policy.digest for policy in bound],
        "tzdata": TZDATA_VERSION,
        "until": verdict.until,
        "valid_until": verdict.valid_until,
    }


def _detail(row: Row, weighed: Weighed, shown: Mapping[str, Any]) -> dict[str, Any]:
    """All that the verdict hung on: the facts, the end of the notice, and with the facts what says which policies bind."""
    return {
        "facts": encode_facts(weighed.facts),
        "expires_at": row["expires_at"].isoformat(),
        "account_jurisdiction": weighed.opened.debt.jurisdiction,
        "verdict": shown,
    }


def _reserve(ledger: _Ledger, row: Row, weighed: Weighed, history: list[Event], adapter: str) -> None:
    """Take the slot: the attempt goes into the store and, for the deliveries decided after it, into the history."""
    attempt = AttemptKey(row["borrower_id"], row["notice_no"], row["channel"], row["attempts"] + 1)
    first, crowded = first_communication(history), row["channel"] == "sms" and is_crowded(history, ledger.at)
    if ledger.left[attempt.borrower_id]:
        history.append(_contact(ledger, row, attempt, weighed))
    ledger.reservations.append(_reservation(row, attempt, weighed, adapter))
    ledger.round.reserved.append(
        Reserved(
            key=attempt,
            token=ledger.token,
            opened=weighed.opened,
            language=row["language"],
            template=row["template"],
            template_version=row["template_version"],
            sender_role=row["sender_role"],
            category=row["category"],
            first_communication=first,
            valid_until=weighed.verdict.valid_until,
            expires_at=row["expires_at"],
            due_at=row["due_at"],
            priority=row["priority"],
            adapter=adapter,
            crowded=crowded,
            shares=row["shares"] is not None,
        )
    )


def _contact(ledger: _Ledger, row: Row, attempt: AttemptKey, weighed: Weighed) -> Event:
    return reserved_contact(
        at=ledger.at,
        channel=row["channel"],
        outcome="in_flight",
        debt_id=row["debt_id"],
        account_id=row["account_id"],
        creditor=row["creditor"],
        category=row["category"],
        content_class=content_class_of(row["category"]),
        address_digest=weighed.address_digest,
        event_id=f"{attempt.notice_no}.{attempt.channel}.{attempt.number}",
    )


def _reservation(row: Row, attempt: AttemptKey, weighed: Weighed, adapter: str) -> Reservation:
    return Reservation(
        borrower_id=attempt.borrower_id,
        notice_no=attempt.notice_no,
        channel=attempt.channel,
        number=attempt.number,
        decided_revision=row["revision"],
        valid_until=weighed.verdict.valid_until,
        adapter=adapter,
        address_digest=weighed.address_digest,
        debt_id=row["debt_id"],
        account_id=row["account_id"],
        creditor=row["creditor"],
        category=row["category"],
        content_class=content_class_of(row["category"]),
    )
