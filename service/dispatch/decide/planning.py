"""Plans a notice whose channels and hours may be chosen, at its first claim: what the rules leave open, and
one arm of that.

The choice plans; the rules still decide. A plan can put a message off, order its channels or leave it out: it
adds none and reaches outside no window, since every rule is asked again when the planned instant comes. Pure:
no connection, no runtime, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from policies.fast_init import fast_init
from policies.verdict import Kind
from service.dispatch.decide.bands import Band, looks_until, open_bands, within, zones_of
from service.dispatch.decide.case import Case
from service.dispatch.decide.judge import Judged, bind, judge, judge_each
from service.dispatch.decide.seen import objects, seen_of
from service.dispatch.runtime.learned import Active
from service.learning.arms import CHANNELS, NONE, Segment, arm_of, channel_of, ordered
from service.learning.choose import Choice, by_chance, drawn, head_of, part_of
from service.learning.document import CHANCE_SHARE, LearningPolicy
from service.learning.segment import Seen, segment_of
from service.model.category import category_of

MILLION = 1_000_000
PLAIN = "plain"
"""The arm of a round that goes the plain way whatever is open."""


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A notice at its first claim."""

    notice: bytes
    """Its public id."""
    borrower: bytes
    """The borrower's key."""
    channels: Sequence[str]
    cases: Mapping[str, Case]
    """By channel, of those on which the borrower has an address."""
    expires_at: datetime


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to become of a notice."""

    group: str
    segment: Segment
    seen: Seen
    allowed: tuple[str, ...]
    choice: Choice
    plain_arm: str | None
    """What the plain order does, as far as it was asked."""
    due_at: datetime | None = None
    """When the chosen arm is due; None where the plain order is gone: now, by the rules alone."""
    decisions: int = 0
    """How often the rules were asked for it."""
    judged: Mapping[str, Judged] = field(default_factory=dict)
    """By channel what the rules said of a message now."""

    @property
    def moves(self) -> bool:
        """Whether it goes another way than the plain order."""
        return self.group in {"learned", "chance"} and self.due_at is not None

    @property
    def restrains(self) -> bool:
        """Whether nothing is sent this time."""
        return self.group in {"learned", "chance"} and self.choice.arm == NONE

    @property
    def arm(self) -> str:
        """What is done."""
        if self.group in {"learned", "chance"}:
            return self.choice.arm
        return self.plain_arm or PLAIN


class Open(NamedTuple):
    """When a message on a channel may go, as far as is looked ahead."""

    channel: str
    start: datetime
    limit: datetime


class Offer(NamedTuple):
    """What may be chosen of."""

    bands: Mapping[str, Band]
    """By arm."""
    plain_arm: str | None
    allowed: tuple[str, ...]


def applies(active: Active, case: Case) -> bool:
    """Whether a policy may choose for such a message: nothing that the law requires, no reply, and nobody who
    objected."""
    subject = case.subject
    return (
        subject.category in active.policy.categories
        and not category_of(subject.category).required_by_law
        and subject.in_response_to is None
        and not objects(case.history)
    )


def plan(active: Active, question: Question, first: Case, at: datetime) -> Plan:
    """The plan of a notice to which the policy applies. Asks the rules at most twice a channel, and not at
    all in the hold-out."""
    days = first.subject.days_past_due_at(at)
    seen = seen_of(first, at, days)
    segment = segment_of(seen, at)
    policy = active.policy
    if in_holdout(policy, question.borrower):
        alone = Choice(PLAIN, 1, 1, 0)
        return Plan(group="holdout", segment=segment, seen=seen, allowed=(), choice=alone, plain_arm=None)
    judged = judge_each(
        {channel: case for channel, case in question.cases.items() if channel in CHANNELS},
        at,
        bind(first.law, first.subject, at, days),
    )
    windows, asked_again = _open(question, judged, at)
    restrain = may_restrain(policy, first, seen, at)
    zones = zones_of(first.subject.where)
    bands, plain_arm, allowed = _offer(policy.bands, zones, windows, tuple(question.channels), restrain)
    group, choice = _choose(active, segment, allowed, plain_arm, question.notice, at)
    goes_plainly = group not in {"learned", "chance"} or (group == "chance" and choice.arm == plain_arm)
    band = None if goes_plainly else bands.get(choice.arm)
    return Plan(
        group=group,
        segment=segment,
        seen=seen,
        allowed=allowed,
        choice=choice,
        plain_arm=plain_arm,
        due_at=None if band is None else within(band, at, question.notice),
        decisions=len(judged) + asked_again,
        judged=judged,
    )


def in_holdout(policy: LearningPolicy, borrower: bytes) -> bool:
    """Whether a borrower keeps the plain order for good."""
    head, millionths = _holdout(policy.name, policy.experiment.salt, policy.experiment.holdout)
    return part_of(head, borrower, MILLION) < millionths


@lru_cache(maxsize=256)
def _holdout(name: str, salt: str, share: float) -> tuple[bytes, int]:
    """What stands before the borrower in the hash, and below how many millionths the hold-out lies."""
    return f"forbear-holdout\0{name}\0{salt}".encode(), round(MILLION * share)


def may_restrain(policy: LearningPolicy, case: Case, seen: Seen, at: datetime) -> bool:
    """Whether sending nothing is a choice: not where help is offered, and not after too long a silence."""
    subject = case.subject
    if subject.template in policy.silence.always_told:
        return False
    last = max((*seen.contacts, subject.known_since))
    return (at - last).days < policy.silence.at_most_days


def _open(question: Question, judged: Mapping[str, Judged], at: datetime) -> tuple[tuple[Open, ...], int]:
    """When a message may go on each channel, where the rules say it may within their horizon; and how often
    they were asked once more."""
    found, asked = list[Open](), 0
    for channel, now in judged.items():
        verdict, start = now.verdict, at
        if verdict.kind is Kind.DEFER and verdict.until is not None and not verdict.too_late:
            start = verdict.until
            verdict, asked = judge(question.cases[channel], start).verdict, asked + 1
        if verdict.kind is Kind.ALLOW and start < question.expires_at:
            found.append(Open(channel, start, looks_until(start, verdict.valid_until, question.expires_at)))
    return tuple(found), asked


@lru_cache(maxsize=4096)
def _offer(
    names: tuple[str, ...],
    zones: frozenset[str],
    windows: tuple[Open, ...],
    channels: tuple[str, ...],
    restrain: bool,
) -> Offer:
    """The arms of these windows, which most notices of a claim have in common; `channels` in the plain order,
    and `restrain` where sending nothing is one of them."""
    bands = {
        arm_of(window.channel, one.name): one
        for window in windows
        for one in open_bands(names, zones, window.start, window.limit)
    }
    return Offer(
        bands, _plain_arm(channels, windows, bands), ordered([*bands, *([NONE] if restrain else [])])
    )


def _plain_arm(channels: Sequence[str], windows: Sequence[Open], bands: Mapping[str, Band]) -> str | None:
    """What the plain order does: the first channel that may go, as soon as it may; None where that lies in no
    part of the day."""
    starts = {window.channel: window.start for window in windows}
    channel = next((one for one in channels if one in starts), None)
    if channel is None:
        return None
    return next(
        (
            arm
            for arm, band in bands.items()
            if channel_of(arm) == channel and band.start <= starts[channel] < band.end
        ),
        None,
    )


def _choose(
    active: Active,
    segment: Segment,
    allowed: tuple[str, ...],
    plain_arm: str | None,
    notice: bytes,
    at: datetime,
) -> tuple[str, Choice]:
    """The group of a round and its choice. Where nothing can be chosen the plain order is gone, with
    certainty."""
    policy, chooser = active.policy, active.chooser_at(at)
    if not allowed or allowed == (NONE,):
        return "plain", _certain(plain_arm)
    if policy.stage == "chance":
        arms = allowed if plain_arm in allowed else (*allowed, PLAIN)
        weights = by_chance(plain_arm or PLAIN, arms, CHANCE_SHARE)
        return "chance", drawn(head_of(active.digest), weights, arms, notice)
    if chooser is None:
        return "plain", _certain(plain_arm)
    choice = chooser.choose(segment, allowed, notice)
    return ("shadow" if policy.stage == "shadow" else "learned"), choice


def _certain(plain_arm: str | None) -> Choice:
    """The plain order, where nothing is drawn."""
    return Choice(plain_arm or PLAIN, 1, 1, 0)
