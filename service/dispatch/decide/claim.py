"""Steps 2 and 3, claim and decide: in one transaction, under the borrowers' rows, every due delivery gets its
verdict.

Three passes over the batch: open everything, judge everything (pure: no connection, no runtime, no clock),
write everything. `allow` writes the attempt, which is a contact with outcome `in_flight`: the slot is taken
before the act, so that two workers can never both see "6 of 7". The log entry is written in the same
transaction, for every answer, also for "no". A delivery that cannot be decrypted or judged is held for a
person, and stands in nobody's way.
"""

from __future__ import annotations

import collections
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from channels.senders import parts_of, route_of, sender_of
from policies.facts import Event
from policies.verdict import Kind
from service.dispatch.decide.answered import Key, Known, known_of
from service.dispatch.decide.case import Case
from service.dispatch.decide.chosen import Claim, Plans, is_first, plans_of
from service.dispatch.decide.decision import Decision, Slot, decided, ended, reserved_by
from service.dispatch.decide.decrypted import Decrypted, Forgotten, case_of, decrypt_notice
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.judge import Judged, judge
from service.dispatch.decide.next_step import RECEIPT_OVERDUE
from service.dispatch.decide.reserved import Composed, Dialed, Reserved, first_communication
from service.dispatch.decide.rounds import Round, round_of
from service.dispatch.decide.traced import Traced
from service.dispatch.number_limits.hourly import Spread, is_near_limit
from service.dispatch.runtime import Runtime
from service.failpoints import reach
from service.log.append import copied
from service.model.category import PRIORITIES, overtaken
from service.model.delivery import DeliveryState
from service.store import events, notices, queue
from service.store.attempts import AttemptKey
from service.store.database import Connection, Ending
from service.store.decisions import write_decisions
from service.store.queue import Claimed, Marking
from service.store.ranks import Matter
from service.store.wake import WAKE_WORKERS

log = structlog.get_logger("decide")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """What may be handed over as soon as its decision is committed: it is marked in the same transaction, and
    needs no second one."""

    room: Mapping[str, int]
    """How many on each route."""
    compose: Callable[[Runtime, Reserved, datetime], Composed | None]
    """The message of an attempt; None for one that must be looked at again before its mark."""
    send_within: float
    """Seconds from the mark on in which bytes may leave."""


class Ended(NamedTuple):
    """A delivery that ends before any policy is asked, or that nobody can judge."""

    row: Claimed
    state: DeliveryState
    reason: str


class Ready(NamedTuple):
    """A delivery that can be judged."""

    row: Claimed
    decrypted: Decrypted
    case: Case


class Answered(NamedTuple):
    """A delivery that was judged, with what the hand-over wants to know of the history before it."""

    ready: Ready
    judged: Judged
    first_communication: bool
    near_limit: bool


async def claim_and_decide(
    runtime: Runtime,
    zones: ZoneCache,
    *,
    limit: int,
    adapters: Mapping[str, str],
    lease_seconds: float,
    priorities: Sequence[int] = PRIORITIES,
    whole: bool = True,
    spread: Spread | None = None,
    at_once: AtOnce | None = None,
) -> Round:
    """Claim up to `limit` due deliveries on the routes of `adapters` (by name; `channels/senders.py`) and
    decide them. Returns what may be sent. Without `whole` what others seem to have in hand is passed over.

    What is deferred falls due at the verdict's instant, or where `spread` puts it after that. What there is
    room for `at_once` is marked too; everything else waits for `dial`."""
    spread = spread or Spread()
    last = Ending()
    async with Traced() as traced, runtime.database.planned_once(last) as connection:
        rows = await _claimed(runtime, connection, limit, adapters, priorities, whole=whole)
        if not rows:
            return Round()
        traced.begin(rows)
        # only now: the locks may have been waited for, and what others did meanwhile lies in the past
        at, slot = runtime.clock.now(), Slot(token=secrets.randbits(62), lease_seconds=lease_seconds)
        matters = [Matter(row.borrower_id, row.debt_id, row.account_id, row.creditor) for row in rows]
        reach_ = runtime.in_force.reach(at)
        found = await events.facts(connection, [row.borrower_id for row in rows], reach_, matters)
        decrypted, plans = _open_and_plan(runtime, zones, rows, known_of(rows, *found, at), at)
        judged = judge_all(decrypted, at, plans.judged)
        offered = runtime.in_force.languages
        made = record_all(judged, at, slot=slot, adapters=adapters, spread=spread, languages=offered)
        decisions = traced.note(plans.decisions(at) + made)
        dialed = await _mark(runtime, connection, decisions, at, at_once) if at_once else {}
        marks = {key: mark for key, (_, mark) in dialed.items()}
        await _write(connection, last, decisions, plans, at, slot, marks)
        _reach("decide.written", "dial.written" if dialed else None)
    _reach("decide.committed", "dial.committed" if dialed else None)
    return round_of(rows, decisions, {key: one for key, (one, _) in dialed.items()})


