"""What must be true of the engine's answers in any world: tried on worlds that shrink (test_brute_force.py)
and on many (test_many_worlds.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import yaml

from policies.decide import decide
from policies.policy import parse_policy, parse_policy_document
from policies.verdict import Kind, Verdict
from tests.policies.brute import first_forbidden, first_permitted
from tests.policies.worlds import World

HORIZON = timedelta(days=10)
MINUTE = timedelta(minutes=1)
WRITER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def asking(world: World, horizon: timedelta = HORIZON) -> Callable[[datetime], Verdict]:
    """The engine's verdicts on a world, by the instant; its documents are read once."""
    policies = [parse_policy_document(one) for one in world.documents]
    return lambda at: decide(policies, world.facts, at, horizon=horizon)


def judged(world: World, horizon: timedelta = HORIZON) -> Verdict:
    """The engine's verdict on a world."""
    return asking(world, horizon)(world.at)


def first(verdict: Verdict, at: datetime) -> datetime | None:
    """The first permitted instant that a verdict names."""
    return at if verdict.kind is Kind.ALLOW else verdict.until


def ends(world: World) -> list[date]:
    """The days on which a policy or a rule ends."""
    spans = [
        one.get("effective", {}) for document in world.documents for one in (document, *document["rules"])
    ]
    return [date.fromisoformat(one["until"]) for one in spans if "until" in one]


def first_permitted_minute_is_exact(world: World, horizon: timedelta = HORIZON) -> None:
    """`defer(until)` is the first minute that a search of every minute permits."""
    expected = first_permitted(world.documents, world.facts, world.at, horizon)
    verdict = judged(world, horizon)
    if expected is not None and verdict.kind in {Kind.HOLD, Kind.SUPPRESS}:
        # What no time helps does not wait for the end of the law that forbids it.
        assert min(ends(world)) <= expected.date() + timedelta(days=1)
    else:
        assert expected == first(verdict, world.at)


def permission_lasts_exactly(world: World, horizon: timedelta = HORIZON) -> None:
    """`valid_until` is the first minute that some rule forbids; up to it every minute is permitted."""
    ask = asking(world)
    verdict = ask(world.at)
    if verdict.kind is not Kind.ALLOW:
        return
    expected = first_forbidden(world.documents, world.facts, world.at, horizon)
    if expected is not None:
        assert expected == verdict.valid_until
        assert ask(expected - MINUTE).kind is Kind.ALLOW
        assert ask(expected).kind is not Kind.ALLOW
    else:
        assert verdict.valid_until is None or verdict.valid_until > world.at + horizon


def until_is_allowed_and_the_minute_before_is_not(world: World) -> None:
    """A message that waits as it was told to goes, and one that is a minute early waits on, for the same
    instant."""
    ask = asking(world)
    verdict = ask(world.at)
    if verdict.until is None:
        return
    assert ask(verdict.until).kind is Kind.ALLOW
    early = ask(verdict.until - MINUTE)
    if early.kind in {Kind.HOLD, Kind.SUPPRESS}:
        # A law that never permits it came into force meanwhile, and its end is not waited for.
        assert min(ends(world)) <= verdict.until.date() + timedelta(days=1)
    else:
        assert (Kind.DEFER, verdict.until) == (early.kind, early.until)


def further_rule_allows_no_more(world: World, rule: dict[str, Any]) -> None:
    """With one rule more the first permitted instant is never earlier and the permission never longer; but
    what it defers past the end of a law that never permits it may go then."""
    document = world.documents[0]
    extra = {"id": "extra", "citation": "§ X", **rule}
    more = replace(
        world, documents=({**document, "rules": [*document["rules"], extra]}, *world.documents[1:])
    )
    before, after = judged(world), judged(more)
    sooner, later = first(before, world.at), first(after, world.at)
    if sooner is None and later is not None:
        # What no time helps does not wait for the end of the law that forbids it; another wait may.
        assert before.kind is not Kind.DEFER and later > world.at
        assert min(ends(world)) <= later.date() + timedelta(days=1)
    else:
        assert _never(sooner) <= _never(later)
    if after.kind is Kind.ALLOW:
        assert _never(after.valid_until) <= _never(before.valid_until)


def _never(at: datetime | None) -> datetime:
    """An instant, or the last one there is for "never"."""
    return datetime.max.replace(tzinfo=UTC) if at is None else at


def order_changes_nothing(world: World, random: Random) -> None:
    """Equal facts give equal verdicts, reasons included, in whatever order they were read; at equal instants
    as well."""

    def shuffled(of: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(of, len(of)))

    documents = tuple({**one, "rules": shuffled(tuple(one["rules"]))} for one in shuffled(world.documents))  # type: ignore[dict-item, index]
    policies, others = ([parse_policy_document(one) for one in of] for of in (world.documents, documents))
    once = tuple(
        replace(one, at=one.at.replace(hour=0), event_id=f"e{place % 4}")
        for place, one in enumerate(world.facts.events)
    )
    for events in (
        world.facts.events,
        tuple(replace(one, at=one.at.replace(minute=0)) for one in once),
        once,
    ):
        facts, again = (replace(world.facts, events=order) for order in (events, shuffled(events)))  # type: ignore[arg-type]
        before, after = (
            decide(given, of, world.at, horizon=HORIZON) for given, of in ((policies, facts), (others, again))
        )
        assert before == after


def documents_survive_a_round_trip(world: World) -> None:
    """From the form in memory to JSON or YAML and back: the same policy, with the same digest."""
    for document in world.documents:
        policy = parse_policy_document(document)
        written = policy.document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        again = (
            parse_policy(json.dumps(written)),
            parse_policy(yaml.dump(written, Dumper=WRITER, allow_unicode=True)),
            parse_policy_document(policy.document.model_dump(mode="json", by_alias=True)),
        )
        for one in again:
            assert (policy.digest, policy.document, policy.lookback) == (
                one.digest,
                one.document,
                one.lookback,
            )
