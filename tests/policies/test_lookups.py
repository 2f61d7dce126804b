"""What a rule looks up of events, where its kind says nothing of its own."""

from __future__ import annotations

from policies.lookups import Lookup
from policies.rules.bar import Bar
from policies.rules.base import RuleSpec


def test_a_kind_without_a_word_of_its_own_looks_up_every_event_that_it_names() -> None:
    """Whatever debt they are about, as what shuts and as what opens: none is set aside for it."""
    rule = Bar.model_validate(
        {"id": "r", "kind": "bar", "citation": "c", "events": ["dispute"], "scope": "borrower"}
    )
    every = {Lookup(one, "borrower", "bars") for one in rule.whole_types()}
    every |= {Lookup(one, "borrower", "lifts") for one in rule.whole_types()}
    assert every == set(RuleSpec.lookups(rule))
    assert Lookup("dispute", "borrower", "bars") in every