async def _claimed(
    runtime: Runtime,
    connection: Connection,
    limit: int,
    adapters: Mapping[str, str],
    priorities: Sequence[int],
    *,
    whole: bool,
) -> list[Claimed]:
    return await queue.claim(
        connection,
        at=runtime.clock.now(),
        limit=limit,
        routes=[parts_of(route) for route in sorted(adapters)],
        profiles=runtime.in_force.assigned_senders,
        priorities=priorities,
        whole=whole,
    )


def _reach(decided_: str, marked: str | None) -> None:
    """Pass the failpoint of the decisions, and that of the marks where any are written with them."""
    reach(decided_)
    if marked is not None:
        reach(marked)


def _open_and_plan(
    runtime: Runtime,
    zones: ZoneCache,
    rows: Sequence[Claimed],
    known: Known,
    at: datetime,
) -> tuple[list[Ready | Ended], Plans]:
    """What is to be judged now, and what is chosen for adaptive notices at their first claim."""
    decrypted = open_all(runtime, zones, rows, known, at)
    if not any(map(is_first, rows)):
        return decrypted, Plans()
    claims = [Claim(one.row, one.decrypted, one.case) for one in decrypted if isinstance(one, Ready)]
    plans = plans_of(runtime, claims, known.histories, at)
    left = [one for one in decrypted if (one.row.borrower_id, one.row.notice_no) not in plans.taken]
    return left, plans


def open_all(
    runtime: Runtime,
    zones: ZoneCache,
    rows: Sequence[Claimed],
    known: Known,
    at: datetime,
) -> list[Ready | Ended]:
    """The first pass: what is encrypted is decrypted, once for all channels of a notice, and every delivery
    becomes a case or ends."""
    notices_decrypted: dict[tuple[UUID, int], Decrypted] = {}
    found: list[Ready | Ended] = []
    for row in rows:
        try:
            found.append(_open(runtime, zones, row, known, at, notices_decrypted))
        except Exception as error:  # noqa: BLE001 - one delivery must not stand in the way of the others
            found.append(_failed(row, error))
    return found


def _open(
    runtime: Runtime,
    zones: ZoneCache,
    row: Claimed,
    known: Known,
    at: datetime,
    notices_decrypted: dict[tuple[UUID, int], Decrypted],
) -> Ready | Ended:
    if row.data_key is None:
        return Ended(row, DeliveryState.CANCELLED, "the borrower was erased")
    if row.cancelled_at is not None:
        return Ended(row, DeliveryState.CANCELLED, "cancelled by the upstream system")
    if row.overtaken_by is not None:
        return Ended(row, DeliveryState.SUPPRESSED, overtaken(row.overtaken_by))
    if row.expires_at <= at:
        return Ended(row, DeliveryState.EXPIRED, f"expired at {row.expires_at.isoformat()}")
    if Key(row.borrower_id, row.notice_no, row.channel) in known.answered:
        return Ended(row, DeliveryState.CANCELLED, "the borrower answered on an earlier channel")
    notice = (row.borrower_id, row.notice_no)
    decrypted = notices_decrypted.get(notice)
    if decrypted is None:
        try:
            decrypted = notices_decrypted[notice] = decrypt_notice(
                zones, row, runtime.vault.unwrap(row.data_key)
            )
        except Forgotten:
            return Ended(row, DeliveryState.CANCELLED, "the borrower was erased")
    history = known.histories.get(row.borrower_id, [])
    case = case_of(runtime, decrypted.subject, row.channel, history)
    if case is None:
        return Ended(row, DeliveryState.REJECTED, f"the borrower has no {row.channel} address any more")
    return Ready(row, decrypted, case)


def judge_all(
    decrypted: Sequence[Ready | Ended],
    at: datetime,
    known: Callable[[Claimed], Judged | None] = lambda _: None,
) -> list[Answered | Ended]:
    """The second pass: judge every case in turn. What is allowed takes its slot: later cases of the borrower
    see it as a contact. `known`: what was judged of a delivery in this claim, before anything was allowed;
    it holds where nothing was of its borrower."""
    left = collections.Counter(one.row.borrower_id for one in decrypted if isinstance(one, Ready))
    taken: dict[UUID, list[Event]] = {}
    found: list[Answered | Ended] = []
    for one in decrypted:
        if isinstance(one, Ended):
            found.append(one)
            continue
        borrower = one.row.borrower_id
        left[borrower] -= 1
        try:
            answered = _judge(one, taken.get(borrower, ()), at, known(one.row))
        except Exception as error:  # noqa: BLE001 - as above
            found.append(_failed(one.row, error))
            continue
        found.append(answered)
        if left[borrower] and answered.judged.verdict.kind is Kind.ALLOW:
            taken.setdefault(borrower, []).append(reserved_by(one.row, answered.judged, at))
    return found


