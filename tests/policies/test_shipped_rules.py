"""What a service starts with is what ships: the packs without their worked cases demand the same."""

from __future__ import annotations

from service.packs import shipped, shipped_rules


def test_a_pack_without_its_cases_is_the_same_policy() -> None:
    """Each has cases to leave out, and its digest is that of the whole."""
    whole, rules = shipped(), shipped_rules()
    assert {name: one.digest for name, one in whole.items()} == {
        name: one.digest for name, one in rules.items()
    }
    assert [] == [name for name, one in whole.items() if one.document.rules != rules[name].document.rules]
    assert all(one.document.cases for name, one in whole.items())
    assert [] == [name for name, one in rules.items() if one.document.cases]
