"""Step 5, settle: outcomes of hand-overs, batched, with the next step and the log entries in one transaction.

A receipt may have been faster: then the attempt has moved on and only what is new (the provider's id) is
written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from service.dispatch.decide.next_step import FIRST_LOOK, PROVIDER_BUSY, RECEIPT_OVERDUE, next_step, next_try
from service.dispatch.events.addresses import address_event, learn
from service.dispatch.events.record import Recorded, reach_others
from service.dispatch.runtime import Runtime
from service.failpoints import reach
from service.log.append import Entry, append, copied
from service.model.delivery import CLOSED, AttemptState, DeliveryState
from service.store import attempts, borrowers, notices
from service.store.attempts import AttemptKey, AttemptMove, DeliveryMove, Locked, Taken
from service.store.database import Connection, Ending
from service.store.events import EventRow
from service.store.notices import DeliveryRow
from service.store.tallies import HANDED_OVER, Tally, hour_of

_UNSETTLED = frozenset({AttemptState.DIALING, AttemptState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One hand-over that came back, at the instant at which it did."""

    key: AttemptKey
    outcome: Outcome
    at: datetime
    jitter: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What a settlement writes."""

    moves: list[AttemptMove] = field(default_factory=list)
    deliveries: list[DeliveryMove] = field(default_factory=list)
    followers: list[DeliveryRow] = field(default_factory=list)
    learned: list[tuple[Locked, EventRow]] = field(default_factory=list)
    """What providers said about addresses, beside the attempt that it was about."""
    entries: list[Entry] = field(default_factory=list)
    settled: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How many by channel, what came of them, and provider."""

    def came_back(self, row: Locked | Taken, one: Sent, at: datetime) -> None:
        """Say in the log what came of a hand-over, and count it."""
        self.entries.append(_entry(row, one, at))
        word = HANDED_OVER.get(type(one.outcome).__name__.lower(), "failed")
        self.settled[one.key.channel, word, row.adapter or ""] += 1

    def go_on(self, row: Locked, move: DeliveryMove, at: datetime) -> None:
        """Move the delivery, and begin what follows it in a cascade; one that was ended meanwhile stays where
        it is."""
        if row.delivery_state in CLOSED:
            return
        self.deliveries.append(move)
        if (follower := next_step(row, move.state, at, None)) is not None:
            self.followers.append(follower)


async def settle(runtime: Runtime, sent: Sequence[Sent]) -> Mapping[Tally, int]:
    """Write outcomes; returns how many of each provider were written. Raises Unavailable when the store is
    away: the caller keeps them and tries again."""
    at = runtime.clock.now()
    last = Ending()
    async with runtime.database.planned_once(last) as connection:
        dead = {one.key.borrower_id for one in sent if _closes_address(one.outcome)}
        if dead:
            await borrowers.lock(connection, dead)
        ledger = _Ledger()
        rest = await _accept(connection, ledger, sent, at)
        rows = await attempts.lock(connection, [one.key for one in rest]) if rest else {}
        for one in rest:
            row = rows.get(one.key)
            if row is not None:
                _settle_row(ledger, row, one, at)
        recorded = await _write(runtime, connection, last, ledger, at)
        reach("settle.written")
    reach("settle.committed")
    for each in recorded:
        await reach_others(runtime, each)
    hour = hour_of(at)
    return {Tally(hour, *what): number for what, number in ledger.settled.items()}


async def _accept(connection: Connection, ledger: _Ledger, sent: Sequence[Sent], at: datetime) -> list[Sent]:
    """Settle what is as common as simple, without reading it first: accepted, nobody was faster, and nothing
    follows. Returns the rest."""
    followed = await _followed(connection, sent)
    refs = [
        (one.key, one.at, one.outcome.ref)
        for one in sent
        if isinstance(one.outcome, Accepted) and not one.outcome.held and one.key not in followed
    ]
    if not refs:
        return list(sent)
    rows = await attempts.accept(connection, refs, at=at, look_in=RECEIPT_OVERDUE)
    rest: list[Sent] = []
    for one in sent:
        row = rows.get(one.key)
        if row is None:
            rest.append(one)
        else:
            ledger.came_back(row, one, at)
    return rest


async def _followed(connection: Connection, sent: Sequence[Sent]) -> frozenset[AttemptKey]:
    """The e-mails of cascades: what follows them begins to wait when the next hop has them."""
    mails = [one.key for one in sent if one.key.channel == "email"]
    if not mails:
        return frozenset()
    cascading = await notices.cascading(connection, [(key.borrower_id, key.notice_no) for key in mails])
    return frozenset(key for key in mails if (key.borrower_id, key.notice_no) in cascading)