def _judge(ready: Ready, taken: Sequence[Event], at: datetime, known: Judged | None) -> Answered:
    case = replace(ready.case, history=(*ready.case.history, *taken)) if taken else ready.case
    return Answered(
        ready,
        known if known is not None and known.case is case else judge(case, at),
        first_communication=first_communication(case.history),
        near_limit=ready.row.channel == "sms" and is_near_limit(case.history, at),
    )


def _failed(row: Claimed, error: Exception) -> Ended:
    """One delivery that cannot be decided is held for a person; it must not stand in the way of the
    others."""
    log.error("decide", action="decide.failed", notice=row.notice_no, channel=row.channel, exc_info=error)
    return Ended(row, DeliveryState.HELD, f"it cannot be decided: {type(error).__name__}")


def record_all(
    answers: Iterable[Answered | Ended],
    at: datetime,
    *,
    slot: Slot,
    adapters: Mapping[str, str],
    spread: Spread,
    languages: Callable[[str, int], tuple[str, ...]],
) -> list[Decision]:
    """What each answer writes: one decision a delivery. `languages`: those of a template by name and
    version."""
    found: list[Decision] = []
    for one in answers:
        if isinstance(one, Ended):
            found.append(ended(one.row, one.state, one.reason, at))
            continue
        try:
            row = one.ready.row
            offered = languages(row.template, row.template_version)
            adapter = adapters[route_of(row.channel, row.sender)]
            found.append(_record(one, at, slot, adapter, spread, offered))
        except Exception as error:  # noqa: BLE001 - as above
            found.append(ended(*_failed(one.ready.row, error), at))
    return found


def _record(
    answered: Answered, at: datetime, slot: Slot, adapter: str, spread: Spread, languages: tuple[str, ...]
) -> Decision:
    ready = answered.ready
    return decided(
        ready.row,
        ready.decrypted,
        answered.judged,
        at,
        slot=slot,
        adapter=adapter,
        spread=spread,
        first_communication=answered.first_communication,
        near_limit=answered.near_limit,
        languages=languages,
    )


async def _mark(
    runtime: Runtime, connection: Connection, decisions: Sequence[Decision], at: datetime, at_once: AtOnce
) -> dict[AttemptKey, tuple[Dialed, Marking]]:
    """Compose what there is room for and mark it. The borrowers are locked since before the decision, so that
    nothing was learned about them; what somebody else said about an address is looked at again, as late as
    can be."""
    composed = _composed(runtime, decisions, at, at_once)
    if not composed:
        return {}
    deadline = runtime.clock.monotonic() + at_once.send_within
    addresses = [(address, reserved.key.channel, reserved.suppressions) for reserved, _, address in composed]
    marked: dict[AttemptKey, tuple[Dialed, Marking]] = {}
    for place, asked_at in await queue.unopposed(connection, addresses):
        reserved, (message, body_digest), _ = composed[place - 1]
        send_by = asked_at + timedelta(seconds=at_once.send_within)
        marking = Marking(body_digest, send_by, at + RECEIPT_OVERDUE)
        marked[reserved.key] = (Dialed(reserved=reserved, message=message, deadline=deadline), marking)
    return marked


def _composed(
    runtime: Runtime, decisions: Sequence[Decision], at: datetime, at_once: AtOnce
) -> list[tuple[Reserved, Composed, bytes]]:
    """The messages of what there is room for, in the order of the claim, with the digests of their
    addresses."""
    room, found = dict(at_once.room), list[tuple[Reserved, Composed, bytes]]()
    for one in decisions:
        if one.reserved is None or one.reservation is None:
            continue
        route = route_of(one.reserved.key.channel, sender_of(one.reserved.adapter))
        if room.get(route, 0) <= 0:
            continue
        composed = at_once.compose(runtime, one.reserved, at)
        if composed is not None:
            room[route] -= 1
            found.append((one.reserved, composed, one.reservation.address_digest))
    return found


async def _write(
    connection: Connection,
    last: Ending,
    decisions: Sequence[Decision],
    plans: Plans,
    at: datetime,
    slot: Slot,
    marks: Mapping[AttemptKey, Marking],
) -> None:
    """The third pass. What is only added, attempts, choices and entries, goes with the COMMIT."""
    moves = plans.moves()
    if decisions or moves:
        await write_decisions(
            connection,
            [*(one.delivery for one in decisions), *(one.delivery for one in moves)],
            token=slot.token,
            at=at,
            lease_seconds=slot.lease_seconds,
            moved_to=[one.channel for one in moves],
        )
    reservations = [one.reservation for one in decisions if one.reservation is not None]
    last.copy(queue.reserved(reservations, token=slot.token, at=at, marks=marks))
    followers = [one.follower for one in decisions if one.follower is not None]
    if followers:
        await notices.insert_deliveries(connection, followers)
        last.statements.append(WAKE_WORKERS)
    last.copy(plans.rows(at))
    last.copy(copied([*(one.entry for one in decisions), *plans.entries(at)]))
