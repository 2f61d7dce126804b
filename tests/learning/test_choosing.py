"""The choice by itself: exact chances, draws that anybody makes again, points that do not depend on an order,
plans inside the rules."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.evidence import Evidence
from policies.facts import Event
from policies.places.whereabouts import Whereabouts, whereabouts
from policies.verdict import Kind
from service.dispatch.decide.case import Case, Named, Subject
from service.dispatch.decide.judge import judge
from service.dispatch.decide.planning import Question, in_holdout, plan
from service.dispatch.runtime.learned import Active
from service.learning.arms import ARMS, NONE, SEGMENTS, Segment, channel_of, ordered
from service.learning.choose import Chooser, Weights, by_chance, drawn, head_of
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit, variance_of
from service.learning.segment import Seen, segment_of
from service.model.notice import Address
from service.store.encrypted import Profile
from tests.learning.lender import document, snapshot

NOTICES = 50_000
EVERY = sorted(SEGMENTS)
TREATED = next(
    one
    for one in (bytes([n]) for n in range(99))
    if not in_holdout(parse_learning_policy(json.dumps(document())), one)
)
"""A borrower who is not in the hold-out."""
BEGUN = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def cells(seed: int) -> dict[tuple[Segment, str], Cell]:
    """Counts of every cell."""
    g = random.Random(seed)
    return {
        (segment, arm): Cell(float(g.randrange(1, 400)), g.uniform(-5, 40))
        for segment in EVERY
        for arm in ARMS
    }


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    """One that prefers different arms in different segments."""
    found = fit(cells(1), variance=0.06, head={"floor": 30})
    return Chooser(found, digest_of(found))


@pytest.mark.slow
def test_fifty_thousand_choices_come_out_the_same_elsewhere(chooser: Chooser, tmp_path: Path) -> None:
    """After JSON, in another process, under another seed of hashing: arm, weight, total and draw."""
    path = tmp_path / "snapshot.json"
    path.write_text(canonical(chooser.snapshot))
    here = choices_digest(chooser)
    script = (
        "import json, sys\nfrom service.learning.choose import Chooser\nfrom service.learning.fit import "
        "digest_of\n"
        "from tests.learning.test_choosing import choices_digest\n"
        f"found = json.loads(open({str(path)!r}).read())\nprint(choices_digest(Chooser(found, "
        "digest_of(found))))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(__file__).parents[2])}
    there = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert here == there.stdout.strip()


def choices_digest(chooser: Chooser) -> str:
    """SHA-256 of fifty thousand choices."""
    sums, allowed = hashlib.sha256(), [ordered(ARMS), ordered(ARMS[:4]), ordered([*ARMS[2:9], NONE])]
    for number in range(NOTICES):
        choice = chooser.choose(EVERY[number % len(EVERY)], allowed[number % 3], f"ntc_{number}".encode())
        sums.update(repr(choice).encode())
    return sums.hexdigest()


def test_arms_are_taken_as_often_as_their_chances_say(chooser: Chooser) -> None:
    """Chi square over fifty thousand notices, on 12 degrees of freedom; every arm keeps its part of the
    floor."""
    segment, allowed = Segment("early", 1, "sms"), ordered(ARMS)
    weights = chooser.weights(segment, allowed)
    total = weights.summed[-1]
    taken = Counter(chooser.choose(segment, allowed, f"ntc_{n}".encode()).arm for n in range(NOTICES))
    expected = {arm: NOTICES * one / total for arm, one in zip(allowed, weights.each, strict=True)}
    assert sum((taken[arm] - expected[arm]) ** 2 / expected[arm] for arm in allowed) <= 32.9
    assert min(weights.each) / total >= 0.03 / 13 - 1e-12
    assert 256 * 13 * 1000 == total


def test_the_same_counts_in_any_order_are_the_same_snapshot() -> None:
    """And so are its draws."""
    found = cells(2)
    shuffled = list(found.items())
    random.Random(3).shuffle(shuffled)
    head = {"floor": 30, "creditor": "c"}
    one, other = fit(found, variance=0.05, head=head), fit(dict(shuffled), variance=0.05, head=head)
    assert digest_of(one) == digest_of(other)
    assert digest_of(one) != digest_of(fit(found, variance=0.06, head=head))


def test_the_points_solve_the_equations_to_the_millionth() -> None:
    """Checked by another method, in exact fractions of floats: conjugate gradients from the counts
    themselves."""
    from service.learning.arms import points_of

    found = cells(4)
    snap = fit(found, variance=0.05, head={})
    names = snap["features"]
    place = {name: n for n, name in enumerate(names)}
    rows = [([place[p] for p in points_of(*key)], cell) for key, cell in found.items()]
    prior = [(0.3 if name == "all" else 0.05) ** -2 for name in names]
    target = [0.0] * len(names)
    for at, cell in rows:
        for one in at:
            target[one] += cell.value / 0.05

    def times(x: list[float]) -> list[float]:
        out = [p * v for p, v in zip(prior, x, strict=True)]
        for at, cell in rows:
            part = cell.rounds / 0.05 * sum(x[one] for one in at)
            for one in at:
                out[one] += part
        return out

    x = [0.0] * len(names)
    r, p = list(target), list(target)
    for _ in range(600):
        q = times(p)
        rr = sum(a * a for a in r)
        if rr < 1e-16:
            break
        alpha = rr / sum(a * b for a, b in zip(p, q, strict=True))
        x = [a + alpha * b for a, b in zip(x, p, strict=True)]
        r = [a - alpha * b for a, b in zip(r, q, strict=True)]
        beta = sum(a * a for a in r) / rr
        p = [a + beta * b for a, b in zip(r, p, strict=True)]
    assert max(abs(round(1e6 * a) - b) for a, b in zip(x, snap["points"], strict=True)) <= 1


def test_draws_spread_as_the_posterior_does() -> None:
    """A point that much is known of has narrow draws, one of which nothing is known those of the prior."""
    sure = {
        (segment, arm): Cell(1e6 if arm != "voice/08:00-11:00" else 1e-6, 0.0)
        for segment in EVERY
        for arm in ARMS
    }
    found = fit(sure, variance=0.05, head={})
    place = found["features"].index("channel=voice band=08:00-11:00")
    draws = [draw[place] / 1e6 for draw in found["draws"]]
    mean = sum(draws) / len(draws)
    spread = (sum((one - mean) ** 2 for one in draws) / len(draws)) ** 0.5
    assert 0.04 < spread < 0.06
    assert variance_of({"payment": 0.5}, {"payment": 1.0}) == 0.25


# Plans


class Law(Named):
    """Policies that bind, whoever is asked about."""


def case_of(packs: Any, g: random.Random, at: datetime, channel: str, creditor: str = "bank") -> Case:
    """A random borrower of one of ours, with a random history."""
    zone = g.choice(
        [
            "America/New_York",
            "America/Chicago",
            "America/Los_Angeles",
            "Pacific/Honolulu",
            "America/Puerto_Rico",
        ]
    )
    history = tuple(
        Event(
            type="contact",
            at=at - timedelta(hours=g.uniform(1, 900)),
            channel=g.choice(["sms", "email", "voice"]),
            outcome="delivered",
            creditor=creditor,
            debt_ids=("d",),
            event_id=str(n),
        )
        for n in range(g.choice([0, 0, 1, 2, 5]))
    )
    subject = Subject(
        profile=Profile(id="x", name="x", postal_code=None, addresses={}),
        known_since=at - timedelta(days=g.choice([1, 200])),
        where=whereabouts(Evidence(stated="US", country="US", time_zone=zone)),
        debt_id="d",
        account_id=None,
        creditor=creditor,
        sender_role="third_party",
        category="collection",
        template="overdue-reminder",
        days_past_due=g.choice([5, 20, 45, 120]),
        stated_at=at,
        in_response_to=None,
        expires_at=at + timedelta(days=g.choice([1, 7])),
    )
    return Case(
        law=Law((packs["us-reg-f"], packs["tiered-care"])),
        subject=subject,
        medium={"voice": "voice"}.get(channel, channel),
        address=Address(
            "+12025550101" if channel != "email" else "a@example.com", source="given_by_borrower"
        ),
        address_digest="00",
        history=tuple(sorted(history, key=lambda one: one.at)),
    )


def active(found: dict[str, Any] | None = None, **further: Any) -> Active:
    """A policy in force with something learned."""
    policy = parse_learning_policy(json.dumps(document(**further)))
    chosen = found or snapshot(floor=300)
    lives = datetime(2100, 1, 1, tzinfo=UTC)
    return Active(
        policy=policy,
        version=1,
        digest=policy.digest,
        chooser=Chooser(chosen, digest_of(chosen)),
        lives_until=lives,
    )


def test_no_plan_reaches_where_the_rules_do_not(packs: Any) -> None:
    """Six hundred random plans: at each planned instant the rules allow it; they are asked twice a channel at
    the most."""
    g, tried, asked, channels = random.Random(4), 0, 0, 0
    force = active()
    for number in range(600):
        at = BEGUN + timedelta(hours=g.uniform(0, 24 * 365))
        state = g.getstate()
        cases = {}
        for channel in ("sms", "email", "voice"):
            g.setstate(state)
            cases[channel] = case_of(packs, g, at, channel)
        names = g.sample(sorted(cases), g.choice([1, 2, 3]))
        chosen = {name: cases[name] for name in names}
        expires = chosen[names[0]].subject.expires_at
        assert expires is not None
        question = Question(
            notice=f"ntc_{number}".encode(),
            borrower=bytes([1, number % 256]),
            channels=names,
            cases=chosen,
            expires_at=expires,
        )
        made = plan(force, question, chosen[names[0]], at)
        assert made.decisions <= 2 * len(names)
        asked, channels = asked + made.decisions, channels + len(names) * (made.group != "holdout")
        if made.moves and made.due_at is not None:
            tried += 1
            verdict = judge(cases[channel_of(made.arm) or ""], made.due_at).verdict
            assert verdict.kind is Kind.ALLOW, (number, made, verdict)
    assert tried > 200
    assert asked / channels <= 2


ZONE = "America/New_York"


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(
    name=st.text(max_size=20),
    postal=st.one_of(st.none(), st.from_regex(r"[0-9]{5}", fullmatch=True)),
    jurisdiction=st.sampled_from(["US", "US-NY", "US-MA", "US-NC", "US-FL", "CA-ON"]),
    number=st.integers(0, 99),
)
def test_who_somebody_is_changes_no_choice(
    packs: Any, name: str, postal: str | None, jurisdiction: str, number: int
) -> None:
    """With the same arms open, name, postal code, jurisdiction and address change nothing."""
    base = case_of(packs, random.Random(7), BEGUN, "sms")
    country = jurisdiction[:2]
    base = replace(base, subject=replace(base.subject, where=lives("US", "US")))
    other = replace(
        base,
        address=Address(f"+12025550{100 + number}", source="given_by_borrower"),
        subject=replace(
            base.subject,
            profile=Profile(id="x", name=name, postal_code=postal, addresses=MappingProxyType({})),
            where=lives(jurisdiction, country),
        ),
    )
    force = active()
    made = []
    for one in (base, other):
        question = Question(
            notice=b"ntc_1",
            borrower=TREATED,
            channels=["sms"],
            cases={"sms": one},
            expires_at=BEGUN + timedelta(days=7),
        )
        made.append(plan(force, question, one, BEGUN))
    assert (made[0].allowed, made[0].choice, made[0].segment) == (
        made[1].allowed,
        made[1].choice,
        made[1].segment,
    )


def lives(jurisdiction: str, country: str) -> Whereabouts:
    """Somewhere on New York's clock."""
    return whereabouts(Evidence(stated=jurisdiction, country=country, time_zone=ZONE))


