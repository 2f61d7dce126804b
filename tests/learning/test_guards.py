"""Guards trip exactly where their definition says: evidence that is computed another way, a feed that stands
still, silence that may not last, and a stop that no single key undoes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dispatch.decide.case import Case
from service.dispatch.decide.planning import may_restrain
from service.dispatch.learning.run import FEED, learn
from service.learning.document import LearningPolicy
from service.learning.segment import Seen
from service.learning.stop import FEWER, RATIOS, Week, evidence
from service.model.actor import SYSTEM_ACTOR
from service.store import learning
from tests.learning.lender import BANK, NAME, activate, document, learned, snapshot
from tests.learning.test_life import PATH, paid, rounds

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
BOUND, ASKED = Fraction(12, 1000), Fraction(19, 20)


def fair(week: Week, ratio: Fraction, times: Fraction) -> Fraction:
    """What a bet on `times` makes of a stake in a week: of each event whether it fell to the learned rounds,
    at the odds of `ratio`."""
    null = ratio * week.rounds / (ratio * week.rounds + week.other_rounds)
    bet = times * ratio * week.rounds / (times * ratio * week.rounds + week.other_rounds)
    return (bet / null) ** week.events * ((1 - bet) / (1 - null)) ** week.other_events


def stake(weeks: list[Week], ratio: Fraction, alternatives: tuple[float, ...]) -> Fraction:
    """The highest that a stake, spread evenly over the bets, came to after any week."""
    stakes = [Fraction(1)] * len(alternatives)
    highest = Fraction(1)
    for week in weeks:
        if week.rounds and week.other_rounds:
            pairs = zip(stakes, alternatives, strict=True)
            stakes = [one * fair(week, ratio, Fraction(str(times))) for one, times in pairs]
        highest = max(highest, sum(stakes, Fraction()) / len(stakes))
    return highest


def bounded(weeks: list[Week]) -> Fraction:
    """The same of bets that each round brings an event more often than the bound."""
    stakes, highest = [Fraction(1)] * len(RATIOS), Fraction(1)
    for week in weeks:
        for place, times in enumerate(map(Fraction, map(str, RATIOS))):
            calm = (1 - times * BOUND) / (1 - BOUND)
            stakes[place] *= times**week.events * calm ** (week.rounds - week.events)
        highest = max(highest, sum(stakes, Fraction()) / len(stakes))
    return highest


@st.composite
def week(draw: st.DrawFn, worst: float) -> Week:
    """A week of a small lender."""
    mine, other = draw(st.integers(0, 120)), draw(st.integers(0, 40))
    return Week(
        draw(st.integers(0, int(mine * worst))), mine, draw(st.integers(0, int(other * worst))), other
    )


def told(harms: list[Week], payments: list[Week]) -> Any:
    return evidence(harms, payments, alpha=0.05, bound=float(BOUND), payments_at_least=float(ASKED))


@settings(max_examples=150, deadline=None)
@given(st.lists(week(0.25), max_size=6), st.lists(week(1.0), max_size=6))
def test_evidence_is_what_exact_bets_come_to_and_stops_where_they_do(
    harms: list[Week], payments: list[Week]
) -> None:
    """In fractions, bet by bet: any of three that ever stood at twenty to one stops it, and nothing else
    does."""
    found = told(harms, payments)
    exact = (
        stake(harms, Fraction(1), RATIOS),
        bounded(harms),
        stake(payments, ASKED, FEWER),
    )
    assert tuple(map(float, exact)) == pytest.approx(found[:3], rel=1e-9)
    if all(abs(one - 20) > Fraction(1, 10**6) for one in exact):
        assert any(one >= 20 for one in exact) is (found.reason is not None)


@settings(max_examples=80, deadline=None)
@given(st.lists(week(0.25), max_size=5), st.lists(week(0.02), min_size=1, max_size=20))
def test_no_later_week_undoes_what_was_enough_to_stop(bad: list[Week], quiet: list[Week]) -> None:
    """However long nothing happens: nobody need have looked in the week in which it was enough."""
    before, after = told(bad, bad), told([*bad, *quiet], [*bad, *quiet])
    assert all(late >= early for early, late in zip(before, after, strict=True))
    if before.reason is not None:
        assert after.reason is not None


def test_quiet_weeks_after_a_bad_one_would_have_hidden_it() -> None:
    """So that the test above is of some use."""
    bad = [Week(120, 4500, 2, 500)]
    quiet = [Week(20, 4500, 12, 500)] * 10
    assert told(bad, []).harm >= 20
    assert told(quiet, []).reason is None
    assert told([*bad, *quiet], []).reason == told(bad, []).reason


@given(
    st.sampled_from(("overdue-reminder", "hardship-offer", "payment-plan-offer")),
    st.lists(st.integers(0, 60 * 24), max_size=4),
    st.integers(0, 90 * 24),
    st.integers(1, 60),
)
def test_silence_is_a_choice_only_where_its_floors_leave_it(
    template: str, hours: list[int], known: int, most: int
) -> None:
    """Not for what is always told, and not once so many whole days are over since the last word, or since the
    borrower is known where there was none later."""
    body = document(silence={"at_most_days": most, "always_told": ["hardship-offer"]})
    policy = LearningPolicy.model_validate(body)
    contacts = tuple(AT - timedelta(hours=one) for one in hours)
    subject = SimpleNamespace(template=template, known_since=AT - timedelta(hours=known))
    case = cast("Case", SimpleNamespace(subject=subject))
    seen = Seen(days_past_due=20, contacts=contacts, answered_at=None, answered_on=None)
    expected = template != "hardship-offer" and min([*hours, known]) < most * 24
    assert expected is may_restrain(policy, case, seen, AT)


SECOND = timedelta(seconds=1)
AGES = (timedelta(), FEED - SECOND, FEED, FEED + SECOND, FEED * 2, None)
"""How old the last payment is; None where there never was one."""


@pytest.mark.parametrize(("age", "number"), [*product(AGES, (500,)), (AGES[0], 499)])
async def test_nothing_is_learned_while_the_feed_stands_still_or_of_too_few(
    api: Any, notice: Any, age: timedelta | None, number: int
) -> None:
    """To the second, whatever the store holds; what was in use stays in use, and the log says why."""
    await activate(api, learning={"at_least_decisions": 500})
    if age is not None:
        await paid(api, notice)
        api.clock.move(age)
    await rounds(api, number)
    fed = age is not None and age <= FEED
    [one] = await learn(api.runtime, SYSTEM_ACTOR)
    for _ in range(2):
        expected = "too little" if number < 500 else "learned" if fed else "paused"
        assert expected == one.result.split(":")[0]
        assert (expected == "learned") is one.learned
        assert int(one.learned) == await api.count("learning_snapshots")
        [one] = await learn(api.runtime, SYSTEM_ACTOR)
    async with api.runtime.database.connection() as connection:
        [row] = await learning.active(connection)
    assert row.snapshot == one.snapshot
    kinds = [entry["kind"] for entry in (await api.client.get("/v1/log")).json()["items"]]
    assert 1 == kinds.count("learning.ran")


async def test_a_stop_is_undone_by_no_version_that_was_approved_before_it(api: Any) -> None:
    """Neither of its name nor of another: a second key must say yes once more, and the author's does not."""
    await activate(api)
    await learned(api, snapshot("email/14:00-17:00", floor=10))
    author, second = await api.key("ops"), await api.key("ops")
    other = "/v1/learning/policies/other-timing"
    for path, body in (
        (PATH, document(stage="chance")), (other, {**document(), "name": "other-timing"}),
    ):  # fmt: skip
        stored = await api.client.put(path, json=body, headers=author)
        version = f"{path}/versions/{stored.json()['version']}"
        for step in ("test", "approve"):
            answer = await api.client.post(f"{version}/{step}", headers=second)
            assert answer.is_success, answer.text
    assert (await api.client.post(f"{PATH}/stop", json={"reason": "complaints"}, headers=second)).is_success
    for version in (f"{PATH}/versions/2", f"{other}/versions/1"):
        refused = await api.client.post(f"{version}/activate", headers=author)
        assert 409 == refused.status_code
        assert "this one is tested" in refused.json()["detail"]
        assert 403 == (await api.client.post(f"{version}/approve", headers=author)).status_code
    assert {} == api.runtime.in_force.learned
    version = f"{PATH}/versions/2"
    for _ in range(2):  # repeatable
        approved = await api.client.post(f"{version}/approve", headers=second)
        assert "approved" == approved.json()["state"]
    active = await api.client.post(f"{version}/activate", headers=author)
    assert "active" == active.json()["state"], active.text
    assert [BANK] == list(api.runtime.in_force.learned)
    log = [one["kind"] for one in (await api.client.get("/v1/log")).json()["items"]]
    assert 4 == log.count("learning.approved")
    assert NAME == (await api.client.get(PATH)).json()["name"]