def _closes_address(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.cause in {RefusalCause.OPTED_OUT, RefusalCause.ADDRESS}


async def _write(
    runtime: Runtime, connection: Connection, last: Ending, ledger: _Ledger, at: datetime
) -> list[Recorded]:
    await attempts.move(connection, ledger.moves)
    await attempts.move_deliveries(connection, ledger.deliveries, at)
    if ledger.followers:
        await notices.insert_deliveries(connection, ledger.followers)
    if not ledger.learned:
        last.copy(copied(ledger.entries))
        return []
    await append(connection, ledger.entries)  # before those of what was learned from it
    return [
        await learn(runtime, connection, row, [event], at=at, source=f"provider:{row.adapter}")
        for row, event in ledger.learned
    ]


def _settle_row(ledger: _Ledger, row: Locked, one: Sent, at: datetime) -> None:
    """One outcome: what it does depends on whether a receipt or a sweep was faster."""
    if row.state not in _UNSETTLED or (row.state == AttemptState.UNKNOWN and row.provider_ref is not None):
        if isinstance(one.outcome, Accepted) and row.provider_ref is None:
            ledger.moves.append(_keep(row, one, provider_ref=one.outcome.ref))
        return
    match one.outcome:
        case Accepted() as outcome:
            _accepted(ledger, row, one, outcome)
        case Unknown() as outcome:
            _unknown(ledger, row, one, outcome)
        case Rejected(cause=RefusalCause.ACCOUNT) as outcome:
            _busy(
                ledger, row, one, outcome
            )  # the whole channel stands still: this delivery's turn comes again
        case Rejected() as outcome:
            _rejected(ledger, row, one, outcome)
        case Busy() as outcome:
            _busy(ledger, row, one, outcome)
    ledger.came_back(row, one, at)


def _keep(row: Locked, one: Sent, *, provider_ref: str) -> AttemptMove:
    return AttemptMove(
        key=one.key,
        state=row.state,
        outcome=row.outcome,
        provider_ref=provider_ref,
        look_up_at=row.look_up_at,
        looked_up=row.looked_up,
    )


def _move(
    one: Sent, state: AttemptState, outcome: str, said: Unknown | Rejected | Busy | None = None
) -> AttemptMove:
    """What becomes of the attempt, with the provider's code and reason where it gave them."""
    code, reason = (None, None) if said is None else (said.code, said.reason)
    return AttemptMove(key=one.key, state=state, outcome=outcome, settled_at=one.at, code=code, reason=reason)


def _accepted(ledger: _Ledger, row: Locked, one: Sent, outcome: Accepted) -> None:
    state, delivery = (
        (AttemptState.HELD_BY_PROVIDER, DeliveryState.HELD_BY_PROVIDER)
        if outcome.held
        else (AttemptState.ACCEPTED, DeliveryState.ACCEPTED)
    )
    look_up_at = row.look_up_at if row.state == AttemptState.DIALING else one.at + RECEIPT_OVERDUE
    move = _move(one, state, "in_flight")._replace(provider_ref=outcome.ref, look_up_at=look_up_at)
    ledger.moves.append(move)
    ledger.go_on(row, DeliveryMove(key=one.key, state=delivery), one.at)


def _unknown(ledger: _Ledger, row: Locked, one: Sent, outcome: Unknown) -> None:
    move = _move(one, AttemptState.UNKNOWN, "in_flight", outcome)
    ledger.moves.append(move._replace(look_up_at=one.at + FIRST_LOOK))
    ledger.go_on(row, DeliveryMove(key=one.key, state=DeliveryState.UNKNOWN, reason=outcome.reason), one.at)


def _rejected(ledger: _Ledger, row: Locked, one: Sent, outcome: Rejected) -> None:
    ledger.moves.append(_move(one, AttemptState.REFUSED, "not_sent", outcome))
    ledger.go_on(row, DeliveryMove(key=one.key, state=DeliveryState.REJECTED, reason=outcome.reason), one.at)
    if _closes_address(outcome):
        kind = "opt_out" if outcome.cause is RefusalCause.OPTED_OUT else "address_dead"
        event = address_event(row, kind, name="refusal", code=outcome.code, at=one.at)
        ledger.learned.append((row, event))


def _busy(ledger: _Ledger, row: Locked, one: Sent, outcome: Busy | Rejected) -> None:
    """The provider took nothing: a later attempt, on schedule. Where the attempt passed for lost meanwhile,
    its delivery may have gone on without it."""
    ledger.moves.append(_move(one, AttemptState.REFUSED, "not_sent", outcome))
    if row.state == AttemptState.UNKNOWN and row.delivery_state != DeliveryState.UNKNOWN:
        return
    retry_after = outcome.retry_after if isinstance(outcome, Busy) else None
    everybodys = (
        not isinstance(outcome, Busy) or outcome.account_wide
    )  # the breaker's business; this delivery did not fail
    failures = 0 if everybodys else row.failures
    due = next_try(
        PROVIDER_BUSY, failures=failures + 1, at=one.at, retry_after=retry_after, jitter=one.jitter
    )
    if due is None:
        move = DeliveryMove(key=one.key, state=DeliveryState.EXHAUSTED, reason=outcome.reason, failed=True)
    else:
        reason = f"the provider took nothing: {outcome.reason}"
        move = DeliveryMove(
            key=one.key, state=DeliveryState.DEFERRED, due_at=due, reason=reason, failed=not everybodys
        )
    ledger.go_on(row, move, one.at)


def _entry(row: Locked | Taken, one: Sent, at: datetime) -> Entry:
    return Entry.of_attempt("attempt.settled", at, "system", one.key, public=_public(row, one))


def _public(row: Locked | Taken, one: Sent) -> Mapping[str, Any]:
    public: dict[str, Any] = {
        "adapter": row.adapter,
        "dialed_at": row.dialed_at,
        "outcome": type(one.outcome).__name__.lower(),
        "body": row.body_digest.hex() if row.body_digest else None,
    }
    match one.outcome:
        case Accepted(ref=ref):
            public["ref"] = ref
        case (
            Rejected(code=code, reason=reason)
            | Busy(code=code, reason=reason)
            | Unknown(code=code, reason=reason)
        ):
            public["code"], public["reason"] = code, reason
    return public
