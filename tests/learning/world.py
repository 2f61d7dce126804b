"""A world of borrowers who are late, to rank orders and to try the machinery: five hidden kinds with
preferences, fatigue, drift, delayed payments, people who pay anyway. All of it is invented; it promises no
lender anything.

The caps are those of `tiered-care`: two in seven days up to day 30, one in seven up to day 90, one in
fourteen after. No order can exceed them: a round is offered where the cap has room, and what is chosen is a
channel and a part of the day, or nothing."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.learning.arms import BANDS, CHANNELS, NONE, Segment, arm_of, ordered
from service.learning.choose import Chooser
from service.learning.document import LearningPolicy
from service.learning.fit import Cell, digest_of, fit, variance_of

TICKS, ENTRIES, STAYS = 72, 52, 34
"""Half weeks: of the world, in which borrowers come, and for which each stays."""
DRIFT = 36
HALF_LIFE = 16
KINDS = ("forgot", "office", "shift", "phone", "cannot")
SHARES = (0.30, 0.25, 0.15, 0.12, 0.18)
CURE = (0.045, 0.022, 0.02, 0.022, 0.004)
"""Payment in half a week without any contact, by kind."""
UPLIFT = {
    "forgot": ((0.030, 0.045, 0.045, 0.080), (0.020, 0.030, 0.025, 0.035), (0.020, 0.025, 0.030, 0.045)),
    "office": ((0.010, 0.035, 0.012, 0.030), (0.020, 0.065, 0.025, 0.025), (0.004, 0.012, 0.004, 0.012)),
    "shift": ((0.060, 0.030, 0.020, 0.006), (0.018, 0.014, 0.012, 0.008), (0.055, 0.030, 0.015, 0.004)),
    "phone": ((0.012, 0.014, 0.016, 0.010), (0.003, 0.003, 0.003, 0.003), (0.030, 0.045, 0.075, 0.030)),
    "cannot": ((0.002,) * 4,) * 3,
}
"""What a contact adds to that, by channel and part of the day."""
ANNOY = {
    "forgot": (0.0016,) * 4,
    "office": (0.0024, 0.002, 0.0024, 0.0024),
    "shift": (0.002, 0.0024, 0.0036, 0.0064),
    "phone": (0.0024,) * 4,
    "cannot": (0.008,) * 4,
}
"""Opt-outs after a contact, by part of the day; a mail less, a call more."""
ANNOY_BY_CHANNEL = (1.0, 0.8, 2.2)
ANSWER = {
    "forgot": (0.22, 0.14, 0.16),
    "office": (0.10, 0.22, 0.05),
    "shift": (0.20, 0.06, 0.18),
    "phone": (0.05, 0.01, 0.26),
    "cannot": (0.06, 0.05, 0.05),
}
FATIGUE_UPLIFT, FATIGUE_ANNOY = 0.72, 1.35
"""By so much each unanswered contact of 28 days weakens the next one, and makes it worse."""
OPEN = ((0, 1, 2, 3), (0, 1, 2), (1, 2, 3))
"""Parts of the day that the rules leave open; three places."""
MOVED = {"office": (0, 3, 2, 1), "forgot": (1, 3, 2, 0)}
"""Where the preferred hours go when the world drifts."""
PLACES = {arm_of(channel, band): (c, b) for c, channel in enumerate(CHANNELS) for b, band in enumerate(BANDS)}
OUTCOMES = ("payment", "promise_to_pay", "opt_out", "complaint", "hung_up")


@dataclass(slots=True)
class Person:
    """A borrower."""

    kind: str
    entry: int
    cure: float
    uplift: float
    annoy: float
    shift: int
    channels: list[bool]
    open: int
    paid: int = -1
    due: int = 10**6
    unanswered: list[int] = field(default_factory=list)
    answered_on: str = "none"
    last: int = -1
    """The channel that was written on last; the plain order goes on from there."""


class Round(NamedTuple):
    """A chance to write."""

    person: Person
    segment: Segment
    allowed: tuple[str, ...]
    plain: str


@dataclass(slots=True)
class Result:
    """What came of a world, for 1,000 borrowers."""

    payments: float = 0
    contacts: float = 0
    opt_outs: float = 0
    complaints: float = 0
    hang_ups: float = 0
    restraint: dict[int, float] = field(default_factory=dict)
    """The share of rounds in which nothing was sent, by unanswered contacts."""


Order = Callable[[Round, random.Random], str]


class World:
    """Its people, and the time."""

    def __init__(self, seed: int, people: int, *, harm: float = 1.0, flat: bool = False) -> None:
        self.random, self.harm, self.flat = random.Random(seed), harm, flat
        self.people = [self._person() for _ in range(people)]
        self.counts: defaultdict[str, int] = defaultdict(int)

    def _person(self) -> Person:
        g = self.random
        kind = g.choices(KINDS, SHARES)[0]
        return Person(
            kind=kind,
            entry=g.randrange(ENTRIES),
            cure=min(CURE[KINDS.index(kind)] * g.lognormvariate(-0.18, 0.6), 0.5),
            uplift=g.lognormvariate(-0.18, 0.6),
            annoy=g.lognormvariate(-0.18, 0.6),
            shift=g.randrange(4) if g.random() < 0.25 else 0,
            channels=[True, g.random() < 0.8, g.random() < 0.45],
            open=g.choices(range(3), (0.6, 0.25, 0.15))[0],
        )

    def rounds(self, tick: int) -> list[Round]:
        """Who may be written to in this half week."""
        found = []
        for one in self.people:
            age = tick - one.entry
            if not 0 <= age < STAYS or one.paid >= 0:
                continue
            tier, every = ("early", 1) if age < 9 else ("middle", 2) if age < 26 else ("late", 4)
            if age % every:
                continue
            arms = [
                arm_of(CHANNELS[c], BANDS[b]) for c in range(3) if one.channels[c] for b in OPEN[one.open]
            ]
            one.unanswered = [at for at in one.unanswered if at > tick - 9]
            segment = Segment(tier, min(len(one.unanswered), 3), one.answered_on)
            found.append(Round(one, segment, ordered([*arms, NONE]), _next(one)))
        return found

    def _rates(self, one: Person, arm: str, tick: int) -> tuple[float, float, float]:
        """Chances that a contact brings a payment, an opt-out, an answer."""
        c, band = PLACES[arm]
        b, tired = (band + one.shift) % 4, len(one.unanswered)
        table = UPLIFT[one.kind]
        drifted = tick >= DRIFT and not self.flat
        level = table[c][MOVED[one.kind][b] if drifted and one.kind in MOVED else b]
        if self.flat:
            level = sum(map(sum, table)) / 12
        if drifted and c == 0:
            level *= 0.8
        uplift = min(level * one.uplift * FATIGUE_UPLIFT**tired, 0.6)
        annoy = ANNOY[one.kind][b] * ANNOY_BY_CHANNEL[c] * one.annoy * FATIGUE_ANNOY**tired * self.harm
        return uplift, min(annoy, 0.4), min(ANSWER[one.kind][c] * (0.6 + 6 * uplift), 0.8)

    def act(self, one: Person, arm: str, tick: int) -> dict[str, bool]:
        """Write, or do not; what the person does at once. Payments come when they come."""
        found = dict.fromkeys(OUTCOMES[1:], False)
        if arm == NONE:
            return found
        g, (c, _) = self.random, PLACES[arm]
        uplift, annoy, answers = self._rates(one, arm, tick)
        one.last = c
        if g.random() < uplift:
            one.due = min(one.due, tick + bisect_right((0.6, 0.9), g.random()))
        if g.random() < annoy:
            found["opt_out"] = True
            one.channels = (
                [False] * 3 if g.random() < 0.25 else [on and n != c for n, on in enumerate(one.channels)]
            )
        found["complaint"] = g.random() < 0.06 * annoy
        found["hung_up"] = c == 2 and g.random() < min(0.08 + 4 * annoy, 0.5)
        if g.random() < answers:
            one.unanswered, one.answered_on = [], CHANNELS[c]
            found["promise_to_pay"] = g.random() < 0.35
        else:
            one.unanswered.append(tick)
        return found

    def pass_time(self, tick: int) -> None:
        """Half a week is over: some pay."""
        for one in self.people:
            if 0 <= tick - one.entry < STAYS and one.paid < 0:
                if self.random.random() < one.cure:
                    one.due = min(one.due, tick)
                if one.due <= tick:
                    one.paid = tick


def _next(one: Person) -> str:
    """Today's cascade: the next channel that there is, as early as may be."""
    channel = next((c for c in ((one.last + step) % 3 for step in (1, 2, 3)) if one.channels[c]), None)
    return NONE if channel is None else arm_of(CHANNELS[channel], BANDS[OPEN[one.open][0]])