def test_language_and_amounts_are_nowhere_near_a_choice() -> None:
    """What a plan is made of has no field for them, nor for anything else that a segment does not name."""
    reached = {*Question.__dataclass_fields__, *Case.__dataclass_fields__, *Subject.__dataclass_fields__}
    assert not [one for one in reached if re.search("language|amount|fee|principal|balance|currency", one)]
    assert ("days_past_due", "contacts", "answered_at", "answered_on") == Seen._fields
    assert ("tier", "unanswered", "answered_on") == Segment._fields


def test_restraint_has_its_floors(packs: Any) -> None:
    """Not after too long a silence, and not where help is offered."""
    case = case_of(packs, random.Random(1), BEGUN, "sms")
    force = active(snapshot("none", floor=10))

    def arms(template: str, known_days: int) -> tuple[str, ...]:
        subject = replace(case.subject, template=template, known_since=BEGUN - timedelta(days=known_days))
        one = replace(case, subject=subject, history=())
        question = Question(
            notice=b"n",
            borrower=TREATED,
            channels=["sms"],
            cases={"sms": one},
            expires_at=BEGUN + timedelta(days=7),
        )
        return plan(force, question, one, BEGUN).allowed

    assert NONE in arms("overdue-reminder", 3)
    assert NONE not in arms("overdue-reminder", 28)
    assert NONE not in arms("hardship-offer", 3)


