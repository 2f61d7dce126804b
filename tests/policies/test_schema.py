"""The schema of policy documents, and documents of earlier releases."""

from __future__ import annotations

import pytest

from policies.policy import (
    PolicyInvalid,
    parse_policy_document,
    policy_schema,
)
from policies.rules.kinds import KINDS


def test_the_schema_is_that_of_the_models() -> None:
    """Every kind of rule stands in the JSON Schema, by its own name."""
    schema = policy_schema()
    kinds = set(schema["properties"]["rules"]["items"]["discriminator"]["mapping"])
    assert set(KINDS) == kinds


def test_a_document_of_before_is_read_as_it_is_written_today() -> None:
    """What was stored when records and disclosures were rules is still a policy: none of it is lost that
    demanded something."""
    old = [
        {"id": "kept", "kind": "retain", "citation": "c", "days": 9, "since": "closed"},
        {"id": "aside", "kind": "override", "citation": "c", "rules": ["says"], "longest_days": 3},
        {"id": "prints", "kind": "content", "citation": "c", "discloses": ["identity"]},
        {
            "id": "says",
            "kind": "content",
            "citation": "c",
            "forbidden": ["public"],
            "discloses": ["identity"],
        },
        {"id": "asks", "kind": "consent", "citation": "c", "per_debt": True, "days": 60},
        {"id": "other", "kind": "designation", "citation": "c"},
    ]
    head = {
        "name": "old",
        "title": "t",
        "citation": "c",
        "force": "house",
        "verified_on": "2026-01-01",
        "confidence": "low",
    }
    policy = parse_policy_document({**head, "rules": old})
    assert ["says", "asks", "other"] == [rule.id for rule in policy.rules]
    assert [("kept", 9, "closed")] == [(one.id, one.days, one.since) for one in policy.document.records]
    asks = {"id": "asks", "kind": "consent", "citation": "c", "days": 60}
    now = [{"id": "says", "kind": "content", "citation": "c", "forbidden": ["public"]}, asks, old[-1]]
    kept = [{"id": "kept", "citation": "c", "days": 9, "since": "closed"}]
    assert policy.digest == parse_policy_document({**head, "rules": now, "records": kept}).digest
    for broken in (
        [{**old[0], "days": 0}, old[-1]],  # type: ignore[dict-item]
        [{**old[3], "kind": "cap"}],  # type: ignore[dict-item]
        [7, old[0]],
        {"kind": "retain"},
    ):
        with pytest.raises(PolicyInvalid):
            parse_policy_document({**head, "rules": broken})