class Learner:
    """The project's own fit and choice, weekly, on rounds whose window is over."""

    def __init__(self, policy: LearningPolicy) -> None:
        self.policy = policy
        self.chooser: Chooser | None = None
        self.rounds: defaultdict[tuple[Segment, str], float] = defaultdict(float)
        self.value: defaultdict[tuple[Segment, str], float] = defaultdict(float)
        self.seen: defaultdict[str, float] = defaultdict(float)

    def order(self, one: Round, g: random.Random) -> str:
        """By what was learned; before that by lot."""
        if self.chooser is None:
            return g.choice(one.allowed)
        summed = self.chooser.weights(one.segment, one.allowed).summed
        return one.allowed[bisect_right(summed, g.randrange(summed[-1]))]

    def fade(self) -> None:
        """Half a week makes everything known a little less."""
        known: list[dict[Any, float]] = [self.rounds, self.value, self.seen]
        for some in known:
            for key in some:
                some[key] *= 0.5 ** (1 / HALF_LIFE)

    def note(self, one: Round, arm: str, came: dict[str, bool]) -> None:
        """A round whose window is over."""
        values, key = self.policy.values, (one.segment, arm)
        worth = sum(values[name] for name, there in came.items() if there)
        if arm != NONE:
            worth += values[f"contacts_{arm.partition('/')[0]}"]
        self.rounds[key] += 1
        self.value[key] += worth
        self.seen["rounds"] += 1
        for name, there in came.items():
            self.seen[name] += there

    def fit(self) -> None:
        """The week's snapshot."""
        shares = {name: self.seen[name] / self.seen["rounds"] for name in OUTCOMES}
        cells = {key: Cell(number, self.value[key]) for key, number in self.rounds.items()}
        head = {"floor": self.policy.floor}
        found = fit(cells, variance=variance_of(shares, self.policy.values), head=head)
        self.chooser = Chooser(found, digest_of(found))


