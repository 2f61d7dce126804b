"""What a rule looks up of events, where its kind or the message says nothing of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policies.decide import decide
from policies.facts import Borrower, Event, Facts, Proposal
from policies.lookups import Lookup
from policies.policy import parse_policy_document
from policies.rules.bar import Bar
from policies.rules.base import RuleSpec
from policies.verdict import Kind

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
RULE = {
    "id": "r", "kind": "bar", "citation": "c", "events": ["dispute"], "scope": "borrower",
    "lifted_by": ["dispute_resolved"],
}  # fmt: skip
HEAD = {
    "name": "p", "version": "1", "title": "t", "citation": "c", "force": "house",
    "verified_on": "2026-01-01", "confidence": "high",
}  # fmt: skip


def test_a_kind_without_a_word_of_its_own_looks_up_every_event_that_it_names() -> None:
    """Whatever debt they are about, as what shuts and as what opens: none is set aside for it."""
    rule = Bar.model_validate(RULE)
    every = {Lookup(one, "borrower", "bars") for one in rule.whole_types()}
    every |= {Lookup(one, "borrower", "lifts") for one in rule.whole_types()}
    assert every == set(RuleSpec.lookups(rule))
    assert Lookup("dispute", "borrower", "bars") in every


def test_a_message_about_no_debt_is_free_once_anything_lifts_what_names_none() -> None:
    """There is no debt of which it could be asked whether it is free."""
    policy = parse_policy_document(HEAD | {"rules": [RULE]})
    events = [Event(type="dispute", at=AT - timedelta(days=2))]
    for kind in (Kind.SUPPRESS, Kind.ALLOW):
        facts = Facts(
            borrower=Borrower(zones_by_source={"stated": ("America/New_York",)}),
            debt_ids=(),
            events=tuple(events),
            proposal=Proposal(channel="sms"),
        )
        assert kind is decide((policy,), facts, AT).kind
        events.append(Event(type="dispute_resolved", at=AT - timedelta(days=1), debt_ids=("x",)))
