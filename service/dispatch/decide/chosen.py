"""The learned choice within a claim: notices that may be planned are planned at their first claim, and what
was chosen is written down.

A notice that is not adaptive is not looked at. One that cannot be planned, for whatever reason, goes the
plain way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import orjson
import structlog
from orjson import Fragment

from policies.facts import Event
from service.dispatch.decide.case import Case
from service.dispatch.decide.decision import Decision
from service.dispatch.decide.decrypted import Decrypted, case_of
from service.dispatch.decide.judge import Judged
from service.dispatch.decide.planning import Plan, Question, applies, plan
from service.dispatch.decide.verdicts import restraint_document
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.learned import Active
from service.ids import NoticeId
from service.learning.arms import band_of, channel_of
from service.learning.words import restraint_reason
from service.log.append import Entry, public_part
from service.model.delivery import DeliveryState
from service.model.notice import FanOut
from service.model.outcome import LATE
from service.store import choices
from service.store.choices import ChoiceRow
from service.store.copies import Rows
from service.store.decisions import Decided
from service.store.queue import Claimed

log = structlog.get_logger("decide")


class Claim(NamedTuple):
    """A claimed delivery whose notice is decrypted."""

    row: Claimed
    decrypted: Decrypted
    case: Case


class Planned(NamedTuple):
    """A claimed delivery with its plan."""

    claim: Claim
    active: Active
    plan: Plan


class Move(NamedTuple):
    """A delivery that is to go another way: when, and on which channel."""

    delivery: Decided
    channel: str


@dataclass(slots=True, kw_only=True)
class Plans:
    """What the plans of one claim write."""

    every: list[Planned] = field(default_factory=list)
    taken: set[tuple[object, int]] = field(default_factory=set)
    """The notices whose claimed delivery is not judged now."""
    _leaving: list[Planned] = field(default_factory=list)
    _judged: dict[tuple[UUID, int, str], Judged] = field(default_factory=dict)

    def judged(self, row: Claimed) -> Judged | None:
        """What the rules said of a claimed delivery as its notice was planned; None where they were not asked
        of it."""
        return self._judged.get((row.borrower_id, row.notice_no, row.channel))

    def add(self, made: Planned, at: datetime) -> None:
        """One more."""
        row, leaves = made.claim.row, _leaves(made, at)
        self.every.append(made)
        if leaves:
            self._leaving.append(made)
        if leaves or made.plan.restrains:
            self.taken.add((row.borrower_id, row.notice_no))
        elif row.channel in made.plan.judged:
            self._judged[row.borrower_id, row.notice_no, row.channel] = made.plan.judged[row.channel]

    def decisions(self, at: datetime) -> list[Decision]:
        """Of the rounds in which nothing is sent."""
        return [_restrained(one, at) for one in self.every if one.plan.restrains]

    def rows(self, at: datetime) -> Rows:
        """What was chosen; its entry of the log is one of `entries`."""
        return choices.kept([_row(one, at) for one in self.every])

    def moves(self) -> list[Move]:
        """Where deliveries go that are not decided now."""
        return [_move(one) for one in self._leaving]

    def entries(self, at: datetime) -> list[Entry]:
        """What was chosen, as the log keeps it."""
        return [_entry(one, at) for one in self.every]


def is_first(row: Claimed) -> bool:
    """Whether this is the first time that anything of an adaptive notice is claimed."""
    return (
        row.fan_out == FanOut.ADAPTIVE
        and row.attempts == 0
        and row.deferrals == 0
        and row.released_by is None
        and row.channel == row.channels[0]
    )


def plans_of(
    runtime: Runtime, claims: Sequence[Claim], histories: Mapping[UUID, list[Event]], at: datetime
) -> Plans:
    """The plans of those claims that are adaptive notices' first, where a policy of their creditor is in
    force."""
    found = Plans()
    for claim in claims:
        active = runtime.in_force.learned.get(claim.row.creditor)
        if active is None or not is_first(claim.row):
            continue
        try:
            made = _planned(runtime, claim, active, histories.get(claim.row.borrower_id, []), at)
        except Exception:  # the plain order is always there
            log.exception("decide", action="decide.unplanned", notice=claim.row.notice_no)
            continue
        if made is not None:
            found.add(made, at)
    return found


def _planned(
    runtime: Runtime, claim: Claim, active: Active, history: list[Event], at: datetime
) -> Planned | None:
    row, subject = claim.row, claim.decrypted.subject
    first = claim.case
    if not applies(active, first):
        return None
    cases = {
        channel: case
        for channel in row.channels
        if (case := first if channel == row.channel else case_of(runtime, subject, channel, history))
        is not None
    }
    question = Question(
        notice=str(NoticeId(row.borrower_id, row.notice_no)).encode(),
        borrower=row.borrower_id.bytes,
        channels=row.channels,
        cases=cases,
        expires_at=row.expires_at,
    )
    return Planned(claim, active, plan(active, question, first, at))


def _leaves(one: Planned, at: datetime) -> bool:
    """Whether the delivery is put off or goes on another channel, and so is not judged now."""
    due_at = one.plan.due_at
    return (
        one.plan.moves
        and due_at is not None
        and (due_at > at or channel_of(one.plan.arm) != one.claim.row.channel)
    )


def _move(one: Planned) -> Move:
    row, arm = one.claim.row, one.plan.arm
    reason = f"planned for {band_of(arm)} of the borrower's day; every rule is asked again then"
    return Move(
        Decided(
            borrower_id=row.borrower_id,
            notice_no=row.notice_no,
            channel=row.channel,
            state=DeliveryState.DEFERRED,
            due_at=one.plan.due_at,
            verdict=None,
            reason=reason,
        ),
        channel_of(arm) or row.channel,
    )


def _row(one: Planned, at: datetime) -> ChoiceRow:
    row, made, policy = one.claim.row, one.plan, one.active.policy
    counts_until, matures_at = _ends(at, policy.outcome.window)
    return ChoiceRow(
        borrower_id=row.borrower_id,
        notice_no=row.notice_no,
        creditor=row.creditor,
        policy=policy.name,
        policy_digest=one.active.digest,
        snapshot=snapshot_of(one.active, made, at),
        arm_group=made.group,
        segment=made.segment.text(),
        allowed=made.allowed,
        arm=made.arm,
        weight=made.choice.weight,
        total=made.choice.total,
        planned_at=made.due_at,
        decided_at=at,
        counts_until=counts_until,
        matures_at=matures_at,
    )


@lru_cache(maxsize=64)
def _ends(at: datetime, window: timedelta) -> tuple[datetime, datetime]:
    """Until when what comes of the rounds of a claim counts, and when they are ripe."""
    return at + window, at + window + LATE


def snapshot_of(active: Active, made: Plan, at: datetime) -> str | None:
    """By which snapshot was chosen; None where none was asked."""
    chooser = active.chooser_at(at) if made.group in {"learned", "shadow"} else None
    return None if chooser is None else chooser.digest


def _entry(one: Planned, at: datetime) -> Entry:
    """The choice as the log keeps it. What is open tells of wishes, so that it stands in the encrypted
    part."""
    row, made = one.claim.row, one.plan
    return Entry.of_borrower(
        "choice",
        at,
        "system",
        row.borrower_id,
        notice_no=row.notice_no,
        channel=channel_of(made.arm) if made.arm in made.allowed else row.channel,
        public=_public(
            f"{one.active.policy.name}@{one.active.version}",
            one.active.digest,
            snapshot_of(one.active, made, at),
            made.group,
            band_of(made.arm) or None,
        ),
        detail={
            "segment": made.segment.text(),
            "allowed": made.allowed,
            "plain": made.plain_arm,
            "chosen": made.choice.arm,
            "weight": made.choice.weight,
            "total": made.choice.total,
            "draw": made.choice.draw,
            "facts": made.seen.document(),
            "planned_at": None if made.due_at is None else made.due_at.isoformat(),
            "reason": restraint_reason(made.segment) if made.restrains else None,
        },
        data_key=one.claim.decrypted.data_key,
    )


@lru_cache(maxsize=1024)
def _public(policy: str, digest: str, snapshot: str | None, group: str, band: str | None) -> Fragment:
    """What of a choice stands openly in the log, which recurs from notice to notice."""
    return public_part(
        {
            "policy": policy,
            "policy_digest": digest,
            "snapshot": snapshot,
            "group": group,
            "band": band,
            "plan": 1,
        }
    )


def _restrained(one: Planned, at: datetime) -> Decision:
    """Nothing is sent in this round, on no channel: nothing follows."""
    row = one.claim.row
    reason = restraint_reason(one.plan.segment)
    document = restraint_document(one.active.policy.name, one.active.version, reason, row.channel)
    return Decision(
        delivery=Decided(
            borrower_id=row.borrower_id,
            notice_no=row.notice_no,
            channel=row.channel,
            state=DeliveryState.SUPPRESSED,
            due_at=None,
            verdict=orjson.dumps(document).decode(),
            reason=reason,
        ),
        entry=Entry.of_delivery(
            f"delivery.{DeliveryState.SUPPRESSED}",
            at,
            "system",
            row,
            public={"reason": "restraint: a learned choice sends nothing this time"},
        ),
        verdict="restraint",
    )