def plain(one: Round, g: random.Random) -> str:
    """Today's cascade."""
    del g
    return one.plain


def nobody(one: Round, g: random.Random) -> str:
    """Nothing is ever sent."""
    del one, g
    return NONE


def live(
    world: World, order: Order, learner: Learner | None = None, log: Callable[..., None] | None = None
) -> Result:
    """Let a world pass; what came of it. `log` is told of each round whose window is over."""
    result, waiting, left = Result(), deque(), defaultdict(lambda: [0, 0])
    g = random.Random(world.random.randrange(2**32))
    sums = dict.fromkeys(("contacts", "opt_out", "complaint", "hung_up"), 0)
    for tick in range(TICKS):
        for one in world.rounds(tick):
            arm = order(one, g)
            came = world.act(one.person, arm, tick)
            left[one.segment.unanswered][0] += arm == NONE
            left[one.segment.unanswered][1] += 1
            sums["contacts"] += arm != NONE
            for name in ("opt_out", "complaint", "hung_up"):
                sums[name] += came[name]
            waiting.append((tick, one, arm, came))
        world.pass_time(tick)
        if learner is not None:
            learner.fade()
        while waiting and waiting[0][0] <= tick - 2:
            begun, one, arm, came = waiting.popleft()
            paid = begun <= one.person.paid <= begun + 1
            if learner is not None:
                learner.note(one, arm, {"payment": paid, **came})
            if log is not None:
                log(begun, one, arm, {"payment": paid, **came})
        if learner is not None and tick % 2 == 1 and tick >= 3:
            learner.fit()
    people = len(world.people)
    result.payments = 1000 * sum(one.paid >= 0 for one in world.people) / people
    result.contacts = 1000 * sums["contacts"] / people
    result.opt_outs = 1000 * sums["opt_out"] / people
    result.complaints = 1000 * sums["complaint"] / people
    result.hang_ups = 1000 * sums["hung_up"] / people
    result.restraint = {count: nothing / number for count, (nothing, number) in sorted(left.items())}
    return result
