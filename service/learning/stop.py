"""Rules that stop an experiment, valid at every look: evidence is gathered by betting, and 20 to 1 against
the experiment ends it.

Per week two streams are compared, learned and hold-out. Given how many events there were in both, the share
that fell to the learned one is judged; under the null hypothesis the expected gain of every bet is nothing
(Ville 1939; Turner, Ly and Grünwald 2024)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

RATIOS = (1.25, 1.5, 2.0, 3.0)
"""How many times the harm is looked for; the bets are spread evenly."""
FEWER = (0.97, 0.94, 0.9, 0.8)


class Week(NamedTuple):
    """What came in one week of rounds."""

    events: int
    rounds: int
    other_events: int
    other_rounds: int
    """Of the hold-out."""


def _mixture(logs: Sequence[float]) -> float:
    most = max(logs)
    return math.exp(min(most, 700)) * sum(math.exp(one - most) for one in logs) / len(logs)


def against(weeks: Iterable[Week], *, ratio: float = 1.0, alternatives: Sequence[float] = RATIOS) -> float:
    """The evidence that the learned rate is `alternatives` times `ratio` times the hold-out's, against
    `ratio` times or less (with alternatives below 1: or more). 1 without any."""
    logs = [0.0] * len(alternatives)
    for week in weeks:
        if not week.rounds or not week.other_rounds:
            continue
        null = ratio * week.rounds / (ratio * week.rounds + week.other_rounds)
        for place, times in enumerate(alternatives):
            part = times * ratio * week.rounds
            share = part / (part + week.other_rounds)
            logs[place] += week.events * math.log(share / null)
            logs[place] += week.other_events * math.log((1 - share) / (1 - null))
    return _mixture(logs)


def beyond(weeks: Iterable[Week], bound: float) -> float:
    """The evidence that more than `bound` of the learned rounds bring an event. For small lenders, whose
    hold-out says little."""
    times = [one for one in RATIOS if one * bound < 1]
    logs = [0.0] * len(times)
    for week in weeks:
        for place, one in enumerate(times):
            logs[place] += week.events * math.log(one)
            logs[place] += (week.rounds - week.events) * math.log((1 - one * bound) / (1 - bound))
    return _mixture(logs) if logs else 1.0


class Evidence(NamedTuple):
    """How far each rule is from stopping."""

    harm: float
    """Against the hold-out."""
    bound: float
    """Against the absolute bound."""
    payments: float
    """That payments fell below the share of the hold-out's that is asked for."""
    limit: float
    """At which any of them stops."""

    @property
    def reason(self) -> str | None:
        """Why it must stop; None where it need not."""
        if self.harm >= self.limit:
            return "opt-outs and complaints per round are higher than in the hold-out"
        if self.bound >= self.limit:
            return "opt-outs and complaints per round are higher than the policy's bound"
        if self.payments >= self.limit:
            return "payments per round are lower than the share of the hold-out's that the policy asks for"
        return None


def evidence(
    harms: Sequence[Week], payments: Sequence[Week], *, alpha: float, bound: float, payments_at_least: float
) -> Evidence:
    """What the weeks so far say, at the highest that it stood after any of them: what once was enough to stop
    is not undone by quieter weeks, and a week in which nobody looked counts. `bound`: harms per round."""
    return Evidence(
        harm=_highest(against, harms),
        bound=_highest(lambda weeks: beyond(weeks, bound), harms),
        payments=_highest(
            lambda weeks: against(weeks, ratio=payments_at_least, alternatives=FEWER), payments
        ),
        limit=1 / alpha,
    )


def _highest(of: Callable[[Sequence[Week]], float], weeks: Sequence[Week]) -> float:
    """Evidence that never falls; the chance that it ever comes to 20 without cause is one in twenty, as that
    of the bets themselves is at any one look (Ville 1939)."""
    return max(of(weeks[:number]) for number in range(len(weeks) + 1))
