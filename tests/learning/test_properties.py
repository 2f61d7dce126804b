"""Properties of the choice over random worlds: what it looks at, that a program of its own draws the same,
what evidence is."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.facts import EVENT_TYPES, Event
from service.dispatch.decide.seen import objects, seen_of
from service.dispatch.learning.frontier import restraint_share
from service.learning.arms import ARMS, NONE, SEGMENTS, Segment, ordered
from service.learning.choose import Chooser
from service.learning.document import parse_learning_policy
from service.learning.fit import Cell, canonical, digest_of, fit
from service.learning.segment import segment_of
from service.learning.stop import Week, against, beyond, evidence
from service.store.choices import CellRow
from tests.chaos.choices import digest_of as digest_elsewhere
from tests.chaos.choices import draw
from tests.learning.lender import document, snapshot

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANSWERS = ("inbound", "payment", "promise_to_pay", "plan_request")
TEACHES_NOTHING = sorted({*EVENT_TYPES} - {"contact", *ANSWERS})
"""Rights, wishes, hardship, death, disputes: they stop messages by rule."""
PERSONAL: dict[str, Any] = {
    "words": "I am a nurse, I am 61 and I pray at noon",
    "text": "+12025550101, Ana Ruiz, 02108",
    "account_id": "A-9",
    "address": "d0d0",
    "address_kind": "work_phone",
    "content_class": "reminder",
    "topic": "mortgage",
    "ref": "r",
    "source": "skip_trace",
    "event_id": "e",
    "category": "collection",
}


def case(history: list[Event]) -> Any:
    """What a choice is asked about: all that it reads of a case."""
    subject = SimpleNamespace(creditor="bank", debt_id="L-1")
    return SimpleNamespace(subject=subject, history=sorted(history, key=lambda one: one.at))


def event(draw_: Any, type_: str, **further: Any) -> Event:
    """An event of the last forty days."""
    at = AT - draw_(st.integers(0, 40 * 1440)) * MINUTE
    direction = "in" if type_ == "inbound" else "out"
    return Event(type=type_, at=at, **{"direction": direction, **further})


@st.composite
def own(draw_: Any) -> Event:
    """What the lender did about the debt, or how that was answered."""
    channel = draw_(st.sampled_from(["sms", "email", "voice"]))
    if draw_(st.booleans()):
        outcome = draw_(st.sampled_from(["delivered", "conversation", "hung_up", "rang_no_answer"]))
        return event(draw_, "contact", channel=channel, outcome=outcome, creditor="bank", debt_ids=("L-1",))
    return event(draw_, draw_(st.sampled_from(ANSWERS)), channel=channel, creditor="bank")


@st.composite
def others(draw_: Any) -> Event:
    """What may teach nothing: of another lender, of another debt, or no answer."""
    kind = draw_(st.sampled_from(["lender", "debt", "right", "opt-out elsewhere"]))
    if kind == "right":
        return event(draw_, draw_(st.sampled_from(TEACHES_NOTHING)), channel="sms", creditor="bank")
    if kind == "opt-out elsewhere":
        return event(draw_, "opt_out", channel="sms", via="provider")
    whose: dict[str, Any] = {"creditor": "other"} if kind == "lender" else {"debt_ids": ("L-2",)}
    type_ = draw_(st.sampled_from([*ANSWERS, "contact"]))
    return event(draw_, type_, channel="voice", outcome="conversation", **whose)


@given(st.lists(own(), max_size=6), st.lists(others(), max_size=6))
def test_nothing_is_seen_but_what_the_lender_wrote_of_the_debt_and_how_it_was_answered(
    mine: list[Event], rest: list[Event]
) -> None:
    assert seen_of(case(mine), AT, 20) == seen_of(case([*mine, *rest]), AT, 20)


@given(st.lists(own(), max_size=6), st.sets(st.sampled_from(sorted(PERSONAL))))
def test_what_events_say_of_a_person_is_not_seen(mine: list[Event], names: set[str]) -> None:
    told = [replace(one, **{name: PERSONAL[name] for name in names}) for one in mine]
    assert seen_of(case(mine), AT, 20) == seen_of(case(told), AT, 20)


@given(st.lists(own(), max_size=8))
def test_a_segment_is_one_of_the_closed_list(mine: list[Event]) -> None:
    seen = seen_of(case(mine), AT, 20)
    assert segment_of(seen, AT) in SEGMENTS
    assert segment_of(type(seen).of_document(seen.document()), AT) == segment_of(seen, AT)


@given(st.lists(st.one_of(own(), others()), max_size=6), st.data())
def test_whoever_objected_once_is_never_chosen_for_again(some: list[Event], data: st.DataObject) -> None:
    refusal = event(data.draw, "profiling_objection")
    assert objects([*some, refusal])
    assert not objects([one for one in some if one.type != "profiling_objection"])


@st.composite
def snapshots(draw_: Any) -> dict[str, Any]:
    """Something learned of some of the cells."""
    g = random.Random(draw_(st.integers(0, 2**32)))
    cells = {
        (segment, arm): Cell(float(g.randrange(1, 500)), g.uniform(-9, 60))
        for segment in sorted(SEGMENTS)
        for arm in ARMS
        if g.random() < 0.7
    }
    head = {"creditor": "bank", "floor": draw_(st.integers(10, 500))}
    return fit(cells, variance=g.uniform(0.01, 0.3), head=head)


@pytest.mark.slow
@settings(max_examples=12)
@given(snapshots(), st.data())
def test_a_program_of_its_own_draws_every_choice_again(found: dict[str, Any], data: st.DataObject) -> None:
    """From the snapshot, what was open, and the notice's id; the chances are exact and add up, and no arm has
    less than its part of the floor."""
    digest = digest_of(found)
    assert digest == digest_elsewhere(found)
    chooser = Chooser(found, digest)
    for _ in range(20):
        segment = data.draw(st.sampled_from(sorted(SEGMENTS)))
        allowed = ordered(data.draw(st.sets(st.sampled_from(ARMS), min_size=1)))
        notice = f"ntc_{data.draw(st.integers(0, 2**96)):048x}"
        choice = chooser.choose(segment, allowed, notice.encode())
        assert (choice.arm, choice.weight, choice.total) == draw(
            found, digest, segment.text(), allowed, notice
        )
        weights = chooser.weights(segment, allowed)
        assert (sum(weights.each), weights.summed[-1]) == (choice.total, choice.total)
        assert min(weights.each) * 1000 * len(allowed) >= found["floor"] * choice.total
        assert 0 <= choice.draw < choice.total


@pytest.mark.slow
@settings(max_examples=10)
@given(snapshots())
def test_one_changed_number_is_another_snapshot(found: dict[str, Any]) -> None:
    """So that nobody changes a draw behind a digest."""
    draws = [list(one) for one in found["draws"]]
    draws[17][3] += 1
    changed = {**found, "draws": draws}
    assert digest_of(found) != digest_of(changed)
    assert canonical(found) == canonical(dict(reversed(found.items())))


def weeks(data: st.DataObject, rate: float, *, ratio: float = 1.0) -> list[Week]:
    """Some weeks of rounds in which harm comes at a rate, on the learned side `ratio` times as often."""
    g = random.Random(data.draw(st.integers(0, 2**32)))
    found = []
    for _ in range(data.draw(st.integers(1, 30))):
        mine, other = g.randrange(0, 3000), g.randrange(0, 400)
        hits = sum(g.random() < rate * ratio for _ in range(mine))
        found.append(Week(hits, mine, sum(g.random() < rate for _ in range(other)), other))
    return found


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_more_harm_is_more_evidence_and_harm_of_the_hold_out_less(data: st.DataObject) -> None:
    """One harm more of the learned rounds in any week never speaks for going on, one more of the others never
    against it; in whatever order the weeks are told."""
    some = weeks(data, 0.01)
    place = data.draw(st.integers(0, len(some) - 1))
    week = some[place]

    def with_(one: Week) -> list[Week]:
        return [*some[:place], one, *some[place + 1 :]]

    if week.events < week.rounds and week.other_rounds:
        assert against(with_(week._replace(events=week.events + 1))) >= against(some)
    if week.other_events < week.other_rounds and week.rounds:
        assert against(with_(week._replace(other_events=week.other_events + 1))) <= against(some)
    if week.events < week.rounds:
        assert beyond(with_(week._replace(events=week.events + 1)), 0.012) >= beyond(some, 0.012)
    assert against(list(reversed(some))) == pytest.approx(against(some), rel=1e-9)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_evidence_is_a_number_whatever_was_counted(one: int, two: int, three: int, four: int) -> None:
    """No rounds, no events, or more than anybody has."""
    week = Week(min(one, two), two, min(three, four), four)
    found = evidence([week], [week], alpha=0.05, bound=0.012, payments_at_least=0.95)
    assert all(value >= 0 for value in found)
    assert all(value < float("inf") for value in found)


MONDAY = date(2026, 11, 23)


def test_restraint_that_leaps_is_measured_on_the_rounds_that_were() -> None:
    """The share in which nothing is sent is that of the segments as often as they came."""
    policy = parse_learning_policy(json.dumps(document()))

    def row(segment: Segment, arm: str, rounds: int) -> CellRow:
        return CellRow(MONDAY, "learned", segment.text(), arm, rounds, *[0] * len(CellRow._fields[5:]))

    rows = [row(Segment("early", 0, "none"), arm, 100) for arm in (NONE, "sms/08:00-11:00")]
    rests, writes = snapshot("none", floor=10), snapshot("sms/08:00-11:00", floor=10)
    high, low = (restraint_share(cast("dict[str, object]", one), rows, policy) for one in (rests, writes))
    assert high > 0.9
    assert low < 0.1
