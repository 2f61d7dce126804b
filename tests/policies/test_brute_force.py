"""The engine against brute force, and the properties that its answers must have whatever the rules say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.decide import decide
from policies.policy import parse_policy, parse_policy_document
from policies.verdict import Kind, Verdict
from tests.policies.brute import first_forbidden, first_permitted
from tests.policies.worlds import World, rules, worlds

HORIZON = timedelta(days=10)
MINUTE = timedelta(minutes=1)


def judged(world: World, at: datetime | None = None) -> Verdict:
    """The engine's verdict on a world."""
    return decide([parse_policy_document(one) for one in world.documents], world.facts, at or world.at, horizon=HORIZON)


def first(verdict: Verdict, at: datetime) -> datetime | None:
    """The first permitted instant that a verdict names."""
    return at if verdict.kind is Kind.ALLOW else verdict.until


@given(worlds())
def test_the_first_permitted_minute_is_the_one_that_a_search_of_every_minute_finds(world: World) -> None:
    """`defer(until)` is exact for all rules at once, over gaps and folds, half-hour zones, holidays and several zones."""
    expected = first_permitted(world.documents, world.facts, world.at, HORIZON)
    verdict = judged(world)
    if expected is not None and verdict.kind in {Kind.HOLD, Kind.SUPPRESS}:
        # What no time helps does not wait for the end of the law that forbids it.
        assert min(_ends(world)) <= expected.date() + timedelta(days=1)
    else:
        assert expected == first(verdict, world.at)


def _ends(world: World) -> list[date]:
    """The days on which a policy or a rule ends."""
    spans = [one.get("effective", {}) for document in world.documents for one in (document, *document["rules"])]
    return [date.fromisoformat(one["until"]) for one in spans if "until" in one]


@given(worlds())
def test_a_permission_lasts_exactly_as_long_as_it_says(world: World) -> None:
    """`valid_until` is the first minute that some rule forbids; up to it every minute is permitted."""
    verdict = judged(world)
    if verdict.kind is not Kind.ALLOW:
        return
    expected = first_forbidden(world.documents, world.facts, world.at, HORIZON)
    if expected is not None:
        assert expected == verdict.valid_until
        assert judged(world, expected - MINUTE).kind is Kind.ALLOW
        assert judged(world, expected).kind is not Kind.ALLOW
    else:
        assert verdict.valid_until is None or verdict.valid_until > world.at + HORIZON


@given(worlds())
def test_the_instant_deferred_to_is_allowed_and_the_minute_before_is_not(world: World) -> None:
    """A message that waits as it was told to goes, and one that is a minute early waits on, for the same instant."""
    verdict = judged(world)
    if verdict.until is None:
        return
    assert judged(world, verdict.until).kind is Kind.ALLOW
    early = judged(world, verdict.until - MINUTE)
    if early.kind in {Kind.HOLD, Kind.SUPPRESS}:
        # A law that never permits it came into force meanwhile, and its end is not waited for.
        assert min(_ends(world)) <= verdict.until.date() + timedelta(days=1)
    else:
        assert (Kind.DEFER, verdict.until) == (early.kind, early.until)


@given(worlds(), st.data())
def test_a_further_rule_never_allows_more(world: World, data: st.DataObject) -> None:
    """Rules only take away: with one more, the first permitted instant is never earlier and the permission never longer."""
    extra = {"id": "extra", "citation": "§ X", **data.draw(rules(world.at))}
    document = world.documents[0]
    more = replace(world, documents=({**document, "rules": [*document["rules"], extra]}, *world.documents[1:]))
    before, after = judged(world), judged(more)
    assert _never(first(before, world.at)) <= _never(first(after, world.at))
    if after.kind is Kind.ALLOW:
        assert _never(after.valid_until) <= _never(before.valid_until)


def _never(at: datetime | None) -> datetime:
    """An instant, or the last one there is for "never"."""
    return datetime.max.replace(tzinfo=UTC) if at is None else at


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_events_changes_nothing(world: World, random: Random) -> None:
    """Equal facts give equal verdicts, reasons included, in whatever order they were read."""

    def shuffled(of: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(of, len(of)))

    documents = tuple({**one, "rules": shuffled(tuple(one["rules"]))} for one in shuffled(world.documents))  # type: ignore[dict-item]
    once = tuple(replace(one, at=one.at.replace(hour=0), event_id=f"e{place % 4}") for place, one in enumerate(world.facts.events))
    for events in (world.facts.events, tuple(replace(one, at=one.at.replace(minute=0)) for one in once), once):
        facts, again = (replace(world.facts, events=order) for order in (events, shuffled(events)))
        assert judged(World(world.documents, facts, world.at)) == judged(World(documents, again, world.at))


@given(worlds())
def test_a_policy_document_survives_a_round_trip(world: World) -> None:
    """From the form in memory to JSON or YAML and back: the same policy, with the same digest."""
    for document in world.documents:
        policy = parse_policy_document(document)
        written = policy.document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        again = (
            parse_policy(json.dumps(written)),
            parse_policy(yaml.safe_dump(written, allow_unicode=True)),
            parse_policy_document(policy.document.model_dump(mode="json", by_alias=True)),
        )
        for one in again:
            assert (policy.digest, policy.document, policy.lookback) == (one.digest, one.document, one.lookback)
