"""The pages about policies are what the models say; each example is one that parses, and whose cases pass."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from documents.reader import read
from policies.case import differs, judge_case, parse_case
from policies.coverage import Coverage
from policies.law import law_page
from policies.policy import Policy, PolicyInvalid, parse_policy, policy_schema
from policies.reference import example_of, reference
from policies.rules.kinds import KINDS
from service.packs import pack_texts

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = (
    'name: example\ntitle: "An example"\ncitation: c\nforce: house\nverified_on: 2026-11-01\nconfidence: '
    "low\nrules:\n"
)
BLOCKS = re.findall(r"```yaml\n(.*?)```", (DOCS / "policies.md").read_text(encoding="utf-8"), re.DOTALL)


def plain(text: str) -> Any:
    """A document's values as the reader of policies takes them, before they are judged."""
    return read(text).value


def test_the_reference_page_is_current() -> None:
    """`make reference` writes what is there."""
    assert (DOCS / "policy-reference.md").read_text(encoding="utf-8") == reference()


def test_the_page_of_the_laws_is_current(packs: Mapping[str, Policy]) -> None:
    """`make reference` writes what is there: a row for each rule and each demand on records, with its
    citation and its date."""
    page = (DOCS / "law.md").read_text(encoding="utf-8")
    assert page == law_page(packs.values())
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) == sum(len(one.rules) + len(one.document.records) for one in packs.values())
    assert all(re.search(r"\| (?:high|medium|low) \| \d{4}-\d\d-\d\d \|$", line) for line in rows)


def test_the_schema_is_current_and_is_one() -> None:
    """A JSON Schema, and the same as the file."""
    schema = json.loads((DOCS / "policy-schema.json").read_text(encoding="utf-8"))
    assert policy_schema() == schema
    assert jsonschema_rs.meta.is_valid(schema)


def test_every_field_has_its_meaning() -> None:
    """No row of the reference is without its last cell, and no kind without its section."""
    page = reference()
    assert [] == [line for line in page.splitlines() if line.startswith("|") and line.endswith("|  |")]
    assert list(KINDS) == re.findall(
        r"^### `(\w+)`$", page.partition("## The kinds of rules")[2], re.MULTILINE
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_example_that_parses(kind: str) -> None:
    """By the reader and by the schema."""
    text = HEAD + example_of(kind)
    assert kind == parse_policy(text).rules[0].model_dump()["kind"]
    assert jsonschema_rs.is_valid(policy_schema(), plain(text))


@pytest.mark.slow
def test_every_shipped_pack_fits_the_schema() -> None:
    """An editor that reads the schema finds no error in a pack."""
    check = jsonschema_rs.validator_for(policy_schema())
    errors = {
        name: [str(one.message)[:200] for one in check.iter_errors(plain(text))]
        for name, text in pack_texts().items()
    }
    assert {} == {name: found for name, found in errors.items() if found}


@pytest.mark.parametrize("broken", ["confidence: sure", "surprise: true", "rules: []"])
def test_what_the_reader_refuses_the_schema_refuses(broken: str) -> None:
    """The two do not drift apart."""
    name = broken.partition(":")[0]
    text = (
        re.sub(rf"^{name}:.*$", "", HEAD + example_of("cap"), flags=re.MULTILINE)
        if name != "rules"
        else HEAD.replace("rules:\n", "")
    )
    with pytest.raises(PolicyInvalid):
        parse_policy(f"{text}\n{broken}\n")
    assert not jsonschema_rs.is_valid(policy_schema(), plain(f"{text}\n{broken}\n"))


@pytest.mark.parametrize("text", BLOCKS, ids=[block.partition("\n")[0] for block in BLOCKS])
def test_an_example_of_the_guide_passes_its_own_cases(text: str, packs: Mapping[str, Policy]) -> None:
    """And each of its rules is touched by one."""
    own = parse_policy(text)
    coverage = Coverage()
    coverage.watch([own])
    for document in own.document.cases:
        case = parse_case(document)
        verdict = judge_case(case, packs, own)
        coverage.take(case, verdict, packs, own)
        assert differs(case, verdict) is None
    assert () == coverage.report()[0].untouched
    assert 2 == len(BLOCKS)
