"""The upkeep of policies: how old each reading of the law is, how sure, what changes on a day to come, what
was replaced.

Pure: today is an argument. The command line, the console and a check of the installation show the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from policies.policy import Policy

AHEAD = timedelta(days=60)
"""How far ahead a day to come is told of."""
_SURENESS = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One rule, with the age of the reading that it rests on."""

    policy: str
    rule: str
    citation: str
    verified_on: date
    """Up to when the text that was read is current."""
    age_days: int
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A day on which something in a policy changes by itself."""

    policy: str
    rule: str | None
    """None for the policy as a whole."""
    on: date
    in_days: int
    what: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A citation that another text took the place of."""

    policy: str
    citation: str
    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What whoever keeps the policies should look at."""

    today: date
    readings: tuple[Reading, ...]
    """Every rule: the least sure first, and of these the oldest."""
    turns: tuple[Turn, ...]
    """Every day to come, the nearest first."""
    replaced: tuple[Superseded, ...]
    """Citations that are no longer in force today, the latest first."""

    def reminders(self, ahead: timedelta = AHEAD) -> tuple[Turn, ...]:
        """The days to come that are near enough to be told of."""
        return tuple(one for one in self.turns if one.in_days <= ahead.days)


def review(policies: Iterable[Policy], today: date) -> Review:
    """What is to be looked at in these policies today."""
    chosen = sorted(policies, key=lambda one: one.name)
    return Review(
        today=today,
        readings=tuple(sorted(_readings(chosen, today), key=_by_need)),
        turns=tuple(sorted(_turns(chosen, today), key=lambda one: (one.on, one.policy, one.rule or ""))),
        replaced=tuple(
            Superseded(policy=policy.name, citation=one.citation, by=one.by, on=one.on)
            for policy in chosen
            for one in sorted(policy.document.replaced, key=lambda one: one.on, reverse=True)
            if one.on <= today
        ),
    )


def _by_need(one: Reading) -> tuple[int, date, str, str]:
    return (_SURENESS[one.confidence], one.verified_on, one.policy, one.rule)


def _readings(policies: Iterable[Policy], today: date) -> Iterator[Reading]:
    for policy in policies:
        verified = policy.document.verified_on
        for rule in policy.rules:
            yield Reading(
                policy=policy.name,
                rule=rule.id,
                citation=rule.citation,
                verified_on=verified,
                age_days=(today - verified).days,
                confidence=rule.confidence or policy.document.confidence,
            )


def _turns(policies: Iterable[Policy], today: date) -> Iterator[Turn]:
    """The days of the policies and of their rules that lie ahead."""
    for policy in policies:
        document = policy.document
        days: list[tuple[str | None, date, str, str]]
        days = [(None, day, what, document.citation) for day, what in document.effective.turns()]
        days += [
            (None, one.on, f"{one.by} takes the place of {one.citation}", one.by) for one in document.replaced
        ]
        days += [(rule.id, day, what, rule.citation) for rule in policy.rules for day, what in rule.turns()]
        for id_, day, what, citation in days:
            if day > today:
                in_days = (day - today).days
                yield Turn(
                    policy=policy.name, rule=id_, on=day, in_days=in_days, what=what, citation=citation
                )