def test_a_segment_is_what_was_seen() -> None:
    """Contacts since the last answer, of 28 days; the channel of the answer; the tier by days."""
    day = timedelta(days=1)
    contacts = tuple(BEGUN - n * day for n in (1, 5, 20, 40))
    seen = Seen(days_past_due=31, contacts=contacts, answered_at=None, answered_on=None)
    assert Segment("middle", 3, "none") == segment_of(seen, BEGUN)
    answered = seen._replace(answered_at=BEGUN - 6 * day, answered_on="email", days_past_due=0)
    assert Segment("before due", 2, "email") == segment_of(answered, BEGUN)
    assert answered == Seen.of_document(json.loads(json.dumps(answered.document())))


def test_chance_gives_a_fifth_to_all_alike() -> None:
    """And the rest to the plain order's arm."""
    allowed = ordered(ARMS)
    weights = by_chance("sms/08:00-11:00", allowed, 200)
    total = weights.summed[-1]
    assert 0.8 + 0.2 / 13 == pytest.approx(weights.each[0] / total)
    taken: defaultdict[str, int] = defaultdict(int)
    for number in range(5000):
        taken[drawn(head_of("x"), Weights(*weights), allowed, str(number).encode()).arm] += 1
    assert 4000 < taken["sms/08:00-11:00"] < 4200
